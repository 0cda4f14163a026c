// Work that flows between machines, by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include <dovetail/engine/explore/pricers/system_guess.hpp>

using namespace dovetail;

namespace {

constexpr double nowhere = std::numeric_limits<double>::infinity();

double least_product(const std::vector<FluidCost>& costs) {
  double least = nowhere;
  for (const FluidCost& cost : costs) least = std::min(least, cost.cycles * cost.energy_pj);
  return least;
}

double least_cycles(const std::vector<FluidCost>& costs) {
  double least = nowhere;
  for (const FluidCost& cost : costs) least = std::min(least, cost.cycles);
  return least;
}

}  // namespace

TEST_CASE("one machine does all work one part after the other") {
  const std::vector<FluidCost> costs = fluid_costs({{0, {3.0}, {10.0}}, {0, {5.0}, {20.0}}}, 1, 1);
  for (const FluidCost& cost : costs) {
    CHECK(cost.cycles == doctest::Approx(8.0));
    CHECK(cost.energy_pj == doctest::Approx(30.0));
  }
}

TEST_CASE("two networks share two equal machines; one network cannot use both at a time") {
  const SharedWork first{0, {8.0, 8.0}, {10.0, 10.0}}, second{1, {8.0, 8.0}, {10.0, 10.0}};
  CHECK(least_cycles(fluid_costs({first, second}, 2, 2)) == doctest::Approx(8.0).epsilon(0.1));
  SharedWork same = second;
  same.network = 0;
  CHECK(least_cycles(fluid_costs({first, same}, 2, 1)) == doctest::Approx(16.0).epsilon(0.02));
}

TEST_CASE("work goes where it is cheap, and never where it cannot run") {
  // Each network is ten times cheaper on a machine of its own.
  const std::vector<FluidCost> costs =
      fluid_costs({{0, {1.0, 10.0}, {1.0, 10.0}}, {1, {10.0, 1.0}, {10.0, 1.0}}}, 2, 2);
  CHECK(least_product(costs) == doctest::Approx(2.0).epsilon(0.05));
  for (const FluidCost& cost : fluid_costs({{0, {nowhere, 7.0}, {0.0, 3.0}}}, 2, 1)) {
    CHECK(cost.cycles == doctest::Approx(7.0));
    CHECK(cost.energy_pj == doctest::Approx(3.0));
  }
}

TEST_CASE("time is bought with energy where a cycle is worth it") {
  // Slow and thrifty or fast and dear: both trade-offs are among the answers.
  const std::vector<FluidCost> costs = fluid_costs({{0, {100.0, 1.0}, {1.0, 3.0}}}, 2, 1);
  CHECK(costs.front().cycles == doctest::Approx(100.0));
  CHECK(costs.front().energy_pj == doctest::Approx(1.0));
  CHECK(least_product(costs) == doctest::Approx(3.0).epsilon(0.05));
}
