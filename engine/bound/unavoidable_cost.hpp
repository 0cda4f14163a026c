// What no mapping can avoid on a machine: operations, first touches of every element, the operands of every operation.
#pragma once

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// Lower bounds of a layer's energy and cycles over all mappings on a machine, under the loop model.
struct CompulsoryCost {
  double energy_pj = 0.0;
  double cycles = 0.0;
};

/// Under the loop model with perfect factors, energy is at least
///     operations   MACs x energy per operation x densities of the operands
///     outermost    every element that is used crosses the outermost memory once
///     innermost    every operation takes each operand from, and adds its result to, some level that may hold it;
///                  a word
///                  read there serves at most the product of the fan-outs below
/// and cycles are at least MACs over compute units, and the outermost words over its bandwidth. Clusters share
/// accesses, so energies are divided by the cluster size. Costs a microsecond.
CompulsoryCost compulsory_cost(const Layer& layer, const Architecture& architecture, const MappingRules& rules);

/// Elements of a tensor that some operation uses, at least: coordinates i a + j b on an axis count exactly, sums of
/// more terms by their longest dimension.
double used_elements(const Layer& layer, const Tensor& tensor);

}  // namespace dovetail
