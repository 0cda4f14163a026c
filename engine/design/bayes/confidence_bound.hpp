// The lower confidence bound.
#pragma once

#include <cmath>

namespace dovetail {

/// mean - lambda sigma: the smaller the more promising (Cox & John 1992; lambda given as in Shi et al. 2020, who use
/// 1).
inline double lower_confidence_bound(double mean, double variance, double lambda) {
  return mean - lambda * std::sqrt(variance);
}

}  // namespace dovetail
