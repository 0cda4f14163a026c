// The points of a sweep: crossed lists, ranges, zipped lists, and lines from stdin.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace dovetail::verbs {

/// The assignments of one row, path -> value text, in the order given.
using SweepPoint = std::vector<std::pair<std::string, std::string>>;

/// The values of `path=a,b,c`, `path=low:high`, `path=low:high:step` or `path=low:high:*factor`. Commas inside
/// brackets, braces and quotes do not separate. Throws UsageError.
std::pair<std::string, std::vector<std::string>> parse_axis(const std::string& text, const std::string& option);

/// Every combination of the `grid` axes, the last fastest, each with every line of the `zip` axes (equally long).
std::vector<SweepPoint> make_points(const std::vector<std::string>& grid, const std::vector<std::string>& zip);

/// "hw.pe_x=14 trials=20".
std::string to_text(const SweepPoint& point);

}  // namespace dovetail::verbs
