// Evolution over the feasible set: tournaments, uniform crossover, mutation by feasible neighbours.
#pragma once

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// A steady-state genetic search with Deb's ranking of constrained points (CMAME 186, 2000): feasible before
/// infeasible before failed; among feasible the smaller objective (several objectives: dominated by fewer),
/// among infeasible the smaller violation. The parents are the best `population` trials so far.
///
/// Options: `population` (24), `tournament` (3), `crossover` (0.5, its probability).
std::unique_ptr<Designer> make_evolution_designer(const DesignerContext& context);

}  // namespace dovetail
