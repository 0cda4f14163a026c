// The controller of reinforce: its gradient against finite differences, and that it learns.
#include <doctest/doctest.h>

#include <cmath>

#include <dovetail/engine/design/baselines/lstm_policy.hpp>

using namespace dovetail;

TEST_CASE("the gradient of the log probability is that of finite differences") {
  LstmPolicy policy({3, 2, 4}, 5, 1);
  const std::vector<int> sequence = {2, 0, 3};
  const std::vector<double> gradient = policy.gradient(sequence), weights = policy.weights();
  constexpr double step = 1e-5;
  for (std::size_t i = 0; i < weights.size(); i += 7) {
    std::vector<double> moved = weights;
    moved[i] += step;
    policy.set_weights(moved);
    const double above = policy.log_probability(sequence);
    moved[i] -= 2 * step;
    policy.set_weights(moved);
    const double below = policy.log_probability(sequence);
    CAPTURE(i);
    CHECK(gradient[i] == doctest::Approx((above - below) / (2 * step)).epsilon(1e-5).scale(1e-3));
  }
}

TEST_CASE("probabilities of all sequences sum to one") {
  const LstmPolicy policy({3, 2, 2}, 4, 2);
  double sum = 0.0;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 2; ++b)
      for (int c = 0; c < 2; ++c) sum += std::exp(policy.log_probability({a, b, c}));
  CHECK(sum == doctest::Approx(1.0).epsilon(1e-12));
}

TEST_CASE("what is rewarded becomes likely") {
  LstmPolicy policy({4, 4}, 8, 3);
  const double before = policy.log_probability({1, 3});
  for (int i = 0; i < 60; ++i) policy.ascend({{1, 3}}, {1.0}, 0.01);
  CHECK(policy.log_probability({1, 3}) > before + 1.0);
}
