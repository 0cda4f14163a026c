// Is the tile space of the reference problems counted exactly and sampled uniformly?
#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "spaces_examples.hpp"

using namespace dovetail;

TEST_CASE("the tile space has the published size") {
  const Space space = tile_space();
  const SpaceSize size = space.count();
  CHECK(size.points == 37044000);
  CHECK(size.feasible == 212598);
  CHECK(size.exact);
  CHECK(size.acceptance == 1.0);
}

TEST_CASE("samples of the tile space are feasible and uniform") {
  const Space space = tile_space();
  // Cells of 35 433 x 6 points: pairs (buf, ord) have known shares by enumeration.
  std::map<std::pair<double, double>, double> expected, seen;
  std::map<std::vector<double>, double> expected_fine, seen_fine;
  const std::vector<Point> all = space.enumerate(1'000'000);
  REQUIRE(all.size() == 212598);
  for (std::size_t i = 1; i < all.size(); ++i) REQUIRE(all[i - 1] < all[i]);
  for (const Point& point : all) {
    expected[{point.numbers[7], point.numbers[8]}] += 1.0;
    expected_fine[{point.numbers[0], point.numbers[1], point.numbers[3]}] += 1.0;
  }
  Random random(7);
  const int draws = 100'000;
  for (int i = 0; i < draws; ++i) {
    const auto point = space.sample(random);
    REQUIRE(point);
    if (i % 16 == 0) REQUIRE(space.contains(*point));
    seen[{point->numbers[7], point->numbers[8]}] += 1.0;
    seen_fine[{point->numbers[0], point->numbers[1], point->numbers[3]}] += 1.0;
  }
  const auto z_of_chi_square = [&](const auto& wanted, const auto& found) {
    double chi = 0.0, cells = -1.0;
    for (const auto& [cell, count] : wanted) {
      const double mean = count * draws / static_cast<double>(all.size());
      const auto at = found.find(cell);
      const double difference = (at == found.end() ? 0.0 : at->second) - mean;
      chi += difference * difference / mean;
      cells += 1.0;
    }
    return (chi - cells) / std::sqrt(2.0 * cells);
  };
  CHECK(std::abs(z_of_chi_square(expected, seen)) < 4.0);
  CHECK(std::abs(z_of_chi_square(expected_fine, seen_fine)) < 4.5);
}
