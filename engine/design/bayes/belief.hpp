// What the Bayesian designer believes about objectives, specs and failures, learned from observations.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dovetail/engine/design/bayes/bayes_options.hpp>
#include <dovetail/engine/design/bayes/cell_volumes.hpp>
#include <dovetail/engine/design/bayes/objective_sum.hpp>
#include <dovetail/engine/design/points/coordinates.hpp>
#include <dovetail/engine/design/trees/boosted_trees.hpp>
#include <dovetail/surrogates/classifier.hpp>
#include <dovetail/surrogates/process/path_sample.hpp>
#include <dovetail/surrogates/regression.hpp>

namespace dovetail {

/// A completed trial as numbers. Objectives are to be made small; a spec holds when its excess is <= 0.
struct Observation {
  Point point;
  std::vector<double> features;
  bool failed = false;
  std::vector<double> objectives, excess;  ///< empty when failed
  std::vector<double> priors;              ///< cheap guesses of the first objectives
  std::vector<double> parts;               ///< of the objective, weighted, where it is learned as a sum
  bool feasible() const;
  double worst_excess() const;
};

/// Of each guessed objective, the cheap guesses at some points.
using Guesses = std::vector<std::vector<double>>;

/// Predictions at several points, on the transformed scales of the regressions.
struct Outlook {
  std::vector<Prediction> objectives;  ///< per objective; none before the first completed trial
  std::vector<double> log_feasible;    ///< log P(all specs hold and the evaluation succeeds)
  std::vector<double> log_success;     ///< log P(the evaluation succeeds), the classifier's part of it
};

/// The same at one point with derivatives by the features.
struct OutlookGradient {
  std::vector<PredictionGradient> objectives;
  double log_feasible = 0.0, log_success = 0.0;
  std::vector<double> feasible_gradient;
};

/// One regression per objective and per spec bound (bilog), one classifier for failures.
class Belief {
 public:
  Belief(const PointFeatures& features, const BayesOptions& options, int objectives, int specs, bool with_prior);

  /// The only objective is learned as the sum of the parts that every completed observation then has. Call before
  /// `update`.
  void split(std::unique_ptr<ObjectiveSum> sum) { sum_ = std::move(sum); }

  /// Learns all observations so far (the earlier ones unchanged); fits in parallel.
  void update(const std::vector<Observation>& observations, int threads);

  /// What the last fits found, as a text, and the beliefs that they and the observations of the last `update` give
  /// back.
  std::string memory() const;
  void recall(const std::string& memory, const std::vector<Observation>& observations, int threads);

  /// Learns a finished related study; the regressions lean on it as far as their own outcomes agree. Call before
  /// `update`.
  void relate(const std::vector<Observation>& study, int threads);

  /// `priors[i]`: the cheap guesses of objective i at the points.
  Outlook predict(const Matrix& points, const Guesses& priors) const;
  OutlookGradient predict_gradient(std::span<const double> point) const;
  /// Of each part of the objective, its mean at the points, to be made small, on any scale.
  std::vector<std::vector<double>> part_means(const Matrix& points) const { return sum_->part_means(points); }
  /// Sum over the specs of E[max(0, excess)] on the transformed scale, minus log P(the evaluation succeeds).
  std::vector<double> expected_violation(const Matrix& points) const;

  /// log P(the evaluation succeeds), the classifier's; 0 without one.
  std::vector<double> log_success(const Matrix& points) const;

  /// P(the evaluation succeeds) at points drawn from the space, calibrated for such points; 1 without a classifier.
  /// (`log_success` speaks of points that the study itself would choose.)
  std::vector<double> success_anywhere(const Matrix& points) const;

  /// Whether an outcome is so far above the others that it only says where not to look (`detail_limit`): it is learned
  /// like a failure. Of several objectives each is cut there instead: `seen` is what is learned of a value.
  bool far(const Observation& observation) const;
  double seen(std::size_t objective, double value) const { return std::min(value, limits_[objective]); }

  void believe(std::span<const double> point);  ///< a pending point turns out as predicted
  void forget();

  bool has_objectives() const { return sum_ ? sum_->ready() : !objectives_.empty() && objectives_.front().ready(); }
  bool has_specs() const { return !specs_.empty() && specs_.front().ready(); }
  bool has_classifier() const { return classifier_ != nullptr || trees_ != nullptr; }
  /// A value on the scale of the predictions.
  double forward(std::size_t objective, double value) const {
    return sum_ ? sum_->forward(value) : objectives_[objective].forward(value);
  }
  /// Where the objective is not learned as a sum.
  const Regression& objective(int index) const { return objectives_[static_cast<std::size_t>(index)]; }
  std::size_t objective_count() const { return objectives_.size(); }
  const std::vector<Regression>& specs() const { return specs_; }
  const FeasibilityClassifier* classifier() const { return classifier_.get(); }
  bool has_gradient() const { return trees_ == nullptr && sum_ == nullptr; }

 private:
  struct Data;
  void find_limits(const std::vector<Observation>& observations);
  Data gather(const std::vector<Observation>& observations) const;
  void classify(const Data& data, bool fit, std::vector<double> first_start);
  GaussianProcessModel model(bool warp) const;
  const PointFeatures& features_;
  BayesOptions options_;
  std::vector<Regression> objectives_, specs_;
  std::unique_ptr<ObjectiveSum> sum_;  // in place of the first of the objectives
  std::vector<double> limits_;         // of the objectives' detail
  std::vector<char> far_;              // which of the observations were, at the last update
  std::vector<std::unique_ptr<Belief>> relatives_;
  bool with_prior_ = false;
  std::unique_ptr<FeasibilityClassifier> classifier_;
  std::unique_ptr<BoostedTrees> trees_;
  CellVolumes volumes_;
  std::size_t classified_ = 0, classifier_fitted_ = 0;
};

}  // namespace dovetail
