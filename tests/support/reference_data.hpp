// Data that others recorded: in the repository where it is small, in the shared folder otherwise.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

namespace dovetail::testing {

/// How often something could not be checked: the main function then ends with the code that CTest calls skipped.
inline int skipped_checks = 0;
constexpr int skipped_exit = 77;

/// Says that something is not checked, and why.
inline void skip(const std::string& why) {
  ++skipped_checks;
  std::printf("skipped: %s\n", why.c_str());
  std::fflush(stdout);
}

/// A file or folder of the reference data, such as "timeloop/cases"; it may not exist.
inline std::filesystem::path reference_path(const std::string& name) {
  const std::filesystem::path own = std::filesystem::path(DOVETAIL_SOURCE_DIR) / "tests/reference/data" / name;
  std::error_code error;
  return std::filesystem::exists(own, error) ? own : std::filesystem::path(DOVETAIL_SHARED_DIR) / "reference" / name;
}

}  // namespace dovetail::testing
