// What is known of a candidate without any evaluation: sizes of its networks, area of its machine.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/stage.hpp>

namespace dovetail {

/// layers, macs, parameters and activations summed over the networks (of task T alone: T.macs ...), and area_um2 of a machine.
std::unique_ptr<Stage> make_static_limits(const CandidateSpace& space);

}  // namespace dovetail
