// Reading `system`.
#include <dovetail/engine/study/keys/system_keys.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dovetail/accelerators/machine/technology.hpp>
#include <dovetail/spaces/system/machine_system.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

void unknown_machine_key(const Node::Entry& entry, const char* what, const std::vector<std::string>& keys,
                         Diagnostics& diagnostics) {
  diagnostics.error(entry.where, fmt::format("{}: no key {}{}", what, quote(entry.key), suggestion(entry.key, keys)));
}

// A name, {family: NAME, setting: value}, or {machine: FILE}; `none` stands for an empty slot.
bool add_machine(const Node& node, StudySlot& slot, Diagnostics& diagnostics) {
  StudyMachine machine;
  machine.where = node.location();
  if (node.is_scalar() && !node.text().empty()) {
    if (node.text() == empty_slot) {
      slot.may_be_empty = true;
      return true;
    }
    machine.name = node.text();
    slot.machines.push_back(std::move(machine));
    return true;
  }
  if (!node.is_mapping() || (node.find("family") == nullptr) == (node.find("machine") == nullptr)) {
    diagnostics.error(node.location(),
                      "system: expected a family, {family: NAME} or {machine: FILE}, found " + node.describe());
    return false;
  }
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "family" || entry.key == "machine") {
      read_value(entry.value, entry.key, {}, diagnostics, machine.name);
      machine.where = entry.value.location();
      machine.is_machine = entry.key == "machine";
    } else if (machine.is_machine || node.find("machine") != nullptr) {
      unknown_machine_key(entry, "system: a machine", {"machine"}, diagnostics);
    } else {
      double value = 0.0;
      if (read_value(entry.value, entry.key, {}, diagnostics, value)) machine.settings[entry.key] = value;
    }
  }
  slot.machines.push_back(std::move(machine));
  return true;
}

void add_machines(const Node& node, StudySlot& slot, Diagnostics& diagnostics) {
  if (!node.is_sequence()) {
    add_machine(node, slot, diagnostics);
    return;
  }
  for (const Node& item : node.items()) add_machine(item, slot, diagnostics);
  if (slot.machines.empty()) diagnostics.error(node.location(), "system: the list names no family and no machine");
}

StudySlot one_slot(const Node& node, Diagnostics& diagnostics) {
  StudySlot slot;
  const bool several = node.is_mapping() && node.find("families") != nullptr;
  if (!several) {
    add_machines(node, slot, diagnostics);
    return slot;
  }
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "families")
      add_machines(entry.value, slot, diagnostics);
    else if (entry.key == "may_be_empty")
      read_value(entry.value, "may_be_empty", {}, diagnostics, slot.may_be_empty);
    else
      unknown_machine_key(entry, "system: a slot", {"families", "may_be_empty"}, diagnostics);
  }
  return slot;
}

// A number, [low, high] or {low, high}.
bool read_count(const Node& node, std::int64_t& low, std::int64_t& high, Diagnostics& diagnostics) {
  const Bounds bounds = between(1, most_slots);
  bool read = true;
  if (node.is_mapping()) {
    low = 1;
    high = 0;
    for (const Node::Entry& entry : node.entries()) {
      if (entry.key == "low")
        read = read_value(entry.value, "low", bounds, diagnostics, low) && read;
      else if (entry.key == "high")
        read = read_value(entry.value, "high", bounds, diagnostics, high) && read;
      else
        unknown_machine_key(entry, "system: slots", {"low", "high"}, diagnostics);
    }
    if (high == 0) {
      diagnostics.error(node.location(), "system: slots has no high");
      return false;
    }
  } else if (node.is_sequence()) {
    read = read_value(node.items()[0], "slots", bounds, diagnostics, low) &&
           read_value(node.items()[1], "slots", bounds, diagnostics, high);
  } else {
    read = read_value(node, "slots", bounds, diagnostics, low);
    high = low;
  }
  if (read && low > high) {
    diagnostics.error(node.location(), fmt::format("system: slots run from {} to {}", low, high));
    read = false;
  }
  return read;
}

bool is_count(const Node& node) {
  if (node.is_scalar()) return true;
  if (node.is_mapping()) return node.find("low") != nullptr || node.find("high") != nullptr;
  return node.items().size() == 2 && node.items()[0].as_integer().has_value() &&
         node.items()[1].as_integer().has_value();
}

void read_slots(const Node* slots, const Node* families, StudySystem& system, Diagnostics& diagnostics) {
  StudySlot common;
  if (families != nullptr) add_machines(*families, common, diagnostics);
  if (slots == nullptr || is_count(*slots)) {
    std::int64_t low = 1, high = 1;
    if (families == nullptr) {
      diagnostics.error(system.where, "system: it names no `families` for its slots");
      return;
    }
    if (slots != nullptr && !read_count(*slots, low, high, diagnostics)) return;
    if (slots == nullptr) high = low = 2;
    for (std::int64_t s = 0; s < high; ++s) {
      system.slots.push_back(common);
      system.slots.back().may_be_empty = s >= low || (common.may_be_empty && s > 0);
    }
    return;
  }
  if (!slots->is_sequence()) {
    diagnostics.error(slots->location(),
                      "system: slots is a number, {low, high}, or a list of slots; found " + slots->describe());
    return;
  }
  for (const Node& item : slots->items()) {
    StudySlot slot;
    if (item.is_mapping() && item.find("families") == nullptr && item.find("family") == nullptr &&
        item.find("machine") == nullptr && families != nullptr) {
      slot = common;
      for (const Node::Entry& entry : item.entries())
        if (entry.key == "may_be_empty")
          read_value(entry.value, "may_be_empty", {}, diagnostics, slot.may_be_empty);
        else
          unknown_machine_key(entry, "system: a slot", {"families", "family", "machine", "may_be_empty"}, diagnostics);
    } else {
      slot = one_slot(item, diagnostics);
    }
    system.slots.push_back(std::move(slot));
  }
  std::stable_sort(system.slots.begin(), system.slots.end(),
                   [](const StudySlot& a, const StudySlot& b) { return a.may_be_empty < b.may_be_empty; });
  if (system.slots.empty() || system.slots.size() > most_slots)
    diagnostics.error(slots->location(),
                      fmt::format("system: {} slots, allowed are 1 to {}", system.slots.size(), most_slots));
  else if (system.slots.front().may_be_empty)
    diagnostics.error(slots->location(), "system: every slot may stay empty; one must hold a machine");
}

void read_technology(const Node& node, ChipTechnology& technology, Diagnostics& diagnostics) {
  if (!require_mapping(node, "technology", diagnostics)) return;
  for (const Node::Entry& entry : node.entries()) {
    double value = 0.0;
    if (entry.key == "node_nm") {
      if (read_value(entry.value, "node_nm", between(3, 250), diagnostics, value)) technology.node_nm = value;
    } else if (entry.key == "clock_mhz") {
      if (read_value(entry.value, "clock_mhz", above(0), diagnostics, value)) technology.clock_mhz = value;
    } else if (entry.key == "dram") {
      read_value(entry.value, "dram", one_of(dram_kinds()), diagnostics, technology.dram);
    } else {
      unknown_machine_key(entry, "technology", {"node_nm", "clock_mhz", "dram"}, diagnostics);
    }
  }
}

void read_share(const Node& node, StudySystem& system, Diagnostics& diagnostics) {
  const std::vector<Node> items = node.is_sequence() ? node.items() : std::vector<Node>{node};
  for (const Node& item : items) {
    if (item.is_scalar() && !item.text().empty())
      system.share.emplace_back(item.text(), item.location());
    else
      diagnostics.error(item.location(), "share: expected a limit such as pes <= 4096, found " + item.describe());
  }
}

void read_bandwidths(const Node& node, StudySystem& system, Diagnostics& diagnostics) {
  const std::vector<Node> items = node.is_sequence() ? node.items() : std::vector<Node>{node};
  for (const Node& item : items) {
    double value = 0.0;
    if (read_value(item, "bandwidth_gb_s", above_to(0, 1e6), diagnostics, value))
      system.bandwidths_gb_s.push_back(value);
  }
  std::sort(system.bandwidths_gb_s.begin(), system.bandwidths_gb_s.end());
  system.bandwidths_gb_s.erase(std::unique(system.bandwidths_gb_s.begin(), system.bandwidths_gb_s.end()),
                               system.bandwidths_gb_s.end());
}

void read_placement(const Node& node, StudySystem& system, Diagnostics& diagnostics) {
  if (!require_mapping(node, "placement", diagnostics)) return;
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "labels")
      read_value(entry.value, "labels", between(0, 1e7), diagnostics, system.labels);
    else if (entry.key == "beam")
      read_value(entry.value, "beam", between(1, 1e5), diagnostics, system.beam);
    else
      unknown_machine_key(entry, "placement", {"labels", "beam"}, diagnostics);
  }
}

}  // namespace

void read_system(const Node& node, StudySystem& system, Diagnostics& diagnostics) {
  if (!require_mapping(node, "system", diagnostics)) return;
  std::vector<Node::Entry> entries = std::move(system.entries);
  for (const Node::Entry& entry : node.entries()) {
    std::erase_if(entries, [&](const Node::Entry& other) { return other.key == entry.key; });
    entries.push_back(entry);
  }
  system = {};
  system.given = true;
  system.where = node.location();
  system.entries = entries;
  const Node *slots = nullptr, *families = nullptr;
  const std::vector<std::string> keys = {"slots", "families", "share", "bandwidth_gb_s", "technology", "placement"};
  for (const Node::Entry& entry : system.entries) {
    if (entry.key == "slots")
      slots = &entry.value;
    else if (entry.key == "families")
      families = &entry.value;
    else if (entry.key == "share")
      read_share(entry.value, system, diagnostics);
    else if (entry.key == "bandwidth_gb_s")
      read_bandwidths(entry.value, system, diagnostics);
    else if (entry.key == "technology")
      read_technology(entry.value, system.technology, diagnostics);
    else if (entry.key == "placement")
      read_placement(entry.value, system, diagnostics);
    else
      unknown_machine_key(entry, "system", keys, diagnostics);
  }
  read_slots(slots, families, system, diagnostics);
}

}  // namespace dovetail
