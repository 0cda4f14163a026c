// Constraints of Timeloop as rules of the map space.
#pragma once

#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>

namespace dovetail {

/// What the constraints of a design allow: kept and bypassed tensors, fixed factors per slot, and the innermost
/// temporal loops in the order of a permutation. A spatial factor may run along X or Y; one of 1 forbids both. A fixed
/// factor above 1 without a split is a note, not a rule.
MappingRules timeloop_rules(const TimeloopDesign& design, std::vector<Remark>& remarks, Diagnostics& diagnostics);

}  // namespace dovetail
