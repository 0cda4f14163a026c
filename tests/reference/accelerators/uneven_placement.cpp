// Uneven placement equals the shared definition: counts and cycles exactly, energies to 1e-9; and as a document too.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

#include "support/reference_data.hpp"
#include "support/timeloop_case.hpp"

using namespace dovetail;

namespace {

std::vector<testing::TimeloopCase> cases() {
  std::vector<testing::TimeloopCase> read;
  std::ifstream file(dovetail::testing::reference_path("uneven/cases.jsonl").string());
  for (std::string line; std::getline(file, line);)
    read.push_back(testing::read_case(nlohmann::ordered_json::parse(line)));
  return read;
}

void compare(const testing::TimeloopCase& reference, const Mapping& mapping) {
  const Evaluation got = LoopModel().evaluate(reference.layer, reference.architecture, mapping);
  REQUIRE(got.valid());
  CHECK(got.cycles == reference.expected["cycles"].get<std::int64_t>());
  const auto energy_pj = reference.expected["energy_pj"].get<double>();
  CHECK(std::abs(got.energy_pj - energy_pj) <= 1e-9 * energy_pj);
  for (std::size_t i = 0; i < got.levels.size(); ++i) {
    const auto& level = reference.expected["levels"][i];
    CAPTURE(level["name"].get<std::string>());
    for (std::size_t t = 0; t < reference.layer.tensors.size(); ++t) {
      const auto& tensor = level["tensors"][reference.layer.tensors[t].name];
      const TensorCounts& counts = got.levels[i].tensors[t];
      CHECK(counts.reads == tensor["reads"].get<std::int64_t>());
      CHECK(counts.fills == tensor["fills"].get<std::int64_t>());
      CHECK(counts.updates == tensor["updates"].get<std::int64_t>());
      CHECK(counts.utilized_capacity == tensor["utilized_capacity"].get<std::int64_t>());
    }
  }
  const Score score = LoopPlan(reference.layer, reference.architecture).score(pack(reference.layer, mapping));
  CHECK(score.energy_pj == got.energy_pj);
  CHECK(score.cycles == static_cast<double>(got.cycles));
}

}  // namespace

TEST_CASE("every mapping with depths costs what the definition says, and reads back equal") {
  const auto all = cases();
  if (all.empty()) {
    dovetail::testing::skip("the shared cases of uneven placement are absent");
    return;
  }
  std::size_t at = 0;
  for (const testing::TimeloopCase& reference : all) {
    CAPTURE(at++);
    compare(reference, reference.mapping);
    const auto json = to_json(reference.layer, reference.architecture, reference.mapping);
    Diagnostics diagnostics;
    const auto back =
        read_mapping(parse_json(json.dump(), "case"), reference.layer, reference.architecture, diagnostics);
    REQUIRE(back);
    CHECK(*back == reference.mapping);
  }
}
