// Studies of the program: published systems as study files, and their variants.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Names, sorted.
std::vector<std::string> preset_names();

/// The text of a preset's study file, or nothing.
std::optional<std::string> preset_text(const std::string& name);

/// A study document with what it is based on: the keys of the preset that `document` (or `preset`) names, replaced by
/// those of its variant, replaced by those of the document. `variant` is "ours" or a key under `variants`; empty: the
/// document's, or ours. A document without a preset is answered as it is. Throws InputError.
Node with_preset(const Node& document, const std::string& preset, const std::string& variant);

}  // namespace dovetail
