// What a schedule cannot exceed the makespan with: cycles on each machine, and those along one chain of layers of each
// network.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <dovetail/engine/place/placement.hpp>
#include <dovetail/engine/place/placement_graph.hpp>

namespace dovetail::detail {

/// Layers of a chain run one after the other wherever they are. A price per machine, then per chain.
struct PlacementResources {
  const PlacementProblem& problem;
  std::vector<int> chain;  ///< of a layer; -1: of none
  std::size_t chains = 0;

  explicit PlacementResources(const PlacementProblem& of) : problem(of), chain(of.layers.size(), -1) {}
  std::size_t count() const { return problem.machines + chains; }
  double chain_price(const std::vector<double>& price, std::size_t layer) const {
    return chain[layer] < 0 ? 0.0 : price[problem.machines + static_cast<std::size_t>(chain[layer])];
  }

  /// The longest chain of every network, by its layers on their fastest machines.
  void add_chains(const PlacementGraph& graph);

  /// Sum over layers of the least of (energy x weight + prices of the machine and the chain x cycles); the cycles that
  /// the choices put on each resource are a supergradient in the prices.
  double priced(const std::vector<double>& price, double energy_weight, std::vector<double>& load) const;
};

/// Shares of the resources, summing to one, with the largest sum of the least share x cycles (the dual of the
/// fractional assignment of layers to machines): multiplicative updates towards the loaded ones. Every iterate is a
/// bound.
std::pair<double, std::vector<double>> load_bound(const PlacementResources& resources);

}  // namespace dovetail::detail
