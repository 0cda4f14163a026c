// Methods side by side on one study: at equal evaluations and at equal processor seconds.
#pragma once

#include <iostream>

#include <dovetail/engine/report/text/table.hpp>

#include "../clocks.hpp"
#include "cases.hpp"

namespace jobs {

struct Mark {
  std::int64_t trials;
  double seconds, best;
};

// One search: its best at equal evaluations and equal seconds, as found (layers at their own optima).
struct Search {
  std::vector<Mark> curve;
  double network = infinity;  // of the end, its network mapped as a whole
  double at_trials(std::int64_t trials) const {
    double best = infinity;
    for (const Mark& mark : curve)
      if (mark.trials <= trials) best = mark.best > 0.0 ? mark.best : infinity;
    return best;
  }
  double at_seconds(double seconds) const {
    double best = infinity;
    for (const Mark& mark : curve)
      if (mark.seconds <= seconds) best = mark.best > 0.0 ? mark.best : infinity;
    return best;
  }
  // Evaluations until the best is within 1 % of a value; infinite: never.
  double trials_to(double value) const {
    for (const Mark& mark : curve)
      if (mark.best > 0.0 && mark.best <= 1.01 * value) return static_cast<double>(mark.trials);
    return infinity;
  }
};

inline std::vector<std::string> split(const std::string& list, char separator) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(separator, at), list.size());
    if (end > at) words.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// The hardware designer of codesign/paper.yaml.
constexpr const char* paper =
    "bayes:initial=5:kernel=linear_noise:acquisition=lcb:lambda=1:samples=150:features=domain:neighbours=off:"
    "gradient=off:"
    "trust=off:threshold=0:transform=log:prior=none";

inline void set_method(Study& study, const std::string& method) {
  const std::vector<std::string> words = split(method == "paper" ? paper : method, ':');
  study.designer = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = std::min(words[i].find('='), words[i].size());
    study.designer_options[words[i].substr(0, equals)] = words[i].substr(std::min(equals + 1, words[i].size()));
  }
}

inline Search search(Study study, const std::string& method, std::uint64_t seed, double seconds, int threads) {
  const std::int64_t trials = study.trials;
  set_method(study, method);
  study.seed = seed;
  study.trials = seconds > 0.0 ? 1000000 : trials;
  const Codesign codesign(study);
  Search result;
  CodesignOptions options;
  options.threads = threads;
  options.baseline = false;
  const double start = process_seconds();
  options.progress = [&](const CodesignProgress& state) {
    result.curve.push_back({state.done, process_seconds() - start, state.best});
  };
  options.interrupted = [&] {
    return !result.curve.empty() && result.curve.back().trials >= trials && process_seconds() - start >= seconds;
  };
  const CodesignResult found = run(codesign, options);
  if (found.best) result.network = found.best->objective;
  return result;
}

// The methods side by side; `optimum` > 0 is proven, or the best known.
inline Json compare(const Study& study, const Settings& settings, double optimum) {
  Json json = Json::array();
  Table table({"method", "at equal evaluations", "at equal seconds", "over first, paired median [95 %]", "above best",
               "to 1 %", "seconds"});
  std::vector<std::vector<Search>> searches;
  Numbers seconds_of_first;
  double best = optimum > 0.0 ? optimum : infinity;
  for (const std::string& method : settings.methods) {
    std::vector<Search> runs;
    for (int seed = 0; seed < settings.seeds; ++seed) {
      const double seconds = searches.empty() ? 0.0 : seconds_of_first[static_cast<std::size_t>(seed)];
      runs.push_back(search(study, method, static_cast<std::uint64_t>(seed), seconds, settings.threads));
      if (searches.empty()) seconds_of_first.push_back(runs.back().curve.back().seconds);
      if (optimum <= 0.0) best = std::min(best, runs.back().curve.back().best);
      std::cerr << fmt::format("    {} seed {}: {:.4e}, at equal seconds {:.4e}, {:.1f} s\n", method, seed,
                               runs.back().at_trials(study.trials),
                               runs.back().at_seconds(seconds_of_first[static_cast<std::size_t>(seed)]),
                               runs.back().curve.back().seconds);
    }
    Numbers found;
    for (const Search& run : runs) found.push_back(run.at_trials(study.trials));
    std::cerr << fmt::format("  {}: {}\n", method, range(found));
    searches.push_back(std::move(runs));
  }
  for (std::size_t m = 0; m < searches.size(); ++m) {
    Numbers evaluations, seconds, ratios, above, to, spent;
    for (std::size_t s = 0; s < searches[m].size(); ++s) {
      evaluations.push_back(searches[m][s].at_trials(study.trials));
      seconds.push_back(searches[m][s].at_seconds(seconds_of_first[s]));
      ratios.push_back(evaluations.back() / searches[0][s].at_trials(study.trials));
      above.push_back(evaluations.back() / best - 1.0);
      to.push_back(searches[m][s].trials_to(best));
      spent.push_back(searches[m][s].curve.back().seconds);
    }
    const auto [low, high] = median_interval(ratios);
    table.add({settings.methods[m], range(evaluations), range(seconds),
               fmt::format("{:.4f} [{:.4f}, {:.4f}]", quantile(ratios, 0.5), low, high),
               fmt::format("{:.2f} %", 100.0 * quantile(above, 0.5)), fmt::format("{:.0f}", quantile(to, 0.5)),
               fmt::format("{:.1f}", quantile(spent, 0.5))});
    json.push_back({{"method", settings.methods[m]},
                    {"evaluations", study.trials},
                    {"at_equal_evaluations", summary(evaluations)},
                    {"at_equal_seconds", summary(seconds)},
                    {"paired_ratio_to_first", {{"median", quantile(ratios, 0.5)}, {"low", low}, {"high", high}}},
                    {"median_above_best", quantile(above, 0.5)},
                    {"evaluations_to_1_percent", summary(to)},
                    {"seconds", summary(spent)}});
  }
  fmt::print("{}", table.text(2));
  return json;
}

}  // namespace jobs
