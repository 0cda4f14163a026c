// Machines that boxes leave open (see the header).
#include <dovetail/engine/codesign/box_prover.hpp>

#include <algorithm>

#include <dovetail/engine/codesign/space_bound.hpp>
#include <dovetail/engine/record/outcome.hpp>

namespace dovetail {

std::vector<Point> BoxProver::suggest(int count) {
  std::vector<Point> points;
  while (static_cast<int>(points.size()) < count) {
    std::optional<Point> machine = search_.next(best_, limits_);
    if (!machine) break;
    points.push_back(*std::move(machine));
  }
  return points;
}

void BoxProver::update(std::span<const Trial> completed) {
  for (const Trial& trial : completed) {
    search_.prove(trial.point, proven_bound(codesign_, trial));
    if (feasible(codesign_.goal(), trial) && !is_pruned(outcome_of(trial)))
      best_ = std::min(best_, trial.metrics.at("objective"));
  }
}

}  // namespace dovetail
