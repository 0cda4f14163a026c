// Reads parameters and constraints, all mistakes at once.
#include <dovetail/spaces/space/range_forms.hpp>
#include <dovetail/spaces/space/space_document.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <dovetail/spaces/space/point_slot.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

constexpr std::size_t max_parameters = 1000, max_constraints = 1000;

struct Kind {
  std::string name;
  std::vector<std::string> required, optional;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{{"real", {"low", "high"}, {"log"}}, {"integer", {"low", "high"}, {"step", "log"}},
                                     {"ordinal", {"values"}, {}},        {"categorical", {"values"}, {}},
                                     {"permutation", {"values"}, {}},    {"factorization", {"product", "slots"}, {}}};
  return all;
}

bool read_texts(const Node& node, const std::string& what, Diagnostics& diagnostics, std::vector<std::string>& out) {
  return read_value(node, what, {}, diagnostics, out);
}

// One parameter of a known kind whose keys are all there and known.
bool read_domain(const Node& node, const std::string& kind, Diagnostics& diagnostics, Parameter& parameter) {
  bool good = true;
  bool log = false;
  if (const Node* flag = node.find("log")) good = read_value(*flag, "log", {}, diagnostics, log);
  if (kind == "real") {
    RealRange range;
    good = read_value(*node.find("low"), "low", {}, diagnostics, range.low) && good;
    good = read_value(*node.find("high"), "high", {}, diagnostics, range.high) && good;
    range.log = log;
    parameter.domain = range;
  } else if (kind == "integer") {
    IntegerRange range;
    good = read_value(*node.find("low"), "low", {}, diagnostics, range.low) && good;
    good = read_value(*node.find("high"), "high", {}, diagnostics, range.high) && good;
    if (const Node* step = node.find("step"))
      good = read_value(*step, "step", at_least(1), diagnostics, range.step) && good;
    range.log = log;
    parameter.domain = range;
  } else if (kind == "ordinal") {
    OrdinalValues ordinal;
    good = read_value(*node.find("values"), "values", {}, diagnostics, ordinal.values);
    std::sort(ordinal.values.begin(), ordinal.values.end());
    parameter.domain = std::move(ordinal);
  } else if (kind == "categorical") {
    CategoricalValues categorical;
    good = read_texts(*node.find("values"), "values", diagnostics, categorical.values);
    parameter.domain = std::move(categorical);
  } else if (kind == "permutation") {
    PermutationItems permutation;
    good = read_texts(*node.find("values"), "values", diagnostics, permutation.items);
    parameter.domain = std::move(permutation);
  } else {
    Factorization factorization;
    good = read_value(*node.find("product"), "product", at_least(1), diagnostics, factorization.product);
    good = read_texts(*node.find("slots"), "slots", diagnostics, factorization.slots) && good;
    parameter.domain = std::move(factorization);
  }
  return good;
}

std::optional<Parameter> read_parameter(const Node& written, Diagnostics& diagnostics) {
  if (!require_mapping(written, "a parameter", diagnostics)) return std::nullopt;
  const Node node = spelled_out(written);
  Parameter parameter;
  bool good = true;
  if (const Node* name = node.find("name")) {
    good = read_value(*name, "name", {}, diagnostics, parameter.name);
  } else {
    detail::missing_key(node, "parameter", "name", diagnostics);
    good = false;
  }
  std::vector<std::string> words;
  for (const Kind& kind : kinds()) words.push_back(kind.name);
  const Node* word = node.find("kind");
  std::string kind_name;
  if (word == nullptr) {
    diagnostics.error(node.location(),
                      "a parameter says what it may be: kind: integer with low and high, or integer: [low, high]; "
                      "likewise real; values: [...] for numbers in order; choices: [...] for words");
    return std::nullopt;
  }
  if (!read_value(*word, "kind", one_of(words), diagnostics, kind_name)) return std::nullopt;
  const Kind& kind = *std::find_if(kinds().begin(), kinds().end(), [&](const Kind& k) { return k.name == kind_name; });
  std::vector<std::string> keys{"name", "kind"};
  keys.insert(keys.end(), kind.required.begin(), kind.required.end());
  keys.insert(keys.end(), kind.optional.begin(), kind.optional.end());
  for (const Node::Entry& entry : node.entries()) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    detail::unknown_key(entry, kind.name + " parameter", keys, diagnostics);
    good = false;
  }
  for (const std::string& key : kind.required) {
    if (node.find(key) != nullptr) continue;
    detail::missing_key(node, kind.name + " parameter", key, diagnostics);
    good = false;
  }
  if (!good || !read_domain(node, kind.name, diagnostics, parameter)) return std::nullopt;
  const std::vector<std::string> wrong = check({parameter});
  for (const std::string& message : wrong) diagnostics.error(node.location(), message);
  if (!wrong.empty()) return std::nullopt;
  return parameter;
}

// Parameters by name, as families write them, as a list of parameters with names.
Node listed(const Node& by_name) {
  std::vector<Node> items;
  for (const Node::Entry& entry : by_name.entries()) {
    std::vector<Node::Entry> entries = {{"name", entry.where, Node::scalar(entry.where, entry.key, true)}};
    if (entry.value.is_sequence())
      entries.push_back({"values", entry.where, entry.value});
    else
      entries.insert(entries.end(), entry.value.entries().begin(), entry.value.entries().end());
    items.push_back(Node::mapping(entry.where, std::move(entries)));
  }
  return Node::sequence(by_name.location(), std::move(items));
}

}  // namespace

void report(const std::vector<ExpressionMistake>& mistakes, const Node& scalar, Diagnostics& diagnostics) {
  for (const ExpressionMistake& mistake : mistakes) {
    Location where = scalar.location();
    // A scalar over several lines keeps its beginning; the column is named in the message then.
    const bool one_line = scalar.text().find('\n') == std::string::npos && where.line > 0;
    if (one_line) where.column += mistake.column - 1 + (scalar.quoted() ? 1 : 0);
    diagnostics.error(where,
                      one_line ? mistake.message : fmt::format("character {}: {}", mistake.column, mistake.message));
  }
}

std::vector<Parameter> read_parameters(const Node& list, Diagnostics& diagnostics) {
  std::vector<Parameter> result;
  if (list.is_mapping()) return read_parameters(listed(list), diagnostics);
  if (!require_sequence(list, "parameters", diagnostics)) return result;
  if (list.items().size() > max_parameters) {
    diagnostics.error(list.location(),
                      fmt::format("parameters has {} items, allowed are {}", list.items().size(), max_parameters));
    return result;
  }
  std::set<std::string> seen;
  for (const Node& item : list.items()) {
    std::optional<Parameter> parameter = read_parameter(item, diagnostics);
    if (!parameter) continue;
    if (!seen.insert(parameter->name).second) {
      diagnostics.error(item.location(), fmt::format("parameter {} is there twice", quote(parameter->name)));
      continue;
    }
    result.push_back(*std::move(parameter));
  }
  return result;
}

std::vector<Constraint> read_constraints(const Node& list, const std::vector<Parameter>& parameters,
                                         Diagnostics& diagnostics) {
  std::vector<Constraint> result;
  if (list.is_null()) return result;
  if (!require_sequence(list, "constraints", diagnostics)) return result;
  if (list.items().size() > max_constraints) {
    diagnostics.error(list.location(),
                      fmt::format("constraints has {} items, allowed are {}", list.items().size(), max_constraints));
    return result;
  }
  for (const Node& item : list.items()) {
    std::string text;
    if (!read_value(item, "a constraint", {}, diagnostics, text)) continue;
    try {
      result.push_back(make_constraint(text, parameters));
    } catch (const ExpressionError& error) {
      report(error.mistakes, item, diagnostics);
    }
  }
  return result;
}

nlohmann::ordered_json space_schema() {
  using Json = nlohmann::ordered_json;
  const Json number = {{"type", "number"}}, integer = {{"type", "integer"}},
             texts = {{"type", "array"}, {"items", {{"type", "string"}}}};
  auto forms = Json::array();
  for (const Kind& kind : kinds()) {
    const bool numbers = kind.name == "real" || kind.name == "ordinal";
    Json properties = {{"name", {{"type", "string"}}}, {"kind", {{"const", kind.name}}}};
    auto required = Json::array({"name", "kind"});
    auto add = [&](const std::string& key) {
      properties[key] = key == "log"      ? Json{{"type", "boolean"}}
                        : key == "slots"  ? texts
                        : key == "values" ? (numbers ? Json{{"type", "array"}, {"items", number}} : texts)
                        : numbers         ? number
                                          : integer;
    };
    for (const std::string& key : kind.required) {
      add(key);
      required.push_back(key);
    }
    for (const std::string& key : kind.optional) add(key);
    forms.push_back(
        {{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}});
  }
  return schema_document(
      "dovetail-space/1",
      {{"type", "object"},
       {"description", "What may be chosen: parameters and known constraints."},
       {"properties",
        {{"schema", {{"const", "dovetail-space/1"}}},
         {"parameters", {{"type", "array"}, {"minItems", 1}, {"items", {{"oneOf", forms}}}}},
         {"constraints",
          {{"type", "array"}, {"items", {{"type", "string"}}}, {"description", "expressions over the names"}}},
         {"goal", {{"type", "object"}, {"description", "objectives and specs over the told metrics"}}}}},
       {"required", {"parameters"}},
       {"additionalProperties", false}});
}

std::optional<Space> read_space(const Node& document, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  if (!require_mapping(document, "a space", diagnostics)) return std::nullopt;
  const std::vector<std::string> keys{"parameters", "constraints", "goal"};
  for (const Node::Entry& entry : document.entries()) {
    if (entry.key == "schema")
      detail::check_schema_key(entry.value, "dovetail-space/1", diagnostics);
    else if (std::find(keys.begin(), keys.end(), entry.key) == keys.end())
      detail::unknown_key(entry, "space", keys, diagnostics);
  }
  std::vector<Parameter> parameters;
  if (const Node* list = document.find("parameters")) {
    parameters = read_parameters(*list, diagnostics);
    if (list->is_sequence() && list->items().empty())
      diagnostics.error(list->location(), "parameters is empty, allowed is one or more");
  } else {
    detail::missing_key(document, "space", "parameters", diagnostics);
  }
  std::vector<Constraint> constraints;
  // Constraints over parameters that could not be read would only repeat their mistakes as unknown names.
  const Node* list = document.find("constraints");
  if (list != nullptr && diagnostics.errors() == before) constraints = read_constraints(*list, parameters, diagnostics);
  if (diagnostics.errors() > before) return std::nullopt;
  return Space(std::move(parameters), std::move(constraints));
}

}  // namespace dovetail
