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

Homes homes_of(const MappingRules& rules) {
  Homes homes;
  for (std::size_t i = 0; i < rules.levels.size(); ++i) {
    for (std::size_t t = 0; t < homes.size(); ++t) {
      if ((living_in(rules.levels[i].must_keep) >> t & 1U) != 0) homes[t] = static_cast<int>(i);
    }
  }
  return homes;
}

MappingRules with_homes(MappingRules rules, const Homes& homes, std::size_t levels) {
  if (rules.levels.size() < levels) rules.levels.resize(levels);
  for (std::size_t t = 0; t < homes.size(); ++t) {
    if (!homes[t]) continue;
    const unsigned bit = 1U << t;
    const auto home = static_cast<std::size_t>(*homes[t]);
    rules.levels[home].must_keep |= bit | home_bit(t);
    rules.levels[home].must_bypass &= ~bit;
    for (std::size_t i = home + 1; i + 1 < levels; ++i) {
      rules.levels[i].must_keep &= ~bit;
      rules.levels[i].must_bypass |= bit;
    }
  }
  return rules;
}

std::vector<KeepChoice> keep_choices(const MapRequest& request) {
  return keep_choices(request.layer.tensors.size(), request.architecture.levels.size(), request.rules, request.bypass);
}

}  // namespace dovetail
