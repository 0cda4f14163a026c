// Whether predicted probabilities are frequencies: scores, reliability and Platt scaling.
#pragma once

#include <span>
#include <vector>

namespace dovetail {

/// Mean squared difference of probability and outcome (Brier 1950); a constant guess at the base rate p
/// scores p (1 - p).
double brier_score(std::span<const double> probability, std::span<const char> outcome);
double base_rate_brier(std::span<const char> outcome);

/// Mean of -log p(outcome); probabilities are kept 1e-12 away from 0 and 1.
double log_loss(std::span<const double> probability, std::span<const char> outcome);

/// One bin of a reliability diagram.
struct ReliabilityBin {
  double low = 0.0, high = 0.0;
  int count = 0;
  double predicted = 0.0, observed = 0.0;  ///< means over the bin
};
std::vector<ReliabilityBin> reliability(std::span<const double> probability, std::span<const char> outcome,
                                        int bins = 10);

/// p = Phi(slope * score + offset): Platt's scaling (1999) with a probit link.
struct PlattScaling {
  double slope = 1.0, offset = 0.0;
};

/// How scores are recalibrated. `weights` (one per score, or none) say how often each counts; their sum should be the
/// number of outcomes that they are worth. `only_lower` keeps the offset at or below 0: of outcomes that were chosen
/// because they were expected to pass, failures say that scores are too high, but passes not that they are too low.
struct PlattOptions {
  double slope_strength = 4.0, offset_strength = 4.0;
  std::span<const double> weights = {};
  bool only_lower = false;
};

/// Fits by Newton steps on the log loss plus (slope_strength (slope - 1)^2 + offset_strength offset^2) / 2, which pulls
/// to the identity while there is little data.
PlattScaling fit_platt(std::span<const double> score, std::span<const char> outcome, const PlattOptions& options = {});

}  // namespace dovetail
