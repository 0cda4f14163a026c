// Scores of probabilities and the two-parameter recalibration.
#include <dovetail/surrogates/calibration.hpp>

#include <algorithm>
#include <cmath>

#include <dovetail/surrogates/numeric/standard_normal.hpp>

namespace dovetail {

double brier_score(std::span<const double> probability, std::span<const char> outcome) {
  double total = 0.0;
  for (std::size_t i = 0; i < outcome.size(); ++i) total += std::pow(probability[i] - (outcome[i] ? 1.0 : 0.0), 2);
  return outcome.empty() ? 0.0 : total / static_cast<double>(outcome.size());
}

double base_rate_brier(std::span<const char> outcome) {
  if (outcome.empty()) return 0.0;
  const double rate =
      static_cast<double>(std::count_if(outcome.begin(), outcome.end(), [](char o) { return o != 0; })) /
      static_cast<double>(outcome.size());
  return rate * (1.0 - rate);
}

double log_loss(std::span<const double> probability, std::span<const char> outcome) {
  double total = 0.0;
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    const double p = std::clamp(probability[i], 1e-12, 1.0 - 1e-12);
    total -= std::log(outcome[i] ? p : 1.0 - p);
  }
  return outcome.empty() ? 0.0 : total / static_cast<double>(outcome.size());
}

std::vector<ReliabilityBin> reliability(std::span<const double> probability, std::span<const char> outcome, int bins) {
  std::vector<ReliabilityBin> result(static_cast<std::size_t>(bins));
  for (int b = 0; b < bins; ++b) {
    result[static_cast<std::size_t>(b)].low = static_cast<double>(b) / bins;
    result[static_cast<std::size_t>(b)].high = static_cast<double>(b + 1) / bins;
  }
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    const int bin = std::clamp(static_cast<int>(probability[i] * bins), 0, bins - 1);
    ReliabilityBin& own = result[static_cast<std::size_t>(bin)];
    ++own.count;
    own.predicted += probability[i];
    own.observed += outcome[i] ? 1.0 : 0.0;
  }
  for (ReliabilityBin& bin : result)
    if (bin.count > 0) bin.predicted /= bin.count, bin.observed /= bin.count;
  return result;
}

PlattScaling fit_platt(std::span<const double> score, std::span<const char> outcome, const PlattOptions& options) {
  PlattScaling result;
  const auto weight = [&](std::size_t i) { return options.weights.empty() ? 1.0 : options.weights[i]; };
  const auto loss = [&](const PlattScaling& scaling) {
    double total = 0.5 * options.slope_strength * std::pow(scaling.slope - 1.0, 2) +
                   0.5 * options.offset_strength * std::pow(scaling.offset, 2);
    for (std::size_t i = 0; i < score.size(); ++i) {
      const double z = scaling.slope * score[i] + scaling.offset;
      total -= weight(i) * log_normal_cdf(outcome[i] ? z : -z);
    }
    return total;
  };
  double value = loss(result);
  for (int step = 0; step < 20; ++step) {
    double g0 = options.slope_strength * (result.slope - 1.0), g1 = options.offset_strength * result.offset;
    double h00 = options.slope_strength, h01 = 0.0, h11 = options.offset_strength;
    for (std::size_t i = 0; i < score.size(); ++i) {
      const double z = result.slope * score[i] + result.offset, sign = outcome[i] ? 1.0 : -1.0;
      const double ratio = std::exp(log_normal_pdf(z) - log_normal_cdf(sign * z));
      const double slope = -weight(i) * sign * ratio, curvature = weight(i) * ratio * (ratio + sign * z);
      g0 += slope * score[i];
      g1 += slope;
      h00 += curvature * score[i] * score[i];
      h01 += curvature * score[i];
      h11 += curvature;
    }
    const bool held = options.only_lower && result.offset >= 0.0 && g1 < 0.0;  // the offset is at its bound
    const double determinant = h00 * h11 - h01 * h01;
    const double d0 = held ? g0 / h00 : (h11 * g0 - h01 * g1) / determinant;
    const double d1 = held ? 0.0 : (h00 * g1 - h01 * g0) / determinant;
    double size = 1.0;
    PlattScaling next = result;
    double next_value = value;
    for (int halving = 0; halving < 12; ++halving, size *= 0.5) {
      next = {std::max(0.05, result.slope - size * d0), result.offset - size * d1};
      if (options.only_lower) next.offset = std::min(next.offset, 0.0);
      next_value = loss(next);
      if (next_value <= value) break;
    }
    const double gain = value - next_value;
    if (!(gain > 0.0)) break;
    result = next;
    value = next_value;
    if (gain < 1e-9 * (1.0 + std::abs(value))) break;
  }
  return result;
}

}  // namespace dovetail
