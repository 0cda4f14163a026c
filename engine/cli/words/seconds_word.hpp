// Spans of time as words of a command.
#pragma once

#include <CLI/CLI.hpp>

namespace dovetail::cli {

/// "90", "90s", "10m", "2h" as seconds.
CLI::Validator seconds_word();

}  // namespace dovetail::cli
