// Private to surrogates: kernel matrices and the reverse pass that turns dL/dK into dL/d(parameters) and
// dL/d(inputs).
#pragma once

#include <span>
#include <vector>

#include <dovetail/surrogates/numeric/dense.h>
#include <dovetail/surrogates/process/kernel.hpp>

namespace dovetail::dense {

/// Whether a shape falls with a distance; the others are 1 + an inner product.
inline bool stationary(Shape shape) {
  return shape == Shape::matern52 || shape == Shape::squared_exponential;
}
/// How many numbers a shape makes of one column.
inline int rows_per_column(Shape shape) {
  return shape == Shape::additive ? 8 : 1;
}
/// 1 / l per column of a factor whose first length scale is parameter `first`.
Vector inverse_length_scales(const KernelFactor& factor, std::span<const double> parameters, int first);
/// What distances and inner products are taken of, (columns * rows_per_column) x n: columns over their length scales,
/// or their cosines cos(k pi x) / (k l).
Dense scaled_columns(const KernelFactor& factor, const Vector& inverse_scale, const ConstBlock& inputs);

/// The symmetric kernel matrix of one set of points with what its derivative needs. Buffers are kept between
/// calls.
///
/// With G = dL/dK (symmetric) the derivative by a length scale is the sum over a, b of G_ab K_ab psi_ab
/// d(r^2_ab), psi the logarithmic derivative of the shape by r^2. As (x_aj - x_bj)^2 splits into squares and
/// products, one product of the n x n matrix V = G o K o psi with the n x d inputs gives all length scales at
/// once (and the inputs' derivative).
class KernelMatrix {
 public:
  explicit KernelMatrix(const Kernel& kernel);

  /// Computes the lower triangle of K for points stored as columns of `inputs` (d x n).
  const Dense& forward(std::span<const double> parameters, const ConstBlock& inputs);

  /// Adds to `gradient` the derivative by every kernel parameter, and to `input_gradient` (d x n), unless
  /// null, that by the inputs. `weights` holds G in its lower triangle. Call after forward with the same
  /// inputs.
  void backward(const ConstBlock& inputs, const Dense& weights, std::span<double> gradient, Dense* input_gradient);

 private:
  struct Factor {
    KernelFactor description;
    int parameter = 0;      // of its first group
    Vector inverse_scale;   // 1 / l per column of the factor
    Dense scaled;           // scaled_columns, of stationary factors centred
    Dense distance;         // r^2, or the inner product, lower triangle
    Dense waves, products;  // of an additive factor with one length scale: scaled and distance for l = 1
  };
  struct Term {
    int parameter = 0;
    double variance = 1.0;
    std::vector<Factor> factors;
    Dense value;  // only with several terms
  };
  std::vector<Term> terms_;
  Dense value_, work_;
};

/// k(left_i, right_j), points as columns; n x m.
Dense cross_covariance(const Kernel& kernel, std::span<const double> parameters, const ConstBlock& left,
                       const ConstBlock& right);

/// k(x_i, x_i) for every column.
Vector self_covariance(const Kernel& kernel, std::span<const double> parameters, const ConstBlock& points);

/// d k(x, left_i) / d x, d x n; and d k(x, x) / d x.
Dense cross_gradient(const Kernel& kernel, std::span<const double> parameters, const ConstBlock& left,
                     const Vector& point);
Vector self_gradient(const Kernel& kernel, std::span<const double> parameters, const Vector& point);

}  // namespace dovetail::dense
