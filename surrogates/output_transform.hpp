// Monotone maps that make outputs look normal before a Gaussian process sees them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dovetail {

/// forward(y) = (g(y) - location) / scale, g one of
///   identity  y
///   log       ln(y), for positive outputs over decades (energy-delay products)
///   power     Yeo & Johnson's transform (Biometrika 2000) of (y - centre) / spread, its lambda by maximum
///   likelihood, as
///             in HEBO (Cowen-Rivers et al., JAIR 2022)
///   bilog     sign(y) ln(1 + |y| / spread): keeps 0, where constraints change sign (Eriksson & Poloczek,
///   AISTATS 2021)
/// Outputs beyond 1e100 or all within 1e-100 of 0 are multiplied by a power of two first, so that squares neither
/// overflow nor vanish. location and scale standardise the observed outputs; bilog keeps location 0, so that the sign
/// of a constraint survives.
class OutputTransform {
 public:
  enum class Kind : std::uint8_t { identity, log, power, bilog };

  OutputTransform() = default;
  static OutputTransform fit(Kind kind, std::span<const double> raw);
  /// The kind whose image is most normal by likelihood.
  static OutputTransform best(std::span<const double> outputs);
  /// The kinds that outputs may have: identity, and log where all are positive, else power.
  static std::vector<OutputTransform> candidates(std::span<const double> outputs);

  double forward(double output) const;
  double inverse(double value) const;
  Kind kind() const { return kind_; }
  double lambda() const { return lambda_; }
  double log_likelihood() const { return log_likelihood_; }        ///< of the outputs, Jacobian included
  int parameters() const { return kind_ == Kind::power ? 1 : 0; }  ///< that were fitted, beyond location and scale

 private:
  double shape(double raw) const;
  Kind kind_ = Kind::identity;
  double unit_ = 1.0;  ///< a power of two
  double lambda_ = 1.0, centre_ = 0.0, spread_ = 1.0, location_ = 0.0, scale_ = 1.0, log_likelihood_ = 0.0;
};

/// sign(value) ln(1 + |value|).
double bilog(double value);

}  // namespace dovetail
