// log h(z) without cancellation.
#include <dovetail/engine/design/bayes/expected_improvement.hpp>

#include <cmath>
#include <dovetail/surrogates/numeric/standard_normal.hpp>

namespace dovetail {

double log_improvement_shape(double z) {
  if (z > -1.0) return std::log(normal_pdf(z) + z * normal_cdf(z));
  const double t = -z;
  if (t <= 10.0) return log_normal_pdf(z) + std::log1p(-t * std::exp(log_normal_cdf(z) - log_normal_pdf(z)));
  const double u = 1.0 / (t * t);
  return log_normal_pdf(z) + std::log(u * (1.0 - u * (3.0 - u * (15.0 - u * (105.0 - u * 945.0)))));
}

double log_expected_improvement(double mean, double variance, double incumbent) {
  const double sigma = std::sqrt(variance);
  return std::log(sigma) + log_improvement_shape((incumbent - mean) / sigma);
}

ImprovementGradient log_expected_improvement_gradient(double mean, double variance, double incumbent) {
  const double sigma = std::sqrt(variance), z = (incumbent - mean) / sigma;
  const double shape = log_improvement_shape(z);
  return {std::log(sigma) + shape, -std::exp(log_normal_cdf(z) - shape) / sigma,
          std::exp(log_normal_pdf(z) - shape) / (2.0 * variance)};
}

}  // namespace dovetail
