// A space with some parameters held at values.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// One-number parameters by position: the number of a point (stored) that it keeps.
struct HeldParameter {
  int parameter = 0;
  double stored = 0.0;
};

/// The points of `space` that have these values. Permutations and factorizations stay free.
Space held_space(const Space& space, std::span<const HeldParameter> held);

/// The group of a parameter's name: what stands before its first dot; the whole name without one.
std::string group_of(const std::string& name);

}  // namespace dovetail
