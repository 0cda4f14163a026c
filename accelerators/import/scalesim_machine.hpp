// SCALE-Sim configurations (.cfg): the systolic array that its topologies run on.
#pragma once

#include <string>
#include <vector>

#include <dovetail/accelerators/systolic/systolic.hpp>
#include <dovetail/workloads/import/imported.hpp>
#include <dovetail/workloads/import/source.hpp>

namespace dovetail {

/// Whether the file is a configuration: by its suffix .cfg, or by its first section.
bool is_scalesim_machine(const Source& source);

/// The array, its buffers, dataflow and bandwidth; the layer is still to be set. Interface bandwidth USER with bank
/// bandwidths other than `Bandwidth`, custom layouts, sparsity and Ramulator traces are refused by name. With a section
/// [layout] the rules are those of version 3, without it those of version 2.
SystolicInput read_scalesim_machine(const Source& source, Diagnostics& diagnostics);

/// A layer of a topology on an array, as SCALE-Sim runs it.
struct SystolicLayer {
  std::string name;
  std::int64_t repeat = 1;
  SystolicInput input;
};

/// A topology and a configuration. Throws InputError with all mistakes.
std::vector<SystolicLayer> read_scalesim_runs(const Source& topology, const Source& machine,
                                              std::vector<Remark>& remarks);

}  // namespace dovetail
