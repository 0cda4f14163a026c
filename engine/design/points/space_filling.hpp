// Where to look while nothing is known: evenly, without a preference for the border, and at the middle first.
#pragma once

#include <optional>
#include <span>

#include <dovetail/engine/design/points/coordinates.hpp>
#include <dovetail/engine/design/points/fresh_points.hpp>

namespace dovetail {

/// Distance of two rows of features with the ends of every range joined (a torus): points far apart in this distance
/// fill the space evenly, whereas the plain distance sends them to the corners, where limits are violated most.
double wrapped_distance(const PointFeatures& features, std::span<const double> left, std::span<const double> right);

/// Sum over the ranges of the squared distance from their middle, each at most 1/4. Limits from either side (small
/// enough to fit, large enough to be of use) cut off the ends of ranges before their middles.
double eccentricity(const PointFeatures& features, std::span<const double> row);

/// The feasible point nearest to the middle of all ranges that draws and steps to neighbours find: the centre point of
/// response-surface designs (Box & Wilson 1951). None when the features have no ranges.
std::optional<Point> central_point(const PointFeatures& features, FreshPoints& points, Random& random);

}  // namespace dovetail
