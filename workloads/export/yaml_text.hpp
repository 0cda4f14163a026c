// Scalars of YAML that is written line by line for other tools.
#pragma once

#include <string>

namespace dovetail {

/// The text as a plain scalar where YAML reads it back as the same text, else in quotes: no name becomes a
/// number, a truth value or a mark.
std::string yaml_scalar(const std::string& text);

}  // namespace dovetail
