// A mapping in fixed-size arrays: the form that searches move through and the fast evaluator reads.
#pragma once

#include <array>
#include <cstdint>

#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/limits.hpp>

namespace dovetail {

/// The same information as Mapping, without allocation; dimensions by position. Every factor is >= 1.
struct PackedLevel {
  std::array<std::int32_t, max_dimensions> temporal, spatial_x, spatial_y;  ///< factor of each dimension
  std::array<std::uint8_t, max_dimensions> order;  ///< temporal loops, outermost first: a permutation of the dimensions
  std::array<std::uint8_t, max_dimensions> order_x, order_y;  ///< spatial loops, fastest-varying first
  std::uint8_t keep = 0;                                      ///< bit t: tensor t is stored here
  std::array<std::uint8_t, max_tensors> depth{};  ///< per tensor: so many places of `order` are outside its tile
};

struct PackedMapping {
  std::array<PackedLevel, max_levels> levels;
  std::uint8_t level_count = 0, dimension_count = 0;
};

/// Whether some tensor's tile at the level is inside a part of its temporal loops only (uneven placement).
inline bool uneven(const PackedLevel& level) {
  return level.depth != std::array<std::uint8_t, max_tensors>{};
}
bool uneven(const PackedMapping& mapping);

/// How many places of `order` are outside the tile of a tensor at a level, stored there or not (MappingLevel::depth).
inline unsigned outside_tile(const PackedLevel& level, std::size_t tensor) {
  if ((level.keep >> tensor & 1U) != 0 || !uneven(level)) return level.depth[tensor];
  unsigned least = max_dimensions;
  for (std::size_t t = 0; t < max_tensors; ++t) {
    if ((level.keep >> t & 1U) != 0 && level.depth[t] < least) least = level.depth[t];
  }
  return least;
}

/// A mapping without loops that keeps nothing: every factor 1, orders by position, also behind dimension_count.
PackedMapping empty_packed_mapping(int levels, int dimensions);

/// The packed form. Loops that the mapping leaves out get factor 1 and the innermost places of the order.
/// Every loop must name a dimension of the layer and have a factor that fits 32 bits.
PackedMapping pack(const Layer& layer, const Mapping& mapping);

/// The way back; loops of one trip are left out.
Mapping unpack(const PackedMapping& mapping);

}  // namespace dovetail
