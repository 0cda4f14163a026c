// From what layers cost to what networks are worth together: sums, weights, and one objective.
#pragma once

#include <utility>
#include <vector>

#include <dovetail/engine/bound/unavoidable_cost.hpp>
#include <dovetail/engine/codesign/candidate/candidate.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/map/network/network_choice.hpp>

namespace dovetail {

/// Costs and bounds are per layer of a set, of one occurrence.
class NetworkSum {
 public:
  NetworkSum() = default;
  NetworkSum(MappingObjective objective, bool worst) : objective_(objective), worst_(worst) {}

  const MappingObjective& objective() const { return objective_; }
  bool worst() const { return worst_; }

  /// The next network's weighted objective joins those so far: their sum, or the largest.
  double add(double so_far, double weighted) const;
  /// The objective of the networks together, their layers at these costs (of layers, or bounds of them).
  double together(const NetworkSet& work, const std::vector<CompulsoryCost>& costs) const;
  /// A lower bound of it from lower bounds of the layers' own objectives. Hoelder:
  /// (sum E)^a (sum c)^b >= (sum (E^a c^b)^(1 / (a + b)))^(a + b).
  double bound(const NetworkSet& work, const std::vector<double>& layers) const;
  /// What one layer adds to the sum inside the bound.
  double root(std::int64_t count, double objective) const;
  /// The bound of a network from that sum.
  double from_roots(double sum) const;
  /// Weighted sums of energy and cycles.
  CompulsoryCost sums(const NetworkSet& work, const std::vector<CompulsoryCost>& costs) const;
  /// Layers that take at least this share of the energy or of the cycles.
  std::vector<char> weighty(const NetworkSet& work, const std::vector<CompulsoryCost>& costs, double share) const;
  /// The layers, those with the largest share of energy and cycles first, and how many of them have half of both.
  std::pair<std::vector<std::size_t>, std::size_t> heaviest(const NetworkSet& work,
                                                            const std::vector<CompulsoryCost>& costs) const;
  /// The networks as choices of mappings see them.
  std::vector<NetworkUses> uses(const NetworkSet& work) const;

 private:
  MappingObjective objective_;
  bool worst_ = false;
};

}  // namespace dovetail
