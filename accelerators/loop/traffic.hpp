// How many words of a tensor cross the boundary under a level: the truncated reuse walk of Timeloop in closed form.
//
// A level's tile moves as the temporal loops above it advance. Let j = 1..k be these loops (factor n_j >= 2) from the
// innermost outwards, v_j the vector by which one step of loop j moves the tile on the data axes, N_j the product of
// n_i over i >= j (N_{k+1} = 1), T_j = v_j - sum_{i<j} v_i the jump when loop j steps and all inner ones wrap (each
// loop is walked for the indices 0 and 1 only, index 1 standing for all others), tau the first non-zero T_j, V the
// volume of the tile and D the volume of the tile minus itself shifted by tau. Then
//
//     words = V + sum_j (N_j - N_{j+1}) c_j,   c_j = 0 if T_j = 0,  D if T_j = tau,  V otherwise.
//
// With uneven placement (MappingLevel::depth) the tile is the tensor's own and the loops outside it are the innermost
// of the walk; the children of a fan-out stand as far apart as the whole tiles under it.
//
// Only child 0 is walked; the children of a fan-out receive translated copies, and children with equal offsets share
// one transfer (a group). Source: NVlabs/timeloop 4cf6d4c, restated by this project and checked by a brute-force walk.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <dovetail/accelerators/loop/shape.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>

namespace dovetail {

using Extents = std::array<std::int64_t, max_dimensions>;

/// The iteration box of every level of a mapping.
struct Tiling {
  std::array<Extents, max_levels> tile;           ///< product of all factors of levels 0..i
  std::array<Extents, max_levels> spatial;        ///< spatial_x x spatial_y of level i
  std::array<std::int64_t, max_levels> x{}, y{};  ///< product of the spatial factors of level i along X, Y
  std::int64_t steps = 1;                         ///< product of all temporal factors
  Tiling(const LoopShape& shape, const PackedMapping& mapping, CheckedArithmetic& exact);
  /// The box that one child of level i holds: the tile of level i - 1, or one point for i = 0.
  Extents child(int level) const;
  /// The box of the tile of one tensor at a level: tile[level] without the temporal loops outside the tensor's depth.
  Extents held(const PackedMapping& mapping, int level, const ShapeTensor& tensor) const;
  /// What one child of level i holds of one tensor: its tile at level i - 1, or one point for i = 0.
  Extents held_by_child(const PackedMapping& mapping, int level, const ShapeTensor& tensor) const;
};

/// Volume of the bounding box of a tensor over an iteration box: product over axes of 1 + sum coefficient x (extent -
/// 1).
std::int64_t volume(const ShapeTensor& tensor, const Extents& extents, CheckedArithmetic& exact);

/// Words delivered to one child of `level` over the run (child 0). For level 0 the child is a multiply-accumulate unit
/// without any reuse: one word per step.
std::int64_t words_to_child(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping,
                            const Tiling& tiling, int level, CheckedArithmetic& exact);

/// Groups of equal size under one instance of a level: `groups` sets of `multicast` children with equal data.
/// hops: sum over these groups of the mesh hops that one word travels.
struct GroupCensus {
  std::int64_t multicast = 1, groups = 1;
  double hops = 0.0;
};

/// What one instance of a level hands down for one tensor: words injected into groups of equal (multicast, scatter).
struct GroupTraffic {
  std::int64_t multicast = 1, scatter = 1;
  double words = 0.0, hop_words = 0.0;
};

struct BoundaryTraffic {
  std::int64_t words_per_child = 0;
  std::vector<GroupTraffic> groups;  ///< ascending (multicast, scatter), before bypass
  double link_words = 0.0;           ///< words that children received from neighbours instead
};

/// Physical mesh under one instance of a level.
struct ChildMesh {
  std::int64_t x = 1, y = 1;
};

/// The groups of the children of `level`, ascending by multicast factor. Data enters the mesh at column 0 in mid
/// height, runs along X and drops vertically: hops of a group = h_max + sum over its columns of max(0, v_c - v_min) +
/// max(0, v_max - v_c), with v_c = (max(physical Y, used Y) - 1) / 2 and the coordinates (h, v) = (id mod H, id div H),
/// H = max(physical X, used X), of the linear child id.
std::vector<GroupCensus> groups_of_children(const LoopShape& shape, const ShapeTensor& tensor,
                                            const PackedMapping& mapping, const Tiling& tiling, int level,
                                            ChildMesh mesh);

/// All traffic under `level`; with `links`, neighbours pass on what they received in the step before (Timeloop's link
/// transfers) whenever that lowers the accesses of the step.
BoundaryTraffic boundary_traffic(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping,
                                 const Tiling& tiling, int level, ChildMesh mesh, bool links, CheckedArithmetic& exact);

}  // namespace dovetail
