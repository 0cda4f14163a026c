// A row of bytes as bus requests, and a tile's rows as cache lines.
#pragma once

#include <cstdint>

namespace dovetail::gemmini {

inline constexpr double line_bytes = 64.0;

/// Read requests: aligned powers of two from 16 to 64 bytes. Means over the offsets at which rows start.
struct Packets {
  double beats = 0.0, packets = 0.0, lines = 0.0;
  double repeats = 0.0;  ///< packets of a line that the packet before also touched
};

/// A row of `bytes` moved in pieces of at most `piece`; rows lie `stride` bytes apart, tiles `step`, and the first one
/// starts `start` bytes after a line does.
Packets row_of_pieces(std::int64_t bytes, std::int64_t stride, std::int64_t step, std::int64_t start,
                      std::int64_t piece);

/// Lines that a tile touches, and how they lie.
struct Footprint {
  double lines = 0.0;
  double run_lines = 1.0;  ///< consecutive lines
  double set_share = 1.0;  ///< share of a cache's sets that these lines can reach
};

/// Of `rows` rows of `bytes`, `stride` bytes apart; the first one starts `start` bytes after a line does.
Footprint footprint(double rows, double bytes, double stride, std::int64_t start);

}  // namespace dovetail::gemmini
