// An objective that is a sum, learned summand by summand.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/design/points/coordinates.hpp>
#include <dovetail/surrogates/regression.hpp>

namespace dovetail {

/// One regression per summand, each over the features of the numbers that decide it: of n points it knows n values of
/// each instead of n sums, and a point that joins two good halves is as well predicted as either. Values far worse than
/// the median (more than `reach` times as far as the best is better) are cut there: they say no more than that, and
/// would decide the scale of all others.
class ObjectiveSum {
 public:
  static constexpr double reach = 2.0;

  /// Of a space whose features are not the user's; every part has numbers.
  ObjectiveSum(const Space& space, const PointFeatures& features, std::span<const ObjectivePart> parts,
               const std::string& kernel, const RegressionOptions& options);

  /// All points so far, one row of features each, and their values of each part, weighted, to be made small
  /// (values[part][row]); earlier rows as in the last call. Fits every update up to `small` rows, then when a tenth was
  /// added.
  void update(const Matrix& rows, const std::vector<std::vector<double>>& values);
  bool ready() const;

  /// Of the sum, standardised: mean and variance add up, the summands taken as independent.
  Prediction predict(const Matrix& rows) const;
  /// Of each part alone, on its own scale: small is good.
  std::vector<std::vector<double>> part_means(const Matrix& rows) const;
  double forward(double sum) const { return (sum - centre_) / scale_; }

  void believe(std::span<const double> row);  ///< a pending point turns out as predicted
  void forget();

  /// What the last fits found, and to be where they led: the data of the last `update`.
  std::vector<RegressionMemory> memory() const;
  void recall(const std::vector<RegressionMemory>& memory, const Matrix& rows,
              const std::vector<std::vector<double>>& values);

 private:
  struct Part {
    std::vector<int> columns;  // of the rows
    Regression regression;
    Matrix inputs;  // different points of it
    std::vector<double> outputs;
    double limit = 0.0;
    std::vector<double> cut() const;
  };
  static std::vector<double> own(const Part& part, std::span<const double> row);
  static Matrix own(const Part& part, const Matrix& rows);
  void add(const Matrix& rows, const std::vector<std::vector<double>>& values);
  void standardise(const std::vector<std::vector<double>>& values);
  std::vector<Part> parts_;
  std::size_t seen_ = 0;
  double centre_ = 0.0, scale_ = 1.0;
};

/// Above this value, of values to be made small, only that it is bad counts: the median and `reach` times what the best
/// is below it.
double reach_of_detail(std::span<const double> values, double reach);

}  // namespace dovetail
