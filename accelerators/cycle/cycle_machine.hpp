// Presets of the cycle model: how a kind of machine moves, overlaps and waits. Data, read from YAML.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/gemmini/constants.hpp>
#include <dovetail/accelerators/loop/transfer_model.hpp>
#include <nlohmann/json_fwd.hpp>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Ports between a level and the one above it.
enum class PortMap { shared, read_write, per_tensor };

/// What a systolic array overlaps: nothing (fill, stream and drain of every step), the loading of stationary operands,
/// or also the skew at both ends.
enum class ArrayOverlap { none, weights, full };

/// Timing of the levels of one role: innermost, outermost, or between.
struct MachineLevel {
  TransferTiming read, write;  ///< where width 0 stands, the document's bandwidth rules (or nothing)
  double input_width = 0.0, weight_width = 0.0,
         output_width = 0.0;        ///< words per cycle of each tensor's own bus below
  std::int64_t latency_cycles = 0;  ///< from the end of a transfer to its use below this level
  bool operator==(const MachineLevel&) const = default;
};

/// A preset.
struct Machine {
  std::string name, about, source;
  bool gemmini = false;                ///< the fitted model of gemmini.hpp instead of the timeline
  bool bandwidths_of_document = true;  ///< false: the preset's timing replaces them
  PortMap ports = PortMap::per_tensor;
  int depth = 2;                  ///< most tiles that a level holds of a stream
  bool depth_by_capacity = true;  ///< fewer when the capacity does not hold them
  bool systolic = false;          ///< steps take the time of a systolic array's fold
  ArrayOverlap overlap = ArrayOverlap::none;
  bool reload_always = false;  ///< tiles come again even when unchanged
  bool spill = true;           ///< partial sums leave and return with an outer reduction loop
  bool multicast = true;       ///< one transfer serves all children that need the same words
  bool passes = false;  ///< new weights begin a pass: what feeds the units for it comes after the last step before it
  bool update_by_tile = false;  ///< a partial sum returns when its own tile is written back, not the last one of all
  std::int64_t units_per_cycle = 1;  ///< resolution of transfer times
  std::int64_t result_latency_cycles = 0;
  std::int64_t host_cycles = 0;  ///< to issue one tile of the innermost boundary with the outermost memory
  MachineLevel innermost, middle, outermost;
  GemminiConstants constants;
};

/// The preset of this name (empty: ideal), or nullptr. Embedded at build time.
const Machine* find_machine(const std::string& name);
std::vector<std::string> machine_names();

/// Reads a preset; every mistake is located.
Machine read_machine(const Node& document, Diagnostics& diagnostics);

/// JSON Schema of dovetail-machine/1.
nlohmann::ordered_json machine_schema();

}  // namespace dovetail
