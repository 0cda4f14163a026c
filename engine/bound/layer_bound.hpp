// A layer's energy and cycles on any machine, bounded from below in microseconds by tables that no machine changes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <dovetail/engine/bound/unavoidable_cost.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/spaces/mapping/tensor_reuse.hpp>
#include <dovetail/spaces/mapping/tile_lattice.hpp>

namespace dovetail {

/// Let m be the tile that one instance of level j works on between two steps of the temporal loops above. The innermost
/// of those loops moves every tensor but one, s: every other tensor t crosses the boundary with all of its tile at
/// every step, y_t(m) = (words of the tile that are new) / volume(m) words for each operation; s crosses it at least
/// once. What fits (the tensors stored at j, and s where it is stored further in) limits the tile; a fan-out of F
/// children can serve f_t of them with one read of t, and the product of the f_t is at most F, times the overlap of
/// sliding windows. The rules say which dimensions may spread, and each f_t is at most what the dimensions that leave t
/// in place allow. The bound of a boundary is the least over s and the largest tiles that fit.
///
/// Boundaries are tied together from the inside out: every step of the tile of one level sweeps all of it through the
/// boundaries inside, unless the children hold all of s at once. So the inside costs the larger of its own least and of
/// what the tile sweeps. Around the tile under the outermost level the loops of one level decide, and sliding windows
/// are priced exactly. Cycles: operations over the children that whole factors can occupy, and the words through the
/// read, write and shared ports of every level, on either side of each boundary. Where the rules say which dimensions
/// may spread, the children inside a tile divide its extents: what fits bounds how much of the array works.
///
/// Tables live as long as the object: the first question builds them (milliseconds), the first one about a pair of
/// sizes scans all tiles, later ones cost about ten microseconds. Safe to call concurrently; answers do not depend on
/// earlier questions.
class LayerBound {
 public:
  explicit LayerBound(Layer layer);
  ~LayerBound();

  /// No mapping that the request's rules and bypass allow has less energy, or fewer cycles, under the loop model. Where
  /// keep sets are open, the least over all of them, or the compulsory cost when they are more than 64.
  CompulsoryCost operator()(const Architecture& architecture, const MappingRules& rules, Bypass bypass) const;

  /// A bound without the boundaries, in about a microsecond: the compulsory cost, and operations over the compute units
  /// that whole factors can occupy.
  CompulsoryCost quick(const Architecture& architecture, const MappingRules& rules) const;

 private:
  struct Tables;
  const Tables& tables() const;
  Layer layer_;
  mutable std::once_flag built_;
  mutable std::unique_ptr<const Tables> tables_;
};

}  // namespace dovetail
