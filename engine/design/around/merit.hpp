// One number to compare trials by, for designers that only need an order.
#pragma once

#include <optional>

#include <dovetail/engine/record/trial.hpp>

namespace dovetail {

/// The merit of completed trials: of feasible ones the first objective, larger is better; of others minus their
/// violation.
struct Merit {
  bool feasible = false;
  double value = 0.0;
  bool operator<(const Merit& other) const { return feasible != other.feasible ? other.feasible : value < other.value; }
};

/// None for pending and failed trials.
std::optional<Merit> merit(const Goal& goal, const Trial& trial);

}  // namespace dovetail
