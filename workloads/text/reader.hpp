// Records by table: one table per record type reads it, checks it, writes it, and describes it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// What a value may be: a range for numbers, words for strings. For a list, what each item may be.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;               ///< low itself is excluded
  std::vector<std::string> words = {};  ///< the allowed strings; empty: any
};

inline Bounds at_least(double low) {
  return {.low = low};
}
inline Bounds between(double low, double high) {
  return {.low = low, .high = high};
}
inline Bounds above(double low) {
  return {.low = low, .above_low = true};
}
inline Bounds above_to(double low, double high) {
  return {.low = low, .high = high, .above_low = true};
}
inline Bounds one_of(std::vector<std::string> words) {
  return {.words = std::move(words)};
}

/// Reads one value. `what` names it in messages ("kernel"). On a mistake: a located error, false, value
/// unchanged. Numbers must be finite; a string may be any plain or quoted scalar.
bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics, bool& value);
bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics, int& value);
bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                std::int64_t& value);
bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                std::uint64_t& value);
bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                double& value);
bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                std::string& value);

/// null is none.
template <class V>
bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                std::optional<V>& value) {
  if (node.is_null()) {
    value.reset();
    return true;
  }
  V inner{};
  if (!read_value(node, what, bounds, diagnostics, inner)) return false;
  value = std::move(inner);
  return true;
}

/// Reports that `what` should have been a list, or a mapping.
bool require_sequence(const Node& node, const std::string& what, Diagnostics& diagnostics);
bool require_mapping(const Node& node, const std::string& what, Diagnostics& diagnostics);

template <class V>
bool read_value(const Node& node, const std::string& what, const Bounds& bounds, Diagnostics& diagnostics,
                std::vector<V>& value) {
  if (!require_sequence(node, what, diagnostics)) return false;
  std::vector<V> items;
  bool good = true;
  for (const Node& item : node.items()) {
    V inner{};
    good = read_value(item, "an item of " + what, bounds, diagnostics, inner) && good;
    items.push_back(std::move(inner));
  }
  if (good) value = std::move(items);
  return good;
}

/// JSON Schema (draft 2020-12) of a value type within bounds.
namespace detail {
nlohmann::ordered_json number_schema(const char* type, const Bounds& bounds);
nlohmann::ordered_json string_schema(const Bounds& bounds);
bool check_schema_key(const Node& node, const std::string& schema, Diagnostics& diagnostics);
std::string help_line(const std::string& key, bool required, const nlohmann::ordered_json& schema,
                      const std::string& fallback, const std::string& doc);
void missing_key(const Node& node, const std::string& record, const std::string& key, Diagnostics& diagnostics);
void unknown_key(const Node::Entry& entry, const std::string& record, const std::vector<std::string>& keys,
                 Diagnostics& diagnostics);

template <class V>
struct is_optional : std::false_type {};
template <class V>
struct is_optional<std::optional<V>> : std::true_type {};
template <class V>
struct is_vector : std::false_type {};
template <class V>
struct is_vector<std::vector<V>> : std::true_type {};

template <class V>
nlohmann::ordered_json value_schema(const Bounds& bounds) {
  if constexpr (std::is_same_v<V, bool>) {
    return {{"type", "boolean"}};
  } else if constexpr (std::is_integral_v<V>) {
    return number_schema("integer", bounds);
  } else if constexpr (std::is_floating_point_v<V>) {
    return number_schema("number", bounds);
  } else if constexpr (is_optional<V>::value) {
    auto inner = value_schema<typename V::value_type>(bounds);
    if (inner.contains("enum")) {
      inner["enum"].push_back(nullptr);
    }
    inner["type"] = {inner["type"], "null"};
    return inner;
  } else if constexpr (is_vector<V>::value) {
    return {{"type", "array"}, {"items", value_schema<typename V::value_type>(bounds)}};
  } else {
    return string_schema(bounds);
  }
}

template <class V>
nlohmann::ordered_json value_json(const V& value) {
  if constexpr (is_optional<V>::value) {
    return value ? value_json(*value) : nlohmann::ordered_json(nullptr);
  } else if constexpr (is_vector<V>::value) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& item : value) list.push_back(value_json(item));
    return list;
  } else {
    return value;
  }
}
}  // namespace detail

/// The schema of a field whose form is told elsewhere.
inline nlohmann::ordered_json any_form() {
  return {{"description", "see the guide"}};
}

/// The table of a record type T (default constructible: its defaults are the defaults of optional keys). A
/// place is a pointer to a member, or a callable from T& to the member's reference.
///
///     const Record<Compute> compute_record = Record<Compute>("compute", "The multiply-accumulate units.")
///         .required("instances", &Compute::instances, "total over the chip", at_least(1))
///         .optional("name", &Compute::name, "how reports call it")
///         .optional("energy_per_op", &Compute::energy_per_op_pj, "pJ per multiply-accumulate", at_least(0));
///     Compute compute = compute_record.read(node, diagnostics);  // all mistakes at once
///     compute_record.write(compute);                             // ordered_json that reads back equal
///     compute_record.schema();                                   // JSON Schema
template <class T>
class Record {
 public:
  using Json = nlohmann::ordered_json;

  Record(std::string name, std::string doc) : name_(std::move(name)), doc_(std::move(doc)) {}

  /// A key that must be there.
  template <class Place>
  Record required(std::string key, Place place, std::string doc, Bounds bounds = {}) && {
    return std::move(*this).value(std::move(key), place, std::move(doc), std::move(bounds), true);
  }
  /// A key that may be left out: the member keeps T's default.
  template <class Place>
  Record optional(std::string key, Place place, std::string doc, Bounds bounds = {}) && {
    return std::move(*this).value(std::move(key), place, std::move(doc), std::move(bounds), false);
  }
  /// A word for each value of an enumeration (or of any comparable type).
  template <class Place, class V>
  Record choice(std::string key, Place place, std::string doc, std::vector<std::pair<std::string, V>> choices,
                bool is_required = false) && {
    std::vector<std::string> words;
    words.reserve(choices.size());
    for (const auto& entry : choices) words.push_back(entry.first);
    Field field{key, std::move(doc), is_required};
    field.schema = detail::string_schema(one_of(words));
    field.read = [key, place, choices, bounds = one_of(words)](const Node& node, T& object, Diagnostics& diagnostics) {
      std::string word;
      if (!read_value(node, key, bounds, diagnostics, word)) return;
      for (const auto& entry : choices) {
        if (entry.first == word) std::invoke(place, object) = entry.second;
      }
    };
    field.write = [place, choices](const T& object) -> Json {
      const auto& current = std::invoke(place, const_cast<T&>(object));
      for (const auto& entry : choices) {
        if (entry.second == current) return entry.first;
      }
      return nullptr;
    };
    fields_.push_back(std::move(field));
    return std::move(*this);
  }
  /// A nested record.
  template <class Place, class U>
  Record record(std::string key, Place place, const Record<U>& inner, bool is_required = false) && {
    Field field{std::move(key), inner.doc(), is_required};
    field.schema = inner.schema();
    field.read = [place, inner](const Node& node, T& object, Diagnostics& diagnostics) {
      inner.read_into(node, std::invoke(place, object), diagnostics);
    };
    field.write = [place, inner](const T& object) -> Json {
      return inner.write(std::invoke(place, const_cast<T&>(object)));
    };
    fields_.push_back(std::move(field));
    return std::move(*this);
  }
  /// A list of records; the place is a std::vector<U>.
  template <class Place, class U>
  Record list(std::string key, Place place, const Record<U>& inner, std::string doc, bool is_required = false) && {
    Field field{key, std::move(doc), is_required};
    field.schema = {{"type", "array"}, {"items", inner.schema()}};
    field.read = [key, place, inner](const Node& node, T& object, Diagnostics& diagnostics) {
      if (!require_sequence(node, key, diagnostics)) return;
      auto& items = std::invoke(place, object);
      items.clear();
      for (const Node& item : node.items()) items.push_back(inner.read(item, diagnostics));
    };
    field.write = [place, inner](const T& object) -> Json {
      auto items = Json::array();
      for (const auto& item : std::invoke(place, const_cast<T&>(object))) items.push_back(inner.write(item));
      return items;
    };
    fields_.push_back(std::move(field));
    return std::move(*this);
  }
  /// A key with a reading of its own. `write` may be empty: the key is then left out when writing.
  Record custom(std::string key, bool is_required, std::string doc, const Json& schema,
                std::function<void(const Node&, T&, Diagnostics&)> read, std::function<Json(const T&)> write = {}) && {
    Field field{std::move(key), std::move(doc), is_required};
    field.schema = schema;
    field.read = std::move(read);
    field.write = std::move(write);
    fields_.push_back(std::move(field));
    return std::move(*this);
  }
  /// The record is a whole document with the key `schema: dovetail-<kind>/1` (may be left out, must be
  /// right).
  Record document(std::string schema) && {
    schema_key_ = std::move(schema);
    return std::move(*this);
  }
  /// Keys outside the table are annotations, not mistakes.
  Record ignoring_unknown_keys() && {
    ignores_unknown_ = true;
    return std::move(*this);
  }
  /// A rule over the whole record, asked after all keys were read: it reports to the diagnostics.
  Record checked(std::function<void(const Node&, T&, Diagnostics&)> rule) && {
    rules_.push_back(std::move(rule));
    return std::move(*this);
  }

  /// The record in this mapping; every mistake is a located error in `diagnostics`.
  T read(const Node& node, Diagnostics& diagnostics) const {
    T object{};
    read_into(node, object, diagnostics);
    return object;
  }
  void read_into(const Node& node, T& object, Diagnostics& diagnostics) const {
    if (!require_mapping(node, name_, diagnostics)) return;
    const std::size_t before = diagnostics.errors();
    for (const Node::Entry& entry : node.entries()) {
      if (!schema_key_.empty() && entry.key == "schema") {
        detail::check_schema_key(entry.value, schema_key_, diagnostics);
        continue;
      }
      bool known = false;
      for (const Field& field : fields_) {
        if (field.key != entry.key) continue;
        field.read(entry.value, object, diagnostics);
        known = true;
      }
      if (!known && !ignores_unknown_) detail::unknown_key(entry, name_, keys(), diagnostics);
    }
    for (const Field& field : fields_) {
      if (field.is_required && node.find(field.key) == nullptr)
        detail::missing_key(node, name_, field.key, diagnostics);
    }
    if (diagnostics.errors() > before) return;
    for (const auto& rule : rules_) rule(node, object, diagnostics);
  }

  /// The record as JSON in the table's order; `sparse` leaves out optional keys that have their default.
  Json write(const T& object, bool sparse = false) const {
    const T defaults{};
    Json out = Json::object();
    if (!schema_key_.empty()) out["schema"] = schema_key_;
    for (const Field& field : fields_) {
      if (!field.write) continue;
      Json value = field.write(object);
      if (sparse && !field.is_required && value == field.write(defaults)) continue;
      out[field.key] = std::move(value);
    }
    return out;
  }

  /// JSON Schema of the record: editors complete and check with it.
  Json schema() const {
    Json properties = Json::object();
    auto needed = Json::array();
    if (!schema_key_.empty()) properties["schema"] = {{"const", schema_key_}};
    const T defaults{};
    for (const Field& field : fields_) {
      Json property = field.schema;
      property["description"] = field.doc;
      if (field.is_required) {
        needed.push_back(field.key);
      } else if (field.write && !field.schema.contains("properties")) {
        property["default"] = field.write(defaults);
      }
      properties[field.key] = std::move(property);
    }
    Json out = {{"type", "object"}, {"description", doc_}, {"properties", properties}};
    if (!needed.empty()) out["required"] = needed;
    out["additionalProperties"] = ignores_unknown_;
    return out;
  }

  /// One line per key: its type, bounds, default and meaning.
  std::string help() const {
    std::string text = name_ + ": " + doc_ + "\n";
    const T defaults{};
    for (const Field& field : fields_) {
      const std::string fallback = field.is_required || !field.write ? "" : field.write(defaults).dump();
      text += detail::help_line(field.key, field.is_required, field.schema, fallback, field.doc);
    }
    return text;
  }

  const std::string& name() const { return name_; }
  const std::string& doc() const { return doc_; }
  std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    for (const Field& field : fields_) keys.push_back(field.key);
    return keys;
  }

 private:
  struct Field {
    std::string key, doc;
    bool is_required = false;
    Json schema = {};
    std::function<void(const Node&, T&, Diagnostics&)> read = {};
    std::function<Json(const T&)> write = {};
  };

  template <class Place>
  Record value(std::string key, Place place, std::string doc, Bounds bounds, bool is_required) && {
    using V = std::remove_cvref_t<decltype(std::invoke(place, std::declval<T&>()))>;
    Field field{key, std::move(doc), is_required};
    field.schema = detail::value_schema<V>(bounds);
    field.read = [key, place, bounds](const Node& node, T& object, Diagnostics& diagnostics) {
      read_value(node, key, bounds, diagnostics, std::invoke(place, object));
    };
    field.write = [place](const T& object) -> Json {
      return detail::value_json<V>(std::invoke(place, const_cast<T&>(object)));
    };
    fields_.push_back(std::move(field));
    return std::move(*this);
  }

  std::string name_, doc_, schema_key_;
  std::vector<Field> fields_;
  std::vector<std::function<void(const Node&, T&, Diagnostics&)>> rules_;
  bool ignores_unknown_ = false;
};

/// A schema as a document of its own: with $schema, $id and title.
nlohmann::ordered_json schema_document(const std::string& title, const nlohmann::ordered_json& schema);

}  // namespace dovetail
