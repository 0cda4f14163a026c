// Acquisitions against closed forms, quadrature and their own limits, on made-up posteriors.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <dovetail/engine/design/bayes/confidence_bound.hpp>
#include <dovetail/engine/design/bayes/expected_improvement.hpp>
#include <dovetail/engine/design/bayes/feasibility_weight.hpp>
#include <dovetail/engine/design/bayes/hypervolume_improvement.hpp>
#include <dovetail/spaces/space/random.hpp>
#include <vector>

using namespace dovetail;

namespace {

// E[g(f)] for f ~ N(mean, variance) by the trapezoid rule.
template <class Function>
double expectation(double mean, double variance, Function&& g) {
  const double sigma = std::sqrt(variance);
  double total = 0.0;
  for (int i = -8000; i <= 8000; ++i) {
    const double z = i * 1e-3;
    total += normal_pdf(z) * g(mean + sigma * z) * 1e-3;
  }
  return total;
}

}  // namespace

TEST_CASE("log EI is the logarithm of expected improvement") {
  for (const double mean : {-1.0, 0.0, 0.7, 2.0})
    for (const double variance : {0.01, 0.5, 4.0}) {
      const double exact = expectation(mean, variance, [](double f) { return std::max(0.0, 0.4 - f); });
      if (exact > 1e-9)
        CHECK(log_expected_improvement(mean, variance, 0.4) == doctest::Approx(std::log(exact)).epsilon(1e-4));
    }
  CHECK(log_expected_improvement(0.0, 1.0, 0.0) == doctest::Approx(-0.5 * std::log(2.0 * 3.14159265358979)));
}

TEST_CASE("log h is smooth where its branches meet and finite where EI is zero") {
  for (const double seam : {-1.0, -10.0})
    CHECK(log_improvement_shape(seam - 1e-9) == doctest::Approx(log_improvement_shape(seam + 1e-9)).epsilon(1e-7));
  CHECK(std::isfinite(log_improvement_shape(-1e5)));
  CHECK(log_improvement_shape(-1e3) < log_improvement_shape(-900.0));
  // -z^2/2 - log(sqrt(2 pi)) - 2 log|z| is the leading term.
  CHECK(log_improvement_shape(-1e4) == doctest::Approx(-0.5e8 - 0.9189385332 - 2.0 * std::log(1e4)).epsilon(1e-12));
}

TEST_CASE("log EI's derivatives are finite differences") {
  for (const double mean : {-0.5, 0.3, 4.0, 30.0}) {
    const double variance = 0.8, incumbent = 0.1;
    const ImprovementGradient gradient = log_expected_improvement_gradient(mean, variance, incumbent);
    const double step = 1e-6;
    CHECK(gradient.by_mean == doctest::Approx((log_expected_improvement(mean + step, variance, incumbent) -
                                               log_expected_improvement(mean - step, variance, incumbent)) /
                                              (2 * step))
                                  .epsilon(1e-4));
    CHECK(gradient.by_variance == doctest::Approx((log_expected_improvement(mean, variance + step, incumbent) -
                                                   log_expected_improvement(mean, variance - step, incumbent)) /
                                                  (2 * step))
                                      .epsilon(1e-4));
  }
}

TEST_CASE("feasibility adds in the log and the threshold orders what lies below it") {
  CHECK(log_feasibility(0.0, 3.0) == doctest::Approx(std::log(0.5)));
  CHECK(log_feasibility(-4.0, 1.0) == doctest::Approx(std::log(normal_cdf(4.0))));
  const double threshold = std::log(0.1);
  CHECK(weigh_by_feasibility(-2.0, std::log(0.5), std::log(0.5), threshold) == doctest::Approx(-2.0 + std::log(0.5)));
  CHECK(weigh_by_feasibility(100.0, std::log(0.05), std::log(0.05), threshold) <
        weigh_by_feasibility(-500.0, std::log(0.2), std::log(0.2), threshold));
  CHECK(weigh_by_feasibility(1.0, std::log(0.05), std::log(0.05), threshold) >
        weigh_by_feasibility(50.0, std::log(0.01), std::log(0.01), threshold));
}

TEST_CASE("lower confidence bound") {
  CHECK(lower_confidence_bound(1.0, 4.0, 1.5) == doctest::Approx(-2.0));
}

TEST_CASE("fronts and hypervolume on paper") {
  const auto front = pareto_front({{3, 1}, {1, 3}, {2, 2}, {2.5, 2.5}, {1, 4}});
  CHECK(front.size() == 3);
  CHECK(hypervolume(front, {4, 4}) == doctest::Approx(6.0));  // 3*1 + 2*1 + 1*1
  CHECK(hypervolume({}, {4, 4}) == 0.0);
}

TEST_CASE("log EHVI of three objectives: one box at a time, certain points, and sampled gains") {
  using Point = Slabs::Point;
  const Point reference{4, 4, 4};
  const std::vector<Point> front = {{1, 3, 2}, {2, 2, 3}, {3, 1, 1}, {2.5, 2.5, 0.5}, {3.5, 3.5, 3.5}};
  // Dominated volume, on cells between all coordinates.
  const auto volume = [&](std::vector<Point> points) {
    std::array<std::vector<double>, 3> cuts;
    for (std::size_t k = 0; k < 3; ++k) {
      for (const Point& point : points) cuts[k].push_back(std::min(point[k], reference[k]));
      cuts[k].push_back(reference[k]);
      std::sort(cuts[k].begin(), cuts[k].end());
    }
    double sum = 0.0;
    for (std::size_t a = 0; a + 1 < cuts[0].size(); ++a)
      for (std::size_t b = 0; b + 1 < cuts[1].size(); ++b)
        for (std::size_t c = 0; c + 1 < cuts[2].size(); ++c)
          if (std::any_of(points.begin(), points.end(), [&](const Point& p) {
                return p[0] <= cuts[0][a] && p[1] <= cuts[1][b] && p[2] <= cuts[2][c];
              }))
            sum += (cuts[0][a + 1] - cuts[0][a]) * (cuts[1][b + 1] - cuts[1][b]) * (cuts[2][c + 1] - cuts[2][c]);
    return sum;
  };
  const auto gain = [&](const Point& point) {
    std::vector<Point> more = front;
    more.push_back(point);
    return volume(more) - volume(front);
  };
  const Slabs slabs(front, reference), alone({}, reference);
  CHECK(alone.log_improvement({1, 2, 3}, {0.3, 0.6, 0.9}) ==
        doctest::Approx(log_expected_improvement(1, 0.3, 4) + log_expected_improvement(2, 0.6, 4) +
                        log_expected_improvement(3, 0.9, 4)));
  for (const Point& point : {Point{1.5, 1.5, 1.5}, Point{0.5, 3.9, 3.9}, Point{2.2, 2.1, 0.2}})
    CHECK(std::exp(slabs.log_improvement(point, {1e-12, 1e-12, 1e-12})) == doctest::Approx(gain(point)).epsilon(1e-4));
  const Point mean{2.2, 2.1, 1.7}, variance{0.5, 0.4, 0.6};
  Random random(3, {1});
  double sampled = 0.0;
  constexpr int draws = 20000;
  for (int i = 0; i < draws; ++i) {
    Point point = mean;
    for (std::size_t k = 0; k < 3; ++k) point[k] += std::sqrt(variance[k]) * random.normal();
    sampled += gain(point) / draws;
  }
  CHECK(std::exp(slabs.log_improvement(mean, variance)) == doctest::Approx(sampled).epsilon(0.04));
  CHECK(slabs.log_improvement({9, 9, 9}, variance) < slabs.log_improvement({8, 8, 8}, variance));
}

TEST_CASE("log EHVI: exact for certain points, product of EIs without a front, quadrature with one") {
  const Objectives reference{4, 4};
  const auto front = pareto_front({{1, 3}, {2, 2}, {3, 1}});
  CHECK(
      std::exp(log_hypervolume_improvement({1.5, 1.5}, {1e-12, 1e-12}, front, reference)) ==
      doctest::Approx(hypervolume(pareto_front({{1, 3}, {2, 2}, {3, 1}, {1.5, 1.5}}), reference) - 6.0).epsilon(1e-4));
  CHECK(log_hypervolume_improvement({1, 2}, {0.3, 0.6}, {}, reference) ==
        doctest::Approx(log_expected_improvement(1, 0.3, 4) + log_expected_improvement(2, 0.6, 4)));
  const double exact = expectation(2.2, 0.5, [&](double a) {
    // inner expectation by the closed form of one strip at fixed a
    double height = 4.0;
    double gain = 0.0;
    const double edges[] = {1, 2, 3, 4}, heights[] = {4, 3, 2, 1};
    for (int i = 0; i < 4; ++i) {
      const double width = std::max(0.0, edges[i] - std::max(a, i == 0 ? -1e300 : edges[i - 1]));
      height = heights[i];
      gain += width * std::exp(log_expected_improvement(2.1, 0.4, height));
    }
    return gain;
  });
  CHECK(log_hypervolume_improvement({2.2, 2.1}, {0.5, 0.4}, front, reference) ==
        doctest::Approx(std::log(exact)).epsilon(1e-3));
  CHECK(std::isfinite(log_hypervolume_improvement({60, 60}, {0.5, 0.4}, front, reference)));
}
