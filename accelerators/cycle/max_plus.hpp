// The timeline by max-plus matrices: no periods, no memory, proof-grade; the oracle of the tests.
#pragma once

#include <dovetail/accelerators/cycle/event_table.hpp>

namespace dovetail {

/// The makespan, by composing the step's matrices over the loops with repeated squaring. Cost grows with
/// loops x (size of the state)^3 x log(trips).
std::int64_t max_plus_makespan(const EventTable& table);

}  // namespace dovetail
