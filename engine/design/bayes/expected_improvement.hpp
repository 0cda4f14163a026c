// Expected improvement in the log.
#pragma once

namespace dovetail {

/// log E[max(0, incumbent - f)] for f normal with this mean and variance (we minimise):
///
///     EI = sigma h(z),  z = (incumbent - mean) / sigma,  h(z) = phi(z) + z Phi(z)
///
/// LogEI of Ament et al., "Unexpected Improvements to Expected Improvement", NeurIPS 2023. EI and its gradient vanish
/// numerically where z << 0; the logarithm does not: below z = -1 we use log phi(z) + log(1 - t M(t)), t = -z, M the
/// Mills ratio, and for t > 10 the asymptotic series of 1 - t M(t).
double log_expected_improvement(double mean, double variance, double incumbent);

/// The same with its derivatives by mean and variance: dEI/dmean = -Phi(z), dEI/dsigma = phi(z).
struct ImprovementGradient {
  double value = 0.0, by_mean = 0.0, by_variance = 0.0;
};
ImprovementGradient log_expected_improvement_gradient(double mean, double variance, double incumbent);

/// log h(z).
double log_improvement_shape(double z);

}  // namespace dovetail
