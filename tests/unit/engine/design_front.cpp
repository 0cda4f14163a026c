// Fronts and hypervolumes against volumes on paper and a grid count.
#include <doctest/doctest.h>

#include <dovetail/engine/codesign/candidate/design_front.hpp>
#include <dovetail/engine/design/bayes/hypervolume_improvement.hpp>
#include <dovetail/spaces/space/random.hpp>

using namespace dovetail;

TEST_CASE("a front keeps what nothing dominates, once") {
  CHECK(non_dominated({{2, 2}, {1, 3}, {3, 1}, {2, 3}, {1, 3}}) == std::vector<std::size_t>{0, 1, 2});
  CHECK(non_dominated({}).empty());
}

TEST_CASE("volumes on paper") {
  CHECK(dominated_volume({{0.25}}, {1}) == doctest::Approx(0.75));
  CHECK(dominated_volume({{0, 0}}, {1, 2}) == doctest::Approx(2));
  CHECK(dominated_volume({{0, 1}, {1, 0}}, {2, 2}) == doctest::Approx(3));
  // Two boxes 2 x 1 x 1 and 1 x 2 x 1 that share the unit cube.
  CHECK(dominated_volume({{0, 1, 1}, {1, 0, 1}}, {2, 2, 2}) == doctest::Approx(3));
  CHECK(dominated_volume({{3, 0, 0}}, {2, 2, 2}) == 0);
}

TEST_CASE("two objectives agree with the staircase, three with a grid") {
  Random random(5, {});
  for (int round = 0; round < 20; ++round) {
    std::vector<std::vector<double>> flat, solid;
    std::vector<Objectives> pairs;
    for (int i = 0; i < 12; ++i) {
      const double a = random.uniform(), b = random.uniform();
      flat.push_back({a, b});
      pairs.push_back({a, b});
      const auto step = [&] { return static_cast<double>(random.below(8)); };
      solid.push_back({step(), step(), step()});
    }
    CHECK(dominated_volume(flat, {1, 1}) == doctest::Approx(hypervolume(pareto_front(pairs), {1, 1})));
    int cells = 0;
    for (int x = 0; x < 8; ++x)
      for (int y = 0; y < 8; ++y)
        for (int z = 0; z < 8; ++z) {
          bool covered = false;
          for (const auto& point : solid) covered = covered || (point[0] <= x && point[1] <= y && point[2] <= z);
          cells += covered ? 1 : 0;
        }
    CHECK(dominated_volume(solid, {8, 8, 8}) == doctest::Approx(cells));
  }
}
