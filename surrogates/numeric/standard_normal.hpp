// The standard normal distribution, stable far into its tails.
#pragma once

namespace dovetail {

double normal_pdf(double z);  ///< exp(-z^2 / 2) / sqrt(2 pi)
double normal_cdf(double z);  ///< Phi(z), through erfc
double log_normal_pdf(double z);
double log_normal_cdf(double z);  ///< log Phi(z); for z < -10 by the asymptotic series of the Mills ratio

}  // namespace dovetail
