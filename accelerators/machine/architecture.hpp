// One machine: a compute array and the storage levels that feed it, innermost first, DRAM last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dovetail {

/// The multiply-accumulate units.
struct Compute {
  std::string name = "MAC";
  std::int64_t instances = 1;  ///< = mesh_x * mesh_y
  std::int64_t mesh_x = 1, mesh_y = 1;
  int word_bits = 16;
  double energy_per_op_pj = 0.0;  ///< per multiply-accumulate
  double adder_energy_pj = 0.0;   ///< per addition of two partial sums, in time or in space; 0 in the reference mode
  double area_per_instance_um2 = 0.0;
  double idle_pj_per_cycle = 0.0;  ///< of one unit, used or not: its clock and control; 0 in the reference mode
  bool operator==(const Compute&) const = default;
};

/// Energies of one physical access of a level (block_size words), in pJ.
struct AccessEnergy {
  double read_pj = 0.0, fill_pj = 0.0, update_pj = 0.0;
  double leak_pj_per_cycle = 0.0;  ///< per used instance
  double idle_pj_per_cycle = 0.0;  ///< per instance, used or not: its clock and control
  bool operator==(const AccessEnergy&) const = default;
};

/// The network between a level and the next-inner one; energies per word.
struct LevelNetwork {
  double energy_per_hop_pj = 0.0, router_energy_pj = 0.0;
  std::int64_t fill_latency_cycles = 0, drain_latency_cycles = 0;  ///< added once to the total cycles
  bool operator==(const LevelNetwork&) const = default;
};

/// A storage level. The fan-out of level i along X is mesh_x(inner) / mesh_x(i) with inner = level i - 1, or the
/// compute array for i = 0; the same along Y.
struct Level {
  std::string name;
  std::int64_t instances = 1;  ///< = mesh_x * mesh_y
  std::int64_t mesh_x = 1, mesh_y = 1;
  std::optional<std::int64_t> capacity_words;  ///< per instance; none: unbounded
  int word_bits = 16;
  std::int64_t block_size = 1;      ///< words per physical access
  std::int64_t cluster_size = 1;    ///< instances that share one physical access
  double multiple_buffering = 1.0;  ///< usable capacity = floor(capacity / multiple_buffering)
  double min_utilization = 0.0;     ///< least legal share of the usable capacity
  std::optional<double> read_bandwidth, write_bandwidth, shared_bandwidth;  ///< words per cycle per instance
  AccessEnergy energy;
  double area_per_instance_um2 = 0.0;
  bool is_dram = false;  ///< no in-place reduction
  LevelNetwork network;
  /// Tensors whose zeros save an access here to the other operands of that multiplication; of a level with one unit
  /// below each instance. Fills from outside are not saved.
  std::vector<std::string> gated_by;
  bool operator==(const Level&) const = default;
};

/// A machine. Every number an evaluator needs is here: nothing depends on a hidden table.
struct Architecture {
  std::string name;
  std::string machine;  ///< cycle-model preset; empty: ideal
  Compute compute;
  std::vector<Level> levels;    ///< innermost first, the last is the outermost memory
  bool link_transfers = false;  ///< neighbours may pass data on (Timeloop's link transfers)
  bool operator==(const Architecture&) const = default;
};

/// Fan-out of a level along X and along Y: children per instance.
std::int64_t fanout_x(const Architecture& architecture, int level);
std::int64_t fanout_y(const Architecture& architecture, int level);

/// Usable words of one instance, or none when unbounded.
std::optional<std::int64_t> usable_capacity(const Level& level);

/// Sum of area_per_instance x instances over compute and levels.
double area_um2(const Architecture& architecture);

/// pJ per cycle of all instances of a level, and of all units, whatever they do.
double idle_pj_per_cycle(const Level& level);
double idle_pj_per_cycle(const Compute& compute);
/// The same of the whole machine.
double idle_pj_per_cycle(const Architecture& architecture);

/// Position of the level with this name, or -1.
int find_level(const Architecture& architecture, std::string_view name);

/// The machine as a tree, outermost memory first: instances, capacity, bandwidth, energies and area of each level.
std::string tree(const Architecture& architecture);

/// What is wrong with the machine, one message each; empty when it is legal.
std::vector<std::string> check(const Architecture& architecture);

}  // namespace dovetail
