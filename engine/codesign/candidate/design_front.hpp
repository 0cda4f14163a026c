// Fronts of any number of objectives, and the volume that they dominate.
#pragma once

#include <cstddef>
#include <vector>

namespace dovetail {

/// Positions of the points that no other point dominates (at most as large everywhere, smaller somewhere), in the order
/// of the points; of equal points the first. All objectives are made small.
std::vector<std::size_t> non_dominated(const std::vector<std::vector<double>>& points);

/// The volume between the points and a reference: the measure of what some point dominates and what itself dominates
/// the reference. Points beyond the reference in any objective add nothing. By slices along the last objective (While
/// et al., "A Faster Algorithm for Calculating Hypervolume", IEEE TEC 10, 2006): meant for fronts of some hundred
/// points.
double dominated_volume(const std::vector<std::vector<double>>& points, const std::vector<double>& reference);

}  // namespace dovetail
