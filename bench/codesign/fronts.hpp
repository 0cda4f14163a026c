// Several networks on one machine of limited area: fronts of energy, cycles and area.
#pragma once

#include "methods.hpp"

namespace jobs {

// Fronts of energy, cycles and area: the volume that each method's front dominates below ten times the hand design.
inline Json fronts(Study study, const Settings& settings) {
  study.objective = "energy,cycles,area";
  Json json = Json::array();
  Table table({"method", "hypervolume", "designs on the front"});
  for (const std::string& method : settings.methods) {
    set_method(study, method);
    Numbers volumes, sizes;
    for (int seed = 0; seed < settings.seeds; ++seed) {
      study.seed = static_cast<std::uint64_t>(seed);
      CodesignOptions options;
      options.threads = settings.threads;
      const CodesignResult result = run(Codesign(study), options);
      volumes.push_back(result.hypervolume);
      sizes.push_back(static_cast<double>(result.front.size()));
    }
    table.add({method,
               fmt::format("{:.4f} [{:.4f}, {:.4f}]", quantile(volumes, 0.5), quantile(volumes, 0.0),
                           quantile(volumes, 1.0)),
               fmt::format("{:.0f}", quantile(sizes, 0.5))});
    json.push_back({{"method", method}, {"hypervolume", summary(volumes)}, {"designs", summary(sizes)}});
    study.designer_options.clear();
  }
  fmt::print("  fronts of energy, cycles and area\n{}", table.text(2));
  return json;
}

}  // namespace jobs
