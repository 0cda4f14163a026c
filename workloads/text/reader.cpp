#include <dovetail/workloads/text/reader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dovetail {
namespace {

std::string bound_text(double bound) {
  if (std::floor(bound) == bound && std::abs(bound) < 1e15) return fmt::format("{}", static_cast<std::int64_t>(bound));
  return fmt::format("{}", bound);
}

std::string range_text(const Bounds& bounds) {
  const bool low = std::isfinite(bounds.low), high = std::isfinite(bounds.high);
  const std::string from = low ? fmt::format("{}{}", bounds.above_low ? "above " : "", bound_text(bounds.low)) : "";
  if (low && high) return fmt::format("{} to {}", from, bound_text(bounds.high));
  if (low) return bounds.above_low ? from : from + " or more";
  if (high) return "at most " + bound_text(bounds.high);
  return "any number";
}

bool within(double value, const Bounds& bounds) {
  return value >= bounds.low && value <= bounds.high && !(bounds.above_low && value == bounds.low);
}

bool wrong_type(const Node& node, const std::string& what, const char* expected, Diagnostics& diagnostics) {
  std::string found = node.describe();
  if (node.is_scalar() && node.quoted() && Node::scalar({}, node.text(), false).as_number()) found += " in quotes";
  diagnostics.error(node.location(), fmt::format("{} must be {}, found {}", what, expected, found));
  return false;
}

bool out_of_range(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics) {
  diagnostics.error(node.location(), fmt::format("{} is {}, allowed is {}", what, node.text(), range_text(bounds)));
  return false;
}

template <class V>
bool read_integer(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics, V& value) {
  const auto number = node.as_number();
  if (!number) return wrong_type(node, what, "an integer", diagnostics);
  const auto integer = node.as_integer();
  if (std::isfinite(*number) && std::floor(*number) != *number)
    return wrong_type(node, what, "an integer", diagnostics);
  if (!within(*number, bounds)) return out_of_range(node, what, bounds, diagnostics);
  Bounds representable = bounds;
  representable.low = std::max(bounds.low, static_cast<double>(std::numeric_limits<V>::min()));
  representable.high = std::min(bounds.high, static_cast<double>(std::numeric_limits<V>::max()));
  if (!integer || !within(static_cast<double>(*integer), representable)) {
    return out_of_range(node, what, representable, diagnostics);
  }
  value = static_cast<V>(*integer);
  return true;
}

}  // namespace

bool read_value(const Node& node, const std::string& what, const Bounds&, Diagnostics& diagnostics, bool& value) {
  const auto boolean = node.as_boolean();
  if (!boolean) return wrong_type(node, what, "true or false", diagnostics);
  value = *boolean;
  return true;
}

bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics, int& value) {
  return read_integer(node, what, bounds, diagnostics, value);
}

bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                std::int64_t& value) {
  return read_integer(node, what, bounds, diagnostics, value);
}

bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                std::uint64_t& value) {
  return read_integer(node, what, bounds, diagnostics, value);
}

bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                double& value) {
  const auto number = node.as_number();
  if (!number) return wrong_type(node, what, "a number", diagnostics);
  if (!std::isfinite(*number)) return wrong_type(node, what, "a finite number", diagnostics);
  if (!within(*number, bounds)) return out_of_range(node, what, bounds, diagnostics);
  value = *number;
  return true;
}

bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                std::string& value) {
  if (!node.is_scalar()) return wrong_type(node, what, bounds.words.empty() ? "text" : "a word", diagnostics);
  if (!bounds.words.empty() && std::find(bounds.words.begin(), bounds.words.end(), node.text()) == bounds.words.end()) {
    diagnostics.error(node.location(),
                      fmt::format("{} is {}{}", what, quote(node.text()), suggestion(node.text(), bounds.words)));
    return false;
  }
  value = node.text();
  return true;
}

bool require_sequence(const Node& node, const std::string& what, Diagnostics& diagnostics) {
  return node.is_sequence() || wrong_type(node, what, "a list", diagnostics);
}

bool require_mapping(const Node& node, const std::string& what, Diagnostics& diagnostics) {
  return node.is_mapping() || wrong_type(node, what, "a mapping of keys to values", diagnostics);
}

namespace detail {

nlohmann::ordered_json number_schema(const char* type, const Bounds& bounds) {
  nlohmann::ordered_json schema = {{"type", type}};
  auto number = [](double bound) -> nlohmann::ordered_json {
    if (std::floor(bound) == bound && std::abs(bound) < 1e15) return static_cast<std::int64_t>(bound);
    return bound;
  };
  if (std::isfinite(bounds.low)) schema[bounds.above_low ? "exclusiveMinimum" : "minimum"] = number(bounds.low);
  if (std::isfinite(bounds.high)) schema["maximum"] = number(bounds.high);
  return schema;
}

nlohmann::ordered_json string_schema(const Bounds& bounds) {
  nlohmann::ordered_json schema = {{"type", "string"}};
  if (!bounds.words.empty()) schema["enum"] = bounds.words;
  return schema;
}

bool check_schema_key(const Node& node, const std::string& schema, Diagnostics& diagnostics) {
  if (node.is_scalar() && node.text() == schema) return true;
  diagnostics.error(node.location(), fmt::format("schema is {}, expected '{}'", node.describe(), schema));
  return false;
}

std::string help_line(const std::string& key, bool required, const nlohmann::ordered_json& schema,
                      const std::string& fallback, const std::string& doc) {
  std::string type;
  if (schema.contains("enum")) {
    for (const auto& word : schema["enum"]) {
      if (word.is_string()) type += (type.empty() ? "" : "|") + word.get<std::string>();
    }
  } else if (schema.contains("type")) {
    type = schema["type"].is_array() ? schema["type"][0].get<std::string>() : schema["type"].get<std::string>();
  }
  std::string extra;
  if (required) {
    extra = " (required)";
  } else if (!fallback.empty() && fallback.size() <= 40) {
    extra = fmt::format(" (default {})", fallback);
  }
  return fmt::format("  {:<20} {:<10} {}{}\n", key, type, doc, extra);
}

void missing_key(const Node& node, const std::string& record, const std::string& key, Diagnostics& diagnostics) {
  diagnostics.error(node.location(), fmt::format("{} needs the key {}, which is missing", record, quote(key)));
}

void unknown_key(const Node::Entry& entry, const std::string& record, const std::vector<std::string>& keys,
                 Diagnostics& diagnostics) {
  diagnostics.error(entry.where,
                    fmt::format("unknown key {} in {}{}", quote(entry.key), record, suggestion(entry.key, keys)));
}

}  // namespace detail

nlohmann::ordered_json schema_document(const std::string& title, const nlohmann::ordered_json& schema) {
  nlohmann::ordered_json document = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  document.update(schema);
  return document;
}

}  // namespace dovetail
