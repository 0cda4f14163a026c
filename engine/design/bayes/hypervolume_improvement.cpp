// Staircases: fronts, their area and its expected growth.
#include <dovetail/engine/design/bayes/hypervolume_improvement.hpp>

#include <algorithm>
#include <cmath>
#include <dovetail/engine/design/bayes/expected_improvement.hpp>
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

Slabs::Slabs(std::vector<Point> points, const Point& reference) {
  std::erase_if(points, [&](const Point& point) {
    return point[0] >= reference[0] || point[1] >= reference[1] || point[2] >= reference[2];
  });
  for (std::size_t k = 0; k < 3; ++k) {
    for (const Point& point : points) edges_[k].push_back(point[k]);
    edges_[k].push_back(reference[k]);
    std::sort(edges_[k].begin(), edges_[k].end());
    edges_[k].erase(std::unique(edges_[k].begin(), edges_[k].end()), edges_[k].end());
  }
  const auto place = [&](std::size_t k, double value) {
    return static_cast<std::size_t>(std::lower_bound(edges_[k].begin(), edges_[k].end(), value) - edges_[k].begin());
  };
  for (std::size_t top = 0; top < edges_[2].size(); ++top) {
    std::vector<Objectives> below;
    for (const Point& point : points)
      if (point[2] < edges_[2][top]) below.push_back({point[0], point[1]});
    Slab slab{top, {}};
    std::size_t height = edges_[1].size() - 1;
    for (const Objectives& point : pareto_front(std::move(below))) {
      slab.strips.emplace_back(place(0, point[0]), height);
      height = place(1, point[1]);
    }
    slab.strips.emplace_back(edges_[0].size() - 1, height);
    slabs_.push_back(std::move(slab));
  }
}

double Slabs::log_improvement(const Point& mean, const Point& variance) const {
  // Improvements of one objective over every edge, as shares of the largest.
  std::array<std::vector<double>, 3> shares;
  double scale = 0.0;
  for (std::size_t k = 0; k < 3; ++k) {
    const double largest = log_expected_improvement(mean[k], variance[k], edges_[k].back());
    scale += largest;
    for (const double edge : edges_[k])
      shares[k].push_back(std::exp(log_expected_improvement(mean[k], variance[k], edge) - largest));
  }
  double total = 0.0, beneath = 0.0;
  for (const Slab& slab : slabs_) {
    double area = 0.0, before = 0.0;
    for (const auto& [right, height] : slab.strips) {
      area += (shares[0][right] - before) * shares[1][height];
      before = shares[0][right];
    }
    total += (shares[2][slab.top] - beneath) * area;
    beneath = shares[2][slab.top];
  }
  return scale + std::log(std::max(total, 0.0));
}

}  // namespace dovetail
