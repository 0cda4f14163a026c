// The classifier: derivatives, calibration and the promise to beat the base rate.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include <dovetail/surrogates/classifier.hpp>
#include <dovetail/surrogates/numeric/standard_normal.hpp>

using namespace dovetail;

namespace {

struct Data {
  Matrix inputs;
  std::vector<char> passed;
};

// Passes inside a disk; `flip` of the outcomes are noise.
Data disk(std::size_t count, unsigned seed, int flip_every = 0) {
  std::mt19937 generator(seed);
  Data data;
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<double> point{static_cast<double>(generator() % 10000) / 1e4,
                                    static_cast<double>(generator() % 10000) / 1e4};
    data.inputs.append(point);
    bool inside = std::pow(point[0] - 0.4, 2) + std::pow(point[1] - 0.6, 2) < 0.09;
    if (flip_every > 0 && generator() % static_cast<unsigned>(flip_every) == 0) inside = !inside;
    data.passed.push_back(inside ? 1 : 0);
  }
  return data;
}

GaussianProcessModel model() {
  GaussianProcessModel result;
  result.kernel = ard_kernel(Shape::matern52, 2);
  result.kernel.terms.push_back({});  // the base rate
  return result;
}

}  // namespace

TEST_CASE("Laplace's evidence has the gradient of its finite differences") {
  const Data data = disk(60, 4);
  const std::vector<double> parameters{0.8, -0.7, -1.1, 0.3, -3.0};
  std::vector<double> gradient(parameters.size());
  laplace_log_likelihood(model(), parameters, data.inputs, data.passed, gradient);
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    std::vector<double> up = parameters, down = parameters;
    up[p] += 1e-4;
    down[p] -= 1e-4;
    const double difference = (laplace_log_likelihood(model(), up, data.inputs, data.passed, {}) -
                               laplace_log_likelihood(model(), down, data.inputs, data.passed, {})) /
                              2e-4;
    CHECK(gradient[p] == doctest::Approx(difference).epsilon(2e-3).scale(0.1));
  }
}

TEST_CASE("one outcome far away leaves even odds, one here does not") {
  GaussianProcessModel belief;
  belief.kernel = ard_kernel(Shape::squared_exponential, 1);
  Matrix input(1, 1);
  const std::vector<char> passed{1};
  ClassifierOptions options;
  options.evaluations = 0;
  options.first_start = {0.0, std::log(0.1), -18.0};
  const FeasibilityClassifier classifier(belief, input, passed, options);
  Matrix queries(2, 1);
  queries(1, 0) = 5.0;
  const std::vector<double> probability = classifier.probabilities(queries);
  CHECK(probability[1] == doctest::Approx(0.5));
  CHECK(probability[0] == doctest::Approx(2.0 / 3.0).epsilon(0.03));  // E[Phi^2] / E[Phi] exactly
}

TEST_CASE("probabilities beat the base rate on new points and stay calibrated with noise") {
  for (const int flip : {0, 10}) {
    const Data train = disk(150, 9, flip), test = disk(1000, 10, flip);
    const FeasibilityClassifier classifier(model(), train.inputs, train.passed);
    const std::vector<double> probability = classifier.probabilities(test.inputs);
    const double base = base_rate_brier(test.passed);
    CHECK(brier_score(probability, test.passed) < (flip ? 0.75 : 0.35) * base);
    double worst = 0.0;
    for (const ReliabilityBin& bin : reliability(probability, test.passed))
      if (bin.count >= 100) worst = std::max(worst, std::abs(bin.predicted - bin.observed));
    CHECK(worst < 0.15);
    CHECK(brier_score(classifier.leave_one_out(), classifier.kept_outcomes()) < base_rate_brier(train.passed));
  }
}

TEST_CASE("a score's gradient is its finite difference") {
  const Data data = disk(80, 6);
  const FeasibilityClassifier classifier(model(), data.inputs, data.passed);
  const std::vector<double> point{0.33, 0.71};
  std::vector<double> gradient(2);
  const double score = classifier.score_gradient(point, gradient);
  for (std::size_t j = 0; j < 2; ++j) {
    Matrix both(2, 2);
    for (std::size_t c = 0; c < 2; ++c) both(0, c) = both(1, c) = point[c];
    both(0, j) += 1e-5;
    both(1, j) -= 1e-5;
    const std::vector<double> side = classifier.scores(both);
    CHECK(gradient[j] == doctest::Approx((side[0] - side[1]) / 2e-5).epsilon(1e-3));
    CHECK(score == doctest::Approx(0.5 * (side[0] + side[1])).epsilon(1e-6));
  }
}

TEST_CASE("one class only: probabilities stay inside (0, 1) and differ near and far") {
  Data data = disk(30, 2);
  data.passed.assign(30, 0);
  const FeasibilityClassifier classifier(model(), data.inputs, data.passed);
  const std::vector<double> probability = classifier.probabilities(data.inputs);
  for (const double p : probability) CHECK((p > 0.0 && p < 0.5));
}

TEST_CASE("Platt's scaling repairs over-confidence") {
  std::mt19937 generator(1);
  std::vector<double> score;
  std::vector<char> outcome;
  for (int i = 0; i < 4000; ++i) {
    const double truth = static_cast<double>(generator() % 4000) / 1000.0 - 2.0;
    outcome.push_back(static_cast<double>(generator() % 100000) / 1e5 < normal_cdf(truth) ? 1 : 0);
    score.push_back(3.0 * truth + 0.6);
  }
  const PlattScaling scaling = fit_platt(score, outcome);
  CHECK(scaling.slope == doctest::Approx(1.0 / 3.0).epsilon(0.1));
  CHECK(scaling.offset == doctest::Approx(-0.2).epsilon(0.25));
}

TEST_CASE("Platt's scaling: a weight of two is two outcomes, and passes may be kept from raising what they show") {
  const std::vector<double> score{-1.5, -0.5, 0.2, 0.9, 1.4};
  const std::vector<char> outcome{0, 1, 1, 0, 1};
  std::vector<double> twice = score, weights(score.size(), 1.0);
  std::vector<char> twice_outcome = outcome;
  twice.push_back(score[1]), twice_outcome.push_back(outcome[1]), weights[1] = 2.0;
  const PlattScaling weighted = fit_platt(score, outcome, {4.0, 4.0, weights, false});
  const PlattScaling repeated = fit_platt(twice, twice_outcome);
  CHECK(weighted.slope == doctest::Approx(repeated.slope));
  CHECK(weighted.offset == doctest::Approx(repeated.offset));

  const std::vector<double> low(30, -0.5);
  const std::vector<char> passes(30, 1), failures(30, 0);
  CHECK(fit_platt(low, passes, {1.0, 0.25, {}, false}).offset > 0.5);
  CHECK(fit_platt(low, passes, {1.0, 0.25, {}, true}).offset == 0.0);
  CHECK(fit_platt(low, failures, {1.0, 0.25, {}, true}).offset < -0.5);
}
