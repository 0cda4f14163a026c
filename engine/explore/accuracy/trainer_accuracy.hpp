// Accuracy by training: on a user's images, or on the made task.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/stage.hpp>
#include <dovetail/engine/study/keys/trainer_keys.hpp>

namespace dovetail {

/// Trains the network of a candidate and answers the share of held-out images that it knows, in 0 to 1, as `metric`. A
/// function of the network, the images and the trainer's seed; a network is trained once however many machines it is
/// tried on. `data` is the path as it counts from the study; images of another shape than the network's, and families
/// that the trainer cannot run, are located mistakes.
std::unique_ptr<Stage> make_trainer_accuracy(const CandidateSpace& space, std::size_t network,
                                             const StudyTrainer& trainer, const std::string& data,
                                             const Location& where, const std::string& metric,
                                             Diagnostics& diagnostics);

}  // namespace dovetail
