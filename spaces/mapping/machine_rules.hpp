// What the memories of an imported machine keep, as rules of the map space of a layer.
#pragma once

#include <dovetail/accelerators/import/imported_machine.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// The operand that each tensor of a layer is: the written one the result; of the read ones the one called Weights or
/// W (case free) the weights, without such a name the last of two or more; the others inputs.
std::vector<Operand> operands_of(const Layer& layer);

/// Every level keeps exactly the tensors whose operand it keeps; a level that keeps nothing has no temporal loops
/// either. Empty where the machine does not say (ImportedMachine::keeps).
MappingRules machine_rules(const std::vector<unsigned>& keeps, const Layer& layer);

}  // namespace dovetail
