// Whether beliefs hold: calibration of the feasibility classifier, and what outcomes of related studies are worth.
#pragma once

#include <dovetail/engine/belief.hpp>
#include <dovetail/surrogates/calibration.hpp>

#include "curves.hpp"

namespace problems {

/// Brier score of the classifier that a study has after some evaluations: on fresh uniform points, and on the study's own
/// suggestions, each predicted before it was evaluated. The base rate is that of the outcomes predicted, known in hindsight.
struct CalibrationRow {
  int evaluations = 0;
  double uniform = 0.0, uniform_base = 0.0, path = 0.0, path_base = 0.0;
};

inline std::vector<CalibrationRow> calibration_of(const Case& at, std::uint64_t seed, const Options& options,
                                                  const std::vector<int>& evaluations) {
  const Space space = make_space(at.problem, at.mode);
  const PointFeatures features(space);
  const auto designer =
      make_designer("bayes", {space, make_goal(at.problem, at.mode, 1), seed, 1, {}, {}, options});
  Belief belief(features, BayesOptions::read(options), 1, 0, false);
  std::vector<Point> fresh;
  std::vector<char> truth;
  Random random(seed, {2});
  for (int i = 0; i < 2000; ++i) {
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
    if (belief.has_classifier()) {
      const Numbers logs = belief.predict(features.matrix(fresh), {}).log_success;
      for (std::size_t p = 0; p < logs.size(); ++p) probability[p] = std::exp(logs[p]);
    }
    result.push_back({i, brier_score(probability, truth), base_rate_brier(truth),
                      brier_score(predicted, passed), base_rate_brier(passed)});
  }
  return result;
}

inline void calibration(const std::vector<Case>& all, int seeds, const Options& options) {
  fmt::print(
      "Brier score of the classifier (median of {} seeds) against the base rate: on uniform points, and on "
      "the study's own suggestions\n",
      seeds);
  const std::vector<int> evaluations{50, 100, 200};
  int cases = 0, better = 0, better_path = 0;
  for (const Case& at : all) {
    if (at.mode == Mode::values || at.mode == Mode::known) continue;
    std::vector<std::vector<CalibrationRow>> rows;
    for (int seed = 0; seed < seeds; ++seed)
      rows.push_back(calibration_of(at, static_cast<std::uint64_t>(seed), options, evaluations));
    for (std::size_t e = 0; e < evaluations.size(); ++e) {
      const auto median = [&](double CalibrationRow::*field) {
        Numbers values;
        for (const auto& row : rows) values.push_back(row[e].*field);
        return quantile(values, 0.5);
      };
      const double uniform = median(&CalibrationRow::uniform), base = median(&CalibrationRow::uniform_base);
      const double path = median(&CalibrationRow::path), path_base = median(&CalibrationRow::path_base);
      fmt::print("  {:>28} @{:<4} uniform {:.5f} against {:.5f}: {}; own {:.4f} against {:.4f}: {}\n",
                 at.name(), evaluations[e], uniform, base, uniform < base ? "better" : "worse", path,
                 path_base, path < path_base ? "better" : "worse");
      if (e + 1 < evaluations.size()) continue;
      ++cases;
      better += uniform < base;
      better_path += path < path_base;
    }
    std::fflush(stdout);
  }
  fmt::print(
      "at {} evaluations better than the base rate on uniform points: {} of {}, on the study's own: {} of "
      "{}\n",
      evaluations.back(), better, cases, better_path, cases);
}

inline void transfer(int) {}

}  // namespace problems
