// Ridge regression by the eigenvectors of the normal matrix.
#include <dovetail/engine/explore/pricers/table_fit.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <Eigen/Dense>

namespace dovetail {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr int folds = 10;
constexpr double ridges[] = {1e-10, 1e-2, 1e-1, 0.3,  1.0,
                             3.0,   10.0, 30.0, 100.0};  // the first stands for least squares

// Indicators of the networks `rows`.
Matrix indicators(const MeasuredNetworks& measured, const std::vector<std::size_t>& rows) {
  Eigen::Index columns = 0;
  for (const int count : measured.operators) columns += count;
  Matrix x = Matrix::Zero(static_cast<Eigen::Index>(rows.size()), columns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Eigen::Index first = 0;
    for (std::size_t b = 0; b < measured.operators.size(); ++b) {
      x(static_cast<Eigen::Index>(i), first + measured.networks[rows[i]][b]) = 1.0;
      first += measured.operators[b];
    }
  }
  return x;
}

// Coefficients for every ridge, centred: y = mean + (x - means) beta.
struct Path {
  Vector means;
  double mean = 0.0;
  std::vector<Vector> betas;
};

Path solve(const MeasuredNetworks& measured, const std::vector<std::size_t>& rows) {
  Matrix x = indicators(measured, rows);
  Vector y(static_cast<Eigen::Index>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) y[static_cast<Eigen::Index>(i)] = measured.costs[rows[i]];
  Path path;
  path.means = x.colwise().mean().transpose();
  path.mean = y.mean();
  x.rowwise() -= path.means.transpose();
  y.array() -= path.mean;
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(x.transpose() * x);
  const Vector projected = eigen.eigenvectors().transpose() * (x.transpose() * y);
  const double floor =
      1e-10 * std::max(1.0, eigen.eigenvalues().maxCoeff());  // directions that nothing was measured in
  for (const double ridge : ridges) {
    Vector scaled = projected;
    for (Eigen::Index i = 0; i < scaled.size(); ++i)
      scaled[i] = eigen.eigenvalues()[i] < floor ? 0.0 : scaled[i] / (eigen.eigenvalues()[i] + ridge);
    path.betas.push_back(eigen.eigenvectors() * scaled);
  }
  return path;
}

}  // namespace

double TableFit::predict(const std::vector<int>& network) const {
  double sum = bias;
  for (std::size_t b = 0; b < costs.size(); ++b) sum += costs[b][static_cast<std::size_t>(network[b])];
  return sum;
}

TableFit fit_table(const MeasuredNetworks& measured) {
  const std::size_t count = measured.networks.size();
  if (count < 2 * folds) throw std::invalid_argument("a fit needs at least 20 measured networks");
  constexpr std::size_t choices = std::size(ridges);
  std::vector<double> squares(choices, 0.0);
  for (int fold = 0; fold < folds; ++fold) {
    std::vector<std::size_t> train, test;
    for (std::size_t i = 0; i < count; ++i) (static_cast<int>(i % folds) == fold ? test : train).push_back(i);
    const Path path = solve(measured, train);
    const Matrix x = indicators(measured, test).rowwise() - path.means.transpose();
    for (std::size_t r = 0; r < choices; ++r) {
      const Vector predicted = x * path.betas[r];
      for (std::size_t i = 0; i < test.size(); ++i) {
        const double error = predicted[static_cast<Eigen::Index>(i)] + path.mean - measured.costs[test[i]];
        squares[r] += error * error;
      }
    }
  }
  const std::size_t best = static_cast<std::size_t>(std::min_element(squares.begin(), squares.end()) - squares.begin());
  std::vector<std::size_t> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = i;
  const Path path = solve(measured, all);
  TableFit fit;
  fit.ridge = ridges[best];
  fit.rmse = std::sqrt(squares[best] / static_cast<double>(count));
  fit.least_squares_rmse = std::sqrt(squares[0] / static_cast<double>(count));
  double spread = 0.0;
  for (const double cost : measured.costs) spread += (cost - path.mean) * (cost - path.mean);
  fit.r2 = spread > 0.0 ? 1.0 - squares[best] / spread : 1.0;
  fit.bias = path.mean - path.means.dot(path.betas[best]);
  Eigen::Index first = 0;
  for (const int operators : measured.operators) {
    std::vector<double> block(static_cast<std::size_t>(operators));
    for (int o = 0; o < operators; ++o) block[static_cast<std::size_t>(o)] = path.betas[best][first + o];
    const double least = *std::min_element(block.begin(), block.end());
    for (double& cost : block) cost -= least;
    fit.bias += least;
    fit.costs.push_back(std::move(block));
    first += operators;
  }
  return fit;
}

}  // namespace dovetail
