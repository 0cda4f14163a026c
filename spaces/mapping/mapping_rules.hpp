// What a machine or a dataflow forbids or fixes in the mapping of a layer.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <dovetail/workloads/limits.hpp>

namespace dovetail {

/// Where a loop of a level runs.
enum class Slot : std::uint8_t { temporal, spatial_x, spatial_y };

/// A slot as an index.
constexpr std::size_t at(Slot slot) {
  return static_cast<std::size_t>(slot);
}
inline constexpr int slot_count = 3;

/// Rules of one level, for one layer (dimensions and tensors by position).
struct LevelRules {
  unsigned must_keep = 0;                                                       ///< tensors that are stored here
  unsigned must_bypass = 0;                                                     ///< tensors that may not be stored here
  std::array<std::array<std::int64_t, max_dimensions>, slot_count> min_factor;  ///< per slot and dimension, 1: no rule
  std::array<std::array<std::int64_t, max_dimensions>, slot_count> max_factor;  ///< 0: no rule; 1: forbidden there
  std::vector<int> inner_order;  ///< innermost temporal loops in this order, innermost first; the rest is free
  bool order_fixed = false;      ///< inner_order lists every dimension: no freedom
  LevelRules();
  bool operator==(const LevelRules&) const = default;
};

/// Rules of a whole mapping, innermost level first. Empty: everything is allowed. How bypass is chosen is the search's
/// own option (search | none | fixed); `fixed` takes must_keep as the keep set where must_keep | must_bypass covers all
/// tensors.
struct MappingRules {
  std::vector<LevelRules> levels;
  bool operator==(const MappingRules&) const = default;
};

/// Rules that allow what either allows, for the same layer and machine; they may allow more.
MappingRules loosest(const MappingRules& a, const MappingRules& b);

}  // namespace dovetail
