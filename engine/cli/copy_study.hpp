// A study from one store to another.
#pragma once

#include <string>

#include "command.hpp"

namespace dovetail::cli {

/// Copies everything that `from` has into the new store `to`, and reads it again to see that no trial changed.
int copy_study(const std::string& from, const std::string& to, const Common& common);

}  // namespace dovetail::cli
