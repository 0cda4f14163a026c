// Several networks on several machines from study files: budgets, placements, threads, kill and resume, mistakes,
// presets.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const char* const network =
    "schema: dovetail-workload/1\nname: NAME\nlayers:\n- {a: {conv: 8x16x16 -> 16, kernel: 3, pad: 1}}\n- {b: {conv: "
    "16x16x16 -> 16, kernel: 1}}\n"
    "- {c: {conv: 16x16x16 -> 32, kernel: 3, pad: 1, stride: 2}}\n";

// Two small networks on two slots that hold one of two families, all narrowed to a handful of machines.
const std::string study =
    "networks: {one: first.yaml, two: {workload: second.yaml}}\n"
    "system:\n"
    "  slots: 2\n"
    "  families: [nvdla, shidiannao]\n"
    "  share: [pes <= 600, area_um2 <= 20e6]\n"
    "  technology: {node_nm: 28, clock_mhz: 1000, dram: lpddr4}\n"
    "space:\n"
    "  hw.nvdla.atomic_c: [8, 16]\n  hw.nvdla.atomic_k: [8, 16]\n  hw.nvdla.buffer_kb: [64]\n  hw.nvdla.sums_words: "
    "[128]\n  hw.nvdla.dram_words: [8, 16]\n"
    "  hw.shidiannao.pe_x: [8, 16]\n  hw.shidiannao.pe_y: [8, 16]\n  hw.shidiannao.sums_words: [1]\n  "
    "hw.shidiannao.input_kb: [32]\n"
    "  hw.shidiannao.output_kb: [32]\n  hw.shidiannao.weight_kb: [32]\n"
    "mapper: {name: random, budget: 60}\n"
    "objective: {minimize: edp}\n";

std::string named(const std::string& name) {
  std::string text = network;
  text.replace(text.find("NAME"), 4, name);
  return text;
}

struct Case {
  Folder folder;
  std::string file;
  explicit Case(const std::string& text = study) {
    folder.write("first.yaml", named("first"));
    folder.write("second.yaml", named("second"));
    file = folder.write("study.yaml", text);
  }
  Outcome optimize(std::vector<std::string> more) const {
    more.insert(more.begin(), {"optimize", file});
    return run(folder, more);
  }
};

std::string with(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("a system: its budgets hold by construction, and its schedule is what place finds in the printed document") {
  const Case one;
  const Outcome outcome = one.optimize({"--trials", "14", "--format", "json", "--out", one.folder.file("out")});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json json = Json::parse(outcome.out);
  CHECK(json["feasible"] == 14);
  const Json& best = json["best"];
  const Json& system = best["system"];
  REQUIRE(system["machines"].size() == 2);
  double pes = 0.0, area = 0.0;
  for (const Json& machine : system["machines"]) {
    pes += machine["pes"].get<double>();
    area += machine["area_um2"].get<double>();
    const std::string slot = "hw." + machine["slot"].dump() + ".";
    CHECK(best["point"][slot + "family"] == machine["family"]);
    for (const auto& [name, value] : machine["point"].items())
      CHECK(best["point"][slot + machine["family"].get<std::string>() + "." + name.substr(3)] == value);
  }
  CHECK(best["metrics"]["pes"] == pes);
  CHECK(best["metrics"]["area_um2"].get<double>() == doctest::Approx(area));
  CHECK(pes <= 600.0);
  CHECK(system["exact"] == true);
  REQUIRE(system["layers"].size() == 6);
  double energy = 0.0, end = 0.0;
  for (const Json& layer : system["layers"]) {
    energy += layer["energy_pj"].get<double>();
    end = std::max(end, layer["end_ms"].get<double>());
    REQUIRE(layer["elsewhere"].size() == 1);
  }
  CHECK(energy == doctest::Approx(best["metrics"]["energy_pj"].get<double>()));
  CHECK(end == doctest::Approx(best["metrics"]["latency_ms"].get<double>()));
  CHECK(best["metrics"]["latency_ms"].get<double>() == doctest::Approx(best["metrics"]["cycles"].get<double>() / 1e6));
  CHECK(std::max(best["metrics"]["one.latency_ms"].get<double>(), best["metrics"]["two.latency_ms"].get<double>()) ==
        best["metrics"]["latency_ms"]);
  const Outcome placed = run(one.folder, {"place", one.folder.file("out/placement.json"), "--format", "json"});
  CAPTURE(placed.err);
  REQUIRE(placed.code == 0);
  CHECK(Json::parse(placed.out)["least_edp"].get<double>() == doctest::Approx(best["metrics"]["edp"].get<double>()));
  const auto on_front = [&](const Json& point) {
    return point["latency_ms"].get<double>() == doctest::Approx(system["latency_ms"].get<double>()) &&
           point["energy_mj"].get<double>() == doctest::Approx(system["energy_mj"].get<double>());
  };
  CHECK(std::any_of(system["front"].begin(), system["front"].end(), on_front));
  // The mappings, evaluated again from the printed designs, cost what the schedule says, and make up its energy.
  std::istringstream designs(read(one.folder.file("out/designs.jsonl")));
  std::map<std::string, Json> costs;
  for (std::string line; std::getline(designs, line);) {
    const Outcome again = run(one.folder, {"evaluate", "-"}, line + "\n");
    REQUIRE(again.code == 0);
    costs[Json::parse(line)["mapping"].dump()] = Json::parse(again.out);
  }
  for (const Json& layer : system["layers"]) {
    REQUIRE(costs.count(layer["mapping"].dump()) == 1);
    const Json& cost = costs.at(layer["mapping"].dump());
    CHECK(cost["energy_pj"].get<double>() == doctest::Approx(layer["energy_pj"].get<double>()));
    CHECK(cost["cycles"].get<double>() == layer["cycles"].get<double>());
  }
  const Outcome text = one.optimize({"--trials", "14"});
  CHECK(text.out.find("busy") != std::string::npos);
  CHECK(text.out.find("|-- slot 1") != std::string::npos);
}

TEST_CASE("equal systems are one point") {
  // A slot has 8 machines of nvdla and 4 of shidiannao: 12 x 13 / 2 unordered pairs; with an empty second slot 12 more.
  const Case one;
  const Outcome pairs = run(one.folder, {"describe", one.file, "--format", "json"});
  REQUIRE(pairs.code == 0);
  CHECK(Json::parse(pairs.out)["points"] == 78);
  CHECK(Json::parse(pairs.out)["exact"] == true);
  CHECK(Json::parse(pairs.out)["system"]["interchangeable"] == Json::parse("[[0, 1]]"));
  const Case range(with(study, "slots: 2", "slots: {low: 1, high: 2}"));
  CHECK(Json::parse(run(range.folder, {"describe", range.file, "--format", "json"}).out)["points"] == 90);
  // Ports of the outer memory that are given make a parameter that only sets them meaningless: 4 + 4 machines, 2
  // shares.
  const Case ports(with(study, "slots: 2", "slots: 2\n  bandwidth_gb_s: [8, 16]"));
  CHECK(Json::parse(run(ports.folder, {"describe", ports.file, "--format", "json"}).out)["points"] == 136);
  // Slots that the study treats differently are not interchangeable.
  const Case fixed(study + "fixed: {hw.0.family: nvdla}\n");
  CHECK(Json::parse(run(fixed.folder, {"describe", fixed.file, "--format", "json"}).out)["points"] == 96);
  const Outcome all = one.optimize({"--set", "designer=exhaustive", "--trials", "500", "--set",
                                    "system.share=[pes <= 1e9]", "--format", "json", "--set", "mapper.budget=20"});
  REQUIRE(all.code == 0);
  CHECK(Json::parse(all.out)["trials"] == 78);
}

TEST_CASE("a user's own machine may be a slot") {
  std::string text = with(study, "slots: 2", "slots: [{machine: mine.yaml}, {families: [nvdla, none]}]");
  text.erase(text.find("  hw.shidiannao"), text.find("mapper:") - text.find("  hw.shidiannao"));
  const Case one(text);
  one.folder.write(
      "mine.yaml",
      "schema: dovetail-architecture/1\nname: mine\ncompute: {mesh_x: 16, mesh_y: 8, word_bits: 16, energy_per_op: "
      "1.0, area_per_instance: 500}\nlevels:\n"
      "- {name: Spad, mesh_x: 16, mesh_y: 8, capacity_words: 256, energy: 0.9, read_bandwidth: 3, write_bandwidth: 2}\n"
      "- {name: Buffer, capacity_words: 65536, block_size: 4, energy: 24, read_bandwidth: 32, write_bandwidth: 32}\n"
      "- {name: DRAM, is_dram: true, block_size: 4, energy: 800, shared_bandwidth: 8}\n");
  const Outcome outcome = one.optimize({"--trials", "6", "--format", "json", "--set", "system.share=[pes <= 1e9]"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json system = Json::parse(outcome.out)["best"]["system"];
  CHECK(system["machines"][0]["family"] == "mine");
  CHECK(system["machines"][0]["pes"] == 128);
  CHECK(system["machines"][0]["bandwidth_gb_s"] == 16.0);
}

TEST_CASE("the same tables for any number of threads, and after kills") {
  const Case one;
  const Outcome whole = one.optimize({"--trials", "24", "--batch", "3", "--format", "csv", "--threads", "1"});
  REQUIRE(whole.code == 0);
  for (const char* threads : {"2", "8"})
    CHECK(one.optimize({"--trials", "24", "--batch", "3", "--format", "csv", "--threads", threads}).out == whole.out);
  const std::string store = one.folder.file("cut.db");
  for (int runs = 0; runs < 30; ++runs) {
    Program program(one.folder, {"optimize", one.file, "--trials", "24", "--batch", "3", "--store", store, "--resume",
                                 "--format", "csv"});
    std::this_thread::sleep_for(std::chrono::milliseconds(60 * (runs + 1)));
    program.signal(SIGKILL);
    if (program.wait().code == 0) break;
  }
  const Outcome last =
      one.optimize({"--trials", "24", "--batch", "3", "--store", store, "--resume", "--format", "csv"});
  REQUIRE(last.code == 0);
  CHECK(last.out == whole.out);
  const Outcome page = run(one.folder, {"report", store, "--html", one.folder.file("page.html")});
  CHECK(page.code == 0);
  CHECK(read(one.folder.file("page.html")).find("who runs what and when") != std::string::npos);
}

TEST_CASE("limits that nothing meets are said at once, naming the limit") {
  const Case one;
  const Outcome latency = one.optimize({"--set", "specs=[latency_ms <= 1e-6]"});
  CHECK(latency.code == 4);
  CHECK(latency.err.find("latency_ms <= 1e-6 cannot be met: no schedule") != std::string::npos);
  const Outcome area = one.optimize({"--set", "specs=[area_um2 <= 10]"});
  CHECK(area.code == 4);
  CHECK(area.err.find("area_um2 <= 10 cannot be met") != std::string::npos);
}

TEST_CASE("mistakes of a system are located") {
  const auto message = [](const std::string& text, const std::string& part) {
    const Case one(text);
    const Outcome outcome = one.optimize({"--trials", "2"});
    CAPTURE(outcome.err);
    CHECK(outcome.code == 3);
    CHECK(outcome.err.find(part) != std::string::npos);
  };
  message(with(study, "pes <= 600", "pes <= 100"),
          "study.yaml:5:11: share: pes <= 100 fits no system: the least machines have 128 together");
  message(with(study, "pes <= 600", "pies <= 600"), "no stage makes the metric 'pies'; did you mean 'pes'");
  message(with(study, "slots: 2", "slots: 0"), "study.yaml:3:10");
  message(with(study, "slots: 2", "slots: {low: 3, high: 2}"), "slots run from 3 to 2");
  message(with(study, "slots: 2", "slot: 2"), "system: no key 'slot'; did you mean 'slots'");
  message(with(study, "[nvdla, shidiannao]", "[nvdlaa]"),
          "study.yaml:4:14: there is no family or file of this name; did you mean 'nvdla'");
  message(with(study, "[nvdla, shidiannao]", "[none]"), "names no family and no machine");
  message(study + "family: nvdla\n", "both 'family' and 'system'");
  message(study + "fixed: {hw.5.family: nvdla}\n", "there are 2 slots, from 0");
  message(study + "fixed: {hw.0.atomic_c: 8}\n", "slot 0 may hold several families");
  message(study + "fixed: {hw.0.nvdla.atomic_x: 8}\n", "atomic_x");
  message(study + "fixed: {hw.0.family: tpu}\n", "hw.0.family");
}

TEST_CASE("a layer that no machine runs is said at once, where its network stands") {
  const Case one(study.substr(0, study.find("system:")) +
                 "system: {slots: [mine.yaml, {families: [mine.yaml, none]}]}\nbypass: none\nmapper: {name: random, "
                 "budget: 60}\nobjective: {minimize: edp}\n");
  // A machine whose only buffer holds no filter.
  one.folder.write(
      "mine.yaml",
      "schema: dovetail-architecture/1\nname: tiny\ncompute: {word_bits: 16, energy_per_op: 1.0}\nlevels:\n"
      "- {name: Buffer, capacity_words: 1, energy: 1}\n- {name: DRAM, is_dram: true, energy: 100}\n");
  const Outcome outcome = one.optimize({"--trials", "2", "--format", "json"});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 4);
  CHECK(outcome.err.find("study.yaml:1:12: error: no feasible design: no machine runs a: no mapping") !=
        std::string::npos);
  const Json json = Json::parse(outcome.out);
  CHECK(json["trials"] == 0);
  CHECK(json["unreachable"]["layer"].get<std::string>().rfind("no machine runs a: ", 0) == 0);
}
