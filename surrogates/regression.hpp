// One output learned from data that grows: transform, Gaussian process, refits when due, a stated limit of size.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dovetail/surrogates/output_transform.hpp>
#include <dovetail/surrogates/process/gaussian_process.hpp>

namespace dovetail {

struct RegressionOptions {
  std::string transform = "auto";  ///< auto (of none and log, or power, the most likely), none, log, power, bilog
  FitOptions cold;                 ///< of the first fit
  int warm_evaluations = 25;       ///< of a refit, which starts from the last parameters (and, while small, the prior)
  double refit_growth = 0.1;       ///< refit once the data grew by this share since the last fit
  int small = 30;                  ///< below this many points every update refits
  int exact_size = 2000;           ///< above it only `local_rows` are used
};

/// Rows kept when there are more than `limit`: a quarter with the lowest outputs, a quarter spread evenly over the
/// history, the rest nearest to the lowest output (a local model, as in nearest-neighbour Gaussian processes: Vecchia
/// 1988).
std::vector<std::size_t> local_rows(const Matrix& inputs, std::span<const double> outputs, std::size_t limit);

/// Slopes r >= 0 of stacked regressions (Breiman, Machine Learning 1996): least squares of outputs on an offset and the
/// columns of `means`, each slope drawn to 1 / columns as by `strength` observations.
std::vector<double> stacking_slopes(const Matrix& means, std::span<const double> outputs, double strength = 2.0);

/// What the last fit of a regression found, from which its rows give back the rest.
struct RegressionMemory {
  std::size_t rows = 0;  ///< that it was fitted to
  OutputTransform::Kind transform = OutputTransform::Kind::identity;
  std::vector<double> parameters, slopes;
};

/// Learns output(x) - prior(x) on the transformed scale. `prior` values, where given, are on the output's own scale (of
/// its logarithm when the transform is log) and share its affine standardisation.
class Regression {
 public:
  Regression(GaussianProcessModel model, RegressionOptions options);

  /// Regressions of related studies, in whose predictions this one believes as far as its own outputs agree: its prior
  /// mean becomes the stacked mean of theirs (stacking_slopes), and it learns the difference; at each fit only if that
  /// predicts each output from the others better (log density left one out) by more than 1 per slope. They must outlive
  /// it.
  void lean_on(std::vector<const Regression*> guides) { guides_ = std::move(guides); }

  /// All data so far; earlier rows must be those of the last call. Appends, or refits when due.
  void update(const Matrix& inputs, std::span<const double> outputs, std::span<const double> priors = {});

  /// Whether `update` with so many rows would fit.
  bool due(std::size_t rows) const;
  /// The next `update` has other rows than the last one: it fits anew, from the parameters known.
  void restart() { seen_ = fitted_ = 0; }

  /// The last fit, and to be where it led without fitting: the data of the last `update`. To the bit, when since then
  /// `believe` was called and forgotten.
  RegressionMemory memory() const;
  void recall(const RegressionMemory& memory, const Matrix& inputs, std::span<const double> outputs,
              std::span<const double> priors = {});

  bool ready() const { return process_.has_value(); }
  Prediction predict(const Matrix& points, std::span<const double> priors = {}) const;  ///< transformed scale
  PredictionGradient predict_gradient(std::span<const double> point) const;             ///< without prior
  /// What is added to the mean of `process` at points: priors and guides, on the transformed scale.
  std::vector<double> offset(const Matrix& points, std::span<const double> priors = {}) const;
  std::span<const double> slopes() const { return slopes_; }  ///< of the guides
  double forward(double output) const { return transform_.forward(output); }
  double inverse(double value) const { return transform_.inverse(value); }

  /// Pretends to have seen the posterior mean at a pending point, and forgets all such pretences.
  void believe(std::span<const double> point);
  void forget();

  const GaussianProcess& process() const { return *process_; }
  const OutputTransform& transform() const { return transform_; }
  bool local() const { return local_; }  ///< the size limit is in force
  int fits() const { return fits_; }

 private:
  /// The rows that a fit uses, as they are and transformed.
  struct Rows {
    Matrix inputs;
    std::vector<double> outputs, priors;
  };
  Rows rows_of_fit(const Matrix& inputs, std::span<const double> outputs, std::span<const double> priors);
  void append_rest(const Matrix& inputs, std::span<const double> outputs, std::span<const double> priors);
  double prior(double value) const;
  /// The transform under which the outputs are most likely as a Gaussian process of the inputs, its Jacobian included:
  /// warped Gaussian processes (Snelson et al., NeurIPS 2003) with few shapes. What is normal by itself says how points
  /// were chosen.
  OutputTransform likely_transform(const Matrix& inputs, const std::vector<double>& outputs) const;
  GaussianProcessModel model_;
  RegressionOptions options_;
  OutputTransform transform_;
  std::optional<GaussianProcess> process_;
  std::vector<const Regression*> guides_;
  std::vector<double> slopes_;
  std::size_t seen_ = 0, fitted_ = 0, believed_ = 0;
  bool local_ = false;
  int fits_ = 0;
};

}  // namespace dovetail
