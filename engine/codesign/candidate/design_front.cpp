// Dominance and hypervolume by slices (see the header).
#include <dovetail/engine/codesign/candidate/design_front.hpp>

#include <algorithm>

namespace dovetail {
namespace {

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t k = 0; k < a.size(); ++k)
    if (a[k] > b[k]) return false;
  return a != b;
}

// Of the first `dimensions` objectives; every point is below the reference there.
double volume(std::vector<std::vector<double>> points, const std::vector<double>& reference, std::size_t dimensions) {
  if (points.empty()) return 0.0;
  const std::size_t last = dimensions - 1;
  std::sort(points.begin(), points.end(),
            [&](const auto& a, const auto& b) { return a[last] != b[last] ? a[last] < b[last] : a < b; });
  if (dimensions == 1) return reference[0] - points.front()[0];
  double total = 0.0;
  std::vector<std::vector<double>> below;
  for (std::size_t i = 0; i < points.size(); ++i) {
    below.push_back(points[i]);
    const double next = i + 1 < points.size() ? points[i + 1][last] : reference[last];
    const double height = next - points[i][last];
    if (height > 0.0) total += height * volume(below, reference, last);
  }
  return total;
}

}  // namespace

std::vector<std::size_t> non_dominated(const std::vector<std::vector<double>>& points) {
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < points.size(); ++i) {
    bool kept = true;
    for (std::size_t j = 0; j < points.size() && kept; ++j)
      kept = !dominates(points[j], points[i]) && !(j < i && points[j] == points[i]);
    if (kept) front.push_back(i);
  }
  return front;
}

double dominated_volume(const std::vector<std::vector<double>>& points, const std::vector<double>& reference) {
  std::vector<std::vector<double>> inside;
  for (const std::size_t i : non_dominated(points)) {
    bool below = true;
    for (std::size_t k = 0; k < reference.size(); ++k) below = below && points[i][k] < reference[k];
    if (below) inside.push_back(points[i]);
  }
  return reference.empty() ? 0.0 : volume(std::move(inside), reference, reference.size());
}

}  // namespace dovetail
