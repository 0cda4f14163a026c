// Bounds with results on chip: never above the cheapest schedule, and what they prune is no better than the incumbent.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include <dovetail/engine/codesign/candidate/design_evaluation.hpp>
#include <dovetail/engine/codesign/candidate/machine_bound.hpp>
#include <dovetail/engine/map/mapper.hpp>

#include "support/loop_draws.hpp"

using namespace dovetail;
using testing::Dice;

namespace {

// A buffer inside the outermost memory, above up to four elements with a register file each or none.
Architecture drawn_machine(Dice& dice) {
  Architecture machine;
  machine.name = "drawn";
  const std::int64_t x = dice.of({1, 2, 3}), y = dice.of({1, 1, 2});
  Level registers;
  registers.name = "Registers";
  registers.instances = x * y, registers.mesh_x = x, registers.mesh_y = y;
  registers.capacity_words = dice.of({3, 4, 8});
  registers.energy = {0.3, 0.3, 0.3, 0.0};
  Level buffer;
  buffer.name = "Buffer";
  buffer.capacity_words = dice.of({12, 24, 48, 96});
  buffer.energy = {dice.of({2.0, 3.0}), 2.5, 4.0, dice.of({0.0, 0.1})};
  if (dice.one_in(2)) buffer.read_bandwidth = dice.of({1.0, 2.0});
  Level dram;
  dram.name = "DRAM";
  dram.is_dram = true;
  dram.energy = {100.0, 100.0, 120.0, 0.0};
  if (dice.one_in(2)) dram.shared_bandwidth = dice.of({0.5, 1.0, 3.0});
  machine.levels = {buffer, dram};
  if (dice.one_in(2)) machine.levels.insert(machine.levels.begin(), registers);
  machine.compute.mesh_x = x, machine.compute.mesh_y = y, machine.compute.instances = x * y;
  machine.compute.energy_per_op_pj = 1.0;
  return machine;
}

// Products or convolutions in a row, each of which reads what the one before wrote.
Network drawn_network(Dice& dice, const char* name) {
  Network network;
  network.name = name;
  const int count = dice.between(2, 4);
  std::vector<Layer> layers;
  if (dice.one_in(2)) {
    std::int64_t depth = dice.of({2, 3, 4});
    const std::int64_t rows = dice.of({2, 4, 6});
    for (int i = 0; i < count; ++i) {
      const std::int64_t columns = dice.of({2, 3, 4});
      layers.push_back(
          make_matmul({.name = "product" + std::to_string(i), .rows = rows, .columns = columns, .depth = depth}));
      depth = columns;
    }
  } else {
    std::int64_t rows = dice.of({2, 3, 4}), channels = dice.of({1, 2});
    for (int i = 0; i < std::min(count, 3); ++i) {
      const std::int64_t before = dice.of({1, 2}), taps = dice.of({1, 2, 3});
      layers.insert(layers.begin(), make_conv({.name = "conv" + std::to_string(i),
                                               .in_channels = before,
                                               .out_channels = channels,
                                               .out_height = rows,
                                               .kernel_height = taps}));
      rows += taps - 1;
      channels = before;
    }
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    boost::add_vertex(NetworkLayer{layers[i]}, network.graph);
    if (i > 0) boost::add_edge(i - 1, i, network.graph);
  }
  return network;
}

StudyTerms terms_of(Fusion fusion, bool worst) {
  StudyTerms terms;
  terms.goal.objectives = {{"objective", true}};
  terms.sum = NetworkSum({1.0, 1.0}, worst);
  terms.mapper = make_mapper("exact");
  terms.clock_hz = 1e9;
  terms.fusion = fusion;
  return terms;
}

Candidate candidate_of(const Architecture& machine, const std::vector<Network>& networks, LayerPool& pool) {
  auto work = std::make_shared<NetworkSet>();
  double weight = 1.0;
  for (const Network& network : networks) work->add_fused(network, weight, pool), weight += 0.5;
  Candidate candidate{{}, machine, work, {}, [](const Layer&) { return MappingRules{}; }};
  candidate.rules.resize(work->layers.size());
  return candidate;
}

}  // namespace

TEST_CASE("no bound of a machine is above its cheapest schedule, and a bound layer by layer would be") {
  Dice dice(2801);
  int unsound = 0, feasible = 0;
  for (int k = 0; k < 60; ++k) {
    CAPTURE(k);
    LayerPool pool;
    const Candidate candidate = candidate_of(drawn_machine(dice), {drawn_network(dice, "drawn")}, pool);
    const Fusion fusion = dice.one_in(3) ? Fusion::homes : Fusion::bands;
    const StudyTerms terms = terms_of(fusion, false), apart = terms_of(Fusion::none, false);
    const double bound = MachineBound(terms)(candidate), by_layer = MachineBound(apart)(candidate);
    const auto design = DesignEvaluation(terms).evaluate(candidate, Dataflow::free, {});
    REQUIRE(design);
    if (!design->feasible()) continue;
    ++feasible;
    CHECK(bound > 0.0);
    CHECK(bound <= design->objective * (1.0 + 1e-9));
    CHECK(design->lower_bound <= design->objective * (1.0 + 1e-9));
    CHECK(design->lower_bound >= design->objective * (1.0 - 1e-9));
    unsound += by_layer > design->objective * (1.0 + 1e-6) ? 1 : 0;
  }
  CHECK(feasible > 40);
  CHECK(unsound > 5);  // the check above sees a bound that charges every result to the outermost memory
}

TEST_CASE("what an incumbent prunes is no better than it, with several networks as well") {
  Dice dice(2802);
  int pruned = 0, kept = 0;
  for (int k = 0; k < 25; ++k) {
    CAPTURE(k);
    LayerPool pool;
    const StudyTerms terms = terms_of(Fusion::bands, dice.one_in(3));
    const Candidate candidate =
        candidate_of(drawn_machine(dice), {drawn_network(dice, "first"), drawn_network(dice, "second")}, pool);
    const auto truth = DesignEvaluation(terms).evaluate(candidate, Dataflow::free, {});
    REQUIRE(truth);
    if (!truth->feasible()) continue;
    for (const double share : {0.3, 0.8, 0.99, 1.01, 1.5}) {
      EvaluationLimits limits;
      limits.incumbent = share * truth->objective;
      const auto design = DesignEvaluation(terms).evaluate(candidate, Dataflow::free, limits);
      REQUIRE(design);
      if (design->pruned) {
        ++pruned;
        CHECK(share < 1.0);
        CHECK(design->lower_bound >= limits.incumbent * (1.0 - 1e-9));
        CHECK(design->lower_bound <= truth->objective * (1.0 + 1e-9));
      } else if (share > 1.0) {
        ++kept;
        CHECK(design->objective == truth->objective);
        CHECK(design->lower_bound == truth->lower_bound);
      } else {
        CHECK(design->objective >= truth->objective * (1.0 - 1e-9));  // mapped well enough to tell that it is worse
      }
    }
  }
  CHECK(pruned > 10);
  CHECK(kept > 20);
}
