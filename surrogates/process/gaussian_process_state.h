// Private to surrogates: what a Gaussian process remembers, shared by prediction and by sample paths.
#pragma once

#include <dovetail/surrogates/numeric/dense.h>
#include <dovetail/surrogates/process/gaussian_process.hpp>

namespace dovetail {

namespace dense {

/// Kumaraswamy's map of the warped columns (in place); `slope` (unless null) receives d w / d x, both d x n.
void warp(const GaussianProcessModel& model, std::span<const double> parameters, Dense& points, Dense* slope);

}  // namespace dense

struct GaussianProcess::State {
  GaussianProcessModel model;
  std::vector<double> parameters;
  dense::Dense inputs;    // warped, d x capacity
  dense::Dense factor;    // L^-1, capacity x capacity, used part size x size
  dense::Vector centred;  // outputs - mean
  dense::Vector alpha;    // K^-1 (outputs - mean)
  dense::Vector white;    // L^-1 (outputs - mean)
  Eigen::Index size = 0;
  double mean = 0.0, noise = 0.0, jitter = 0.0, log_determinant = 0.0;
  std::vector<double> diagonal_logs;  // log L_ii

  auto used_inputs() const { return inputs.leftCols(size); }
  auto used_factor() const { return factor.topLeftCorner(size, size); }
  void reserve(Eigen::Index capacity);
  void refresh_alpha();
};

}  // namespace dovetail
