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

struct PricedNetworks {
  PlacementProblem problem;  ///< networks by number, layers in their order, cycles and pJ with repetitions
  std::size_t shapes = 0;    ///< distinct layers, each mapped once per machine
};

/// Prices by `mapper` with the objective of a single layer. Results pass between machines through the outer memory, whose
/// traffic is in the prices already: transfers cost nothing more. Infinite cycles where a layer has no mapping.
PricedNetworks price_networks(std::span<const Network> networks, std::span<const PlacementMachine> machines,
                              const Mapper& mapper, const MapRequest& base, int threads);

}  // namespace dovetail
