// Networks with results on chip: layers with homes as enumerated one by one, and whole chains as the chain model solves
// them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>

#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>
#include <dovetail/engine/fuse/chain_document.hpp>
#include <dovetail/engine/fuse/fused_mapper.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/keep_sets.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

#include "support/enumerate_mappings.hpp"
#include "support/fused_chains.hpp"
#include "support/loop_draws.hpp"

using namespace dovetail;
using testing::chain_machine;
using testing::chain_network;
using testing::Dice;
using testing::draw_chain;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Level level(const char* name) {
  Level level;
  level.name = name;
  return level;
}

// A buffer of its own inside the outermost memory, above up to four elements with a register file each.
Architecture small_machine(Dice& dice) {
  Architecture machine;
  machine.name = "small";
  const std::int64_t x = dice.of({1, 2, 3}), y = dice.of({1, 1, 2});
  Level registers = level("Registers");
  registers.instances = x * y, registers.mesh_x = x, registers.mesh_y = y;
  registers.capacity_words = dice.of({3, 4, 8});
  registers.energy = {0.3, 0.3, 0.3, 0.0};
  Level buffer = level("Buffer");
  buffer.capacity_words = dice.of({10, 20, 40, 80});
  buffer.energy = {dice.of({2.0, 3.0}), 2.5, 4.0, dice.of({0.0, 0.1})};
  buffer.block_size = dice.of({1, 2, 4});
  if (dice.one_in(2)) buffer.read_bandwidth = dice.of({1.0, 2.0});
  if (dice.one_in(2)) buffer.write_bandwidth = dice.of({1.0, 2.0});
  Level dram = level("DRAM");
  dram.is_dram = true;
  dram.energy = {100.0, 100.0, 120.0, 0.0};
  if (dice.one_in(2)) dram.shared_bandwidth = dice.of({0.5, 1.0, 3.0});
  if (dice.one_in(3)) dram.read_bandwidth = 1.0;
  machine.levels = {buffer, dram};
  if (dice.one_in(2)) machine.levels.insert(machine.levels.begin(), registers);
  machine.compute.mesh_x = x, machine.compute.mesh_y = y, machine.compute.instances = x * y;
  machine.compute.energy_per_op_pj = 1.0;
  return machine;
}

Layer small_layer(Dice& dice) {
  if (dice.one_in(2))
    return make_matmul(
        {.name = "product", .rows = dice.of({2, 3, 4}), .columns = dice.of({2, 4}), .depth = dice.of({2, 3})});
  return make_conv({.name = "conv",
                    .in_channels = dice.of({1, 2}),
                    .out_channels = dice.of({1, 2}),
                    .out_height = dice.of({2, 3, 4}),
                    .kernel_height = dice.of({1, 2, 3}),
                    .stride_height = dice.of({1, 1, 2})});
}

FusedMapRequest chain_request(const FusedChain& chain, Fusion fusion) {
  FusedMapRequest request;
  request.network = running_network(chain_network(chain));
  for (const auto& [from, into] : chain.adds) {
    const auto f = static_cast<std::size_t>(from);
    request.network.adds.push_back({from, into, chain.layers[f].output_words()});
    request.network.last_reader[f] = std::max(request.network.last_reader[f], into);
    request.network.for_next_only[f] = 0;
  }
  request.architecture = chain_machine(chain.machine);
  request.fusion = fusion;
  request.bypass = Bypass::none;
  request.longest_group = static_cast<int>(chain.layers.size());
  request.adds_end_groups = false;
  return request;
}

void compare(const FusedChain& chain, Fusion fusion) {
  CAPTURE(static_cast<int>(fusion));
  CAPTURE(static_cast<int>(chain.layers.front().kind));
  const ChainSchedule wanted = schedule_chain(chain, fusion);
  const FusedMapResult found = map_fused(chain_request(chain, fusion));
  CHECK(found.feasible == wanted.feasible);
  if (!wanted.feasible || !found.feasible) return;
  CHECK(found.proven);
  // A window that starts again one tap further rests for a step in the loop model; the chain model brings a word.
  if (chain.layers.front().kind == ChainLayer::Kind::matmul) CHECK(found.objective >= wanted.edp() * (1.0 - 1e-9));
  // Cycles of the loop model are whole for every run of a layer.
  const double slack = chain.machine.bandwidth_words_per_cycle == 2.0 ? 0.02 : 1e-9;
  CHECK(found.objective <= wanted.edp() * (1.0 + slack));
  CHECK(found.compulsory <= found.objective * (1.0 + 1e-9));
}

}  // namespace

TEST_CASE("with homes the exact mapper finds what enumeration finds") {
  Dice dice(2800);
  int compared = 0;
  for (int k = 0; k < 300 && compared < 120; ++k) {
    MapRequest request;
    request.layer = small_layer(dice);
    request.architecture = small_machine(dice);
    request.bypass = dice.one_in(2) ? Bypass::none : Bypass::search;
    const auto home = static_cast<int>(request.architecture.levels.size()) - 2;
    Homes homes;
    for (std::size_t t = 0; t < request.layer.tensors.size(); ++t) {
      if (dice.one_in(2)) homes[t] = home;
    }
    request.rules = with_homes({}, homes, request.architecture.levels.size());
    const double price = dice.of({0.0, 1.0, 50.0});
    const LoopPlan plan(request.layer, request.architecture);
    double least = infinity;
    const bool whole = tests::MappingEnumerator(request, false, 200'000).run([&](const PackedMapping& mapping) {
      PackedMapping settled = mapping;
      settle(settled, homes);
      const Score score = plan.score(settled);
      if (score.valid) least = std::min(least, score.energy_pj + price * score.cycles);
    });
    if (!whole) continue;
    ++compared;
    CAPTURE(k);
    ExactSearch search(request);
    std::optional<MapPoint> best;
    const double bound = search.cheapest(price, best);
    CHECK(best.has_value() == (least < infinity));
    if (!best) continue;
    CHECK(best->energy_pj + price * best->cycles == doctest::Approx(least).epsilon(1e-10));
    CHECK(bound <= least * (1.0 + 1e-9));
    CHECK(homes_of(best->mapping) == homes);
    CHECK(search.root_energy_pj() <= best->energy_pj * (1.0 + 1e-9));
  }
  CHECK(compared > 60);
}

TEST_CASE("drawn chains cost what the chain model says") {
  Dice dice(28000);
  for (int k = 0; k < 25; ++k) {
    CAPTURE(k);
    const FusedChain chain = draw_chain(dice);
    compare(chain, Fusion::none);
    compare(chain, Fusion::homes);
    compare(chain, Fusion::bands);
  }
}

TEST_CASE("the reference chains have the reference's least EDP on the machine of the loop model") {
  std::ifstream file(std::string(DOVETAIL_SHARED_DIR) + "/reference/fusion/cases.json");
  if (!file) {
    MESSAGE("skipped: the shared chains are absent");
    return;
  }
  const auto cases = nlohmann::ordered_json::parse(file)["cases"];
  CHECK(cases.size() >= 19);
  int different = 0;
  for (const auto& reference : cases) {
    CAPTURE(reference["name"].get<std::string>());
    Diagnostics diagnostics;
    const auto read = read_fused_chain(parse_json(reference.dump(), "case"), diagnostics);
    REQUIRE(read);
    const FusedMapResult found = map_fused(chain_request(read->chain, read->fusion));
    REQUIRE(found.feasible);
    CHECK(found.proven);
    const auto edp = reference["answer"]["edp"].get<double>();
    CHECK(found.objective <= edp * (1.0 + 1e-9));
    const bool equal = found.objective >= edp * (1.0 - 1e-9);
    if (read->chain.layers.front().kind == ChainLayer::Kind::matmul) CHECK(equal);
    different += equal ? 0 : 1;
  }
  CHECK(different <= 1);  // halo-0, by a window that rests
}

TEST_CASE("any number of threads gives the same schedule") {
  Dice dice(280);
  for (int k = 0; k < 4; ++k) {
    FusedMapRequest request = chain_request(draw_chain(dice), Fusion::bands);
    request.adds_end_groups = true;
    const FusedMapResult one = map_fused(request);
    for (const int threads : {2, 8}) {
      request.threads = threads;
      const FusedMapResult other = map_fused(request);
      CHECK(other.energy_pj == one.energy_pj);
      CHECK(other.cycles == one.cycles);
      CHECK(other.lower_bound == one.lower_bound);
      REQUIRE(other.steps.size() == one.steps.size());
      for (std::size_t s = 0; s < one.steps.size(); ++s) {
        CHECK(group_name(other.steps[s]) == group_name(one.steps[s]));
        REQUIRE(other.steps[s].runs.size() == one.steps[s].runs.size());
        for (std::size_t r = 0; r < one.steps[s].runs.size(); ++r)
          CHECK(other.steps[s].runs[r].mapping == one.steps[s].runs[r].mapping);
      }
    }
  }
}
