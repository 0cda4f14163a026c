// What surrounds the best design of a study: the limits it meets, its runner-ups, and which parameters matter.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <dovetail/engine/codesign/codesign.hpp>

namespace dovetail {

/// The limits that a design meets: specs of which it uses at least 98 %, parameters at an end of their range, and
/// inequalities of the space that one step of one parameter would break.
std::vector<std::string> binding_limits(const Codesign& codesign, const DesignPoint& design);

/// From the rows of a study's trials (a list of trial_json) and its best design:
///
///     runner_ups  the next feasible trials: {id, objective, over_best: their objective over the best's, differs:
///     {parameter:
///                 value}}, least objective first, at most five
///     effects     {parameter, explains, values, median_over_best}, the largest first: the share of the variance of the
///                 logarithm of the objective that a parameter's value explains by itself (epsilon squared, Kelley
///                 1935, in at most four classes of about as many trials), the class of values with the least median
///                 objective, and that median over the best. Trials are where the search went, not a fair sample. Empty
///                 below eight feasible trials.
nlohmann::ordered_json review_json(const nlohmann::ordered_json& best, const nlohmann::ordered_json& trials,
                                   const std::vector<std::string>& parameters);

/// The limits, runner-ups and effects of a result for people; empty where there are none.
std::string review_text(const nlohmann::ordered_json& result);

}  // namespace dovetail
