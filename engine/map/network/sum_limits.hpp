// Limits on what networks cost together: a region of sums of energy and cycles, and what is least inside it.
#pragma once

#include <functional>
#include <limits>
#include <span>

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// What a mapping, or a sum of mappings, costs.
struct CostPoint {
  double energy_pj = 0.0, cycles = 0.0;
};

/// What the weighted sums over all networks may be at most, and whether they are: `violation` decides, the numbers
/// rule out beforehand and may be larger than what it allows, never smaller.
struct SumLimits {
  double energy_pj = std::numeric_limits<double>::infinity();
  double cycles = std::numeric_limits<double>::infinity();
  double energy_times_cycles = std::numeric_limits<double>::infinity();
  double energy_per_cycle = std::numeric_limits<double>::infinity();  ///< pJ
  /// How far the worst limit is exceeded, as a share of it; <= 0: all hold.
  std::function<double(const CostPoint& sums)> violation;
  /// Whether a sum that is not larger in either never breaks more: not so for power, nor for limits from below.
  bool falling = true;
};

/// What one network adds to the sums: weight x its own + rest.
struct NetworkPart {
  double weight = 1.0;
  CostPoint rest{};
  CostPoint sums(const CostPoint& own) const {
    return {weight * own.energy_pj + rest.energy_pj, weight * own.cycles + rest.cycles};
  }
};

/// A convex curve that no point of a set lies below: corners by rising cycles and falling energy, straight up before
/// the first, level after the last.
using CostCurve = std::span<const CostPoint>;

/// The least objective of a region and where it is.
struct LeastPoint {
  double objective = std::numeric_limits<double>::infinity();
  CostPoint at{};
  double price = 0.0;  ///< energy over cycles of the straight piece that it lies inside of; 0: in a corner
};

/// The least objective on or above a curve within the limits; infinite where none of it is. An objective energy^a
/// cycles^b is quasi-concave, and so is energy x cycles: on each straight piece both are least at its ends, or where a
/// limit cuts it. Limits from below are left out, which can only lower the answer.
LeastPoint least_within(CostCurve curve, const MappingObjective& objective, const SumLimits& limits,
                        const NetworkPart& share);

/// The largest energy + price x cycles on or above a curve, within the limits and with an objective of at most `best`;
/// never too small, and infinite where nothing bounds it; -infinity where nothing is left. `most` limits the network's
/// own energy and cycles as well.
double most_within(CostCurve curve, const MappingObjective& objective, double best, const SumLimits& limits,
                   const NetworkPart& share, double price, const CostPoint& most);

}  // namespace dovetail
