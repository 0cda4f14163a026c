// A chip of several machines as one space: slots, what stands in each, and which systems are the same.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dovetail/spaces/space/space.hpp>
#include <dovetail/spaces/system/slot_option.hpp>

namespace dovetail {

/// One of the things that may stand in a slot: an option by number, and for a family the points that this slot allows.
struct SlotChoice {
  std::size_t option = 0;
  Space space;
};

/// Slots with equal choices and `alike` are interchangeable: `alike` tells those apart that a study treats differently.
struct SystemSlot {
  std::vector<SlotChoice> choices;
  bool may_be_empty = false;
  std::string alike;
};

/// A machine in its slot.
struct SystemMachine {
  int slot = 0;
  const SlotOption* option = nullptr;
  Point point;                           ///< of the family
  std::optional<double> bandwidth_gb_s;  ///< its share of the outer memory; none: its own ports

  Architecture architecture() const;
  MappingRules rules(const Layer& layer) const;
  std::string key() const;  ///< equal machines have equal keys
};

/// Parameters hw.SLOT.family (where a slot has a choice), hw.SLOT.bandwidth_gb_s (where bandwidths are given),
/// hw.SLOT.NAME of a slot's only family, or hw.SLOT.FAMILY.NAME. Those of a family that does not stand in a slot are
/// held at its default by known constraints, and those that only set the outer memory's ports where bandwidths are
/// given. Interchangeable slots: of the systems that differ in their order, the one with ascending numbers stands for
/// all. Immutable, cheap to copy, safe to use concurrently.
class MachineSystem {
 public:
  /// Slots that must be filled come first among interchangeable ones.
  MachineSystem(std::vector<SlotOption> options, std::vector<SystemSlot> slots, std::vector<double> bandwidths_gb_s);

  const std::vector<SlotOption>& options() const;
  const std::vector<SystemSlot>& slots() const;
  const std::vector<Parameter>& parameters() const;
  const std::vector<std::string>& constraints() const;                   ///< over these parameters
  int numbers() const { return static_cast<int>(parameters().size()); }  ///< each parameter is one number

  std::vector<SystemMachine> machines(std::span<const double> numbers) const;  ///< of the filled slots
  std::vector<double> default_numbers() const;  ///< the first choice of every slot, in its default
  /// Positions of the parameters hw.SLOT.family; -1 where there is no choice.
  std::vector<int> family_parameters() const;

  bool in_order(std::span<const double> numbers) const;
  void put_in_order(std::span<double> numbers) const;
  /// Interchangeable slots together, each group ascending.
  const std::vector<std::vector<int>>& groups() const;
  /// First parameter of a slot, and how many it has.
  std::pair<int, int> block(int slot) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

inline constexpr const char* empty_slot = "none";

}  // namespace dovetail
