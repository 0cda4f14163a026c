// Timeloop's cost model of a mapping, complete: counts, energy, cycles, networks, and what a design breaks.
#pragma once

#include <string>

#include <dovetail/accelerators/evaluator.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>

namespace dovetail {

/// What the model is asked to accept beyond Timeloop.
struct LoopOptions {
  bool imperfect_factors = false;  ///< factors may exceed an extent; counts as stated in ragged.hpp
};

/// The loop model: every transfer overlaps perfectly with computation, tiles are bounding boxes, reuse follows the walk
/// of traffic.hpp. Equal to NVlabs/timeloop 4cf6d4c on counts and cycles, energy to rounding. For search use LoopPlan
/// (loop_plan.hpp): the same energy_pj and cycles, bit for bit, some hundred times faster.
///
/// Counts are words of the tensor per instance. What Timeloop leaves out and this model adds, all neutral by default:
/// - Tensor::word_bits: a tensor word occupies word_bits / level word_bits words of the memory, packed; capacity, block
///   accesses and bandwidth follow.
/// - Compute::adder_energy_pj: per temporal reduction (counted at the level) and per spatial reduction (in the
/// network).
/// - idle_pj_per_cycle of the units and of a level's instances: x cycles, in compute_energy_pj and with the leakage.
/// - Level::gated_by: reads and updates there count for the share of multiplications whose named operands are not zero.
/// - Tensor::density: expected values. Zeros gate: an access costs energy x density of its tensor, a
///   multiply-accumulate energy x product of the densities of the tensors read; time and capacity stay dense.
///
/// Energies add up exactly: energy_pj == compute_energy_pj + levels[0].energy_pj + ... + networks[0].energy_pj + ...,
/// summed in this order.
///
/// Violations: "levels" (the mapping has another number of levels), "loops" (a loop over an unknown or repeated
/// dimension or with a factor below 1), "factors" (product of a dimension's factors, extent; with imperfect factors
/// only a product that is too small or has a whole iteration to spare), "keep" (the outermost
/// level must keep every tensor), "depth" (uneven placement:
/// loops outside a tile, loops there are; 0 for a tensor that is not kept and for the outermost level), "capacity",
/// "min_utilization" (words), "instances", "mesh_x", "mesh_y" (used,
/// existing; of all instances, or of the children of one, which spreads its loops over its own only), "overflow" (a
/// count exceeds 2^63 - 1).
class LoopModel : public Evaluator {
 public:
  explicit LoopModel(LoopOptions options = {}) : options_(options) {}
  std::string name() const override { return "loop"; }
  Evaluation evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const override;
  Evaluation evaluate(const Layer& layer, const Architecture& architecture, const PackedMapping& mapping) const;

 private:
  LoopOptions options_;
};

}  // namespace dovetail
