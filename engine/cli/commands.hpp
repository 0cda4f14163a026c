// The list of commands of the program.
#pragma once

#include <vector>

#include "command.hpp"

namespace dovetail::cli {

/// Every command; add a line in commands.cpp to add one.
const std::vector<AddCommand>& commands();

}  // namespace dovetail::cli
