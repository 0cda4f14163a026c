// Which tensors each level may store, from the rules and the bypass option of a request.
#pragma once

#include <vector>

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Bit t: tensor t. `optional` may or may not be stored; the outermost level stores everything.
struct KeepChoice {
  unsigned must = 0, optional = 0;
};

/// One per level, innermost first.
std::vector<KeepChoice> keep_choices(std::size_t tensors, std::size_t levels, const MappingRules& rules,
                                     Bypass bypass);
std::vector<KeepChoice> keep_choices(const MapRequest& request);

/// The rules of a level, or no rules at all.
const LevelRules& level_rules(const MappingRules& rules, std::size_t level);

}  // namespace dovetail
