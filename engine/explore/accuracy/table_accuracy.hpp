// Accuracy from a table of measured networks.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/stage.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>

namespace dovetail {

/// Looks a network up by its canonical text in the column `key`, or, without one, by a column per parameter (named as
/// it, with or without its prefix). The value is the column `column` (default: accuracy); `cheap` names another
/// fidelity, whose value is a guess before the evaluation. A network without a row fails, with that reason. `network`
/// is the position of the network among those of the space; `metric` what its accuracy is called.
std::unique_ptr<Stage> load_table_accuracy(const CandidateSpace& space, std::size_t network, const StudyAccuracy& study,
                                           const std::string& path, const std::string& metric,
                                           Diagnostics& diagnostics);

}  // namespace dovetail
