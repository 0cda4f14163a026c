// From a layer, a machine and a mapping to the event table.
#pragma once

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/cycle/event_table.hpp>
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// The table of a mapping that the loop model finds legal. Streams join the levels that keep a tensor; tile deltas and
/// multicast groups follow traffic.hpp, so that counted words equal the loop model's on machines that reload on change
/// and spill. A tensor that the innermost level does not keep is read by the array from the first level that does, as
/// part of the step.
EventTable nest_events(const Layer& layer, const Architecture& architecture, const PackedMapping& mapping,
                       const Machine& machine);

/// The layer whose extents are what the factors multiply to: with factors that need not divide, control is that of full
/// tiles (ragged.hpp), so a clipped tile takes the time of a full one.
Layer covered_layer(const Layer& layer, const PackedMapping& mapping);

}  // namespace dovetail
