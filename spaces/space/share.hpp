// A share of something, estimated from independent draws.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace dovetail {

/// hits / draws with its 95 % interval.
struct Share {
  double share = 0.0, low = 0.0, high = 1.0;
  std::int64_t draws = 0;
};

/// Wilson's score interval (E. B. Wilson, "Probable inference", JASA 1927):
/// (p + z2 / 2n -+ z sqrt(p (1 - p) / n + z2 / 4n^2)) / (1 + z2 / n). Without draws nothing is known: [0, 1].
inline Share share_of(std::int64_t hits, std::int64_t draws) {
  Share result;
  result.draws = draws;
  if (draws <= 0) return result;
  const double n = static_cast<double>(draws), p = static_cast<double>(hits) / n, z = 1.959964, z2 = z * z / n;
  const double middle = (p + z2 / 2) / (1 + z2), half = z / (1 + z2) * std::sqrt(p * (1 - p) / n + z2 / (4 * n));
  result.share = p;
  result.low = hits == 0 ? 0.0 : std::max(0.0, middle - half);
  result.high = hits == draws ? 1.0 : std::min(1.0, middle + half);
  return result;
}

}  // namespace dovetail
