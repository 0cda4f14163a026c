// Does the mapping space say how large it is, what closes it, and reach everything by steps?
#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/spaces/mapping/map_space.hpp>

using namespace dovetail;

namespace {

Architecture eyeriss() {
  Architecture machine;
  machine.compute = {.name = "MAC", .instances = 168, .mesh_x = 14, .mesh_y = 12};
  machine.levels.resize(3);
  machine.levels[0].name = "Spad";
  machine.levels[0].instances = 168;
  machine.levels[0].mesh_x = 14;
  machine.levels[0].mesh_y = 12;
  machine.levels[0].capacity_words = 220;
  machine.levels[1].name = "GlobalBuffer";
  machine.levels[1].capacity_words = 65536;
  machine.levels[2].name = "DRAM";
  machine.levels[2].is_dram = true;
  return machine;
}

const ConvShape conv4{.name = "conv4_x",
                      .in_channels = 256,
                      .out_channels = 256,
                      .out_height = 14,
                      .out_width = 14,
                      .kernel_height = 3,
                      .kernel_width = 3};

}  // namespace

TEST_CASE("a one-dimensional layer is counted by hand") {
  // 4 = 2^2 over 3 temporal slots and one X slot of 2: C(5,2) = 6 with X = 1, C(4,2)... 3 with X = 2.
  Layer layer;
  layer.dimensions = {{"K", 4}};
  layer.tensors = {{"A", {{{0, 1}}}, false}, {"B", {{{0, 1}}}, true}};
  Architecture machine = eyeriss();
  machine.compute = {.name = "MAC", .instances = 2, .mesh_x = 2, .mesh_y = 1};
  machine.levels[0].instances = machine.levels[0].mesh_x = 2;
  machine.levels[0].mesh_y = 1;
  const MapSpace space(layer, machine);
  CHECK(std::pow(10.0, space.size().log10_factors) == doctest::Approx(9));
  CHECK(std::pow(10.0, space.size().log10_keeps) == doctest::Approx(16));
  CHECK(space.size().log10_orders == 0);
  CHECK(space.size().total() == doctest::Approx(144));
  const MapSpace all(layer, machine, {}, KeepSearch::all);
  CHECK(all.size().log10_keeps == 0);
}

TEST_CASE("draws on a real layer are legal and need no second attempt") {
  const Layer layer = make_conv(conv4);
  const Architecture machine = eyeriss();
  const LoopPlan plan(layer, machine);
  for (const KeepSearch keeps : {KeepSearch::search, KeepSearch::all}) {
    const MapSpace space(layer, machine, {}, keeps);
    Random random(1);
    PackedMapping mapping;
    for (int i = 0; i < 2000; ++i) {
      REQUIRE(space.sample(random, mapping) == 1);
      REQUIRE(plan.score(mapping).valid);
      for (int step = 0; step < 5; ++step) {
        REQUIRE(space.neighbour(mapping, random));
        REQUIRE(plan.score(mapping).valid);
      }
    }
    CHECK(space.size().exact);
    CHECK(space.size().log10_total() > 15);
    REQUIRE(space.sample_uniform(random, mapping) > 0);
    CHECK(plan.score(mapping).valid);
    const Share share = space.feasible_share(4000, random);
    CHECK(share.low < share.share);
    CHECK(share.share < share.high);
  }
}

TEST_CASE("steps reach every factor chain") {
  Layer layer;
  layer.dimensions = {{"K", 4}, {"C", 3}};
  layer.tensors = {{"W", {{{0, 1}}, {{1, 1}}}, false}, {"I", {{{1, 1}}}, false}, {"O", {{{0, 1}}}, true}};
  Architecture machine = eyeriss();
  machine.levels[0].capacity_words = 7;
  const MapSpace space(layer, machine, {}, KeepSearch::all);
  const auto key = [](const PackedMapping& m) {
    std::vector<int> k;
    for (int l = 0; l < 3; ++l)
      for (std::size_t d = 0; d < 2; ++d)
        for (const auto* slot :
             {&m.levels[static_cast<std::size_t>(l)].temporal, &m.levels[static_cast<std::size_t>(l)].spatial_x,
              &m.levels[static_cast<std::size_t>(l)].spatial_y})
          k.push_back((*slot)[d]);
    return k;
  };
  Random random(3);
  std::set<std::vector<int>> drawn, reached;
  PackedMapping mapping;
  for (int i = 0; i < 4000; ++i) {
    REQUIRE(space.sample_uniform(random, mapping) > 0);
    drawn.insert(key(mapping));
  }
  std::vector<PackedMapping> open{mapping};
  reached.insert(key(mapping));
  while (!open.empty()) {
    const PackedMapping here = open.back();
    open.pop_back();
    for (const PackedMapping& next : space.neighbours(here))
      if (reached.insert(key(next)).second) open.push_back(next);
  }
  CHECK(reached == drawn);
}

TEST_CASE("what stands in the way is named with its size") {
  const Layer layer = make_conv(conv4);
  Architecture machine = eyeriss();
  machine.levels[0].capacity_words = 2;
  const MapSpace tight(layer, machine, {}, KeepSearch::all);
  Random random(1);
  PackedMapping mapping;
  CHECK(tight.sample(random, mapping) == 0);
  const std::vector<Violation> closest = tight.closest();
  REQUIRE(closest.size() == 1);
  CHECK(closest[0].constraint == "capacity");
  CHECK(closest[0].level == "Spad");
  CHECK(closest[0].needed == 3);
  CHECK(closest[0].available == 2);
  CHECK(MapSpace(layer, machine).closest().empty());  // something may bypass

  MappingRules rules;
  rules.levels.resize(3);
  rules.levels[1].min_factor[1][3] = 15;  // P along X
  const MapSpace narrow(layer, eyeriss(), rules);
  CHECK(narrow.sample(random, mapping) == 0);
  REQUIRE_FALSE(narrow.closest().empty());
  CHECK(narrow.closest()[0].constraint == "family rule");
  CHECK(narrow.closest()[0].level == "GlobalBuffer");
  CHECK(narrow.closest()[0].needed == 15);
  CHECK(narrow.closest()[0].available == 14);
}
