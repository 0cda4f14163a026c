// An expensive evaluator: what a budget of questions to the cycle model buys.
#pragma once

#include <atomic>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/codesign/joint_search.hpp>
#include <dovetail/engine/map/sampling/moves.hpp>

#include "methods.hpp"

namespace jobs {

// The cycle model with a count of what it was asked.
class CountedModel final : public Evaluator {
 public:
  std::string name() const override { return model_->name(); }
  Evaluation evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const override {
    ++count_;
    return model_->evaluate(layer, architecture, mapping);
  }
  std::int64_t count() const { return count_; }

 private:
  std::unique_ptr<Evaluator> model_ = make_evaluator("cycle");
  mutable std::atomic<std::int64_t> count_{0};
};

// Best network after so many evaluations of the model.
using Spent = std::vector<std::pair<std::int64_t, double>>;

inline double best_at(const Spent& curve, std::int64_t evaluations) {
  double best = infinity;
  for (const auto& [count, value] : curve)
    if (count <= evaluations) best = std::min(best, value);
  return best;
}

// The nested search: the mapper screens with the loop model, the cycle model is asked about eight mappings a layer.
inline Spent screened(Study study, const std::string& method, std::uint64_t seed, std::int64_t budget, int threads) {
  set_method(study, method);
  study.seed = seed;
  study.batch = 1;
  const auto model = std::make_shared<CountedModel>();
  const Codesign codesign(study, model);
  Spent curve;
  CodesignOptions options;
  options.threads = threads;
  options.baseline = false;
  options.progress = [&](const CodesignProgress& state) {
    curve.emplace_back(model->count(), state.best > 0.0 ? state.best : infinity);
  };
  options.interrupted = [&] { return !curve.empty() && curve.back().first >= budget; };
  run(codesign, options);
  return curve;
}

// Machines and mappings chosen together, nothing nested.
inline Spent together(Study study, std::uint64_t seed, std::int64_t budget) {
  study.seed = seed;
  const auto model = std::make_shared<CountedModel>();
  Spent curve;
  JointOptions options;
  options.evaluations = budget;
  options.progress = [&](std::int64_t evaluations, double best) { curve.emplace_back(evaluations, best); };
  joint_search(Codesign(study), options, model);
  return curve;
}

// Random machines, a hundred random mappings of each layer, all of them asked of the cycle model.
inline Spent unscreened(const Study& study, std::uint64_t seed, std::int64_t budget) {
  const Codesign codesign(study);
  const std::unique_ptr<Evaluator> model = make_evaluator("cycle");
  Spent curve;
  std::int64_t count = 0;
  double best = infinity;
  for (std::uint64_t machine = 0; count < budget; ++machine) {
    Random random(seed, {0x72616e64, machine});
    const auto point = codesign.space().sample(random);
    if (!point) break;
    double energy = 0.0, cycles = 0.0;
    MapRequest request;
    request.architecture = codesign.family().instantiate(*point);
    for (const UniqueLayer& unique : unique_layers(codesign.networks().front())) {
      request.layer = unique.layer;
      request.rules = codesign.family().rules(unique.layer, *point);
      const MapMoves moves(request);
      double least = infinity, least_energy = infinity, least_cycles = infinity;
      for (int draw = 0; draw < 100; ++draw) {
        const auto mapping = moves.sample(random);
        if (!mapping) continue;
        ++count;
        const Evaluation cost = model->evaluate(request.layer, request.architecture, unpack(*mapping));
        const double value = cost.energy_pj * static_cast<double>(cost.cycles);
        if (!cost.valid() || value >= least) continue;
        least = value;
        least_energy = cost.energy_pj;
        least_cycles = static_cast<double>(cost.cycles);
      }
      energy += static_cast<double>(unique.count) * least_energy;
      cycles += static_cast<double>(unique.count) * least_cycles;
    }
    best = std::min(best, energy * cycles);
    curve.emplace_back(count, best);
  }
  return curve;
}

inline Json expensive(const Study& study, const Settings& settings) {
  constexpr std::int64_t budget = 2000, ten_times = 20000;
  Json json = Json::array();
  Table table({"method", "at 2000 evaluations", "at 20000 evaluations"});
  const auto add = [&](const std::string& method, const std::vector<Spent>& curves, bool longer) {
    Numbers early, late;
    for (const Spent& curve : curves) {
      early.push_back(best_at(curve, budget));
      late.push_back(best_at(curve, ten_times));
    }
    table.add({method, range(early), longer ? range(late) : "-"});
    std::cerr << fmt::format("  {}: {}{}\n", method, range(early), longer ? ", later " + range(late) : "");
    json.push_back({{"method", method}, {"at_2000", summary(early)}});
    if (longer) json.back()["at_20000"] = summary(late);
  };
  std::vector<Spent> curves;
  for (int seed = 0; seed < settings.seeds; ++seed)
    curves.push_back(unscreened(study, static_cast<std::uint64_t>(seed), ten_times));
  add("random machines, 100 random mappings a layer", curves, true);
  for (const std::string& method : settings.methods) {
    curves.clear();
    for (int seed = 0; seed < settings.seeds; ++seed)
      curves.push_back(screened(study, method, static_cast<std::uint64_t>(seed), budget, settings.threads));
    add(method + ", loop model screens", curves, false);
  }
  curves.clear();
  for (int seed = 0; seed < settings.seeds; ++seed)
    curves.push_back(together(study, static_cast<std::uint64_t>(seed), budget));
  add("joint search", curves, false);
  fmt::print("{}", table.text(2));
  return json;
}

}  // namespace jobs
