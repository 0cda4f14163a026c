// Which tensors each level may store (see the header).
#include <dovetail/engine/map/keep_sets.hpp>

namespace dovetail {

const LevelRules& level_rules(const MappingRules& rules, std::size_t level) {
  static const LevelRules none;
  return level < rules.levels.size() ? rules.levels[level] : none;
}

std::vector<KeepChoice> keep_choices(std::size_t tensors, std::size_t levels, const MappingRules& rules,
                                     Bypass bypass) {
  const unsigned all = (1U << tensors) - 1U;
  std::vector<KeepChoice> choices;
  for (std::size_t i = 0; i < levels; ++i) {
    const LevelRules& own = level_rules(rules, i);
    const unsigned must = own.must_keep & all, never = own.must_bypass & all & ~must;
    KeepChoice choice{must, all & ~must & ~never};
    if (i + 1 == levels) {
      choice = {all, 0};
    } else if (bypass == Bypass::none) {
      choice = {all & ~never, 0};
    } else if (bypass == Bypass::fixed) {
      choice = (must | never) == all ? KeepChoice{must, 0} : KeepChoice{all & ~never, 0};
    }
    choices.push_back(choice);
  }
  return choices;
}

std::vector<KeepChoice> keep_choices(const MapRequest& request) {
  return keep_choices(request.layer.tensors.size(), request.architecture.levels.size(), request.rules,
                      request.bypass);
}

}  // namespace dovetail
