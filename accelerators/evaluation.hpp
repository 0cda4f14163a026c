// What an evaluator answers: cycles, energy and counts of a mapping, or the constraints that it breaks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dovetail {

/// A broken constraint of a design. An infeasible design is data, not an error.
struct Violation {
  std::string constraint;  ///< capacity, min_utilization, instances, mesh_x, mesh_y, factors, family rule, ...
  std::string level;       ///< empty when no level is concerned
  std::string tensor;      ///< tensor, or dimension for constraint "factors"; empty when none is concerned
  double needed = 0.0, available = 0.0;
  bool operator==(const Violation&) const = default;
};

/// Counts of one tensor at one level, in words per instance; a bypassed tensor has zeros.
struct TensorCounts {
  std::int64_t utilized_capacity = 0;  ///< words of the tile in one instance
  std::int64_t partition_size = 0;     ///< distinct words one instance ever holds
  std::int64_t utilized_instances = 0;
  std::int64_t reads = 0, fills = 0, updates = 0;
  std::int64_t temporal_reductions = 0;
  double energy_pj = 0.0;  ///< all instances
};

struct LevelEvaluation {
  std::int64_t cycles = 0;  ///< of this level alone
  double energy_pj = 0.0;   ///< all instances, leakage included, network excluded
  double leakage_energy_pj = 0.0;
  std::vector<TensorCounts> tensors;  ///< in the layer's order
};

/// A group of children that receive the same words: `words` injected by one instance of the outer level.
struct MulticastGroup {
  std::int64_t multicast = 1, scatter = 1;
  double words = 0.0;
};

/// Traffic of one tensor in the network under a level.
struct NetworkTensor {
  std::int64_t fanout = 1;
  std::vector<MulticastGroup> groups;
  double link_transfers = 0.0;
  double spatial_reductions = 0.0;
  double average_hops = 0.0;
  double energy_pj = 0.0;  ///< of one instance of the outer level, link transfers excluded
};

struct NetworkEvaluation {
  std::string name;  ///< "GlobalBuffer <==> Spad"
  std::vector<NetworkTensor> tensors;
  double energy_pj = 0.0;  ///< all instances and tensors, link transfers included
};

/// The answer of an evaluator. Exactly: energy_pj = compute_energy_pj + sum of level energies + sum of network
/// energies. When `violations` is not empty the design is invalid and every other number is meaningless.
struct Evaluation {
  std::vector<Violation> violations;
  std::int64_t macs = 0;
  std::int64_t compute_cycles = 0;  ///< without any stall
  std::int64_t cycles = 0;
  double energy_pj = 0.0;
  double compute_energy_pj = 0.0;
  double area_um2 = 0.0;
  double utilization = 0.0;                 ///< MACs / compute instances / cycles
  std::vector<LevelEvaluation> levels;      ///< innermost first
  std::vector<NetworkEvaluation> networks;  ///< networks[i] lies under level i

  bool valid() const { return violations.empty(); }
  double edp() const { return energy_pj * static_cast<double>(cycles); }  ///< pJ x cycles
};

}  // namespace dovetail
