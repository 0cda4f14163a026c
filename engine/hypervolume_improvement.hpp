// Expected hypervolume improvement for two objectives, in the log.
#pragma once

#include <array>
#include <vector>

namespace dovetail {

/// One vector of two objectives, both minimised.
using Objectives = std::array<double, 2>;

/// The non-dominated points, ascending in the first objective.
std::vector<Objectives> pareto_front(std::vector<Objectives> points);

/// Area dominated by the front and bounded by the reference point.
double hypervolume(const std::vector<Objectives>& front, const Objectives& reference);

/// log E[increase of the hypervolume] for independent normal objectives. With the front f_1 < ... < f_n (ascending in the
/// first objective), a_i its first objectives, a_{n+1} the reference's, and h_i the height of the staircase left of a_i:
///
///     EHVI = sum_i (EI_1(a_i) - EI_1(a_{i-1})) EI_2(h_i),   EI_k(b) = E[max(0, b - f_k)],  EI_1(a_0) = 0
///
/// exact and O(n), after Emmerich et al. 2011 and Yang et al. 2019; log form as in Ament et al., NeurIPS 2023 (LogEHVI).
double log_hypervolume_improvement(const Objectives& mean, const Objectives& variance,
                                   const std::vector<Objectives>& front, const Objectives& reference);

}  // namespace dovetail
