// What a study wants, written by users: objectives and specs.
#pragma once

#include <dovetail/engine/record/trial.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// The goal of
///
///     goal:
///       objectives: [{metric: edp, minimize: true}]
///       specs: [{metric: area, max: 4e6}, {metric: accuracy, min: 0.9}]
///
/// `minimize` is true where absent; a spec needs max, min or both. Mistakes are located errors in `diagnostics`.
Goal read_goal(const Node& document, Diagnostics& diagnostics);

}  // namespace dovetail
