// Would a surrogate have known? Every trial of a study predicted from all the others.
#pragma once

#include <vector>

#include <dovetail/engine/record/trial.hpp>

namespace dovetail {

/// One trial: log10 of its objective, what the others say it should be, and their central 90 % interval.
struct PredictedTrial {
  std::int64_t id = 0;
  double observed = 0.0, predicted = 0.0, low = 0.0, high = 0.0;
};

struct SurrogateCalibration {
  std::vector<PredictedTrial> trials;
  double coverage = 0.0;   ///< share of the trials inside their interval; 0.9 would be perfect
  double explained = 0.0;  ///< 1 - squared error over squared deviation from the mean, of the predictions
};

/// A Gaussian process (Matern 5/2, one length scale per number of the points, logarithms where all are positive and
/// span a factor of 8) over the completed trials with a positive metric "objective" that were not pruned; at most 300,
/// evenly picked. Leave-one-out by Rasmussen & Williams 2006, eqs. 5.10 to 5.12. Empty below 8 trials.
SurrogateCalibration calibrate_surrogate(const std::vector<Trial>& trials);

}  // namespace dovetail
