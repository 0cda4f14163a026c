// The timeline without its repetitions: exact, at a cost that hardly grows with the number of steps.
#pragma once

#include <dovetail/accelerators/cycle/event_table.hpp>

namespace dovetail {

/// The same answer as run_naive. A loop body is a max-plus linear map of the state: once a few consecutive bodies have
/// moved the living part M of the state by one constant and left the rest F alone, and the last of them gives the same
/// M without F, all further bodies do the same and are added up. Bodies are remembered by their normalised state.
/// `attribute` also fills stalls, words and port_busy.
TimelineResult run_skip_ahead(const EventTable& table, bool attribute = false);

/// Age beyond which a time cannot matter any more, in time units: the sum of all transfers that can still happen before
/// every transfer waits for a compute (see skip_ahead.cpp for the proof).
std::int64_t memory_horizon(const EventTable& table);

}  // namespace dovetail
