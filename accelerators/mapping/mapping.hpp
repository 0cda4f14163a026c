// A schedule of one layer on one machine: per level, what is kept, what is unrolled in space, what is looped in time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/limits.hpp>

namespace dovetail {

/// A loop over a part of a dimension.
struct Loop {
  int dimension = 0;
  std::int64_t factor = 1;  ///< trip count, >= 2 (loops of one trip are left out)
  bool operator==(const Loop&) const = default;
};

/// The part of the schedule that belongs to one level. A dimension occurs at most once in each of the three lists.
struct MappingLevel {
  unsigned keep = 0;            ///< bit t set: tensor t is stored here; otherwise it bypasses this level
  std::vector<Loop> spatial_x;  ///< fastest-varying first; inside the temporal loops, X inside Y
  std::vector<Loop> spatial_y;  ///< fastest-varying first
  std::vector<Loop> temporal;   ///< outermost first
  /// Uneven placement: the outermost depth[t] temporal loops stand outside the tile of tensor t that is kept here, as
  /// loops of the tensor's next outer holder, inside that memory's own loops and spatial loops. 0 for all tensors: one
  /// tile for all of them. What is not kept here is inside the loops that are inside the tile of some kept tensor: loops
  /// outside all of them are another holder's. The outermost level has no holder outside it, so its depths are 0.
  std::array<std::uint8_t, max_tensors> depth{};
  bool operator==(const MappingLevel&) const = default;
};

/// A mapping, innermost level first as in Architecture::levels. With perfect factors the product of a dimension's
/// factors equals its extent; with imperfect factors (ceil-and-remainder loops, Ruby) it may exceed it, and the
/// tiles at the edge are smaller.
struct Mapping {
  std::vector<MappingLevel> levels;
  bool operator==(const Mapping&) const = default;
};

/// The mapping as an indented loop nest, outermost loop first, with the tile sizes of the tensors kept at each level.
std::string loop_nest(const Layer& layer, const Architecture& architecture, const Mapping& mapping);

/// The mapping as the schedule primitives that a TVM user knows: split, reorder, bind, cache_read, cache_write.
std::string schedule_primitives(const Layer& layer, const Architecture& architecture, const Mapping& mapping);

}  // namespace dovetail
