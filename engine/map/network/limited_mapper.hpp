// The best mappings of networks within limits on what they cost together, with a proof.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <dovetail/accelerators/evaluation.hpp>
#include <dovetail/engine/map/network/network_choice.hpp>

namespace dovetail {

/// A layer with the mappings known of it.
struct LimitedLayer {
  Layer layer;
  MappingRules rules;
  std::vector<Mapping> known;  ///< legal
};

struct LimitedMapRequest {
  std::vector<LimitedLayer> layers;
  std::vector<NetworkUses> networks;
  NetworkGoal goal;
  Architecture architecture;
  Bypass bypass = Bypass::search;
  /// > 0: only what is below it is wanted: the search ends once the bound shows that nothing is.
  double cutoff = 0.0;
  bool prove = true;                  ///< false: only proofs that take no longer than the look for a choice
  std::optional<double> memory_mb;    ///< of each layer's proofs
  std::size_t first_labels = 20'000;  ///< of a keep set's front that is completed at first sight
  std::function<bool()> stop;         ///< polled from any thread; true ends it
  int threads = 1;
};

/// A mapping of a layer with what the loop model says of it.
struct LimitedMapping {
  Mapping mapping;
  Evaluation evaluation;
};

struct LimitedMapResult {
  std::vector<std::vector<LimitedMapping>> mappings;  ///< per network and use; empty where a layer has none
  NetworkChoice choice;                               ///< kept, or else the one found that exceeds the limits least
  /// Of the objective within the limits, and at most the choice's where that keeps them. Infinite: proven that no
  /// choice keeps the limits; at least the cutoff: that none below it does.
  double lower_bound = 0.0;
  std::int64_t evaluations = 0, labels = 0;
};

/// First a quick look at every layer's front, which is the whole of it for small layers. Then, where a proof is wanted,
/// as map_network does it: prices at which the layers together are proven, where the bound within the limits is least.
/// What that leaves between the bound and the best choice are sums that no price finds. They are made of mappings close
/// to the line of a price: those within what is left are listed for every layer, and their sums are searched
/// (see merge_fronts).
LimitedMapResult map_within(const LimitedMapRequest& request);

}  // namespace dovetail
