// Several networks on one machine of limited area: fronts of energy, cycles and area.
#pragma once

#include <iostream>

#include "methods.hpp"

namespace jobs {

struct Front {
  double hypervolume = 0.0, least_edp = infinity, designs = 0.0, seconds = 0.0;
};

// The study's trials, or, with `seconds` > 0, as many as fit.
inline Front front(Study study, std::uint64_t seed, double seconds, int threads) {
  study.seed = seed;
  if (seconds > 0.0) study.trials = 1000000;
  const double start = process_seconds();
  CodesignOptions options;
  options.threads = threads;
  if (seconds > 0.0) options.interrupted = [&] { return process_seconds() - start >= seconds; };
  const CodesignResult result = run(Codesign(study), options);
  Front found{result.hypervolume, infinity, static_cast<double>(result.front.size()), process_seconds() - start};
  for (const Trial& trial : result.front) found.least_edp = std::min(found.least_edp, trial.metrics.at("edp"));
  return found;
}

inline std::string plain_range(const Numbers& values) {
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", quantile(values, 0.5), quantile(values, 0.0), quantile(values, 1.0));
}

// Fronts of energy, cycles and area: the volume that each method's front dominates below ten times the hand design, in
// powers of ten.
inline Json fronts(Study study, const Settings& settings) {
  study.objective = "energy,cycles,area";
  Json json = Json::array();
  Table table({"method", "hypervolume", "at equal seconds", "less first, paired median [95 %]", "designs", "least edp",
               "seconds"});
  Numbers first, seconds_of_first;
  for (const std::string& method : settings.methods) {
    study.designer_options.clear();
    set_method(study, method);
    Numbers volumes, later, sizes, differences, edps, seconds;
    for (int seed = 0; seed < settings.seeds; ++seed) {
      const auto s = static_cast<std::size_t>(seed);
      const Front found = front(study, s, 0.0, settings.threads);
      if (first.size() == s) first.push_back(found.hypervolume), seconds_of_first.push_back(found.seconds);
      volumes.push_back(found.hypervolume);
      differences.push_back(found.hypervolume - first[s]);
      sizes.push_back(found.designs);
      edps.push_back(found.least_edp);
      seconds.push_back(found.seconds);
      later.push_back(&method == settings.methods.data()
                          ? found.hypervolume
                          : front(study, s, seconds_of_first[s], settings.threads).hypervolume);
    }
    const auto [low, high] = median_interval(differences);
    table.add({method, plain_range(volumes), plain_range(later),
               fmt::format("{:.3f} [{:.3f}, {:.3f}]", quantile(differences, 0.5), low, high),
               fmt::format("{:.0f}", quantile(sizes, 0.5)), range(edps),
               fmt::format("{:.1f}", quantile(seconds, 0.5))});
    json.push_back({{"method", method},
                    {"evaluations", study.trials},
                    {"hypervolume", summary(volumes)},
                    {"hypervolume_at_equal_seconds", summary(later)},
                    {"less_first", {{"median", quantile(differences, 0.5)}, {"low", low}, {"high", high}}},
                    {"designs", summary(sizes)},
                    {"edp", summary(edps)},
                    {"seconds", summary(seconds)}});
    std::cerr << fmt::format("  {}: hypervolume {}, at equal seconds {}\n", method, plain_range(volumes),
                             plain_range(later));
  }
  fmt::print("  fronts of energy, cycles and area after {} evaluations\n{}", study.trials, table.text(2));
  return json;
}

}  // namespace jobs
