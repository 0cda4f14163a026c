// Boosted trees as the surrogate, simulated annealing as the optimizer: the way TVM tunes, as a baseline.
#pragma once

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// After T. Chen et al., "Learning to Optimize Tensor Programs" (NeurIPS 2018, arXiv 1805.08166): gradient-boosted
/// trees (XGBoost's library) regress the logarithm of the objective on the point's numbers and its features; parallel
/// annealing chains over feasible neighbours look for small predictions; a share epsilon of every batch is random.
/// Trials that fail or break a spec count as worse than the worst feasible one. With several objectives the first
/// counts.
///
/// Options: `warmup` (10 random trials), `rounds` (60 trees), `depth` (4), `chains` (32), `steps` (60 moves of a
/// chain), `epsilon` (0.05). Exists only where the library was found when building.
std::unique_ptr<Designer> make_trees_designer(const DesignerContext& context);

}  // namespace dovetail
