// Multiple-choice knapsack, exact: one option per group, least loss, weight within a limit.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace dovetail {

/// One way to treat a group: what it loses, what it weighs. Losses may be negative.
struct KnapsackOption {
  double loss = 0.0, weight = 0.0;
};

struct KnapsackChoice {
  double loss = 0.0, weight = 0.0;
  std::vector<std::size_t> options;  ///< one per group
};

/// The least weight that any choice has, by groups.
double least_weight(const std::vector<std::vector<KnapsackOption>>& groups);

/// The choice with the least loss whose weight is at most the limit (within 1e-12 of it), and of those the lightest;
/// none when there is no such choice, or none with less loss than `cutoff`. Labels (loss, weight) of the first groups,
/// where each is cheaper or better than every other, bounded by what the groups left can reach: the linear relaxation
/// is a bound (Sinha & Zoltners, "The multiple-choice knapsack problem", 1979).
std::optional<KnapsackChoice> choose(const std::vector<std::vector<KnapsackOption>>& groups, double limit,
                                     std::optional<double> cutoff = {});

}  // namespace dovetail
