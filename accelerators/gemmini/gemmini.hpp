// Gemmini on a system on chip: tiles through loads, array and stores, two in flight, as its RTL runs them.
//
// What is modelled, from what RTL simulations show (notes on the machine; see also H. Genc et al., Gemmini, DAC 2021):
// the host issues tiles; the loop unroller holds two; loads of tile n + 1 run while n executes; a slot frees when its
// store is done; input and weight tiles are always loaded again; partial sums stay in the accumulator. A row is split
// into aligned packets of 16 to 64 bytes, largest yield first; convolutions' tensors start 8 bytes off that grid. Eight
// multiplications are in flight, each 3 DIM long (skewed in, through, out). Reuse distances against set-associative
// caches say which level serves a line.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/accelerators/gemmini/constants.hpp>
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// Dimensions of a job, in this order.
enum GemminiDimension {
  gemmini_n,
  gemmini_q,
  gemmini_p,
  gemmini_k,
  gemmini_c,
  gemmini_s,
  gemmini_r,
  gemmini_dimensions
};

/// One layer with its tiles. P pairs with R and is the direction of consecutive pixels; Q pairs with S.
struct GemminiJob {
  int dim = 16;  ///< rows and columns of the array
  bool matmul = false;
  std::array<std::int64_t, gemmini_dimensions> extent{1, 1, 1, 1, 1, 1, 1};
  std::array<std::int64_t, gemmini_dimensions> tile{1, 1, 1, 1, 1, 1, 1};
  std::array<int, gemmini_dimensions> order{
      gemmini_n, gemmini_q, gemmini_p, gemmini_k,
      gemmini_s, gemmini_r, gemmini_c};  ///< of the loops over tiles, outermost first
  std::int64_t stride = 1;
  bool cold = false;  ///< no earlier run of the layer has left its data in the caches, only what wrote it
  std::int64_t padding(int kernel) const { return extent[static_cast<std::size_t>(kernel)] / 2; }
  std::int64_t tiles(int d) const {
    return (extent[static_cast<std::size_t>(d)] + tile[static_cast<std::size_t>(d)] - 1) /
           tile[static_cast<std::size_t>(d)];
  }
};

/// What a job costs; times in cycles.
struct GemminiResult {
  double cycles = 0.0;
  double load = 0.0, execute = 0.0, store = 0.0, host = 0.0;  ///< sums over tiles
  double tiles = 0.0;
  /// cycles = execute + fill + drain + the array's waits for loads of inputs, of weights, for a slot, for the host
  double fill = 0.0, drain = 0.0, wait_inputs = 0.0, wait_weights = 0.0, wait_slot = 0.0, wait_host = 0.0;
  std::int64_t executed_tiles = 0;  ///< really simulated
};

GemminiResult run_gemmini(const GemminiJob& job, const GemminiConstants& constants);

/// When a tile was worked on, in cycles. Stores of unfinished sums take no time.
struct GemminiTileTimes {
  std::array<std::int64_t, gemmini_dimensions> index{};  ///< of the tile
  double issue = 0.0, load_start = 0.0, load_end = 0.0, execute_start = 0.0, execute_end = 0.0, store_start = 0.0,
         store_end = 0.0, done = 0.0;
};

/// How to run: tile by tile (the reference, and the source of traces), or with what repeats multiplied (the default;
/// the same answer). `sink` is called for every tile really simulated; the run ends after `most_tiles` of them.
struct GemminiDriver {
  bool step_by_step = false;
  std::function<void(const GemminiTileTimes&)> sink{};
  std::int64_t most_tiles = std::int64_t{1} << 62;
};
GemminiResult run_gemmini(const GemminiJob& job, const GemminiConstants& constants, const GemminiDriver& driver);

/// The job of a mapping: dimensions by their names R S P Q C K N (missing ones are 1) or, for matrix products, M N K B;
/// the outermost level's temporal loops run over tiles of everything below; DIM = compute.mesh_x. None when the layer
/// has another dimension, or extents beyond 2^31.
std::optional<GemminiJob> gemmini_job(const Layer& layer, const Architecture& architecture,
                                      const PackedMapping& mapping);

/// Geometry that the RTL mishandles: some tile lies wholly in the padding (tile extent minus paddings <= 0), and an
/// unsigned subtraction underflows. Such rows are left out of fits and checks.
bool lies_in_padding(const GemminiJob& job);

}  // namespace dovetail
