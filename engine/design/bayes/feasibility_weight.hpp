// Probability of feasibility in the log, and how it joins an acquisition.
#pragma once

#include <dovetail/surrogates/numeric/standard_normal.hpp>

#include <cmath>

namespace dovetail {

/// log P(c <= 0) for a constraint value c that is normal: log Phi(-mean / sigma). Constrained expected improvement adds
/// it to log EI (Schonlau et al. 1998; Gardner et al., ICML 2014; LogCEI in Ament et al., NeurIPS 2023).
inline double log_feasibility(double mean, double variance) {
  return log_normal_cdf(-mean / std::sqrt(variance));
}

/// log acquisition + log P(feasible), with a minimum probability of success (of not failing in a way that only a
/// classifier knows) below which no promise counts: there the value is so low that any point above the threshold wins,
/// and among points below it the more probable one ("hidden constraints" strategies compared in Tfaily et al., arXiv
/// 2504.08721). Measured constraints need no threshold: it would forbid to look for other feasible islands.
inline double weigh_by_feasibility(double log_acquisition, double log_probability, double log_success,
                                   double log_threshold) {
  constexpr double below = -1e6;
  return log_success >= log_threshold ? log_acquisition + log_probability : below + log_probability;
}

}  // namespace dovetail
