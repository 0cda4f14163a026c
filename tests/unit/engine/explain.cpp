// An explanation names what binds, where the energy goes, what stays, and changes that measurably help.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/engine/report/design/explain.hpp>

using namespace dovetail;

namespace {

// A matrix product on one buffer, small enough for paper: 8 x 8 x 8 on 4 of 8 multipliers.
Design product(const std::string& temporal, const std::string& bandwidth) {
  return read_design(parse_yaml(R"(schema: dovetail-design/1
layer: {name: product, matmul: 8x8 * 8x8}
arch:
  name: toy
  compute: {mesh_x: 8, energy_per_op: 1}
  levels:
  - {name: Buffer, capacity_words: 32, energy: 1}
  - {name: DRAM, is_dram: true, energy: 100)" +
                                    bandwidth + R"(}
mapping:
  levels:
  - {level: Buffer, spatial_x: N4, temporal: N2}
  - {level: DRAM, temporal: )" + temporal +
                                    R"(}
)",
                                "d"));
}

Explanation explained(const Design& design) {
  return explain(design.layer, design.architecture, *design.mapping, LoopModel());
}

const KeptTensor& find(const Explanation& explanation, const std::string& level, const std::string& tensor) {
  for (const KeptTensor& reuse : explanation.reuse) {
    if (reuse.level == level && reuse.tensor == tensor) return reuse;
  }
  FAIL("no such entry");
  return explanation.reuse.front();
}

}  // namespace

TEST_CASE("a mapping that reloads its weights for every row") {
  const Design design = product("M8 K8", ", read_bandwidth: 4");
  const Explanation explanation = explained(design);
  REQUIRE(explanation.evaluation.valid());
  CHECK(explanation.used_multipliers == 4);
  // Weights: M outside of K brings each of the 64 words 8 times; the 512 + 64 words at 4 per cycle take 144 cycles,
  // computing 128.
  CHECK(explanation.time.front().level == "DRAM");
  CHECK(explanation.time.front().resource == "read bandwidth");
  CHECK(explanation.time.front().cycles == 144.0);
  CHECK(find(explanation, "DRAM", "Weights").transfers_per_word == 8.0);
  CHECK(find(explanation, "DRAM", "Weights").causes == std::vector<std::string>{"M 8"});
  CHECK(find(explanation, "DRAM", "Inputs").causes.empty());
  CHECK(find(explanation, "Buffer", "Outputs").held == std::vector<std::string>{"K 8"});
  CHECK(explanation.energy.front().where == "DRAM");
  CHECK(explanation.energy.front().tensor == "Weights");
  double share = 0.0;
  for (const EnergyTerm& term : explanation.energy) share += term.share;
  CHECK(share == doctest::Approx(1.0));
  REQUIRE_FALSE(explanation.mapping_remedies.empty());
  for (const Remedy& remedy : explanation.mapping_remedies) CHECK(remedy.edp < 1.0);
  CHECK(explanation.machine_remedies.front().edp < 1.0);
  const std::string text = to_text(design.layer, design.architecture, explanation);
  CHECK(text.find("bound by the read bandwidth of DRAM, which takes 144 cycles where the multipliers take 128") !=
        std::string::npos);
  CHECK(text.find("DRAM Weights: each word crosses 8 times (again for M 8)") != std::string::npos);
  CHECK(text.find("4 of 8 multipliers work (50 %)") != std::string::npos);
  CHECK(to_json(explanation)["time"][0]["cycles"] == 144.0);
}

TEST_CASE("a compute-bound mapping says so") {
  const Explanation explanation = explained(product("M8 K8", ""));
  CHECK(explanation.time.front().resource == "compute");
  CHECK(to_text({}, {}, explanation).find("bound by the multipliers, 128 cycles") != std::string::npos);
}

TEST_CASE("a mapping that does not fit is explained by what it breaks") {
  const Explanation explanation = explained(product("M8 K4", ""));
  CHECK_FALSE(explanation.evaluation.valid());
  CHECK(to_text({}, {}, explanation).find("does not fit") != std::string::npos);
  CHECK(to_json(explanation)["valid"] == false);
}
