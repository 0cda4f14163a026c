// A schedule with one layer elsewhere: what a move would cost.
#pragma once

#include <dovetail/engine/place/placement.hpp>

namespace dovetail {

/// The schedule in which `layer` runs on `machine` and every layer starts as early as it can, in the order of the
/// starts of `schedule`. Infinite makespan where the machine cannot run it.
Schedule moved(const PlacementProblem& problem, const Schedule& schedule, std::size_t layer, std::size_t machine);

}  // namespace dovetail
