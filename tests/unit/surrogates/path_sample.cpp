// Sample paths have the posterior's mean and covariance.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include <dovetail/surrogates/process/path_sample.hpp>

using namespace dovetail;

TEST_CASE("many paths average to the posterior, for products, sums, linear and additive factors") {
  const std::vector<int> a{0}, b{1};
  GaussianProcessModel model;
  model.kernel.terms = {KernelTerm{{ard(Shape::matern52, a), ard(Shape::squared_exponential, b)}},
                        KernelTerm{{ard(Shape::linear, b)}}, KernelTerm{{tied(Shape::additive, a)}}};
  std::vector<double> parameters{0.0, -0.9, -0.7, -1.0, 0.2, -1.5, 0.3, -4.0};
  Matrix inputs(6, 2);
  std::mt19937 generator(3);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<double> outputs;
  for (double& value : inputs.values) value = uniform(generator);
  outputs.reserve(6);
  for (int i = 0; i < 6; ++i) outputs.push_back(normal(generator));
  const GaussianProcess process(model, parameters, inputs, outputs);
  Matrix queries(3, 2);
  for (double& value : queries.values) value = uniform(generator);
  const Prediction expected = process.predict(queries);
  const Matrix covariance = process.posterior_covariance(queries);

  constexpr int paths = 3000, features = 128;
  std::vector<double> normals(PathSample::count(process, features)), uniforms(normals.size());
  std::vector<std::vector<double>> values;
  for (int p = 0; p < paths; ++p) {
    for (double& value : normals) value = normal(generator);
    for (double& value : uniforms) value = uniform(generator);
    values.push_back(PathSample(process, features, normals, uniforms)(queries));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    double mean = 0.0;
    for (const auto& value : values) mean += value[i] / paths;
    CHECK(std::abs(mean - expected.mean[i]) < 5.0 * std::sqrt(expected.variance[i] / paths) + 0.01);
    for (std::size_t j = 0; j < 3; ++j) {
      double product = 0.0;
      for (const auto& value : values) product += (value[i] - expected.mean[i]) * (value[j] - expected.mean[j]) / paths;
      CHECK(product == doctest::Approx(covariance(i, j)).epsilon(0.12).scale(0.2));
    }
  }
}
