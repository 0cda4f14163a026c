// Networks on machines of the loop model: every layer priced on every machine by its best mapping there.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/place/placement.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail {

/// A machine with what its mappings must keep to.
struct PlacementMachine {
  std::string name;
  Architecture architecture;
  std::function<MappingRules(const Layer&)> rules;  ///< empty: free
};

/// What one occurrence of a layer costs on a machine; infinite cycles where it has no mapping.
struct LayerCost {
  double cycles = 0.0, energy_pj = 0.0;
};

/// Networks by number, layers in their order, with repetitions; `cost` tells a layer's cost on a machine. Results pass
/// between machines through the outer memory, whose traffic is in the costs: transfers cost nothing more.
PlacementProblem placement_problem(std::span<const Network> networks, std::size_t machines,
                                   const std::function<LayerCost(const Layer&, std::size_t machine)>& cost);

struct PricedNetworks {
  PlacementProblem problem;  ///< networks by number, layers in their order, cycles and pJ with repetitions
  std::size_t shapes = 0;    ///< distinct layers, each mapped once per machine
};

/// Prices by `mapper` with the objective of a single layer.
PricedNetworks price_networks(std::span<const Network> networks, std::span<const PlacementMachine> machines,
                              const Mapper& mapper, const MapRequest& base, int threads);

}  // namespace dovetail
