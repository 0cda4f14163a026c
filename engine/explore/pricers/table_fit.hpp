// A table of costs fitted to measured networks: bias + one number per block and operator.
#pragma once

#include <string>
#include <vector>

namespace dovetail {

/// What was measured: per network the position of the operator in every block, and a cost.
struct MeasuredNetworks {
  std::vector<int> operators;  ///< of every block, how many there are
  std::vector<std::vector<int>> networks;
  std::vector<double> costs;
};

/// The fit, and what it is worth on networks that it did not see (ten folds, row i in fold i mod 10).
struct TableFit {
  double bias = 0.0;
  std::vector<std::vector<double>> costs;  ///< per block and operator; the least of a block is 0
  double ridge = 0.0;                      ///< chosen by cross-validation
  double r2 = 0.0, rmse = 0.0;             ///< cross-validated
  double least_squares_rmse = 0.0;         ///< cross-validated, of the fit without ridge
  double predict(const std::vector<int>& network) const;
};

/// Ridge regression on centred indicators, the weight chosen from powers of ten by cross-validated error: an additive
/// device is fitted exactly (weights near 0), one that is not is fitted better than by least squares. Needs 20 networks
/// or more.
TableFit fit_table(const MeasuredNetworks& measured);

}  // namespace dovetail
