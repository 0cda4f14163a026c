// The options that map, optimize and sweep share.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <dovetail/spaces/family/family.hpp>

#include "command.hpp"

namespace dovetail::cli {

struct SearchOptions {
  std::string objective = "edp";
  std::string model = "loop";
  std::string mapper = "exact";
  std::string bypass = "search";
  double gap = 0.0;
  double time_s = 0.0;  ///< 0: no limit
  std::int64_t budget = 0;
  std::string evaluator;  ///< command of the user's simulator; empty: none
  double evaluator_timeout_s = 60.0;
  int candidates = 8;
};

/// Adds --objective, --model, --evaluator and its options, --mapper, --budget, --bypass, --gap and --time.
void add_search_options(CLI::App& command, SearchOptions& options);

/// Whether a path names a family descriptor (its schema says so).
bool is_family_file(const std::string& path);

/// A family with its hand design, changed by `hw.name=value` words. Throws InputError.
std::pair<Family, Point> family_point(const std::string& name, const std::vector<std::string>& assignments);

/// A name as a file name: everything but letters, digits, dots and dashes becomes an underscore.
std::string file_name(const std::string& name);

}  // namespace dovetail::cli
