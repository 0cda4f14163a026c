// A folder for the files of studies that a worker evaluates.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace dovetail::verbs {

/// Gone with the worker. What workers left behind that could not clean up (killed by SIGKILL, or with their machine)
/// goes when the next one of the same user starts: a folder whose lock nobody holds is nobody's.
class Scratch {
 public:
  /// Throws StorageError.
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// A folder within, made when it is first asked for.
  std::string folder(std::int64_t number) const;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace dovetail::verbs
