// The command `place`.
#pragma once

#include "command.hpp"

namespace dovetail::cli {

void add_place(CLI::App& app, Common& common, Action& action);

}  // namespace dovetail::cli
