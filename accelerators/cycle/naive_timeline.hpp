// The timeline step by step: the reference, and the source of traces.
#pragma once

#include <functional>

#include <dovetail/accelerators/cycle/event_table.hpp>
#include <dovetail/accelerators/cycle/timeline.hpp>

namespace dovetail {

/// Runs every step. `sink` (may be empty) sees every event in order; `indices` of the loops, innermost first, are valid
/// during the call.
TimelineResult run_naive(
    const EventTable& table,
    const std::function<void(const TimelineEvent&, const std::vector<std::int64_t>& indices)>& sink = {},
    std::int64_t most_steps = INT64_MAX);

}  // namespace dovetail
