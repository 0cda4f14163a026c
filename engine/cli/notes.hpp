// What the user should know beside the result.
#pragma once

#include <string>
#include <vector>

#include "output.hpp"

namespace dovetail::cli {

/// One line each on stderr.
inline void print_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) warn("note: {}\n", note);
}

}  // namespace dovetail::cli
