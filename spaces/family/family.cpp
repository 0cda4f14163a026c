// Families: reading, the hardware space, and the way from a point to a machine.
#include <dovetail/spaces/family/family.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <dovetail/spaces/family/family_document.hpp>
#include <dovetail/spaces/family/machine.hpp>
#include <dovetail/spaces/family/names.hpp>
#include <dovetail/spaces/family/rules.hpp>
#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail {

struct Family::Impl {
  FamilyText text;
  std::vector<FamilySetting> settings;
  Technology technology;
  FamilyNames names;
  Space space;
  std::vector<std::string> meanings;
  Point default_point;
  FamilyMachine machine;
  FamilyRules rules, baseline;
  std::vector<char> shaping, ruling;
  std::vector<std::vector<char>> capacity, prices;  // per level
};

namespace {

// Settings given by the user, by plain name; what does not exist or is not allowed is an error.
std::map<std::string, double> plain_settings(const FamilyText& text, const std::map<std::string, double>& given,
                                             Diagnostics& diagnostics) {
  std::map<std::string, double> plain;
  std::vector<std::string> names;
  for (const SettingText& setting : text.settings) names.push_back(setting.name);
  for (const auto& [name, value] : given) {
    const std::string key = name.rfind("hw.", 0) == 0 ? name.substr(3) : name;
    const auto found = std::find(names.begin(), names.end(), key);
    if (found == names.end()) {
      diagnostics.error(text.where,
                        fmt::format("family {} has no setting {}{}", text.name, quote(key), suggestion(key, names)));
      continue;
    }
    const SettingText& setting = text.settings[static_cast<std::size_t>(found - names.begin())];
    const bool allowed = setting.values.empty()
                             ? value > 0.0
                             : std::find(setting.values.begin(), setting.values.end(), value) != setting.values.end();
    if (!allowed) {
      diagnostics.error(setting.where,
                        fmt::format("{} is {}, allowed are {}", key, value,
                                    setting.values.empty() ? std::string("positive numbers")
                                                           : fmt::format("{}", fmt::join(setting.values, ", "))));
      continue;
    }
    plain[key] = value;
  }
  return plain;
}

std::optional<Parameter> make_parameter(const ParameterText& text, const FamilyNames& names, Diagnostics& diagnostics) {
  Parameter parameter;
  parameter.name = "hw." + text.name;
  switch (text.kind) {
    case ParameterText::Kind::ordinal:
      parameter.domain = OrdinalValues{text.values};
      break;
    case ParameterText::Kind::categorical:
      parameter.domain = CategoricalValues{text.choices};
      break;
    case ParameterText::Kind::integer: {
      const auto low = names.settle(text.low, diagnostics);
      const auto high = names.settle(text.high, diagnostics);
      if (!low || !high) return std::nullopt;
      constexpr double largest = 1e12;
      for (const auto& [end, value] : {std::pair(&text.low, *low), std::pair(&text.high, *high)}) {
        if (value == std::round(value) && std::abs(value) <= largest) continue;
        diagnostics.error(end->where, fmt::format("{} is {}, allowed are whole numbers from {} to {}", text.name, value,
                                                  -largest, largest));
        return std::nullopt;
      }
      if (*low > *high || (text.log && *low < 1.0)) {
        diagnostics.error(text.where, fmt::format("{} runs from {} to {}, allowed are numbers in order{}", text.name,
                                                  *low, *high, text.log ? ", from 1 for log" : ""));
        return std::nullopt;
      }
      parameter.domain =
          IntegerRange{static_cast<std::int64_t>(*low), static_cast<std::int64_t>(*high), text.step, text.log};
      break;
    }
  }
  return parameter;
}

std::vector<Constraint> make_constraints(const FamilyText& text, const FamilyNames& names, Diagnostics& diagnostics) {
  std::vector<Constraint> constraints;
  for (const Formula& formula : text.constraints) {
    const std::size_t before = diagnostics.errors();
    names.compile(formula, true, diagnostics);  // the user's own text: messages with its columns
    if (diagnostics.errors() > before) continue;
    constraints.push_back({formula.text, Expression::compile(names.expanded(formula.text), names.parameters())});
  }
  return constraints;
}

// The number that stands in a Point for a parameter's default.
std::optional<double> default_number(const ParameterText& parameter, const Formula& value, const FamilyNames& names,
                                     Diagnostics& diagnostics) {
  if (parameter.kind == ParameterText::Kind::categorical) {
    const auto found = std::find(parameter.choices.begin(), parameter.choices.end(), value.text);
    if (found == parameter.choices.end()) {
      diagnostics.error(value.where, fmt::format("{} is {}{}", parameter.name, quote(value.text),
                                                 suggestion(value.text, parameter.choices)));
      return std::nullopt;
    }
    return static_cast<double>(found - parameter.choices.begin());
  }
  const auto number = names.settle(value, diagnostics);
  if (!number || parameter.kind == ParameterText::Kind::integer) return number;
  const auto found = std::find(parameter.values.begin(), parameter.values.end(), *number);
  if (found == parameter.values.end()) {
    diagnostics.error(value.where, fmt::format("{} is {}, allowed are {}", parameter.name, *number,
                                               fmt::join(parameter.values, ", ")));
    return std::nullopt;
  }
  return static_cast<double>(found - parameter.values.begin());
}

Point make_default(const FamilyText& text, const FamilyNames& names, Diagnostics& diagnostics) {
  Point point;
  std::vector<std::string> known;
  for (const ParameterText& parameter : text.parameters) known.push_back(parameter.name);
  for (const auto& [name, value] : text.default_values) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      diagnostics.error(value.where, fmt::format("there is no parameter {}{}", quote(name), suggestion(name, known)));
    }
  }
  for (const ParameterText& parameter : text.parameters) {
    const auto found = std::find_if(text.default_values.begin(), text.default_values.end(),
                                    [&](const auto& entry) { return entry.first == parameter.name; });
    if (found == text.default_values.end()) {
      diagnostics.error(text.default_where, fmt::format("the default does not give {}", parameter.name));
      continue;
    }
    point.numbers.push_back(default_number(parameter, found->second, names, diagnostics).value_or(0.0));
  }
  return point;
}

void check_levels(const FamilyText& text, Diagnostics& diagnostics) {
  if (text.levels.empty() || text.levels.size() > max_levels) {
    diagnostics.error(text.where,
                      fmt::format("{} storage levels, allowed are 1 to {}", text.levels.size(), max_levels));
  }
  for (std::size_t i = 0; i < text.levels.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (text.levels[i].name == text.levels[j].name) {
        diagnostics.error(text.levels[i].where, fmt::format("level {} is named twice", text.levels[i].name));
      }
    }
  }
}

}  // namespace

Family read_family(const std::string& text, const std::string& file, const std::map<std::string, double>& settings) {
  Diagnostics diagnostics;
  auto impl = std::make_shared<Family::Impl>();
  impl->text = read_family_text(parse_yaml(text, file), diagnostics);
  const FamilyText& source = impl->text;
  diagnostics.raise();

  const auto given = plain_settings(source, settings, diagnostics);
  impl->technology = Technology(source.technology.node_nm, source.technology.voltage);
  for (const auto& replacement : source.technology.replacements) {
    impl->technology.replace(replacement.entry, replacement.curve, replacement.source);
  }
  impl->names = FamilyNames(source, given, diagnostics);
  for (const SettingText& setting : source.settings) {
    impl->settings.push_back({setting.name, impl->names.setting(setting.name), setting.values, setting.meaning});
  }
  std::vector<Parameter> parameters;
  for (const ParameterText& parameter : source.parameters) {
    if (auto made = make_parameter(parameter, impl->names, diagnostics)) parameters.push_back(std::move(*made));
    impl->meanings.push_back(parameter.meaning);
  }
  std::vector<Constraint> constraints = make_constraints(source, impl->names, diagnostics);
  check_levels(source, diagnostics);
  impl->machine = FamilyMachine(source, impl->names, diagnostics);
  std::vector<std::string> levels;
  for (const LevelText& level : source.levels) levels.push_back(level.name);
  impl->rules = FamilyRules(source.rules, levels, impl->names, diagnostics);
  impl->baseline = FamilyRules(source.baseline, levels, impl->names, diagnostics);
  impl->shaping.assign(source.parameters.size(), 0);
  impl->ruling.assign(source.parameters.size(), 0);
  impl->machine.mark_shaping(impl->names, impl->shaping);
  impl->rules.mark_parameters(impl->names, impl->ruling);
  impl->capacity.assign(source.levels.size(), std::vector<char>(source.parameters.size(), 0));
  impl->prices = impl->capacity;
  for (std::size_t level = 0; level < source.levels.size(); ++level) {
    impl->machine.mark_capacity(impl->names, level, impl->capacity[level]);
    impl->machine.mark_prices(impl->names, level, impl->prices[level]);
  }
  impl->default_point = make_default(source, impl->names, diagnostics);
  diagnostics.raise();

  impl->space = Space(std::move(parameters), std::move(constraints));
  if (!impl->space.contains(impl->default_point)) {
    std::string broken = "it lies outside the parameters' ranges";
    const auto margins = impl->space.margins(impl->default_point);
    for (std::size_t i = 0; i < margins.size(); ++i) {
      if (!(margins[i] >= 0.0)) broken = fmt::format("it breaks '{}'", impl->space.constraints()[i].text);
    }
    throw InputError(source.default_where, "the default is not a point of the space: " + broken);
  }
  Family family;
  family.impl_ = std::move(impl);
  family.instantiate(family.default_point());
  return family;
}

Family load_family(const std::string& name_or_path, const std::map<std::string, double>& settings) {
  if (const auto* file = embedded::find(embedded::families(), name_or_path)) {
    return read_family(std::string(file->text), fmt::format("{}.yaml", file->name), settings);
  }
  const bool is_path = name_or_path.find_first_of("./\\") != std::string::npos;
  if (!is_path && !std::filesystem::exists(name_or_path)) {
    Location nowhere;
    nowhere.file = name_or_path;
    throw InputError(
        nowhere, fmt::format("there is no family or file of this name{}", suggestion(name_or_path, family_names())));
  }
  return read_family(read_text(name_or_path), name_or_path, settings);
}

std::vector<std::string> family_names() {
  return embedded::names(embedded::families());
}

const std::string& Family::name() const {
  return impl_->text.name;
}
const std::string& Family::about() const {
  return impl_->text.about;
}
const std::string& Family::source() const {
  return impl_->text.source;
}
const std::vector<FamilySetting>& Family::settings() const {
  return impl_->settings;
}
const Technology& Family::technology() const {
  return impl_->technology;
}
double Family::clock_mhz() const {
  return impl_->text.technology.clock_mhz;
}
const Space& Family::space() const {
  return impl_->space;
}
const std::vector<std::string>& Family::meanings() const {
  return impl_->meanings;
}
const Point& Family::default_point() const {
  return impl_->default_point;
}
const std::string& Family::default_source() const {
  return impl_->text.default_source;
}
const std::string& Family::baseline_name() const {
  return impl_->text.baseline_name;
}
const std::string& Family::baseline_source() const {
  return impl_->text.baseline_source;
}

Architecture Family::instantiate(const Point& point) const {
  return *impl_->machine.build(FormulaValues(impl_->names.values(impl_->space, point)), impl_->technology, clock_mhz(),
                               nullptr);
}

std::vector<Figure> Family::figures(const Point& point) const {
  std::vector<Figure> rows;
  impl_->machine.build(FormulaValues(impl_->names.values(impl_->space, point)), impl_->technology, clock_mhz(), &rows);
  return rows;
}

MappingRules Family::rules(const Layer& layer, const Point& point) const {
  MappingRules rules;
  rules.levels.resize(impl_->text.levels.size());
  impl_->rules.apply(layer, impl_->names.values(impl_->space, point), rules);
  return rules;
}

std::optional<Architecture> Family::ideal(const Box& box) const {
  return impl_->machine.build(FormulaValues(impl_->names.bounds(impl_->space, box)), impl_->technology, clock_mhz(),
                              nullptr);
}

const std::vector<char>& Family::shaping() const {
  return impl_->shaping;
}
const std::vector<char>& Family::capacity_parameters(std::size_t level) const {
  return impl_->capacity[level];
}
const std::vector<char>& Family::price_parameters(std::size_t level) const {
  return impl_->prices[level];
}
const std::vector<char>& Family::ruling() const {
  return impl_->ruling;
}

MappingRules Family::rules(const Layer& layer, const Box& box) const {
  Point corner{box.low};
  MappingRules result = rules(layer, corner);
  // The ruling parameters count up like an odometer.
  for (std::size_t i = 0; i < corner.numbers.size();) {
    const bool turns = ruling()[i] != 0 && corner.numbers[i] < box.high[i];
    if (!turns) {
      corner.numbers[i] = box.low[i];
      ++i;
      continue;
    }
    corner.numbers[i] += 1.0;
    if (corner.numbers[i] > box.high[i]) corner.numbers[i] = box.high[i];
    result = loosest(result, rules(layer, corner));
    i = 0;
  }
  return result;
}

MappingRules Family::baseline_rules(const Layer& layer, const Point& point) const {
  MappingRules narrowed = rules(layer, point);
  impl_->baseline.apply(layer, impl_->names.values(impl_->space, point), narrowed);
  return narrowed;
}

std::vector<Figure> figures(const Architecture& architecture, const std::string& origin) {
  std::vector<Figure> rows;
  const auto add = [&](const std::string& component, const char* quantity, double value, const char* unit) {
    if (value != 0.0) rows.push_back({component, quantity, value, unit, origin});
  };
  const Compute& compute = architecture.compute;
  add(compute.name, "multiply-accumulate", compute.energy_per_op_pj, "pJ");
  add(compute.name, "add partial sums", compute.adder_energy_pj, "pJ");
  add(compute.name, "idle", compute.idle_pj_per_cycle, "pJ / cycle");
  add(compute.name, "area", compute.area_per_instance_um2, "um2 / instance");
  for (const Level& level : architecture.levels) {
    add(level.name, "read", level.energy.read_pj, "pJ / access");
    add(level.name, "fill", level.energy.fill_pj, "pJ / access");
    add(level.name, "update", level.energy.update_pj, "pJ / access");
    add(level.name, "leakage", level.energy.leak_pj_per_cycle, "pJ / cycle");
    add(level.name, "idle", level.energy.idle_pj_per_cycle, "pJ / cycle");
    add(level.name, "area", level.area_per_instance_um2, "um2 / instance");
    add(level.name, "hop", level.network.energy_per_hop_pj, "pJ / word / hop");
    add(level.name, "router", level.network.router_energy_pj, "pJ / word");
  }
  return rows;
}

std::string to_text(const std::vector<Figure>& figures) {
  std::size_t component = 0, quantity = 0, unit = 0;
  for (const Figure& figure : figures) {
    component = std::max(component, figure.component.size());
    quantity = std::max(quantity, figure.quantity.size());
    unit = std::max(unit, figure.unit.size());
  }
  std::string text;
  for (const Figure& figure : figures) {
    text += fmt::format("{:<{}}  {:<{}}  {:>10.4g} {:<{}}  {}\n", figure.component, component, figure.quantity,
                        quantity, figure.value, figure.unit, unit, figure.source);
  }
  return text;
}

}  // namespace dovetail
