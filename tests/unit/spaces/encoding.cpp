// Do encoded coordinates lie in [0, 1], keep distances that make sense, and lead back to the point?
#include <doctest/doctest.h>

#include <cmath>

#include "spaces_examples.hpp"

#include <dovetail/spaces/space/encoding.hpp>

using namespace dovetail;

namespace {

Space everything() {
  return Space({{"lr", RealRange{1e-4, 1, true}},
                {"x", RealRange{-1, 3, false}},
                {"n", IntegerRange{4, 20, 4, false}},
                {"m", IntegerRange{1, 64, 1, true}},
                {"pe", powers_of_two(0, 4)},
                {"even", OrdinalValues{{10, 20, 30}}},
                {"flow", CategoricalValues{{"ws", "os", "rs"}}},
                {"order", PermutationItems{{"K", "C", "P"}}},
                {"C", Factorization{16, {"in", "out"}}}},
               {});
}

}  // namespace

TEST_CASE("coordinates are shares of a range, logarithmic where apt") {
  const Encoding encoding(everything());
  CHECK(encoding.size() == 12);
  const std::vector<double> x = encoding(Point{{0.01, 1, 12, 8, 1, 1, 2, 2, 0, 1, 4, 4}});
  const std::vector<double> expected{0.5, 0.5, 0.5, 0.5, 0.25, 0.5, 1, 1, 0, 0.5, 0.5, 0.5};
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == doctest::Approx(expected[i]));
  CHECK(encoding.coordinates()[4].log);
  CHECK_FALSE(encoding.coordinates()[5].log);
  CHECK(encoding.coordinates()[7].name == "order.K");
  CHECK(encoding.coordinates()[10].name == "C.in");
  CHECK_THROWS_AS(encoding(Point{{1}}), std::invalid_argument);
}

TEST_CASE("one-hot gives a bit per category") {
  const Encoding encoding(everything(), CategoryCode::one_hot);
  CHECK(encoding.size() == 14);
  const std::vector<double> x = encoding(Point{{0.01, 1, 12, 8, 1, 1, 2, 2, 0, 1, 4, 4}});
  CHECK(x[6] == 0);
  CHECK(x[7] == 0);
  CHECK(x[8] == 1);
  CHECK(encoding.coordinates()[8].name == "flow=rs");
}

TEST_CASE("placing a point's own coordinates changes nothing") {
  const Space space = everything();
  for (const CategoryCode code : {CategoryCode::code, CategoryCode::one_hot}) {
    const Encoding encoding(space, code);
    Random random(5);
    for (int round = 0; round < 300; ++round) {
      const Point point = *space.sample(random);
      Point other = *space.sample(random);
      const std::vector<double> x = encoding(point);
      for (int i = 0; i < encoding.size(); ++i) {
        REQUIRE(x[static_cast<std::size_t>(i)] >= 0.0);
        REQUIRE(x[static_cast<std::size_t>(i)] <= 1.0);
        encoding.place(other, i, x[static_cast<std::size_t>(i)]);
      }
      REQUIRE(space.contains(other));
      for (std::size_t i = 0; i < 7; ++i) REQUIRE(other.numbers[i] == doctest::Approx(point.numbers[i]));
    }
  }
}
