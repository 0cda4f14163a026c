// Even and central choices, by hand.
#include <doctest/doctest.h>

#include <cmath>

#include <dovetail/engine/design/points/space_filling.hpp>

using namespace dovetail;

TEST_CASE("the ends of ranges are neighbours, choices and features of the user's are not") {
  const Space space(
      {{"x", RealRange{0, 10, false}}, {"n", IntegerRange{0, 4, 1, false}}, {"kind", CategoricalValues{{"a", "b"}}}},
      {});
  const PointFeatures features(space);
  const auto row = [&](double x, double n, double kind) { return features(Point{{x, n, kind}}); };
  CHECK(wrapped_distance(features, row(1, 2, 0), row(9, 2, 0)) == doctest::Approx(0.2));
  CHECK(wrapped_distance(features, row(0, 0, 0), row(10, 4, 0)) == doctest::Approx(0.0));
  CHECK(wrapped_distance(features, row(2, 1, 0), row(5, 2, 0)) == doctest::Approx(std::hypot(0.3, 0.25)));
  CHECK(wrapped_distance(features, row(2, 1, 0), row(2, 1, 1)) > 0.5);
  CHECK(eccentricity(features, row(5, 2, 1)) == doctest::Approx(0.0));
  CHECK(eccentricity(features, row(0, 2, 0)) == doctest::Approx(0.25));

  const PointFeatures custom(space, [](const Point& point) { return std::vector<double>{point.numbers[0]}; });
  CHECK(wrapped_distance(custom, std::vector<double>{1.0}, std::vector<double>{9.0}) == doctest::Approx(8.0));
  FreshPoints points(space);
  Random random(1);
  CHECK_FALSE(central_point(custom, points, random).has_value());
}

TEST_CASE("the central point is feasible, fresh and nearest to the middle") {
  std::vector<Parameter> parameters{{"a", IntegerRange{0, 20, 1, false}}, {"b", IntegerRange{0, 20, 1, false}}};
  const Space space(parameters, {make_constraint("a + b <= 12", parameters)});
  const PointFeatures features(space);
  FreshPoints points(space);
  Random random(3);
  CHECK(*central_point(features, points, random) == Point{{6, 6}});
  points.remember(Point{{6, 6}});
  const Point next = *central_point(features, points, random);
  CHECK(eccentricity(features, features(next)) == doctest::Approx((9.0 + 25.0) / 400.0));
}
