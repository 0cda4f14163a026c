// Lower bounds of everything outside a tile, for a group of keep sets at once: tables over the tile lattice.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include <dovetail/engine/map/exact/outermost_tables.hpp>

namespace dovetail {

/// What moving the written tensor over one boundary costs at least, first reads elided. Of the words that all children
/// take in and of those that their parents serve, the first ones are not read: at most one per output and instance that
/// holds partial sums.
struct WrittenCost {
  double fills = 0.0, flow = 0.0;  ///< words, gross
  double fill_pj = 0.0, read_pj = 0.0, update_pj = 0.0;
  double fills_free = 0.0, reads_free = 0.0;  ///< words that may be elided
  /// When outer loops leave a share of the words, and multicast a share of the flow.
  double operator()(double share, double groups = 1.0) const {
    const double served = flow * share * groups;
    return fill_pj * std::max(0.0, fills * share - fills_free) + update_pj * served +
           read_pj * std::max(0.0, served - reads_free);
  }
};

/// The least over the levels that may be the parent.
struct WrittenCosts {
  std::array<WrittenCost, max_levels> of{};
  std::size_t count = 0;
  double operator()(double share, double groups = 1.0) const {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t n = 0; n < count; ++n) least = std::min(least, of[n](share, groups));
    return least;
  }
};

/// Admissible bounds. All energies are linear in words (rounding to blocks only adds). Gross of first-read elision,
/// whose largest possible amount is subtracted at the end, or net of it.
///
/// Let m be the tile of level j and "outer cost" all energy of boundaries whose child is level j or further out. The
/// outermost boundary is exact: the best order of its loops is known for every tile. Further in, at most one tensor can
/// be stationary under one level's loops, unless a loop set does not move a tensor at all:
///   1. one tensor s is stationary: the others reload for every step; s pays kappa / reuse_s(next tile);
///   2. the level's loops do not move s: its stationarity may extend outwards, s pays its compulsory share;
///   3. no loops at all: every tensor pays its compulsory share, the next tile is the array's tile.
/// Each case is a minimum over the multiples of a tile, computed by sweeps over the lattice.
///
/// Tables belong to a level and to what that level stores; what the next level stores is part of the minimum, so that
/// all keep sets of a group share them. A tensor that the next level does not store is read at the cheapest level that
/// may.
class MapBounds {
 public:
  MapBounds(const MapProblem& problem, const SearchCase& part, const OutermostTables& outermost);

  /// What a level may store, the largest set first.
  const std::vector<unsigned>& sets(int j) const { return sets_[static_cast<std::size_t>(j)]; }
  /// Energy outside the tile of level j, which stores `keep` (gross), and cycles of the outermost level around a tile
  /// of an inner one. Infinite where the tile cannot be.
  double outer(int j, unsigned keep, TileLattice::Id m) const { return at(j, keep).outer[m]; }
  /// What a tile's capacity costs at least, in accesses that no mapping avoids: a part of `outer`.
  double charge(int j, unsigned keep, TileLattice::Id m) const;
  double outer_cycles(int j, unsigned keep, TileLattice::Id m) const {
    if (j + 1 >= problem_->levels) return 0.0;
    const std::vector<double>& own = at(j, keep).cycles;
    return own.empty() ? cycles_[m] : own[m];
  }
  double outer_cycles(int j, TileLattice::Id m) const { return j + 1 < problem_->levels ? cycles_[m] : 0.0; }
  /// min over tiles m' of level j that are multiples of a: kappa_s / reuse_s(m') + outer(j, m'). The tensor is stored
  /// at level `base` inside and nowhere between; s < 0: without kappa.
  double stationary(int j, unsigned keep, int s, int base, TileLattice::Id a) const {
    const Tables& own = at(j, keep);
    if (s < 0) return own.any[a];
    return (base + 1 == j ? own.near : own.far)[static_cast<std::size_t>(s)][a];
  }
  /// min over multiples of a in the dimensions that do not move s of outer(j, m').
  double unmoved(int j, unsigned keep, int s, TileLattice::Id a) const {
    return at(j, keep).unmoved[static_cast<std::size_t>(s)][a];
  }
  /// A level that may be the next to store a tensor, and what a word costs there, reads and updates.
  struct Keeper {
    int level = 0;
    double pj = 0.0;
  };
  /// The levels above j that may be the first to store a tensor.
  const std::vector<Keeper>& keepers(int j, std::size_t t) const { return above_[static_cast<std::size_t>(j + 1)][t]; }
  /// Least energy per word of a tile m of level j that a level above `last` is the first to store.
  /// `room`: of the multicast that the case allows, what is left.
  double price_beyond(int j, int last, std::size_t t, TileLattice::Id m, double room) const {
    double least = std::numeric_limits<double>::infinity();
    for (const Keeper& keeper : keepers(last, t))
      least = std::min(least, keeper.pj / multicast(j, keeper.level, t, m, room));
    return least;
  }
  double keeper_pj(int level, std::size_t t) const {
    const MapLevel& own = problem_->level[static_cast<std::size_t>(level)];
    return own.read_pj[t] + (problem_->tensors[t].written() ? own.update_pj[t] : 0.0);
  }
  /// Most that first-read elision can still save at levels above j.
  double elision(int j) const { return elision_[static_cast<std::size_t>(j)]; }
  /// Whether the bounds are net of first-read elision: `elision` is then 0.
  bool net() const { return net_; }
  /// Most words whose first read the instances of a level can elide.
  double elided_words(int level) const { return elided_words_[static_cast<std::size_t>(level)]; }
  /// Of the written tensor: `fills` words into all children, which are at level `child` (-1: nothing is filled), and
  /// `flow` words out of tiles m of level j, read by the first keeper above `last`, or, if `served`, by level `last`.
  WrittenCosts written_costs(double fills, double flow, int child, int j, int last, bool served, TileLattice::Id m,
                             double room) const;
  /// Most children that the levels above j can use around a tile of level j; most of them with equal data of t.
  double parallel(int j, TileLattice::Id m) const;
  double multicast(int j, int last, std::size_t t, TileLattice::Id m, double room) const;
  /// What the case allows of a tensor's multicast, and whether the levels above j can use as much as `used` leaves.
  double limit(std::size_t t) const { return limit_[t]; }
  bool binding(int j, std::size_t t, double used) const {
    return used * shared_above_[static_cast<std::size_t>(j)][t] > limit_[t] * (1.0 + 1e-9);
  }
  bool disjoint() const { return disjoint_; }
  /// Tiles that level j can hold of `keep`, ascending.
  const std::vector<TileLattice::Id>& tiles(int j, unsigned keep) const { return at(j, keep).tiles; }

 private:
  /// Of a level that stores one keep set.
  struct Tables {
    std::vector<TileLattice::Id> tiles;
    std::vector<double> outer, any, cycles;  ///< cycles: of the level below the outermost one
    /// Stationary, stored at the level just inside or further inside; by tensor.
    std::array<std::vector<double>, max_tensors> near, far, unmoved;
  };
  const Tables& at(int j, unsigned keep) const { return tables_[static_cast<std::size_t>(j)][keep]; }
  /// The bounding box of a window is smaller than the product of its dimensions (larger with gaps), and may slide: the
  /// least share that is left of a tile's words, per level and tensor.
  void shares();
  void inner(int j);
  void sweeps(int j, unsigned keep);
  double kappa(int j, unsigned keep, std::size_t s, int base, double most_shared) const;
  WrittenCosts written_kappa(int j, unsigned keep, bool near) const;
  bool may_keep(int j, std::size_t t) const {
    const KeepChoice& own = group_[static_cast<std::size_t>(j)];
    return ((own.must | own.optional) >> t & 1U) != 0;
  }

  const MapProblem* problem_;
  KeepGroup group_;
  Multicast limit_{};
  std::vector<Multicast> shared_above_;  ///< most that the fan-outs above a level share
  std::vector<std::vector<unsigned>> sets_;
  std::vector<std::array<Tables, std::size_t{1} << max_tensors>> tables_;
  std::vector<double> cycles_;  ///< whatever the level below the outermost one stores
  std::vector<std::array<std::vector<Keeper>, max_tensors>> above_;
  std::vector<std::array<double, max_tensors>> shares_;
  std::vector<double> elision_, elided_words_, children_above_;
  const Toll* toll_ = nullptr;
  std::vector<Multicast> shared_below_;  ///< with tolls: most that the fan-outs up to a level share
  bool net_ = false;
  bool disjoint_ = true;
};

}  // namespace dovetail
