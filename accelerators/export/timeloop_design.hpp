// Machines and mappings as Timeloop documents (v0.4): architecture, energy and area tables, mapping.
#pragma once

#include <string>
#include <vector>

#include <dovetail/accelerators/mapping/mapping.hpp>

namespace dovetail {

/// `architecture`, `ERT` and `ART`: every level and the compute units with their meshes, widths, capacities,
/// bandwidths, and energies per block. Below each level that fans out stand two containers, `NAME_y` and
/// `NAME_x`, so that a mapping may unroll a dimension along both. Throws InputError for what Timeloop cannot
/// say: energies of networks and routers, latencies of networks, the capacity of a DRAM.
std::string timeloop_architecture(const Architecture& architecture);

/// `mapping`: what each level keeps, its temporal loops and the spatial ones of its containers, as
/// timeloop_architecture names them. Throws InputError for uneven placement (depths of tensors), which
/// Timeloop's loops do not have.
std::string timeloop_mapping(const Layer& layer, const Architecture& architecture, const Mapping& mapping);

/// What Timeloop's model does otherwise on this machine, one remark each; empty when nothing: neighbours
/// always pass data on, and so on.
std::vector<std::string> timeloop_differences(const Architecture& architecture);

}  // namespace dovetail
