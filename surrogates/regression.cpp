// When to append, when to refit, and which rows to keep.
#include <dovetail/surrogates/regression.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace dovetail {

std::vector<std::size_t> local_rows(const Matrix& inputs, std::span<const double> outputs,
                                    std::size_t limit) {
  std::vector<std::size_t> order(inputs.rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (inputs.rows <= limit) return order;
  std::vector<char> kept(inputs.rows, 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return outputs[a] < outputs[b]; });
  const std::size_t best = order.front(), quarter = limit / 4;
  for (std::size_t i = 0; i < quarter; ++i) kept[order[i]] = 1;
  for (std::size_t i = 0; i < quarter; ++i) kept[i * inputs.rows / quarter] = 1;
  std::vector<double> distance(inputs.rows, 0.0);
  for (std::size_t i = 0; i < inputs.rows; ++i)
    for (std::size_t j = 0; j < inputs.columns; ++j)
      distance[i] += std::pow(inputs(i, j) - inputs(best, j), 2);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return distance[a] < distance[b]; });
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

Regression::Regression(GaussianProcessModel model, RegressionOptions options)
    : model_(std::move(model)), options_(std::move(options)) {}

double Regression::prior(double value) const {
  // The prior speaks of the output (or its logarithm): only the affine part of the transform applies.
  if (!std::isfinite(value)) return 0.0;
  return transform_.kind() == OutputTransform::Kind::log
             ? transform_.forward(std::exp(std::clamp(value, -690.0, 690.0)))
             : transform_.forward(value);
}

void Regression::update(const Matrix& inputs, std::span<const double> outputs,
                        std::span<const double> priors) {
  forget();
  if (inputs.rows == 0) return;
  const auto due = static_cast<std::size_t>(static_cast<double>(fitted_) * (1.0 + options_.refit_growth));
  const bool small = static_cast<int>(inputs.rows) <= options_.small;
  const auto residual = [&](std::size_t row) {
    return transform_.forward(outputs[row]) - (priors.empty() ? 0.0 : prior(priors[row]));
  };
  if (process_ && !small && inputs.rows <= due) {
    for (; seen_ < inputs.rows; ++seen_) process_->append(inputs.row(seen_), residual(seen_));
    return;
  }
  if (process_ && seen_ == inputs.rows) return;

  const std::string& kind = options_.transform;
  using Kind = OutputTransform::Kind;
  const std::vector<std::size_t> rows =
      local_rows(inputs, outputs, static_cast<std::size_t>(std::max(4, options_.exact_size)));
  local_ = rows.size() < inputs.rows;
  Matrix kept;
  std::vector<double> values;
  for (const std::size_t row : rows) {
    kept.append(inputs.row(row));
    values.push_back(outputs[row]);
  }
  if (kind == "auto") {
    transform_ = OutputTransform::best(values);
  } else if (kind == "none") {
    transform_ = OutputTransform::fit(Kind::identity, values);
  } else if (kind == "bilog") {
    transform_ = OutputTransform::fit(Kind::bilog, values);
  } else if (kind == "power") {
    transform_ = OutputTransform::fit(Kind::power, values);
  } else if (kind == "log") {
    const bool positive = std::all_of(values.begin(), values.end(), [](double y) { return y > 0.0; });
    transform_ = OutputTransform::fit(positive ? Kind::log : Kind::identity, values);
  } else {
    throw std::invalid_argument("transform '" + kind + "'; known are auto, none, log, power, bilog");
  }
  for (std::size_t i = 0; i < rows.size(); ++i) values[i] = residual(rows[i]);

  FitOptions fit = options_.cold;
  if (process_) {
    fit.first_starts.emplace_back(process_->parameters().begin(), process_->parameters().end());
    fit.evaluations = options_.warm_evaluations;
    fit.starts = static_cast<int>(rows.size()) <= 4 * options_.small ? 2 : 1;
  }
  process_.emplace(model_, fit_parameters(model_, kept, values, fit), kept, values);
  seen_ = fitted_ = inputs.rows;
  ++fits_;
}

Prediction Regression::predict(const Matrix& points, std::span<const double> priors) const {
  Prediction result = process_->predict(points);
  for (std::size_t i = 0; i < priors.size(); ++i) result.mean[i] += prior(priors[i]);
  return result;
}

PredictionGradient Regression::predict_gradient(std::span<const double> point) const {
  return process_->predict_gradient(point);
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
