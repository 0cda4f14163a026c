// Whether a point next to known outcomes succeeds, told by distance alone.
#pragma once

#include <span>
#include <vector>

namespace dovetail {

/// log P(success) = -log(1 + (1.5 d_success / d_failure)^4), d the distances to the nearest success and to the nearest
/// failure: one half where the success is two fifths of the way to the failure. It has no length scale to be learned,
/// so it stays sharp where the successes are a film far thinner than the distances between most outcomes: between a
/// success and a failure it halves the way like a line search, where nothing failed yet it lets steps grow, and a
/// direction that failed is shut. (A soft form of the nearest-neighbour rule: Cover & Hart, IEEE Transactions on
/// Information Theory 13, 1967. The two numbers are ours: of 1, 1.5 and 2 and the powers 2, 3 and 4 these left the
/// least behind on eleven thin problems.)
class NearestOutcome {
 public:
  /// Learns outcomes by their features; a pending point counts as a failure, so that the next suggestion goes
  /// elsewhere.
  void add(std::span<const double> features, bool success) {
    (success ? successes_ : failures_).emplace_back(features.begin(), features.end());
  }
  double log_success(std::span<const double> features) const;

 private:
  std::vector<std::vector<double>> successes_, failures_;
};

}  // namespace dovetail
