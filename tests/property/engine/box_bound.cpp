// The ideal machine of a box is no worse than any machine in it, and the bound of a space is below all of its optima.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>

#include <dovetail/engine/codesign/box_search.hpp>
#include <dovetail/spaces/space/box.hpp>

using namespace dovetail;

namespace {

Study study(const std::string& workload, const std::string& family) {
  Study study;
  study.workloads = {{}};
  study.workloads.front().name = workload;
  study.family = family;
  return study;
}

// The box around a point after halvings along random parameters, shaping ones until they have one value.
Box box_around(const Codesign& codesign, const Point& point, Random& random, int halvings) {
  const Space& space = codesign.space();
  Box box = *whole_box(space);
  REQUIRE(shrink(space, box));
  const auto inside = [&](const Box& part) {
    for (std::size_t i = 0; i < part.low.size(); ++i)
      if (point.numbers[i] < part.low[i] || point.numbers[i] > part.high[i]) return false;
    return true;
  };
  const auto halve = [&](int parameter) {
    auto [lower, upper] = halves(space, box, parameter);
    box = inside(lower) ? lower : upper;
    REQUIRE(inside(box));
    REQUIRE(shrink(space, box));
    REQUIRE(inside(box));
  };
  const auto parameters = static_cast<int>(box.low.size());
  for (int i = 0; i < parameters; ++i)
    while (codesign.family().shaping()[static_cast<std::size_t>(i)] != 0 && choices(space, box, i) > 1.0) halve(i);
  for (int k = 0; k < halvings; ++k) {
    const int i = static_cast<int>(random.below(static_cast<std::uint64_t>(parameters)));
    if (choices(space, box, i) > 1.0) halve(i);
  }
  return box;
}

struct Found {
  double lower_bound;
  std::int64_t boxes;
};

// The search until the least bound belongs to a machine of which nothing more is known.
Found bound_boxes(const Codesign& codesign, double incumbent, const std::map<Point, double>& proven,
                  const BoxSearch::Limits& limits) {
  BoxSearch search(codesign);
  for (const auto& [machine, bound] : proven) search.prove(machine, bound);
  search.next(incumbent, limits);
  return {search.lower_bound(incumbent), search.boxes()};
}

void check_ideal(const Architecture& ideal, const Architecture& machine) {
  CHECK(ideal.compute.mesh_x == machine.compute.mesh_x);
  CHECK(ideal.compute.mesh_y == machine.compute.mesh_y);
  CHECK(ideal.compute.energy_per_op_pj <= machine.compute.energy_per_op_pj);
  CHECK(area_um2(ideal) <= area_um2(machine) * (1.0 + 1e-12));
  for (std::size_t l = 0; l < machine.levels.size(); ++l) {
    const Level &best = ideal.levels[l], &level = machine.levels[l];
    CHECK(best.mesh_x == level.mesh_x);
    CHECK(best.block_size == level.block_size);
    CHECK(best.capacity_words.has_value() == level.capacity_words.has_value());
    CHECK(best.capacity_words.value_or(0) >= level.capacity_words.value_or(0));
    CHECK(best.energy.read_pj <= level.energy.read_pj);
    CHECK(best.energy.fill_pj <= level.energy.fill_pj);
    CHECK(best.energy.update_pj <= level.energy.update_pj);
    CHECK(best.energy.leak_pj_per_cycle <= level.energy.leak_pj_per_cycle);
    CHECK(best.energy.idle_pj_per_cycle <= level.energy.idle_pj_per_cycle);
    CHECK(best.read_bandwidth.value_or(1e300) >= level.read_bandwidth.value_or(1e300));
    CHECK(best.network.energy_per_hop_pj <= level.network.energy_per_hop_pj);
  }
}

}  // namespace

TEST_CASE("no machine of a box improves on its ideal machine") {
  for (const std::string& family : family_names()) {
    CAPTURE(family);
    const Codesign codesign(study("mlp", family));
    Random random(5, {1});
    const Codesign::Limits unlimited;
    for (int k = 0; k < 40; ++k) {
      const Point point = *codesign.space().sample(random);
      const Box box = box_around(codesign, point, random, k % 12);
      const auto ideal = codesign.family().ideal(box);
      REQUIRE(ideal);
      check_ideal(*ideal, codesign.family().instantiate(point));
      const double bound = codesign.bound(box);
      CHECK(bound > 0.0);
      CHECK(bound <= codesign.bound(point) * (1.0 + 1e-9));
      if (const auto best = codesign.ideal_point(box)) CHECK(codesign.bound(*best) == bound);
      if (k % 10 != 0) continue;
      const DesignPoint design = *codesign.evaluate(point, Codesign::Dataflow::free, unlimited);
      if (design.feasible()) CHECK(bound <= design.objective);
    }
  }
}

TEST_CASE("the rules of a box allow what each of its machines allows") {
  const Codesign codesign(study("dqn", "eyeriss"));
  Random random(6, {1});
  for (int k = 0; k < 100; ++k) {
    const Point point = *codesign.space().sample(random);
    const Box box = box_around(codesign, point, random, k % 8);
    for (const UniqueLayer& unique : unique_layers(codesign.networks().front())) {
      const MappingRules wide = codesign.family().rules(unique.layer, box);
      CHECK(loosest(wide, codesign.family().rules(unique.layer, point)) == wide);
    }
  }
}

TEST_CASE("branch and bound over boxes is as good as the list of all machines") {
  Diagnostics diagnostics;
  const Study listed = read_study(parse_yaml(R"(
workload: mlp
family: eyeriss
fixed: {hw.gb_block: 4, hw.gb_cluster: 1, hw.gb_y: 1, hw.filter_width: free}
space: {hw.input_words: [4, 6, 8], hw.weight_words: {low: 190, high: 200}, hw.psum_words: {low: 1, high: 20}}
)",
                                             "test"),
                                  diagnostics);
  diagnostics.raise();
  const Codesign codesign(listed);
  const std::vector<Point> points = codesign.space().enumerate(100'000);
  double least = std::numeric_limits<double>::infinity();
  for (const Point& point : points) least = std::min(least, codesign.bound(point));
  const Found found = bound_boxes(codesign, 1e30, {}, {1'000'000, {}, 2});
  CHECK(found.lower_bound == doctest::Approx(least).epsilon(1e-12));
  CHECK(found.boxes < static_cast<std::int64_t>(points.size()));

  SUBCASE("fewer boxes give a lower bound, one thread the same") {
    const Found rough = bound_boxes(codesign, 1e30, {}, {200, {}, 2});
    CHECK(rough.lower_bound <= found.lower_bound);
    const Found alone = bound_boxes(codesign, 1e30, {}, {200, {}, 1});
    CHECK(alone.lower_bound == rough.lower_bound);
    CHECK(alone.boxes == rough.boxes);
  }
  SUBCASE("an incumbent below everything is the bound") {
    CHECK(bound_boxes(codesign, least * 0.5, {}, {1'000'000, {}, 2}).lower_bound == least * 0.5);
  }
  SUBCASE("what is proven of the least machine raises the bound") {
    std::map<Point, double> proven;
    for (const Point& point : points)
      if (codesign.bound(point) <= least * 1.0001) proven.emplace(point, least * 2.0);
    CHECK(bound_boxes(codesign, 1e30, proven, {1'000'000, {}, 2}).lower_bound > least);
  }
}
