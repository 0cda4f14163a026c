// Regressions that lean on others, and what is kept of large data.
#include <doctest/doctest.h>

#include <cmath>

#include <dovetail/surrogates/regression.hpp>

using namespace dovetail;

namespace {

GaussianProcessModel model() {
  GaussianProcessModel result;
  result.kernel = ard_kernel(Shape::matern52, 1);
  return result;
}

RegressionOptions plain() {
  RegressionOptions result;
  result.transform = "none";
  return result;
}

Matrix grid(int count) {
  Matrix result;
  for (int i = 0; i < count; ++i)
    result.append(std::vector<double>{static_cast<double>(i) / static_cast<double>(count - 1)});
  return result;
}

template <class Function>
std::vector<double> values(const Matrix& at, const Function& function) {
  std::vector<double> result;
  for (std::size_t i = 0; i < at.rows; ++i) result.push_back(function(at(i, 0)));
  return result;
}

double error(const Regression& regression, double (*truth)(double)) {
  const Matrix at = grid(101);
  const std::vector<double> mean = regression.predict(at).mean;
  double sum = 0.0;
  for (std::size_t i = 0; i < at.rows; ++i) sum += std::pow(regression.inverse(mean[i]) - truth(at(i, 0)), 2);
  return std::sqrt(sum / static_cast<double>(at.rows));
}

double wavy(double x) {
  return std::sin(12.0 * x) + x;
}
double relative(double x) {
  return 3.0 * std::sin(12.0 * x) + 3.0 * x + 5.0;
}
double stranger(double x) {
  return std::cos(31.0 * x * x);
}

}  // namespace

TEST_CASE("stacking slopes: least squares where they are positive, and the prior without data") {
  Matrix means(40, 2);
  std::vector<double> outputs, opposite;
  for (std::size_t i = 0; i < 40; ++i) {
    const double t = static_cast<double>(i);
    means(i, 0) = std::sin(t), means(i, 1) = std::cos(2.0 * t);
    outputs.push_back(7.0 + 2.0 * means(i, 0) + 0.5 * means(i, 1));
    opposite.push_back(-means(i, 0));
  }
  const std::vector<double> exact = stacking_slopes(means, outputs, 0.0);
  CHECK(exact[0] == doctest::Approx(2.0).epsilon(1e-6));
  CHECK(exact[1] == doctest::Approx(0.5).epsilon(1e-6));
  CHECK(stacking_slopes(means, opposite)[0] == 0.0);
  CHECK(stacking_slopes(Matrix(0, 2), {}) == std::vector<double>{0.5, 0.5});
}

TEST_CASE("a related study helps where there are few data, an unrelated one is dropped") {
  Regression source(model(), plain()), other(model(), plain());
  source.update(grid(40), values(grid(40), relative));
  other.update(grid(40), values(grid(40), stranger));
  const Matrix few = grid(6);
  Regression alone(model(), plain()), leaning(model(), plain()), misled(model(), plain());
  leaning.lean_on({&source});
  misled.lean_on({&other});
  for (Regression* regression : {&alone, &leaning, &misled}) regression->update(few, values(few, wavy));
  CHECK(error(leaning, wavy) < 0.2 * error(alone, wavy));

  const Matrix more = grid(25);
  misled.update(more, values(more, wavy));
  alone.update(more, values(more, wavy));
  CHECK(misled.slopes()[0] == 0.0);
  CHECK(error(misled, wavy) == doctest::Approx(error(alone, wavy)).epsilon(0.1));

  // The gradient is that of the whole prediction.
  const double step = 1e-5;
  const std::vector<double> x{0.37};
  Matrix around;
  around.append(std::vector<double>{x[0] - step});
  around.append(std::vector<double>{x[0] + step});
  const std::vector<double> mean = leaning.predict(around).mean;
  CHECK(leaning.predict_gradient(x).mean_gradient[0] ==
        doctest::Approx((mean[1] - mean[0]) / (2.0 * step)).epsilon(1e-4));
}

TEST_CASE("above the limit a local model, which appended rows do not outgrow") {
  RegressionOptions options = plain();
  options.exact_size = 40;
  Regression regression(model(), options);
  std::size_t largest = 0;
  for (int n = 30; n <= 160; n += 2) {
    const Matrix at = grid(161);
    Matrix rows;
    for (int i = 0; i < n; ++i) rows.append(at.row(static_cast<std::size_t>((37 * i) % 161)));
    regression.update(rows, values(rows, wavy));
    largest = std::max(largest, regression.process().size());
  }
  CHECK(regression.local());
  CHECK(largest <= 44);
  // Exact where it matters: around the lowest output, at about 0.39.
  Matrix low;
  for (const double x : {0.35, 0.38, 0.39, 0.4, 0.43}) low.append(std::vector<double>{x});
  const std::vector<double> mean = regression.predict(low).mean;
  for (std::size_t i = 0; i < low.rows; ++i)
    CHECK(regression.inverse(mean[i]) == doctest::Approx(wavy(low(i, 0))).epsilon(0.01));
}

TEST_CASE("the transform is chosen by what the inputs explain, not by how they were chosen") {
  // A cone whose foot is searched most: its values pile up near 0 as those of a logarithmic output would.
  Matrix inputs;
  for (int i = 1; i <= 40; ++i) inputs.append(std::vector<double>{0.5 + (i % 2 ? 0.5 : -0.5) * std::pow(0.87, i)});
  const auto cone = [](double x) { return 0.001 + 3.0 * std::abs(x - 0.5); };
  const auto grown = [](double x) { return std::exp(5.0 * std::sin(6.0 * x)); };
  CHECK(OutputTransform::best(values(inputs, cone)).kind() == OutputTransform::Kind::log);
  RegressionOptions options;
  Regression plain_values(model(), options), decades(model(), options);
  plain_values.update(inputs, values(inputs, cone));
  CHECK(plain_values.transform().kind() == OutputTransform::Kind::identity);
  decades.update(grid(30), values(grid(30), grown));
  CHECK(decades.transform().kind() == OutputTransform::Kind::log);
}
