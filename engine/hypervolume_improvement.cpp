// Staircases: fronts, their area and its expected growth.
#include <dovetail/engine/hypervolume_improvement.hpp>

#include <algorithm>
#include <cmath>
#include <dovetail/engine/expected_improvement.hpp>
#include <limits>

namespace dovetail {

std::vector<Objectives> pareto_front(std::vector<Objectives> points) {
  std::sort(points.begin(), points.end());
  std::vector<Objectives> front;
  for (const Objectives& point : points)
    if (front.empty() || point[1] < front.back()[1]) front.push_back(point);
  return front;
}

double hypervolume(const std::vector<Objectives>& front, const Objectives& reference) {
  double area = 0.0, height = reference[1];
  for (const Objectives& point : front) {
    if (point[0] >= reference[0] || point[1] >= height) continue;
    area += (reference[0] - point[0]) * (height - point[1]);
    height = point[1];
  }
  return area;
}

double log_hypervolume_improvement(const Objectives& mean, const Objectives& variance,
                                   const std::vector<Objectives>& front, const Objectives& reference) {
  constexpr double none = -std::numeric_limits<double>::infinity();
  double total = none, before = none, height = reference[1];
  const auto add_strip = [&](double right) {
    const double here = log_expected_improvement(mean[0], variance[0], right);
    // log(exp(here) - exp(before)), then log(exp(total) + exp(strip)).
    const double width = here > before ? here + std::log1p(-std::exp(before - here)) : none;
    const double strip = width + log_expected_improvement(mean[1], variance[1], height);
    if (strip > none) {
      const double high = std::max(total, strip), low = std::min(total, strip);
      total = high + std::log1p(std::exp(low - high));
    }
    before = here;
  };
  for (const Objectives& point : front) {
    if (point[0] >= reference[0]) break;
    if (point[1] >= height) continue;
    add_strip(point[0]);
    height = point[1];
  }
  add_strip(reference[0]);
  return total;
}

}  // namespace dovetail
