// The best mappings of a whole network: the energy-delay product of sums is not the sum of products.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// A layer that occurs `count` times; rules may depend on the layer.
struct NetworkMapLayer {
  Layer layer;
  std::int64_t count = 1;
  MappingRules rules;
  std::optional<Mapping> known{};  ///< a legal mapping to start from
};

struct NetworkMapRequest {
  std::vector<NetworkMapLayer> layers;
  Architecture architecture;
  MappingObjective objective;  ///< of the sums: (sum energy)^a (sum cycles)^b
  Bypass bypass = Bypass::search;
  double gap = 0.0;
  std::optional<double> time_s;
  std::optional<double> memory_mb;
  std::function<bool()> stop;  ///< as of a MapRequest
  /// > 0: a network that is not better needs no proof: stop once the bound shows that it is not. With objectives of
  /// energy or cycles alone it is not used.
  double cutoff = 0.0;
  int threads = 1;
};

/// energy_pj and cycles are sums over the layers with their counts. layers[i].mapping is the choice for layer i, which
/// need not be the optimum of the layer alone; layers[i].lower_bound bounds the layer alone.
struct NetworkMapResult {
  std::vector<MapResult> layers;
  double energy_pj = 0.0, cycles = 0.0, objective = 0.0, lower_bound = 0.0;
  bool feasible = false, proven = false;
  std::int64_t evaluations = 0;
  std::int64_t labels = 0;  ///< of the exact searches: their effort
  std::size_t prices = 0;   ///< at which the layers were asked
  double seconds = 0.0;
  double gap() const { return objective > 0.0 ? (objective - lower_bound) / objective : 0.0; }
};

/// For energy alone or cycles alone the layers are independent. Any other objective of the sums is quasi-concave, so
/// its optimum is an extreme point of the convex hull of all sums, and those are sums of mappings with the least energy
/// + price x cycles of each layer, for some price (the supported points of multi-objective combinatorial optimization;
/// Aneja & Nair, "Bicriteria transportation problem", 1979). Prices are chosen where the lines known so far leave the
/// least corner; the search ends, proven, when no corner is below the best sum. With a cutoff, lines need not be higher
/// than those through the best known sum, shrunk to the cutoff: what it has to spare lets layers go with less search,
/// or none.
NetworkMapResult map_network(const NetworkMapRequest& request);

}  // namespace dovetail
