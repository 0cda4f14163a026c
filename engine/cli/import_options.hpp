// The options of every command that takes a workload of another tool.
#pragma once

#include <CLI/CLI.hpp>

#include <dovetail/workloads/import/formats.hpp>

namespace dovetail::cli {

/// Adds --from. `options` outlives the command.
void add_import_options(CLI::App& command, ImportOptions& options);

/// Says on stderr what was remarked while reading, a line each.
void print_remarks(const std::vector<Remark>& remarks);

}  // namespace dovetail::cli
