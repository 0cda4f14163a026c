#include <dovetail/spaces/mapping/timeloop_rules.hpp>

#include <algorithm>

namespace dovetail {
namespace {

void fix(LevelRules& rules, Slot slot, int dimension, std::int64_t factor) {
  const auto place = static_cast<std::size_t>(slot);
  rules.min_factor[place][static_cast<std::size_t>(dimension)] = factor;
  rules.max_factor[place][static_cast<std::size_t>(dimension)] = factor;
}

// Along which axis a dimension of a spatial constraint runs: the first `split` of its permutation along X.
std::optional<Slot> axis_of(const TimeloopDirective& directive, int dimension) {
  if (!directive.split) return std::nullopt;
  const auto found = std::find(directive.permutation.begin(), directive.permutation.end(), dimension);
  if (found == directive.permutation.end()) return std::nullopt;
  return found - directive.permutation.begin() < *directive.split ? Slot::spatial_x : Slot::spatial_y;
}

}  // namespace

MappingRules timeloop_rules(const TimeloopDesign& design, std::vector<Remark>& remarks, Diagnostics& diagnostics) {
  MappingRules rules;
  rules.levels.resize(design.design.architecture.levels.size());
  for (std::size_t l = 0; l < rules.levels.size(); ++l) {
    if (keeps_nothing(design.machine, l)) rules.levels[l].must_bypass = (1U << design.design.layer.tensors.size()) - 1U;
  }
  for (const TimeloopDirective& directive : read_timeloop_constraints(design, diagnostics)) {
    const TimeloopPlace* place = find_place(design.machine, directive.target, directive.where, diagnostics);
    if (place == nullptr || place->level < 0) continue;
    LevelRules& level = rules.levels[static_cast<std::size_t>(place->level)];
    if (directive.kind == TimeloopDirective::Kind::keep) {
      if (place->container) continue;
      level.must_keep |= directive.keep;
      level.must_bypass |= directive.bypass;
    } else if (directive.kind == TimeloopDirective::Kind::temporal) {
      if (place->container) continue;
      for (const auto& [dimension, factor] : directive.factors) {
        if (factor > 0) fix(level, Slot::temporal, dimension, factor);
      }
      level.inner_order = directive.permutation;
      level.order_fixed = directive.permutation.size() == design.design.layer.dimensions.size();
    } else {
      for (const auto& [dimension, factor] : directive.factors) {
        const auto axis = axis_of(directive, dimension);
        if (factor == 1) {
          fix(level, Slot::spatial_x, dimension, 1);
          fix(level, Slot::spatial_y, dimension, 1);
        } else if (factor > 1 && axis) {
          fix(level, *axis, dimension, factor);
        } else if (factor > 1) {
          add_remark(remarks, "free-axis", "spatial factor",
                     "no split says along which axis it runs; left to the search", directive.where);
        }
      }
    }
  }
  return rules;
}

}  // namespace dovetail
