// Machines and mappings as Timeloop documents (v0.4): architecture, energy and area tables, mapping.
#pragma once

#include <string>
#include <vector>

#include <dovetail/accelerators/mapping/mapping.hpp>

namespace dovetail {

/// `architecture`, `ERT` and `ART`: every level and the compute units with their meshes, widths, capacities,
/// bandwidths, and energies per block. Below each level that fans out stands one container, `NAME_fan`.
/// Throws InputError for what Timeloop cannot say: energies of networks and routers, latencies of networks,
/// the capacity of a DRAM, memories of no words.
std::string timeloop_architecture(const Architecture& architecture);

/// `mapping`: what each level keeps, its temporal loops and the spatial ones of its containers, as
/// timeloop_architecture names them. Throws InputError for uneven placement (depths of tensors) and for a
/// dimension that is unrolled along both X and Y of one level, which
/// Timeloop's loops do not have.
std::string timeloop_mapping(const Layer& layer, const Architecture& architecture, const Mapping& mapping);

/// What Timeloop's model does otherwise on this machine, one remark each; empty when nothing: neighbours
/// always pass data on, and so on.
std::vector<std::string> timeloop_differences(const Architecture& architecture);

}  // namespace dovetail
