// What one tile costs: loads, array, stores, without waiting for anything.
#pragma once

#include <dovetail/accelerators/gemmini/caches.hpp>
#include <dovetail/accelerators/gemmini/tiles.hpp>

namespace dovetail::gemmini {

/// Cycles of the parts of a tile.
struct TileCost {
  double load = 0.0, zero = 0.0, execute = 0.0, store = 0.0;
  double load_weights = 0.0;  ///< part of load
  double chunks = 1.0;        ///< pieces in which execution trails the loads (matrix products)
};

class TileCosts {
 public:
  TileCosts(const Tiles& tiles, const GemminiConstants& constants);

  TileCost operator()(const Place& place) const;

 private:
  double read_lines(int tensor, unsigned beyond, double lines, std::int64_t stride) const;
  double write_lines(unsigned beyond, double lines, std::int64_t stride) const;
  double combine(double beats, double lines) const;

  const Tiles& tiles_;
  const GemminiJob& job_;
  const GemminiConstants& g_;
  std::int64_t start_;  ///< of a tensor, bytes after a line's: programs align matrices to the bus, not the tensors of
                        ///< convolutions
  Caches caches_;
  std::array<Packets, 2> input_row_, weight_row_, output_row_;  ///< of a whole tile, and of the last one
};

}  // namespace dovetail::gemmini
