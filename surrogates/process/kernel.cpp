// Kernel descriptions, their values and their derivatives.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

#include "kernel_matrix.h"

namespace dovetail {

int KernelFactor::group_count() const {
  return groups.empty() ? 0 : 1 + *std::max_element(groups.begin(), groups.end());
}

int Kernel::parameter_count() const {
  int count = 0;
  for (const KernelTerm& term : terms) {
    ++count;
    for (const KernelFactor& factor : term.factors) count += factor.group_count();
  }
  return count;
}

KernelFactor ard(Shape shape, std::span<const int> columns) {
  KernelFactor factor{shape, {columns.begin(), columns.end()}, {}};
  for (std::size_t i = 0; i < columns.size(); ++i) factor.groups.push_back(static_cast<int>(i));
  return factor;
}

KernelFactor tied(Shape shape, std::span<const int> columns) {
  return {shape, {columns.begin(), columns.end()}, std::vector<int>(columns.size(), 0)};
}

Kernel ard_kernel(Shape shape, int count) {
  std::vector<int> columns(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) columns[static_cast<std::size_t>(i)] = i;
  return {{KernelTerm{{ard(shape, columns)}}}};
}

Matrix covariance(const Kernel& kernel, std::span<const double> parameters, const Matrix& left, const Matrix& right) {
  const dense::Dense value =
      dense::cross_covariance(kernel, parameters, dense::columns_of(left), dense::columns_of(right));
  Matrix result(left.rows, right.rows);
  for (std::size_t i = 0; i < left.rows; ++i)
    for (std::size_t j = 0; j < right.rows; ++j)
      result(i, j) = value(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  return result;
}

namespace dense {
namespace {

const double sqrt5 = std::sqrt(5.0);

// Multiplies `value` by the shape of r^2 (or of the inner product).
template <class Value, class Distance>
void multiply_shape(Shape shape, Value&& value, const Distance& distance) {
  if (shape == Shape::matern52) {
    const auto r = (5.0 * distance).sqrt();
    value *= (1.0 + r + (5.0 / 3.0) * distance) * (-r).exp();
  } else if (shape == Shape::squared_exponential) {
    value *= (-0.5 * distance).exp();
  } else {
    value *= 1.0 + distance;
  }
}

// Multiplies `value` by d log(shape) / d(distance).
template <class Value, class Distance>
void multiply_log_slope(Shape shape, Value&& value, const Distance& distance) {
  if (shape == Shape::matern52) {
    const auto r = 1.0 + (5.0 * distance).sqrt();
    value *= (-5.0 / 6.0) * r / (r + (5.0 / 3.0) * distance);
  } else if (shape == Shape::squared_exponential) {
    value *= -0.5;
  } else {
    value /= 1.0 + distance;
  }
}

// The derivative of scaled_columns by the inputs: -pi sin(k pi x) / l, or 1 / l.
Dense scaled_slopes(const KernelFactor& factor, const Vector& inverse_scale, const ConstBlock& inputs) {
  const int rows = rows_per_column(factor.shape);
  Dense result(inverse_scale.size() * rows, inputs.cols());
  for (Eigen::Index i = 0; i < inputs.cols(); ++i)
    for (Eigen::Index c = 0; c < inverse_scale.size(); ++c) {
      const double angle = std::numbers::pi * inputs(factor.columns[static_cast<std::size_t>(c)], i);
      for (int k = 0; k < rows; ++k)
        result(c * rows + k, i) = factor.shape == Shape::additive
                                      ? -std::numbers::pi * std::sin((k + 1) * angle) * inverse_scale[c]
                                      : inverse_scale[c];
    }
  return result;
}

// One length scale divides all of an additive factor: it goes with 1 / l^2.
bool tied_additive(const KernelFactor& factor) {
  return factor.shape == Shape::additive && factor.group_count() == 1;
}

// Inner products of the columns, lower triangle.
void lower_products(const Dense& columns, Dense& result) {
  const Eigen::Index n = columns.cols();
  each_strip(n, [&](Eigen::Index j, Eigen::Index width) {
    result.block(j, j, n - j, width).noalias() = columns.rightCols(n - j).transpose() * columns.middleCols(j, width);
  });
}

// Calls visit(term parameter index, variance, term) and then, per factor, through the returned offsets.
template <class Visit>
void each_term(const Kernel& kernel, std::span<const double> parameters, Visit&& visit) {
  int next = 0;
  for (const KernelTerm& term : kernel.terms) {
    const double variance = std::exp(parameters[static_cast<std::size_t>(next)]);
    std::vector<int> first;
    ++next;
    for (const KernelFactor& factor : term.factors) {
      first.push_back(next);
      next += factor.group_count();
    }
    visit(term, variance, first);
  }
}

}  // namespace

Vector inverse_length_scales(const KernelFactor& factor, std::span<const double> parameters, int first) {
  Vector result(static_cast<Eigen::Index>(factor.columns.size()));
  for (std::size_t c = 0; c < factor.columns.size(); ++c)
    result[static_cast<Eigen::Index>(c)] = std::exp(-parameters[static_cast<std::size_t>(first + factor.groups[c])]);
  return result;
}

Dense scaled_columns(const KernelFactor& factor, const Vector& inverse_scale, const ConstBlock& inputs) {
  const int rows = rows_per_column(factor.shape);
  Dense result(inverse_scale.size() * rows, inputs.cols());
  if (factor.shape != Shape::additive) {
    for (Eigen::Index c = 0; c < inverse_scale.size(); ++c)
      result.row(c) = inverse_scale[c] * inputs.row(factor.columns[static_cast<std::size_t>(c)]);
    return result;
  }
  for (Eigen::Index i = 0; i < inputs.cols(); ++i)
    for (Eigen::Index c = 0; c < inverse_scale.size(); ++c) {
      // cos(k a) = 2 cos(a) cos((k - 1) a) - cos((k - 2) a)
      const double first = std::cos(std::numbers::pi * inputs(factor.columns[static_cast<std::size_t>(c)], i));
      double before = 1.0, wave = first;
      for (int k = 1; k <= rows; ++k) {
        result(c * rows + k - 1, i) = wave * inverse_scale[c] / k;
        before = std::exchange(wave, 2.0 * first * wave - before);
      }
    }
  return result;
}

KernelMatrix::KernelMatrix(const Kernel& kernel) {
  int next = 0;
  for (const KernelTerm& term : kernel.terms) {
    Term mine;
    mine.parameter = next++;
    for (const KernelFactor& factor : term.factors) {
      if (factor.columns.size() != factor.groups.size())
        throw std::invalid_argument("a kernel factor needs one group per column");
      Factor copy;
      copy.description = factor;
      copy.parameter = next;
      next += factor.group_count();
      mine.factors.push_back(std::move(copy));
    }
    terms_.push_back(std::move(mine));
  }
}

const Dense& KernelMatrix::forward(std::span<const double> parameters, const ConstBlock& inputs) {
  const Eigen::Index n = inputs.cols();
  value_.resize(n, n);
  const bool several = terms_.size() > 1;
  if (several || terms_.empty()) value_.setZero();
  for (Term& term : terms_) {
    term.variance = std::exp(parameters[static_cast<std::size_t>(term.parameter)]);
    Dense& value = several ? term.value : value_;
    value.resize(n, n);
    for (Factor& factor : term.factors) {
      factor.inverse_scale = inverse_length_scales(factor.description, parameters, factor.parameter);
      factor.distance.resize(n, n);
      if (tied_additive(factor.description)) {
        // Among the same inputs only the length scale changes.
        Dense waves = scaled_columns(factor.description, Vector::Ones(factor.inverse_scale.size()), inputs);
        if (waves.cols() != factor.waves.cols() || waves != factor.waves) {
          factor.products.resize(n, n);
          lower_products(waves, factor.products);
          factor.waves = std::move(waves);
        }
        const double share = factor.inverse_scale[0];
        factor.scaled = share * factor.waves;
        for (Eigen::Index j = 0; j < n; ++j)
          factor.distance.col(j).tail(n - j) = share * share * factor.products.col(j).tail(n - j);
        continue;
      }
      factor.scaled = scaled_columns(factor.description, factor.inverse_scale, inputs);
      if (stationary(factor.description.shape)) {
        // Centring costs nothing and loses fewer digits in r^2 = |a|^2 + |b|^2 - 2ab.
        if (n > 0) factor.scaled.colwise() -= factor.scaled.rowwise().mean().eval();
      }
      lower_products(factor.scaled, factor.distance);
    }
    std::vector<Vector> squares;
    for (const Factor& factor : term.factors) squares.push_back(factor.scaled.colwise().squaredNorm().transpose());
    for (Eigen::Index j = 0; j < n; ++j) {
      auto column = value.col(j).tail(n - j).array();
      column.setConstant(term.variance);
      for (std::size_t f = 0; f < term.factors.size(); ++f) {
        Factor& factor = term.factors[f];
        auto distance = factor.distance.col(j).tail(n - j).array();
        if (stationary(factor.description.shape))
          distance = (squares[f].tail(n - j).array() + squares[f][j] - 2.0 * distance).max(0.0);
        multiply_shape(factor.description.shape, column, distance);
      }
      if (several) value_.col(j).tail(n - j) += value.col(j).tail(n - j);
    }
  }
  return value_;
}

void KernelMatrix::backward(const ConstBlock& inputs, const Dense& weights, std::span<double> gradient,
                            Dense* input_gradient) {
  const Eigen::Index n = inputs.cols();
  work_.resize(n, n);
  for (Term& term : terms_) {
    const Dense& value = terms_.size() > 1 ? term.value : value_;
    double total = 0.0;
    for (Eigen::Index j = 0; j < n; ++j) {
      total += weights(j, j) * value(j, j) + 2.0 * weights.col(j).tail(n - j - 1).dot(value.col(j).tail(n - j - 1));
    }
    gradient[static_cast<std::size_t>(term.parameter)] += total;
    for (Factor& factor : term.factors) {
      const bool inner = !stationary(factor.description.shape);
      Vector sums = Vector::Zero(n);  // row sums of the symmetric V
      for (Eigen::Index j = 0; j < n; ++j) {
        auto column = work_.col(j).tail(n - j).array();
        column = weights.col(j).tail(n - j).array() * value.col(j).tail(n - j).array();
        multiply_log_slope(factor.description.shape, column, factor.distance.col(j).tail(n - j).array());
        if (inner) continue;
        sums.tail(n - j) += column.matrix();
        sums[j] += column.tail(n - j - 1).sum();
      }
      if (tied_additive(factor.description) && !input_gradient) {
        double sum = 0.0;
        for (Eigen::Index j = 0; j < n; ++j) {
          const auto product = work_.col(j).tail(n - j).cwiseProduct(factor.distance.col(j).tail(n - j));
          sum += 2.0 * product.sum() - product[0];
        }
        gradient[static_cast<std::size_t>(factor.parameter)] -= 2.0 * sum;
        continue;
      }
      const Dense scaled = factor.scaled.transpose();  // n x rows
      Dense product(n, scaled.cols()), slopes;
      product.noalias() = work_.selfadjointView<Eigen::Lower>() * scaled;
      if (input_gradient) slopes = scaled_slopes(factor.description, factor.inverse_scale, inputs);
      for (Eigen::Index r = 0; r < scaled.cols(); ++r) {
        const auto c = static_cast<std::size_t>(r / rows_per_column(factor.description.shape));
        const double cross = scaled.col(r).dot(product.col(r));
        const double own = inner ? 0.0 : sums.dot(scaled.col(r).cwiseAbs2());
        const auto group = static_cast<std::size_t>(factor.parameter + factor.description.groups[c]);
        gradient[group] += inner ? -2.0 * cross : -4.0 * (own - cross);
        if (!input_gradient) continue;
        auto row = input_gradient->row(factor.description.columns[c]);
        const auto slope = slopes.row(r).transpose();
        if (inner)
          row += 2.0 * slope.cwiseProduct(product.col(r)).transpose();
        else
          row += 4.0 * slope.cwiseProduct(sums.cwiseProduct(scaled.col(r)) - product.col(r)).transpose();
      }
    }
  }
}

Dense cross_covariance(const Kernel& kernel, std::span<const double> parameters, const ConstBlock& left,
                       const ConstBlock& right) {
  Dense result = Dense::Zero(left.cols(), right.cols());
  Dense value, distance;
  each_term(kernel, parameters, [&](const KernelTerm& term, double variance, const std::vector<int>& first) {
    value.setConstant(left.cols(), right.cols(), variance);
    for (std::size_t f = 0; f < term.factors.size(); ++f) {
      const KernelFactor& factor = term.factors[f];
      const Vector inverse_scale = inverse_length_scales(factor, parameters, first[f]);
      Dense a = scaled_columns(factor, inverse_scale, left);
      Dense b = scaled_columns(factor, inverse_scale, right);
      if (stationary(factor.shape) && a.cols() > 0) {
        const Vector centre = a.rowwise().mean();
        a.colwise() -= centre;
        b.colwise() -= centre;
      }
      distance.noalias() = a.transpose() * b;
      const Vector squares = a.colwise().squaredNorm().transpose();
      for (Eigen::Index j = 0; j < right.cols(); ++j) {
        auto column = distance.col(j).array();
        if (stationary(factor.shape)) column = (squares.array() + b.col(j).squaredNorm() - 2.0 * column).max(0.0);
        multiply_shape(factor.shape, value.col(j).array(), column);
      }
    }
    result += value;
  });
  return result;
}

Vector self_covariance(const Kernel& kernel, std::span<const double> parameters, const ConstBlock& points) {
  Vector result = Vector::Zero(points.cols());
  each_term(kernel, parameters, [&](const KernelTerm& term, double variance, const std::vector<int>& first) {
    Vector value = Vector::Constant(points.cols(), variance);
    for (std::size_t f = 0; f < term.factors.size(); ++f) {
      const KernelFactor& factor = term.factors[f];
      if (stationary(factor.shape)) continue;
      const Dense scaled = scaled_columns(factor, inverse_length_scales(factor, parameters, first[f]), points);
      value.array() *= 1.0 + scaled.colwise().squaredNorm().transpose().array();
    }
    result += value;
  });
  return result;
}

Dense cross_gradient(const Kernel& kernel, std::span<const double> parameters, const ConstBlock& left,
                     const Vector& point) {
  Dense result = Dense::Zero(left.rows(), left.cols());
  each_term(kernel, parameters, [&](const KernelTerm& term, double variance, const std::vector<int>& first) {
    const Eigen::Index n = left.cols();
    Eigen::ArrayXd value = Eigen::ArrayXd::Constant(n, variance);
    std::vector<Eigen::ArrayXd> distances;
    std::vector<Dense> differences;  // per factor rows x n: scaled differences, or scaled left points
    std::vector<Dense> slopes;       // of the scaled point
    for (std::size_t f = 0; f < term.factors.size(); ++f) {
      const KernelFactor& factor = term.factors[f];
      const Vector inverse_scale = inverse_length_scales(factor, parameters, first[f]);
      Dense scaled = scaled_columns(factor, inverse_scale, left);
      const Vector own = scaled_columns(factor, inverse_scale, point);
      slopes.push_back(scaled_slopes(factor, inverse_scale, point));
      if (stationary(factor.shape)) {
        scaled = (-scaled).colwise() + own;
        distances.push_back(scaled.colwise().squaredNorm().transpose().array());
      } else {
        distances.push_back((scaled.transpose() * own).array());
      }
      differences.push_back(std::move(scaled));
      multiply_shape(factor.shape, value, distances.back());
    }
    for (std::size_t f = 0; f < term.factors.size(); ++f) {
      const KernelFactor& factor = term.factors[f];
      Eigen::ArrayXd slope = value;
      multiply_log_slope(factor.shape, slope, distances[f]);
      const double twice = stationary(factor.shape) ? 2.0 : 1.0;
      const int rows = rows_per_column(factor.shape);
      for (Eigen::Index i = 0; i < n; ++i)
        for (std::size_t c = 0; c < factor.columns.size(); ++c)
          for (Eigen::Index r = static_cast<Eigen::Index>(c) * rows, k = 0; k < rows; ++k, ++r)
            result(factor.columns[c], i) += twice * slopes[f](r, 0) * slope[i] * differences[f](r, i);
    }
  });
  return result;
}

Vector self_gradient(const Kernel& kernel, std::span<const double> parameters, const Vector& point) {
  Vector result = Vector::Zero(point.size());
  each_term(kernel, parameters, [&](const KernelTerm& term, double variance, const std::vector<int>& first) {
    double value = variance;
    std::vector<Vector> own, slopes;  // of the factors with an inner product, empty for others
    for (std::size_t f = 0; f < term.factors.size(); ++f) {
      const KernelFactor& factor = term.factors[f];
      own.emplace_back(), slopes.emplace_back();
      if (stationary(factor.shape)) continue;
      const Vector inverse_scale = inverse_length_scales(factor, parameters, first[f]);
      own.back() = scaled_columns(factor, inverse_scale, point);
      slopes.back() = scaled_slopes(factor, inverse_scale, point);
      value *= 1.0 + own.back().squaredNorm();
    }
    for (std::size_t f = 0; f < term.factors.size(); ++f) {
      const KernelFactor& factor = term.factors[f];
      for (Eigen::Index r = 0; r < own[f].size(); ++r)
        result[factor.columns[static_cast<std::size_t>(r / rows_per_column(factor.shape))]] +=
            2.0 * value / (1.0 + own[f].squaredNorm()) * own[f][r] * slopes[f][r];
    }
  });
  return result;
}

}  // namespace dense
}  // namespace dovetail
