// A network's best mappings equal the best of all combinations of mappings of its layers.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include <dovetail/accelerators/loop_plan.hpp>
#include <dovetail/engine/network_mapper.hpp>

#include "support/enumerate_mappings.hpp"

using namespace dovetail;

namespace {

// Fields one by one: GCC 12 -O3 -march=native folds {x, x, x, 0.0} into a broadcast of x on machines with AVX-512.
Level level(const char* name, std::int64_t mesh, double pj, double words_per_cycle) {
  Level made;
  made.name = name;
  made.mesh_x = made.instances = mesh;
  made.energy.read_pj = pj;
  made.energy.fill_pj = 1.25 * pj;
  made.energy.update_pj = 1.5 * pj;
  made.read_bandwidth = made.write_bandwidth = words_per_cycle;
  return made;
}

}  // namespace

TEST_CASE("the network's energy-delay product is the least of all combinations") {
  Architecture machine;
  machine.compute.mesh_x = machine.compute.instances = 4;
  machine.compute.energy_per_op_pj = 0.5;
  machine.levels = {level("Spad", 4, 0.4, 2.0), level("DRAM", 1, 20.0, 1.0)};
  machine.levels[0].capacity_words = 8;
  machine.levels[1].is_dram = true;
  machine.levels[0].energy.leak_pj_per_cycle = 0.3;
  NetworkMapRequest request;
  request.architecture = machine;
  request.layers = {{make_matmul({.name = "a", .rows = 4, .columns = 2, .depth = 3}), 2, {}},
                    {make_matmul({.name = "b", .rows = 2, .columns = 6, .depth = 2}), 1, {}},
                    {make_conv({.name = "c", .in_channels = 2, .out_channels = 2, .out_height = 3, .kernel_height = 2}), 3, {}}};
  // All sums (energy, cycles), the covered ones dropped after each layer.
  std::vector<std::pair<double, double>> sums{{0.0, 0.0}};
  for (const NetworkMapLayer& layer : request.layers) {
    MapRequest one;
    one.layer = layer.layer;
    one.architecture = machine;
    const LoopPlan plan(one.layer, machine);
    std::vector<std::pair<double, double>> points, next, front;
    REQUIRE(tests::MappingEnumerator(one, false, 10'000'000).run([&](const PackedMapping& mapping) {
      const Score score = plan.score(mapping);
      if (score.valid) points.emplace_back(score.energy_pj, score.cycles);
    }));
    const auto reduce = [](std::vector<std::pair<double, double>> all) {
      std::sort(all.begin(), all.end());
      std::vector<std::pair<double, double>> kept;
      for (const auto& point : all) {
        if (kept.empty() || point.second < kept.back().second) kept.push_back(point);
      }
      return kept;
    };
    front = reduce(points);
    for (const auto& [e, c] : sums) {
      for (const auto& [pe, pc] : front) {
        next.emplace_back(e + static_cast<double>(layer.count) * pe, c + static_cast<double>(layer.count) * pc);
      }
    }
    sums = reduce(next);
  }
  double best = std::numeric_limits<double>::infinity();
  for (const auto& [e, c] : sums) best = std::min(best, e * c);
  for (const int threads : {1, 2}) {
    request.threads = threads;
    const NetworkMapResult found = map_network(request);
    CHECK(found.feasible);
    CHECK(found.proven);
    CHECK(found.objective == doctest::Approx(best).epsilon(1e-9));
    CHECK(found.lower_bound == found.objective);
  }
}
