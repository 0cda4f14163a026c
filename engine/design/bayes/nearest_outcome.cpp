// Two nearest neighbours and their ratio.
#include <dovetail/engine/design/bayes/nearest_outcome.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dovetail {
namespace {

double nearest_square(const std::vector<std::vector<double>>& others, std::span<const double> features) {
  double least = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& other : others) {
    double square = 0.0;
    for (std::size_t j = 0; j < features.size(); ++j) square += (features[j] - other[j]) * (features[j] - other[j]);
    least = std::min(least, square);
  }
  return least;
}

}  // namespace

double NearestOutcome::log_success(std::span<const double> features) const {
  constexpr double closer = 1.5, smallest = 1e-14;
  if (failures_.empty()) return 0.0;
  const double ratio =
      closer * closer * nearest_square(successes_, features) / std::max(nearest_square(failures_, features), smallest);
  return -std::log1p(ratio * ratio);
}

}  // namespace dovetail
