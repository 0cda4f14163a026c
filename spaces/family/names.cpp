// Compiles and evaluates the expressions of a family descriptor.
#include <dovetail/spaces/family/names.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace dovetail {
namespace {

// The place of a character inside a scalar that starts at `where`; good for plain one-line scalars.
Location within(Location where, int column) {
  if (where.line > 0) where.column += column - 1;
  return where;
}

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool continues_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}

CompiledFormula compile_over(const Formula& formula, const std::vector<Symbol>& symbols, bool condition,
                             Diagnostics& diagnostics) {
  CompiledFormula compiled{formula, {}};
  if (formula.empty()) return compiled;
  std::vector<ExpressionMistake> mistakes;
  auto expression = Expression::compile(formula.text, symbols, mistakes);
  for (const ExpressionMistake& mistake : mistakes) {
    diagnostics.error(within(formula.where, mistake.column), fmt::format("in '{}': {}", formula.text, mistake.message));
  }
  if (!expression) return compiled;
  if (condition && !expression->is_condition()) {
    diagnostics.error(formula.where,
                      fmt::format("'{}' is a number, allowed is a condition such as a <= b", formula.text));
  }
  compiled.expression = std::move(*expression);
  return compiled;
}

}  // namespace

FamilyNames::FamilyNames(const FamilyText& text, const std::map<std::string, double>& settings,
                         Diagnostics& diagnostics) {
  std::map<std::string, Location> seen;
  const auto unique = [&](const std::string& name, const Location& where) {
    if (!seen.emplace(name, where).second) {
      diagnostics.error(where, fmt::format("the name '{}' is already used at {}", name, to_string(seen[name])));
    }
  };
  for (const ParameterText& parameter : text.parameters) {
    unique(parameter.name, parameter.where);
    parameters_.push_back({parameter.name, parameter.choices});
  }
  for (const SettingText& setting : text.settings) {
    unique(setting.name, setting.where);
    settings_.push_back({setting.name, {}});
    const auto given = settings.find(setting.name);
    setting_values_.push_back(given == settings.end() ? setting.value : given->second);
  }
  symbols_ = parameters_;
  symbols_.insert(symbols_.end(), settings_.begin(), settings_.end());
  for (const LetText& let : text.lets) {
    unique(let.name, let.formula.where);
    lets_.push_back(compile_over(let.formula, symbols_, false, diagnostics));
    symbols_.push_back({let.name, {}});
  }
}

CompiledFormula FamilyNames::compile(const Formula& formula, bool condition, Diagnostics& diagnostics,
                                     bool with_layer) const {
  if (!with_layer) return compile_over(formula, symbols_, condition, diagnostics);
  std::vector<Symbol> symbols = symbols_;
  symbols.push_back({"extent", {}});
  symbols.push_back({"depthwise", {}});
  return compile_over(formula, symbols, condition, diagnostics);
}

std::optional<double> FamilyNames::settle(const Formula& formula, Diagnostics& diagnostics) const {
  const std::size_t before = diagnostics.errors();
  const CompiledFormula compiled = compile_over(formula, settings_, false, diagnostics);
  if (diagnostics.errors() > before) return std::nullopt;
  const double value = compiled.expression.value(setting_values_);
  if (!std::isfinite(value)) {
    diagnostics.error(formula.where, fmt::format("'{}' is undefined", formula.text));
    return std::nullopt;
  }
  return value;
}

std::string FamilyNames::expanded(const std::string& text) const {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\'') {
      const std::size_t end = std::min(text.find('\'', i + 1), text.size() - 1);
      result += text.substr(i, end - i + 1);
      i = end + 1;
      continue;
    }
    if (std::isdigit(static_cast<unsigned char>(text[i])) != 0) {  // a number, with its exponent
      while (i < text.size() && continues_name(text[i])) result += text[i++];
      continue;
    }
    if (!starts_name(text[i])) {
      result += text[i++];
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && continues_name(text[end])) ++end;
    const std::string name = text.substr(i, end - i);
    i = end;
    const auto same = [&](const Symbol& symbol) { return symbol.name == name; };
    const auto found =
        std::find_if(symbols_.begin() + static_cast<std::ptrdiff_t>(parameters_.size()), symbols_.end(), same);
    const auto position = static_cast<std::size_t>(found - symbols_.begin());
    if (found == symbols_.end()) {
      result += name;
    } else if (position < parameters_.size() + settings_.size()) {
      result += fmt::format("{}", setting_values_[position - parameters_.size()]);
    } else {
      const auto& let = lets_[position - parameters_.size() - settings_.size()];
      result += fmt::format("({})", expanded(let.formula.text));
    }
  }
  return result;
}

std::vector<double> FamilyNames::values(const Space& space, const Point& point) const {
  std::vector<double> values;
  values.reserve(symbols_.size() + layer_symbols);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const int parameter = static_cast<int>(i);
    values.push_back(parameters_[i].texts.empty() ? space.number(point, parameter)
                                                  : point.numbers[space.offset(parameter)]);
  }
  values.insert(values.end(), setting_values_.begin(), setting_values_.end());
  for (const CompiledFormula& let : lets_) values.push_back(let.expression.value(values));
  values.push_back(1.0);  // extent
  values.push_back(0.0);  // depthwise
  return values;
}

std::vector<Interval> FamilyNames::bounds(const Space& space, const Box& box) const {
  std::vector<Interval> bounds = intervals(space, box);
  for (const double value : setting_values_) bounds.push_back({value, value});
  for (const CompiledFormula& let : lets_) bounds.push_back(let.expression.bounds(bounds));
  bounds.push_back({1.0, 1.0});  // extent
  bounds.push_back({0.0, 0.0});  // depthwise
  return bounds;
}

void FamilyNames::mark_parameters(const CompiledFormula& formula, std::vector<char>& marks) const {
  if (formula.empty()) return;
  const std::size_t first_let = parameters_.size() + settings_.size();
  for (const int name : formula.expression.names()) {
    const auto position = static_cast<std::size_t>(name);
    if (position < parameters_.size())
      marks[position] = 1;
    else if (position >= first_let && position < symbols_.size())
      mark_parameters(lets_[position - first_let], marks);
  }
}

double FamilyNames::setting(const std::string& name) const {
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    if (settings_[i].name == name) return setting_values_[i];
  }
  return 0.0;
}

Range FormulaValues::range(const CompiledFormula& formula, double fallback) const {
  if (formula.empty()) return fallback;
  if (at_point()) return evaluate(formula, at_point_, fallback);
  const Interval bounds = formula.expression.bounds(over_box_);
  return bounds.undefined ? Range{-infinity, infinity} : Range{bounds.low, bounds.high};
}

double evaluate(const CompiledFormula& formula, const std::vector<double>& values, double fallback) {
  if (formula.empty()) return fallback;
  const double value = formula.expression.value(values);
  if (!std::isfinite(value)) {
    throw InputError(formula.formula.where, fmt::format("'{}' is undefined at this point", formula.formula.text));
  }
  return value;
}

}  // namespace dovetail
