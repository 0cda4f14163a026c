// What believing and suggesting costs in CPU time of one thread, beside scikit-learn on the same data.
#pragma once

#include <dovetail/engine/design/bayes/belief.hpp>
#include <dovetail/surrogates/process/gaussian_process.hpp>

#include "curves.hpp"
#include "live_peer.hpp"

namespace problems {

/// Milliseconds of CPU time, the least of some repeats.
template <class Body>
double least_ms(int repeats, const Body& body) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repeats; ++i) {
    const double start = thread_seconds();
    body();
    best = std::min(best, thread_seconds() - start);
  }
  return 1e3 * best;
}

inline double wave(std::span<const double> x) {
  double sum = 0.0;
  for (std::size_t j = 0; j < x.size(); ++j)
    sum += std::sin(3.0 * x[j] + static_cast<double>(j)) / (1.0 + static_cast<double>(j));
  return sum;
}

inline void regression_cost(std::size_t n, LivePeer& peer, bool has_peer) {
  constexpr int d = 12;
  Random random(1, {n});
  Matrix inputs(n, d), queries(1000, d);
  for (double& value : inputs.values) value = random.uniform();
  for (double& value : queries.values) value = random.uniform();
  Numbers outputs;
  for (std::size_t i = 0; i < n; ++i) outputs.push_back(wave(inputs.row(i)));
  GaussianProcessModel model;
  model.kernel = ard_kernel(Shape::matern52, d);
  Numbers parameters = model.default_parameters(), gradient(parameters.size());
  MarginalLikelihood likelihood(model, inputs, outputs);
  const double one = least_ms(7, [&] { likelihood(parameters, gradient); });
  const double fit = least_ms(3, [&] { parameters = fit_parameters(model, inputs, outputs); });
  GaussianProcess process(model, parameters, inputs, outputs);
  process.append(queries.row(0), 0.0);
  const double append = least_ms(7, [&] { process.append(queries.row(1), 0.0); });
  const double predict = least_ms(3, [&] { process.predict(queries); });
  fmt::print("  n {:>5}: likelihood + gradient {:>6.2f}, cold fit {:>6.0f}, append {:.3f}, predict 1000 {:>5.1f}", n,
             one, fit, append, predict);
  if (has_peer) {
    nlohmann::json rows = nlohmann::json::array();
    for (std::size_t i = 0; i < n; ++i) rows.push_back(Numbers(inputs.row(i).begin(), inputs.row(i).end()));
    const auto theirs = peer.answer({{"regression", {{"x", rows}, {"y", outputs}, {"fit", n <= 500}}}});
    if (theirs) {
      const double other = (*theirs)["likelihood_ms"];
      fmt::print("; scikit-learn likelihood + gradient {:.1f} ({:.1f}x)", other, other / one);
      if (!(*theirs)["fit_ms"].is_null()) {
        const double other_fit = (*theirs)["fit_ms"];
        fmt::print(", fit {:.0f} ({:.1f}x)", other_fit, other_fit / fit);
      }
    }
  }
  fmt::print("\n");
  std::fflush(stdout);
}

// A designer that is told n outcomes: the first suggestion learns everything, later ones append or, each tenth of
// growth, fit again from the last parameters.
inline void suggestion_cost(std::size_t n) {
  constexpr int d = 12;
  DesignerContext context{Space(reals(d, 0.0, 1.0), {}), {}, 1, 1, {}, {}, {}};
  context.goal.objectives.push_back({"f", true});
  const auto designer = make_designer("bayes", context);
  Random random(2, {n});
  std::vector<Trial> told;
  std::vector<Observation> observations;
  const PointFeatures features(context.space);
  const auto outcome = [&](const Point& point) {
    return Trial{
        static_cast<std::int64_t>(told.size()), point, TrialState::completed, {{"f", wave(point.numbers)}}, {}};
  };
  while (told.size() < n) {
    told.push_back(outcome(*context.space.sample(random)));
    Observation observation;
    observation.features = features(told.back().point);
    observation.objectives = {told.back().metrics["f"]};
    observations.push_back(std::move(observation));
  }
  designer->update(told);
  std::vector<Point> points;
  const double cold = least_ms(1, [&] { points = designer->suggest(1); });
  double warm = 0.0, slowest = 0.0;
  constexpr int rounds = 20;
  for (int i = 0; i < rounds; ++i) {
    told.push_back(outcome(points.front()));
    designer->update({&told.back(), 1});
    const double time = least_ms(1, [&] { points = designer->suggest(1); });
    warm += time / rounds;
    slowest = std::max(slowest, time);
  }
  // The stages of a suggestion on their own.
  const BayesOptions options;
  Belief belief(features, options, 1, 0, false);
  const double learn = least_ms(1, [&] { belief.update(observations, 1); });
  Matrix rows(400, d);
  for (double& value : rows.values) value = random.uniform();
  const double score = least_ms(3, [&] { (void)belief.predict(rows, {}); });
  const double slope = least_ms(3, [&] { (void)belief.predict_gradient(rows.row(0)); });
  fmt::print(
      "  n {:>5}: suggest cold {:>6.0f}, warm {:>5.1f} (slowest of {} {:.0f}); learning {:.0f}, scoring 400 "
      "draws {:.1f}, one gradient {:.3f}\n",
      n, cold, warm, rounds, slowest, learn, score, slope);
  std::fflush(stdout);
}

inline void cost(const std::string& driver) {
  LivePeer peer(driver);
  const bool has_peer = peer.answer({{"have", "sklearn"}}).has_value();
  if (!has_peer) fmt::print("scikit-learn skipped: Debian's python3-sklearn is not installed\n");
  fmt::print("Gaussian process, 12 inputs, ARD Matern-5/2, ms of CPU time on one thread\n");
  for (const std::size_t n : {100u, 200u, 500u, 1000u}) regression_cost(n, peer, has_peer);
  fmt::print("Bayesian designer, 12 real parameters, one objective, ms of CPU time on one thread\n");
  for (const std::size_t n : {100u, 200u, 500u, 1000u, 2000u, 4000u}) suggestion_cost(n);
  fmt::print("  (above 2000 outcomes a local model of 2000, above 1000 parameters from an even subset of 1000)\n");
}

}  // namespace problems
