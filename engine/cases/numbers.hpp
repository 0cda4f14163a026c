// Numbers of placement documents: cycles and energies that are mostly whole, tables of them, bounds.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A whole number without a point, another with all its digits, an infinite one as null.
nlohmann::ordered_json number(double value);

/// A list of numbers >= 0, where null stands for never (infinite).
bool read_numbers(const Node& node, const std::string& what, std::vector<double>& values, Diagnostics& diagnostics);
/// A list of such lists.
bool read_cycle_table(const Node& node, std::vector<std::vector<double>>& table, Diagnostics& diagnostics);

/// The bounds of a list of answers: [{key: bound, ...}, ...].
void read_bounds(const Node& node, const std::string& what, const std::string& key, std::vector<double>& bounds,
                 Diagnostics& diagnostics);

}  // namespace dovetail
