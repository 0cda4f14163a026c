// The rules that say nothing, and those that say no more than either of two.
#include <dovetail/spaces/mapping/mapping_rules.hpp>

#include <algorithm>

namespace dovetail {

LevelRules::LevelRules() {
  for (auto& slot : min_factor) slot.fill(1);
  for (auto& slot : max_factor) slot.fill(0);
}

MappingRules loosest(const MappingRules& a, const MappingRules& b) {
  MappingRules result = a;
  result.levels.resize(std::max(a.levels.size(), b.levels.size()));
  for (std::size_t l = 0; l < result.levels.size(); ++l) {
    LevelRules& rules = result.levels[l];
    const LevelRules other = l < b.levels.size() ? b.levels[l] : LevelRules();
    rules.must_keep &= other.must_keep;
    rules.must_bypass &= other.must_bypass;
    for (int slot = 0; slot < slot_count; ++slot) {
      for (int d = 0; d < max_dimensions; ++d) {
        auto& least = rules.min_factor[slot][d];
        least = std::min(least, other.min_factor[slot][d]);
        auto& most = rules.max_factor[slot][d];
        most = most == 0 || other.max_factor[slot][d] == 0 ? 0 : std::max(most, other.max_factor[slot][d]);
      }
    }
    if (rules.inner_order != other.inner_order || rules.order_fixed != other.order_fixed) {
      rules.inner_order.clear();
      rules.order_fixed = false;
    }
  }
  return result;
}

}  // namespace dovetail
