// The only door to threads: independent work over an index range, each index writing to its own slot.
#pragma once

#include <cstddef>
#include <functional>

namespace dovetail {

/// Calls body(i) for every i in [0, count), on up to `threads` threads (0: all cores). Nested calls are fine:
/// they share the arena of the outermost. Results must not depend on the order: body writes to slot i only.
/// The first exception (by lowest index) is rethrown after all work ended.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body);

/// How many threads `threads` means on this machine (0: all cores).
int thread_count(int threads);

}  // namespace dovetail
