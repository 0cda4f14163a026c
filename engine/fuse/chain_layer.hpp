// One layer of a chain: all divisor tiles and loop orders, as a front of energy and cycles.
#pragma once

#include <cstdint>
#include <vector>

#include <dovetail/engine/fuse/chain.hpp>

namespace dovetail {

struct ChainCost {
  double energy_pj = 0.0, cycles = 0.0;
  auto operator<=>(const ChainCost&) const = default;
};

/// Which tensors of the layer live in the buffer while it runs, and the words left for tiles of the others.
struct ChainRoom {
  std::int64_t capacity_words = 0;
  bool input = false, weights = false, output = false;
  auto operator<=>(const ChainRoom&) const = default;
};

/// Non-dominated costs of one run, by rising energy and falling cycles; empty where no tile fits.
///
/// A mapping is a divisor tile of each dimension in the buffer and an order of the loops in DRAM. A tensor moves its
/// tile once per trip of the loops down to the innermost one that moves it; where that loop slides a window, only the
/// words that are new. Results are written so often, and read back as often less once. cycles = max(operations, DRAM
/// words / bandwidth). Operands are read from the buffer once per operation, results updated once per operation and
/// read as often less the first time; what comes from DRAM fills the buffer.
std::vector<ChainCost> chain_layer_front(const ChainMachine& machine, const ChainLayer& layer, const ChainRoom& room);

/// The non-dominated ones of some costs.
std::vector<ChainCost> front_of(std::vector<ChainCost> costs);

}  // namespace dovetail
