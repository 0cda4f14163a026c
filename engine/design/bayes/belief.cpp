// Regressions and classifier side by side; feasibility multiplies.
#include <dovetail/engine/design/bayes/belief.hpp>

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include <dovetail/engine/design/bayes/expected_improvement.hpp>
#include <dovetail/engine/design/bayes/feasibility_weight.hpp>
#include <dovetail/surrogates/detail_limit.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {

bool Observation::feasible() const {
  return !failed && worst_excess() <= 0.0;
}

double Observation::worst_excess() const {
  double worst = failed ? std::numeric_limits<double>::infinity() : 0.0;
  for (const double value : excess)
    if (!std::isnan(value)) worst = std::max(worst, value);
  return worst;
}

namespace {

constexpr double classifier_stretch = 0.7;  // one bit says less than a number: only longer scales can be learned

std::vector<std::vector<double>> rows_of(const Matrix& points) {
  std::vector<std::vector<double>> result;
  for (std::size_t i = 0; i < points.rows; ++i) result.emplace_back(points.row(i).begin(), points.row(i).end());
  return result;
}

std::unique_ptr<BoostedTrees> fit_trees(const Matrix& points, const std::vector<char>& passed) {
#ifdef DOVETAIL_XGBOOST
  BoostedTreesOptions options;
  options.probability = true;
  options.rounds = 40, options.depth = 3, options.learning_rate = 0.15;
  return std::make_unique<BoostedTrees>(rows_of(points), std::vector<double>(passed.begin(), passed.end()), options);
#else
  (void)points, (void)passed;
  throw std::invalid_argument("bayes: classifier=trees needs a build with XGBoost");
#endif
}

}  // namespace

GaussianProcessModel Belief::model(bool warp) const {
  GaussianProcessModel result;
  result.kernel = features_.kernel(options_.kernel);
  // Noise stands for what no linear function explains.
  if (options_.kernel == "linear_noise") result.noise_location = -2.0;
  if (warp) result.warped_columns = features_.numeric();
  return result;
}

Belief::Belief(const PointFeatures& features, const BayesOptions& options, int objectives, int specs, bool with_prior)
    : features_(features),
      options_(options.settled(features.dimension(), features.only_real(), with_prior)),
      limits_(static_cast<std::size_t>(objectives), std::numeric_limits<double>::infinity()),
      with_prior_(with_prior),
      volumes_(features) {
  // Warping doubles the parameters: not for many inputs, where there is too little to learn it from.
  const bool warp = options.warp && features.dimension() <= 15;
  RegressionOptions regression;
  regression.exact_size = options.exact;
  if (features.dimension() > 15) regression.cold.starts = 2;
  regression.transform = options.transform;
  for (int i = 0; i < objectives; ++i) objectives_.emplace_back(model(warp), regression);
  regression.transform = "bilog";
  for (int i = 0; i < specs; ++i) specs_.emplace_back(model(warp), regression);
}

// Observations by what learns from them.
struct Belief::Data {
  Matrix completed, all;
  std::vector<Matrix> told;  // per spec: evaluations that ended at a broken spec know some specs and no objective
  std::vector<std::vector<double>> objectives, excess, parts;
  Guesses priors;
  std::vector<char> passed;
  bool any_failed = false;

  std::span<const double> prior(std::size_t objective) const {
    return objective < priors.size() ? std::span<const double>(priors[objective]) : std::span<const double>();
  }
};

void Belief::find_limits(const std::vector<Observation>& observations) {
  const std::vector<double> before = limits_;
  std::vector<double> values;
  for (std::size_t k = 0; k < limits_.size(); ++k) {
    values.clear();
    for (const Observation& observation : observations)
      if (!observation.objectives.empty()) values.push_back(observation.objectives[k]);
    limits_[k] = detail_limit(values, static_cast<std::size_t>(options_.initial));
  }
  std::vector<char> now;
  for (const Observation& observation : observations) now.push_back(far(observation) ? 1 : 0);
  // Rows that come or go, or that are cut elsewhere, leave nothing of the last fit but its parameters.
  const bool same = far_.size() <= now.size() && std::equal(far_.begin(), far_.end(), now.begin());
  if (!same || (limits_.size() > 1 && limits_ != before)) {
    for (Regression& objective : objectives_) objective.restart();
    for (Regression& spec : specs_) spec.restart();
    classified_ = classifier_fitted_ = 0;
    classifier_.reset();
    trees_.reset();
  }
  far_ = std::move(now);
}

bool Belief::far(const Observation& observation) const {
  return !observation.objectives.empty() && limits_.size() == 1 && observation.objectives.front() > limits_.front();
}

Belief::Data Belief::gather(const std::vector<Observation>& observations) const {
  Data data;
  data.objectives.resize(objectives_.size());
  data.excess.resize(specs_.size());
  data.told.resize(specs_.size());
  data.priors.resize(with_prior_ ? objectives_.size() : 0);
  for (const Observation& observation : observations) {
    const bool lost = observation.failed || far(observation);
    data.all.append(observation.features);
    data.passed.push_back(lost ? 0 : 1);
    data.any_failed = data.any_failed || lost;
    if (lost) continue;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (std::isnan(observation.excess[i])) continue;
      data.told[i].append(observation.features);
      data.excess[i].push_back(observation.excess[i]);
    }
    if (observation.objectives.empty()) continue;
    data.completed.append(observation.features);
    data.priors.resize(std::min(data.priors.size(), observation.priors.size()));
    for (std::size_t i = 0; i < data.priors.size(); ++i) data.priors[i].push_back(observation.priors[i]);
    for (std::size_t i = 0; i < objectives_.size(); ++i)
      data.objectives[i].push_back(seen(i, observation.objectives[i]));
    data.parts.resize(observation.parts.size());
    for (std::size_t i = 0; i < data.parts.size(); ++i) data.parts[i].push_back(observation.parts[i]);
  }
  return data;
}

void Belief::update(const std::vector<Observation>& observations, int threads) {
  find_limits(observations);
  const Data data = gather(observations);
  const std::size_t regressions = objectives_.size() + specs_.size();
  parallel_for(regressions + 1, threads, [&](std::size_t i) {
    if (i == 0 && sum_) {
      sum_->update(data.completed, data.parts);
    } else if (i < objectives_.size()) {
      objectives_[i].update(data.completed, data.objectives[i], data.prior(i));
    } else if (i < regressions) {
      specs_[i - objectives_.size()].update(data.told[i - objectives_.size()], data.excess[i - objectives_.size()]);
    } else if (data.any_failed && data.all.rows > classified_) {
      const bool due = classifier_fitted_ == 0 || data.all.rows <= 30 ||
                       static_cast<double>(data.all.rows) >= 1.1 * static_cast<double>(classifier_fitted_);
      std::vector<double> start;
      if (classifier_) start.assign(classifier_->parameters().begin(), classifier_->parameters().end());
      classify(data, due, std::move(start));
    }
  });
}

void Belief::classify(const Data& data, bool fit, std::vector<double> first_start) {
  if (options_.classifier == "off") return;
  classified_ = data.all.rows;
  if (options_.classifier == "trees") {
    trees_ = fit_trees(data.all, data.passed);
    return;
  }
  GaussianProcessModel latent = model(false);
  if (options_.kernel == "linear_noise") latent.kernel = features_.kernel("squared_exponential");
  latent.kernel.terms.push_back({});  // the base rate
  latent.length_location += classifier_stretch;
  ClassifierOptions options;
  options.shares = volumes_.shares(data.all);
  options.exact_size = options_.exact;
  options.first_start = std::move(first_start);
  if (fit)
    classifier_fitted_ = data.all.rows;
  else
    options.evaluations = 0;
  classifier_ = std::make_unique<FeasibilityClassifier>(latent, data.all, data.passed, options);
}

std::string Belief::memory() const {
  const auto entry = [](const RegressionMemory& memory) {
    return nlohmann::json{memory.rows, static_cast<int>(memory.transform), memory.parameters, memory.slopes};
  };
  const auto list = [&](const std::vector<Regression>& regressions) {
    nlohmann::json result = nlohmann::json::array();
    for (const Regression& regression : regressions) result.push_back(entry(regression.memory()));
    return result;
  };
  nlohmann::json result{{"objectives", list(objectives_)}, {"specs", list(specs_)}};
  if (sum_)
    for (const RegressionMemory& part : sum_->memory()) result["parts"].push_back(entry(part));
  result["classified"] = classifier_fitted_;
  if (classifier_)
    result["classifier"] = std::vector<double>(classifier_->parameters().begin(), classifier_->parameters().end());
  return result.dump();
}

void Belief::recall(const std::string& text, const std::vector<Observation>& observations, int threads) {
  const nlohmann::json memory = nlohmann::json::parse(text);
  find_limits(observations);
  const Data data = gather(observations);
  const auto read = [](const nlohmann::json& entry) {
    return RegressionMemory{entry.at(0), static_cast<OutputTransform::Kind>(entry.at(1).get<int>()), entry.at(2),
                            entry.at(3)};
  };
  const std::size_t regressions = objectives_.size() + specs_.size();
  parallel_for(regressions + 1, threads, [&](std::size_t i) {
    if (i == 0 && sum_) {
      std::vector<RegressionMemory> parts;
      for (const nlohmann::json& part : memory.value("parts", nlohmann::json::array())) parts.push_back(read(part));
      sum_->recall(parts, data.completed, data.parts);
    } else if (i < objectives_.size()) {
      objectives_[i].recall(read(memory.at("objectives").at(i)), data.completed, data.objectives[i], data.prior(i));
    } else if (i < regressions) {
      const std::size_t spec = i - objectives_.size();
      specs_[spec].recall(read(memory.at("specs").at(spec)), data.told[spec], data.excess[spec]);
    } else if (data.any_failed) {
      classify(data, false,
               memory.contains("classifier") ? memory["classifier"].get<std::vector<double>>() : std::vector<double>());
      classifier_fitted_ = memory.at("classified");
    }
  });
}

void Belief::relate(const std::vector<Observation>& study, int threads) {
  auto relative = std::make_unique<Belief>(features_, options_, static_cast<int>(objectives_.size()),
                                           static_cast<int>(specs_.size()), false);
  relative->update(study, threads);
  if (!relative->has_objectives()) return;
  relatives_.push_back(std::move(relative));
  const auto guide = [&](std::vector<Regression> Belief::*regressions) {
    for (std::size_t i = 0; i < (this->*regressions).size(); ++i) {
      std::vector<const Regression*> guides;
      for (const auto& other : relatives_) guides.push_back(&((*other).*regressions)[i]);
      (this->*regressions)[i].lean_on(std::move(guides));
    }
  };
  guide(&Belief::objectives_);
  guide(&Belief::specs_);
}

Outlook Belief::predict(const Matrix& points, const Guesses& priors) const {
  Outlook result;
  result.log_feasible.assign(points.rows, 0.0);
  result.log_success.assign(points.rows, 0.0);
  if (has_objectives() && sum_)
    result.objectives.push_back(sum_->predict(points));
  else if (has_objectives())
    for (std::size_t i = 0; i < objectives_.size(); ++i)
      result.objectives.push_back(objectives_[i].predict(
          points, i < priors.size() ? std::span<const double>(priors[i]) : std::span<const double>()));
  for (const Regression& spec : specs_) {
    if (!spec.ready()) continue;
    const Prediction prediction = spec.predict(points);
    for (std::size_t i = 0; i < points.rows; ++i)
      result.log_feasible[i] += log_feasibility(prediction.mean[i], prediction.variance[i]);
  }
  if (has_classifier()) {
    result.log_success = log_success(points);
    for (std::size_t i = 0; i < points.rows; ++i) result.log_feasible[i] += result.log_success[i];
  }
  return result;
}

std::vector<double> Belief::log_success(const Matrix& points) const {
  std::vector<double> result(points.rows, 0.0);
#ifdef DOVETAIL_XGBOOST
  if (trees_) {
    result = trees_->predict(rows_of(points));
    for (double& value : result) value = std::log(std::clamp(value, 1e-6, 1.0));
  }
#endif
  if (classifier_) {
    result = classifier_->scores(points);
    for (double& value : result) value = log_normal_cdf(value);
  }
  return result;
}

std::vector<double> Belief::success_anywhere(const Matrix& points) const {
  if (classifier_) return classifier_->probabilities(points, FeasibilityClassifier::Where::anywhere);
  std::vector<double> result = log_success(points);
  for (double& value : result) value = std::exp(value);
  return result;
}

OutlookGradient Belief::predict_gradient(std::span<const double> point) const {
  OutlookGradient result;
  result.feasible_gradient.assign(point.size(), 0.0);
  if (has_objectives())
    for (const Regression& objective : objectives_) result.objectives.push_back(objective.predict_gradient(point));
  // d log Phi(s) = phi(s) / Phi(s) ds.
  const auto add = [&](double score, std::span<const double> gradient) {
    const double log_cdf = log_normal_cdf(score), ratio = std::exp(log_normal_pdf(score) - log_cdf);
    result.log_feasible += log_cdf;
    for (std::size_t j = 0; j < point.size(); ++j) result.feasible_gradient[j] += ratio * gradient[j];
  };
  std::vector<double> gradient(point.size());
  for (const Regression& spec : specs_) {
    if (!spec.ready()) continue;
    const PredictionGradient at = spec.predict_gradient(point);
    const double sigma = std::sqrt(at.variance);
    for (std::size_t j = 0; j < point.size(); ++j)
      gradient[j] = -at.mean_gradient[j] / sigma + 0.5 * at.mean / (at.variance * sigma) * at.variance_gradient[j];
    add(-at.mean / sigma, gradient);
  }
  if (classifier_) {
    const double score = classifier_->score_gradient(point, gradient);
    add(score, gradient);
    result.log_success = log_normal_cdf(score);
  }
  return result;
}

std::vector<double> Belief::expected_violation(const Matrix& points) const {
  std::vector<double> result(points.rows, 0.0);
  for (const Regression& spec : specs_) {
    if (!spec.ready()) continue;
    const Prediction prediction = spec.predict(points);
    for (std::size_t i = 0; i < points.rows; ++i)
      result[i] += std::exp(log_expected_improvement(-prediction.mean[i], prediction.variance[i], 0.0));
  }
  const std::vector<double> success = log_success(points);
  for (std::size_t i = 0; i < points.rows; ++i) result[i] -= success[i];
  return result;
}

void Belief::believe(std::span<const double> point) {
  if (sum_ && sum_->ready()) sum_->believe(point);
  for (Regression& objective : objectives_) objective.believe(point);
  for (Regression& spec : specs_) spec.believe(point);
}

void Belief::forget() {
  if (sum_) sum_->forget();
  for (Regression& objective : objectives_) objective.forget();
  for (Regression& spec : specs_) spec.forget();
}

}  // namespace dovetail
