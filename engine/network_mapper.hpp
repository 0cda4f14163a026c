// The best mappings of a whole network: the energy-delay product of sums is not the sum of products.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/mapper.hpp>

namespace dovetail {

/// A layer that occurs `count` times; rules may depend on the layer.
struct NetworkMapLayer {
  Layer layer;
  std::int64_t count = 1;
  MappingRules rules;
};

struct NetworkMapRequest {
  std::vector<NetworkMapLayer> layers;
  Architecture architecture;
  MappingObjective objective;  ///< of the sums: (sum energy)^a (sum cycles)^b
  Bypass bypass = Bypass::search;
  double gap = 0.0;
  std::optional<double> time_s;
  std::optional<double> memory_mb;
  int threads = 1;
};

/// energy_pj and cycles are sums over the layers with their counts. layers[i].mapping is the choice for layer i, which
/// need not be the optimum of the layer alone; layers[i].lower_bound bounds the layer alone.
struct NetworkMapResult {
  std::vector<MapResult> layers;
  double energy_pj = 0.0, cycles = 0.0, objective = 0.0, lower_bound = 0.0;
  bool feasible = false, proven = false;
  std::int64_t evaluations = 0;
  std::size_t points = 0;  ///< of all layers' fronts together
  double seconds = 0.0;
  double gap() const { return objective > 0.0 ? (objective - lower_bound) / objective : 0.0; }
};

/// For energy alone or cycles alone the layers are independent. For EDP each layer is first solved alone; with
/// b_l = count_l sqrt(EDP_l), Cauchy-Schwarz gives (sum E)(sum C) >= (sum b_l)^2. A point (e, c) of layer l can occur
/// in a network better than the incumbent I only if (count_l sqrt(e c) + sum of the other b)^2 < I and
/// (count_l e + least energy of the others)(count_l c + least cycles of the others) < I. The layers' Pareto fronts
/// below these limits are merged, partial sums pruned by the same two bounds: exact, hence proven. Other powers are
/// answered by the layers' own optima with the bound of Hoelder's inequality.
NetworkMapResult map_network(const NetworkMapRequest& request);

}  // namespace dovetail
