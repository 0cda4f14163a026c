// What is known of a candidate without any evaluation: sizes of its networks, area of its machine.
#pragma once

#include <memory>

#include <dovetail/engine/explore/stage/stage.hpp>

namespace dovetail {

/// layers, macs, parameters and activations summed over the networks (of task T alone: T.macs ...), and area_um2 of a
/// machine. Of a system also machines, pes and bandwidth_gb_s summed over the machines, and least_latency_ms and
/// least_energy_mj, which no schedule undercuts. `clock_mhz`: of all machines; none: each family's.
std::unique_ptr<Stage> make_static_limits(const CandidateSpace& space, std::optional<double> clock_mhz = std::nullopt);

}  // namespace dovetail
