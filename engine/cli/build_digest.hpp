// What this program is, for programs that work on one study: equal ones give equal trials.
#pragma once

#include <map>
#include <string>

namespace dovetail::cli {

/// Version, digest of the sources, compiler, flags, and a digest of what this machine's arithmetic makes of fixed
/// designs.
std::map<std::string, std::string> build_digest();

}  // namespace dovetail::cli
