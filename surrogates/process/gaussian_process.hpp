// Gaussian-process regression: fit, append, predict, differentiate, diagnose, sample.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <dovetail/surrogates/numeric/matrix.hpp>
#include <dovetail/surrogates/process/kernel.hpp>

namespace dovetail {

/// What a Gaussian process believes before data. Outputs are expected roughly standardised, inputs roughly in
/// [0, 1] (warped columns exactly). Parameters are natural logarithms: those of the kernel, then the noise
/// variance, then for every warped column a and b of Kumaraswamy's map w(x) = 1 - (1 - x^a)^b (Snoek et al.,
/// ICML 2014).
///
/// Priors (all normal on the logarithms): length scales with location sqrt(2) + log(columns) / 2, so that
/// they grow with the square root of the dimension (Hvarfner et al., ICML 2024); variance around 1; noise
/// around `noise_location`; warping around the identity.
struct GaussianProcessModel {
  Kernel kernel;
  std::vector<int> warped_columns;
  double length_location =
      -1.5857864376269049;  ///< sqrt(2) - 3, added to log(columns) / 2: the mode of their log-normal
  double length_deviation = 1.7320508075688772;  ///< sqrt(3)
  double variance_deviation = 1.5;
  double noise_location = -9.0;  ///< log of the noise variance: mostly deterministic evaluators
  double noise_deviation = 3.0;
  double noise_floor = 1e-8;  ///< smallest noise variance
  double warp_deviation = 0.75;

  int parameter_count() const;
  int noise_parameter() const { return kernel.parameter_count(); }
  std::vector<double> default_parameters() const;  ///< the prior's centre
  double log_prior(std::span<const double> parameters,
                   std::span<double> gradient) const;  ///< adds to gradient
};

/// log p(outputs | inputs, parameters) with the constant mean set to its best value, and (unless empty) its
/// gradient: one O(n^3) factorization and inverse, then O(n^2) per parameter. Buffers live between calls. NaN
/// when the matrix cannot be factorized even with the largest jitter.
class MarginalLikelihood {
 public:
  MarginalLikelihood(const GaussianProcessModel& model, const Matrix& inputs, std::span<const double> outputs);
  ~MarginalLikelihood();
  double operator()(std::span<const double> parameters, std::span<double> gradient);

 private:
  struct Workspace;
  std::unique_ptr<Workspace> work_;
};

/// How hard to look for parameters. Starts beyond those given are the prior's centre, then deterministic
/// variations of it. Above `coarse_size` points starts compete on an evenly strided subset and only the best
/// is refined on all, or on an evenly strided `fit_size` of them when there are more.
struct FitOptions {
  int starts = 3;
  int evaluations = 40;  ///< likelihoods with gradient, for each start
  int refinement = 25;   ///< and for the best of the subset on all points, near which it begins
  int coarse_size = 160;
  int fit_size = 1000;
  double tolerance = 1e-4;                        ///< stop when log posterior changes relatively less than this
  std::vector<std::vector<double>> first_starts;  ///< for instance the parameters of the last fit (warm start)
};

/// Parameters of the largest posterior density found by NLopt's L-BFGS from several starts.
std::vector<double> fit_parameters(const GaussianProcessModel& model, const Matrix& inputs,
                                   std::span<const double> outputs, const FitOptions& options = {});

/// Mean and variance of the noise-free function, one per point.
struct Prediction {
  std::vector<double> mean, variance;
};
/// The same for one point with derivatives by its features.
struct PredictionGradient {
  double mean = 0.0, variance = 0.0;
  std::vector<double> mean_gradient, variance_gradient;
};
/// What each observation would have been predicted to be without itself (Rasmussen & Williams 2006, eqs. 5.10
/// to 5.12).
struct LeaveOneOut {
  std::vector<double> mean, variance;  ///< of the noisy observation
  double log_density = 0.0;            ///< sum of log p(y_i | others)
};

/// The posterior for fixed parameters. Keeps the inverse Cholesky factor, so appending costs O(n^2).
class GaussianProcess {
 public:
  /// Throws std::runtime_error when the kernel matrix stays indefinite at the largest jitter,
  /// std::invalid_argument when sizes disagree.
  GaussianProcess(GaussianProcessModel model, std::vector<double> parameters, const Matrix& inputs,
                  std::span<const double> outputs);
  GaussianProcess(const GaussianProcess&);
  GaussianProcess(GaussianProcess&&) noexcept;
  GaussianProcess& operator=(const GaussianProcess&);
  GaussianProcess& operator=(GaussianProcess&&) noexcept;
  ~GaussianProcess();

  void append(std::span<const double> input,
              double output);   ///< same parameters and mean; equals a refit with them
  void pop(std::size_t count);  ///< forgets the last `count` observations

  Prediction predict(const Matrix& points) const;
  PredictionGradient predict_gradient(std::span<const double> point) const;
  LeaveOneOut leave_one_out() const;
  /// Joint posterior covariance of the noise-free function at the points (points x points).
  Matrix posterior_covariance(const Matrix& points) const;

  std::size_t size() const;
  double mean() const;    ///< the constant mean
  double jitter() const;  ///< added to the diagonal beyond the noise; 0 when none was needed
  double log_likelihood() const;
  const GaussianProcessModel& model() const;
  std::span<const double> parameters() const;

 private:
  friend class PathSample;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dovetail
