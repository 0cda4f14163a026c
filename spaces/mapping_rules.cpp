// The rules that say nothing.
#include <dovetail/spaces/mapping_rules.hpp>

namespace dovetail {

LevelRules::LevelRules() {
  for (auto& slot : min_factor) slot.fill(1);
  for (auto& slot : max_factor) slot.fill(0);
}

}  // namespace dovetail
