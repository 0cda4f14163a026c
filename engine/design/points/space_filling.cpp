// Distances on a torus and the walk to the middle.
#include <dovetail/engine/design/points/space_filling.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dovetail {

double wrapped_distance(const PointFeatures& features, std::span<const double> left, std::span<const double> right) {
  double sum = 0.0;
  for (std::size_t j = 0; j < left.size(); ++j) sum += (left[j] - right[j]) * (left[j] - right[j]);
  for (const int column : features.ranges()) {
    const auto j = static_cast<std::size_t>(column);
    const double gap = std::abs(left[j] - right[j]), around = std::max(0.0, 1.0 - gap);
    if (around < gap) sum += around * around - gap * gap;
  }
  return std::sqrt(std::max(0.0, sum));
}

double eccentricity(const PointFeatures& features, std::span<const double> row) {
  double sum = 0.0;
  for (const int column : features.ranges()) sum += std::pow(row[static_cast<std::size_t>(column)] - 0.5, 2);
  return sum;
}

std::optional<Point> central_point(const PointFeatures& features, FreshPoints& points, Random& random) {
  constexpr int draws = 256, steps = 200, limit = 64;
  if (features.ranges().empty()) return std::nullopt;
  std::optional<Point> best;
  double least = std::numeric_limits<double>::infinity();
  const auto consider = [&](const Point& point) {
    const double here = eccentricity(features, features(point));
    if (here >= least - 1e-12) return false;
    least = here;
    best = point;
    return true;
  };
  for (int i = 0; i < draws; ++i) {
    const std::optional<Point> point = points.draw(random);
    if (!point) break;
    consider(*point);
  }
  bool moved = best.has_value();
  for (int i = 0; i < steps && moved; ++i) {
    moved = false;
    for (const Point& point : points.space().neighbours(*best, random, limit))
      if (!points.known(point)) moved = consider(point) || moved;
  }
  return best;
}

}  // namespace dovetail
