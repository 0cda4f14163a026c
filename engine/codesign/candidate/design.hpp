// What one candidate is worth: its networks and layers at their mappings, with costs, objective and bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/evaluation.hpp>
#include <dovetail/engine/codesign/candidate/candidate.hpp>
#include <dovetail/engine/fuse/fused_limits.hpp>

namespace dovetail {

/// A layer of a network on one machine, at its best mapping; numbers are those of one occurrence.
struct MappedLayer {
  std::string network;
  Layer layer;
  std::int64_t count = 1;  ///< occurrences in the network
  Mapping mapping;
  Evaluation evaluation;     ///< by the study's model
  double lower_bound = 0.0;  ///< of the layer's objective on this machine
  bool proven = false;
  std::int64_t evaluations = 0;
  /// Of the loop model's choice under the study's model, where another one decides.
  double screened_objective = 0.0;
};

/// A network on one machine: energy_pj = sum of count x energy, cycles = sum of count x cycles.
struct MappedNetwork {
  std::string name;
  double weight = 1.0;
  double energy_pj = 0.0;
  double cycles = 0.0;
  double objective = 0.0;
  double lower_bound = 0.0;  ///< over all mappings of all its layers on this machine
};

/// How a network runs where results may stay on chip, and what it was asked for.
struct FusedNetwork {
  FusedMapRequest request;
  FusedMapResult result;
  std::optional<FusedMapResult> unfused;  ///< the same layer by layer, of the designs that results show
  std::optional<FrontKnown> within;       ///< what is known of its schedules, where limits chose one
};

/// What one hardware point is worth.
struct DesignPoint {
  Point point;
  Architecture architecture;
  bool mapped = false;  ///< every layer has a mapping
  /// Given up because `lower_bound` is not below the incumbent. Its mappings, if `mapped`, are good but not proven
  /// best.
  bool pruned = false;
  bool excluded = false;  ///< proven: no mapping on this machine keeps the specs
  /// Of a design that is not feasible: no mapping, a spec that no mapping found keeps, a failed evaluator. Its
  /// mappings, if `mapped`, are those that break the specs least.
  std::string reason;
  std::vector<std::string> bound_by;  ///< metrics of the specs that its best mappings break and others keep
  double objective = 0.0;             ///< of a pruned design without mappings: its lower bound
  double lower_bound = 0.0;           ///< of the objective over all mappings on this machine
  double energy_pj = 0.0, cycles = 0.0, edp = 0.0;  ///< weighted sums over the networks
  double loop_objective = 0.0;  ///< of the loop model at its own best mappings, where another model decides
  double area_um2 = 0.0, power_mw = 0.0, latency_ms = 0.0;
  std::vector<MappedNetwork> networks;
  /// Where results may stay on chip: every run of a layer or of a band of it, in the order they run, `count` times
  /// each.
  std::vector<MappedLayer> layers;
  std::vector<std::shared_ptr<const FusedNetwork>> fused;  ///< per network, in such studies
  std::int64_t evaluations = 0;                            ///< of mappings
  std::int64_t labels = 0;                                 ///< effort of the proof for its networks

  bool feasible() const { return mapped && !pruned && reason.empty(); }
};

}  // namespace dovetail
