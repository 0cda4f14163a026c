// The options of every command that takes a workload of another tool.
#pragma once

#include <CLI/CLI.hpp>

#include <dovetail/workloads/import/formats.hpp>

namespace dovetail::cli {

/// Adds --from. `options` outlives the command.
void add_import_options(CLI::App& command, ImportOptions& options);

}  // namespace dovetail::cli
