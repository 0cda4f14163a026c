// The lattice of tiles of a loop nest: every tile is a vector of divisors, one per dimension.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <dovetail/workloads/limits.hpp>

namespace dovetail {

/// Tiles of a nest with perfect factors. A tile is stored as the exponents of the primes of each extent in mixed
/// radix, so that for a tile a and a factor f with a * f a tile again, id(a * f) = id(a) + id(f). Divisibility of two
/// tiles is one subtraction on packed exponents. Ids run from 0 (the unit tile) to size() - 1 (the whole nest).
class TileLattice {
 public:
  using Id = std::uint32_t;
  __extension__ using Key = unsigned __int128;  // packed exponents, one guard bit each

  /// Throws std::length_error when there are more than `limit` tiles.
  TileLattice(std::vector<std::int64_t> extents, std::size_t limit);

  /// The same for factors that need not divide. However a tile of a dimension of extent n came about, ceil(n / tile)
  /// rounds of it cover n, and a loop of f rounds makes ceil(rounds / f) of them: tiles with equal rounds are one, and
  /// where there are more than `limit` tiles, so are neighbouring numbers of rounds. A tile then stands for several:
  /// extents() are the least ones, volume() is the whole volume over the least rounds. Any tile with no more rounds in
  /// any dimension counts as a multiple (a relaxation); ids do not add up.
  static TileLattice of_rounds(std::vector<std::int64_t> extents, std::size_t limit);
  bool rounds() const { return !least_rounds_.empty(); }
  /// Of tiles of rounds: extent of the nest over the least rounds; and the largest extent of such a tile.
  std::array<double, max_dimensions> mean_extents(Id id) const;
  std::array<std::int32_t, max_dimensions> largest_extents(Id id) const;
  std::int64_t least_rounds(Id id, int dimension) const;

  std::size_t size() const { return size_; }
  int dimensions() const { return static_cast<int>(extents_.size()); }
  Id whole() const { return static_cast<Id>(size_ - 1); }
  Key key(Id id) const { return keys_[id]; }
  bool divides(Id inner, Id outer) const { return divides(keys_[inner], keys_[outer]); }
  bool divides(Key inner, Key outer) const { return (((outer | guard_) - inner) & guard_) == guard_; }

  /// Positions in `inner` of the keys that divide `outer`, ascending.
  void divisors(std::span<const Key> inner, Key outer, std::vector<std::uint32_t>& positions) const;

  /// Extent of every dimension of a tile.
  const std::array<std::int32_t, max_dimensions>& extents(Id id) const { return tiles_[id]; }
  /// Product of all extents, exact in a double below 2^53.
  double volume(Id id) const { return volumes_[id]; }
  /// The tile with these extents (each must divide the extent of its dimension).
  Id find(std::span<const std::int64_t> extents) const;

  /// A prime of one dimension: multiplying a tile by it adds `stride` to its id.
  struct Component {
    int dimension = 0;
    std::int64_t prime = 2;
    int exponent = 0;
    std::size_t stride = 1;
  };
  const std::vector<Component>& components() const { return components_; }

  /// values[m] = min over tiles m' that m divides, growing only in the dimensions of the mask.
  void minimum_over_multiples(std::span<double> values, unsigned dimension_mask) const;
  /// The same with m' / m at most `product` (a relaxation: counts floor(log2(prime)) bits per prime factor).
  void minimum_over_multiples_within(std::span<double> values, std::int64_t product) const;

 private:
  TileLattice() = default;
  std::size_t place(Id id, int dimension) const;
  void minimum_over_rounds_within(std::span<double> values, std::int64_t product) const;
  std::vector<std::int64_t> extents_;
  std::vector<Component> components_;
  std::size_t size_ = 1;
  Key guard_ = 0;
  std::vector<Key> keys_;
  std::vector<std::array<std::int32_t, max_dimensions>> tiles_;
  std::vector<double> volumes_;
  /// Of rounds: per dimension, by place, the least and the most rounds of a tile, and the step of ids.
  std::vector<std::vector<std::int64_t>> least_rounds_, most_rounds_;
  std::vector<std::size_t> steps_;
};

}  // namespace dovetail
