// Medians, ranges and intervals over seeds.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/spaces/space/random.hpp>

namespace jobs {

using namespace dovetail;
using Json = nlohmann::ordered_json;
using Numbers = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();

// Linear between order statistics; beside an infinite one the upper of the two.
inline double quantile(Numbers values, double share) {
  std::sort(values.begin(), values.end());
  const double at = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at), high = std::min(values.size() - 1, low + 1);
  if (at == static_cast<double>(low)) return values[low];
  if (!std::isfinite(values[low]) || !std::isfinite(values[high])) return values[high];
  return values[low] + (at - static_cast<double>(low)) * (values[high] - values[low]);
}

// A 95 % interval of the median: percentiles of the medians of 2000 resamples.
inline std::pair<double, double> median_interval(const Numbers& values) {
  Random random(1, {0x626f6f74});
  Numbers medians;
  for (int round = 0; round < 2000; ++round) {
    Numbers sample;
    for (std::size_t i = 0; i < values.size(); ++i) sample.push_back(values[random.below(values.size())]);
    medians.push_back(quantile(sample, 0.5));
  }
  return {quantile(medians, 0.025), quantile(medians, 0.975)};
}

inline std::string range(const Numbers& values) {
  return fmt::format("{:.4e} [{:.4e}, {:.4e}]", quantile(values, 0.5), quantile(values, 0.0), quantile(values, 1.0));
}

inline Json summary(const Numbers& values) {
  Json all = Json::array();
  for (const double value : values) all.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
  return {{"median", quantile(values, 0.5)},
          {"low", quantile(values, 0.0)},
          {"high", quantile(values, 1.0)},
          {"seeds", std::move(all)}};
}

}  // namespace jobs
