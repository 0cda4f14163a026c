// Fitting of output transforms: medians, spreads and a golden-section search for lambda.
#include <dovetail/surrogates/output_transform.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace dovetail {
namespace {

double quantile(std::vector<double> sorted, double share) {
  if (sorted.empty()) return 0.0;
  return sorted[static_cast<std::size_t>(std::lround(share * static_cast<double>(sorted.size() - 1)))];
}

double yeo_johnson(double y, double lambda) {
  if (y >= 0.0) return std::abs(lambda) < 1e-9 ? std::log1p(y) : (std::pow(1.0 + y, lambda) - 1.0) / lambda;
  const double mirrored = 2.0 - lambda;
  return std::abs(mirrored) < 1e-9 ? -std::log1p(-y) : -(std::pow(1.0 - y, mirrored) - 1.0) / mirrored;
}

double yeo_johnson_inverse(double z, double lambda) {
  if (z >= 0.0)
    return std::abs(lambda) < 1e-9 ? std::expm1(z) : std::pow(std::max(1.0 + lambda * z, 1e-300), 1.0 / lambda) - 1.0;
  const double mirrored = 2.0 - lambda;
  return std::abs(mirrored) < 1e-9 ? -std::expm1(-z)
                                   : 1.0 - std::pow(std::max(1.0 - mirrored * z, 1e-300), 1.0 / mirrored);
}

// 1, or the power of two that brings the largest output near 1.
double unit_of(std::span<const double> outputs) {
  double largest = 0.0;
  for (const double output : outputs) largest = std::max(largest, std::abs(output));
  if (largest == 0.0 || !std::isfinite(largest) || (largest <= 1e100 && largest >= 1e-100)) return 1.0;
  return std::ldexp(1.0, std::clamp(-std::ilogb(largest), -1000, 1000));
}

struct Moments {
  double mean = 0.0, deviation = 1.0;
};

Moments moments(std::span<const double> values) {
  Moments result;
  if (values.empty()) return result;
  for (const double value : values) result.mean += value;
  result.mean /= static_cast<double>(values.size());
  double square = 0.0;
  for (const double value : values) square += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(square / static_cast<double>(values.size()));
  const double size = std::max(1e-300, std::abs(result.mean));
  if (!(result.deviation > 1e-12 * size)) result.deviation = size;
  return result;
}

}  // namespace

double bilog(double value) {
  return std::copysign(std::log1p(std::abs(value)), value);
}

double OutputTransform::shape(double raw) const {
  const double output = raw * unit_;
  switch (kind_) {
    case Kind::identity:
      return output;
    case Kind::log:
      return std::log(std::max(output, 1e-300));
    case Kind::power:
      return yeo_johnson((output - centre_) / spread_, lambda_);
    case Kind::bilog:
      return bilog(output / spread_);
  }
  return output;
}

OutputTransform OutputTransform::fit(Kind kind, std::span<const double> raw) {
  OutputTransform result;
  result.kind_ = kind;
  if (raw.empty()) return result;
  const double unit = unit_of(raw);
  std::vector<double> outputs(raw.begin(), raw.end());
  for (double& output : outputs) output *= unit;
  std::vector<double> sorted(outputs.begin(), outputs.end());
  std::sort(sorted.begin(), sorted.end());
  const double count = static_cast<double>(outputs.size());
  const auto likelihood = [&](double lambda) {
    result.lambda_ = lambda;
    std::vector<double> image;
    double jacobian = 0.0;
    for (const double y : outputs) {
      image.push_back(result.shape(y));
      const double z = (y - result.centre_) / result.spread_;
      if (kind == Kind::log) jacobian -= std::log(std::max(y, 1e-300));
      if (kind == Kind::power)
        jacobian +=
            (z >= 0.0 ? (lambda - 1.0) * std::log1p(z) : (1.0 - lambda) * std::log1p(-z)) - std::log(result.spread_);
    }
    return jacobian - count * std::log(moments(image).deviation);
  };
  if (kind == Kind::power) {
    result.centre_ = quantile(sorted, 0.5);
    result.spread_ = 0.7413 * (quantile(sorted, 0.75) - quantile(sorted, 0.25));  // normal-consistent
    if (!(result.spread_ > 0.0)) result.spread_ = moments(outputs).deviation;
    double low = -1.0, high = 2.0;
    const double golden = 0.6180339887498949;
    for (int step = 0; step < 40; ++step) {
      const double a = high - golden * (high - low), b = low + golden * (high - low);
      if (likelihood(a) > likelihood(b))
        high = b;
      else
        low = a;
    }
    result.log_likelihood_ = likelihood(0.5 * (low + high));
  } else if (kind == Kind::bilog) {
    std::vector<double> sizes;
    for (const double y : outputs) sizes.push_back(std::abs(y));
    std::sort(sizes.begin(), sizes.end());
    // The typical size of small values: one near the boundary should look linear, ones far away logarithmic.
    result.spread_ = quantile(sizes, 0.25);
    if (!(result.spread_ > 0.0)) result.spread_ = std::max(moments(sizes).mean, 1e-300);
  } else {
    result.log_likelihood_ = likelihood(1.0);
  }
  std::vector<double> image;
  for (const double y : outputs) image.push_back(result.shape(y));
  const Moments own = moments(image);
  result.unit_ = unit;
  result.location_ = kind == Kind::bilog ? 0.0 : own.mean;
  result.scale_ = own.deviation;
  if (kind == Kind::bilog) {
    double square = 0.0;
    for (const double value : image) square += value * value;
    result.scale_ = square > 0.0 ? std::sqrt(square / count) : 1.0;
  }
  return result;
}

std::vector<OutputTransform> OutputTransform::candidates(std::span<const double> outputs) {
  const bool positive = std::all_of(outputs.begin(), outputs.end(), [](double y) { return y > 0.0; });
  return {fit(Kind::identity, outputs), fit(positive ? Kind::log : Kind::power, outputs)};
}

OutputTransform OutputTransform::best(std::span<const double> outputs) {
  const std::vector<OutputTransform> all = candidates(outputs);
  if (outputs.size() < 4) return all[1].kind_ == Kind::log && outputs.size() > 1 ? all[1] : all[0];
  OutputTransform chosen = all.front();
  for (const OutputTransform& other : all)  // one free parameter more has to earn its keep (Akaike)
    if (other.log_likelihood_ > chosen.log_likelihood_ + other.parameters()) chosen = other;
  return chosen;
}

double OutputTransform::forward(double output) const {
  return (shape(output) - location_) / scale_;
}

double OutputTransform::inverse(double value) const {
  const double shaped = value * scale_ + location_;
  switch (kind_) {
    case Kind::identity:
      return shaped / unit_;
    case Kind::log:
      return std::exp(shaped) / unit_;
    case Kind::power:
      return (centre_ + spread_ * yeo_johnson_inverse(shaped, lambda_)) / unit_;
    case Kind::bilog:
      return spread_ * std::copysign(std::expm1(std::abs(shaped)), shaped) / unit_;
  }
  return shaped;
}

}  // namespace dovetail
