// Every JSON Schema that we print accepts every document that we ship, and refuses misspelt keys.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/spaces/family/family_document.hpp>
#include <dovetail/spaces/space/space_document.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/embedded.hpp>

using namespace dovetail;
using Json = nlohmann::ordered_json;

namespace {

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "integer")
    return value.is_number_integer() || (value.is_number_float() && value == std::floor(value.get<double>()));
  return type == "number" && value.is_number();
}

// The keywords of JSON Schema that ours use; the place of the first disagreement, or nothing.
std::string disagreement(const Json& schema, const Json& value, const std::string& place) {
  if (schema.contains("type")) {
    const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    bool good = false;
    for (const Json& type : types) good = good || has_type(value, type);
    if (!good) return place + ": type";
  }
  if (schema.contains("const") && value != schema["const"]) return place + ": const";
  if (schema.contains("enum") && std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    return place + ": enum";
  if (value.is_number()) {
    if (schema.contains("minimum") && value < schema["minimum"]) return place + ": minimum";
    if (schema.contains("maximum") && value > schema["maximum"]) return place + ": maximum";
    if (schema.contains("exclusiveMinimum") && value <= schema["exclusiveMinimum"]) return place + ": exclusiveMinimum";
  }
  for (const char* keyword : {"anyOf", "oneOf"}) {
    if (!schema.contains(keyword)) continue;
    std::string first;
    bool good = false;
    for (const Json& form : schema[keyword]) {
      const std::string wrong = disagreement(form, value, place);
      good = good || wrong.empty();
      if (first.empty()) first = wrong;
    }
    if (!good) return first;
  }
  if (value.is_object()) {
    for (const Json& key : schema.value("required", Json::array())) {
      if (!value.contains(key.get<std::string>())) return place + ": lacks " + key.get<std::string>();
    }
    for (const auto& [key, child] : value.items()) {
      const std::string there = fmt::format("{}/{}", place, key);
      const Json none = Json::object();
      const Json& properties = schema.contains("properties") ? schema["properties"] : none;
      const Json& others = schema.contains("additionalProperties") ? schema["additionalProperties"] : none;
      if (!properties.contains(key) && others == false) return fmt::format("{}: knows no {}", place, key);
      const Json& own = properties.contains(key) ? properties[key] : others.is_object() ? others : none;
      if (std::string wrong = disagreement(own, child, there); !wrong.empty()) return wrong;
    }
  }
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (std::string wrong = disagreement(schema["items"], value[i], place + "/" + std::to_string(i)); !wrong.empty())
        return wrong;
    }
  }
  return {};
}

void check_files(const Json& schema, std::span<const embedded::File> files) {
  CHECK_FALSE(files.empty());
  for (const embedded::File& file : files) {
    Json document = to_json(parse_yaml(file.text, std::string(file.name)));
    CHECK(disagreement(schema, document, std::string(file.name)) == "");
    document["misspelt"] = 1;
    CHECK(disagreement(schema, document, "") == ": knows no misspelt");
  }
}

bool nested_dialect(const Json& schema, bool root) {
  if (!schema.is_structured()) return false;
  if (!root && schema.is_object() && schema.contains("$schema")) return true;
  for (const Json& child : schema) {
    if (nested_dialect(child, false)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("schemas accept what we ship") {
  check_files(workload_schema(), embedded::zoo());
  check_files(family_schema(), embedded::families());
  check_files(machine_schema(), embedded::machines());
}

TEST_CASE("schemas accept what we write") {
  const Design design = read_design(parse_yaml(R"(schema: dovetail-design/1
layer: {name: conv, conv: 8x8x8 -> 16, kernel: [3, 3], pad: same}
architecture: {compute: {mesh_x: 4}, levels: [{name: Buffer, capacity_words: 4096, energy: 1}, {name: DRAM}]}
mapping: {levels: [{level: Buffer, temporal: R3 S3, spatial_x: [[K, 4]]}, {level: DRAM, keep: all, temporal: "K4 C8 P8 Q8"}]}
)",
                                               "d"));
  Json document = to_json(design);
  document["schema"] = "dovetail-design/1";
  CHECK(disagreement(design_schema(), document, "design") == "");
  CHECK(disagreement(architecture_schema(), document["arch"], "arch") == "");
  CHECK(disagreement(mapping_schema(), document["mapping"], "mapping") == "");
  const Json space = to_json(parse_yaml(R"(
parameters:
- {name: pe_x, kind: integer, low: 1, high: 168}
- {name: lr, kind: real, low: 1e-4, high: 1, log: true}
- {name: tile, kind: ordinal, values: [1, 2, 4, 8]}
- {name: flow, kind: categorical, values: [ws, os]}
- {name: C, kind: factorization, product: 64, slots: [spad, pe, dram]}
constraints: ["168 % pe_x == 0"]
)",
                                        "s"));
  CHECK(disagreement(space_schema(), space, "space") == "");
}

TEST_CASE("schemas are documents with a title and one dialect") {
  for (const Json& schema : {architecture_schema(), design_schema(), family_schema(), machine_schema(),
                             mapping_schema(), space_schema(), workload_schema()}) {
    CAPTURE(schema["title"]);
    CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
    CHECK(schema["title"].get<std::string>().starts_with("dovetail-"));
    CHECK_FALSE(nested_dialect(schema, true));
  }
}
