// Feasibility learned from pass/fail outcomes: a Gaussian-process classifier with calibrated probabilities.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <dovetail/surrogates/calibration.hpp>
#include <dovetail/surrogates/process/gaussian_process.hpp>

namespace dovetail {

struct ClassifierOptions {
  int starts = 2;
  int evaluations = 25;             ///< approximate likelihoods with gradient per start
  int fit_size = 300;               ///< parameters are sought on an evenly strided subset of at most this many outcomes
  int exact_size = 2000;            ///< outcomes kept at most: all of the rarer class first, then the most recent
  bool calibrate = true;            ///< Platt scaling of leave-one-out scores
  std::vector<double> first_start;  ///< parameters of the last fit
  /// What share of the space each input stands for, or nothing: for probabilities over the space.
  std::vector<double> shares;
};

/// p(pass | x) = Phi(f(x)), f a Gaussian process; posterior by Laplace's approximation (Rasmussen & Williams
/// 2006, algorithms 3.1, 3.2 and 5.1, probit likelihood). The averaged probability is Phi(z), z = mean /
/// sqrt(1 + variance), recalibrated to Phi(slope z + offset) on leave-one-out scores when that lowers their
/// log loss.
///
/// The kernel should include a constant term (base rate). The model's noise variance is a nugget of the
/// latent function.
class FeasibilityClassifier {
 public:
  FeasibilityClassifier(const GaussianProcessModel& model, const Matrix& inputs, std::span<const char> passed,
                        const ClassifierOptions& options = {});
  ~FeasibilityClassifier();
  FeasibilityClassifier(FeasibilityClassifier&&) noexcept;
  FeasibilityClassifier& operator=(FeasibilityClassifier&&) noexcept;

  /// Calibrated scores: the probability of passing is Phi(score). One per point. Chosen: at points of the kind of the
  /// inputs, which a search chose because they might pass. Anywhere: at points drawn from the space; the scaling then
  /// weighs outcomes by their `shares` and may only lower probabilities (PlattOptions). Without shares both are the
  /// same.
  enum class Where { chosen, anywhere };
  std::vector<double> scores(const Matrix& points, Where where = Where::chosen) const;
  std::vector<double> probabilities(const Matrix& points, Where where = Where::chosen) const;
  /// The score at one point and its derivative by the features.
  double score_gradient(std::span<const double> point, std::span<double> gradient) const;

  std::span<const double> parameters() const;
  double log_likelihood() const;  ///< Laplace's approximation
  PlattScaling calibration() const;
  std::vector<double> leave_one_out() const;  ///< probabilities of the kept outcomes without themselves (uncalibrated)
  std::span<const char> kept_outcomes() const;  ///< what leave_one_out speaks of

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Laplace's approximate log likelihood and (unless empty) its gradient; for tests and for fitting.
double laplace_log_likelihood(const GaussianProcessModel& model, std::span<const double> parameters,
                              const Matrix& inputs, std::span<const char> passed, std::span<double> gradient);

}  // namespace dovetail
