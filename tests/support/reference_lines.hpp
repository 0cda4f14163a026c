// Reference cases: one JSON object a line, in a file of the shared folder.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reference_data.hpp"

namespace dovetail::testing {

/// The lines of a file of the reference folder; empty when it is not there.
inline std::vector<nlohmann::ordered_json> reference_lines(const std::string& file) {
  std::vector<nlohmann::ordered_json> cases;
  std::ifstream stream(reference_path(file));
  for (std::string line; std::getline(stream, line);) cases.push_back(nlohmann::ordered_json::parse(line));
  return cases;
}

/// Within a billionth.
inline bool close(double a, double b) {
  return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

}  // namespace dovetail::testing
