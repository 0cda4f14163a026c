// Expected hypervolume improvement for two and three objectives, in the log.
#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace dovetail {

/// One vector of two objectives, both minimised.
using Objectives = std::array<double, 2>;

/// The non-dominated points, ascending in the first objective.
std::vector<Objectives> pareto_front(std::vector<Objectives> points);

/// Area dominated by the front and bounded by the reference point.
double hypervolume(const std::vector<Objectives>& front, const Objectives& reference);

/// log E[increase of the hypervolume] for independent normal objectives. With the front f_1 < ... < f_n (ascending in
/// the first objective), a_i its first objectives, a_{n+1} the reference's, and h_i the height of the staircase left of
/// a_i:
///
///     EHVI = sum_i (EI_1(a_i) - EI_1(a_{i-1})) EI_2(h_i),   EI_k(b) = E[max(0, b - f_k)],  EI_1(a_0) = 0
///
/// exact and O(n), after Emmerich et al. 2011 and Yang et al. 2019; log form as in Ament et al., NeurIPS 2023
/// (LogEHVI).
double log_hypervolume_improvement(const Objectives& mean, const Objectives& variance,
                                   const std::vector<Objectives>& front, const Objectives& reference);

/// The same for three objectives. Between two heights z of the front in the third objective, what is dominated has the
/// section of the points up to there, so that with z_1 < ... < z_m, z_{m+1} the reference's and no point below z_1
///
///     EHVI = sum_{k = 0..m} (EI_3(z_{k+1}) - EI_3(z_k)) EHVI_12(points with third objective <= z_k),   EI_3(z_0) = 0
///
/// O(m) improvements of one objective and O(m^2) products.
class Slabs {
 public:
  using Point = std::array<double, 3>;
  Slabs(std::vector<Point> points, const Point& reference);
  double log_improvement(const Point& mean, const Point& variance) const;

 private:
  struct Slab {
    std::size_t top = 0;                                      // in the third of edges_
    std::vector<std::pair<std::size_t, std::size_t>> strips;  // right edge and height, in the others
  };
  std::array<std::vector<double>, 3> edges_;  // ascending
  std::vector<Slab> slabs_;
};

}  // namespace dovetail
