// The marginal likelihood with its gradient, priors, and the search for the parameters that maximise both.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "climb.h"
#include "gaussian_process_state.h"
#include "kernel_matrix.h"

namespace dovetail {

using dense::Dense;
using dense::Vector;

namespace {

constexpr double tiny = 1e-12;  // warped inputs stay this far from 0 and 1

double normal_log_density(double value, double location, double deviation, double* slope) {
  const double z = (value - location) / deviation;
  if (slope) *slope += -z / deviation;
  return -0.5 * z * z;
}

enum class Kind { variance, length, noise, warp };

// Calls visit(parameter, kind, location, deviation) for every normal prior.
template <class Visit>
void each_prior(const GaussianProcessModel& model, Visit&& visit) {
  std::size_t next = 0;
  for (const KernelTerm& term : model.kernel.terms) {
    visit(next++, Kind::variance, 0.0, model.variance_deviation);
    for (const KernelFactor& factor : term.factors) {
      const int groups = factor.group_count();
      const double location = model.length_location + 0.5 * std::log(std::max(1.0, static_cast<double>(groups)));
      for (int g = 0; g < groups; ++g) visit(next++, Kind::length, location, model.length_deviation);
    }
  }
  visit(next++, Kind::noise, model.noise_location, model.noise_deviation);
  for (std::size_t w = 0; w < 2 * model.warped_columns.size(); ++w)
    visit(next++, Kind::warp, 0.0, model.warp_deviation);
}

}  // namespace

int GaussianProcessModel::parameter_count() const {
  return kernel.parameter_count() + 1 + 2 * static_cast<int>(warped_columns.size());
}

std::vector<double> GaussianProcessModel::default_parameters() const {
  std::vector<double> result(static_cast<std::size_t>(parameter_count()));
  each_prior(*this, [&](std::size_t index, Kind, double location, double) { result[index] = location; });
  return result;
}

double GaussianProcessModel::log_prior(std::span<const double> parameters, std::span<double> gradient) const {
  double total = 0.0;
  each_prior(*this, [&](std::size_t index, Kind, double location, double deviation) {
    total += normal_log_density(parameters[index], location, deviation, gradient.empty() ? nullptr : &gradient[index]);
  });
  return total;
}

namespace dense {

void warp(const GaussianProcessModel& model, std::span<const double> parameters, Dense& points, Dense* slope) {
  if (slope) slope->setOnes(points.rows(), points.cols());
  for (std::size_t w = 0; w < model.warped_columns.size(); ++w) {
    const auto first = static_cast<std::size_t>(model.noise_parameter()) + 1 + 2 * w;
    const double a = std::exp(parameters[first]), b = std::exp(parameters[first + 1]);
    const Eigen::Index row = model.warped_columns[w];
    for (Eigen::Index i = 0; i < points.cols(); ++i) {
      const double x = std::clamp(points(row, i), tiny, 1.0 - tiny);
      const double power = std::pow(x, a), rest = std::pow(1.0 - power, b);
      if (slope) (*slope)(row, i) = a * b * power / x * rest / std::max(1.0 - power, 1e-300);
      points(row, i) = 1.0 - rest;
    }
  }
}

}  // namespace dense

struct MarginalLikelihood::Workspace {
  GaussianProcessModel model;
  Dense raw, inputs;
  Vector outputs;
  dense::KernelMatrix kernel;
  Dense lower, factor, weights, input_gradient;
};

MarginalLikelihood::MarginalLikelihood(const GaussianProcessModel& model, const Matrix& inputs,
                                       std::span<const double> outputs)
    : work_(new Workspace{model,
                          dense::columns_of(inputs),
                          {},
                          dense::vector_of(outputs),
                          dense::KernelMatrix(model.kernel),
                          {},
                          {},
                          {},
                          {}}) {
  if (inputs.rows != outputs.size()) throw std::invalid_argument("a likelihood needs one output per input");
}

MarginalLikelihood::~MarginalLikelihood() = default;

double MarginalLikelihood::operator()(std::span<const double> parameters, std::span<double> gradient) {
  Workspace& w = *work_;
  const Eigen::Index n = w.outputs.size();
  w.inputs = w.raw;
  dense::warp(w.model, parameters, w.inputs, nullptr);
  const double noise = std::exp(parameters[static_cast<std::size_t>(w.model.noise_parameter())]);
  const Dense& covariance = w.kernel.forward(parameters, w.inputs);
  if (w.factor.rows() != n) w.factor = Dense::Zero(n, n);
  const double scale = n > 0 ? covariance.diagonal().mean() : 1.0;
  for (double relative = 0.0;; relative = relative == 0.0 ? 1e-10 : relative * 10.0) {
    if (!(relative <= 1e-2)) return std::numeric_limits<double>::quiet_NaN();
    w.lower = covariance;
    w.lower.diagonal().array() += noise + relative * scale;
    if (dense::cholesky_with_inverse(w.lower, w.factor)) break;
  }
  const Vector ones = w.factor.triangularView<Eigen::Lower>() * Vector::Ones(n);
  Vector white = w.factor.triangularView<Eigen::Lower>() * w.outputs;
  white -= ones.dot(white) / ones.squaredNorm() * ones;
  const double value = -0.5 * white.squaredNorm() - w.lower.diagonal().array().log().sum() -
                       0.5 * static_cast<double>(n) * std::log(2.0 * std::numbers::pi);
  if (gradient.empty()) return value;

  // dL = sum_ab G_ab dK_ab with G = (alpha alpha' - K^-1) / 2 (Rasmussen & Williams 2006, eq. 5.9).
  const Vector alpha = w.factor.transpose().triangularView<Eigen::Upper>() * white;
  w.weights.resize(n, n);
  dense::inverse_from_factor(w.factor, w.weights);
  for (Eigen::Index j = 0; j < n; ++j)
    w.weights.col(j).tail(n - j) = 0.5 * (alpha[j] * alpha.tail(n - j) - w.weights.col(j).tail(n - j));
  std::fill(gradient.begin(), gradient.end(), 0.0);
  gradient[static_cast<std::size_t>(w.model.noise_parameter())] = noise * w.weights.diagonal().sum();
  const bool warps = !w.model.warped_columns.empty();
  if (warps) w.input_gradient.setZero(w.raw.rows(), n);
  w.kernel.backward(w.inputs, w.weights, gradient, warps ? &w.input_gradient : nullptr);
  for (std::size_t c = 0; c < w.model.warped_columns.size(); ++c) {
    const auto first = static_cast<std::size_t>(w.model.noise_parameter()) + 1 + 2 * c;
    const double a = std::exp(parameters[first]), b = std::exp(parameters[first + 1]);
    const Eigen::Index row = w.model.warped_columns[c];
    for (Eigen::Index i = 0; i < n; ++i) {
      const double x = std::clamp(w.raw(row, i), tiny, 1.0 - tiny);
      const double power = std::pow(x, a), below = std::max(1.0 - power, 1e-300), rest = std::pow(below, b);
      gradient[first] += w.input_gradient(row, i) * a * b * rest / below * power * std::log(x);
      gradient[first + 1] += w.input_gradient(row, i) * -b * rest * std::log(below);
    }
  }
  return value;
}

namespace {

// The search box of each parameter: wide around its prior, floors where numerics need them.
void bounds(const GaussianProcessModel& model, std::vector<double>& low, std::vector<double>& high) {
  each_prior(model, [&](std::size_t index, Kind kind, double location, double deviation) {
    low[index] = location - 3.0 * deviation;
    high[index] = location + 3.0 * deviation;
    if (kind == Kind::length) low[index] = std::max(low[index], -5.0);
    if (kind == Kind::noise) low[index] = std::log(model.noise_floor), high[index] = 0.5;
    if (kind == Kind::warp) low[index] = -2.0, high[index] = 2.0;
  });
}

}  // namespace

Ascent dense::climb(const GaussianProcessModel& model, const DifferentiableFunction& likelihood,
                    std::vector<double> start, int evaluations, double tolerance) {
  const auto count = static_cast<std::size_t>(model.parameter_count());
  std::vector<double> low(count), high(count);
  bounds(model, low, high);
  const auto posterior = [&](std::span<const double> parameters, std::span<double> gradient) {
    const double value = likelihood(parameters, gradient);
    return std::isfinite(value) ? value + model.log_prior(parameters, gradient) : value;
  };
  return ascend(posterior, std::move(start), low, high, evaluations, tolerance);
}

std::vector<double> fit_parameters(const GaussianProcessModel& model, const Matrix& inputs,
                                   std::span<const double> outputs, const FitOptions& options) {
  std::vector<std::vector<double>> starts = options.first_starts;
  const std::vector<double> centre = model.default_parameters();
  const double shifts[] = {0.0, -1.2, 0.8, -2.4, 1.6};  // of all length scales
  for (std::size_t s = 0; static_cast<int>(starts.size()) < options.starts && s < std::size(shifts); ++s) {
    std::vector<double> start = centre;
    each_prior(model, [&](std::size_t index, Kind kind, double, double) {
      if (kind == Kind::length) start[index] += shifts[s];
      if (kind == Kind::noise && s == 1) start[index] = std::log(1e-2);  // the other explanation: noise
    });
    starts.push_back(std::move(start));
  }
  if (starts.empty()) starts.push_back(centre);
  if (inputs.rows < 2) return starts.front();

  const bool coarse = static_cast<int>(inputs.rows) > options.coarse_size && starts.size() > 1;
  // The likelihood of evenly strided rows, at most `limit` of them.
  const auto strided = [&](int limit) {
    if (static_cast<int>(inputs.rows) <= limit) return MarginalLikelihood(model, inputs, outputs);
    Matrix few;
    std::vector<double> few_outputs;
    const double stride = static_cast<double>(inputs.rows) / limit;
    for (int i = 0; i < limit; ++i) {
      const auto row = static_cast<std::size_t>(i * stride);
      few.append(inputs.row(row));
      few_outputs.push_back(outputs[row]);
    }
    return MarginalLikelihood(model, few, few_outputs);
  };
  MarginalLikelihood likelihood = strided(coarse ? options.coarse_size : options.fit_size);
  Ascent best;
  for (std::vector<double>& start : starts) {
    if (static_cast<int>(start.size()) != model.parameter_count())
      throw std::invalid_argument("a start of a fit has the wrong number of parameters");
    Ascent found = dense::climb(model, std::ref(likelihood), std::move(start), options.evaluations, options.tolerance);
    if (found.value > best.value || best.point.empty()) best = std::move(found);
  }
  if (coarse) {
    MarginalLikelihood whole = strided(options.fit_size);
    best = dense::climb(model, std::ref(whole), best.point, options.refinement, options.tolerance);
  }
  return best.point;
}

}  // namespace dovetail
