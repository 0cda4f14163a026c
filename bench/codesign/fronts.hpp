// Several networks on one machine of limited area: fronts of energy, cycles and area.
#pragma once

#include <iostream>

#include "methods.hpp"

namespace jobs {

// Fronts of energy, cycles and area: the volume that each method's front dominates below ten times the hand design.
inline Json fronts(Study study, const Settings& settings) {
  study.objective = "energy,cycles,area";
  Json json = Json::array();
  Table table({"method", "hypervolume", "over first, paired difference", "designs on the front",
               "least edp of a front", "seconds"});
  Numbers first;
  for (const std::string& method : settings.methods) {
    set_method(study, method);
    Numbers volumes, sizes, differences, edps, seconds;
    for (int seed = 0; seed < settings.seeds; ++seed) {
      study.seed = static_cast<std::uint64_t>(seed);
      CodesignOptions options;
      options.threads = settings.threads;
      const double start = cpu_seconds();
      const CodesignResult result = run(Codesign(study), options);
      volumes.push_back(result.hypervolume);
      sizes.push_back(static_cast<double>(result.front.size()));
      seconds.push_back(cpu_seconds() - start);
      double least = infinity;
      for (const Trial& trial : result.front) least = std::min(least, trial.metrics.at("edp"));
      edps.push_back(least);
      if (&method == settings.methods.data()) first.push_back(result.hypervolume);
      differences.push_back(result.hypervolume - first[static_cast<std::size_t>(seed)]);
    }
    const auto [low, high] = median_interval(differences);
    table.add({method,
               fmt::format("{:.4f} [{:.4f}, {:.4f}]", quantile(volumes, 0.5), quantile(volumes, 0.0),
                           quantile(volumes, 1.0)),
               fmt::format("{:.4f} [{:.4f}, {:.4f}]", quantile(differences, 0.5), low, high),
               fmt::format("{:.0f}", quantile(sizes, 0.5)), range(edps),
               fmt::format("{:.1f}", quantile(seconds, 0.5))});
    json.push_back(
        {{"method", method},
         {"hypervolume", summary(volumes)},
         {"designs", summary(sizes)},
         {"difference_to_first", {{"median", quantile(differences, 0.5)}, {"low", low}, {"high", high}}},
         {"edp", summary(edps)},
         {"seconds", summary(seconds)}});
    std::cerr << fmt::format("  {}: hypervolume {:.4f}\n", method, quantile(volumes, 0.5));
    study.designer_options.clear();
  }
  fmt::print("  fronts of energy, cycles and area after {} evaluations\n{}", study.trials, table.text(2));
  return json;
}

}  // namespace jobs
