// What a study names: a file, whose path counts from the study's folder, or something that is built in.
#pragma once

#include <string>

namespace dovetail {

/// The path of a file that a study in `folder` names; names of networks of the zoo (some have a dot) and names without
/// a dot or a slash stay what they are.
std::string named_file(const std::string& folder, const std::string& name);

}  // namespace dovetail
