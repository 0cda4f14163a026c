#include <dovetail/accelerators/loop/transfer_model.hpp>

#include <algorithm>
#include <cmath>

namespace dovetail {

double transfer_cycles(const TransferTiming& t, double runs, double run_words) {
  const double bursts_per_run = t.burst_words > 0.0 ? std::ceil(run_words / t.burst_words) : 1.0;
  const double moved = t.burst_words > 0.0 ? runs * bursts_per_run * t.burst_words : runs * run_words;
  double cycles = t.words_per_cycle > 0.0 ? moved / t.words_per_cycle : 0.0;
  if (t.in_flight > 0.0) cycles = std::max(cycles, runs * bursts_per_run * t.latency_cycles / t.in_flight);
  cycles /= 1.0 - std::min(t.refresh_share, 0.99);
  if (t.row_words > 0.0) {
    const double misses = std::max(std::ceil(runs * run_words / t.row_words),
                                   run_words >= t.row_words ? runs * std::ceil(run_words / t.row_words) : runs);
    cycles += misses * t.row_miss_cycles / std::max(1.0, t.banks);
  }
  return cycles;
}

Runs contiguous_runs(const ShapeTensor& tensor, const Extents& box, const Extents& whole) {
  const auto length = [&](const ShapeAxis& axis, const Extents& extents) {
    std::int64_t l = 1;
    for (std::size_t k = 0; k < static_cast<std::size_t>(axis.terms); ++k)
      l += axis.coefficient[k] * (extents[static_cast<std::size_t>(axis.dimension[k])] - 1);
    return static_cast<double>(l);
  };
  Runs r;
  bool contiguous = true;
  for (std::size_t a = static_cast<std::size_t>(tensor.axes); a-- > 0;) {
    const double part = length(tensor.axis[a], box), all = length(tensor.axis[a], whole);
    if (contiguous)
      r.words *= part;
    else
      r.runs *= part;
    contiguous = contiguous && part >= all;
  }
  return r;
}

}  // namespace dovetail
