// Costs from a user's command.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/stage.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>

namespace dovetail {

/// Asks `cost.command` with the question of candidate_json.hpp; its answer must have all of `cost.metrics` as finite
/// numbers, or {"failed": reason}.
std::unique_ptr<Stage> make_command_pricer(const CandidateSpace& space, const StudyCost& cost);

}  // namespace dovetail
