// Every feasible point of a finite space: in lexicographic order, or by lower bound until the bounds prove the best.
#pragma once

#include <dovetail/engine/design/designer.hpp>

namespace dovetail {

/// With a lower bound in the context and one objective, points come in ascending order of their bounds (at most 2^20
/// points; larger spaces are listed as they come), and none comes once the least bound left is not below the best
/// feasible objective told: what was not suggested cannot be better. No options. Throws std::invalid_argument when the
/// space has a real parameter.
std::unique_ptr<Designer> make_exhaustive_designer(const DesignerContext& context);

}  // namespace dovetail
