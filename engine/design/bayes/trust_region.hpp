// A trust region: how far from the best point to search, learned from success and failure.
#pragma once

#include <algorithm>

namespace dovetail {

/// TuRBO's counters (Eriksson et al., NeurIPS 2019; with constraints Eriksson & Poloczek, AISTATS 2021): the length
/// doubles after `success_limit` improvements in a row, halves after `failure_limit` rounds without, and a region
/// shorter than `smallest` has collapsed: start again elsewhere. Lengths are shares of each ordered number's range; of
/// the unordered parameters about the same share may differ from the centre (a Hamming radius).
struct TrustRegion {
  static constexpr double largest = 1.6, initial = 0.8, smallest = 0.0078125;
  static constexpr int success_limit = 3;
  double length = initial;
  int successes = 0, failures = 0;

  /// One more outcome; `failure_limit` is by custom the dimension over the batch, at least 4.
  void record(bool improved, int failure_limit) {
    successes = improved ? successes + 1 : 0;
    failures = improved ? 0 : failures + 1;
    if (successes >= success_limit) length = std::min(2.0 * length, largest), successes = 0;
    if (failures >= failure_limit) length *= 0.5, failures = 0;
  }
  bool collapsed() const { return length < smallest; }
};

}  // namespace dovetail
