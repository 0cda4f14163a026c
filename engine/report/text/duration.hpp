// Spans of time for people.
#pragma once

#include <string>

namespace dovetail {

/// "85 ms", "3.2 s", "4 min 10 s", "2 h 5 min".
std::string duration(double seconds);

}  // namespace dovetail
