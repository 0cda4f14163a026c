// Fits tables of choices by least squares and by a Gaussian process.
#include <dovetail/surrogates/choice_table.hpp>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

namespace dovetail {
namespace {

std::size_t differing(const std::vector<int>& a, const std::vector<int>& b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) count += a[i] == b[i] ? 0 : 1;
  return count;
}

}  // namespace

double ChoiceTable::operator()(const std::vector<int>& choices) const {
  double sum = bias;
  for (std::size_t b = 0; b < choices.size(); ++b) sum += entries[b][static_cast<std::size_t>(choices[b])];
  return sum;
}

ChoiceTable fit_choice_table(const std::vector<ChoiceRow>& rows, std::size_t blocks, std::size_t operators) {
  const auto n = static_cast<Eigen::Index>(rows.size()), p = static_cast<Eigen::Index>(1 + blocks * operators);
  Eigen::MatrixXd design = Eigen::MatrixXd::Zero(n, p);
  Eigen::VectorXd values(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const ChoiceRow& row = rows[static_cast<std::size_t>(i)];
    design(i, 0) = 1.0;
    for (std::size_t b = 0; b < blocks; ++b)
      design(i, static_cast<Eigen::Index>(1 + b * operators) + row.choices[b]) = 1.0;
    values(i) = row.value;
  }
  const Eigen::VectorXd solution = design.completeOrthogonalDecomposition().solve(values);
  ChoiceTable table{solution(0), std::vector<std::vector<double>>(blocks, std::vector<double>(operators))};
  for (std::size_t b = 0; b < blocks; ++b)
    for (std::size_t o = 0; o < operators; ++o)
      table.entries[b][o] = solution(static_cast<Eigen::Index>(1 + b * operators + o));
  return table;
}

double ChoiceProcess::covariance(std::size_t count) const {
  const auto differ = static_cast<double>(count), all = static_cast<double>(blocks_);
  return 10.0 + (all - differ) / all + residual_ * std::exp(-differ / length_);
}

ChoiceProcess::ChoiceProcess(std::vector<ChoiceRow> rows, std::size_t blocks)
    : rows_(std::move(rows)),
      blocks_(blocks) {
  const std::size_t n = rows_.size();
  for (const ChoiceRow& row : rows_) mean_ += row.value / static_cast<double>(n);
  double variance = 0.0;
  for (const ChoiceRow& row : rows_) variance += (row.value - mean_) * (row.value - mean_) / static_cast<double>(n);
  scale_ = variance > 0.0 ? std::sqrt(variance) : 1.0;
  const auto size = static_cast<Eigen::Index>(n);
  Eigen::VectorXd values(size);
  Eigen::Matrix<int, Eigen::Dynamic, Eigen::Dynamic> counts(size, size);
  for (Eigen::Index i = 0; i < size; ++i) {
    values(i) = (rows_[static_cast<std::size_t>(i)].value - mean_) / scale_;
    for (Eigen::Index j = 0; j < size; ++j)
      counts(i, j) = static_cast<int>(
          differing(rows_[static_cast<std::size_t>(i)].choices, rows_[static_cast<std::size_t>(j)].choices));
  }
  const auto fit = [&](Eigen::VectorXd* weights) {
    std::vector<double> by_count(blocks_ + 1);
    for (std::size_t d = 0; d <= blocks_; ++d) by_count[d] = covariance(d);
    Eigen::MatrixXd matrix =
        counts.unaryExpr([&](int d) { return by_count[static_cast<std::size_t>(d)]; }).cast<double>();
    matrix.diagonal().array() += noise_ + 1e-10;
    const Eigen::LLT<Eigen::MatrixXd> factor(matrix);
    if (factor.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
    const Eigen::VectorXd solved = factor.solve(values);
    const double quadratic = values.dot(solved) / static_cast<double>(n);
    if (!(quadratic > 0.0)) return std::numeric_limits<double>::infinity();
    if (weights != nullptr) *weights = solved;
    // The scale of all variances at its best: half n log of the quadratic form, plus half the log determinant.
    return 0.5 * static_cast<double>(n) * std::log(quadratic) +
           factor.matrixL().nestedExpression().diagonal().array().log().sum();
  };
  // One after the other along its values, until none improves.
  const std::vector<double> residuals{0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0}, lengths{1.0, 2.0, 4.0, 8.0, 16.0},
      noises{0.0, 1e-6, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3};
  residual_ = 0.03, length_ = 4.0, noise_ = 1e-3;
  double best = fit(nullptr);
  for (bool better = true; better;) {
    better = false;
    const auto improve = [&](double& parameter, const std::vector<double>& candidates) {
      for (double candidate : candidates) {
        const double kept = parameter;
        if (candidate == kept) continue;
        parameter = candidate;
        const double value = fit(nullptr);
        if (value < best - 1e-9) {
          best = value, better = true;
        } else {
          parameter = kept;
        }
      }
    };
    improve(noise_, noises);
    improve(residual_, residuals);
    improve(length_, lengths);
  }
  Eigen::VectorXd weights = Eigen::VectorXd::Zero(size);
  fit(&weights);
  weights_.assign(weights.data(), weights.data() + size);
}

double ChoiceProcess::operator()(const std::vector<int>& choices) const {
  double sum = 0.0;
  for (std::size_t i = 0; i < rows_.size(); ++i) sum += covariance(differing(choices, rows_[i].choices)) * weights_[i];
  return mean_ + scale_ * sum;
}

}  // namespace dovetail
