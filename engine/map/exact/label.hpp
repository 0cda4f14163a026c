// A partial mapping from the compute units outwards, with what its completion needs to know and nothing more.
#pragma once

#include <array>
#include <cstdint>

#include <dovetail/engine/map/exact/search_tables.hpp>

namespace dovetail {

/// Pairs (tensor, dimension on a shared axis) that labels compare.
inline constexpr int max_windows = 8;

/// A label stands for all decisions inside a tile. Two labels of the same tile and stage compare by it alone: what lies
/// outside costs the same for both, except through the quantities here.
///
/// Total energy = energy - elide x (children outside that hold partial sums of the same outputs)
///                + sum over tensors of pending_t x (share that outer loops leave, in (0, 1])
///                + sum over tensors in transit of flow_t x (price of the outer level / multicast outside)
///                + leak x (children outside) x cycles + everything that depends on the tile only.
/// Cycles = max(compute, traffic) / (children outside), traffic between cycles_low and cycles_high before that
/// division.
struct Label {
  double energy = 0.0, elide = 0.0, leak = 0.0, slack = 0.0;
  double compute = 0.0;                        ///< multiply-accumulates / children so far
  double cycles_low = 0.0, cycles_high = 0.0;  ///< including compute
  double bound = 0.0;                          ///< objective of every completion is at least this
  double bound_energy = 0.0, bound_cycles = 0.0;
  std::array<double, max_tensors> flow{};     ///< words in transit (upper value while a boundary is open)
  std::array<double, max_tensors> pending{};  ///< energy of open boundaries, as if closed now
  std::array<double, max_tensors> least{};    ///< share of pending and flow that remains if all loops that do not move
                                              ///< the tensor are free
  std::array<bool, max_tensors> moved{};  ///< an open boundary has seen a loop that moves it: only windows stay open
  std::array<double, max_levels> reads{}, writes{}, part_reads{}, part_writes{};  ///< words / children since, per level
  /// Before the loops of a level with a fan-out: words of one child's tile over all children and over all groups of
  /// equal data, and, for windows, the share of the tile that one step along a dimension renews.
  std::array<double, max_tensors> tile_words{}, group_words{};
  std::array<double, max_windows> renewed{};
  std::array<double, max_tensors> shared{1.0, 1.0, 1.0, 1.0};  ///< multicast of the fan-outs so far
  std::array<std::uint8_t, max_tensors> open{};  ///< bit k: the boundary above level k may still find reuse
  std::uint64_t traffic_key = 0,
                slack_key = 0;      ///< equal keys: equal traffic at limited levels, equal rounding
  double stacked_words = 0.0;       ///< while further parts of the same memory follow: words that its parts hold
  std::uint32_t stacked_loops = 0;  ///< the same: dimensions that its parts loop over,
  std::uint16_t stacked_here = 0;   ///< tensors stored since the last of these loops,
  std::int16_t stacked_last = -1;   ///< and the dimension of that loop; after a part that stores nothing, its outermost
  TileLattice::Id tile = 0;
  std::uint32_t keep = 0;                        ///< what the levels inside store: max_tensors bits each
  std::uint32_t choice = 0;                      ///< spatial stage: position in MapLevel::choices
  std::array<std::uint16_t, max_levels> rung{};  ///< with tolls: of the levels that are decided
  const Label* parent = nullptr;                 ///< of the stage before
  const Arrangement* arrangement = nullptr;      ///< spatial stage
  const LoopOrder* order = nullptr;              ///< temporal stage
};

static_assert(max_levels * max_tensors <= 32);

/// The dimension of the outermost loop of an order that has some.
inline unsigned outermost(const LoopOrder& order) {
  return order.dimension[static_cast<std::size_t>(order.count) - 1];
}

/// What a level inside a label stores.
inline unsigned kept_at(std::uint32_t keep, int level) {
  return keep >> (level * max_tensors) & ((1U << max_tensors) - 1U);
}

/// The last level below `level` that stores a tensor, or -1.
inline int keeper_below(std::uint32_t keep, int level, std::size_t t) {
  int last = -1;
  for (int i = 0; i < level; ++i) {
    if ((kept_at(keep, i) >> t & 1U) != 0) last = i;
  }
  return last;
}

/// All decisions of a label, unrolled from its ancestors.
struct LabelPath {
  std::array<TileLattice::Id, max_levels> inner{},
      outer{};  ///< tile with the spatial part of a level, and with its loops
  std::array<TileLattice::Id, max_levels> spatial{};
  std::array<double, max_levels> children{};
  std::array<std::array<double, max_tensors>, max_levels> groups{};
  std::array<const Arrangement*, max_levels> arrangement{};
  std::array<const LoopOrder*, max_levels> order{};
  std::uint32_t keep = 0;
};

}  // namespace dovetail
