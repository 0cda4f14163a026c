// What every tile of a layer moves, whatever the machine is, and which tiles of a limited size are worth a look.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <dovetail/engine/map/exact/search_tables.hpp>

namespace dovetail {

/// A sum of the words of some tensors may not exceed a capacity: `words` for every child of a mesh of x by y that a
/// tile can occupy, which is at most the product of its extents in the dimensions that may go along an axis (0: any).
struct Limit {
  unsigned tensors = 0;
  double words = 0.0;
  std::int64_t x = 1, y = 1;
  unsigned along_x = 0, along_y = 0;
  bool operator<(const Limit& other) const {
    return std::tie(tensors, words, x, y, along_x, along_y) <
           std::tie(other.tensors, other.words, other.x, other.y, other.along_x, other.along_y);
  }
};
using Limits = std::array<Limit, 3>;

/// Sets of dimensions of the tile lattice. The children that a tile can occupy along them depend on the product of
/// their extents, so that a tile replaces another one only where its products are multiples. 0: none.
using Spread = std::array<unsigned, 4>;

/// Tables over the tile lattice of a layer, for LayerBound. Safe to use concurrently.
class LayerTiles {
 public:
  using Words = std::vector<std::array<double, max_tensors>>;
  using Tiles = std::shared_ptr<const std::vector<TileLattice::Id>>;

  explicit LayerTiles(const Layer& layer);
  /// Tiles within the limits of which no multiple is, and beside which no other moves less of every tensor: of `fresh`
  /// and, where there is such a table, of around[around_of]; and none can be spread more widely.
  Tiles largest(const Limits& limits, std::size_t around_of, const Spread& spread) const;
  /// Dimensions of the lattice that some of these dimensions of the layer belong to; 0 when all that matter do.
  unsigned restricted(unsigned dimensions) const;
  /// Product of the extents of a tile in these dimensions of the lattice.
  std::int64_t product(TileLattice::Id tile, unsigned dimensions) const;

  bool usable = false;  ///< tiles can be listed, and at most one tensor is stationary at a time
  Words words, fresh;   ///< per tile: of the tile, and new ones per operation
  /// [s]: new ones per operation when one level loops over the tile, s stationary (or none); empty without windows.
  std::vector<Words> around;
  std::array<double, max_tensors> used{};
  std::array<bool, max_tensors> windowed{};
  std::array<unsigned, max_tensors> moving{};  ///< dimensions of the lattice that move a tensor
  double operations = 1.0, whole_written = 0.0, written_reuse = 1.0;
  std::size_t tensors = 0, written = 0;

 private:
  using Question = std::tuple<Limits, std::size_t, Spread>;
  /// Per tile: whether it keeps the limits.
  std::vector<char> within(const Limits& limits) const;
  Tiles largest_of(const std::vector<char>& fits, std::size_t around_of, const Spread& spread) const;
  void falling(std::vector<double>& share) const;
  void loops_around(const std::vector<TensorReuse>& reuse);

  std::optional<MergedLayer> merged_;
  std::optional<TileLattice> lattice_;
  mutable std::mutex mutex_;
  mutable std::map<Question, Tiles> memo_;
};

}  // namespace dovetail
