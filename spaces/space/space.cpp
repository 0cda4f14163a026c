// A space of points: domains and constraints joined, counted by independent components.
#include <dovetail/spaces/space/space.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <dovetail/spaces/space/space_parts.hpp>

namespace dovetail {

Constraint make_constraint(std::string text, const std::vector<Parameter>& parameters) {
  const std::vector<Symbol> names = symbols(parameters);
  std::vector<ExpressionMistake> mistakes;
  std::optional<Expression> predicate = Expression::compile(text, names, mistakes);
  if (predicate && !predicate->is_condition())
    mistakes.push_back({1, "a constraint is a condition such as a * b <= 168, and this is a number"});
  if (!mistakes.empty()) throw ExpressionError(std::move(mistakes));
  return {std::move(text), *std::move(predicate)};
}

Space::Space() : Space({}, {}) {}

Space::Space(std::vector<Parameter> parameters, std::vector<Constraint> constraints) {
  const std::vector<std::string> wrong = check(parameters);
  if (!wrong.empty()) throw std::invalid_argument(fmt::format("{}", fmt::join(wrong, "; ")));
  auto impl = std::make_shared<Impl>();
  impl->parameters = std::move(parameters);
  impl->constraints = std::move(constraints);
  impl->table = SlotTable(impl->parameters);
  impl->touching.resize(impl->table.slots.size());
  for (std::size_t c = 0; c < impl->constraints.size(); ++c) {
    for (Expression& part : impl->constraints[c].predicate.conjuncts()) {
      const auto index = static_cast<int>(impl->conditions.size());
      for (const int name : part.names()) {
        if (static_cast<std::size_t>(name) >= impl->touching.size())
          throw std::invalid_argument(
              fmt::format("constraint `{}` was compiled for other parameters", impl->constraints[c].text));
        impl->touching[static_cast<std::size_t>(name)].push_back(index);
      }
      if (part.names().empty() && !part.holds({})) impl->never = true;
      impl->conditions.push_back(std::move(part));
      impl->owner.push_back(static_cast<int>(c));
    }
  }
  impl_ = std::move(impl);
}

void Space::Impl::numbers(std::span<const double> stored, std::span<double> out) const {
  for (std::size_t i = 0; i < stored.size(); ++i) out[i] = table.slots[i].number_of(stored[i]);
}

bool Space::Impl::holds(const std::vector<int>& which, std::span<const double> values) const {
  return std::all_of(which.begin(), which.end(),
                     [&](int c) { return conditions[static_cast<std::size_t>(c)].holds(values); });
}

bool Space::Impl::holds(std::span<const double> values) const {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const Expression& condition) { return condition.holds(values); });
}

const std::vector<Parameter>& Space::parameters() const {
  return impl_->parameters;
}
const std::vector<Constraint>& Space::constraints() const {
  return impl_->constraints;
}

std::vector<std::string> Space::names() const {
  std::vector<std::string> result;
  for (const Parameter& parameter : impl_->parameters) result.push_back(parameter.name);
  return result;
}

int Space::find(std::string_view name) const {
  for (std::size_t i = 0; i < impl_->parameters.size(); ++i)
    if (impl_->parameters[i].name == name) return static_cast<int>(i);
  return -1;
}

int Space::offset(int parameter) const {
  return impl_->table.offsets[static_cast<std::size_t>(parameter)];
}
int Space::size() const {
  return static_cast<int>(impl_->table.slots.size());
}

bool Space::contains(const Point& point) const {
  if (!impl_->table.legal(point.numbers)) return false;
  std::vector<double> values(point.numbers.size());
  impl_->numbers(point.numbers, values);
  return impl_->holds(values);
}

std::vector<double> Space::margins(const Point& point) const {
  std::vector<double> values(impl_->table.slots.size(), std::numeric_limits<double>::quiet_NaN()), result;
  impl_->numbers(std::span(point.numbers).first(std::min(point.numbers.size(), values.size())), values);
  for (const Constraint& constraint : impl_->constraints) result.push_back(constraint.predicate.margin(values));
  return result;
}

bool Space::finite() const {
  return std::none_of(impl_->table.slots.begin(), impl_->table.slots.end(),
                      [](const PointSlot& slot) { return slot.real; });
}

SpaceSize Space::count() const {
  SpaceSize size;
  size.points = 1.0;
  size.share = size.share_low = size.share_high = impl_->never ? 0.0 : 1.0;
  size.feasible = size.feasible_low = size.feasible_high = impl_->never ? 0.0 : 1.0;
  size.exact = true;
  for (const Component& component : impl_->components()) {
    const double domain = component.domain(impl_->table);
    double share = 1.0, low = 1.0, high = 1.0;
    size.points *= domain;
    if (component.diagram) {
      share = low = high = component.diagram->count() / domain;
    } else if (!component.free) {
      share = component.proposal_share * component.accepted;
      low = component.proposal_share * component.accepted_low;
      high = component.proposal_share * component.accepted_high;
      size.acceptance *= component.accepted;
      size.exact = size.exact && high == 0.0;
    }
    size.share *= share;
    size.share_low *= low;
    size.share_high *= high;
    const double count = component.diagram ? component.diagram->count() : domain * share;
    size.feasible *= count;
    size.feasible_low *= component.diagram ? count : domain * low;
    size.feasible_high *= component.diagram ? count : domain * high;
  }
  if (size.share_high == 0.0) size.exact = true;
  if (!finite()) {
    const double infinity = std::numeric_limits<double>::infinity();
    size.points = infinity;
    for (double* number : {&size.feasible, &size.feasible_low, &size.feasible_high})
      *number = *number > 0.0 ? infinity : 0.0;
  }
  return size;
}

std::optional<Point> Space::sample(Random& random) const {
  if (impl_->never) return std::nullopt;
  Point point;
  point.numbers.resize(impl_->table.slots.size());
  for (const Component& component : impl_->components())
    if (!impl_->draw(component, random, point.numbers)) return std::nullopt;
  return point;
}

Value Space::value(const Point& point, int index) const {
  const Parameter& parameter = impl_->parameters[static_cast<std::size_t>(index)];
  const std::span<const double> own =
      std::span(point.numbers)
          .subspan(static_cast<std::size_t>(offset(index)), static_cast<std::size_t>(width(parameter)));
  if (std::holds_alternative<RealRange>(parameter.domain)) return own[0];
  if (std::holds_alternative<IntegerRange>(parameter.domain)) return static_cast<std::int64_t>(own[0]);
  if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain)) {
    const double number = ordinal->values.at(static_cast<std::size_t>(own[0]));
    if (number == std::floor(number) && std::abs(number) < 0x1.0p53) return static_cast<std::int64_t>(number);
    return number;
  }
  if (const auto* categorical = std::get_if<CategoricalValues>(&parameter.domain))
    return categorical->values.at(static_cast<std::size_t>(own[0]));
  if (const auto* permutation = std::get_if<PermutationItems>(&parameter.domain)) {
    std::vector<std::string> order(own.size());
    for (std::size_t i = 0; i < own.size(); ++i) order.at(static_cast<std::size_t>(own[i])) = permutation->items[i];
    return order;
  }
  std::vector<std::int64_t> factors;
  for (const double factor : own) factors.push_back(static_cast<std::int64_t>(factor));
  return factors;
}

double Space::number(const Point& point, int parameter) const {
  const int at = offset(parameter);
  return impl_->table.slots[static_cast<std::size_t>(at)].number_of(point.numbers[static_cast<std::size_t>(at)]);
}

std::string Space::text(const Point& point) const {
  struct Print {
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const std::vector<std::string>& order) const {
      return fmt::format("[{}]", fmt::join(order, " "));
    }
    std::string operator()(const std::vector<std::int64_t>& factors) const {
      return fmt::format("[{}]", fmt::join(factors, " "));
    }
  };
  std::string result;
  for (std::size_t i = 0; i < impl_->parameters.size(); ++i)
    result += fmt::format("{}{}={}", i ? " " : "", impl_->parameters[i].name,
                          std::visit(Print{}, value(point, static_cast<int>(i))));
  return result;
}

}  // namespace dovetail
