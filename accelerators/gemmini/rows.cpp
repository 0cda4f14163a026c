// Requests take the best yield first; strides of many lines reach few sets.
#include <dovetail/accelerators/gemmini/rows.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace dovetail::gemmini {
namespace {

/// Of a row of `bytes` at `offset`.
Packets packets_of_row(std::int64_t bytes, std::int64_t offset) {
  Packets p;
  std::int64_t last_line = -1;
  const std::int64_t lines = (offset + bytes + 63) / 64 - offset / 64;
  p.lines = static_cast<double>(lines);
  while (bytes > 0) {
    std::int64_t best = 16, yield = 0;
    for (const std::int64_t size : {16, 32, 64}) {
      const std::int64_t useful = std::min(bytes, size - offset % size);
      if (useful > yield) best = size, yield = useful;
    }
    p.beats += static_cast<double>(best) / 16.0;
    p.packets += 1.0;
    if (offset / 64 == last_line) p.repeats += 1.0;
    last_line = offset / 64;
    offset += yield, bytes -= yield;
  }
  return p;
}

/// Mean over the offsets that rows `stride` bytes apart and tiles `step` bytes apart take.
Packets mean_packets(std::int64_t bytes, std::int64_t stride, std::int64_t step, std::int64_t start) {
  Packets sum;
  double count = 0.0;
  std::array<bool, 64> seen{};
  std::array<std::int64_t, 64> queue{};
  int filled = 1;
  queue[0] = start;
  seen[static_cast<std::size_t>(start)] = true;
  for (int i = 0; i < filled; ++i) {  // all sums of multiples of both
    const Packets p = packets_of_row(bytes, queue[static_cast<std::size_t>(i)]);
    sum.beats += p.beats, sum.packets += p.packets, sum.lines += p.lines, sum.repeats += p.repeats, count += 1.0;
    for (const std::int64_t move : {stride % 64, step % 64}) {
      const std::int64_t next = (queue[static_cast<std::size_t>(i)] + move) % 64;
      if (!seen[static_cast<std::size_t>(next)])
        seen[static_cast<std::size_t>(next)] = true, queue[static_cast<std::size_t>(filled++)] = next;
    }
  }
  sum.beats /= count, sum.packets /= count, sum.lines /= count, sum.repeats /= count;
  return sum;
}

}  // namespace

Packets row_of_pieces(std::int64_t bytes, std::int64_t stride, std::int64_t step, std::int64_t start,
                      std::int64_t piece) {
  Packets sum;
  const auto add = [&](std::int64_t length, double times) {
    const Packets p = mean_packets(length, stride, step, start);
    sum.beats += times * p.beats, sum.packets += times * p.packets;
    sum.lines += times * p.lines, sum.repeats += times * p.repeats;
  };
  const std::int64_t whole = bytes / piece;
  if (whole > 0) add(piece, static_cast<double>(whole));
  if (bytes % piece > 0) add(bytes % piece, 1.0);
  return sum;
}

Footprint footprint(double rows, double bytes, double stride, std::int64_t start) {
  Footprint f;
  if (bytes >= stride || stride <= line_bytes) {  // rows follow each other closely
    f.run_lines = std::max(1.0, rows * std::min(stride, std::max(bytes, stride)) / line_bytes);
    f.lines = f.run_lines;
    return f;
  }
  // Rows start at all multiples of the common step of stride and line.
  const auto width = static_cast<std::int64_t>(std::max(1.0, bytes)),
             grid = std::gcd(std::gcd(static_cast<std::int64_t>(stride), width), std::int64_t{64});
  double per_row = 0.0;
  for (std::int64_t o = start % grid; o < 64; o += grid) {
    const std::int64_t touched = (o + width + 63) / 64;
    per_row += static_cast<double>(touched) * static_cast<double>(grid) / line_bytes;
  }
  f.run_lines = std::max(1.0, per_row);
  f.lines = rows * std::min(f.run_lines, stride / line_bytes);
  // A stride of many lines with a common factor 2^k reaches only 1 / 2^k of the sets.
  const auto stride_lines = static_cast<std::int64_t>(stride / line_bytes);
  if (std::fmod(stride, line_bytes) == 0.0 && stride_lines > 0) {
    const double factor = static_cast<double>(stride_lines & -stride_lines);
    f.set_share = std::min(1.0, f.run_lines / factor);
  }
  return f;
}

}  // namespace dovetail::gemmini
