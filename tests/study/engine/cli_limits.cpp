// Limits on a design, as a user sees them: both of two hold, lines of the report, hand designs that break them,
// relaxations.
#include <doctest/doctest.h>

#include <regex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const char* const family = R"(
schema: dovetail-family/1
name: tiny
about: "tiny"
source: "test"
technology: {node_nm: 45, voltage: 1.0, clock_mhz: 500}
parameters:
  n: {values: [1, 2, 4], meaning: "array side"}
  kb: {values: [1, 2], meaning: "buffer"}
constraints: ["n * kb <= 4"]
architecture:
  compute: {name: MAC, mesh: [n, n], word_bits: 8, mac: int8, accumulator: int32}
  levels:
    - {name: Reg, memory: register_file, mesh: [n, n], words: 4, word_bits: 8}
    - {name: Buf, memory: sram, mesh: [1, 1], words: kb * 1024, word_bits: 8, block: 4, read_bandwidth: 2 * n, write_bandwidth: n}
    - {name: DRAM, memory: lpddr4, mesh: [1, 1], word_bits: 8, block: 8, read_bandwidth: 4, write_bandwidth: 4}
rules:
  any:
    - {level: Reg, keep: [Inputs, Weights, Outputs]}
    - {level: Buf, keep: [Inputs, Weights, Outputs]}
    - {level: DRAM, keep: [Inputs, Weights, Outputs]}
default: {n: 2, kb: 2}
default_source: "test"
)";

const char* const network = R"(
schema: dovetail-workload/1
name: net
source: test
layers:
- a: {conv: 2x6x6 -> 4, kernel: 3, pad: 1, repeat: 3}
- b: {matmul: 1x64 * 64x8}
)";

struct Case {
  Folder folder;
  Case() {
    folder.write("tiny.yaml", family);
    folder.write("net.yaml", network);
  }
  Outcome optimize(std::vector<std::string> more, const std::string& format = "json") const {
    std::vector<std::string> words = {"optimize",   "--workload", "net.yaml", "--family", "tiny.yaml", "--designer",
                                      "exhaustive", "--trials",   "20",       "--format", format};
    words.insert(words.end(), more.begin(), more.end());
    return run(folder, words);
  }
  // The best of one machine as a sweep row tells it, under limits or none.
  Json machine(const std::string& n, const std::string& kb, std::vector<std::string> limits = {}) const {
    std::vector<std::string> words = {"--set", "fixed.hw.n=" + n, "--set", "fixed.hw.kb=" + kb};
    for (const std::string& limit : limits) words.insert(words.end(), {"--spec", limit});
    const Outcome outcome = optimize(words);
    return outcome.code == 0 ? Json::parse(outcome.out)["best"] : Json(nullptr);
  }
};

std::string text(double value) {
  return Json(value).dump();
}

}  // namespace

TEST_CASE("a limit is judged on the best that a machine can do, on any metric") {
  const Case tiny;
  const Json best = tiny.machine("1", "1");
  REQUIRE(best.is_object());
  // What the best has itself is within a limit of just that.
  for (const char* metric : {"energy_pj", "cycles", "edp", "latency_ms", "power_mw", "area_um2"}) {
    CAPTURE(metric);
    const Json kept = tiny.machine("1", "1", {std::string(metric) + "<=" + text(best[metric].get<double>())});
    REQUIRE(kept.is_object());
    CHECK(kept["objective"] == best["objective"]);
  }
  // Less energy than the best has costs cycles, as long as there is a mapping with less.
  const double energy = best["energy_pj"].get<double>();
  const Json other = tiny.machine("1", "1", {"energy_pj<=" + text(energy * (1.0 - 1e-9))});
  if (other.is_object()) {
    CHECK(other["energy_pj"].get<double>() < energy);
    CHECK(other["objective"].get<double>() >= best["objective"].get<double>());
    CHECK(other["bound_by"] == Json{"energy_pj"});
  }
}

TEST_CASE("two limits on one metric both hold, however they are given") {
  const Case tiny;
  const double small = tiny.machine("1", "1")["area_um2"].get<double>();
  const double large = tiny.machine("4", "1")["area_um2"].get<double>();
  REQUIRE(small < large);
  const std::string tight = "area_um2<=" + text(small), loose = "area_um2<=" + text(large);
  for (const std::vector<std::string>& order : {std::vector<std::string>{"--spec", tight, "--spec", loose},
                                                {"--spec", loose, "--spec", tight},
                                                {"--set", "specs=[" + tight + "," + loose + "]"},
                                                {"--set", "specs.area_um2=" + text(small), "--spec", loose}}) {
    const Outcome outcome = tiny.optimize(order);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const Json result = Json::parse(outcome.out);
    CHECK(result["best"]["area_um2"] == small);
    CHECK(result["specs"].size() == 2);
  }
}

TEST_CASE("reports have a line per limit, and mark a hand design that breaks one") {
  const Case tiny;
  const double small = tiny.machine("1", "1")["area_um2"].get<double>();
  const std::string limit = "area_um2<=" + text(small);
  const Outcome outcome = tiny.optimize({"--spec", limit, "--spec", "power_mw<=1e9", "--store", "s.db"}, "text");
  REQUIRE(outcome.code == 0);
  CHECK(std::regex_search(outcome.out, std::regex("area_um2 *<= .* 0[.0]* % +yes .*breaks it")));
  CHECK(std::regex_search(outcome.out, std::regex("power_mw *<= 1000000000 .* no +.*no, needs mappings")));
  CHECK(outcome.out.find("the hand design breaks area_um2 <=") != std::string::npos);
  CHECK(std::regex_search(outcome.out, std::regex("[0-9.]+ x the EDP at [0-9.]+ x the area of the hand design")));
  CHECK_FALSE(std::regex_search(outcome.out, std::regex("-[0-9.]+ % below|another -[0-9]")));
  const Outcome stored = run(tiny.folder, {"report", "s.db", "--format", "json"});
  REQUIRE(stored.code == 0);
  const Json result = Json::parse(stored.out);
  REQUIRE(result["specs"].size() == 2);
  CHECK(result["specs"][0]["reached"] == small);
  CHECK(result["specs"][0]["slack"] == 0.0);
  CHECK(result["specs"][0]["binds"] == true);
  CHECK(result["specs"][0]["in_bound"] == true);
  CHECK(result["specs"][0]["hand_breaks"] == true);
  CHECK(result["specs"][1]["binds"] == false);
  CHECK(result["specs"][1]["in_bound"] == false);
  CHECK(run(tiny.folder, {"report", "s.db", "--format", "text"}).out.find("area_um2 <=") != std::string::npos);
  REQUIRE(run(tiny.folder, {"report", "s.db", "--html", "page.html"}).code == 0);
  CHECK(read(tiny.folder.file("page.html")).find("\"hand_breaks\":true") != std::string::npos);
}

TEST_CASE("where nothing keeps the limits: exit 4, and a relaxation that does") {
  const Case tiny;
  for (const std::string limit :
       {"power_mw<=0.001", "energy_pj<=1000", "cycles<=100", "edp<=1e6", "latency_ms<=1e-6"}) {
    CAPTURE(limit);
    const Outcome outcome = tiny.optimize({"--spec", "area_um2<=5e6", "--spec", limit}, "text");
    CHECK(outcome.code == 4);
    CHECK(outcome.out.find("proven: no design of this space keeps the limits") != std::string::npos);
    CHECK(outcome.out.find("--spec 'area_um2<=5000000'") != std::string::npos);
    std::smatch found;
    const std::regex relaxed("--spec '" + limit.substr(0, limit.find('<')) + "<=([-+.0-9e]+)'");
    REQUIRE(std::regex_search(outcome.out, found, relaxed));
    const std::string again = limit.substr(0, limit.find('<')) + "<=" + found[1].str();
    CHECK(tiny.optimize({"--spec", "area_um2<=5e6", "--spec", again}).code == 0);
  }
}

TEST_CASE("the constraint that ends a range is named") {
  const Case tiny;
  const Outcome outcome = tiny.optimize({"--set", "fixed.hw.kb=2"});
  REQUIRE(outcome.code == 0);
  const Json best = Json::parse(outcome.out)["best"];
  if (best["point"]["hw.n"] == 2)
    CHECK(best["limits"].dump().find("hw.n at its largest, 2 (ended by") != std::string::npos);
}
