// Whether beliefs hold: calibration of the feasibility classifier, and what outcomes of related studies are worth.
#pragma once

#include <dovetail/engine/design/bayes/belief.hpp>
#include <dovetail/surrogates/calibration.hpp>

#include "curves.hpp"

namespace problems {

/// Brier scores of predictions, and of the base rate of the very outcomes predicted, known in hindsight.
struct Forecast {
  double brier = 0.0, base = 0.0;
};
inline Forecast forecast(const Numbers& probability, const std::vector<char>& passed) {
  return {brier_score(probability, passed), base_rate_brier(passed)};
}

/// How well the classifier of a study predicts after some evaluations: fresh uniform points, enough that the rarest
/// success is among them hundreds of times, and the study's own suggestions so far, each predicted before it was
/// evaluated.
struct CalibrationRow {
  int evaluations = 0;
  Forecast uniform, path;
};

inline std::vector<CalibrationRow> calibration_of(const Case& at, std::uint64_t seed, const Options& options,
                                                  const std::vector<int>& evaluations) {
  constexpr int fresh_points = 40000;
  const Space space = make_space(at.problem, at.mode);
  const PointFeatures features(space);
  const auto designer = make_designer("bayes", {space, make_goal(at.problem, at.mode, 1), seed, 1, {}, {}, options});
  Belief belief(features, BayesOptions::read(options), 1, 0, false);
  std::vector<Point> fresh;
  std::vector<char> truth;
  Random random(seed, {2});
  for (int i = 0; i < fresh_points; ++i) {
    fresh.push_back(*space.sample(random));
    truth.push_back(at.problem.evaluate(numbers(space, fresh.back())).feasible() ? 1 : 0);
  }
  std::vector<Observation> observations;
  Numbers predicted;
  std::vector<char> passed;
  std::vector<CalibrationRow> result;
  for (int i = 1; i <= evaluations.back(); ++i) {
    const std::vector<Point> points = designer->suggest(1);
    if (points.empty()) break;
    const Outcome outcome = at.problem.evaluate(numbers(space, points.front()));
    const Trial trial = make_trial(i, points.front(), outcome, at.mode);
    if (belief.has_classifier()) {
      predicted.push_back(std::exp(belief.predict(features.matrix(points), {}).log_success.front()));
      passed.push_back(outcome.feasible() ? 1 : 0);
    }
    designer->update({&trial, 1});
    Observation observation;
    observation.features = features(points.front());
    observation.failed = trial.state != TrialState::completed;
    if (!observation.failed) observation.objectives = {outcome.objective};
    observations.push_back(std::move(observation));
    belief.update(observations, 1);
    if (std::find(evaluations.begin(), evaluations.end(), i) == evaluations.end()) continue;
    Numbers probability(fresh.size(), 1.0);
    if (belief.has_classifier()) probability = belief.success_anywhere(features.matrix(fresh));
    result.push_back({i, forecast(probability, truth), forecast(predicted, passed)});
  }
  return result;
}

/// Forecasts of several seeds, paired with their base rates.
struct Paired {
  Numbers brier, base, gain;

  void add(const Forecast& one) {
    brier.push_back(one.brier), base.push_back(one.base), gain.push_back(one.base - one.brier);
  }
  bool better() const { return quantile(gain, 0.5) > 0.0; }
  std::string text() const {
    return fmt::format("{:.5f} against {:.5f}, {} ({} of {} seeds)", quantile(brier, 0.5), quantile(base, 0.5),
                       better() ? "better" : "worse",
                       std::count_if(gain.begin(), gain.end(), [](double value) { return value > 0.0; }), gain.size());
  }
};

inline void calibration(const std::vector<Case>& all, int seeds, const Options& options) {
  fmt::print(
      "Brier score of the classifier against the base rate, medians of {} seeds, compared seed by seed: on "
      "uniform points, and on the study's own suggestions\n",
      seeds);
  const std::vector<int> evaluations{50, 100, 200};
  int cases = 0, better = 0, better_path = 0;
  for (const Case& at : all) {
    if (at.mode == Mode::values || at.mode == Mode::known) continue;
    std::vector<Paired> uniform(evaluations.size()), path(evaluations.size());
    for (int seed = 0; seed < seeds; ++seed) {
      const auto rows = calibration_of(at, static_cast<std::uint64_t>(seed), options, evaluations);
      for (std::size_t e = 0; e < rows.size(); ++e) uniform[e].add(rows[e].uniform), path[e].add(rows[e].path);
    }
    for (std::size_t e = 0; e < evaluations.size(); ++e)
      fmt::print("  {:>28} @{:<4} uniform {}; own {}\n", at.name(), evaluations[e], uniform[e].text(), path[e].text());
    ++cases;
    better += uniform.back().better();
    better_path += path.back().better();
    std::fflush(stdout);
  }
  fmt::print(
      "at {} evaluations better than the base rate on uniform points: {} of {}, on the study's own: {} of "
      "{}\n",
      evaluations.back(), better, cases, better_path, cases);
}

/// A study's trials.
inline std::vector<Trial> study(const Problem& problem, Mode mode, const std::string& designer, std::uint64_t seed,
                                int evaluations) {
  const Space space = make_space(problem, mode);
  Random random(seed, {1});
  const std::size_t constraints = problem.evaluate(numbers(space, *space.sample(random))).excess.size();
  const auto made = make_designer(designer, {space, make_goal(problem, mode, constraints), seed, 1, {}, {}, {}});
  std::vector<Trial> result;
  while (static_cast<int>(result.size()) < evaluations) {
    const std::vector<Point> points = made->suggest(1);
    if (points.empty()) break;
    result.push_back(make_trial(static_cast<std::int64_t>(result.size()), points.front(),
                                problem.evaluate(numbers(space, points.front())), mode));
    made->update({&result.back(), 1});
  }
  return result;
}

/// A problem with studies of others: relatives help, strangers should not hurt.
struct Relation {
  std::string name;
  Problem problem;
  Mode mode = Mode::values;
  std::vector<Problem> relatives;
};

inline Problem moved(Problem problem, double shift, double scale, double sign = 1.0) {
  const auto evaluate = problem.evaluate;
  problem.evaluate = [=](const Numbers& x) {
    Numbers at = x;
    for (double& value : at) value += shift;
    Outcome outcome = evaluate(at);
    outcome.objective *= sign * scale;
    return outcome;
  };
  return problem;
}

inline std::vector<Relation> relations() {
  const Problem layer = tile_edp(256, 512, 1024);
  const std::vector<Problem> layers{tile_edp(), tile_edp(512, 256, 512)};
  return {
      {"tile layer from two layers (known)", layer, Mode::known, layers},
      {"tile layer from two layers (pass/fail)", layer, Mode::passfail, layers},
      {"pressure vessel, dearer", pressure_vessel(), Mode::values, {moved(pressure_vessel(), 0.0, 3.0)}},
      {"hartmann6 from a shifted, scaled one", hartmann6_norm(), Mode::values, {moved(hartmann6_norm(), 0.05, 10.0)}},
      {"branin disk from a shifted one", branin_disk(), Mode::values, {moved(branin_disk(), 0.5, 0.2)}},
      {"branin disk from its opposite", branin_disk(), Mode::values, {moved(branin_disk(), 0.0, 1.0, -1.0)}},
      {"tile layer from its opposite (known)", layer, Mode::known, {moved(layer, 0.0, 1.0, -1.0)}}};
}

/// Best feasible with and without the trials of finished studies of relatives, 60 evaluations each.
inline void transfer(int seeds) {
  fmt::print("Median best feasible of {} seeds, alone and with related studies of 60 evaluations each\n", seeds);
  const std::vector<int> budgets{5, 10, 20, 40};
  for (const Relation& relation : relations()) {
    std::vector<Curves> both(2);
    for (int seed = 0; seed < seeds; ++seed) {
      std::vector<std::vector<Trial>> related;
      for (const Problem& relative : relation.relatives)
        related.push_back(study(relative, relation.mode, "bayes", static_cast<std::uint64_t>(seed) + 1000, 60));
      for (std::size_t with = 0; with < 2; ++with) {
        int first = 0;
        both[with].best.push_back(run(relation.problem, relation.mode, "bayes", {}, static_cast<std::uint64_t>(seed),
                                      budgets.back(), 1, &first, with ? related : std::vector<std::vector<Trial>>{}));
      }
    }
    fmt::print("{}\n", relation.name);
    for (const int budget : budgets)
      fmt::print("  @{:<3} alone {:>12.6g} [{:.6g}, {:.6g}]  related {:>12.6g} [{:.6g}, {:.6g}]  {}\n", budget,
                 both[0].median(budget), quantile(both[0].at(budget), 0.25), quantile(both[0].at(budget), 0.75),
                 both[1].median(budget), quantile(both[1].at(budget), 0.25), quantile(both[1].at(budget), 0.75),
                 std::array<const char*, 3>{
                     "worse", "same",
                     "better"}[static_cast<std::size_t>(1 + verdict(both[1].median(budget), both[0].median(budget)))]);
    std::fflush(stdout);
  }
}

}  // namespace problems
