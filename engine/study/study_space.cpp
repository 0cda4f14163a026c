// Fixes parameters and narrows ranges: integers and reals by their bounds, everything else by a known constraint.
#include <dovetail/engine/study/study_space.hpp>

#include <algorithm>
#include <cmath>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dovetail/spaces/space/point_slot.hpp>
#include <dovetail/spaces/space/range_forms.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

// A narrower integer range; values are low, low + step, ... of the old one.
void narrow_integer(IntegerRange& range, const StudyEntry& entry, Diagnostics& diagnostics,
                    std::vector<double>& listed) {
  const auto legal = [&](std::int64_t value) {
    return value >= range.low && value <= range.high && (value - range.low) % range.step == 0;
  };
  const auto allowed = [&] {
    return fmt::format("{} to {}{}", range.low, range.high,
                       range.step == 1 ? "" : fmt::format(" in steps of {}", range.step));
  };
  const auto read = [&](const Node& node) -> std::optional<std::int64_t> {
    std::int64_t value = 0;
    if (!read_value(node, entry.name, {}, diagnostics, value)) return std::nullopt;
    if (legal(value)) return value;
    diagnostics.error(node.location(), fmt::format("{} is {}, allowed is {}", entry.name, value, allowed()));
    return std::nullopt;
  };
  if (entry.value.is_sequence()) {
    for (const Node& item : entry.value.items()) {
      if (const auto value = read(item)) listed.push_back(static_cast<double>(*value));
    }
  } else if (entry.value.is_mapping()) {
    IntegerRange wanted = range;
    for (const Node::Entry& side : entry.value.entries()) {
      std::int64_t value = 0;
      if (side.key != "low" && side.key != "high" && side.key != "step") {
        diagnostics.error(side.where, "a range has low, high and step, found " + quote(side.key));
      } else if (read_value(side.value, side.key, side.key == "step" ? at_least(1) : Bounds{}, diagnostics, value)) {
        (side.key == "low" ? wanted.low : side.key == "high" ? wanted.high : wanted.step) = value;
      }
    }
    if (wanted.low < range.low || wanted.high > range.high || wanted.low > wanted.high || !legal(wanted.low) ||
        wanted.step % range.step != 0) {
      diagnostics.error(entry.value.location(), fmt::format("{}: {} to {} in steps of {} is not within {}", entry.name,
                                                            wanted.low, wanted.high, wanted.step, allowed()));
      return;
    }
    range = wanted;
  } else if (const auto value = read(entry.value)) {
    range = {*value, *value, 1, false};
  }
}

void narrow_real(RealRange& range, const StudyEntry& entry, Diagnostics& diagnostics) {
  RealRange wanted = range;
  const auto read = [&](const Node& node, double& value) {
    read_value(node, entry.name, between(range.low, range.high), diagnostics, value);
  };
  if (entry.value.is_mapping()) {
    for (const Node::Entry& side : entry.value.entries()) {
      if (side.key == "low")
        read(side.value, wanted.low);
      else if (side.key == "high")
        read(side.value, wanted.high);
      else
        diagnostics.error(side.where, "a range of a real parameter has low and high, found " + quote(side.key));
    }
  } else if (entry.value.is_sequence() && entry.value.items().size() == 2) {
    read(entry.value.items()[0], wanted.low);
    read(entry.value.items()[1], wanted.high);
  } else {
    read(entry.value, wanted.low);
    wanted.high = wanted.low;
  }
  if (wanted.low > wanted.high)
    diagnostics.error(entry.value.location(), entry.name + ": the range is empty");
  else
    range = wanted;
}

// The allowed values of a parameter as texts, for messages and for reading.
std::vector<std::string> value_texts(const Parameter& parameter) {
  std::vector<std::string> texts;
  if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain)) {
    for (const double value : ordinal->values) texts.push_back(fmt::format("{}", value));
  } else if (const auto* categorical = std::get_if<CategoricalValues>(&parameter.domain)) {
    texts = categorical->values;
  }
  return texts;
}

// {integer: [low, high]}, {values: [...]} and {choices: [...]}, as families write them, as the study's own {low, high}
// and [...].
StudyEntry plain_form(const StudyEntry& written) {
  StudyEntry entry = written;
  if (!written.value.is_mapping()) return entry;
  const Node spelled = spelled_out(written.value);
  if (const Node* values = spelled.find("values")) {
    entry.value = *values;
    return entry;
  }
  std::vector<Node::Entry> entries;
  for (const Node::Entry& side : spelled.entries())
    if (side.key != "kind") entries.push_back(side);
  entry.value = Node::mapping(written.value.location(), std::move(entries));
  return entry;
}

// A text as an expression writes it.
std::string text_operand(const std::string& text) {
  std::string operand = "'";
  for (const char c : text) operand += c == '\'' ? std::string("''") : std::string(1, c);
  return operand + "'";
}

// The values of an ordinal or categorical parameter that an entry allows, each as an operand of an expression.
std::vector<std::string> read_listed(const Parameter& parameter, const StudyEntry& entry, Diagnostics& diagnostics) {
  const std::vector<std::string> texts = value_texts(parameter);
  const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain);
  std::vector<std::string> operands;
  if (ordinal != nullptr && entry.value.is_mapping()) {
    double low = ordinal->values.front(), high = ordinal->values.back();
    for (const Node::Entry& side : entry.value.entries()) {
      if (side.key == "low")
        read_value(side.value, "low", {}, diagnostics, low);
      else if (side.key == "high")
        read_value(side.value, "high", {}, diagnostics, high);
      else
        diagnostics.error(side.where, "a range has low and high, found " + quote(side.key));
    }
    for (const double value : ordinal->values) {
      if (value >= low && value <= high) operands.push_back(fmt::format("{}", value));
    }
    if (operands.empty()) {
      diagnostics.error(entry.value.location(), fmt::format("{}: no value lies in this range, allowed are {}",
                                                            entry.name, fmt::join(texts, ", ")));
    }
    return operands;
  }
  const std::vector<Node> items = entry.value.is_sequence() ? entry.value.items() : std::vector<Node>{entry.value};
  if (items.empty()) diagnostics.error(entry.value.location(), entry.name + ": the list is empty");
  for (const Node& item : items) {
    if (ordinal != nullptr) {
      const std::optional<double> value = item.as_number();
      if (value && std::count(ordinal->values.begin(), ordinal->values.end(), *value) > 0) {
        operands.push_back(fmt::format("{}", *value));
        continue;
      }
    } else if (std::count(texts.begin(), texts.end(), item.text()) > 0) {
      operands.push_back(text_operand(item.text()));
      continue;
    }
    diagnostics.error(item.location(),
                      fmt::format("{}: found {}, allowed are {}", entry.name, item.describe(), fmt::join(texts, ", ")));
  }
  return operands;
}

// A setting is fixed before there is a space, so a range of one is a mistake as well.
std::string unknown_name(const std::string& name, const std::vector<std::string>& parameters,
                         const std::vector<std::string>& settings) {
  if (std::find(settings.begin(), settings.end(), name) != settings.end())
    return quote(name) + " is a setting: it may be fixed to a number, not searched";
  if (settings.empty()) return "no parameter " + quote(name) + suggestion(name, parameters);
  std::vector<std::string> all = parameters;
  all.insert(all.end(), settings.begin(), settings.end());
  if (nearest(name, all)) return "no parameter or setting " + quote(name) + suggestion(name, all);
  return fmt::format("no parameter or setting {}{}; settings are {}", quote(name), suggestion(name, parameters),
                     fmt::join(settings, ", "));
}

}  // namespace

Space narrow(const Space& space, const Study& study, Diagnostics& diagnostics,
             const std::vector<std::string>& settings) {
  std::vector<Parameter> parameters = space.parameters();
  std::vector<Constraint> constraints = space.constraints();
  std::vector<std::string> names;
  names.reserve(parameters.size());
  for (const Parameter& parameter : parameters) names.push_back(parameter.name);
  std::vector<std::string> conditions;

  const auto apply = [&](const StudyEntry& written, bool fixed) {
    const StudyEntry entry = plain_form(written);
    const auto found = std::find(names.begin(), names.end(), entry.name);
    if (found == names.end()) {
      diagnostics.error(entry.where, unknown_name(entry.name, names, settings));
      return;
    }
    if (fixed && !entry.value.is_scalar()) {
      diagnostics.error(entry.value.location(),
                        fmt::format("{}: expected one value, found {}", entry.name, entry.value.describe()));
      return;
    }
    Parameter& parameter = parameters[static_cast<std::size_t>(found - names.begin())];
    std::vector<std::string> operands;
    if (auto* integer = std::get_if<IntegerRange>(&parameter.domain)) {
      std::vector<double> listed;
      narrow_integer(*integer, entry, diagnostics, listed);
      for (const double value : listed) operands.push_back(fmt::format("{}", value));
    } else if (auto* real = std::get_if<RealRange>(&parameter.domain)) {
      narrow_real(*real, entry, diagnostics);
    } else if (!value_texts(parameter).empty()) {
      operands = read_listed(parameter, entry, diagnostics);
    } else {
      diagnostics.error(entry.where, entry.name + " cannot be fixed or narrowed");
    }
    std::string condition;
    for (const std::string& operand : operands) {
      condition += fmt::format("{}{} == {}", condition.empty() ? "" : " or ", entry.name, operand);
    }
    if (!condition.empty()) conditions.push_back(std::move(condition));
  };
  for (const StudyEntry& entry : study.space) apply(entry, false);
  for (const StudyEntry& entry : study.fixed) apply(entry, true);
  if (diagnostics.failed()) return space;

  const std::vector<Symbol> allowed = symbols(parameters);
  for (const std::string& condition : conditions) {
    constraints.push_back({condition, Expression::compile(condition, allowed)});
  }
  return Space(std::move(parameters), std::move(constraints));
}

Space fix(const Space& space, int parameter, double stored) {
  std::vector<Parameter> parameters = space.parameters();
  std::vector<Constraint> constraints = space.constraints();
  Parameter& fixed = parameters[static_cast<std::size_t>(parameter)];
  std::string operand;
  if (auto* integer = std::get_if<IntegerRange>(&fixed.domain)) {
    // A value outside the range leaves no point, as it should.
    const auto value = static_cast<std::int64_t>(stored);
    if (value >= integer->low && value <= integer->high)
      *integer = {value, value, 1, false};
    else
      operand = fmt::format("{}", value);
  } else if (auto* real = std::get_if<RealRange>(&fixed.domain)) {
    if (stored >= real->low && stored <= real->high)
      *real = {stored, stored, false};
    else
      operand = fmt::format("{}", stored);
  } else {
    const std::vector<std::string> texts = value_texts(fixed);
    if (texts.empty()) return space;
    const std::string& text = texts[static_cast<std::size_t>(stored)];
    operand = std::holds_alternative<OrdinalValues>(fixed.domain) ? text : text_operand(text);
  }
  if (!operand.empty()) {
    const std::string condition = fixed.name + " == " + operand;
    constraints.push_back({condition, Expression::compile(condition, symbols(parameters))});
  }
  return Space(std::move(parameters), std::move(constraints));
}

}  // namespace dovetail
