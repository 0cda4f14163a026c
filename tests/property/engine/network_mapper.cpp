// A network's best mappings equal the best of all combinations of mappings of its layers.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/network/network_mapper.hpp>
#include <dovetail/spaces/space/random.hpp>

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

Architecture two_levels() {
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

Sums uncovered(Sums all) {
  std::sort(all.begin(), all.end());
  Sums kept;
  for (const auto& point : all) {
    if (kept.empty() || point.second < kept.back().second) kept.push_back(point);
  }
  return kept;
}

// All sums of one mapping for each layer, the covered ones dropped after each layer; none when there are too many.
std::optional<Sums> enumerate(const NetworkMapRequest& request) {
  Sums sums{{0.0, 0.0}};
  for (const NetworkMapLayer& layer : request.layers) {
    MapRequest one;
    one.layer = layer.layer;
    one.architecture = request.architecture;
    one.bypass = request.bypass;
    const LoopPlan plan(one.layer, one.architecture);
    Sums points, next;
    const bool complete =
        tests::MappingEnumerator(one, false, 300'000).run([&](const PackedMapping& mapping) {
          const Score score = plan.score(mapping);
          if (score.valid) points.emplace_back(score.energy_pj, score.cycles);
        });
    if (!complete) return std::nullopt;
    const double count = static_cast<double>(layer.count);
    for (const auto& [e, c] : sums) {
      for (const auto& [pe, pc] : uncovered(points)) next.emplace_back(e + count * pe, c + count * pc);
    }
    sums = uncovered(next);
  }
  return sums;
}

double least(const Sums& sums, const MappingObjective& objective) {
  double best = std::numeric_limits<double>::infinity();
  for (const auto& [e, c] : sums) best = std::min(best, objective(e, c));
  return best;
}

std::int64_t one_of(Random& random, std::initializer_list<std::int64_t> values) {
  return values.begin()[random.below(values.size())];
}

// Energy against cycles: leakage, narrow ports and dear memories pull a layer's mappings apart.
NetworkMapRequest draw(std::uint64_t number) {
  Random random(77, {number});
  NetworkMapRequest request;
  Architecture machine = two_levels();
  const std::int64_t units = one_of(random, {2, 3, 4, 6});
  machine.compute.mesh_x = machine.compute.instances = units;
  machine.levels[0] =
      level("Spad", units, random.uniform(0.1, 3.0), static_cast<double>(one_of(random, {1, 2, 4})));
  machine.levels[0].capacity_words = one_of(random, {4, 6, 8, 16});
  machine.levels[0].energy.leak_pj_per_cycle = random.uniform(0.0, 5.0);
  machine.levels[1] =
      level("DRAM", 1, random.uniform(2.0, 30.0), static_cast<double>(one_of(random, {1, 2, 6})));
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

}  // namespace

TEST_CASE("the network's objective is the least of all combinations") {
  int cases = 0, apart = 0;
  for (std::uint64_t number = 0; cases < 60 && number < 500; ++number) {
    NetworkMapRequest request = draw(number);
    const std::optional<Sums> sums = enumerate(request);
    if (!sums || sums->empty()) continue;
    ++cases;
    apart += sums->size() > 1 ? 1 : 0;
    CAPTURE(number);
    for (const MappingObjective objective :
         {MappingObjective{1, 1}, MappingObjective{1, 2}, MappingObjective{2, 1}, MappingObjective{1, 0}}) {
      request.objective = objective;
      CAPTURE(objective.energy_power);
      CAPTURE(objective.cycles_power);
      const NetworkMapResult found = map_network(request);
      CHECK(found.feasible);
      CHECK(found.proven);
      CHECK(found.objective == doctest::Approx(least(*sums, objective)).epsilon(1e-9));
      CHECK(found.lower_bound == found.objective);
      for (const MapResult& layer : found.layers) CHECK(layer.lower_bound <= layer.objective);
    }
  }
  CHECK(cases == 60);
  CHECK(apart > 20);
}

TEST_CASE("a cutoff: what is not better is proven so, what is better is solved") {
  int cases = 0;
  for (std::uint64_t number = 1000; cases < 40 && number < 1500; ++number) {
    NetworkMapRequest request = draw(number);
    const std::optional<Sums> sums = enumerate(request);
    if (!sums || sums->empty()) continue;
    ++cases;
    CAPTURE(number);
    for (const MappingObjective objective : {MappingObjective{1, 1}, MappingObjective{2, 1}}) {
      request.objective = objective;
      const double truth = least(*sums, objective);
      for (const bool informed : {false, true}) {
        CAPTURE(informed);
        for (NetworkMapLayer& layer : request.layers) {
          layer.known.reset();
          MapRequest alone;
          alone.layer = layer.layer;
          alone.architecture = request.architecture;
          alone.rules = layer.rules;
          alone.objective = {1, 0};
          alone.bypass = request.bypass;
          if (informed) layer.known = ExactMapper().map(alone).mapping;
        }
        for (const double share : {0.5, 0.9, 0.99, 1.0, 1.01, 1.5}) {
          CAPTURE(share);
          request.cutoff = truth * share;
          const NetworkMapResult found = map_network(request);
          CHECK(found.lower_bound <= truth * (1 + 1e-9));
          CHECK(found.lower_bound >= std::min(request.cutoff, truth) * (1 - 1e-9));
          CHECK(found.objective >= truth * (1 - 1e-9));
          if (share > 1.0) CHECK(found.objective == doctest::Approx(truth).epsilon(1e-9));
        }
      }
    }
  }
  CHECK(cases == 40);
}

TEST_CASE("a gap ends the search early and is kept; threads change nothing; what does not fit is said") {
  NetworkMapRequest request;
  request.architecture = two_levels();
  request.layers = {
      {make_matmul({.name = "a", .rows = 4, .columns = 2, .depth = 3}), 2, {}},
      {make_matmul({.name = "b", .rows = 2, .columns = 6, .depth = 2}), 1, {}},
      {make_conv({.name = "c", .in_channels = 2, .out_channels = 2, .out_height = 3, .kernel_height = 2}),
       3,
       {}}};
  const NetworkMapResult exact = map_network(request);
  request.threads = 2;
  const NetworkMapResult same = map_network(request);
  CHECK(same.objective == exact.objective);
  for (std::size_t l = 0; l < 3; ++l) CHECK(*same.layers[l].mapping == *exact.layers[l].mapping);
  request.gap = 0.5;
  const NetworkMapResult near = map_network(request);
  CHECK(near.lower_bound <= exact.objective);
  CHECK(near.objective >= exact.objective);
  CHECK(near.gap() <= 0.5);
  request.time_s = 0.0;
  const NetworkMapResult hurried = map_network(request);
  CHECK(hurried.feasible);
  CHECK(hurried.lower_bound <= exact.objective);
  CHECK(hurried.objective >= exact.objective);
  request.time_s.reset();
  request.architecture.levels[0].capacity_words = 1;
  request.bypass = Bypass::none;
  const NetworkMapResult none = map_network(request);
  CHECK_FALSE(none.feasible);
  CHECK_FALSE(none.layers[0].closest.empty());
}
