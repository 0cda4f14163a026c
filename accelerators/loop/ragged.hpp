// Words moved by imperfect factors: loops whose last iteration is smaller (Ruby, Horeni et al., ISPASS 2022).
//
// A dimension of extent E is cut by a chain of factors f_1 (innermost) .. f_k whose product may exceed E: loop j runs
// over tiles of f_1 .. f_{j-1}, ceil(remaining / tile) of them, and the last tile is what is left. Semantics here:
// - Control is nominal: loops, jumps and the reuse rule of traffic.hpp are those of the full factors, as if every loop
//   ran f_j times; a remainder of one trip still counts as a loop. Tiles are clipped: a tile holds min(tile, E - base)
//   indices, and a tile beyond E is not there at all (no words, no work).
// - A tile that slides is clipped against its predecessor, which is full along the dimension that stepped.
// - Spatial remainders: instances beyond the edge idle in that step, instances on the edge hold smaller tiles. Sums are
//   exact over all instances; what is reported per instance is their mean, rounded up.
// - Children whose windows share data (spatial halos with equal offsets) share in the proportion of full tiles.
// - Compute cycles are the product of the temporal factors (rounded-up trips); utilization counts real operations.
// With perfect factors all of this is the perfect model.
#pragma once

#include <dovetail/accelerators/loop/shape.hpp>
#include <dovetail/accelerators/loop/traffic.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>

namespace dovetail {

/// Words through the boundary under a level over the run, summed over all its instances.
struct RaggedWords {
  std::int64_t delivered = 0;  ///< received by the children
  std::int64_t injected = 0;   ///< sent by the level: words for children with equal data count once
};

RaggedWords ragged_words(const LoopShape& shape, const ShapeTensor& tensor, const PackedMapping& mapping,
                         const Tiling& tiling, int level, CheckedArithmetic& exact);

/// Whether the factors of a dimension cover its extent without an iteration of the outermost loop to spare.
bool covers(const LoopShape& shape, const PackedMapping& mapping, int dimension);

}  // namespace dovetail
