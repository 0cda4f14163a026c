// A mapping request as the exact search sees it: merged dimensions, tiles, spatial choices, costs per word.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/engine/map/keep_sets.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/spaces/mapping/loop_orders.hpp>
#include <dovetail/spaces/mapping/tensor_reuse.hpp>
#include <dovetail/spaces/mapping/tile_lattice.hpp>

namespace dovetail {

/// Dimensions that no tensor and no rule can tell apart, such as N, P and Q of a 1x1 convolution, become one: every
/// cost depends on their product only, and every chain of divisors of the product can be split over them again.
struct MergedLayer {
  Layer layer;                            ///< with the merged dimensions
  std::vector<std::vector<int>> members;  ///< per merged dimension, the original ones
  MappingRules rules;                     ///< by merged dimension
  PackedMapping split(const PackedMapping& merged, const Layer& original) const;
};
/// `only_units`: only dimensions of extent 1 are merged.
MergedLayer merge_dimensions(const Layer& layer, const MappingRules& rules, bool only_units = false);

/// How the children of a level are laid out on its mesh, and the mesh hops that one word per child costs: the sum over
/// groups of children with equal data (traffic.hpp).
struct Arrangement {
  TileExtents x, y;
  std::array<std::uint8_t, max_dimensions> order_x, order_y;
  std::array<double, max_tensors> hops{};
};

/// An unrolling of dimensions over the children of one level.
struct SpatialChoice {
  TileLattice::Id tile = 0;
  double children = 1.0;
  Arrangement arrangement;  ///< the first legal one
};

/// One level of the machine.
struct MapLevel {
  bool spatial = false;  ///< more than one child
  std::int64_t fan_x = 1, fan_y = 1;
  bool top = false;    ///< one instance, and no fan-out above: counts per instance are totals
  bool wires = false;  ///< hops cost energy
  double hop_pj = 0.0, router_pj = 0.0;
  double capacity = 0.0, least_words = 0.0;
  double fan_above = 1.0;  ///< most instances of this level
  double leak_pj = 0.0;    ///< per cycle and instance
  bool dram = false, clustered = false;
  double cluster_share = 1.0;  ///< least factor by which clusters can lower access energy
  Bandwidth bandwidth;
  bool limited = false;  ///< some bandwidth is finite
  unsigned living = 0;   ///< tensors that live here (homes.hpp): held whole and never filled
  unsigned unseen = 0;   ///< tensors that live further in: nothing of them counts here
  std::array<AccessCost, max_tensors> cost;
  std::array<double, max_tensors> read_pj{}, fill_pj{}, update_pj{};  ///< per tensor word, adders included in read
  std::vector<SpatialChoice> choices;                                 ///< descending children
  double most_children = 1.0;                                         ///< that any choice has
  bool temporal_rules = false;
  int port = 0;                 ///< the lowest level of the same memory: its own position, unless memories are stacked
  bool stacked_above = false;   ///< the next level is a further part of the same memory
  bool stores_nothing = false;  ///< it is the outermost part of a stack, for loops outside the tiles of all tensors
  int above = 0;                ///< the next level of another memory: its fan-out is what words of this memory cross
};

/// Everything that does not depend on keep sets. Throws std::length_error when the tiles are too many.
///
/// Where factors need not divide, tiles are those of rounds (tile_lattice.hpp): `volume` and `reuse` are means over the
/// tiles that a nest has, so that words times tiles are exact sums, but for windows and for children that are idle in
/// the last round, which are counted from below. Such a problem answers bounds only; it has no labels.
class MapProblem {
 public:
  /// `memory`: per level the memory that it is a part of, where memories are stacks of levels (stacked_machine.hpp).
  MapProblem(const MapRequest& request, std::size_t tile_limit, std::span<const int> memory = {});

  const MapRequest& request;
  MergedLayer merged;
  std::vector<TensorReuse> tensors;
  std::vector<std::pair<int, int>> windows;  ///< (tensor, dimension) that share an axis
  unsigned windowed = 0;                     ///< these dimensions
  TileLattice lattice;
  int levels = 0, written = 0;
  double macs = 1.0, compute_pj = 0.0, adder_pj = 0.0, extra_cycles = 0.0;
  bool exact = true;  ///< every cost is priced exactly, not only from below
  bool has_leak = false, has_wires = false;
  /// Neighbours may pass words on: of what crosses a fan-out its parent is then known to give every element once.
  bool links = false;
  std::vector<MapLevel> level;
  std::vector<std::unique_ptr<LoopOrders>> orders;
  /// The mapping that one of a stacked machine stands for; empty where machines are not stacked.
  std::function<PackedMapping(const PackedMapping&)> restore;

  std::vector<std::array<double, max_tensors>> volume;  ///< per tile and tensor
  std::vector<std::array<double, max_tensors>> reuse;   ///< per tile and tensor: product of irrelevant extents
  std::vector<std::array<double, max_tensors>> held;    ///< of rounds: what the least of a tile's tiles takes

  double whole_volume(int tensor) const { return volume[lattice.whole()][static_cast<std::size_t>(tensor)]; }
  /// Words of memory that the kept tensors of a tile take.
  double words(int level, unsigned keep, TileLattice::Id tile) const;
  bool legal_temporal(int level, TileLattice::Id inner, TileLattice::Id outer) const;
  /// Layouts of a choice around a tile that are not dominated in hops of any tensor; one without hops when wires are
  /// free.
  std::span<const Arrangement> arrangements(int level, std::size_t choice, TileLattice::Id tile) const;
  /// Most children that hold partial sums of the same outputs, of `children` at most: all that share them, and, where
  /// factors do not divide, those that are idle in the last round.
  double copies(double children) const;
  /// The least share of a closed reload that a sliding window can leave of a tensor's tile.
  double window_share(std::size_t tensor, TileLattice::Id tile) const;
  /// Children with different data.
  double groups(int tensor, TileLattice::Id tile, TileLattice::Id spatial) const;

 private:
  void add_levels();
  void add_choices(int level);
  std::vector<Arrangement> layouts(int level, TileLattice::Id spatial, bool first_only) const;
  void price(int level, Arrangement& arrangement, TileLattice::Id tile, TileLattice::Id spatial) const;
  std::vector<Arrangement> priced(int level, std::size_t choice, TileLattice::Id tile) const;

  /// A choice at a level around extents; those that do not matter for the layouts are 0.
  struct Place {
    int level = 0;
    std::size_t choice = 0;
    TileExtents extents{};
    bool operator==(const Place&) const = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const;
  };

  mutable std::mutex mutex_;
  mutable std::unordered_map<Place, std::vector<Arrangement>, PlaceHash> memo_;
};

}  // namespace dovetail
