// Lower bounds of everything outside a tile, for one choice of keep sets: tables over the tile lattice.
#pragma once

#include <array>
#include <map>
#include <vector>

#include <dovetail/engine/map/exact/search_tables.hpp>

namespace dovetail {

/// Keep set of every level.
using KeepSets = std::array<unsigned, max_levels>;

/// What the loops of the outermost level cost around every tile of the level inside it: the same for all choices of keep
/// sets that agree on that level.
struct OutermostCosts {
  std::vector<TileLattice::Id> tiles;  ///< that the level inside can hold, ascending
  std::vector<double> energy, cycles;  ///< per tile of the lattice; cycles: the least of its multiples
};

/// OutermostCosts by the keep set of the level inside, for the keep sets that some of `choices` have there.
using OutermostTables = std::map<unsigned, OutermostCosts>;
OutermostTables outermost_tables(const MapProblem& problem, const std::vector<KeepSets>& choices);

/// Admissible bounds. All energies are linear in words (rounding to blocks only adds) and gross of first-read elision,
/// whose largest possible amount is subtracted at the end.
///
/// Let m be the tile of level j and "outer cost" all energy of boundaries whose child is level j or further out. The
/// outermost boundary is exact: the best order of its loops is known for every tile. Further in, at most one tensor can
/// be stationary under one level's loops, unless a loop set does not move a tensor at all:
///   1. one tensor s is stationary: the others reload for every step; s pays kappa / reuse_s(next tile);
///   2. the level's loops do not move s: its stationarity may extend outwards, s pays its compulsory share;
///   3. no loops at all: every tensor pays its compulsory share, the next tile is the array's tile.
/// Each case is a minimum over the multiples of a tile, computed by sweeps over the lattice.
class MapBounds {
 public:
  MapBounds(const MapProblem& problem, const KeepSets& keep, const OutermostTables& outermost);

  const KeepSets keep;
  /// Energy outside the tile of level j (gross), and cycles of the outermost level around a tile of an inner one. Infinite where the tile cannot be.
  double outer(int j, TileLattice::Id m) const { return outer_[static_cast<std::size_t>(j)][m]; }
  double outer_cycles(int j, TileLattice::Id m) const { return j + 1 < problem_->levels ? cycles_[m] : 0.0; }
  /// min over tiles m' of level j that are multiples of a: kappa_s / reuse_s(m') + outer(j, m'); s < 0: without kappa.
  double stationary(int j, int s, TileLattice::Id a) const {
    return stationary_[static_cast<std::size_t>(j)][static_cast<std::size_t>(s + 1)][a];
  }
  /// min over multiples of a in the dimensions that do not move s of outer(j, m').
  double unmoved(int j, int s, TileLattice::Id a) const {
    return unmoved_[static_cast<std::size_t>(j)][static_cast<std::size_t>(s)][a];
  }
  /// Last level below j that keeps the tensor, or -1; first level above j that keeps it.
  int below(int j, std::size_t t) const { return below_[static_cast<std::size_t>(j)][t]; }
  int above(int j, std::size_t t) const { return above_[static_cast<std::size_t>(j + 1)][t]; }
  /// Energy per word that the first keeping level above j pays, reads and updates.
  double parent_pj(int j, std::size_t t) const {
    const auto p = static_cast<std::size_t>(above(j, t));
    return problem_->level[p].read_pj[t] +
           (problem_->tensors[t].written() ? problem_->level[p].update_pj[t] : 0.0);
  }
  /// Most that first-read elision can still save at levels above j.
  double elision(int j) const { return elision_[static_cast<std::size_t>(j)]; }
  /// Most children that the levels above j can use around a tile of level j; most of them with equal data of t.
  double parallel(int j, TileLattice::Id m) const;
  double multicast(int j, int last, std::size_t t, TileLattice::Id m) const;
  bool disjoint() const { return disjoint_; }
  /// Tiles that level j can hold, ascending.
  const std::vector<TileLattice::Id>& tiles(int j) const { return tiles_[static_cast<std::size_t>(j)]; }

 private:
  void inner(int j);
  void sweeps(int j);

  const MapProblem* problem_;
  std::vector<std::vector<TileLattice::Id>> tiles_;
  std::vector<std::vector<double>> outer_;
  std::vector<double> cycles_;
  std::vector<std::vector<std::vector<double>>> stationary_, unmoved_;
  std::vector<std::array<int, max_tensors>> below_, above_;
  std::vector<double> elision_, children_above_;
  bool disjoint_ = true;
};

}  // namespace dovetail
