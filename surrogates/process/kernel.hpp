// Covariance functions: sums of products of stationary or linear factors, each over its own columns of the
// features.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <dovetail/surrogates/numeric/matrix.hpp>

namespace dovetail {

/// How a factor falls with the scaled squared distance r^2 = sum_j (x_j - x'_j)^2 / l_j^2 (Rasmussen &
/// Williams 2006, eqs. 4.9 and 4.17), or the linear kernel 1 + sum_j x_j x'_j / l_j^2 (their eq. 4.28; on
/// features as in Shi et al., "Learned Hardware/Software Co-Design of Neural Accelerators", 2020), or the
/// additive kernel 1 + sum_j sum_{k=1..8} cos(k pi x_j) cos(k pi x'_j) / (k l_j)^2 of inputs in [0, 1]: a main
/// effect of each input, as in additive Gaussian processes (Duvenaud et al., NeurIPS 2011), each a smoothing
/// spline of first order (Wahba, Spline Models for Observational Data, 1990, chapter 10) cut after eight half
/// waves, so that n points cost one product of n x 8d numbers.
///
/// Choices without an order become stationary factors through their features (features.hpp): a scaled one-hot
/// code makes r^2 the weighted Hamming distance (overlap kernel), signs of all pairs make it the Kendall
/// distance of permutations (the squared exponential is then the Mallows kernel), positions make it the
/// Spearman distance.
enum class Shape : std::uint8_t { matern52, squared_exponential, linear, additive };

/// One factor over some feature columns. Columns with the same group share a length scale; groups count from
/// 0.
struct KernelFactor {
  Shape shape = Shape::matern52;
  std::vector<int> columns;
  std::vector<int> groups;
  int group_count() const;
};

/// variance * product of the factors; without factors a constant.
struct KernelTerm {
  std::vector<KernelFactor> factors;
};

/// A sum of terms. Its parameters are natural logarithms in this order: for every term its variance, then for
/// every factor of the term the length scale of each group.
struct Kernel {
  std::vector<KernelTerm> terms;
  int parameter_count() const;
};

/// A factor with one length scale per column (automatic relevance determination).
KernelFactor ard(Shape shape, std::span<const int> columns);
/// A factor with one length scale for all columns.
KernelFactor tied(Shape shape, std::span<const int> columns);
/// The kernel variance * factor over columns 0 .. count-1 with one length scale each.
Kernel ard_kernel(Shape shape, int count);

/// k(a_i, b_j) for all rows of `left` and `right`.
Matrix covariance(const Kernel& kernel, std::span<const double> parameters, const Matrix& left, const Matrix& right);

}  // namespace dovetail
