// The front of a sum: one point of every layer's front, added up.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <dovetail/engine/map/network/sum_limits.hpp>

namespace dovetail {

/// The points of a layer's front, in any order, and how often it occurs.
struct FrontPart {
  double count = 1.0;
  std::vector<CostPoint> points;
};

/// A sum of count x point over the parts, added in their order, with the point chosen of each.
struct MergedPoint {
  CostPoint sum;
  std::vector<std::uint32_t> choice;
};

struct MergedFront {
  std::vector<MergedPoint> points;  ///< rising cycles, falling energy
  bool complete = true;             ///< false: more partial sums than were asked for, some were left out
};

/// What sums are wanted: those with an objective below `best`, of which the limits may still hold.
struct Wanted {
  MappingObjective objective;
  double best = std::numeric_limits<double>::infinity();
  SumLimits limits;
  NetworkPart share;
};

/// The sums that no other sum covers, as far as they are wanted (others may be among them). Layer by layer, as in
/// dynamic programming over stages: a partial sum that another covers, or that the rest cannot complete to what is
/// wanted, is dropped (two-phase method of multi-objective optimization; Ulungu & Teghem, 1995). At most `most` partial
/// sums are kept of a stage, evenly along the front.
MergedFront merge_fronts(std::span<const FrontPart> parts, const Wanted& wanted, std::size_t most);

/// The lower convex curve of all sums: `prices` of energy + price x cycles at which it is exact.
std::vector<CostPoint> sum_curve(std::span<const FrontPart> parts, std::span<const double> prices);

}  // namespace dovetail
