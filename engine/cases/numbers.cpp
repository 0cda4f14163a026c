// Reads and writes the numbers of placement documents.
#include <dovetail/engine/cases/numbers.hpp>

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {

nlohmann::ordered_json number(double value) {
  constexpr double whole = 9007199254740992.0;
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::abs(value) < whole) return static_cast<std::int64_t>(value);
  return value;
}

bool read_numbers(const Node& node, const std::string& what, std::vector<double>& values, Diagnostics& diagnostics) {
  if (!require_sequence(node, what, diagnostics)) return false;
  bool good = true;
  for (const Node& item : node.items()) {
    double value = std::numeric_limits<double>::infinity();
    if (!item.is_null()) good = read_value(item, "an item of " + what, between(0, 1e15), diagnostics, value) && good;
    values.push_back(value);
  }
  return good;
}

bool read_cycle_table(const Node& node, std::vector<std::vector<double>>& table, Diagnostics& diagnostics) {
  if (!require_sequence(node, "cycles", diagnostics)) return false;
  bool good = true;
  for (const Node& item : node.items()) good = read_numbers(item, "cycles", table.emplace_back(), diagnostics) && good;
  return good;
}

void read_bounds(const Node& node, const std::string& what, const std::string& key, std::vector<double>& bounds,
                 Diagnostics& diagnostics) {
  if (!require_sequence(node, what, diagnostics)) return;
  for (const Node& item : node.items()) {
    if (!require_mapping(item, "an item of " + what, diagnostics)) continue;
    const Node* bound = item.find(key);
    if (bound == nullptr) {
      diagnostics.error(item.location(), fmt::format("key '{}' is missing", key));
      continue;
    }
    double value = 0.0;
    if (read_value(*bound, key, above_to(0, 1e18), diagnostics, value)) bounds.push_back(value);
  }
}

}  // namespace dovetail
