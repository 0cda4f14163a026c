// The only door to threads: independent work over an index range, each index writing to its own slot.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

namespace dovetail {

/// Calls body(i) for every i in [0, count), on up to `threads` threads (0: all cores). Nested calls are fine:
/// they share the arena of the outermost. Results must not depend on the order: body writes to slot i only.
/// The first exception (by lowest index) is rethrown after all work ended.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body);

/// The same for short iterations: body(i) for every i in [0, count), interleaved in few pieces.
template <typename Body>
void in_pieces(std::size_t count, int threads, const Body& body) {
  constexpr std::size_t pieces = 61;  // shares no factor with the strides of tables
  parallel_for(std::min(count, pieces), threads, [&](std::size_t piece) {
    for (std::size_t i = piece; i < count; i += pieces) body(i);
  });
}

/// How many threads `threads` means on this machine (0: all cores).
int thread_count(int threads);

}  // namespace dovetail
