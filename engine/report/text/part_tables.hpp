// What can be chosen by name in this build.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <dovetail/engine/record/part.hpp>

namespace dovetail {

/// The tables by what they are of: designers, mappers, evaluators, stores, formats.
std::vector<std::pair<std::string, std::vector<Part>>> part_tables();

/// {kind: parts, designers: [{name, about, available, reason where it is not}, ...], mappers, evaluators, stores,
/// formats}.
nlohmann::ordered_json part_tables_json();

/// The same for people.
std::string part_tables_text();

}  // namespace dovetail
