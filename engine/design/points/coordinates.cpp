// Encoding of points, one case per kind of parameter.
#include <dovetail/engine/design/points/coordinates.hpp>

#include <algorithm>
#include <cmath>
#include <dovetail/surrogates/features.hpp>
#include <map>
#include <numeric>
#include <stdexcept>

namespace dovetail {
namespace {

constexpr std::size_t most_shared = 16;  // choices: each has a column, each pair a move

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

// Variance of the gaps relative to their mean: 0 for evenly spaced values.
double unevenness(const std::vector<double>& values) {
  if (values.size() < 3) return 0.0;
  const double mean = (values.back() - values.front()) / static_cast<double>(values.size() - 1);
  double sum = 0.0;
  for (std::size_t i = 1; i < values.size(); ++i) sum += std::pow((values[i] - values[i - 1]) / mean - 1.0, 2);
  return sum;
}

// Ordinal values in [0, 1], on the scale (plain or logarithmic) on which they are spaced more evenly.
std::vector<double> ordinal_table(const std::vector<double>& values) {
  std::vector<double> table = values;
  if (!values.empty() && values.front() > 0.0) {
    std::vector<double> logs;
    logs.reserve(values.size());
    for (const double value : values) logs.push_back(std::log(value));
    if (unevenness(logs) < unevenness(values)) table = logs;
  }
  const double low = table.empty() ? 0.0 : table.front(), range = table.empty() ? 1.0 : table.back() - low;
  for (double& value : table) value = range > 0.0 ? (value - low) / range : 0.5;
  return table;
}

// nn.vision of nn.vision.edge0.
std::string group_within(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

}  // namespace

double PointFeatures::RealColumn::to_unit(double value) const {
  if (!(high > low)) return 0.5;
  return log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
}

double PointFeatures::RealColumn::from_unit(double unit) const {
  const double value = log ? low * std::pow(high / low, unit) : low + unit * (high - low);
  return std::clamp(value, low, high);
}

PointFeatures::PointFeatures(const Space& space, std::function<std::vector<double>(const Point&)> custom)
    : space_(space),
      custom_(std::move(custom)) {
  int column = 0;
  const auto tie = [&](int count) {
    std::vector<int> columns(static_cast<std::size_t>(count));
    std::iota(columns.begin(), columns.end(), column);
    if (count > 0) tied_.push_back(columns);
    column += count;
  };
  for (std::size_t p = 0; p < space.parameters().size(); ++p) {
    const Parameter& parameter = space.parameters()[p];
    Code code;
    code.first = space.offset(static_cast<int>(p));
    code.count = width(parameter);
    std::visit(Overloaded{
                   [&](const RealRange& range) {
                     code.scale = {code.first, column, range.low, range.high, range.log};
                     reals_.push_back(code.scale);
                     numeric_.push_back(column++);
                   },
                   [&](const IntegerRange& range) {
                     code.scale = {code.first, column, static_cast<double>(range.low), static_cast<double>(range.high),
                                   range.log && range.low > 0};
                     numeric_.push_back(column++);
                   },
                   [&](const OrdinalValues& ordinal) {
                     code.kind = Code::Kind::table;
                     code.table = ordinal_table(ordinal.values);
                     numeric_.push_back(column++);
                   },
                   [&](const CategoricalValues& choice) {
                     code.kind = Code::Kind::one_hot;
                     code.table.resize(choice.values.size());
                     tie(static_cast<int>(choice.values.size()));
                   },
                   [&](const PermutationItems& items) {
                     code.kind = Code::Kind::pairs;
                     tie(pair_sign_count(static_cast<int>(items.items.size())));
                   },
                   [&](const Factorization& factorization) {
                     code.kind = Code::Kind::factors;
                     code.scale.high = std::max(2.0, static_cast<double>(factorization.product));
                     for (int i = 0; i < code.count; ++i) numeric_.push_back(column++);
                   },
               },
               parameter.domain);
    if (code.kind == Code::Kind::number || code.kind == Code::Kind::table) ranges_.push_back(column - 1);
    codes_.push_back(std::move(code));
  }
  if (!custom_) {
    share_choices(column);
    return;
  }
  // The user's columns: all plain numbers, no known way back.
  Random random(0, {0x6665617475726573});
  const std::optional<Point> point = space.sample(random);
  numeric_.clear();
  ranges_.clear();
  tied_.clear();
  reals_.clear();
  if (!point) return;
  for (int i = 0; i < static_cast<int>(custom_(*point).size()); ++i) numeric_.push_back(i);
}

void PointFeatures::share_choices(int column) {
  // Parameters of one group: several networks have shares of their own.
  std::map<std::pair<std::vector<std::string>, std::string>, std::vector<int>> lists;
  for (std::size_t p = 0; p < space_.parameters().size(); ++p) {
    const Parameter& parameter = space_.parameters()[p];
    if (const auto* choice = std::get_if<CategoricalValues>(&parameter.domain))
      lists[{choice->values, group_within(parameter.name)}].push_back(space_.offset(static_cast<int>(p)));
  }
  for (auto& [list, numbers] : lists) {
    const int choices = static_cast<int>(list.first.size());
    if (numbers.size() < 3 || list.first.size() > most_shared) continue;
    shared_.push_back({std::move(numbers), choices, column});
    column += choices;
  }
}

std::vector<double> PointFeatures::operator()(const Point& point) const {
  if (custom_) return custom_(point);
  std::vector<double> result;
  for (const Code& code : codes_) {
    const double* numbers = point.numbers.data() + code.first;
    switch (code.kind) {
      case Code::Kind::number:
        result.push_back(code.scale.to_unit(numbers[0]));
        break;
      case Code::Kind::table:
        result.push_back(code.table[static_cast<std::size_t>(numbers[0])]);
        break;
      case Code::Kind::one_hot:
        append_one_hot(static_cast<int>(numbers[0]), static_cast<int>(code.table.size()), result);
        break;
      case Code::Kind::pairs:
        append_pair_signs({numbers, static_cast<std::size_t>(code.count)}, result);
        break;
      case Code::Kind::factors:
        for (int i = 0; i < code.count; ++i) result.push_back(std::log(numbers[i]) / std::log(code.scale.high));
        break;
    }
  }
  for (const SharedChoices& list : shared_) {
    result.resize(result.size() + static_cast<std::size_t>(list.choices), 0.0);
    for (const int number : list.numbers)
      result[static_cast<std::size_t>(list.column) +
             static_cast<std::size_t>(point.numbers[static_cast<std::size_t>(number)])] +=
          1.0 / static_cast<double>(list.numbers.size());
  }
  return result;
}

std::vector<int> PointFeatures::columns_of(int first, int count) const {
  std::vector<int> result;
  if (custom_) return result;
  const auto within = [&](int number) { return number >= first && number < first + count; };
  int column = 0;
  for (const Code& code : codes_) {
    const int wide = code.kind == Code::Kind::one_hot   ? static_cast<int>(code.table.size())
                     : code.kind == Code::Kind::pairs   ? pair_sign_count(code.count)
                     : code.kind == Code::Kind::factors ? code.count
                                                        : 1;
    for (int c = 0; c < wide && within(code.first); ++c) result.push_back(column + c);
    column += wide;
  }
  for (const SharedChoices& list : shared_)
    for (int c = 0; c < list.choices && std::all_of(list.numbers.begin(), list.numbers.end(), within); ++c)
      result.push_back(list.column + c);
  return result;
}

Matrix PointFeatures::matrix(std::span<const Point> points) const {
  Matrix result;
  for (const Point& point : points) result.append((*this)(point));
  return result;
}

Matrix PointFeatures::draws(int count) const {
  Matrix result;
  Random random(0, {0x6472617773});  // "draws"
  for (int i = 0; i < count; ++i) {
    const std::optional<Point> point = space_.sample(random);
    if (!point) break;
    result.append((*this)(*point));
  }
  return result;
}

// Several lists: what is chosen within one of them counts by itself, with one length.
KernelFactor PointFeatures::own_choices(const SharedChoices& list) const {
  KernelFactor factor{Shape::squared_exponential, {}, {}};
  std::size_t tie = 0;
  for (std::size_t p = 0; p < codes_.size(); ++p) {
    const bool tied_columns =
        codes_[p].kind == Code::Kind::one_hot || (codes_[p].kind == Code::Kind::pairs && codes_[p].count > 1);
    if (!tied_columns) continue;
    if (tie < tied_.size() &&
        std::find(list.numbers.begin(), list.numbers.end(), codes_[p].first) != list.numbers.end())
      for (const int column : tied_[tie]) {
        factor.columns.push_back(column);
        factor.groups.push_back(0);
      }
    ++tie;
  }
  return factor;
}

Kernel PointFeatures::kernel(const std::string& name) const {
  Shape shape = Shape::matern52;
  if (name == "squared_exponential") {
    shape = Shape::squared_exponential;
  } else if (name != "matern52" && name != "linear" && name != "additive" && name != "product" &&
             name != "linear_noise") {
    throw std::invalid_argument("kernel '" + name +
                                "'; known are matern52, squared_exponential, linear, additive, product, linear_noise");
  }
  KernelTerm term;
  if (!numeric_.empty()) term.factors.push_back(ard(shape, numeric_));
  if (!tied_.empty()) {
    KernelFactor choices{Shape::squared_exponential, {}, {}};
    for (std::size_t g = 0; g < tied_.size(); ++g)
      for (const int column : tied_[g]) {
        choices.columns.push_back(column);
        choices.groups.push_back(static_cast<int>(g));
      }
    term.factors.push_back(std::move(choices));
  }
  Kernel result{{term}};
  if (!numeric_.empty() && tied_.size() > 1 && name != "product") result.terms.push_back({{term.factors.front()}});
  if (name == "linear" || name == "linear_noise") {
    std::vector<int> all = numeric_;
    for (const std::vector<int>& columns : tied_) all.insert(all.end(), columns.begin(), columns.end());
    if (name == "linear_noise") result.terms.clear();
    if (!all.empty() || name == "linear_noise") result.terms.push_back({{tied(Shape::linear, all)}});
  }
  if (name == "additive" && !ranges_.empty()) result.terms.push_back({{tied(Shape::additive, ranges_)}});
  for (const SharedChoices& list : shared_) {
    if (name == "linear_noise" || name == "product") continue;
    std::vector<int> columns(static_cast<std::size_t>(list.choices));
    std::iota(columns.begin(), columns.end(), list.column);
    result.terms.push_back({{ard(shape, columns)}});
    if (shared_.size() > 1) result.terms.push_back({{own_choices(list)}});
  }
  return result;
}

}  // namespace dovetail
