// Which tensors each level may store, from the rules and the bypass option of a request.
#pragma once

#include <vector>

#include <dovetail/accelerators/mapping/homes.hpp>
#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Bit t: tensor t. `optional` may or may not be stored; the outermost level stores everything.
struct KeepChoice {
  unsigned must = 0, optional = 0;
};

/// One per level, innermost first.
std::vector<KeepChoice> keep_choices(std::size_t tensors, std::size_t levels, const MappingRules& rules, Bypass bypass);
std::vector<KeepChoice> keep_choices(const MapRequest& request);

/// Homes that rules prescribe: bits of must_keep, as in a mapping's keep sets (homes.hpp).
Homes homes_of(const MappingRules& rules);
/// The rules with homes: the home keeps its tensor, the levels between it and the outermost memory do not; the search
/// takes the outermost memory as a level that sees nothing of it.
MappingRules with_homes(MappingRules rules, const Homes& homes, std::size_t levels);

/// The rules of a level, or no rules at all.
const LevelRules& level_rules(const MappingRules& rules, std::size_t level);

}  // namespace dovetail
