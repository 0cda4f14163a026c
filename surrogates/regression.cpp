// When to append, when to refit, and which rows to keep.
#include <dovetail/surrogates/regression.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace dovetail {

std::vector<std::size_t> local_rows(const Matrix& inputs, std::span<const double> outputs, std::size_t limit) {
  std::vector<std::size_t> order(inputs.rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (inputs.rows <= limit) return order;
  std::vector<char> kept(inputs.rows, 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return outputs[a] < outputs[b]; });
  const std::size_t best = order.front(), quarter = limit / 4;
  for (std::size_t i = 0; i < quarter; ++i) kept[order[i]] = 1;
  for (std::size_t i = 0; i < quarter; ++i) kept[i * inputs.rows / quarter] = 1;
  std::vector<double> distance(inputs.rows, 0.0);
  for (std::size_t i = 0; i < inputs.rows; ++i)
    for (std::size_t j = 0; j < inputs.columns; ++j) distance[i] += std::pow(inputs(i, j) - inputs(best, j), 2);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return distance[a] < distance[b]; });
  std::size_t count = static_cast<std::size_t>(std::count(kept.begin(), kept.end(), 1));
  for (const std::size_t row : order) {
    if (count >= limit) break;
    if (!kept[row]) kept[row] = 1, ++count;
  }
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (kept[i]) result.push_back(i);
  return result;
}

std::vector<double> stacking_slopes(const Matrix& means, std::span<const double> outputs, double strength) {
  const std::size_t n = means.rows, count = means.columns;
  const double centre = 1.0 / static_cast<double>(std::max<std::size_t>(count, 1));
  std::vector<double> slopes(count, centre), rest(outputs.begin(), outputs.end());
  if (n == 0) return slopes;
  // Columns and outputs without their means: the offset is free.
  Matrix columns = means;
  const auto average = [n](const auto& at) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += at(i);
    return sum / static_cast<double>(n);
  };
  const double output_mean = average([&](std::size_t i) { return outputs[i]; });
  for (double& value : rest) value -= output_mean;
  for (std::size_t s = 0; s < count; ++s) {
    const double mean = average([&](std::size_t i) { return means(i, s); });
    for (std::size_t i = 0; i < n; ++i) columns(i, s) -= mean, rest[i] -= slopes[s] * columns(i, s);
  }
  // Coordinate descent; the problem is convex.
  for (int round = 0; round < 100; ++round)
    for (std::size_t s = 0; s < count; ++s) {
      double along = strength * centre, length = strength;
      for (std::size_t i = 0; i < n; ++i) {
        along += columns(i, s) * (rest[i] + slopes[s] * columns(i, s));
        length += columns(i, s) * columns(i, s);
      }
      const double next = std::max(0.0, along / length);
      for (std::size_t i = 0; i < n; ++i) rest[i] += (slopes[s] - next) * columns(i, s);
      slopes[s] = next;
    }
  return slopes;
}

Regression::Regression(GaussianProcessModel model, RegressionOptions options)
    : model_(std::move(model)),
      options_(std::move(options)) {}

double Regression::prior(double value) const {
  // The prior speaks of the output (or its logarithm): only the affine part of the transform applies.
  if (!std::isfinite(value)) return 0.0;
  return transform_.kind() == OutputTransform::Kind::log
             ? transform_.forward(std::exp(std::clamp(value, -690.0, 690.0)))
             : transform_.forward(value);
}

std::vector<double> Regression::offset(const Matrix& points, std::span<const double> priors) const {
  std::vector<double> result(points.rows, 0.0);
  for (std::size_t i = 0; i < priors.size(); ++i) result[i] = prior(priors[i]);
  for (std::size_t s = 0; s < slopes_.size(); ++s) {
    if (!(slopes_[s] > 0.0)) continue;
    const std::vector<double> mean = guides_[s]->predict(points).mean;
    for (std::size_t i = 0; i < points.rows; ++i) result[i] += slopes_[s] * mean[i];
  }
  return result;
}

bool Regression::due(std::size_t rows) const {
  if (!process_) return true;
  // Of a local model the size that counts is the limit, so that appended rows stay a tenth of it.
  const double counted =
      static_cast<double>(std::min(fitted_, static_cast<std::size_t>(std::max(4, options_.exact_size))));
  const bool small = static_cast<int>(rows) <= options_.small;
  return (small || rows > fitted_ + static_cast<std::size_t>(counted * options_.refit_growth)) && seen_ != rows;
}

void Regression::update(const Matrix& inputs, std::span<const double> outputs, std::span<const double> priors) {
  forget();
  if (inputs.rows == 0) return;
  if (!due(inputs.rows)) {
    append_rest(inputs, outputs, priors);
    return;
  }

  const std::string& kind = options_.transform;
  using Kind = OutputTransform::Kind;
  auto [kept, values, kept_priors] = rows_of_fit(inputs, outputs, priors);
  const bool positive = std::all_of(values.begin(), values.end(), [](double y) { return y > 0.0; });
  if (kind == "auto") {
    // A prior speaks of the logarithm of positive outputs: other scales would lose what it says.
    transform_ =
        !kept_priors.empty() && positive ? OutputTransform::fit(Kind::log, values) : likely_transform(kept, values);
  } else if (kind == "none") {
    transform_ = OutputTransform::fit(Kind::identity, values);
  } else if (kind == "bilog") {
    transform_ = OutputTransform::fit(Kind::bilog, values);
  } else if (kind == "power") {
    transform_ = OutputTransform::fit(Kind::power, values);
  } else if (kind == "log") {
    transform_ = OutputTransform::fit(positive ? Kind::log : Kind::identity, values);
  } else {
    throw std::invalid_argument("transform '" + kind + "'; known are auto, none, log, power, bilog");
  }
  for (double& value : values) value = transform_.forward(value);
  if (!guides_.empty()) {
    Matrix means(kept.rows, guides_.size());
    for (std::size_t s = 0; s < guides_.size(); ++s) {
      const std::vector<double> mean = guides_[s]->predict(kept).mean;
      for (std::size_t i = 0; i < kept.rows; ++i) means(i, s) = mean[i];
    }
    slopes_ = stacking_slopes(means, values);
  }

  FitOptions fit = options_.cold;
  if (process_) {
    fit.first_starts.emplace_back(process_->parameters().begin(), process_->parameters().end());
    fit.evaluations = options_.warm_evaluations;
    fit.starts = static_cast<int>(kept.rows) <= 4 * options_.small ? 2 : 1;
  }
  const auto fitted = [&] {
    const std::vector<double> known = offset(kept, kept_priors);
    std::vector<double> rest = values;
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= known[i];
    return GaussianProcess(model_, fit_parameters(model_, kept, rest, fit), kept, rest);
  };
  GaussianProcess leaning = fitted();
  if (std::any_of(slopes_.begin(), slopes_.end(), [](double slope) { return slope > 0.0; })) {
    // The guides stay while every output is better predicted from the others with them; each slope has to earn its
    // keep.
    std::vector<double> slopes(slopes_.size(), 0.0);
    slopes.swap(slopes_);
    GaussianProcess alone = fitted();
    const auto used = std::count_if(slopes.begin(), slopes.end(), [](double slope) { return slope > 0.0; });
    const double gain = leaning.leave_one_out().log_density - alone.leave_one_out().log_density;
    if (gain < static_cast<double>(used))
      leaning = std::move(alone);
    else
      slopes.swap(slopes_);
  }
  process_ = std::move(leaning);
  seen_ = fitted_ = inputs.rows;
  ++fits_;
}

Regression::Rows Regression::rows_of_fit(const Matrix& inputs, std::span<const double> outputs,
                                         std::span<const double> priors) {
  const std::vector<std::size_t> rows =
      local_rows(inputs, outputs, static_cast<std::size_t>(std::max(4, options_.exact_size)));
  local_ = rows.size() < inputs.rows;
  Rows result;
  for (const std::size_t row : rows) {
    result.inputs.append(inputs.row(row));
    result.outputs.push_back(outputs[row]);
    if (!priors.empty()) result.priors.push_back(priors[row]);
  }
  return result;
}

void Regression::append_rest(const Matrix& inputs, std::span<const double> outputs, std::span<const double> priors) {
  for (; seen_ < inputs.rows; ++seen_) {
    Matrix row;
    row.append(inputs.row(seen_));
    const double known = offset(row, priors.empty() ? priors : priors.subspan(seen_, 1)).front();
    process_->append(inputs.row(seen_), transform_.forward(outputs[seen_]) - known);
  }
}

RegressionMemory Regression::memory() const {
  if (!process_) return {};
  return {fitted_, transform_.kind(), {process_->parameters().begin(), process_->parameters().end()}, slopes_};
}

void Regression::recall(const RegressionMemory& memory, const Matrix& inputs, std::span<const double> outputs,
                        std::span<const double> priors) {
  if (memory.rows == 0 || memory.rows > inputs.rows) return;
  Matrix fitted;
  for (std::size_t i = 0; i < memory.rows; ++i) fitted.append(inputs.row(i));
  auto [kept, values, kept_priors] =
      rows_of_fit(fitted, outputs.first(memory.rows), priors.empty() ? priors : priors.first(memory.rows));
  transform_ = OutputTransform::fit(memory.transform, values);
  slopes_ = memory.slopes;
  const std::vector<double> known = offset(kept, kept_priors);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = transform_.forward(values[i]) - known[i];
  process_ = GaussianProcess(model_, memory.parameters, kept, values);
  seen_ = fitted_ = memory.rows;
  append_rest(inputs, outputs, priors);
  process_->pop(0);
}

OutputTransform Regression::likely_transform(const Matrix& inputs, const std::vector<double>& outputs) const {
  constexpr std::size_t enough = 100;  // rows that the choice is made from
  if (outputs.size() < 4) return OutputTransform::best(outputs);
  const std::size_t count = std::min(outputs.size(), enough);
  Matrix some;
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) some.append(inputs.row(i * outputs.size() / count));
  FitOptions fit = options_.cold;
  fit.starts = 1;
  fit.evaluations = options_.warm_evaluations;
  if (process_) fit.first_starts.emplace_back(process_->parameters().begin(), process_->parameters().end());
  OutputTransform chosen;
  double most = -std::numeric_limits<double>::infinity();
  for (const OutputTransform& candidate : OutputTransform::candidates(outputs)) {
    for (std::size_t i = 0; i < count; ++i) values[i] = candidate.forward(outputs[i * outputs.size() / count]);
    const GaussianProcess process(model_, fit_parameters(model_, some, values, fit), some, values);
    // The Jacobian of all rows, in proportion; a fitted parameter has to earn its keep (Akaike).
    const double share = static_cast<double>(count) / static_cast<double>(outputs.size());
    const double likelihood = process.log_likelihood() + share * candidate.log_likelihood() - candidate.parameters();
    if (likelihood > most) most = likelihood, chosen = candidate;
  }
  return chosen;
}

Prediction Regression::predict(const Matrix& points, std::span<const double> priors) const {
  Prediction result = process_->predict(points);
  const std::vector<double> known = offset(points, priors);
  for (std::size_t i = 0; i < points.rows; ++i) result.mean[i] += known[i];
  return result;
}

PredictionGradient Regression::predict_gradient(std::span<const double> point) const {
  PredictionGradient result = process_->predict_gradient(point);
  for (std::size_t s = 0; s < slopes_.size(); ++s) {
    if (!(slopes_[s] > 0.0)) continue;
    const PredictionGradient guide = guides_[s]->predict_gradient(point);
    result.mean += slopes_[s] * guide.mean;
    for (std::size_t j = 0; j < point.size(); ++j) result.mean_gradient[j] += slopes_[s] * guide.mean_gradient[j];
  }
  return result;
}

void Regression::believe(std::span<const double> point) {
  if (!process_) return;
  Matrix one;
  one.append(point);
  process_->append(point, process_->predict(one).mean[0]);
  ++believed_;
}

void Regression::forget() {
  if (process_ && believed_ > 0) process_->pop(believed_);
  believed_ = 0;
}

}  // namespace dovetail
