// Finding the feasible point that an acquisition likes best.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <dovetail/engine/design/points/coordinates.hpp>

namespace dovetail {

/// What is searched. Candidates are feasible by the space's own knowledge; `fresh` says which were never tried.
struct AcquisitionProblem {
  const Space& space;
  const PointFeatures& features;
  std::function<std::vector<double>(std::span<const Point>, const Matrix& features)> score;      ///< larger is better
  std::function<double(std::span<const double> features, std::span<double> gradient)> gradient;  ///< may be empty
  std::function<bool(const Point&)> fresh;
  /// May be empty, as in DesignerContext: points where most draws of the space are not fresh, candidates around the
  /// incumbents that the study knows of, and the point that stands for equal ones.
  std::function<std::optional<Point>(Random&)> draw = {};
  std::function<std::vector<Point>(std::span<const Point>, Random&)> moves = {};
  std::function<void(Point&)> settle = {};
};

/// A part of the space: points that differ from `centre` in ordered numbers by at most length / 2 of their range and in
/// about `changes` parameters.
struct SearchRegion {
  Point centre;
  double length = 1.0;
  double probability = 1.0;  ///< that a parameter differs from the centre
  bool strict = false;       ///< climbs may not leave it either
};

struct AcquisitionSearch {
  int samples = 400;  ///< uniform feasible draws (or draws from the region)
  int starts = 6;     ///< of the climbs, the best candidates
  int rounds = 12;    ///< of a climb over neighbours
  bool neighbours = true, gradient = true;
  std::optional<SearchRegion> region;
};

/// The best fresh point found: draws and moves of the incumbents, then climbs over feasible neighbours and random moves
/// of shrinking size from the best, then L-BFGS on the real coordinates, kept inside the known constraints by
/// bisection. None when every candidate was tried before.
std::optional<Point> maximise_acquisition(const AcquisitionProblem& problem, std::span<const Point> incumbents,
                                          const AcquisitionSearch& search, Random& random);

}  // namespace dovetail
