// The loop model equals Timeloop: every count, capacity and cycle exactly, energies to 1e-9.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>

#include "support/reference_data.hpp"
#include "support/timeloop_case.hpp"

using namespace dovetail;
using testing::TimeloopCase;

namespace {

bool close(double got, double expected, double relative) {
  return std::abs(got - expected) <= relative * std::max(std::abs(got), std::abs(expected));
}

#define CHECK_CLOSE(got, expected, relative) \
  CHECK_MESSAGE(close((got), (expected), (relative)), "got ", (got), ", expected ", (expected))

void compare(const TimeloopCase& reference) {
  const auto& expected = reference.expected;
  const Evaluation got = LoopModel().evaluate(reference.layer, reference.architecture, reference.mapping);
  for (const Violation& violation : got.violations) {
    MESSAGE(violation.constraint, " ", violation.level, " ", violation.tensor, " ", violation.needed, " ",
            violation.available);
  }
  REQUIRE(got.valid());
  CHECK(got.macs == expected["computes"].get<std::int64_t>());
  CHECK(got.compute_cycles == expected["compute_cycles"].get<std::int64_t>());
  CHECK(got.cycles == expected["cycles"].get<std::int64_t>());
  CHECK_CLOSE(got.utilization, expected["utilization"].get<double>(), 1e-9);
  CHECK_CLOSE(got.energy_pj, expected["energy_pj"].get<double>(), 1e-9);
  CHECK_CLOSE(got.compute_energy_pj, expected["compute_energy_pj"].get<double>(), 1e-9);
  CHECK_CLOSE(got.area_um2, expected["area"].get<double>(), 1e-9);
  for (std::size_t i = 0; i < got.levels.size(); ++i) {
    const auto& level = expected["levels"][i];
    CAPTURE(level["name"].get<std::string>());
    CHECK(got.levels[i].cycles == level["cycles"].get<std::int64_t>());
    CHECK_CLOSE(got.levels[i].energy_pj, level["energy_pj"].get<double>(), 1e-9);
    CHECK_CLOSE(got.levels[i].leakage_energy_pj, level["leakage_energy_pj"].get<double>(), 1e-9);
    for (std::size_t t = 0; t < reference.layer.tensors.size(); ++t) {
      CAPTURE(reference.layer.tensors[t].name);
      const auto& tensor = level["tensors"][reference.layer.tensors[t].name];
      const TensorCounts& counts = got.levels[i].tensors[t];
      auto equal = [&](const char* key, std::int64_t value) {
        CAPTURE(key);
        CHECK(value == tensor[key].get<std::int64_t>());
      };
      equal("utilized_capacity", counts.utilized_capacity);
      equal("partition_size", counts.partition_size);
      equal("utilized_instances", counts.utilized_instances);
      equal("reads", counts.reads);
      equal("fills", counts.fills);
      equal("updates", counts.updates);
      equal("temporal_reductions", counts.temporal_reductions);
      CHECK_CLOSE(counts.energy_pj, tensor["energy_pj"].get<double>(), 1e-9);
    }
    const auto& network = expected["networks"][i];
    CHECK(got.networks[i].name == network["name"].get<std::string>());
    for (std::size_t t = 0; t < reference.layer.tensors.size(); ++t) {
      CAPTURE(reference.layer.tensors[t].name);
      const auto& tensor = network["tensors"][reference.layer.tensors[t].name];
      const NetworkTensor& traffic = got.networks[i].tensors[t];
      CHECK(traffic.fanout == tensor["fanout"].get<std::int64_t>());
      CHECK_CLOSE(traffic.link_transfers, tensor["link_transfers"].get<double>(), 1e-9);
      CHECK_CLOSE(traffic.spatial_reductions, tensor["spatial_reductions"].get<double>(), 1e-9);
      CHECK_CLOSE(traffic.average_hops, tensor["avg_hops"].get<double>(), 1e-9);
      CHECK_CLOSE(traffic.energy_pj, tensor["energy"].get<double>(), 1e-9);
      REQUIRE(traffic.groups.size() == tensor["groups"].size());
      for (std::size_t g = 0; g < traffic.groups.size(); ++g) {
        CHECK(traffic.groups[g].multicast == tensor["groups"][g][0].get<std::int64_t>());
        CHECK(traffic.groups[g].scatter == tensor["groups"][g][1].get<std::int64_t>());
        CHECK(std::abs(traffic.groups[g].words - tensor["groups"][g][2].get<double>()) <= 0.0051);
      }
    }
  }
  double total = got.compute_energy_pj;
  for (const LevelEvaluation& level : got.levels) total += level.energy_pj;
  for (const NetworkEvaluation& network : got.networks) total += network.energy_pj;
  CHECK(total == got.energy_pj);
  const Score score = LoopPlan(reference.layer, reference.architecture).score(pack(reference.layer, reference.mapping));
  CHECK(score.valid);
  CHECK(score.energy_pj == got.energy_pj);
  CHECK(score.cycles == static_cast<double>(got.cycles));
}

}  // namespace

TEST_CASE("every reference case of Timeloop is reproduced") {
  const auto cases = testing::read_cases();
  if (cases.empty()) {
    dovetail::testing::skip("the shared reference cases are absent");
    return;
  }
  for (const TimeloopCase& reference : cases) {
    SUBCASE(reference.id.c_str()) {
      compare(reference);
    }
  }
}
