// Bounds with results on chip: never above the cheapest schedule, and what they prune is no better than the incumbent.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <dovetail/engine/codesign/candidate/design_evaluation.hpp>
#include <dovetail/engine/codesign/candidate/machine_bound.hpp>
#include <dovetail/engine/map/mapper.hpp>

#include "support/fused_chains.hpp"
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

// A chain as a candidate, mapped as the chain model maps: every tensor in the buffer.
Candidate chain_candidate(const std::vector<FusedChain>& chains, LayerPool& pool) {
  std::vector<Network> networks;
  networks.reserve(chains.size());
  for (const FusedChain& chain : chains) networks.push_back(testing::chain_network(chain));
  return candidate_of(testing::chain_machine(chains.front().machine), networks, pool);
}

// Products whose cycles are whole, so that the loop model costs what the chain model says; some wait for words, some
// for operations, so that less energy may take more cycles.
FusedChain drawn_products(Dice& dice) {
  FusedChain chain;
  chain.machine = {dice.of({16, 24, 32, 48, 64}), 1.0, dice.of({8.0, 30.0, 100.0}), 6.0, 1.0};
  const std::int64_t rows = dice.of({4, 8, 16});
  std::int64_t depth = dice.of({1, 2, 4, 8});
  for (int i = dice.between(3, 4); i-- > 0;) {
    ChainLayer layer;
    layer.rows = rows, layer.channels = depth, layer.columns = dice.of({1, 2, 4, 8});
    depth = layer.columns;
    chain.layers.push_back(layer);
  }
  return chain;
}

// The least sum of weighted EDP over all combinations of schedules whose figures keep the specs; infinite: none does.
double enumerated_within(const StudyTerms& terms, const std::vector<FusedChain>& chains, double area_um2) {
  struct Sums {
    double energy_pj = 0.0, cycles = 0.0, objective = 0.0;
  };
  std::vector<Sums> all(1);
  double weight = 1.0;
  for (const FusedChain& chain : chains) {
    std::vector<Sums> longer;
    for (const Sums& sums : all) {
      for (const auto& [energy, cycles] : chain_front(chain, terms.fusion))
        longer.push_back({sums.energy_pj + weight * energy, sums.cycles + weight * cycles,
                          sums.objective + weight * energy * cycles});
    }
    all = longer;
    weight += 0.5;
  }
  double least = std::numeric_limits<double>::infinity();
  for (const Sums& sums : all) {
    if (terms.broken(terms.figures(sums.energy_pj, sums.cycles, area_um2)).empty())
      least = std::min(least, sums.objective);
  }
  return least;
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

TEST_CASE("within limits on what schedules cost the best one is that of enumeration") {
  Dice dice(2803);
  int kept = 0, none = 0, proven = 0, beside = 0;
  for (int k = 0; k < 4000 && kept < 250; ++k) {
    CAPTURE(k);
    std::vector<FusedChain> chains = {drawn_products(dice)};
    if (dice.one_in(4)) {
      chains.push_back(drawn_products(dice));
      chains.back().machine = chains.front().machine;
    }
    StudyTerms terms = terms_of(dice.one_in(3) ? Fusion::homes : Fusion::bands, false);
    terms.bypass = Bypass::none;
    const auto front = chain_front(chains.front(), terms.fusion);
    if (front.size() < 2 || chain_front(chains.back(), terms.fusion).empty()) continue;
    LayerPool pool;
    const Candidate candidate = chain_candidate(chains, pool);
    const double area = area_um2(candidate.machine);
    // Limits at what some schedule has, and a little more or less.
    const auto& [energy, cycles] = front[static_cast<std::size_t>(dice.below(static_cast<int>(front.size())))];
    const double scale = chains.size() == 1 ? 1.0 : dice.of({1.8, 2.5});
    for (const std::string metric : {"energy_pj", "cycles", "edp", "latency_ms", "power_mw"}) {
      if (metric == "power_mw" && chains.size() > 1) continue;  // more cycles of the other help to keep it
      CAPTURE(metric);
      const double at = find_metric(metric)->value(terms.figures(scale * energy, scale * cycles, area));
      terms.goal.specs = {{metric, at * dice.of({0.9, 1.0 + 1e-9, 1.0 + 1e-9, 1.05}), std::nullopt}};
      const double least = enumerated_within(terms, chains, area);
      const auto design = DesignEvaluation(terms).evaluate(candidate, Dataflow::free, {});
      REQUIRE(design);
      REQUIRE(design->mapped);
      if (!(least < std::numeric_limits<double>::infinity())) {
        ++none;
        CHECK_FALSE(design->feasible());
        CHECK(design->reason.find(metric) != std::string::npos);
        continue;
      }
      ++kept;
      CHECK_FALSE(design->excluded);
      CHECK(design->lower_bound <= least * (1.0 + 1e-9));
      if (!design->feasible()) continue;
      CHECK(design->objective >= least * (1.0 - 1e-9));
      if (design->lower_bound < design->objective * (1.0 - 1e-9)) continue;
      ++proven;
      CHECK(design->objective == doctest::Approx(least).epsilon(1e-9));
      beside += design->bound_by.empty() ? 0 : 1;
    }
  }
  MESSAGE("kept " << kept << ", none " << none << ", proven " << proven << ", of them other schedules " << beside);
  CHECK(kept > 100);
  CHECK(none > 20);
  CHECK(proven == kept);
  CHECK(beside > 15);
}
