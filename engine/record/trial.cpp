#include <dovetail/engine/record/trial.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dovetail {

double excess(const Spec& spec, double value) {
  double worst = -std::numeric_limits<double>::infinity();
  if (spec.max) worst = std::max(worst, (value - *spec.max) / std::max(1e-12, std::abs(*spec.max)));
  if (spec.min) worst = std::max(worst, (*spec.min - value) / std::max(1e-12, std::abs(*spec.min)));
  return worst;
}

double spec_violation(std::span<const Spec> specs, const DesignFigures& figures) {
  double worst = -std::numeric_limits<double>::infinity();
  for (const Spec& spec : specs)
    if (const Metric* metric = find_metric(spec.metric)) worst = std::max(worst, excess(spec, metric->value(figures)));
  return worst;
}

double spec_violation(const Goal& goal, const Trial& trial) {
  double worst = -std::numeric_limits<double>::infinity();
  bool missing = false;
  for (const Spec& spec : goal.specs) {
    const auto found = trial.metrics.find(spec.metric);
    missing = missing || found == trial.metrics.end();
    if (found != trial.metrics.end()) worst = std::max(worst, excess(spec, found->second));
  }
  // An evaluation that ended at a broken spec knows the metrics up to it.
  return missing && worst <= 0.0 ? std::numeric_limits<double>::infinity() : worst;
}

bool feasible(const Goal& goal, const Trial& trial) {
  return trial.state == TrialState::completed && spec_violation(goal, trial) <= 0.0;
}

}  // namespace dovetail
