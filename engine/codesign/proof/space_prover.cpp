// Machines that a proof of a space asks about (see the header).
#include <dovetail/engine/codesign/proof/space_prover.hpp>

#include <algorithm>

#include <dovetail/engine/codesign/proof/space_bound.hpp>
#include <dovetail/engine/record/outcome.hpp>

namespace dovetail {

std::vector<Point> SpaceProver::suggest(int count) {
  std::vector<Point> points;
  while (static_cast<int>(points.size()) < count) {
    std::optional<Point> machine = search_.next(best_);
    if (!machine) break;
    points.push_back(*std::move(machine));
  }
  return points;
}

void SpaceProver::update(std::span<const Trial> completed) {
  for (const Trial& trial : completed) {
    search_.prove(trial.point, proven_bound(codesign_, trial));
    if (feasible(codesign_.goal(), trial) && !is_pruned(outcome_of(trial)))
      best_ = std::min(best_, trial.metrics.at("objective"));
  }
}

}  // namespace dovetail
