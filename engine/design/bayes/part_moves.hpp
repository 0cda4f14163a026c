// Candidates of an objective that is a sum: the best of each part by itself, joined.
#pragma once

#include <span>
#include <vector>

#include <dovetail/engine/design/bayes/belief.hpp>
#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// Of `pool` and draws of the space, per part the two dozen predicted to be best of it alone, and of each two parts
/// that follow each other all pairs of these; what belongs to neither is as in `base`. From one good point to the next
/// under common limits, one part often has to become cheaper and another dearer at once. Some points may break
/// constraints.
std::vector<Point> joined_parts(const Space& space, const PointFeatures& features, const Belief& belief,
                                std::span<const ObjectivePart> parts, std::vector<Point> pool, const Point& base,
                                Random& random);

}  // namespace dovetail
