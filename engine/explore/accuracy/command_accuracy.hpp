// Accuracy from a user's command: a training run, a predictor, a cluster.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/stage.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>

namespace dovetail {

/// Asks the command with one line, {"point", "networks": [workload documents], "fidelity"}, and takes `accuracy` of its
/// answer
///; {"failed": reason} fails the trial.
std::unique_ptr<Stage> make_command_accuracy(const CandidateSpace& space, const StudyAccuracy& accuracy,
                                             const std::string& metric);

/// A stage that asks a command for metrics. `keys` are the names in its answer, in the order of `metrics`.
std::unique_ptr<Stage> make_command_stage(const CandidateSpace& space, const std::string& stage,
                                          const std::string& command, double timeout_s, const std::string& fidelity,
                                          std::vector<std::string> metrics, std::vector<std::string> keys);

}  // namespace dovetail
