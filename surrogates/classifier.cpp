// Laplace's approximation with a probit likelihood: mode, evidence with gradient, cavities, prediction.
#include <dovetail/surrogates/classifier.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <dovetail/surrogates/process/climb.h>
#include <dovetail/surrogates/process/gaussian_process_state.h>
#include <dovetail/surrogates/process/kernel_matrix.h>
#include <dovetail/surrogates/numeric/standard_normal.hpp>

namespace dovetail {

using dense::Dense;
using dense::Vector;

namespace {

// The posterior mode of the latent values and what follows from it. With W the negative second derivatives of
// the log likelihood and B = I + W^1/2 K W^1/2 (Rasmussen & Williams 2006, section 3.4).
struct Mode {
  Vector latent, slope, curvature, third;  // f, d, W, d^3 of log p(y | f)
  Vector root;                             // W^1/2
  Dense inverse_factor;                    // L^-1, L L' = B
  double log_likelihood = -std::numeric_limits<double>::infinity();
};

void likelihood_derivatives(std::span<const char> passed, const Vector& latent, Mode& mode, double& log_likelihood) {
  const Eigen::Index n = latent.size();
  mode.slope.resize(n);
  mode.curvature.resize(n);
  mode.third.resize(n);
  log_likelihood = 0.0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double sign = passed[static_cast<std::size_t>(i)] ? 1.0 : -1.0, z = sign * latent[i];
    const double log_cdf = log_normal_cdf(z), ratio = std::exp(log_normal_pdf(z) - log_cdf);
    log_likelihood += log_cdf;
    mode.slope[i] = sign * ratio;
    mode.curvature[i] = std::max(ratio * (ratio + z), 1e-12);
    // d/dz of -(r^2 + z r) with r' = -r (z + r).
    mode.third[i] = sign * ratio * ((z + ratio) * (2.0 * ratio + z) - 1.0);
  }
}

bool factorize(const Dense& covariance, Mode& mode) {
  const Eigen::Index n = covariance.rows();
  mode.root = mode.curvature.cwiseSqrt();
  Dense b = mode.root.asDiagonal() * covariance * mode.root.asDiagonal();
  b.diagonal().array() += 1.0;
  if (mode.inverse_factor.rows() != n) mode.inverse_factor = Dense::Zero(n, n);
  return dense::cholesky_with_inverse(b, mode.inverse_factor);
}

// Newton's method with halved steps. `covariance` is whole (both triangles). `weights` = K^-1 f throughout.
bool find_mode(const Dense& covariance, std::span<const char> passed, Mode& mode) {
  const Eigen::Index n = covariance.rows();
  Vector weights = Vector::Zero(n);
  mode.latent = Vector::Zero(n);
  double log_likelihood = 0.0;
  likelihood_derivatives(passed, mode.latent, mode, log_likelihood);
  double objective = log_likelihood;
  for (int step = 0; step < 50; ++step) {
    if (!factorize(covariance, mode)) return false;
    const Vector b = mode.curvature.cwiseProduct(mode.latent) + mode.slope;
    Vector inner = mode.root.cwiseProduct(covariance * b);
    inner = mode.inverse_factor.triangularView<Eigen::Lower>() * inner;
    inner = mode.inverse_factor.transpose().triangularView<Eigen::Upper>() * inner;
    const Vector target = b - mode.root.cwiseProduct(inner);
    double size = 1.0, next_objective = -std::numeric_limits<double>::infinity();
    Vector next_weights, next_latent;
    for (int halving = 0; halving < 10; ++halving, size *= 0.5) {
      next_weights = weights + size * (target - weights);
      next_latent = covariance * next_weights;
      likelihood_derivatives(passed, next_latent, mode, log_likelihood);
      next_objective = log_likelihood - 0.5 * next_weights.dot(next_latent);
      if (next_objective >= objective - 1e-12) break;
    }
    const double gain = next_objective - objective;
    weights = next_weights;
    mode.latent = next_latent;
    objective = next_objective;
    if (gain < 1e-8) break;
  }
  if (!factorize(covariance, mode)) return false;
  mode.log_likelihood = objective + mode.inverse_factor.diagonal().array().log().sum();
  return std::isfinite(mode.log_likelihood);
}

// Buffers of one evidence evaluation, kept between calls.
struct Evidence {
  const GaussianProcessModel& model;
  Dense raw;
  std::span<const char> passed;
  dense::KernelMatrix kernel;
  Dense covariance;
  Mode mode;

  Evidence(const GaussianProcessModel& belief, const Matrix& inputs, std::span<const char> outcomes)
      : model(belief),
        raw(dense::columns_of(inputs)),
        passed(outcomes),
        kernel(belief.kernel) {}

  double operator()(std::span<const double> parameters, std::span<double> gradient) {
    const Eigen::Index n = raw.cols();
    const auto noise_index = static_cast<std::size_t>(model.noise_parameter());
    const double noise = std::exp(parameters[noise_index]);
    covariance = kernel.forward(parameters, raw).selfadjointView<Eigen::Lower>();
    covariance.diagonal().array() += noise + 1e-8;
    if (!find_mode(covariance, passed, mode)) return std::numeric_limits<double>::quiet_NaN();
    if (gradient.empty()) return mode.log_likelihood;
    // dL = sum G_ab dK_ab, G = (a a' - R) / 2 + sym(u a'), a = d log p / df, R = W^1/2 B^-1 W^1/2,
    // u = (I - R K) s, s_i = [K - K R K]_ii d^3_i / 2 (algorithm 5.1; the posterior variance times the third
    // derivative).
    Dense inverse(n, n);
    dense::inverse_from_factor(mode.inverse_factor, inverse);
    const Dense r = mode.root.asDiagonal() * Dense(inverse.selfadjointView<Eigen::Lower>()) * mode.root.asDiagonal();
    const Dense c = mode.inverse_factor.triangularView<Eigen::Lower>() * (mode.root.asDiagonal() * covariance);
    const Vector variance = covariance.diagonal() - c.colwise().squaredNorm().transpose();
    const Vector s = 0.5 * variance.cwiseProduct(mode.third);
    const Vector u = s - r * (covariance * s);
    Dense weights = 0.5 * (mode.slope * mode.slope.transpose() - r);
    weights += 0.5 * (u * mode.slope.transpose() + mode.slope * u.transpose());
    std::fill(gradient.begin(), gradient.end(), 0.0);
    gradient[noise_index] = noise * weights.diagonal().sum();
    kernel.backward(raw, weights, gradient, nullptr);
    return mode.log_likelihood;
  }
};

std::vector<std::size_t> strided(std::size_t count, std::size_t wanted) {
  std::vector<std::size_t> result;
  const double stride = std::max(1.0, static_cast<double>(count) / static_cast<double>(wanted));
  for (double at = 0.0; static_cast<std::size_t>(at) < count; at += stride)
    result.push_back(static_cast<std::size_t>(at));
  return result;
}

// All of the rarer class first (at most half), then the most recent of the other; in the order given.
std::vector<std::size_t> kept_rows(std::span<const char> passed, std::size_t limit) {
  std::vector<std::size_t> classes[2];
  for (std::size_t i = 0; i < passed.size(); ++i) classes[passed[i] ? 1 : 0].push_back(i);
  const auto& rare = classes[classes[1].size() <= classes[0].size() ? 1 : 0];
  const auto& common = classes[classes[1].size() <= classes[0].size() ? 0 : 1];
  const std::size_t rare_count = std::min(rare.size(), std::max(limit / 2, limit - std::min(limit, common.size())));
  const std::size_t common_count = std::min(common.size(), limit - rare_count);
  std::vector<std::size_t> result(rare.end() - static_cast<std::ptrdiff_t>(rare_count), rare.end());
  result.insert(result.end(), common.end() - static_cast<std::ptrdiff_t>(common_count), common.end());
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

double laplace_log_likelihood(const GaussianProcessModel& model, std::span<const double> parameters,
                              const Matrix& inputs, std::span<const char> passed, std::span<double> gradient) {
  Evidence evidence(model, inputs, passed);
  return evidence(parameters, gradient);
}

struct FeasibilityClassifier::State {
  GaussianProcessModel model;
  std::vector<double> parameters;
  Dense inputs;
  std::vector<char> passed;
  Mode mode;
  std::vector<double> left_out_scores;
  PlattScaling scaling, anywhere;
};

FeasibilityClassifier::FeasibilityClassifier(const GaussianProcessModel& model, const Matrix& inputs,
                                             std::span<const char> passed, const ClassifierOptions& options)
    : state_(std::make_unique<State>()) {
  if (inputs.rows != passed.size()) throw std::invalid_argument("a classifier needs one outcome per input");
  if (!options.shares.empty() && options.shares.size() != passed.size())
    throw std::invalid_argument("a classifier needs one share per input, or none");
  State& s = *state_;
  s.model = model;
  s.model.warped_columns.clear();
  Matrix kept;
  std::vector<double> weights;
  for (const std::size_t row : kept_rows(passed, static_cast<std::size_t>(options.exact_size))) {
    kept.append(inputs.row(row));
    s.passed.push_back(passed[row]);
    if (!options.shares.empty()) weights.push_back(options.shares[row]);
  }

  Matrix few;
  std::vector<char> few_passed;
  for (const std::size_t row : strided(kept.rows, static_cast<std::size_t>(options.fit_size))) {
    few.append(kept.row(row));
    few_passed.push_back(s.passed[row]);
  }
  s.parameters = s.model.default_parameters();
  if (options.evaluations > 0) {
    Evidence evidence(s.model, few, few_passed);
    std::vector<std::vector<double>> starts;
    if (!options.first_start.empty()) starts.push_back(options.first_start);
    for (const double shift : {0.0, -1.2}) {
      if (static_cast<int>(starts.size()) >= options.starts) break;
      std::vector<double> start = s.parameters;
      for (std::size_t i = 0; i < static_cast<std::size_t>(s.model.noise_parameter()); ++i)
        if (start[i] != 0.0) start[i] += shift;
      starts.push_back(std::move(start));
    }
    Ascent best;
    for (const std::vector<double>& start : starts) {
      Ascent found = dense::climb(s.model, std::ref(evidence), start, options.evaluations, 1e-3);
      if (found.value > best.value) best = std::move(found);
    }
    if (!best.point.empty()) s.parameters = best.point;
  } else if (!options.first_start.empty()) {
    s.parameters = options.first_start;
  }

  Evidence whole(s.model, kept, s.passed);
  double nugget = 1e-8;
  while (!std::isfinite(whole(s.parameters, {}))) {
    nugget *= 100.0;
    if (nugget > 1.0) throw std::runtime_error("a classifier's kernel matrix is not positive definite");
    s.parameters[static_cast<std::size_t>(s.model.noise_parameter())] = std::log(nugget);
  }
  s.inputs = dense::columns_of(kept);
  s.mode = whole.mode;

  // Leave-one-out by removing each outcome's Gaussian site from its marginal (the cavity).
  const Dense c = s.mode.inverse_factor.triangularView<Eigen::Lower>() * (s.mode.root.asDiagonal() * whole.covariance);
  for (Eigen::Index i = 0; i < s.mode.latent.size(); ++i) {
    const double marginal = std::max(whole.covariance(i, i) - c.col(i).squaredNorm(), 1e-10);
    const double precision = std::max(1.0 / marginal - s.mode.curvature[i], 1e-10);
    const double natural = s.mode.latent[i] / marginal - s.mode.curvature[i] * s.mode.latent[i] - s.mode.slope[i];
    s.left_out_scores.push_back(natural / precision / std::sqrt(1.0 + 1.0 / precision));
  }
  if (!options.calibrate || kept.rows < 8) return;
  s.scaling = s.anywhere = fit_platt(s.left_out_scores, s.passed);
  if (weights.empty()) return;
  // As many outcomes as would have the same variance unweighted (Kish).
  double sum = 0.0, squares = 0.0;
  for (const double weight : weights) sum += weight, squares += weight * weight;
  for (double& weight : weights) weight *= squares > 0.0 ? sum / squares : 0.0;
  s.anywhere = fit_platt(s.left_out_scores, s.passed, {1.0, 0.25, weights, true});
}

FeasibilityClassifier::~FeasibilityClassifier() = default;
FeasibilityClassifier::FeasibilityClassifier(FeasibilityClassifier&&) noexcept = default;
FeasibilityClassifier& FeasibilityClassifier::operator=(FeasibilityClassifier&&) noexcept = default;

std::vector<double> FeasibilityClassifier::scores(const Matrix& points, Where where) const {
  const State& s = *state_;
  const PlattScaling& scaling = where == Where::chosen ? s.scaling : s.anywhere;
  std::vector<double> result(points.rows);
  const auto all = dense::columns_of(points);
  constexpr Eigen::Index chunk = 512;
  Dense white;
  for (Eigen::Index begin = 0; begin < all.cols(); begin += chunk) {
    const auto part = all.middleCols(begin, std::min(chunk, all.cols() - begin));
    Dense cross = dense::cross_covariance(s.model.kernel, s.parameters, s.inputs, part);
    const Vector own = dense::self_covariance(s.model.kernel, s.parameters, part);
    const Vector mean = cross.transpose() * s.mode.slope;
    cross = s.mode.root.asDiagonal() * cross;
    white.resize(cross.rows(), cross.cols());
    dense::multiply_lower(s.mode.inverse_factor, cross, white);
    for (Eigen::Index i = 0; i < part.cols(); ++i) {
      const double variance = std::max(own[i] - white.col(i).squaredNorm(), 0.0);
      result[static_cast<std::size_t>(begin + i)] =
          scaling.slope * mean[i] / std::sqrt(1.0 + variance) + scaling.offset;
    }
  }
  return result;
}

std::vector<double> FeasibilityClassifier::probabilities(const Matrix& points, Where where) const {
  std::vector<double> result = scores(points, where);
  for (double& score : result) score = normal_cdf(score);
  return result;
}

double FeasibilityClassifier::score_gradient(std::span<const double> point, std::span<double> gradient) const {
  const State& s = *state_;
  const Vector x = dense::vector_of(point);
  const Vector cross = dense::cross_covariance(s.model.kernel, s.parameters, s.inputs, x);
  const double own = dense::self_covariance(s.model.kernel, s.parameters, x)[0];
  const Dense derivative = dense::cross_gradient(s.model.kernel, s.parameters, s.inputs, x);
  const Vector white = s.mode.inverse_factor.triangularView<Eigen::Lower>() * s.mode.root.cwiseProduct(cross);
  const Vector solved =
      s.mode.root.cwiseProduct(s.mode.inverse_factor.transpose().triangularView<Eigen::Upper>() * white);
  const double mean = cross.dot(s.mode.slope), total = 1.0 + std::max(own - white.squaredNorm(), 0.0);
  const Vector mean_gradient = derivative * s.mode.slope;
  const Vector variance_gradient = dense::self_gradient(s.model.kernel, s.parameters, x) - 2.0 * derivative * solved;
  const Vector slope =
      s.scaling.slope * (mean_gradient / std::sqrt(total) - 0.5 * mean * std::pow(total, -1.5) * variance_gradient);
  std::copy(slope.begin(), slope.end(), gradient.begin());
  return s.scaling.slope * mean / std::sqrt(total) + s.scaling.offset;
}

std::span<const double> FeasibilityClassifier::parameters() const {
  return state_->parameters;
}
double FeasibilityClassifier::log_likelihood() const {
  return state_->mode.log_likelihood;
}
PlattScaling FeasibilityClassifier::calibration() const {
  return state_->scaling;
}
std::span<const char> FeasibilityClassifier::kept_outcomes() const {
  return state_->passed;
}

std::vector<double> FeasibilityClassifier::leave_one_out() const {
  std::vector<double> result = state_->left_out_scores;
  for (double& score : result) score = normal_cdf(score);
  return result;
}

}  // namespace dovetail
