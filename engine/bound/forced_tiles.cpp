// Whether the tiles that a machine's rules demand fit (see the header).
#include <dovetail/engine/bound/forced_tiles.hpp>

#include <algorithm>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/engine/map/keep_sets.hpp>

namespace dovetail {

bool demanded_tiles_fit(const Layer& layer, const Architecture& architecture, const MappingRules& rules,
                        Bypass bypass) {
  const std::size_t levels = architecture.levels.size(), dimensions = layer.dimensions.size();
  PackedMapping mapping = empty_packed_mapping(static_cast<int>(levels), static_cast<int>(dimensions));
  const std::vector<KeepChoice> keep = keep_choices(layer.tensors.size(), levels, rules, bypass);
  bool demanding = false;
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::int64_t used = 1;
    for (std::size_t i = 0; i < levels; ++i) {
      PackedLevel& level = mapping.levels[i];
      const auto& least = level_rules(rules, i).min_factor;
      level.keep = static_cast<std::uint8_t>(keep[i].must);
      level.temporal[d] = static_cast<std::int32_t>(least[0][d]);
      level.spatial_x[d] = static_cast<std::int32_t>(least[1][d]);
      level.spatial_y[d] = static_cast<std::int32_t>(least[2][d]);
      used *= std::int64_t{level.temporal[d]} * level.spatial_x[d] * level.spatial_y[d];
    }
    demanding = demanding || used > 1;
    if (layer.dimensions[d].extent % used != 0) return true;  // nothing is known of factors above the least
    mapping.levels[levels - 1].temporal[d] *= static_cast<std::int32_t>(layer.dimensions[d].extent / used);
  }
  if (!demanding) return true;
  const Evaluation least = LoopModel().evaluate(layer, architecture, mapping);
  return std::none_of(least.violations.begin(), least.violations.end(),
                      [](const Violation& violation) { return violation.constraint == "capacity"; });
}

}  // namespace dovetail
