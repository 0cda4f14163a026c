// Points brought into a trust region: near ones stay, far ones come to its edge, discrete ones keep one step.
#include <doctest/doctest.h>

#include <cmath>

#include <dovetail/engine/design/points/point_moves.hpp>

using namespace dovetail;

TEST_CASE("confined points are within reach of the centre, and in the space") {
  const Space space({{"x", RealRange{-5.0, 10.0, false}},
                     {"y", RealRange{1e-3, 10.0, true}},
                     {"n", IntegerRange{2, 40, 2, false}},
                     {"p", IntegerRange{1, 1024, 1, true}},
                     {"o", OrdinalValues{{1.0, 2.0, 4.0, 8.0, 16.0}}},
                     {"c", CategoricalValues{{"a", "b", "c"}}}},
                    {});
  Random random(1, {2});
  for (int i = 0; i < 2000; ++i) {
    const Point centre = *space.sample(random), far = *space.sample(random);
    const double length = std::exp2(-6.0 * random.uniform());
    Point point = far;
    REQUIRE(confine(space, centre, length, point));
    CHECK(space.contains(point));
    const auto apart = [&](std::size_t k) { return std::abs(point.numbers[k] - centre.numbers[k]); };
    CHECK(apart(0) <= 0.5 * length * 15.0 * (1.0 + 1e-12));
    CHECK(std::abs(std::log(point.numbers[1] / centre.numbers[1])) <= 0.5 * length * std::log(1e4) + 1e-9);
    CHECK(apart(2) <= std::max(2.0, 0.5 * length * 38.0));
    CHECK(apart(4) <= std::max(1.0, 0.5 * length * 4.0));
    CHECK(point.numbers[5] == far.numbers[5]);
    Point again = point;
    CHECK(confine(space, centre, length, again));
    CHECK(again == point);
    // A point that is near already does not move.
    Point near = centre;
    CHECK(confine(space, centre, length, near));
    CHECK(near == centre);
  }
}
