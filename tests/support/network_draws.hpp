// Small networks on small machines, drawn at random, and all sums of their mappings, one by one.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/engine/map/network/network_mapper.hpp>
#include <dovetail/spaces/space/random.hpp>

#include "support/enumerate_mappings.hpp"

namespace dovetail::tests {

// Fields one by one: GCC 12 -O3 -march=native folds {x, x, x, 0.0} into a broadcast of x on machines with AVX-512.
inline Level level(const char* name, std::int64_t mesh, double pj, double words_per_cycle) {
  Level made;
  made.name = name;
  made.mesh_x = made.instances = mesh;
  made.energy.read_pj = pj;
  made.energy.fill_pj = 1.25 * pj;
  made.energy.update_pj = 1.5 * pj;
  made.read_bandwidth = made.write_bandwidth = words_per_cycle;
  return made;
}

inline Architecture two_levels() {
  Architecture machine;
  machine.compute.mesh_x = machine.compute.instances = 4;
  machine.compute.energy_per_op_pj = 0.5;
  machine.levels = {level("Spad", 4, 0.4, 2.0), level("DRAM", 1, 20.0, 1.0)};
  machine.levels[0].capacity_words = 8;
  machine.levels[1].is_dram = true;
  machine.levels[0].energy.leak_pj_per_cycle = 0.3;
  return machine;
}

using Sums = std::vector<std::pair<double, double>>;  // energy, cycles

inline Sums uncovered(Sums all) {
  std::sort(all.begin(), all.end());
  Sums kept;
  for (const auto& point : all) {
    if (kept.empty() || point.second < kept.back().second) kept.push_back(point);
  }
  return kept;
}

// The front of a layer; none when it has too many mappings.
inline std::optional<Sums> enumerate_front(const MapRequest& request, std::int64_t most = 300'000) {
  const LoopPlan plan(request.layer, request.architecture);
  Sums points;
  const bool complete = MappingEnumerator(request, false, most).run([&](const PackedMapping& mapping) {
    const Score score = plan.score(mapping);
    if (score.valid) points.emplace_back(score.energy_pj, score.cycles);
  });
  if (!complete) return std::nullopt;
  return uncovered(points);
}

// All sums of one mapping for each layer, the covered ones dropped after each layer; none when there are too many.
inline std::optional<Sums> enumerate(const NetworkMapRequest& request) {
  Sums sums{{0.0, 0.0}};
  for (const NetworkMapLayer& layer : request.layers) {
    MapRequest one;
    one.layer = layer.layer;
    one.architecture = request.architecture;
    one.rules = layer.rules;
    one.bypass = request.bypass;
    const std::optional<Sums> points = enumerate_front(one);
    if (!points) return std::nullopt;
    Sums next;
    const double count = static_cast<double>(layer.count);
    for (const auto& [e, c] : sums) {
      for (const auto& [pe, pc] : *points) next.emplace_back(e + count * pe, c + count * pc);
    }
    sums = uncovered(next);
  }
  return sums;
}

inline double least(const Sums& sums, const MappingObjective& objective) {
  double best = std::numeric_limits<double>::infinity();
  for (const auto& [e, c] : sums) best = std::min(best, objective(e, c));
  return best;
}

inline std::int64_t one_of(Random& random, std::initializer_list<std::int64_t> values) {
  return values.begin()[random.below(values.size())];
}

// Energy against cycles: leakage, narrow ports and dear memories pull a layer's mappings apart.
inline NetworkMapRequest draw(std::uint64_t number) {
  Random random(77, {number});
  NetworkMapRequest request;
  Architecture machine = two_levels();
  const std::int64_t units = one_of(random, {2, 3, 4, 6});
  machine.compute.mesh_x = machine.compute.instances = units;
  machine.levels[0] = level("Spad", units, random.uniform(0.1, 3.0), static_cast<double>(one_of(random, {1, 2, 4})));
  machine.levels[0].capacity_words = one_of(random, {4, 6, 8, 16});
  machine.levels[0].energy.leak_pj_per_cycle = random.uniform(0.0, 5.0);
  machine.levels[1] = level("DRAM", 1, random.uniform(2.0, 30.0), static_cast<double>(one_of(random, {1, 2, 6})));
  machine.levels[1].is_dram = true;
  request.architecture = machine;
  request.bypass = random.below(2) == 0 ? Bypass::search : Bypass::none;
  const std::size_t layers = 2 + random.below(3);
  for (std::size_t l = 0; l < layers; ++l) {
    const std::string name(1, static_cast<char>('a' + l));
    Layer layer = random.below(2) == 0 ? make_matmul({.name = name,
                                                      .rows = one_of(random, {2, 3, 4, 6}),
                                                      .columns = one_of(random, {2, 4, 5}),
                                                      .depth = one_of(random, {2, 3, 4})})
                                       : make_conv({.name = name,
                                                    .in_channels = one_of(random, {1, 2, 3}),
                                                    .out_channels = one_of(random, {1, 2, 4}),
                                                    .out_height = one_of(random, {2, 3, 4}),
                                                    .kernel_height = one_of(random, {1, 2, 3})});
    request.layers.push_back({layer, one_of(random, {1, 2, 5}), {}});
  }
  return request;
}

}  // namespace dovetail::tests
