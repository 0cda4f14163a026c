#include <dovetail/accelerators/mapping/packed_mapping.hpp>

#include <cassert>
#include <limits>

namespace dovetail {
namespace {

using Factors = std::array<std::int32_t, max_dimensions>;
using Order = std::array<std::uint8_t, max_dimensions>;

// Listed loops first, the dimensions without a loop behind them.
void pack_loops(const std::vector<Loop>& loops, Factors& factors, Order& order) {
  factors.fill(1);
  std::uint8_t at = 0;
  unsigned seen = 0;
  for (const Loop& loop : loops) {
    assert(loop.dimension >= 0 && loop.dimension < max_dimensions);
    assert(loop.factor >= 1 && loop.factor <= std::numeric_limits<std::int32_t>::max());
    const auto dimension = static_cast<std::uint8_t>(loop.dimension);
    factors[dimension] = static_cast<std::int32_t>(factors[dimension] * loop.factor);
    if ((seen >> dimension & 1U) == 0) order[at++] = dimension;
    seen |= 1U << dimension;
  }
  for (std::uint8_t dimension = 0; dimension < max_dimensions; ++dimension) {
    if ((seen >> dimension & 1U) == 0) order[at++] = dimension;
  }
}

std::vector<Loop> unpack_loops(const Factors& factors, const Order& order, int dimensions) {
  std::vector<Loop> loops;
  for (int position = 0; position < dimensions; ++position) {
    const int dimension = order[static_cast<std::size_t>(position)];
    const std::int32_t factor = factors[static_cast<std::size_t>(dimension)];
    if (factor != 1) loops.push_back({dimension, factor});
  }
  return loops;
}

}  // namespace

bool uneven(const PackedMapping& mapping) {
  for (std::size_t i = 0; i < mapping.level_count; ++i) {
    if (uneven(mapping.levels[i])) return true;
  }
  return false;
}

PackedMapping empty_packed_mapping(int levels, int dimensions) {
  assert(levels <= max_levels && dimensions <= max_dimensions);
  PackedMapping packed;
  packed.level_count = static_cast<std::uint8_t>(levels);
  packed.dimension_count = static_cast<std::uint8_t>(dimensions);
  for (PackedLevel& level : packed.levels) {
    pack_loops({}, level.temporal, level.order);
    pack_loops({}, level.spatial_x, level.order_x);
    pack_loops({}, level.spatial_y, level.order_y);
  }
  return packed;
}

PackedMapping pack(const Layer& layer, const Mapping& mapping) {
  PackedMapping packed =
      empty_packed_mapping(static_cast<int>(mapping.levels.size()), static_cast<int>(layer.dimensions.size()));
  for (std::size_t i = 0; i < mapping.levels.size(); ++i) {
    const MappingLevel& from = mapping.levels[i];
    PackedLevel& to = packed.levels[i];
    pack_loops(from.temporal, to.temporal, to.order);
    pack_loops(from.spatial_x, to.spatial_x, to.order_x);
    pack_loops(from.spatial_y, to.spatial_y, to.order_y);
    to.keep = static_cast<std::uint8_t>(from.keep);
    to.depth = from.depth;
  }
  return packed;
}

Mapping unpack(const PackedMapping& mapping) {
  Mapping unpacked;
  for (int i = 0; i < mapping.level_count; ++i) {
    const PackedLevel& from = mapping.levels[static_cast<std::size_t>(i)];
    MappingLevel to;
    to.keep = from.keep;
    to.temporal = unpack_loops(from.temporal, from.order, mapping.dimension_count);
    for (std::size_t t = 0; t < max_tensors; ++t) {
      for (std::size_t position = 0; position < from.depth[t]; ++position) {
        if (from.temporal[from.order[position]] != 1) ++to.depth[t];
      }
    }
    to.spatial_x = unpack_loops(from.spatial_x, from.order_x, mapping.dimension_count);
    to.spatial_y = unpack_loops(from.spatial_y, from.order_y, mapping.dimension_count);
    unpacked.levels.push_back(std::move(to));
  }
  return unpacked;
}

}  // namespace dovetail
