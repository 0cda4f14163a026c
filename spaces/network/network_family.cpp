// Network families: the space of a descriptor, and the way from a point to a network, its text and its parts.
#include <dovetail/spaces/network/network_family.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <mutex>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dovetail/spaces/network/network_family_document.hpp>
#include <dovetail/spaces/network/network_steps.hpp>
#include <dovetail/spaces/space/point_slot.hpp>
#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

struct Block {
  std::string name;
  int parameter = 0;
  std::optional<Expression> channels, when;
};

// The value of a parameter as a table and a message write it.
std::string value_text(const Parameter& parameter, double stored) {
  if (const auto* words = std::get_if<CategoricalValues>(&parameter.domain))
    return words->values[static_cast<std::size_t>(stored)];
  if (const auto* numbers = std::get_if<OrdinalValues>(&parameter.domain))
    return fmt::format("{}", numbers->values[static_cast<std::size_t>(stored)]);
  return fmt::format("{}", stored);
}

std::string first_value(const Parameter& parameter) {
  if (const auto* words = std::get_if<CategoricalValues>(&parameter.domain)) return "'" + words->values[0] + "'";
  if (const auto* range = std::get_if<IntegerRange>(&parameter.domain)) return fmt::format("{}", range->low);
  return value_text(parameter, 0.0);
}

bool looks_like_path(const std::string& text) {
  return text.find_first_of("/\\") != std::string::npos || text.ends_with(".yaml") || text.ends_with(".yml") ||
         text.ends_with(".json");
}

}  // namespace

struct NetworkFamily::Impl {
  NetworkFamilyText text;
  std::string prefix;
  std::vector<NetworkSetting> settings;
  std::vector<std::string> meanings;
  Space space;
  std::vector<PointSlot> slots;
  std::vector<std::optional<Expression>> when;  ///< per parameter
  std::optional<NetworkSteps> steps;
  Point default_point;
  int stratum = -1;
  std::vector<int> key;
  bool digits = true;
  std::vector<Block> blocks;

  mutable std::once_flag strata_once;
  mutable std::vector<Space> strata;

  std::vector<double> numbers(const Point& point) const {
    std::vector<double> result(point.numbers.size());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = slots[i].number_of(point.numbers[i]);
    return result;
  }

  std::vector<BuiltLayer> build(const Point& point) const { return steps->build(numbers(point), space.text(point)); }
};

const std::string& NetworkFamily::name() const {
  return impl_->text.name;
}
const std::string& NetworkFamily::about() const {
  return impl_->text.about;
}
const std::string& NetworkFamily::source() const {
  return impl_->text.source;
}
const std::string& NetworkFamily::from_memory() const {
  return impl_->text.from_memory;
}
const std::vector<NetworkSetting>& NetworkFamily::settings() const {
  return impl_->settings;
}
const std::string& NetworkFamily::prefix() const {
  return impl_->prefix;
}
const Space& NetworkFamily::space() const {
  return impl_->space;
}
const std::vector<std::string>& NetworkFamily::meanings() const {
  return impl_->meanings;
}
const Point& NetworkFamily::default_point() const {
  return impl_->default_point;
}
int NetworkFamily::stratum() const {
  return impl_->stratum;
}

std::optional<Point> NetworkFamily::draw(Random& random) const {
  if (impl_->stratum < 0) return impl_->space.sample(random);
  std::call_once(impl_->strata_once, [this] {
    const auto p = static_cast<std::size_t>(impl_->stratum);
    const Parameter& parameter = impl_->space.parameters()[p];
    const PointSlot& slot = impl_->slots[p];
    for (std::int64_t choice = 0; choice < slot.count; ++choice) {
      const double stored = slot.stored(choice);
      std::vector<Constraint> constraints = impl_->space.constraints();
      const char* mark = std::holds_alternative<CategoricalValues>(parameter.domain) ? "'" : "";
      constraints.push_back(
          make_constraint(fmt::format("{} == {}{}{}", parameter.name, mark, value_text(parameter, stored), mark),
                          impl_->space.parameters()));
      Space stratum(impl_->space.parameters(), std::move(constraints));
      if (!stratum.closure()) impl_->strata.push_back(std::move(stratum));
    }
  });
  if (impl_->strata.empty()) return std::nullopt;
  return impl_->strata[static_cast<std::size_t>(random.below(impl_->strata.size()))].sample(random);
}

std::vector<char> NetworkFamily::active(const Point& point) const {
  const std::vector<double> numbers = impl_->numbers(point);
  std::vector<char> result(impl_->when.size(), 1);
  for (std::size_t p = 0; p < result.size(); ++p)
    if (impl_->when[p] && !impl_->when[p]->holds(numbers)) result[p] = 0;
  return result;
}

Network NetworkFamily::instantiate(const Point& point) const {
  Network network;
  network.name = name();
  network.source = source();
  const std::vector<BuiltLayer> layers = impl_->build(point);
  for (const BuiltLayer& built : layers) {
    NetworkLayer layer;
    layer.layer = built.kind == BuiltLayer::Kind::linear
                      ? make_matmul({.name = built.name, .rows = 1, .columns = built.outputs, .depth = built.inputs})
                      : make_conv(built.conv);
    const std::vector<std::string> wrong = check(layer.layer);
    if (!wrong.empty())
      throw InputError(impl_->text.where,
                       fmt::format("layer {} of {}: {}", quote(built.name), space().text(point), wrong.front()));
    boost::add_vertex(std::move(layer), network.graph);
  }
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (const std::size_t read : layers[i].reads) boost::add_edge(read, i, network.graph);
  return network;
}

std::vector<std::string> NetworkFamily::unseen_steps() const {
  std::vector<std::string> names;
  const std::function<void(const std::vector<StatementText>&)> look =
      [&](const std::vector<StatementText>& statements) {
        for (const StatementText& one : statements) {
          using Kind = StatementText::Kind;
          const bool window = one.kind == Kind::pool && !one.size.text.empty() && !one.stride.text.empty() &&
                              one.stride.text != one.size.text;
          std::string what = window                       ? "overlapping windows"
                             : one.kind == Kind::upsample ? "upsampling"
                             : one.kind == Kind::concat   ? "joined channels"
                             : one.kind == Kind::take     ? "taken channels"
                             : one.kind == Kind::none     ? "zeros"
                                                          : "";
          if (!what.empty() && std::find(names.begin(), names.end(), what) == names.end())
            names.push_back(std::move(what));
          look(one.body);
          for (const auto& alternative : one.alternatives) look({alternative.statement});
        }
      };
  look(impl_->text.statements);
  return names;
}

nlohmann::ordered_json NetworkFamily::document(const Point& point) const {
  Json list = Json::array();
  const std::vector<BuiltLayer> layers = impl_->build(point);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const BuiltLayer& built = layers[i];
    const std::string input = fmt::format("{}x{}x{}", built.input.channels, built.input.height, built.input.width);
    Json fields;
    if (built.kind == BuiltLayer::Kind::linear) {
      fields["matmul"] = fmt::format("1x{} * {}x{}", built.inputs, built.inputs, built.outputs);
    } else {
      const ConvShape& conv = built.conv;
      if (built.kind == BuiltLayer::Kind::depthwise)
        fields["depthwise"] = input;
      else
        fields["conv"] = fmt::format("{} -> {}", input, conv.out_channels);
      const auto add = [&](const char* key, std::int64_t value, std::int64_t usual) {
        if (value != usual) fields[key] = value;
      };
      add("kernel", conv.kernel_height, 1);
      add("stride", conv.stride_height, 1);
      add("pad", conv.padding_height, 0);
      add("dilation", conv.dilation_height, 1);
      if (built.kind == BuiltLayer::Kind::conv) add("groups", conv.groups, 1);
    }
    const bool follows = i > 0 && built.reads == std::vector<std::size_t>{i - 1};
    if (i > 0 && !follows) {
      fields["after"] = Json::array();
      for (const std::size_t read : built.reads) fields["after"].push_back(layers[read].name);
    }
    list.push_back({{built.name, std::move(fields)}});
  }
  return {{"schema", "dovetail-workload/1"},
          {"name", name()},
          {"source", fmt::format("network family {}: {}", name(), space().text(point))},
          {"layers", std::move(list)}};
}

std::string NetworkFamily::key(const Point& point) const {
  std::string text;
  for (const int p : impl_->key) {
    const auto at = static_cast<std::size_t>(p);
    const bool words = std::holds_alternative<CategoricalValues>(space().parameters()[at].domain);
    if (!impl_->digits && !text.empty()) text += "-";
    text += words ? fmt::format("{}", point.numbers[at]) : value_text(space().parameters()[at], point.numbers[at]);
  }
  return text;
}

std::vector<NetworkOperator> NetworkFamily::operators(const Point& point) const {
  const std::vector<double> numbers = impl_->numbers(point);
  std::vector<NetworkOperator> result;
  for (const Block& block : impl_->blocks) {
    if (block.when && !block.when->holds(numbers)) continue;
    const auto p = static_cast<std::size_t>(block.parameter);
    NetworkOperator entry{block.name, value_text(space().parameters()[p], point.numbers[p]), std::nullopt};
    if (block.channels) entry.channels = block.channels->value(numbers);
    result.push_back(std::move(entry));
  }
  return result;
}

std::vector<std::pair<std::string, std::vector<std::string>>> NetworkFamily::blocks() const {
  std::vector<std::pair<std::string, std::vector<std::string>>> result;
  for (const Block& block : impl_->blocks) {
    const auto p = static_cast<std::size_t>(block.parameter);
    std::vector<std::string> values;
    const PointSlot& slot = impl_->slots[p];
    for (std::int64_t choice = 0; choice < slot.count; ++choice)
      values.push_back(value_text(space().parameters()[p], slot.stored(choice)));
    result.emplace_back(block.name, std::move(values));
  }
  return result;
}

namespace {

// Everything that reading needs between the descriptor's texts and the family.
class Reader {
 public:
  Reader(const NetworkFamilyText& text, const std::map<std::string, Node>& settings, const std::string& prefix,
         Diagnostics& diagnostics)
      : text_(text),
        given_(settings),
        names_(prefix),
        diagnostics_(diagnostics) {}

  void settings(std::vector<NetworkSetting>& out) {
    std::vector<std::string> known = {"input"};
    for (const NetworkFamilyText::Setting& setting : text_.settings) known.push_back(setting.name);
    for (const auto& [name, node] : given_) {
      if (std::find(known.begin(), known.end(), name) == known.end())
        diagnostics_.error(node.location(), fmt::format("network family {} has no setting {}{}", text_.name,
                                                        quote(name), suggestion(name, known)));
    }
    for (const NetworkFamilyText::Setting& setting : text_.settings) {
      double value = setting.value;
      if (const auto found = given_.find(setting.name); found != given_.end()) {
        if (found->second.as_number())
          value = *found->second.as_number();
        else
          diagnostics_.error(found->second.location(),
                             fmt::format("{} is {}, allowed is a number", setting.name, found->second.describe()));
      }
      names_.add_setting(setting.name, value);
      out.push_back({setting.name, setting.meaning, value});
    }
    for (const auto& [name, formula] : text_.definitions) names_.add_definition(name, formula);
  }

  std::optional<MapShape> input() {
    Formula formula = text_.input;
    if (const auto found = given_.find("input"); found != given_.end())
      formula = {found->second.text(), found->second.location()};
    if (formula.empty()) return std::nullopt;
    MapShape shape;
    int end = 0;
    long long c = 0, h = 0, w = 0;
    if (std::sscanf(formula.text.c_str(), "%lldx%lldx%lld%n", &c, &h, &w, &end) != 3 ||
        end != static_cast<int>(formula.text.size()) || std::min({c, h, w}) < 1 || std::max({c, h, w}) > 1'000'000) {
      diagnostics_.error(
          formula.where,
          fmt::format("input is {}, allowed is channels x height x width, such as 3x32x32", quote(formula.text)));
      return std::nullopt;
    }
    return MapShape{c, h, w};
  }

  std::vector<Parameter> parameters(std::vector<std::string>& meanings) {
    std::vector<Parameter> result;
    for (const NetworkParameterText& parameter : text_.parameters) {
      for (const LoopValues& round : names_.unrolled(parameter.loops, {}, diagnostics_)) {
        std::vector<std::int64_t> indices;
        for (const auto& entry : round) indices.push_back(entry.second);
        names_.add_parameter(parameter.name, indices);
        auto domain = domain_of(parameter, round);
        if (!domain) continue;
        domain->name = names_.prefixed(NetworkNames::joined(parameter.name, indices));
        result.push_back(*domain);
        conditions_.push_back({parameter.when, round});
        meanings.push_back(parameter.meaning);
      }
    }
    return result;
  }

  std::vector<Constraint> constraints(const std::vector<Parameter>& parameters,
                                      std::vector<std::optional<Expression>>& when) {
    std::vector<Constraint> result;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      when.emplace_back();
      const auto& [formula, round] = conditions_[p];
      if (formula.empty()) continue;
      const auto text = names_.expanded(formula, round, {}, diagnostics_);
      if (!text) continue;
      if (const auto condition = compiled(*text, formula, parameters)) {
        when.back() = condition;
        const std::string pinned =
            fmt::format("({}) or {} == {}", *text, parameters[p].name, first_value(parameters[p]));
        if (const auto predicate = compiled(pinned, formula, parameters)) result.push_back({pinned, *predicate});
      }
    }
    for (const NetworkConstraintText& constraint : text_.constraints) {
      for (const LoopValues& round : names_.unrolled(constraint.loops, {}, diagnostics_)) {
        const auto text = names_.expanded(constraint.require, round, {}, diagnostics_);
        if (!text) continue;
        if (const auto predicate = compiled(*text, constraint.require, parameters))
          result.push_back({*text, *predicate});
      }
    }
    return result;
  }

  int parameter(const Formula& formula, const LoopValues& round, const std::vector<Parameter>& parameters) {
    const auto text = names_.expanded(formula, round, {}, diagnostics_);
    if (!text) return -1;
    for (std::size_t p = 0; p < parameters.size(); ++p)
      if (parameters[p].name == *text) return static_cast<int>(p);
    diagnostics_.error(formula.where, quote(formula.text) + " is no parameter");
    return -1;
  }

  std::vector<Block> blocks(const std::vector<Parameter>& parameters) {
    std::vector<Block> result;
    if (text_.blocks.empty()) {
      for (std::size_t p = 0; p < parameters.size(); ++p)
        result.push_back({parameters[p].name.substr(names_.prefixed("").size()), static_cast<int>(p), {}, {}});
      return result;
    }
    for (const BlockText& block : text_.blocks) {
      for (const LoopValues& round : names_.unrolled(block.loops, {}, diagnostics_)) {
        const auto name = names_.reference(block.block, round, diagnostics_);
        const int p = parameter(block.operation, round, parameters);
        if (!name || p < 0) continue;
        Block entry{*name, p, {}, {}};
        const auto fill = [&](const Formula& formula, std::optional<Expression>& place) {
          if (formula.empty()) return;
          if (const auto text = names_.expanded(formula, round, {}, diagnostics_))
            place = compiled(*text, formula, parameters);
        };
        fill(block.channels, entry.channels);
        fill(block.when, entry.when);
        result.push_back(std::move(entry));
      }
    }
    return result;
  }

  std::vector<int> key(const std::vector<Parameter>& parameters) {
    std::vector<int> result;
    if (text_.key.empty()) {
      for (std::size_t p = 0; p < parameters.size(); ++p) result.push_back(static_cast<int>(p));
      return result;
    }
    std::string word;
    int open = 0;
    for (const char c : text_.key.text + " ") {
      if (c == '[') ++open;
      if (c == ']') --open;
      if (c != ' ' || open > 0) {
        word += c;
        continue;
      }
      if (!word.empty()) {
        const int p = parameter({word, text_.key.where}, {}, parameters);
        if (p >= 0) result.push_back(p);
      }
      word.clear();
    }
    return result;
  }

  const NetworkNames& names() const { return names_; }

 private:
  std::optional<Parameter> domain_of(const NetworkParameterText& text, const LoopValues& round) {
    Parameter parameter;
    switch (text.kind) {
      case NetworkParameterText::Kind::ordinal:
        parameter.domain = OrdinalValues{text.values};
        break;
      case NetworkParameterText::Kind::categorical:
        parameter.domain = CategoricalValues{text.choices};
        break;
      case NetworkParameterText::Kind::integer: {
        const auto low = names_.number(text.low, round, diagnostics_),
                   high = names_.number(text.high, round, diagnostics_);
        if (!low || !high) return std::nullopt;
        if (*low != std::round(*low) || *high != std::round(*high) || *low > *high ||
            std::max(std::abs(*low), std::abs(*high)) > 1e9) {
          diagnostics_.error(text.where, fmt::format("{} runs from {} to {}, allowed are whole numbers in order",
                                                     text.name, *low, *high));
          return std::nullopt;
        }
        parameter.domain =
            IntegerRange{static_cast<std::int64_t>(*low), static_cast<std::int64_t>(*high), text.step, false};
        break;
      }
    }
    return parameter;
  }

  std::optional<Expression> compiled(const std::string& text, const Formula& formula,
                                     const std::vector<Parameter>& parameters) {
    std::vector<ExpressionMistake> mistakes;
    auto result = Expression::compile(text, symbols(parameters), mistakes);
    if (!result)
      diagnostics_.error(formula.where, fmt::format("{}: {}", quote(formula.text), mistakes.front().message));
    return result;
  }

  const NetworkFamilyText& text_;
  const std::map<std::string, Node>& given_;
  NetworkNames names_;
  std::vector<std::pair<Formula, LoopValues>> conditions_;
  Diagnostics& diagnostics_;
};

// A mistake in a loop is one mistake, however often the loop goes round.
void raise_once(const Diagnostics& diagnostics) {
  if (!diagnostics.failed()) return;
  std::vector<Diagnostic> once;
  for (const Diagnostic& one : diagnostics.all()) {
    const bool told = std::any_of(once.begin(), once.end(), [&](const Diagnostic& other) {
      return other.where == one.where && other.message == one.message;
    });
    if (!told) once.push_back(one);
  }
  throw InputError(std::move(once));
}

// The first values, where they are feasible together; otherwise any point.
Point first_point(const Space& space) {
  Point point;
  for (const Parameter& parameter : space.parameters()) {
    const auto* range = std::get_if<IntegerRange>(&parameter.domain);
    point.numbers.push_back(range != nullptr ? static_cast<double>(range->low) : 0.0);
  }
  Random random(0, {0x6e657477});
  return space.contains(point) ? point : space.sample(random).value_or(point);
}

// Networks at some points: what is impossible at one of them is said when the family is read, not when a search meets
// it.
void try_points(const NetworkFamily& family) {
  constexpr int tries = 48;
  Random random(0, {0x747269});
  for (int i = 0; i < tries; ++i) {
    const auto point = i == 0 ? std::optional<Point>(family.default_point()) : family.draw(random);
    if (point) family.instantiate(*point);
  }
}

}  // namespace

NetworkFamily read_network_family(const Node& document, const std::map<std::string, Node>& settings,
                                  const std::string& prefix) {
  Diagnostics diagnostics;
  auto impl = std::make_shared<NetworkFamily::Impl>();
  impl->text = read_network_family_text(document, diagnostics);
  raise_once(diagnostics);
  impl->prefix = prefix;
  Reader reader(impl->text, settings, prefix, diagnostics);
  reader.settings(impl->settings);
  const std::optional<MapShape> input = reader.input();
  std::vector<Parameter> parameters = reader.parameters(impl->meanings);
  for (const std::string& message : check(parameters)) diagnostics.error(impl->text.where, message);
  raise_once(diagnostics);
  std::vector<Constraint> constraints = reader.constraints(parameters, impl->when);
  impl->steps.emplace(impl->text.statements, reader.names(), symbols(parameters), input, diagnostics);
  impl->blocks = reader.blocks(parameters);
  impl->key = reader.key(parameters);
  for (const int p : impl->key) {
    const auto* words = std::get_if<CategoricalValues>(&parameters[static_cast<std::size_t>(p)].domain);
    impl->digits = impl->digits && words != nullptr && words->values.size() <= 10;
  }
  if (!impl->text.stratify.empty()) impl->stratum = reader.parameter(impl->text.stratify, {}, parameters);
  raise_once(diagnostics);
  impl->space = Space(std::move(parameters), std::move(constraints));
  impl->slots = SlotTable(impl->space.parameters()).slots;
  if (const auto closure = impl->space.closure())
    throw InputError(impl->text.constraints.empty() ? impl->text.where : impl->text.constraints.front().require.where,
                     fmt::format("the family has no network: {}", explain(*closure, impl->space)));
  NetworkFamily family;
  family.impl_ = impl;
  impl->default_point = first_point(impl->space);
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& [name, node] : impl->text.defaults) values.emplace_back(name, node.text());
  if (!values.empty())
    impl->default_point =
        network_point(family, values, to_string(impl->text.defaults.front().second.location()), diagnostics);
  raise_once(diagnostics);
  try_points(family);
  return family;
}

NetworkFamily load_network_family(const std::string& name_or_path, const std::map<std::string, Node>& settings,
                                  const std::string& prefix) {
  if (const embedded::File* file = embedded::find(embedded::network_families(), name_or_path))
    return read_network_family(parse_yaml(file->text, "families/" + name_or_path + ".yaml"), settings, prefix);
  std::error_code error;
  if (!looks_like_path(name_or_path) && !std::filesystem::exists(name_or_path, error))
    throw InputError({}, fmt::format("there is no network family {}, neither in the program nor as a file{}",
                                     quote(name_or_path), suggestion(name_or_path, network_family_names())));
  return read_network_family(load_file(name_or_path), settings, prefix);
}

std::vector<std::string> network_family_names() {
  return embedded::names(embedded::network_families());
}

Point network_point(const NetworkFamily& family, const std::vector<std::pair<std::string, std::string>>& values,
                    const std::string& source, Diagnostics& diagnostics) {
  Point point = family.default_point();
  const std::vector<Parameter>& parameters = family.space().parameters();
  const std::string prefix = family.prefix() + ".";
  std::vector<std::string> known;
  for (const Parameter& parameter : parameters) known.push_back(parameter.name);
  std::vector<std::size_t> given;
  for (const auto& [name, text] : values) {
    const Location where{fmt::format("{} {}={}", source, name, text), 0, 0, ""};
    const std::string full = name.rfind(prefix, 0) == 0 ? name : prefix + name;
    const auto found = std::find(known.begin(), known.end(), full);
    if (found == known.end()) {
      diagnostics.error(where, fmt::format("network family {} has no parameter {}{}", family.name(), quote(name),
                                           suggestion(full, known)));
      continue;
    }
    const auto p = static_cast<std::size_t>(found - known.begin());
    const Parameter& parameter = parameters[p];
    const auto number = Node::scalar(where, text, false).as_number();
    std::optional<double> stored;
    std::vector<std::string> allowed;
    if (const auto* range = std::get_if<IntegerRange>(&parameter.domain)) {
      if (number && *number == std::round(*number) && *number >= static_cast<double>(range->low) &&
          *number <= static_cast<double>(range->high) &&
          std::fmod(*number - static_cast<double>(range->low), static_cast<double>(range->step)) == 0.0)
        stored = *number;
      allowed = {fmt::format("{} to {}", range->low, range->high)};
    } else if (const auto* list = std::get_if<OrdinalValues>(&parameter.domain)) {
      for (std::size_t i = 0; i < list->values.size(); ++i) {
        if (number && list->values[i] == *number) stored = static_cast<double>(i);
        allowed.push_back(fmt::format("{}", list->values[i]));
      }
    } else if (const auto* words = std::get_if<CategoricalValues>(&parameter.domain)) {
      for (std::size_t i = 0; i < words->values.size(); ++i)
        if (words->values[i] == text) stored = static_cast<double>(i);
      allowed = words->values;
    }
    if (!stored) {
      diagnostics.error(where, fmt::format("{} is {}, allowed are {}", full, quote(text), fmt::join(allowed, ", ")));
      continue;
    }
    point.numbers[p] = *stored;
    given.push_back(p);
  }
  if (diagnostics.failed()) return point;
  // What is inactive now is pinned, whatever the default had; and said when it was given.
  for (std::size_t round = 0; round < parameters.size(); ++round) {
    const std::vector<char> active = family.active(point);
    bool changed = false;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      if (active[p] != 0) continue;
      const auto* range = std::get_if<IntegerRange>(&parameters[p].domain);
      const double first = range != nullptr ? static_cast<double>(range->low) : 0.0;
      if (std::find(given.begin(), given.end(), p) != given.end()) {
        if (round == 0)
          diagnostics.error({source, 0, 0, ""},
                            fmt::format("{} does not exist in this network: it needs {}", parameters[p].name, [&] {
                              for (const Constraint& constraint : family.space().constraints())
                                if (constraint.text.find(") or " + parameters[p].name + " == ") != std::string::npos)
                                  return constraint.text.substr(0, constraint.text.find(") or ") + 1);
                              return std::string("another choice");
                            }()));
        continue;
      }
      changed = changed || point.numbers[p] != first;
      point.numbers[p] = first;
    }
    if (!changed || diagnostics.failed()) break;
  }
  if (!diagnostics.failed() && !family.space().contains(point)) {
    const std::vector<double> margins = family.space().margins(point);
    for (std::size_t i = 0; i < margins.size(); ++i)
      if (!(margins[i] >= 0.0))
        diagnostics.error({source, 0, 0, ""},
                          fmt::format("this network breaks {}", family.space().constraints()[i].text));
  }
  return point;
}

}  // namespace dovetail
