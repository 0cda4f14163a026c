// Recursive Cholesky with inverse: blocks small enough for the cache, everything else matrix products.
#include "dense.h"

namespace dovetail::dense {
namespace {

constexpr Eigen::Index leaf = 32;  // below this size the textbook algorithm is faster

// Eigen cuts products by the caches of the machine that it runs on, and the order of its sums follows the pieces. With
// fixed sizes (48 KB, 1 MB, 32 MB) a program gives the same numbers on machines with other caches.
[[maybe_unused]] const bool cut_alike = (Eigen::setCpuCacheSizes(48 << 10, 1 << 20, 32 << 20), true);

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
  const Eigen::Index h = (n / 2 + 7) / 8 * 8, m = n - h;
  if (!cholesky_with_inverse(matrix.topLeftCorner(h, h), inverse.topLeftCorner(h, h))) return false;
  Dense product(m, h);
  const auto inv11 = inverse.topLeftCorner(h, h);
  auto a21 = matrix.bottomLeftCorner(m, h);
  each_strip(h, [&](Eigen::Index j, Eigen::Index width) {
    product.middleCols(j, width).noalias() = a21.leftCols(j + width) * inv11.block(j, 0, width, j + width).transpose();
  });
  a21 = product;
  auto a22 = matrix.bottomRightCorner(m, m);
  each_strip(m, [&](Eigen::Index j, Eigen::Index width) {
    a22.block(j, j, m - j, width).noalias() -= a21.bottomRows(m - j) * product.middleRows(j, width).transpose();
  });
  if (!cholesky_with_inverse(a22, inverse.bottomRightCorner(m, m))) return false;
  const auto inv22 = inverse.bottomRightCorner(m, m);
  each_strip(h, [&](Eigen::Index j, Eigen::Index width) {
    product.middleCols(j, width).noalias() = a21.rightCols(h - j) * inv11.block(j, j, h - j, width);
  });
  inverse.topRightCorner(h, m).setZero();
  auto inv21 = inverse.bottomLeftCorner(m, h);
  each_strip(m, [&](Eigen::Index i, Eigen::Index height) {
    inv21.middleRows(i, height).noalias() = -inv22.block(i, 0, height, i + height) * product.topRows(i + height);
  });
  return true;
}

void inverse_from_factor(const ConstBlock& inverse_factor, Block result) {
  const Eigen::Index n = inverse_factor.rows();
  each_strip(n, [&](Eigen::Index i, Eigen::Index height) {
    result.block(i, 0, height, i + height).noalias() =
        inverse_factor.block(i, i, n - i, height).transpose() * inverse_factor.block(i, 0, n - i, i + height);
  });
}

void multiply_lower(const ConstBlock& lower, const ConstBlock& right, Block result) {
  each_strip(lower.rows(), [&](Eigen::Index i, Eigen::Index height) {
    result.middleRows(i, height).noalias() = lower.block(i, 0, height, i + height) * right.topRows(i + height);
  });
}

}  // namespace dovetail::dense
