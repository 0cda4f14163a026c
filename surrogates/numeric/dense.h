// Private to surrogates: Eigen views of our matrices and a Cholesky factorization that returns the inverse
// factor too.
#pragma once

#include <algorithm>

#include <Eigen/Dense>

#include <dovetail/surrogates/numeric/matrix.hpp>

namespace dovetail::dense {

using Dense = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Block = Eigen::Ref<Dense>;
using ConstBlock = Eigen::Ref<const Dense>;

/// Row-major points seen as one column-major column per point.
inline Eigen::Map<const Dense> columns_of(const Matrix& points) {
  return {points.values.data(), static_cast<Eigen::Index>(points.columns), static_cast<Eigen::Index>(points.rows)};
}

inline Eigen::Map<const Vector> vector_of(std::span<const double> numbers) {
  return {numbers.data(), static_cast<Eigen::Index>(numbers.size())};
}

/// Calls visit(first, width) for the strips of a product with a triangle that cover 0 to n: narrow for small waste on
/// the diagonal, wide enough for full speed.
template <class Visit>
void each_strip(Eigen::Index n, Visit&& visit) {
  constexpr Eigen::Index strip = 64;
  for (Eigen::Index first = 0; first < n; first += strip) visit(first, std::min(strip, n - first));
}

/// Replaces the lower triangle of `matrix` by its Cholesky factor L and writes L^-1 to `inverse` (whole,
/// zeros above the diagonal). Recursive, so that nearly all work is matrix products. False when the matrix is
/// not positive definite.
bool cholesky_with_inverse(Block matrix, Block inverse);

/// Lower triangle of A^-1 = L^-T L^-1 from L^-1.
void inverse_from_factor(const ConstBlock& inverse_factor, Block result);

/// L^-1 * right for lower-triangular L^-1, about half the work of a dense product.
void multiply_lower(const ConstBlock& lower, const ConstBlock& right, Block result);

}  // namespace dovetail::dense
