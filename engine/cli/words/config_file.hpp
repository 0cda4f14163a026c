// --config FILE: values of options from a YAML file; the command line wins.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace dovetail::cli {

/// The command line with the options of the file added where it does not name them, in the reversed order
/// that CLI::App::parse takes. `app` has been parsed. Throws InputError for keys that the chosen command does
/// not have.
///
///     trials: 40          # --trials 40
///     set: [batch=4]      # --set batch=4
///     dry-run: true       # --dry-run
std::vector<std::string> with_config_file(const CLI::App& app, const std::string& file, int argc, char** argv);

}  // namespace dovetail::cli
