// The proof of a space's optimum, beside published machines and random co-search.
#pragma once

#include "methods.hpp"

namespace jobs {

// Random co-search at the budget of DOSA's: 10 machines, 1000 random mappings per layer.
inline Numbers random_cosearch(Study study, const Settings& settings) {
  study.mapper = "random";
  study.budget = 1000;
  study.trials = 10;
  Numbers found;
  for (int seed = 0; seed < std::max(5, settings.seeds); ++seed)
    found.push_back(search(study, "random", static_cast<std::uint64_t>(seed), 0.0, settings.threads).network);
  return found;
}

inline Json proof(const Case& at, Study study, const Settings& settings) {
  study.prove = true;
  study.designer = "bayes";
  study.trials = 20;
  const Codesign codesign(study);
  CodesignOptions options;
  options.threads = settings.threads;
  const CodesignResult result = run(codesign, options);
  if (!result.best) return {{"optimum", 0.0}};
  const double best = result.best->objective;
  fmt::print(
      "best {:.4e}, bound {:.4e}, gap {:.3f} %, {} in {:.1f} s: of {} machines {} mapped, {} given up by a "
      "bound, "
      "{} never tried, {} networks settled\n",
      best, result.lower_bound, 100.0 * result.gap(), result.proven ? "proven" : "not proven", result.seconds,
      result.work.points, result.work.mapped, result.work.cut, result.work.untried, result.work.settled);
  Json json = {{"optimum", best},
               {"bound", result.lower_bound},
               {"gap", result.gap()},
               {"proven", result.proven},
               {"seconds", result.seconds},
               {"machines", result.work.points},
               {"mapped", result.work.mapped},
               {"cut", result.work.cut},
               {"untried", result.work.untried},
               {"settled", result.work.settled}};
  for (const auto& [name, value] : named_values(codesign.space(), result.best->point)) {
    fmt::print("  {} = {}", name, value);
    json["point"][name] = value;
  }
  fmt::print("\n");
  for (const Published& machine : at.published) {
    fmt::print("  {:<16} {:.3e} published, {:.2f} x ours\n", machine.machine, machine.edp, machine.edp / best);
    json["published"][machine.machine] = {{"edp", machine.edp}, {"ratio", machine.edp / best}};
  }
  if (result.baseline_free && result.baseline_free->mapped) {
    fmt::print("  our Gemmini default, mapped best: {:.3e}, {:.2f} x ours\n", result.baseline_free->objective,
               result.baseline_free->objective / best);
    json["default_mapped_best"] = result.baseline_free->objective;
  }
  const Numbers random = random_cosearch(study, settings);
  fmt::print(
      "  random co-search (10 machines x 1000 mappings per layer): {}, {:.2f} x ours (DOSA reports 2.80 x "
      "its own)\n",
      range(random), quantile(random, 0.5) / best);
  json["random_cosearch"] = summary(random);
  json["random_cosearch_ratio"] = quantile(random, 0.5) / best;
  return json;
}

}  // namespace jobs
