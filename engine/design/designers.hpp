// The table of designers.
#pragma once

#include <vector>

#include <dovetail/engine/record/part.hpp>

namespace dovetail {

/// Every designer, those that this build lacks with their reason.
std::vector<Part> designer_parts();

}  // namespace dovetail
