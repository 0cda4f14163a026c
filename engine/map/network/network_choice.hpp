// One mapping for every layer of every network, within limits on what all cost together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <dovetail/engine/map/network/merged_front.hpp>

namespace dovetail {

/// `count` occurrences of a layer, given by its position in a list of fronts.
struct LayerUse {
  std::size_t layer = 0;
  double count = 1.0;
};

struct NetworkUses {
  double weight = 1.0;
  std::vector<LayerUse> uses;
};

/// How objectives of networks become one: weighted, added up or the largest of them.
struct NetworkGoal {
  MappingObjective objective;
  bool worst = false;
  SumLimits limits;
  double add(double so_far, double weighted) const;
};

/// Which point each use of each network takes.
struct NetworkChoice {
  std::vector<std::vector<std::uint32_t>> points;  ///< per network and use
  CostPoint sums{};                                ///< weighted, over the networks
  double objective = 0.0;
  double violation = 0.0;  ///< of the limits; <= 0: kept
  bool found = false;      ///< false: a layer has no point
  bool complete = false;   ///< no other choice of these points that is below `best` and keeps the limits is better
  bool kept() const { return found && violation <= 0.0; }
};

/// The least objective within the limits; where none keeps them, the choice that exceeds them least. Networks are at
/// points of their own fronts: with limits that more energy or cycles would help to keep (power, limits from below) no
/// network is mapped worse on purpose. `best` > 0: only what is below it is wanted.
NetworkChoice choose_points(std::span<const std::vector<CostPoint>> fronts, std::span<const NetworkUses> networks,
                            const NetworkGoal& goal, double best = 0.0);

/// What the other networks leave to one of them.
struct NetworkShare {
  NetworkPart share;  ///< the others at their least energy and cycles
  double most = 0.0;  ///< its own objective where the total is `best`
  SumLimits limits;   ///< without power, which more cycles of the others may help to keep
};
/// `least` and `objectives` are lower bounds per network of its (energy, cycles) and objective.
NetworkShare share_of(std::size_t network, std::span<const NetworkUses> networks, const NetworkGoal& goal, double best,
                      std::span<const CostPoint> least, std::span<const double> objectives);

}  // namespace dovetail
