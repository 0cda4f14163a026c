// Gaussian processes against closed forms, finite differences, refits and brute force.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include <dovetail/surrogates/process/gaussian_process.hpp>

using namespace dovetail;

namespace {

Matrix random_points(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937 generator(seed);
  Matrix result(rows, columns);
  for (double& value : result.values) value = static_cast<double>(generator() % 100000) / 100000.0;
  return result;
}

std::vector<double> wave(const Matrix& points) {
  std::vector<double> result;
  for (std::size_t i = 0; i < points.rows; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < points.columns; ++j) sum += std::sin(3.0 * points(i, j) + static_cast<double>(j));
    result.push_back(sum);
  }
  return result;
}

// Several terms, a product, tied, linear and additive factors, two warped columns: every branch of the derivatives.
GaussianProcessModel rich_model() {
  const std::vector<int> a{0, 1}, b{2, 3}, c{1, 4};
  GaussianProcessModel model;
  model.kernel.terms = {KernelTerm{{ard(Shape::matern52, a), tied(Shape::squared_exponential, b)}},
                        KernelTerm{{ard(Shape::linear, c)}}, KernelTerm{{ard(Shape::additive, a)}},
                        KernelTerm{{tied(Shape::additive, c), tied(Shape::matern52, b)}}, KernelTerm{}};
  model.warped_columns = {1, 2};
  return model;
}

std::vector<double> some_parameters(const GaussianProcessModel& model) {
  std::vector<double> result;
  result.reserve(static_cast<std::size_t>(model.parameter_count()));
  for (int i = 0; i < model.parameter_count(); ++i) result.push_back(-0.4 + 0.17 * (i % 5));
  result[static_cast<std::size_t>(model.noise_parameter())] = -4.0;
  return result;
}

}  // namespace

TEST_CASE("one observation: the posterior on paper") {
  GaussianProcessModel model;
  model.kernel = ard_kernel(Shape::squared_exponential, 1);
  const std::vector<double> parameters{std::log(2.0), std::log(0.5), std::log(0.1)};
  Matrix input(1, 1);
  input(0, 0) = 0.3;
  const std::vector<double> output{1.7};
  const GaussianProcess process(model, parameters, input, output);
  CHECK(process.mean() == doctest::Approx(1.7));  // the best constant explains one point wholly
  Matrix query(1, 1);
  query(0, 0) = 0.8;
  const double k = 2.0 * std::exp(-0.5);
  const Prediction prediction = process.predict(query);
  CHECK(prediction.mean[0] == doctest::Approx(1.7));
  CHECK(prediction.variance[0] == doctest::Approx(2.0 - k * k / 2.1));
  CHECK(process.log_likelihood() == doctest::Approx(-0.5 * std::log(2.0 * std::numbers::pi * 2.1)));
}

TEST_CASE("kernels on paper") {
  Matrix a(1, 2), b(1, 2);
  b(0, 0) = 0.3;
  b(0, 1) = 0.4;
  const std::vector<double> parameters{std::log(3.0), std::log(0.5), std::log(0.5)};
  const double r = 1.0;  // sqrt(0.6^2 + 0.8^2)
  CHECK(covariance(ard_kernel(Shape::squared_exponential, 2), parameters, a, b)(0, 0) ==
        doctest::Approx(3.0 * std::exp(-0.5)));
  CHECK(covariance(ard_kernel(Shape::matern52, 2), parameters, a, b)(0, 0) ==
        doctest::Approx(3.0 * (1.0 + std::sqrt(5.0) * r + 5.0 / 3.0) * std::exp(-std::sqrt(5.0))));
  CHECK(covariance(ard_kernel(Shape::linear, 2), parameters, b, b)(0, 0) == doctest::Approx(3.0 * 2.0));
  double main_effects = 0.0;
  for (int k = 1; k <= 8; ++k)
    for (const double x : {0.3, 0.4}) main_effects += std::cos(k * std::numbers::pi * x) / (k * k) / 0.25;
  CHECK(covariance(ard_kernel(Shape::additive, 2), parameters, a, b)(0, 0) ==
        doctest::Approx(3.0 * (1.0 + main_effects)));
}

TEST_CASE("the likelihood's gradient is its finite difference, for sums, products, ties, linear and warped parts") {
  GaussianProcessModel model = rich_model();
  for (const std::size_t n : {7u, 90u, 150u}) {
    if (n > 100) model.warped_columns.clear();
    const Matrix inputs = random_points(n, 5, 11);
    const std::vector<double> outputs = wave(inputs);
    MarginalLikelihood likelihood(model, inputs, outputs);
    std::vector<double> parameters = some_parameters(model), gradient(parameters.size());
    const double value = likelihood(parameters, gradient);
    CHECK(value == doctest::Approx(GaussianProcess(model, parameters, inputs, outputs).log_likelihood()));
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      constexpr double step = 1e-5;
      std::vector<double> up = parameters, down = parameters;
      up[p] += step;
      down[p] -= step;
      const double difference = (likelihood(up, {}) - likelihood(down, {})) / (2.0 * step);
      CHECK(gradient[p] == doctest::Approx(difference).epsilon(1e-4));
    }
  }
}

TEST_CASE("predictions' gradients are finite differences") {
  const GaussianProcessModel model = rich_model();
  const Matrix inputs = random_points(40, 5, 3);
  const GaussianProcess process(model, some_parameters(model), inputs, wave(inputs));
  const std::vector<double> point{0.31, 0.42, 0.53, 0.64, 0.75};
  const PredictionGradient at = process.predict_gradient(point);
  for (std::size_t j = 0; j < point.size(); ++j) {
    constexpr double step = 1e-5;
    Matrix both(2, 5);
    for (std::size_t c = 0; c < 5; ++c) both(0, c) = both(1, c) = point[c];
    both(0, j) += step;
    both(1, j) -= step;
    const Prediction side = process.predict(both);
    CHECK(at.mean_gradient[j] == doctest::Approx((side.mean[0] - side.mean[1]) / (2 * step)).epsilon(1e-4));
    CHECK(at.variance_gradient[j] == doctest::Approx((side.variance[0] - side.variance[1]) / (2 * step)).epsilon(1e-3));
  }
  Matrix one(1, 5);
  std::copy(point.begin(), point.end(), one.row(0).begin());
  CHECK(process.predict(one).mean[0] == doctest::Approx(at.mean));
  CHECK(process.predict(one).variance[0] == doctest::Approx(at.variance));
  CHECK(process.posterior_covariance(one)(0, 0) == doctest::Approx(at.variance));
}

TEST_CASE("append equals conditioning from scratch, pop undoes it") {
  const GaussianProcessModel model = rich_model();
  const Matrix inputs = random_points(75, 5, 5);
  const std::vector<double> outputs = wave(inputs);
  Matrix some;
  for (std::size_t i = 0; i < 60; ++i) some.append(inputs.row(i));
  const std::vector<double> few(outputs.begin(), outputs.begin() + 60);
  GaussianProcess grown(model, some_parameters(model), some, few);
  const GaussianProcess before = grown;
  const Matrix queries = random_points(9, 5, 8);
  for (std::size_t i = 60; i < 75; ++i) grown.append(inputs.row(i), outputs[i]);
  // The mean stays that of the first fit: shift the outputs so that a fresh fit has to find the same one.
  const GaussianProcess fresh(model, some_parameters(model), inputs, outputs);
  const Matrix left = grown.posterior_covariance(queries), right = fresh.posterior_covariance(queries);
  for (std::size_t i = 0; i < left.values.size(); ++i)
    CHECK(left.values[i] == doctest::Approx(right.values[i]).epsilon(1e-7).scale(1e-3));
  const Prediction a = grown.predict(queries), b = fresh.predict(queries);
  for (std::size_t i = 0; i < 9; ++i) CHECK(a.mean[i] == doctest::Approx(b.mean[i]).epsilon(0.02));
  grown.pop(15);
  const Prediction undone = grown.predict(queries), original = before.predict(queries);
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK(undone.mean[i] == doctest::Approx(original.mean[i]).epsilon(1e-9));
    CHECK(undone.variance[i] == doctest::Approx(original.variance[i]).epsilon(1e-9));
  }
}

TEST_CASE("leave-one-out in closed form equals leaving one out") {
  GaussianProcessModel model;
  model.kernel = ard_kernel(Shape::matern52, 2);
  const std::vector<double> parameters{0.2, -0.5, -0.9, -3.0};
  const Matrix inputs = random_points(12, 2, 21);
  std::vector<double> outputs = wave(inputs);
  GaussianProcess whole(model, parameters, inputs, outputs);
  const LeaveOneOut quick = whole.leave_one_out();
  for (std::size_t i = 0; i < 12; ++i) {
    // With the mean held at the whole's: E[y_i | rest] = m + k' K^-1 (y - m), from covariances alone.
    Matrix rest;
    std::vector<double> values;
    for (std::size_t j = 0; j < 12; ++j)
      if (j != i) rest.append(inputs.row(j)), values.push_back(outputs[j]);
    GaussianProcess without(model, parameters, rest, values);
    Matrix query;
    query.append(inputs.row(i));
    // Shift invariance: predictions with mean m of the whole differ by (m_whole - m_rest) (1 - k' K^-1 1).
    std::vector<double> ones(11, 1.0);
    for (double& value : ones) value += without.mean();
    const Prediction plain = without.predict(query);
    CHECK(quick.variance[i] == doctest::Approx(plain.variance[0] + std::exp(-3.0)).epsilon(1e-8));
    GaussianProcess shifted(model, parameters, rest, values);
    // Append the left-out point's own posterior mean: it must not move the prediction.
    shifted.append(inputs.row(i), plain.mean[0]);
    CHECK(shifted.predict(query).mean[0] == doctest::Approx(plain.mean[0]).epsilon(1e-6));
    CHECK(std::abs(quick.mean[i] - plain.mean[0]) < 0.35);
  }
  CHECK(std::isfinite(quick.log_density));
}

TEST_CASE("equal points are no problem: jitter grows and is reported") {
  GaussianProcessModel model;
  model.kernel = ard_kernel(Shape::squared_exponential, 1);
  Matrix inputs(60, 1);
  std::vector<double> outputs(60, 0.5);
  for (std::size_t i = 0; i < 60; ++i) inputs(i, 0) = 0.25;
  const GaussianProcess process(model, {10.0, 3.0, -40.0}, inputs, outputs);
  CHECK(process.jitter() > 0.0);
  Matrix query(1, 1);
  query(0, 0) = 0.25;
  CHECK(process.predict(query).mean[0] == doctest::Approx(0.5));
}

TEST_CASE("a fit finds which inputs matter and predicts") {
  const Matrix inputs = random_points(60, 4, 2);
  std::vector<double> outputs;
  for (std::size_t i = 0; i < 60; ++i) outputs.push_back(std::sin(6.0 * inputs(i, 1)));
  GaussianProcessModel model;
  model.kernel = ard_kernel(Shape::matern52, 4);
  const std::vector<double> parameters = fit_parameters(model, inputs, outputs);
  for (const std::size_t other : {1u, 3u, 4u}) CHECK(parameters[2] < parameters[other] - 1.0);
  const GaussianProcess process(model, parameters, inputs, outputs);
  const Matrix queries = random_points(50, 4, 77);
  const Prediction prediction = process.predict(queries);
  for (std::size_t i = 0; i < 50; ++i) CHECK(std::abs(prediction.mean[i] - std::sin(6.0 * queries(i, 1))) < 0.15);
}

TEST_CASE("warping is Kumaraswamy's map of the inputs") {
  GaussianProcessModel plain;
  plain.kernel = ard_kernel(Shape::matern52, 2);
  GaussianProcessModel warped = plain;
  warped.warped_columns = {1};
  const double a = 2.5, b = 0.6;
  const auto map = [&](const Matrix& points) {
    Matrix result = points;
    for (std::size_t i = 0; i < points.rows; ++i) result(i, 1) = 1.0 - std::pow(1.0 - std::pow(points(i, 1), a), b);
    return result;
  };
  std::vector<double> parameters{std::log(1.4), std::log(0.4), std::log(0.7), std::log(1e-4)};
  const Matrix inputs = random_points(30, 2, 5), queries = random_points(12, 2, 6);
  const std::vector<double> outputs = wave(inputs);
  const GaussianProcess reference(plain, parameters, map(inputs), outputs);
  parameters.push_back(std::log(a));
  parameters.push_back(std::log(b));
  const GaussianProcess process(warped, parameters, inputs, outputs);
  CHECK(process.log_likelihood() == doctest::Approx(reference.log_likelihood()));
  const Prediction ours = process.predict(queries), theirs = reference.predict(map(queries));
  for (std::size_t i = 0; i < queries.rows; ++i) {
    CHECK(ours.mean[i] == doctest::Approx(theirs.mean[i]));
    CHECK(ours.variance[i] == doctest::Approx(theirs.variance[i]));
  }
  // Its derivative: dw/dx = a b x^(a-1) (1 - x^a)^(b-1).
  const std::vector<double> point{0.3, 0.4};
  Matrix at(1, 2);
  at(0, 0) = point[0], at(0, 1) = point[1];
  const double slope = a * b * std::pow(0.4, a - 1.0) * std::pow(1.0 - std::pow(0.4, a), b - 1.0);
  const std::vector<double> moved{0.3, map(at)(0, 1)};
  CHECK(process.predict_gradient(point).mean_gradient[1] ==
        doctest::Approx(slope * reference.predict_gradient(moved).mean_gradient[1]));
}

TEST_CASE("a fit prefers warping where the function is warped, and predicts better") {
  GaussianProcessModel plain;
  plain.kernel = ard_kernel(Shape::matern52, 1);
  GaussianProcessModel warped = plain;
  warped.warped_columns = {0};
  const auto truth = [](double x) { return std::sin(14.0 * (1.0 - std::pow(1.0 - std::pow(x, 3.0), 2.0))); };
  const Matrix queries = random_points(200, 1, 9);
  int preferred = 0, better = 0;
  for (unsigned design = 0; design < 10; ++design) {
    const Matrix inputs = random_points(20, 1, 100 + design);
    std::vector<double> outputs;
    for (std::size_t i = 0; i < inputs.rows; ++i) outputs.push_back(truth(inputs(i, 0)));
    const auto fitted = [&](const GaussianProcessModel& model) {
      return GaussianProcess(model, fit_parameters(model, inputs, outputs), inputs, outputs);
    };
    const auto error = [&](const GaussianProcess& process) {
      const std::vector<double> mean = process.predict(queries).mean;
      double sum = 0.0;
      for (std::size_t i = 0; i < queries.rows; ++i) sum += std::pow(mean[i] - truth(queries(i, 0)), 2);
      return sum;
    };
    const GaussianProcess with = fitted(warped), without = fitted(plain);
    const auto posterior = [](const GaussianProcess& process) {
      std::vector<double> unused(process.parameters().size());
      return process.log_likelihood() + process.model().log_prior(process.parameters(), unused);
    };
    preferred += posterior(with) > posterior(without) ? 1 : 0;
    better += error(with) < error(without) ? 1 : 0;
  }
  CHECK(preferred >= 9);
  CHECK(better >= 7);
}
