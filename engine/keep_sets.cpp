// Which tensors each level may store (see the header).
#include <dovetail/engine/keep_sets.hpp>

namespace dovetail {

const LevelRules& level_rules(const MappingRules& rules, std::size_t level) {
  static const LevelRules none;
  return level < rules.levels.size() ? rules.levels[level] : none;
}

std::vector<KeepChoice> keep_choices(const MapRequest& request) {
  const unsigned all = (1U << request.layer.tensors.size()) - 1U;
  std::vector<KeepChoice> choices;
  for (std::size_t i = 0; i < request.architecture.levels.size(); ++i) {
    const LevelRules& rules = level_rules(request.rules, i);
    const unsigned must = rules.must_keep & all, never = rules.must_bypass & all & ~must;
    KeepChoice choice{must, all & ~must & ~never};
    if (i + 1 == request.architecture.levels.size()) {
      choice = {all, 0};
    } else if (request.bypass == Bypass::none) {
      choice = {all & ~never, 0};
    } else if (request.bypass == Bypass::fixed) {
      choice = (must | never) == all ? KeepChoice{must, 0} : KeepChoice{all & ~never, 0};
    }
    choices.push_back(choice);
  }
  return choices;
}

}  // namespace dovetail
