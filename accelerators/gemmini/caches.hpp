// Which level of the memory serves a tile's lines: reuse distances against L2 and the last-level cache, in closed form.
#pragma once

#include <array>
#include <vector>

#include <dovetail/accelerators/gemmini/rows.hpp>
#include <dovetail/accelerators/gemmini/tiles.hpp>

namespace dovetail::gemmini {

/// Misses by tensor and by the loops that are beyond their first index. Caches replace at random: a line survives the
/// misses between two of its uses. Strided lines crowd into few sets.
class Caches {
 public:
  Caches(const Tiles& tiles, const GemminiConstants& constants);

  /// Shares of a tile's lines that come from the last-level cache and from DRAM; L2 has the others.
  struct Miss {
    double llc = 0.0, dram = 0.0;
  };
  Miss source(int tensor, unsigned beyond) const;

 private:
  const std::vector<int>& loops() const { return tiles_.loops(); }
  double shared(int tensor, int d) const;
  Footprint lines_of(int tensor, const std::array<bool, gemmini_dimensions>& whole) const;
  void measure_reuse();
  Miss miss(int tensor, std::size_t loop) const;

  const Tiles& tiles_;
  const GemminiJob& job_;
  const GemminiConstants& g_;
  std::int64_t start_;  ///< of a tensor, bytes after a line's: programs align matrices to the bus, not the tensors of
                        ///< convolutions
  std::vector<std::array<Footprint, tensors>> reach_;
  std::array<std::vector<double>, tensors> shares_;  ///< by loop
  std::array<std::vector<Miss>, tensors> misses_;    ///< by loop, then the first touch
};

}  // namespace dovetail::gemmini
