// The accuracy of several networks: each one's, and their weighted mean.
#pragma once

#include <memory>
#include <vector>

#include <dovetail/engine/explore/stage/stage.hpp>

namespace dovetail {

/// Runs one oracle per network of the space; `accuracy` is sum of weight x accuracy over the sum of weights.
std::unique_ptr<Stage> make_mean_accuracy(const CandidateSpace& space, std::vector<std::unique_ptr<Stage>> oracles);

}  // namespace dovetail
