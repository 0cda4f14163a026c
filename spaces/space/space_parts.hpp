// What a Space is made of, shared by the files that sample, walk and explain it. Not for users.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <dovetail/spaces/space/decision_diagram.hpp>
#include <dovetail/spaces/space/paving.hpp>
#include <dovetail/spaces/space/point_slot.hpp>
#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// Slots that constraints or groups tie together; different components are independent, so counts multiply.
struct Component {
  std::vector<int> slots;
  std::vector<int> groups;
  std::vector<int> conditions;
  std::optional<DecisionDiagram> diagram;  ///< exact; none: one free slot or group, or rejection
  bool free = false;                       ///< no condition: one slot or one group

  // Rejection: proposals either from a paving of everything, or from a diagram of the conditions between
  // discrete slots with the other slots drawn freely; whichever accepts more.
  std::optional<Paving> paving;
  std::vector<Component> parts;
  bool proposes_parts = false;
  double proposal_share = 1.0;                                     ///< of the domain
  double accepted = 1.0, accepted_low = 1.0, accepted_high = 1.0;  ///< of the proposals

  double domain(const SlotTable& table) const;  ///< choices of all slots together, reals counted as 1
};

struct Space::Impl {
  std::vector<Parameter> parameters;
  std::vector<Constraint> constraints;
  SlotTable table;
  std::vector<Expression> conditions;      ///< the constraints split into conjuncts
  std::vector<int> owner;                  ///< constraint of each condition
  std::vector<std::vector<int>> touching;  ///< conditions that name each slot
  bool never = false;                      ///< a constraint without names is false

  const std::vector<Component>& components() const;  ///< prepared on first use
  void numbers(std::span<const double> stored, std::span<double> out) const;
  bool holds(const std::vector<int>& which, std::span<const double> numbers) const;
  bool holds(std::span<const double> numbers) const;
  bool draw(const Component& component, Random& random, std::span<double> stored) const;

 private:
  void prepare() const;
  mutable std::once_flag once_;
  mutable std::vector<Component> components_;
};

}  // namespace dovetail
