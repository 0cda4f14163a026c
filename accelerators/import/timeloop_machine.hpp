// Timeloop architectures: trees of v0.3 and nodes of v0.4, with the energy and area tables of Accelergy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/workloads/import/imported.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A place of the hierarchy that a mapping or a constraint may name.
struct TimeloopPlace {
  std::string name;        ///< without the range of its instances
  bool container = false;  ///< no storage: a fan-out below the level
  bool own_level = false;  ///< a container below another: a level of its own that keeps nothing
  int level = -1;     ///< of Architecture::levels: its own, or that of the storage above a container; -1: above all
  int parallel = -1;  ///< members of one !Parallel have one number
  Node constraints;   ///< as written at the place (v0.4); null when there are none
  Location where;
};

/// A machine with the names that mappings use for its parts, outermost first.
struct TimeloopMachine {
  Architecture architecture;
  std::vector<TimeloopPlace> places;
};

/// Whether a level is a container that keeps nothing.
bool keeps_nothing(const TimeloopMachine& machine, std::size_t level);

/// Reads `architecture`. A container without storage becomes the fan-out of the level above it; one below another,
/// whose instances are already several, becomes a level that keeps nothing, as Timeloop counts it (halos that
/// neighbours share are fetched per outer container). Blocks are width / datawidth words; capacities depth x width /
/// datawidth words. A part that is neither storage nor container, nor the innermost (the multiply-accumulate units), is
/// refused by its name. None when there was an error.
std::optional<TimeloopMachine> read_timeloop_machine(const Node& node, std::vector<Remark>& remarks,
                                                     Diagnostics& diagnostics);

/// Energies of an energy reference table (pJ per action of one block): fill is its `write`, update its `update`,
/// leakage per cycle of used instances its `leak`. Every storage and the multiply-accumulate units must be in it.
void read_energy_table(const Node& ert, TimeloopMachine& machine, Diagnostics& diagnostics);

/// Areas of an area reference table (um2 of one instance). Parts that it does not list keep 0.
void read_area_table(const Node& art, Architecture& architecture, Diagnostics& diagnostics);

}  // namespace dovetail
