// A number that is nearly a sum over blocks of a table's entries: the latency of a network by the operator of each
// block.
#pragma once

#include <cstddef>
#include <vector>

namespace dovetail {

/// What was chosen in each block, and what was measured.
struct ChoiceRow {
  std::vector<int> choices;
  double value = 0.0;
};

/// bias + one entry per block and operator.
struct ChoiceTable {
  double bias = 0.0;
  std::vector<std::vector<double>> entries;  ///< [block][operator]
  double operator()(const std::vector<int>& choices) const;
};

/// Least squares; of all tables that fit as well, the one with the least squares of its entries (operators that a block
/// never had get zero). Every row has `blocks` choices below `operators`.
ChoiceTable fit_choice_table(const std::vector<ChoiceRow>& rows, std::size_t blocks, std::size_t operators);

/// A Gaussian process over choices: the table's entries have a normal prior, and what a table leaves unexplained (fused
/// or overlapping operators) varies with the number of blocks that differ. Covariance of two networks: constant +
/// entries x (share of equal choices) + residual x exp(-differing / length), plus noise; the last four by the
/// likelihood of the rows (Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, equation 5.8).
class ChoiceProcess {
 public:
  ChoiceProcess(std::vector<ChoiceRow> rows, std::size_t blocks);
  double operator()(const std::vector<int>& choices) const;

  double residual() const { return residual_; }  ///< variance beside the table's, in units of the table's
  double noise() const { return noise_; }        ///< in the same units

 private:
  double covariance(std::size_t differing) const;
  std::vector<ChoiceRow> rows_;
  std::size_t blocks_;
  double mean_ = 0.0, scale_ = 1.0;
  double residual_ = 0.0, length_ = 1.0, noise_ = 0.0;
  std::vector<double> weights_;
};

}  // namespace dovetail
