// From words to cycles: width, aligned bursts, requests in flight, DRAM rows and refresh, in closed form.
#pragma once

#include <cstdint>

#include <dovetail/accelerators/loop/shape.hpp>
#include <dovetail/accelerators/loop/traffic.hpp>

namespace dovetail {

/// What a path between two memories costs. Zero means "no such effect". A transfer of `runs` contiguous pieces of
/// `run_words` words each takes
///
///     max(words / words_per_cycle, bursts x latency_cycles / in_flight) x refresh + row_misses x row_miss_cycles
///
/// with bursts = runs x ceil(run_words / burst_words) (whole bursts also occupy the width), row_misses =
/// runs x ceil(run_words / row_words) / banks, refresh = 1 / (1 - refresh_share). Monotone in every argument, and fixed
/// per tile shape, so that periods of the timeline stay exact.
struct TransferTiming {
  double words_per_cycle = 0.0;
  double burst_words = 0.0;
  double in_flight = 0.0, latency_cycles = 0.0;
  double row_words = 0.0, row_miss_cycles = 0.0, banks = 1.0;
  double refresh_share = 0.0;
  bool operator==(const TransferTiming&) const = default;
};

/// Cycles of a transfer; see above.
double transfer_cycles(const TransferTiming& timing, double runs, double run_words);

/// How a box lies in memory: the tensor row-major over its axes, the last one contiguous; a piece that spans an axis
/// wholly continues over the next one.
struct Runs {
  double runs = 1.0, words = 1.0;
};
Runs contiguous_runs(const ShapeTensor& tensor, const Extents& box, const Extents& whole);

}  // namespace dovetail
