// Merit of trials.
#include <dovetail/engine/design/around/merit.hpp>

#include <cmath>

namespace dovetail {

std::optional<Merit> merit(const Goal& goal, const Trial& trial) {
  if (trial.state != TrialState::completed) return std::nullopt;
  const double violation = spec_violation(goal, trial);
  if (std::isinf(violation) && violation > 0.0) return std::nullopt;
  if (violation > 0.0) return Merit{false, -violation};
  if (goal.objectives.empty()) return Merit{true, 0.0};
  const Objective& objective = goal.objectives.front();
  const auto found = trial.metrics.find(objective.metric);
  if (found == trial.metrics.end() || !std::isfinite(found->second)) return std::nullopt;
  return Merit{true, objective.minimize ? -found->second : found->second};
}

}  // namespace dovetail
