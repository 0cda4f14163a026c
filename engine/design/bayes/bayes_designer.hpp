// Constrained Bayesian optimization over mixed spaces with known, measured and hidden constraints.
#pragma once

#include <memory>

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// The designer `bayes`. Each suggestion:
///
///     1. while few outcomes are known: the centre of the space, then feasible points far from all others
///     2. beliefs: a Gaussian process per objective and per spec (bilog of its excess), a classifier for failures
///     3. nothing feasible known: the least expected violation of the specs or, every third time, the most
///        probably feasible
///        point; while only failures are known the most probable weighed by novelty and, every second time, centrality
///        otherwise: the largest log EI + log P(feasible), from `many` length scales every second time the least value
///        of a sample path where sampled constraints hold, near the best point (options: LCB, Thompson; two or three
///        objectives: log EHVI; more: random Chebyshev weights as in ParEGO, Knowles 2006)
///     4. the point is pending: the beliefs take its prediction for its outcome, so that the next suggestion
///        goes elsewhere
///
/// Gaussian processes are exact to `exact` outcomes (2000), then local (`local_rows` in regression.hpp); their
/// parameters are sought on at most 1000. Related studies (`related` of the context) lend their regressions' means as
/// long as they predict, and their best points are tried first.
///
/// Options: bayes_options.hpp. Trials told without being asked for (other studies, hot starts) count like any other.
std::unique_ptr<Designer> make_bayes_designer(const DesignerContext& context);

}  // namespace dovetail
