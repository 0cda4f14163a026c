// The part of a study that says which machines stand on one chip.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/spaces/system/slot_option.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A family with its settings, or the file of a machine.
struct StudyMachine {
  std::string name;
  std::map<std::string, double> settings;
  bool is_machine = false;  ///< a machine as it is, not a family; a plain name of a file is looked at
  Location where;
};

/// A slot, and what may stand in it.
struct StudySlot {
  std::vector<StudyMachine> machines;
  bool may_be_empty = false;
};

///     system:
///       slots: 2                       # or {low: 1, high: 3}, or a list of slots
///       families: [nvdla, {family: eyeriss, pes: 256}, my_machine.yaml]
///       share: [pes <= 4096, bandwidth_gb_s <= 64]
struct StudySystem {
  bool given = false;
  std::vector<StudySlot> slots;                         ///< those that must be filled first
  std::vector<std::pair<std::string, Location>> share;  ///< limits on sums over the machines
  std::vector<double> bandwidths_gb_s;  ///< choices of a machine's share of the outer memory; empty: its own ports
  ChipTechnology technology;
  double labels = 20'000;  ///< partial schedules that the proof of a placement may keep, of every candidate
  double beam = 40;        ///< width of its searches
  Location where;
  std::vector<Node::Entry> entries;  ///< as written, so that --set system.slots=3 changes one key
};

inline constexpr int most_slots = 8;

void read_system(const Node& node, StudySystem& system, Diagnostics& diagnostics);

}  // namespace dovetail
