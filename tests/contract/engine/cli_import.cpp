// The program on files of other tools: taken wherever a workload is, refused with exit code 3 and FILE:LINE:.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "support/program.hpp"

using namespace dovetail::testing;

namespace {

using Json = nlohmann::json;

const std::string gemm = "problem: {shape: gemm_ABZ, M: 16, N: 16, K: 16}\n";
const char* const architecture = R"(architecture:
  version: 0.4
  nodes:
  - !Container {name: system}
  - !Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: 16}}
  - !Component {name: glb, class: SRAM, attributes: {depth: 1024, width: 64, datawidth: 16, read_bandwidth: 16, write_bandwidth: 16}}
  - !Container {name: PE, spatial: {meshX: 4, meshY: 4}}
  - !Component
    name: spad
    class: regfile
    attributes: {depth: 32, width: 16, datawidth: 16}
    constraints: {dataspace: {bypass: [A]}}
  - !Component {name: mac, class: intmac, attributes: {width: 8}}
)";
const char* const energies = R"(ERT:
  tables:
  - {name: 'system.DRAM[1..1]', actions: [{name: read, energy: 512}, {name: write, energy: 512}, {name: update, energy: 512}]}
  - {name: 'system.glb[1..1]', actions: [{name: read, energy: 32}, {name: write, energy: 26}, {name: leak, energy: 0.5}]}
  - {name: 'system.spad[1..16]', actions: [{name: read, energy: 0.7}, {name: write, energy: 1.5}]}
  - {name: 'system.mac[1..16]', actions: [{name: compute, energy: 0.3}]}
)";
const char* const mapping = R"(mapping:
- {target: DRAM, type: temporal, factors: M=1 N=1 K=4, permutation: MNK}
- {target: glb, type: temporal, factors: 'M4 N4 K1', permutation: KMN}
- {target: PE, type: spatial, factors: 'M=4,N=4', permutation: MNK, split: 1}
- {target: spad, type: temporal, factors: 'K=0', permutation: KMN}
- {target: spad, type: bypass, bypass: [A], keep: [B, Z]}
)";

}  // namespace

TEST_CASE("describe and map take a topology") {
  const Folder folder;
  const std::string file = folder.write("net.csv", "Layer,M,N,K,\na,4,8,16,\na,4,8,16,\n");
  const Outcome described = run(folder, {"describe", file, "--format", "json"});
  REQUIRE(described.code == 0);
  const Json json = Json::parse(described.out);
  CHECK(json["layers"] == 2);
  CHECK(json["macs"] == 2 * 4 * 8 * 16);
  CHECK(json["parameters"] == 2 * 128);
  CHECK(json["activations"] == 64);
  CHECK(json["notes"][0]["kind"] == "doubled-name");
  CHECK(run(folder, {"map", "--workload", file, "--architecture", "gemmini", "--mapper", "random", "--budget", "50"})
            .code == 0);
}

TEST_CASE("what is wrong is said with its file and line, exit code 3") {
  const Folder folder;
  const std::string file = folder.write("bad.csv", "Layer,M,N,K,\na,4,8,x,\n");
  const Outcome refused = run(folder, {"describe", file});
  CHECK(refused.code == 3);
  CHECK(refused.err.find(file + ":2:") != std::string::npos);
  CHECK(run(folder, {"describe", folder.write("machine.cfg", "[general]\n")}).code == 3);
  CHECK(run(folder, {"describe", file, "--from", "scalesi"}).code == 2);
}

TEST_CASE("a Timeloop design is evaluated and mapped from its own files") {
  const Folder folder;
  const std::vector<std::string> files = {folder.write("problem.yaml", gemm), folder.write("arch.yaml", architecture),
                                          folder.write("ERT.yaml", energies), folder.write("map.yaml", mapping)};
  const Outcome evaluated = run(folder, {"evaluate", files[0], files[1], files[2], files[3], "--format", "json"});
  REQUIRE_MESSAGE(evaluated.code == 0, evaluated.err);
  const Json json = Json::parse(evaluated.out);
  CHECK(json["valid"] == true);
  CHECK(json["compute_cycles"] == 16 * 16 * 16 / 16);
  CHECK(json["compute_energy_pj"].get<double>() == doctest::Approx(16 * 16 * 16 * 0.3));
  const Outcome mapped = run(folder, {"map", files[0], files[1], files[2], "--format", "json"});
  REQUIRE_MESSAGE(mapped.code == 0, mapped.err);
  const Json best = Json::parse(mapped.out)["layers"][0]["best"];
  CHECK(best["edp"].get<double>() <= json["edp"].get<double>());
  for (const Json& level : best["mapping"]["levels"]) {
    if (level["level"] == "spad")
      CHECK(std::find(level["keep"].begin(), level["keep"].end(), "A") == level["keep"].end());
  }
  const Outcome converted = run(folder, {"convert", files[0], files[1], files[2], files[3]});
  REQUIRE_MESSAGE(converted.code == 0, converted.err);
  const Outcome again = run(folder, {"evaluate", folder.write("design.json", converted.out), "--format", "json"});
  CHECK(Json::parse(again.out)["energy_pj"] == json["energy_pj"]);
  const Outcome without = run(folder, {"evaluate", files[0], files[1], files[3]});
  CHECK(without.code == 3);
  CHECK(without.err.find("ERT") != std::string::npos);
}

TEST_CASE("a topology and a configuration give the report of SCALE-Sim") {
  const Folder folder;
  const std::string topology = folder.write("one.csv", "Layer,M,N,K,\na,8,8,8,\n");
  const std::string machine = folder.write(
      "s.cfg",
      "[architecture_presets]\nArrayHeight: 4\nArrayWidth: 4\nIfmapSramSzkB: 1\nFilterSramSzkB: 1\n"
      "OfmapSramSzkB: 1\nDataflow: os\nBandwidth: 10\n[layout]\n[run_presets]\nInterfaceBandwidth: CALC\n");
  const Outcome evaluated = run(folder, {"evaluate", topology, machine, "--format", "json"});
  REQUIRE_MESSAGE(evaluated.code == 0, evaluated.err);
  CHECK(Json::parse(evaluated.out)["total_cycles"] == 4 * (4 + 4 + 8 - 2) - 1);  // four folds, less one
}

TEST_CASE("a study takes files of other tools, a list of them as one network, and is told a format") {
  const Folder folder;
  folder.write("a.csv", "Layer,M,N,K,\na,4,8,16,\n");
  folder.write("b.csv", "Layer,M,N,K,\nb,8,8,16,\n");
  const std::string rest = "family: gemmini\nmapper: {name: random, budget: 50}\ntrials: 1\n";
  const std::string both = folder.write("both.yaml", "workload: [a.csv, b.csv]\nfrom: scalesim\n" + rest);
  const Outcome found = run(folder, {"optimize", both, "--format", "json"});
  REQUIRE_MESSAGE(found.code == 0, found.err);
  CHECK(Json::parse(found.out)["best"]["layers"].size() == 2);
  const std::string one = folder.write("one.yaml", "workload: a.csv\n" + rest);
  CHECK(run(folder, {"optimize", one, "--from", "scalesim"}).code == 0);
  const Outcome told = run(folder, {"optimize", one, "--from", "zigzag"});
  CHECK(told.code == 3);
  CHECK(told.err.find("a.csv:1:1:") != std::string::npos);
  const Outcome sized = run(folder, {"sweep", one, "--grid", "trials=1", "--dim", "batch=2"});
  CHECK(sized.code == 3);
  CHECK(run(folder, {"convert", "resnet18", "--to", "scalesim", "--out", folder.file("o")}).code == 0);
  CHECK(read(folder.file("o/resnet18.csv")).find("layer1.0.conv1") != std::string::npos);
}
