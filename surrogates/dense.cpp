// Recursive Cholesky with inverse: blocks small enough for the cache, everything else matrix products.
#include "dense.h"

#include <algorithm>

namespace dovetail::dense {
namespace {

constexpr Eigen::Index leaf = 32;  // below this size the textbook algorithm is faster
constexpr Eigen::Index product_tile =
    96;  // tile of inverse_from_factor: small waste on the diagonal, full-speed products

}  // namespace

bool cholesky_with_inverse(Block matrix, Block inverse) {
  const Eigen::Index n = matrix.rows();
  if (n <= leaf) {
    Eigen::LLT<Block, Eigen::Lower> factor(matrix);
    if (factor.info() != Eigen::Success || !(matrix.diagonal().minCoeff() > 0.0)) return false;
    inverse.setIdentity();
    matrix.triangularView<Eigen::Lower>().solveInPlace(inverse);
    return true;
  }
  // [A11 .; A21 A22]: L11, L21 = A21 L11^-T, L22 from A22 - L21 L21^T; inverse block (2,1) = -L22^-1 L21
  // L11^-1.
  const Eigen::Index h = (n / 2 + 7) / 8 * 8, m = n - h, hh = h / 2, mh = m / 2;
  if (!cholesky_with_inverse(matrix.topLeftCorner(h, h), inverse.topLeftCorner(h, h))) return false;
  Dense product(m, h);
  const auto inv11 = inverse.topLeftCorner(h, h);
  auto a21 = matrix.bottomLeftCorner(m, h);
  product.leftCols(hh).noalias() = a21.leftCols(hh) * inv11.topLeftCorner(hh, hh).transpose();
  product.rightCols(h - hh).noalias() = a21 * inv11.bottomRows(h - hh).transpose();
  a21 = product;
  auto a22 = matrix.bottomRightCorner(m, m);
  a22.topLeftCorner(mh, mh).noalias() -= product.topRows(mh) * product.topRows(mh).transpose();
  a22.bottomRows(m - mh).noalias() -= product.bottomRows(m - mh) * product.transpose();
  if (!cholesky_with_inverse(a22, inverse.bottomRightCorner(m, m))) return false;
  const auto inv22 = inverse.bottomRightCorner(m, m);
  product.leftCols(hh).noalias() = a21 * inv11.leftCols(hh);
  product.rightCols(h - hh).noalias() = a21.rightCols(h - hh) * inv11.bottomRightCorner(h - hh, h - hh);
  inverse.topRightCorner(h, m).setZero();
  auto inv21 = inverse.bottomLeftCorner(m, h);
  inv21.topRows(mh).noalias() = -(inv22.topLeftCorner(mh, mh) * product.topRows(mh));
  inv21.bottomRows(m - mh).noalias() = -(inv22.bottomRows(m - mh) * product);
  return true;
}

void inverse_from_factor(const ConstBlock& inverse_factor, Block result) {
  const Eigen::Index n = inverse_factor.rows();
  for (Eigen::Index j = 0; j < n; j += product_tile) {
    const Eigen::Index width = std::min(product_tile, n - j);
    for (Eigen::Index i = j; i < n; i += product_tile) {
      const Eigen::Index height = std::min(product_tile, n - i);
      result.block(i, j, height, width).noalias() =
          inverse_factor.block(i, i, n - i, height).transpose() * inverse_factor.block(i, j, n - i, width);
    }
  }
}

void multiply_lower(const ConstBlock& lower, const ConstBlock& right, Block result) {
  const Eigen::Index n = lower.rows();
  for (Eigen::Index i = 0; i < n; i += product_tile) {
    const Eigen::Index height = std::min(product_tile, n - i);
    result.middleRows(i, height).noalias() =
        lower.block(i, 0, height, i + height) * right.topRows(i + height);
  }
}

}  // namespace dovetail::dense
