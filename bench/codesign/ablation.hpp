// What the classifier of failures buys: off, a Gaussian process, boosted trees, and an oracle that is told for nothing.
#pragma once

#include <iostream>

#include <dovetail/accelerators/evaluators.hpp>

#include "methods.hpp"

namespace jobs {

// A user's simulator that takes its memories from a library, and stops where the library has none of that size:
// register files of 16 to 128 words, memories of 8192 to 32768 words. Nothing else knows of it.
class MemoryLibrary final : public Evaluator {
 public:
  std::string name() const override { return "memory library"; }
  Evaluation evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const override {
    for (const Level& level : architecture.levels) {
      if (!level.capacity_words) continue;
      const std::int64_t words = *level.capacity_words;
      if (words < 16 || (words > 128 && words < 8192) || words > 32768)
        throw std::runtime_error("no memory of this size for " + level.name);
    }
    return model_->evaluate(layer, architecture, mapping);
  }

 private:
  std::unique_ptr<Evaluator> model_ = make_evaluator("loop");
};

struct Attempt {
  double best = infinity;
  std::int64_t failures = 0;  // of the evaluations counted
  std::int64_t first = 0;     // evaluations until the first success, 0: none
};

// One search. The oracle's failures are told to the designer and cost no evaluation.
inline Attempt attempt(Study study, const std::string& variant, std::uint64_t seed, const Settings& settings,
                       const std::shared_ptr<const Evaluator>& own) {
  study.seed = seed;
  study.designer = "bayes";
  study.designer_options["classifier"] = variant == "oracle" ? "process" : variant;
  study.designer_options["known"] = "off";  // all failures are the classifier's to learn
  const Codesign codesign(study, own);
  const auto designer = codesign.designer(settings.threads);
  Attempt result;
  std::int64_t spent = 0;
  for (std::int64_t id = 0; spent < study.trials && id < 100 * study.trials; ++id) {
    const std::vector<Point> points = designer->suggest(1);
    if (points.empty()) break;
    Codesign::Limits limits;
    limits.threads = settings.threads;
    limits.incumbent = std::isfinite(result.best) ? result.best : 0.0;
    limits.prove = false;
    const auto design = codesign.evaluate(points.front(), Codesign::Dataflow::free, limits);
    const Trial trial = codesign.trial(id, *design);
    designer->update({&trial, 1});
    const bool failed = trial.state == TrialState::failed;
    if (failed && variant == "oracle") continue;
    ++spent;
    result.failures += failed ? 1 : 0;
    if (!design->feasible()) continue;
    if (result.first == 0) result.first = spent;
    result.best = std::min(result.best, design->objective);
  }
  return result;
}

// Share of random machines that do not fail.
inline double share_of_successes(const Study& study, const Settings& settings,
                                 const std::shared_ptr<const Evaluator>& own) {
  const Codesign codesign(study, own);
  Random random(0, {0x7368617265});
  constexpr int draws = 100;
  int mapped = 0;
  Codesign::Limits limits;
  limits.threads = settings.threads;
  limits.prune = limits.prove = false;
  for (int i = 0; i < draws; ++i)
    mapped += codesign.evaluate(*codesign.space().sample(random), Codesign::Dataflow::free, limits)->mapped;
  return static_cast<double>(mapped) / draws;
}

inline Json ablation(const Case& at, const Study& study, const Settings& settings) {
  const auto own = at.name == "failing-simulator" ? std::make_shared<MemoryLibrary>() : nullptr;
  const double share = share_of_successes(study, settings, own);
  fmt::print("  {:.0f} % of random machines do not fail\n", 100.0 * share);
  Json json = {{"share_of_successes", share}, {"evaluations", study.trials}};
  Table table({"classifier", "best", "over off, paired median [95 %]", "failures", "first success"});
  Numbers off;
  for (const std::string variant : {"off", "process", "trees", "oracle"}) {
    Numbers best, failures, first, ratios;
    for (int seed = 0; seed < settings.seeds; ++seed) {
      const Attempt found = attempt(study, variant, static_cast<std::uint64_t>(seed), settings, own);
      best.push_back(found.best);
      failures.push_back(static_cast<double>(found.failures));
      first.push_back(found.first > 0 ? static_cast<double>(found.first) : infinity);
      if (variant == "off") off.push_back(found.best);
      ratios.push_back(std::isfinite(found.best) ? found.best / off[static_cast<std::size_t>(seed)] : infinity);
    }
    const auto [low, high] = median_interval(ratios);
    table.add({variant, range(best), fmt::format("{:.4f} [{:.4f}, {:.4f}]", quantile(ratios, 0.5), low, high),
               fmt::format("{:.0f}", quantile(failures, 0.5)), fmt::format("{:.0f}", quantile(first, 0.5))});
    json["variants"].push_back({{"classifier", variant},
                                {"best", summary(best)},
                                {"ratio_to_off", {{"median", quantile(ratios, 0.5)}, {"low", low}, {"high", high}}},
                                {"failures", summary(failures)},
                                {"first_success", summary(first)}});
    std::cerr << fmt::format("  {}: {}, {:.0f} failures\n", variant, range(best), quantile(failures, 0.5));
  }
  fmt::print("{}", table.text(2));
  return json;
}

}  // namespace jobs
