// Design documents: the reference schema, our short forms, round trips, and every kind of mistake.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/workloads/layer.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

namespace {

const char* const short_design = R"(schema: dovetail-design/1
id: small
layer: {name: conv, conv: 8x8x8 -> 16, kernel: 3, pad: 1}
architecture:
  name: toy
  compute: {mesh_x: 4, mesh_y: 2, energy_per_op: 1}
  levels:
  - {name: Spad, mesh_x: 4, mesh_y: 2, capacity_words: 64, energy: 0.5, read_bandwidth: 2}
  - {name: Buffer, capacity_words: 4096, block_size: 4, energy: {read: 6, fill: 6, update: 6.5, leak_per_cycle: 0.25}}
  - {name: DRAM, is_dram: true, energy: 200}
mapping:
  levels:
  - {level: Spad, temporal: R3 S3, keep: [Weights, Outputs]}
  - {level: Buffer, spatial_x: [[K, 4]], spatial_y: [C2], temporal: "P=8, Q:8 N1"}
  - {level: DRAM, temporal: "K4 C4"}
options: {link_transfers: true}
)";

std::string mistakes(const std::string& text) {
  try {
    read_design(parse_yaml(text, "d"));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a design in short form") {
  const Design design = read_design(parse_yaml(short_design, "d"));
  CHECK(design.id == "small");
  CHECK(macs(design.layer) == 8 * 16 * 64 * 9);
  const Architecture& machine = design.architecture;
  CHECK(machine.link_transfers);
  CHECK(machine.compute.instances == 8);
  CHECK(machine.levels[0].energy.update_pj == 0.5);
  CHECK(machine.levels[1].energy.leak_pj_per_cycle == 0.25);
  CHECK_FALSE(machine.levels[2].capacity_words);
  const Mapping& mapping = design.mapping.value();
  CHECK(mapping.levels[0].keep == 0b101U);
  CHECK(mapping.levels[1].keep == 0b111U);
  CHECK(mapping.levels[0].temporal.size() == 2);
  CHECK(mapping.levels[1].temporal.size() == 2);  // N1 is left out
  CHECK(mapping.levels[1].spatial_y == std::vector<Loop>{{find_dimension(design.layer, "C"), 2}});
}

TEST_CASE("a design reads back equal from JSON and YAML") {
  const Design design = read_design(parse_yaml(short_design, "d"));
  const auto json = to_json(design);
  CHECK(read_design(parse_json(json.dump(), "d")) == design);
  CHECK(read_design(parse_json(json.dump(1), "d")) == design);
  CHECK(read_design(parse_yaml(to_yaml(json), "d")) == design);
  CHECK(to_json(read_design(from_json(json, "d"))) == json);
}

TEST_CASE("the reference cases read, and read back equal") {
  const std::filesystem::path folder = dovetail::testing::reference_path("timeloop/cases");
  if (!std::filesystem::exists(folder)) {
    dovetail::testing::skip("the reference cases are not here");
    return;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CAPTURE(entry.path().string());
    const Design design = load_design(entry.path().string());
    const auto original = nlohmann::ordered_json::parse(read_text(entry.path()));
    const auto json = to_json(design);
    CHECK(read_design(parse_json(json.dump(), "d")) == design);
    CHECK(read_design(parse_yaml(to_yaml(json), "d")) == design);
    // Nothing of the file is lost or changed: compare without regard to 2 against 2.0 and to the order of keys.
    const nlohmann::json ours = nlohmann::json::parse(json.dump());
    const nlohmann::json theirs = nlohmann::json::parse(original.dump());
    for (const char* key : {"problem", "arch", "mapping", "options"}) {
      if (!theirs.contains(key)) continue;
      const nlohmann::json flat = theirs[key].flatten();
      for (const auto& item : flat.items()) {
        const std::string& pointer = item.key();
        const nlohmann::json& value = item.value();
        CAPTURE(pointer);
        const nlohmann::json::json_pointer at(pointer);
        if (value.is_null() && ours[key].contains(at) && ours[key][at].empty()) continue;  // flatten() loses []
        if (pointer.find("_latency") != std::string::npos && value == 0) continue;         // left out when 0
        REQUIRE(ours[key].contains(at));
        CHECK(ours[key][at] == value);
      }
    }
    for (std::size_t d = 0; d < design.layer.dimensions.size(); ++d) {
      CHECK(std::next(original["problem"]["dims"].begin(), static_cast<std::ptrdiff_t>(d)).key() ==
            design.layer.dimensions[d].name);
    }
  }
}

TEST_CASE("annotations at the top of a reference case are ignored, unknown keys inside are not") {
  auto json = to_json(read_design(parse_yaml(short_design, "d")));
  json["expected"] = {{"cycles", 1}};
  json["whatever"] = 3;
  CHECK(mistakes(json.dump()).empty());
  json["arch"]["levels"][0]["capacity"] = 3;
  json["mapping"]["levels"][1]["tempural"] = 3;
  json["options"]["links"] = true;
  json["problem"]["dimensions"] = 3;
  const std::string all = mistakes(json.dump());
  CHECK(contains(all, "unknown key 'capacity' in level"));
  CHECK(contains(all, "unknown key 'links' in options, allowed is 'link_transfers'"));
  CHECK(contains(all, "unknown key 'dimensions' in problem"));
  json["problem"].erase("dimensions");
  json["arch"]["levels"][0].erase("capacity");
  CHECK(contains(mistakes(json.dump()), "unknown key 'tempural' in mapping level; did you mean 'temporal'?"));
}

TEST_CASE("structural mistakes of mappings are located") {
  const std::string text = short_design;
  CHECK(contains(mistakes(replaced(text, "level: Buffer,", "level: DRAM,")),
                 "d:14:13: level 2 is 'DRAM', expected 'Buffer': levels stand innermost first"));
  CHECK(contains(mistakes(replaced(text, "level: Buffer,", "level: Bufer,")),
                 "unknown level 'Bufer', expected 'Buffer'"));
  CHECK(contains(mistakes(replaced(text, "[[K, 4]]", "[[X, 4]]")), "d:14:34: unknown dimension 'X'"));
  CHECK(contains(mistakes(replaced(text, "[[K, 4]]", "[[K, 0]]")), "the factor of K is 0, allowed is 1 to 2147483647"));
  CHECK(contains(mistakes(replaced(text, "[[K, 4]]", "[[K, 2], [K, 2]]")), "dimension 'K' occurs twice in spatial_x"));
  CHECK(contains(mistakes(replaced(text, "[[K, 4]]", "[[K]]")), "a loop of spatial_x must be [dimension, factor]"));
  CHECK(contains(mistakes(replaced(text, "R3 S3", "R3 T3")), "'T3' is not a loop of temporal"));
  CHECK(contains(mistakes(replaced(text, "Weights, O", "Weight, O")),
                 "unknown tensor 'Weight'; did you mean 'Weights'?"));
  CHECK(contains(mistakes(replaced(text, "Weights, O", "Outputs, O")), "tensor 'Outputs' is kept twice"));
  CHECK(contains(mistakes(replaced(text, "  - {level: DRAM, temporal: \"K4 C4\"}\n", "")),
                 "the mapping has 2 levels, the architecture has 3"));
  CHECK(mistakes(replaced(text, "K4 C4", "K4 C3")).empty());  // wrong products are the evaluator's to report
}

TEST_CASE("mistakes of machines are located, all in one run") {
  std::string text = short_design;
  text = replaced(text, "mesh_x: 4, mesh_y: 2, energy", "instances: 9, mesh_x: 4, mesh_y: 2, energy");
  text = replaced(text, "capacity_words: 64", "capacity_words: -1");
  text = replaced(text, "block_size: 4", "block_size: 0");
  text = replaced(text, "name: DRAM, is_dram: true", "is_dram: 1");
  text = replaced(text, "kernel: 3", "kernel: 0");
  CHECK(mistakes(text) ==
        "d:3:48: kernel is 0, allowed is 1 to 65535\n"
        "d:6:24: instances is 9, but mesh_x x mesh_y is 4 x 2 = 8\n"
        "d:8:56: capacity_words is -1, allowed is 0 to 1000000000000000\n"
        "d:9:54: block_size is 0, allowed is 1 to 2147483647\n"
        "d:10:5: level needs the key 'name', which is missing\n"
        "d:10:15: is_dram must be true or false, found the number 1");
  CHECK(contains(mistakes(replaced(short_design, "{name: Buffer, ", "{name: Buffer, mesh_x: 3, ")),
                 "d:9:5: mesh_x 3 of 'Buffer' does not divide mesh_x 4 of 'Spad' inside it"));
  CHECK(contains(mistakes(replaced(short_design, "name: Buffer", "name: Spad")), "level 'Spad' is named twice"));
}

TEST_CASE("tensors may have any names") {
  const Design design = read_design(parse_yaml(R"(
problem:
  name: scores
  dims: {i: 4, j: 4, k1: 2, k: 3}
  tensors:
    Q: {axes: [i, k1, k]}
    Key: {axes: [j, [[k1, 1]], "k"], word_bits: 8, density: 0.5}
    S: {axes: [i, j], write: true}
arch: {compute: {}, levels: [{name: M}]}
mapping: {levels: [{level: M, keep: [Q, S], temporal: "i4 j4 k1=2 k:3"}]}
)",
                                               "d"));
  CHECK(design.layer.tensors[1].name == "Key");
  CHECK(design.layer.tensors[1].word_bits == 8);
  CHECK(design.mapping->levels[0].keep == 0b101U);
  CHECK(design.mapping->levels[0].temporal.size() == 4);
  CHECK(read_design(from_json(to_json(design), "d")) == design);
}

TEST_CASE("latencies of networks are read") {
  std::string text = short_design;
  text = replaced(text, "{name: Buffer, ", "{name: Buffer, network_fill_latency: 12, network_drain_latency: 5, ");
  const Design design = read_design(parse_yaml(text, "d"));
  CHECK(design.architecture.levels[1].network.fill_latency_cycles == 12);
  CHECK(design.architecture.levels[1].network.drain_latency_cycles == 5);
  CHECK(read_design(from_json(to_json(design), "d")) == design);
}
