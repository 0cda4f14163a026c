// A part of a space: every number of a point between two ends.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// The ends of every number, in the order of a point and as points store them (ordinals and categories: positions).
struct Box {
  std::vector<double> low, high;
  bool operator==(const Box&) const = default;
};

/// The box of a whole space; none when a parameter takes several numbers (permutations, factorizations).
std::optional<Box> whole_box(const Space& space);

/// How many values a number of the box may take; infinity for a real one.
double choices(const Space& space, const Box& box, int parameter);

/// Bounds of what expressions see of every number.
std::vector<Interval> intervals(const Space& space, const Box& box);

/// Cuts off ends in which interval bounds exclude a constraint, until none can be. False: no point of the box is
/// feasible. All feasible points of the box stay in it.
bool shrink(const Space& space, Box& box);

/// Both halves of the box along a parameter of at least two choices.
std::pair<Box, Box> halves(const Space& space, const Box& box, int parameter);

}  // namespace dovetail
