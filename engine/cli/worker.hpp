// The command that evaluates what another one posts.
#pragma once

#include "command.hpp"

namespace dovetail::cli {

void add_worker(CLI::App& app, Common& common, Action& action);

}  // namespace dovetail::cli
