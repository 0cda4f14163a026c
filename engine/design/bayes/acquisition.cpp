// Incumbents, fronts and sample paths of one suggestion.
#include <dovetail/engine/design/bayes/acquisition.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <dovetail/engine/design/bayes/confidence_bound.hpp>
#include <dovetail/engine/design/bayes/expected_improvement.hpp>
#include <dovetail/engine/design/bayes/feasibility_weight.hpp>

namespace dovetail {
namespace {

PathSample path_of(const Regression& regression, Random& random) {
  constexpr int waves = 256;
  const GaussianProcess& process = regression.process();
  std::vector<double> normals(PathSample::count(process, waves)), uniforms(normals.size());
  for (double& value : normals) value = random.normal();
  for (double& value : uniforms) value = random.uniform();
  return {process, waves, normals, uniforms};
}

}  // namespace

Promise::Promise(const Belief& belief, const BayesOptions& options, std::span<const Observation> observations,
                 bool sampled, Random& random)
    : belief_(belief),
      options_(options),
      incumbent_(std::numeric_limits<double>::infinity()) {
  const std::size_t count = belief.objective_count();
  std::vector<std::vector<double>> values;
  reference_.assign(count, 0.1);
  for (const Observation& observation : observations) {
    if (observation.failed || observation.objectives.empty() || belief.far(observation)) continue;
    std::vector<double> value;
    for (std::size_t k = 0; k < count; ++k)
      value.push_back(belief.forward(k, belief.seen(k, observation.objectives[k])));
    for (std::size_t k = 0; k < count; ++k) reference_[k] = std::max(reference_[k], value[k] + 0.1);
    if (observation.feasible()) values.push_back(std::move(value));
  }
  if (count > 3) {
    double sum = 0.0;
    for (std::size_t k = 0; k < count; ++k)
      weights_.push_back(-std::log(1.0 - random.uniform())), sum += weights_.back();
    for (double& weight : weights_) weight /= sum;
  }
  for (const std::vector<double>& value : values) {
    incumbent_ = std::min(incumbent_, count > 3 ? chebyshev(value) : value.front());
    if (count == 2) front_.push_back({value[0], value[1]});
  }
  front_ = pareto_front(std::move(front_));
  if (count == 3) {
    std::vector<std::array<double, 3>> points;
    points.reserve(values.size());
    for (const std::vector<double>& value : values) points.push_back({value[0], value[1], value[2]});
    slabs_.emplace(points, std::array<double, 3>{reference_[0], reference_[1], reference_[2]});
  }
  if (count != 1 || !sampled) return;
  path_.emplace(path_of(belief.objective(0), random));
  for (const Regression& spec : belief.specs())
    if (spec.ready()) excess_paths_.push_back(path_of(spec, random));
}

double Promise::chebyshev(const std::vector<double>& value) const {
  double worst = -std::numeric_limits<double>::infinity(), sum = 0.0;
  for (std::size_t k = 0; k < value.size(); ++k)
    worst = std::max(worst, weights_[k] * value[k]), sum += weights_[k] * value[k];
  return worst + 0.05 * sum;
}

double Promise::expected(const Outlook& outlook, std::size_t row) const {
  const Prediction& first = outlook.objectives.front();
  const double mean = first.mean[row], variance = first.variance[row];
  if (outlook.objectives.size() == 1)
    return options_.acquisition == "lcb" ? -lower_confidence_bound(mean, variance, options_.lambda)
                                         : log_expected_improvement(mean, variance, incumbent_);
  if (outlook.objectives.size() == 2) {
    const Prediction& second = outlook.objectives[1];
    return log_hypervolume_improvement({mean, second.mean[row]}, {variance, second.variance[row]}, front_,
                                       {reference_[0], reference_[1]});
  }
  if (outlook.objectives.size() == 3) {
    const Prediction &second = outlook.objectives[1], &third = outlook.objectives[2];
    return slabs_->log_improvement({mean, second.mean[row], third.mean[row]},
                                   {variance, second.variance[row], third.variance[row]});
  }
  std::vector<double> means;
  double total = 0.0;
  for (std::size_t k = 0; k < outlook.objectives.size(); ++k) {
    means.push_back(outlook.objectives[k].mean[row]);
    total += weights_[k] * weights_[k] * outlook.objectives[k].variance[row];
  }
  return log_expected_improvement(chebyshev(means), total, incumbent_);
}

std::vector<double> Promise::sampled(const Matrix& rows, const Guesses& priors) const {
  // A path is the process's; what the process does not know of the mean is the offset.
  std::vector<double> result = (*path_)(rows);
  const std::vector<double> known = belief_.objective(0).offset(
      rows, priors.empty() ? std::span<const double>() : std::span<const double>(priors.front()));
  for (std::size_t i = 0; i < rows.rows; ++i) result[i] = -result[i] - known[i];
  std::vector<double> violation(rows.rows, 0.0);
  auto path = excess_paths_.begin();
  for (const Regression& spec : belief_.specs()) {
    if (!spec.ready()) continue;
    const std::vector<double> excess = (*path++)(rows), offset = spec.offset(rows);
    const double bound = spec.forward(0.0);
    for (std::size_t i = 0; i < rows.rows; ++i) violation[i] += std::max(0.0, excess[i] + offset[i] - bound);
  }
  constexpr double below = -1e3;  // of what any sampled objective is on a standardised scale
  for (std::size_t i = 0; i < rows.rows; ++i)
    if (violation[i] > 0.0) result[i] = below - violation[i];
  return result;
}

std::vector<double> Promise::scores(const Matrix& rows, const Guesses& priors, double log_threshold,
                                    std::span<const double> log_success) const {
  std::vector<double> result;
  if (path_) {  // no variance is asked for: a path costs O(n) per point
    result = sampled(rows, priors);
    const std::vector<double> learned = log_success.empty() ? belief_.log_success(rows) : std::vector<double>();
    if (log_success.empty()) log_success = learned;
    for (std::size_t i = 0; i < rows.rows; ++i)
      result[i] = weigh_by_feasibility(result[i], log_success[i], log_success[i], log_threshold);
    return result;
  }
  const Outlook outlook = belief_.predict(rows, priors);
  for (std::size_t i = 0; i < rows.rows; ++i) {
    double feasible = outlook.log_feasible[i], success = outlook.log_success[i];
    if (!log_success.empty()) feasible += log_success[i] - success, success = log_success[i];
    result.push_back(weigh_by_feasibility(expected(outlook, i), feasible, success, log_threshold));
  }
  return result;
}

}  // namespace dovetail
