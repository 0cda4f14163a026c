// The exact mapper finds what exhaustive enumeration finds, on random small layers and machines.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/engine/bound/layer_bound.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/exact/listing.hpp>
#include <dovetail/engine/map/exact/stacked_machine.hpp>
#include <dovetail/engine/map/exact/uneven_mapper.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/spaces/space/random.hpp>

#include "support/enumerate_mappings.hpp"

using namespace dovetail;

namespace {

template <class... Values>
std::int64_t one_of(Random& random, Values... values) {
  const std::int64_t list[] = {values...};
  return list[random.below(sizeof...(values))];
}

Layer draw_layer(Random& random) {
  Layer layer;
  layer.name = "small";
  const auto axis = [](int d) { return Axis{{d, 1}}; };
  switch (random.below(4)) {
    case 0:
      return make_matmul({.name = "gemm",
                          .rows = one_of(random, 1, 2, 3, 4, 6, 8),
                          .columns = one_of(random, 2, 3, 4, 6),
                          .depth = one_of(random, 2, 4, 5, 6),
                          .batch = one_of(random, 1, 1, 2)});
    case 1: {
      return make_conv({.name = "conv",
                        .batch = one_of(random, 1, 1, 2),
                        .in_channels = one_of(random, 1, 2, 3),
                        .out_channels = one_of(random, 1, 2, 4),
                        .out_height = one_of(random, 1, 2, 3, 4),
                        .out_width = 1,
                        .kernel_height = one_of(random, 1, 2, 3),
                        .stride_height = one_of(random, 1, 2, 3),
                        .dilation_height = one_of(random, 1, 1, 2)});
    }
    case 2: {  // two windows
      return make_conv({.name = "window",
                        .in_channels = 1,
                        .out_channels = one_of(random, 1, 2),
                        .out_height = one_of(random, 2, 3, 4),
                        .out_width = one_of(random, 1, 2),
                        .kernel_height = one_of(random, 2, 3),
                        .kernel_width = one_of(random, 1, 2),
                        .stride_height = one_of(random, 1, 2)});
    }
    default: {  // any einsum
      const int dimensions = static_cast<int>(2 + random.below(3));
      for (int d = 0; d < dimensions; ++d)
        layer.dimensions.push_back({std::string(1, static_cast<char>('a' + d)), one_of(random, 2, 2, 3, 4)});
      const int tensors = static_cast<int>(2 + random.below(3));
      for (int t = 0; t < tensors; ++t) {
        Tensor tensor;
        tensor.name = "t" + std::to_string(t);
        tensor.written = t == 0;
        for (int d = 0; d < dimensions; ++d) {
          if (random.below(3) != 0) tensor.axes.push_back(axis(d));
        }
        if (tensor.axes.empty()) tensor.axes.push_back(axis(0));
        layer.tensors.push_back(tensor);
      }
      return layer;
    }
  }
}

Architecture draw_machine(Random& random) {
  Architecture machine;
  machine.name = "small";
  const int levels = static_cast<int>(2 + random.below(3));
  std::int64_t x = 1, y = 1;
  for (int i = levels; i-- > 0;) {
    Level level;
    level.name = "L" + std::to_string(i);
    level.mesh_x = x;
    level.mesh_y = y;
    level.instances = x * y;
    level.is_dram = i + 1 == levels;
    if (i + 1 < levels) level.capacity_words = one_of(random, 3, 4, 6, 9, 14, 20, 40, 100);
    level.block_size = one_of(random, 1, 1, 2, 4);
    if (random.below(2) == 0)
      level.read_bandwidth = static_cast<double>(one_of(random, 1, 2, 3, 8)) * (random.below(3) == 0 ? 0.5 : 1.0);
    if (random.below(2) == 0) level.write_bandwidth = static_cast<double>(one_of(random, 1, 2, 4));
    if (random.below(5) == 0) level.shared_bandwidth = static_cast<double>(one_of(random, 1, 3));
    const double scale = std::pow(6.0, i) * random.uniform(0.2, 2.0);
    level.energy.read_pj = scale;
    level.energy.fill_pj = scale * random.uniform(0.5, 1.5);
    level.energy.update_pj = scale * random.uniform(0.5, 1.5);
    if (random.below(3) == 0) level.energy.leak_pj_per_cycle = random.uniform(0.0, 3.0);
    if (level.energy.leak_pj_per_cycle > 1.0) level.energy.idle_pj_per_cycle = 2.0;
    if (random.below(3) == 0) level.network.energy_per_hop_pj = random.uniform(0.0, 2.0);
    if (random.below(4) == 0) level.network.fill_latency_cycles = 3;
    if (random.below(6) == 0) level.multiple_buffering = 2.0;
    machine.levels.insert(machine.levels.begin(), level);
    if (random.below(3) != 0) {
      x *= one_of(random, 1, 2, 2, 3, 4);
      y *= one_of(random, 1, 1, 2);
    }
  }
  machine.compute.mesh_x = x;
  machine.compute.mesh_y = y;
  machine.compute.instances = x * y;
  machine.compute.energy_per_op_pj = random.uniform(0.0, 2.0);
  if (random.below(3) == 0) machine.compute.adder_energy_pj = random.uniform(0.0, 1.0);
  return machine;
}

MapRequest draw(std::uint64_t number) {
  Random random(2026, {number});
  MapRequest request;
  request.layer = draw_layer(random);
  request.architecture = draw_machine(random);
  const unsigned all = (1U << request.layer.tensors.size()) - 1U;
  const auto mode = random.below(4);
  request.bypass = mode == 0 ? Bypass::none : mode == 1 ? Bypass::search : Bypass::fixed;
  if (request.bypass == Bypass::fixed || random.below(4) == 0) {
    for (std::size_t i = 0; i + 1 < request.architecture.levels.size(); ++i) {
      LevelRules rules;
      if (request.bypass == Bypass::fixed) {
        rules.must_keep = static_cast<unsigned>(random.below(all + 1));
        rules.must_bypass = all & ~rules.must_keep;
      }
      if (random.below(6) == 0) {
        rules.max_factor[random.below(3)][random.below(request.layer.dimensions.size())] = one_of(random, 1, 2);
      }
      if (random.below(6) == 0) {
        rules.inner_order = {static_cast<int>(random.below(request.layer.dimensions.size()))};
      }
      request.rules.levels.push_back(rules);
    }
  }
  switch (random.below(5)) {
    case 0:
      request.objective = {1.0, 0.0};
      break;
    case 1:
      request.objective = {0.0, 1.0};
      break;
    case 2:
      request.objective = {1.0, 2.0};
      break;
    default:
      break;
  }
  return request;
}

// The same with what the label search prices from below only: routers, links between neighbours, clusters that do not
// divide the instances, strided results.
MapRequest draw_odd(std::uint64_t number) {
  MapRequest request = draw(1'000'000 + number);
  Random random(77, {number});
  Architecture& machine = request.architecture;
  const auto kind = number % 4;
  for (Level& level : machine.levels) {
    if (kind == 0 || random.below(3) == 0) level.network.router_energy_pj = random.uniform(0.1, 3.0);
    if (kind == 2 || random.below(3) == 0) level.cluster_size = one_of(random, 2, 3);
  }
  if (kind == 1) {
    machine.link_transfers = true;
    machine.levels.back().energy.read_pj *= 3.0;  // what neighbours pass on need not be read
  }
  if (kind == 3) {
    for (Tensor& tensor : request.layer.tensors) {
      if (tensor.written && !tensor.axes.empty())
        for (AxisTerm& term : tensor.axes.front()) term.coefficient = 2;
    }
  }
  return request;
}

}  // namespace

TEST_CASE("small spaces are listed: proven where bounds alone leave a gap") {
  int cases = 0, wrong = 0, links = 0;
  std::int64_t enumerated = 0;
  for (std::uint64_t number = 0; cases < 160 && number < 20'000; ++number) {
    const MapRequest request = draw_odd(number);
    const LoopPlan plan(request.layer, request.architecture);
    double best = std::numeric_limits<double>::infinity();
    bool placed = request.architecture.link_transfers;  // the order of spatial loops matters
    for (const Level& level : request.architecture.levels) {
      placed = placed || level.network.energy_per_hop_pj != 0.0 || level.network.router_energy_pj != 0.0;
    }
    tests::MappingEnumerator every(request, placed, 1500);
    std::int64_t seen = 0;
    const bool complete = every.run([&](const PackedMapping& mapping) {
      ++seen;
      const Score score = plan.score(mapping);
      if (score.valid) best = std::min(best, request.objective(score.energy_pj, score.cycles));
    });
    if (!complete) continue;
    ++cases;
    enumerated += seen;
    links += request.architecture.link_transfers ? 1 : 0;
    std::int64_t listed = 0;
    CHECK(for_each_mapping(request, 1'000'000, [&](const PackedMapping&) { return ++listed > 0; }));
    CHECK_MESSAGE(listed == seen, "case ", number);
    const MapResult found = ExactMapper().map(request);
    const bool same = std::isfinite(best)
                          ? found.mapping && found.proven && std::abs(found.objective - best) <= 1e-9 * best
                          : !found.mapping;
    if (!same && ++wrong <= 5) {
      MESSAGE("case ", number, " found ", found.objective, " (", found.stopped, ") of ", best, " bound ",
              found.lower_bound, " links ", request.architecture.link_transfers);
    }
  }
  MESSAGE(cases, " cases, ", links, " with links, ", enumerated, " mappings, ", wrong, " wrong");
  CHECK(wrong == 0);
  CHECK(cases >= 160);
  CHECK(links >= 10);
}

namespace {

// The mapping with every choice of depths of the tensors in the inner memories.
template <class Visit>
void with_depths(PackedMapping& mapping, std::size_t level, std::size_t tensor, const Visit& visit) {
  if (level + 1 == mapping.level_count) return visit(mapping);
  if (tensor == max_tensors) return with_depths(mapping, level + 1, 0, visit);
  PackedLevel& own = mapping.levels[level];
  with_depths(mapping, level, tensor + 1, visit);
  if ((own.keep >> tensor & 1U) == 0) return;
  for (std::size_t n = 0; n < mapping.dimension_count; ++n) {
    if (own.temporal[own.order[n]] == 1) continue;
    own.depth[tensor] = static_cast<std::uint8_t>(n + 1);
    with_depths(mapping, level, tensor + 1, visit);
  }
  own.depth[tensor] = 0;
}

}  // namespace

TEST_CASE("uneven placement: the optimum equals enumeration over every depth") {
  int cases = 0, wrong = 0, whole = 0, gained = 0, below = 0;
  std::int64_t enumerated = 0;
  for (std::uint64_t number = 0; cases < 500 && number < 20'000; ++number) {
    MapRequest request = draw(3'000'000 + number);
    if (number % 2 == 1) {
      // Costs that look at a memory's block as a whole, also where it stores one tensor.
      Random more(5, {number});
      request.bypass = more.below(2) == 0 ? Bypass::search : Bypass::fixed;
      request.rules.levels.resize(request.architecture.levels.size() - 1);
      for (LevelRules& rules : request.rules.levels) {
        const auto all = (1U << request.layer.tensors.size()) - 1U;
        rules.must_keep = request.bypass == Bypass::fixed ? 1U << more.below(request.layer.tensors.size()) : 0U;
        rules.must_bypass = request.bypass == Bypass::fixed ? all & ~rules.must_keep : 0U;
      }
      for (Level& level : request.architecture.levels) {
        level.network.energy_per_hop_pj = more.uniform(0.0, 3.0);
        if (more.below(3) == 0) level.energy.idle_pj_per_cycle = more.uniform(0.0, 3.0);
      }
    }
    bool wires = false;
    for (const Level& level : request.architecture.levels) wires = wires || level.network.energy_per_hop_pj != 0.0;
    const LoopPlan plan(request.layer, request.architecture);
    double best = std::numeric_limits<double>::infinity(), even = best;
    std::int64_t left = 60'000;
    tests::MappingEnumerator every(request, wires, 6'000);
    const bool complete = every.run([&](const PackedMapping& mapping) {
      PackedMapping own = mapping;
      with_depths(own, 0, 0, [&](const PackedMapping& placed) {
        if (--left < 0) return;
        const Score score = plan.score(placed);
        if (!score.valid) return;
        const double value = request.objective(score.energy_pj, score.cycles);
        best = std::min(best, value);
        if (!uneven(placed)) even = std::min(even, value);
      });
    });
    if (!complete || left < 0) continue;
    ++cases;
    enumerated += 60'000 - left;
    const MapResult found = UnevenMapper().map(request);
    const bool all = stacked_machines(request).whole;
    whole += all ? 1 : 0;
    gained += best < even * (1.0 - 1e-9) ? 1 : 0;
    below += std::isfinite(best) && found.lower_bound > best * (1.0 + 1e-9) ? 1 : 0;
    const bool close = found.mapping && std::abs(found.objective - best) <= 1e-9 * best;
    const bool same = !std::isfinite(best) ? !found.mapping
                      : all                ? close && found.proven
                                           : found.objective <= even * (1.0 + 1e-9);
    if (!same && ++wrong <= 5) {
      MESSAGE("case ", number, " ", request.layer.name, " found ", found.objective, " (", found.stopped, ") of ", best,
              ", even ", even, ", bound ", found.lower_bound, " whole ", all);
    }
  }
  MESSAGE(cases, " cases, ", whole, " with all memories stacked, ", gained, " better than even ones, ", enumerated,
          " mappings, ", wrong, " wrong");
  CHECK(wrong == 0);
  CHECK(below == 0);
  CHECK(cases >= 500);
  CHECK(whole >= 300);
  CHECK(gained >= 10);
}

// What ExactMapper does only where a first try does not suffice, done at once: keep sets in one group, cut into cases
// by what tensors share.
TEST_CASE("cases by what tensors share, from any known mapping: the optimum equals exhaustive enumeration") {
  int cases = 0, wrong = 0;
  for (std::uint64_t number = 0; cases < 150 && number < 20'000; ++number) {
    MapRequest request = draw(2'000'000 + number);
    request.bypass = Bypass::search;
    request.rules = {};
    if (request.architecture.compute.instances < 4) continue;
    bool wires = false;
    for (const Level& level : request.architecture.levels) wires = wires || level.network.energy_per_hop_pj != 0.0;
    const LoopPlan plan(request.layer, request.architecture);
    MapPoint known, best;
    tests::MappingEnumerator every(request, wires, 30'000);
    const bool complete = every.run([&](const PackedMapping& mapping) {
      const Score score = plan.score(mapping);
      if (!score.valid) return;
      const double value = request.objective(score.energy_pj, score.cycles);
      if (!std::isfinite(known.objective)) known = {value, score.energy_pj, score.cycles, mapping};
      if (value < best.objective) best = {value, score.energy_pj, score.cycles, mapping};
    });
    if (!complete || !std::isfinite(best.objective)) continue;
    ++cases;
    ExactSearch search(request, 1);
    search.start_from(known);
    search.solve();
    const bool same = search.best() && std::abs(search.best()->objective - best.objective) <= 1e-9 * best.objective;
    if (!(same && search.stopped() == "proven") && ++wrong <= 5) {
      MESSAGE("case ", number, " found ", search.best()->objective, " of ", best.objective, " bound ",
              search.lower_bound(), " ", search.stopped());
    }
  }
  MESSAGE(cases, " cases, ", wrong, " wrong");
  CHECK(wrong == 0);
  CHECK(cases >= 150);
}

TEST_CASE("the optimum equals exhaustive enumeration, and nothing is below the bound of the machine") {
  int cases = 0, infeasible = 0, wrong = 0, above = 0;
  std::int64_t enumerated = 0;
  for (std::uint64_t number = 0; cases < 1000 && number < 20'000; ++number) {
    const MapRequest request = draw(number);
    bool wires = false;
    for (const Level& level : request.architecture.levels) wires = wires || level.network.energy_per_hop_pj != 0.0;
    const LoopPlan plan(request.layer, request.architecture);
    double best = std::numeric_limits<double>::infinity(), least_energy = best, least_cycles = best;
    tests::MappingEnumerator every(request, wires, 30'000);
    const bool complete = every.run([&](const PackedMapping& mapping) {
      ++enumerated;
      const Score score = plan.score(mapping);
      if (!score.valid) return;
      best = std::min(best, request.objective(score.energy_pj, score.cycles));
      least_energy = std::min(least_energy, score.energy_pj);
      least_cycles = std::min(least_cycles, score.cycles);
    });
    if (!complete) continue;
    ++cases;
    const MapResult found = ExactMapper().map(request);
    if (!std::isfinite(best)) {
      ++infeasible;
      CHECK_MESSAGE(!found.mapping, "case ", number);
      continue;
    }
    const CompulsoryCost bound = LayerBound(request.layer)(request.architecture, request.rules, request.bypass);
    if (!(bound.energy_pj <= least_energy && bound.cycles <= least_cycles) && ++above <= 5) {
      MESSAGE("case ", number, " ", request.layer.name, " bound ", bound.energy_pj, " pJ of ", least_energy, ", ",
              bound.cycles, " cycles of ", least_cycles);
    }
    const bool same = found.mapping && found.proven && std::abs(found.objective - best) <= 1e-9 * best;
    if (!same && ++wrong <= 5) {
      MESSAGE("case ", number, " ", request.layer.name, " levels ", request.architecture.levels.size(), " objective ",
              request.objective.energy_power, " ", request.objective.cycles_power, " found ", found.objective, " (",
              found.mapping.has_value(), ", ", found.stopped, ") of ", best, " bound ", found.lower_bound);
    }
    if (found.mapping) {
      const Evaluation again = LoopModel().evaluate(request.layer, request.architecture, *found.mapping);
      CHECK(again.energy_pj == found.best.energy_pj);
      CHECK(again.cycles == found.best.cycles);
    }
  }
  MESSAGE(cases, " cases, ", infeasible, " infeasible, ", enumerated, " mappings, ", wrong, " wrong");
  CHECK(wrong == 0);
  CHECK(above == 0);
  CHECK(cases >= 1000);
}
