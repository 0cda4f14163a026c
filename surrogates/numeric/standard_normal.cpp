#include <dovetail/surrogates/numeric/standard_normal.hpp>

#include <cmath>
#include <numbers>

namespace dovetail {

double normal_pdf(double z) {
  return std::exp(log_normal_pdf(z));
}

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

double log_normal_pdf(double z) {
  return -0.5 * z * z - 0.5 * std::log(2.0 * std::numbers::pi);
}

double log_normal_cdf(double z) {
  if (z > -10.0) return std::log(normal_cdf(z));
  const double inverse_square = 1.0 / (z * z);
  const double series =
      1.0 - inverse_square * (1.0 - 3.0 * inverse_square * (1.0 - 5.0 * inverse_square * (1.0 - 7.0 * inverse_square)));
  return log_normal_pdf(z) - std::log(-z) + std::log(series);
}

}  // namespace dovetail
