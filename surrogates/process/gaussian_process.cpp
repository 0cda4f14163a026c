// The posterior: factorization, rank-one growth, prediction and leave-one-out.
#include <dovetail/surrogates/process/gaussian_process.hpp>

#include <cmath>
#include <numbers>
#include <stdexcept>

#include "gaussian_process_state.h"
#include "kernel_matrix.h"

namespace dovetail {

using dense::Dense;
using dense::Vector;

namespace {

constexpr double largest_jitter = 1e-2;  // relative to the mean of the diagonal
constexpr Eigen::Index chunk = 512;      // points predicted at once

}  // namespace

void GaussianProcess::State::reserve(Eigen::Index capacity) {
  if (capacity <= factor.rows()) return;
  Dense grown_inputs(inputs.rows(), capacity);
  grown_inputs.leftCols(size) = used_inputs();
  inputs.swap(grown_inputs);
  Dense grown = Dense::Zero(capacity, capacity);
  grown.topLeftCorner(size, size) = used_factor();
  factor.swap(grown);
}

void GaussianProcess::State::refresh_alpha() {
  white = used_factor().triangularView<Eigen::Lower>() * centred;
  alpha = used_factor().transpose().triangularView<Eigen::Upper>() * white;
}

GaussianProcess::GaussianProcess(GaussianProcessModel model, std::vector<double> parameters, const Matrix& inputs,
                                 std::span<const double> outputs)
    : state_(std::make_unique<State>()) {
  if (inputs.rows != outputs.size()) throw std::invalid_argument("a Gaussian process needs one output per input");
  if (static_cast<int>(parameters.size()) != model.parameter_count())
    throw std::invalid_argument("a Gaussian process got the wrong number of parameters");
  State& s = *state_;
  s.model = std::move(model);
  s.parameters = std::move(parameters);
  s.size = static_cast<Eigen::Index>(inputs.rows);
  s.inputs = dense::columns_of(inputs);
  dense::warp(s.model, s.parameters, s.inputs, nullptr);
  s.noise = std::exp(s.parameters[static_cast<std::size_t>(s.model.noise_parameter())]);
  dense::KernelMatrix kernel(s.model.kernel);
  const Dense& covariance = kernel.forward(s.parameters, s.inputs);
  const double scale = s.size > 0 ? covariance.diagonal().mean() : 1.0;
  s.factor = Dense::Zero(s.size, s.size);
  Dense lower;
  for (double relative = 0.0;; relative = relative == 0.0 ? 1e-10 : relative * 10.0) {
    if (!(relative <= largest_jitter)) throw std::runtime_error("a kernel matrix is not positive definite");
    s.jitter = relative * scale;
    lower = covariance;
    lower.diagonal().array() += s.noise + s.jitter;
    if (s.size == 0 || dense::cholesky_with_inverse(lower, s.factor)) break;
  }
  s.diagonal_logs.resize(outputs.size());
  for (Eigen::Index i = 0; i < s.size; ++i) s.diagonal_logs[static_cast<std::size_t>(i)] = std::log(lower(i, i));
  // The constant mean of largest likelihood: 1' K^-1 y / 1' K^-1 1.
  const auto y = dense::vector_of(outputs);
  if (s.size > 0) {
    const Vector ones = s.factor.triangularView<Eigen::Lower>() * Vector::Ones(s.size);
    const Vector white = s.factor.triangularView<Eigen::Lower>() * y;
    s.mean = ones.dot(white) / ones.squaredNorm();
  }
  s.centred = y.array() - s.mean;
  s.refresh_alpha();
}

GaussianProcess::GaussianProcess(const GaussianProcess& other) : state_(std::make_unique<State>(*other.state_)) {}
GaussianProcess::GaussianProcess(GaussianProcess&&) noexcept = default;
GaussianProcess& GaussianProcess::operator=(const GaussianProcess& other) {
  if (this != &other) state_ = std::make_unique<State>(*other.state_);
  return *this;
}
GaussianProcess& GaussianProcess::operator=(GaussianProcess&&) noexcept = default;
GaussianProcess::~GaussianProcess() = default;

void GaussianProcess::append(std::span<const double> input, double output) {
  State& s = *state_;
  const Eigen::Index n = s.size;
  if (n + 1 > s.factor.rows()) s.reserve(std::max<Eigen::Index>(16, n + n / 2));
  Dense point = dense::vector_of(input);
  dense::warp(s.model, s.parameters, point, nullptr);
  const Vector cross = dense::cross_covariance(s.model.kernel, s.parameters, s.used_inputs(), point);
  const double own = dense::self_covariance(s.model.kernel, s.parameters, point)[0] + s.noise;
  // L' = [L 0; v' d], v = L^-1 k, d^2 = k(x, x) - v'v; the new row of L'^-1 is [-v' L^-1, 1] / d.
  const Vector v = s.used_factor().triangularView<Eigen::Lower>() * cross;
  double pivot = own + s.jitter - v.squaredNorm();
  const double smallest = 1e-10 * own;
  if (!(pivot > smallest)) pivot = smallest;
  const double diagonal = std::sqrt(pivot);
  s.factor.row(n).head(n) = (s.used_factor().transpose().triangularView<Eigen::Upper>() * v).transpose() / -diagonal;
  s.factor(n, n) = 1.0 / diagonal;
  s.inputs.col(n) = point;
  s.diagonal_logs.push_back(std::log(diagonal));
  s.centred.conservativeResize(n + 1);
  s.centred[n] = output - s.mean;
  s.white.conservativeResize(n + 1);
  s.white[n] = s.factor.row(n).head(n + 1).dot(s.centred);
  s.alpha.conservativeResize(n + 1);
  s.alpha[n] = 0.0;
  s.size = n + 1;
  s.alpha += s.white[n] * s.factor.row(n).head(n + 1).transpose();
}

void GaussianProcess::pop(std::size_t count) {
  State& s = *state_;
  s.size -= std::min(s.size, static_cast<Eigen::Index>(count));
  s.centred.conservativeResize(s.size);
  s.diagonal_logs.resize(static_cast<std::size_t>(s.size));
  s.factor.bottomRows(s.factor.rows() - s.size).setZero();
  s.refresh_alpha();
}

Prediction GaussianProcess::predict(const Matrix& points) const {
  const State& s = *state_;
  Prediction result;
  result.mean.resize(points.rows);
  result.variance.resize(points.rows);
  const auto all = dense::columns_of(points);
  Dense white;
  for (Eigen::Index begin = 0; begin < all.cols(); begin += chunk) {
    Dense part = all.middleCols(begin, std::min(chunk, all.cols() - begin));
    dense::warp(s.model, s.parameters, part, nullptr);
    const Dense cross = dense::cross_covariance(s.model.kernel, s.parameters, s.used_inputs(), part);
    const Vector own = dense::self_covariance(s.model.kernel, s.parameters, part);
    const Vector mean = cross.transpose() * s.alpha;
    white.resize(s.size, part.cols());
    dense::multiply_lower(s.used_factor(), cross, white);
    for (Eigen::Index i = 0; i < part.cols(); ++i) {
      const auto slot = static_cast<std::size_t>(begin + i);
      result.mean[slot] = s.mean + mean[i];
      result.variance[slot] = std::max(own[i] - white.col(i).squaredNorm(), 1e-12 * own[i]);
    }
  }
  return result;
}

PredictionGradient GaussianProcess::predict_gradient(std::span<const double> point) const {
  const State& s = *state_;
  Dense warped = dense::vector_of(point), slope;
  dense::warp(s.model, s.parameters, warped, &slope);
  const Vector x = warped;
  const Vector cross = dense::cross_covariance(s.model.kernel, s.parameters, s.used_inputs(), warped);
  const double own = dense::self_covariance(s.model.kernel, s.parameters, warped)[0];
  const Dense derivative = dense::cross_gradient(s.model.kernel, s.parameters, s.used_inputs(), x);  // d x n
  const Vector white = s.used_factor().triangularView<Eigen::Lower>() * cross;
  const Vector solved = s.used_factor().transpose().triangularView<Eigen::Upper>() * white;
  PredictionGradient result;
  result.mean = s.mean + cross.dot(s.alpha);
  result.variance = std::max(own - white.squaredNorm(), 1e-12 * own);
  const Vector mean_gradient = (derivative * s.alpha).cwiseProduct(slope.col(0));
  const Vector variance_gradient =
      (dense::self_gradient(s.model.kernel, s.parameters, x) - 2.0 * derivative * solved).cwiseProduct(slope.col(0));
  result.mean_gradient.assign(mean_gradient.begin(), mean_gradient.end());
  result.variance_gradient.assign(variance_gradient.begin(), variance_gradient.end());
  return result;
}

LeaveOneOut GaussianProcess::leave_one_out() const {
  const State& s = *state_;
  LeaveOneOut result;
  for (Eigen::Index i = 0; i < s.size; ++i) {
    const double precision = s.factor.col(i).segment(i, s.size - i).squaredNorm();  // [K^-1]_ii
    const double error = s.alpha[i] / precision;
    result.mean.push_back(s.mean + s.centred[i] - error);
    result.variance.push_back(1.0 / precision);
    result.log_density += 0.5 * (std::log(precision) - error * error * precision - std::log(2.0 * std::numbers::pi));
  }
  return result;
}

Matrix GaussianProcess::posterior_covariance(const Matrix& points) const {
  const State& s = *state_;
  Dense part = dense::columns_of(points);
  dense::warp(s.model, s.parameters, part, nullptr);
  const Dense cross = dense::cross_covariance(s.model.kernel, s.parameters, s.used_inputs(), part);
  const Dense white = s.used_factor().triangularView<Eigen::Lower>() * cross;
  const Dense value = dense::cross_covariance(s.model.kernel, s.parameters, part, part) - white.transpose() * white;
  Matrix result(points.rows, points.rows);
  for (std::size_t i = 0; i < points.rows; ++i)
    for (std::size_t j = 0; j < points.rows; ++j)
      result(i, j) = value(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  return result;
}

std::size_t GaussianProcess::size() const {
  return static_cast<std::size_t>(state_->size);
}
double GaussianProcess::mean() const {
  return state_->mean;
}
double GaussianProcess::jitter() const {
  return state_->jitter;
}
const GaussianProcessModel& GaussianProcess::model() const {
  return state_->model;
}
std::span<const double> GaussianProcess::parameters() const {
  return state_->parameters;
}

double GaussianProcess::log_likelihood() const {
  const State& s = *state_;
  double log_determinant = 0.0;
  for (const double log_diagonal : s.diagonal_logs) log_determinant += 2.0 * log_diagonal;
  return -0.5 *
         (s.white.squaredNorm() + log_determinant + static_cast<double>(s.size) * std::log(2.0 * std::numbers::pi));
}

}  // namespace dovetail
