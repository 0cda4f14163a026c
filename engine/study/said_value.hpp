// Values said over a study, such as by the options of a command.
#pragma once

#include <string>

#include <dovetail/engine/study/exploration_keys.hpp>

namespace dovetail {

/// As set_value of an assignment, with a value that was read: `path` is a key of the study file, a part of one
/// (mapper.gap), or a bare parameter, which is then fixed. The value's place stands in messages.
void set_value(Study& study, const std::string& path, const Node& value, Diagnostics& diagnostics);

/// The same with all keys of a search over networks.
void set_exploration_value(ExplorationStudy& study, const std::string& path, const Node& value,
                           Diagnostics& diagnostics);

}  // namespace dovetail
