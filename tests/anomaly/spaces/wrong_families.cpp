// Mistakes in family descriptors: every one is named at its place, all of a file in one run.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

using namespace dovetail;

namespace {

// A small legal family; each test replaces a part of it.
const std::string good = R"(schema: dovetail-family/1
name: small
about: two levels
source: none
settings:
  pes: {value: 16, values: [16, 64]}
technology: {node_nm: 45, clock_mhz: 500}
parameters:
  pe_x: {integer: [1, pes]}
  words: {values: [16, 32, 64]}
  flow: {choices: [free, fixed]}
let:
  pe_y: pes / pe_x
constraints:
  - pes % pe_x == 0
architecture:
  compute: {mesh: [pe_x, pe_y], word_bits: 16, mac: int16}
  levels:
    - {name: Spad, memory: register_file, mesh: [pe_x, pe_y], words: words, word_bits: 16}
    - {name: DRAM, memory: lpddr4, mesh: [1, 1], word_bits: 16}
rules:
  any:
    - {level: Spad, keep: [Weights, Outputs]}
  conv:
    - {level: Spad, when: flow == 'fixed', temporal: [K, C]}
default: {pe_x: 4, words: 32, flow: free}
default_source: none
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = good;
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

std::vector<std::string> mistakes(const std::string& text, const std::map<std::string, double>& settings = {}) {
  try {
    read_family(text, "small.yaml", settings);
  } catch (const InputError& error) {
    std::vector<std::string> messages;
    for (const Diagnostic& diagnostic : error.diagnostics()) messages.push_back(to_string(diagnostic));
    return messages;
  }
  return {};
}

void expect(const std::string& text, const std::vector<std::string>& parts) {
  const auto messages = mistakes(text);
  std::string all;
  for (const std::string& message : messages) all += message + "\n";
  INFO(all);
  CHECK_FALSE(messages.empty());
  for (const std::string& part : parts) {
    INFO(part);
    CHECK(all.find(part) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("the family that the mistakes start from is good") {
  CHECK(mistakes(good).empty());
  CHECK(mistakes(good, {{"hw.pes", 64}}).empty());
  const Family family = read_family(good, "small.yaml");
  CHECK(family.instantiate(family.default_point()).compute.mesh_y == 4);
}

TEST_CASE("keys, types and words") {
  expect(with("about:", "abuot:"), {"small.yaml:3:1", "abuot", "about"});
  expect(with("memory: lpddr4", "memory: lpddr9"), {"small.yaml:20", "lpddr9", "lpddr4"});
  expect(with("integer: [1, pes]", "integer: [1, 2, 3]"), {"small.yaml:9", "3 items"});
  expect(with("{integer: [1, pes]}", "{integer: [1, pes], choices: [a, b]}"), {"one of"});
  expect(with("values: [16, 32, 64]}", "values: [16, 64, 32]}"), {"ascend", "32 follows 64"});
  expect(with("mac: int16", "mac: int99"), {"int99", "int1 to int64"});
  expect(with("node_nm: 45", "node_nm: 1"), {"node_nm", "3"});
  expect(with("mesh: [1, 1], word_bits: 16}", "mesh: [1], word_bits: 16}"), {"mesh has 1 items"});
  expect(with("memory: register_file, ", ""), {"level Spad has no energies"});
  expect(with("words: words, ", ""), {"needs words"});
  expect(with("schema: dovetail-family/1", "schema: dovetail-study/1"), {"dovetail-family/1"});
  expect("42", {"small.yaml:1:1"});
  expect("", {"small.yaml"});
}

TEST_CASE("names and expressions") {
  expect(with("pe_y: pes / pe_x", "pe_y: pes / pe_z"), {"small.yaml:13", "pe_z", "pe_x"});
  expect(with("words: words,", "words: words +,"), {"small.yaml:19"});
  expect(with("pes % pe_x == 0", "pes % pe_x"), {"small.yaml:15", "is a number"});
  expect(with("flow == 'fixed'", "flow == 'fixd'"), {"fixd"});
  expect(with("  pe_y: pes / pe_x", "  pe_x: pes / 2"), {"already used"});
  expect(with("  words: {values", "  1words: {values"), {"is not a name"});
  expect(with("[1, pes]}", "[1, words]}"), {"small.yaml:9", "words"});
}

TEST_CASE("levels, dimensions and tensors in rules") {
  expect(with("{level: Spad, keep", "{level: Spade, keep"), {"Spade", "Spad"});
  expect(with("temporal: [K, C]", "temporal: [K, M]"), {"'M'"});
  expect(with("keep: [Weights, Outputs]", "keep: [Weight]"), {"Weights"});
  expect(with("temporal: [K, C]", "at_least: {temporal: {Z: 1}}"), {"'Z'"});
  expect(with("temporal: [K, C]", "at_least: {temporel: {K: 1}}"), {"temporal"});
  expect(with("keep: [Weights, Outputs]", "keep: [Weights], temporal: [K]"), {"temporal"});
}

TEST_CASE("the default point and illegal machines") {
  expect(with("pe_x: 4,", "pe_x: 5,"), {"not a point of the space", "pes % pe_x == 0"});
  expect(with("pe_x: 4,", "pe_x: 99,"), {"not a point of the space"});
  expect(with("words: 32,", "words: 33,"), {"33", "16, 32, 64"});
  expect(with("flow: free}", "flow: fre}"), {"free"});
  expect(with("pe_x: 4,", ""), {"does not give pe_x"});
  expect(with("default: {", "default: {extra: 1, "), {"extra"});
  expect(with("words: words,", "words: words / 3,"), {"whole numbers"});
  expect(with("mesh: [1, 1], word_bits", "mesh: [3, 1], word_bits"), {"mesh_x 3 does not divide"});
}

TEST_CASE("technology entries") {
  const std::string from = "clock_mhz: 500}";
  expect(with(from, "clock_mhz: 500, entries: {sram.energy: {value: 1, source: me}}}"),
         {"sram.energy", "sram.energy_pj_per_bit"});
  expect(with(from, "clock_mhz: 500, entries: {sram.fixed_share: {value: 0.2}}}"), {"source"});
  expect(with(from, "clock_mhz: 500, entries: {sram.fixed_share: {source: me}}}"), {"value, table"});
  expect(with(from, "clock_mhz: 500, entries: {sram.energy_pj_per_bit: {table: [[2, 1], [1, 1]], source: me}}}"),
         {"ascend"});
  expect(with(from, "clock_mhz: 500, entries: {sram.energy_pj_per_bit: {table: [[2, a]], source: me}}}"), {"[x, y]"});
}

TEST_CASE("numbers beyond their type or range are refused at their place") {
  const auto level = [](const std::string& more) { return "words: words, word_bits: 16" + more + "}"; };
  const std::string from = "words: words, word_bits: 16}";
  expect(with("pe_y], word_bits: 16, mac", "pe_y], word_bits: 4294967312, mac"), {"small.yaml:17:", "1 to 1024"});
  expect(with(from, "words: words, word_bits: 4294967300}"), {"small.yaml:19:", "1 to 1024"});
  expect(with(from, "words: 1e300, word_bits: 16}"), {"small.yaml:19:", "1e+300"});
  expect(with(from, level(", block: 4294967297")), {"small.yaml:19:", "2147483647"});
  expect(with(from, level(", cluster: 1e18")), {"small.yaml:19:"});
  expect(with(from, level(", min_utilization: 1.5")), {"small.yaml:19:", "0 to 1"});
  expect(with(from, level(", multiple_buffering: 0.25")), {"small.yaml:19:", "1 to 1024"});
  expect(with("mesh: [1, 1], word_bits", "mesh: [1e10, 1e10], word_bits"), {"small.yaml:20:", "2147483647"});
  expect(with("mesh: [1, 1], word_bits", "mesh: [0, 1], word_bits"), {"small.yaml:20:"});
  expect(with("integer: [1, pes]", "integer: [-9007199254740995, pes]"), {"small.yaml:9:", "-1000000000000"});
  expect(with("integer: [1, pes]", "integer: [1, 1e13]"), {"small.yaml:9:"});
  expect(with("integer: [1, pes]}", "integer: [0, pes], log: true}"), {"small.yaml:9:", "log"});
  expect(with("integer: [1, pes]}", "integer: [1, pes], step: 1e300}"), {"small.yaml:9:", "step"});
  expect(with("clock_mhz: 500}", "clock_mhz: 500, voltage: 0.2}"), {"small.yaml:7:", "voltage", "0.3"});
  expect(with("clock_mhz: 500}", "clock_mhz: 500, voltage: 1e300}"), {"small.yaml:7:", "voltage"});
  expect(with("clock_mhz: 500}", "clock_mhz: 1e300}"), {"small.yaml:7:", "clock_mhz"});
  CHECK(mistakes(with("clock_mhz: 500}", "clock_mhz: 500, voltage: 0}")).empty());
}

TEST_CASE("a range may be written as in a space") {
  CHECK(mistakes(with("pe_x: {integer: [1, pes]}", "pe_x: {low: 1, high: pes}")).empty());
  const Family one = read_family(good, "small.yaml");
  const Family other =
      read_family(with("pe_x: {integer: [1, pes]}", "pe_x: {low: 1, high: pes, step: 1}"), "small.yaml");
  CHECK(one.space().count().points == other.space().count().points);
  expect(with("pe_x: {integer: [1, pes]}", "pe_x: {low: 1}"), {"small.yaml:9:", "high is missing"});
  expect(with("pe_x: {integer: [1, pes]}", "pe_x: {low: 1, high: 4, integer: [1, 4]}"), {"one of"});
}

TEST_CASE("settings of the user") {
  const auto messages = mistakes(good, {{"pse", 16}, {"pes", 17}});
  REQUIRE(messages.size() == 2);
  const std::string all = messages[0] + messages[1];
  CHECK(all.find("pes is 17, allowed are 16, 64") != std::string::npos);
  CHECK(all.find("did you mean 'pes'") != std::string::npos);
  CHECK_THROWS_AS(load_family("eyeris"), InputError);
  CHECK_THROWS_AS(load_family("no/such/file.yaml"), InputError);
}

TEST_CASE("several mistakes are all told in one run") {
  std::string text = good;
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"pe_y: pes / pe_x", "pe_y: pes / pe_q"},
                                                        {"words: words,", "words: wrods,"},
                                                        {"temporal: [K, C]", "temporal: [K, C], level: Nowhere"}}) {
    text.replace(text.find(from), from.size(), to);
  }
  CHECK(mistakes(text).size() >= 1);
  text = with("words: words,", "words: wrods,");
  text.replace(text.find("pes % pe_x == 0"), 15, "pse % pe_x == 0");
  CHECK(mistakes(text).size() == 2);
}
