// Success told by the distances to two outcomes.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <dovetail/engine/design/bayes/nearest_outcome.hpp>

using namespace dovetail;

namespace {

double probability(const NearestOutcome& nearest, double x, double y = 0.0) {
  return std::exp(nearest.log_success(std::vector<double>{x, y}));
}

}  // namespace

TEST_CASE("between a success and a failure it is one half at two fifths of the way, whatever the distance") {
  for (const double length : {1.0, 1e-3}) {
    NearestOutcome nearest;
    nearest.add(std::vector<double>{0.0, 0.0}, true);
    CHECK(probability(nearest, 0.7) == 1.0);  // nothing failed yet
    nearest.add(std::vector<double>{length, 0.0}, false);
    CHECK(probability(nearest, 0.0) == 1.0);
    CHECK(probability(nearest, 0.4 * length) == doctest::Approx(0.5));
    CHECK(probability(nearest, 0.5 * length) == doctest::Approx(1.0 / (1.0 + std::pow(1.5, 4))));
    CHECK(probability(nearest, length) < 1e-6);
    CHECK(probability(nearest, -0.5 * length) == doctest::Approx(1.0 / (1.0 + std::pow(0.5, 4))));  // away from it
  }
}

TEST_CASE("of several outcomes the nearest count, and without a success nothing succeeds") {
  NearestOutcome nearest;
  nearest.add(std::vector<double>{1.0, 0.0}, false);
  CHECK(nearest.log_success(std::vector<double>{0.5, 0.0}) < -1e3);
  nearest.add(std::vector<double>{0.0, 0.0}, true);
  const double before = probability(nearest, 0.3, 0.3);
  nearest.add(std::vector<double>{0.3, 0.25}, true);
  CHECK(probability(nearest, 0.3, 0.3) > before);
  nearest.add(std::vector<double>{0.3, 0.31}, false);
  CHECK(probability(nearest, 0.3, 0.3) < before);
}
