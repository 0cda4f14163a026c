// How much of a space each known point stands for.
#pragma once

#include <vector>

#include <dovetail/engine/design/points/coordinates.hpp>

namespace dovetail {

/// Shares of the feasible space that lie nearer to each of a growing list of points than to the others (volumes of
/// Voronoi cells), by draws from the space. A study visits what it likes, so averages over its outcomes with these
/// weights speak of the space, without them of the study (covariate shift: Sugiyama et al., JMLR 8, 2007).
class CellVolumes {
 public:
  explicit CellVolumes(const PointFeatures& features) : features_(features) {}

  /// One share per row, summing to 1; earlier rows must be those of the last call. O(draws) per new row.
  std::vector<double> shares(const Matrix& rows);

 private:
  const PointFeatures& features_;
  Matrix draws_;
  std::vector<double> distance_;
  std::vector<std::size_t> nearest_;
  std::size_t seen_ = 0;
};

}  // namespace dovetail
