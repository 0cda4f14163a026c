// What a point promises: the acquisition of the Bayesian designer, on the transformed scales of its beliefs.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <dovetail/engine/design/bayes/belief.hpp>
#include <dovetail/engine/design/bayes/hypervolume_improvement.hpp>

namespace dovetail {

/// One suggestion's acquisition; larger is better. Of one objective log EI, LCB or a sample path, of two or three log
/// EHVI, of more log EI of a Chebyshev scalarisation with random weights (ParEGO, Knowles 2006). Feasibility joins as
/// log P, but a sample path is judged by sampled constraints (Eriksson & Poloczek, AISTATS 2021): among points whose
/// sampled excesses all hold the least sampled objective, otherwise the least sum of violations.
class Promise {
 public:
  /// `belief` must have objectives, and at least one observation be feasible; `sampled`: by sample paths (one
  /// objective).
  Promise(const Belief& belief, const BayesOptions& options, std::span<const Observation> observations, bool sampled,
          Random& random);

  /// At rows of features with the cheap guesses there (`priors`, may be empty); `log_threshold` as in
  /// weigh_by_feasibility; `log_success`, unless empty, stands for what the classifier says.
  std::vector<double> scores(const Matrix& rows, const Guesses& priors, double log_threshold,
                             std::span<const double> log_success = {}) const;

  /// Of the first objective, or of the scalarisation: the least feasible value known.
  double incumbent() const { return incumbent_; }

 private:
  double chebyshev(const std::vector<double>& value) const;
  double expected(const Outlook& outlook, std::size_t row) const;
  std::vector<double> sampled(const Matrix& rows, const Guesses& priors) const;

  const Belief& belief_;
  const BayesOptions& options_;
  double incumbent_;
  std::vector<Objectives> front_;  // of two objectives
  std::optional<Slabs> slabs_;     // of three
  std::vector<double> reference_;
  std::vector<double> weights_;  // of more
  std::optional<PathSample> path_;
  std::vector<PathSample> excess_paths_;
};

}  // namespace dovetail
