// Chains of factors that cover an extent (see the header).
#include <dovetail/engine/map/factor_chains.hpp>

#include <algorithm>
#include <array>
#include <limits>

#include <dovetail/engine/map/keep_sets.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t most_product = std::int64_t{1} << 62;

struct Place {
  Slot slot;
  std::int32_t* factor;
};

// The factors of a dimension at a level, innermost first.
std::array<Place, slot_count> factors_at(PackedLevel& level, std::size_t d) {
  return {{{Slot::spatial_x, &level.spatial_x[d]},
           {Slot::spatial_y, &level.spatial_y[d]},
           {Slot::temporal, &level.temporal[d]}}};
}

std::int64_t least_of(const MappingRules& rules, std::size_t level, Slot slot, std::size_t d) {
  return std::max<std::int64_t>(1, level_rules(rules, level).min_factor[static_cast<std::size_t>(slot)][d]);
}

}  // namespace

std::int64_t chain_product(const PackedMapping& mapping, std::size_t d) {
  std::int64_t product = 1;
  for (std::size_t i = 0; i < mapping.level_count; ++i) {
    const PackedLevel& level = mapping.levels[i];
    for (const std::int64_t factor : {level.spatial_x[d], level.spatial_y[d], level.temporal[d]}) {
      if (product > most_product / factor) return most_product;
      product *= factor;
    }
  }
  return product;
}

std::int64_t least_factor(const PackedMapping& mapping, std::size_t d, std::int64_t extent, std::int64_t factor) {
  const std::int64_t others = std::max<std::int64_t>(1, chain_product(mapping, d) / factor);
  return (extent + others - 1) / others;
}

bool tighten(PackedMapping& mapping, std::size_t d, std::int64_t extent, const MappingRules& rules) {
  if (chain_product(mapping, d) < extent) {
    const std::size_t top = mapping.level_count - std::size_t{1};
    std::int32_t& last = mapping.levels[top].temporal[d];
    const std::int64_t needed = least_factor(mapping, d, extent, last);
    const std::int64_t most = level_rules(rules, top).max_factor[static_cast<std::size_t>(Slot::temporal)][d];
    if ((most != 0 && needed > most) || needed > std::numeric_limits<std::int32_t>::max()) return false;
    last = static_cast<std::int32_t>(needed);
  }
  for (std::size_t i = 0; i < mapping.level_count; ++i) {
    for (const Place& place : factors_at(mapping.levels[i], d)) {
      if (*place.factor == 1) continue;
      const std::int64_t least =
          std::max(least_factor(mapping, d, extent, *place.factor), least_of(rules, i, place.slot, d));
      if (least < *place.factor) *place.factor = static_cast<std::int32_t>(least);
    }
  }
  return true;
}

bool tight(const PackedMapping& mapping, std::size_t d, std::int64_t extent, const MappingRules& rules) {
  if (chain_product(mapping, d) < extent) return false;
  PackedMapping copy = mapping;
  for (std::size_t i = 0; i < copy.level_count; ++i) {
    for (const Place& place : factors_at(copy.levels[i], d)) {
      if (*place.factor > std::max(least_factor(copy, d, extent, *place.factor), least_of(rules, i, place.slot, d)))
        return false;
    }
  }
  return true;
}

bool tighten(PackedMapping& mapping, const Layer& layer, const MappingRules& rules) {
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    if (!tighten(mapping, d, layer.dimensions[d].extent, rules)) return false;
  }
  return true;
}

bool tight(const PackedMapping& mapping, const Layer& layer, const MappingRules& rules) {
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    if (!tight(mapping, d, layer.dimensions[d].extent, rules)) return false;
  }
  return true;
}

void settle_depths(PackedMapping& mapping) {
  for (std::size_t i = 0; i < mapping.level_count; ++i) {
    PackedLevel& level = mapping.levels[i];
    const auto end = level.order.begin() + mapping.dimension_count;
    const auto loops =
        std::stable_partition(level.order.begin(), end, [&](std::uint8_t d) { return level.temporal[d] > 1; });
    const auto count = static_cast<std::uint8_t>(i + 1 == mapping.level_count ? 0 : loops - level.order.begin());
    for (std::size_t t = 0; t < max_tensors; ++t)
      level.depth[t] = (level.keep >> t & 1U) != 0 ? std::min(level.depth[t], count) : std::uint8_t{0};
  }
}

}  // namespace dovetail
