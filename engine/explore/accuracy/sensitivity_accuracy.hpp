// Accuracy of compressed networks: what they have whole, minus what each compressed layer loses by itself.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/exact_compression.hpp>
#include <dovetail/engine/explore/stage/stage.hpp>

namespace dovetail {

/// base - sum of drops, not below 0: predicted, additive. A layer that was never measured so far compressed fails the
/// candidate by its name. With `exact` the compression is the one that was solved for the candidate's tiling.
std::unique_ptr<Stage> make_sensitivity_accuracy(const CandidateSpace& space, std::size_t network,
                                                 Sensitivities sensitivities,
                                                 std::shared_ptr<const ExactCompression> exact,
                                                 const std::string& metric);

}  // namespace dovetail
