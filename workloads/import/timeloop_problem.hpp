// Timeloop problems, v0.3 and v0.4: one layer a file, with any shape.
#pragma once

#include <optional>

#include <dovetail/workloads/import/formats.hpp>

namespace dovetail {

/// Rows of Format.
bool is_timeloop(const Source& source);
void read_timeloop(const Source& source, const ImportOptions& options, Imported& imported, Diagnostics& diagnostics);

/// The layer of `problem`, in which a shape may be given by a name that leads to a file near `path`. Densities are kept
/// as Tensor::density when `densities` is set. None when there was an error.
std::optional<Layer> read_timeloop_problem(const Node& problem, const std::string& path, bool densities,
                                           std::vector<Remark>& remarks, Diagnostics& diagnostics);

}  // namespace dovetail
