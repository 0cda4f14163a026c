// Random moves of a point, small or large, within the domains and the known constraints.
#pragma once

#include <optional>

#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// How far a move goes: every parameter moves with this probability (at least one does); numbers by a normal step of
/// `scale` times their range (at least one step of a discrete one); unordered choices change at random; permutations
/// swap two items; factorizations move a prime factor.
struct MoveSize {
  double probability = 0.3;
  double scale = 0.1;
};

/// A feasible point unlike `point`, or none after a few tries.
std::optional<Point> random_move(const Space& space, const Point& point, const MoveSize& size, Random& random);

/// Brings a point's ordered numbers to within `length` / 2 of their range from those of `centre`, but leaves a discrete
/// one at least one step; false when the known constraints forbid that.
bool confine(const Space& space, const Point& centre, double length, Point& point);

}  // namespace dovetail
