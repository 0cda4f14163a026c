// Uneven placement as a machine: every memory becomes a stack of parts, one per tensor, with the memory's loops
// between.
#pragma once

#include <optional>
#include <vector>

#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// A tensor at depth d of a memory's loops is stored where the memory's block is cut after its outermost d loops. Cut
/// the block at every tensor's depth: the memory is then a stack of parts, each of which stores one tensor and has the
/// loops up to the next cut. Words move between a part and the tensor's next holder as between levels, at the memory's
/// prices; the parts share the memory's words and its ports. Parts without loops between them say that two tensors have
/// the same depth, so that one order of the tensors stands for all depths that ascend in it. Loops outside the tiles of
/// all tensors belong to the next memory as well, unless a fan-out between makes a difference: then the outermost part
/// stores nothing.
struct StackedMachine {
  MapRequest request;       ///< the layer on the stacked machine; its keep sets are in the rules
  std::vector<int> memory;  ///< per level of it: the level of the machine itself
  /// The mapping of the machine itself that a mapping of the stacked one stands for. No dimension may have loops in two
  /// parts of one memory.
  PackedMapping restore(const PackedMapping& stacked) const;
};

/// The stacked machines that together stand for every uneven mapping of a request: one per order of the tensors in each
/// memory that may store several and has loops. The outermost memory is not stacked: nothing is outside it. Nor are
/// memories whose loops have a given order or a least factor, memories with a least utilization, and those for which
/// there is no room among `max_levels`; `whole` is then false.
struct StackedMachines {
  std::vector<StackedMachine> all;
  bool whole = true;
};
StackedMachines stacked_machines(const MapRequest& request);

}  // namespace dovetail
