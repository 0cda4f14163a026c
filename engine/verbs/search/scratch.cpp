// Locked folders, and the removal of those that nobody locks any more.
#include <dovetail/engine/verbs/search/scratch.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>

namespace dovetail::verbs {
namespace {

// The folder opened and locked; -1 where another process holds it, or it is gone. The kernel unlocks when a process
// ends, however it ends; programs that it starts do not inherit the lock.
int locked(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return -1;
  struct stat held {
  }, there{};
  // Between its making and its locking a folder may have been taken for one that is nobody's.
  if (flock(folder, LOCK_EX | LOCK_NB) == 0 && fstat(folder, &held) == 0 && lstat(path.c_str(), &there) == 0 &&
      held.st_ino == there.st_ino)
    return folder;
  close(folder);
  return -1;
}

void remove_abandoned(const std::filesystem::path& place, const std::string& prefix) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(place, error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename().string().rfind(prefix, 0) != 0) continue;
    const int folder = locked(at->path().string());
    if (folder < 0) continue;
    std::error_code failed;  // another worker may remove it at the same time
    std::filesystem::remove_all(at->path(), failed);
    close(folder);
  }
}

}  // namespace

Scratch::Scratch() {
  std::error_code error;
  const std::filesystem::path place = std::filesystem::temp_directory_path(error);
  const std::string prefix = fmt::format("dovetail-worker-{}-", geteuid());
  remove_abandoned(place, prefix);
  for (int tries = 0; lock_ < 0 && tries < 100; ++tries) {
    std::string name = (place / (prefix + "XXXXXX")).string();
    if (error || mkdtemp(name.data()) == nullptr) break;
    path_ = name;
    lock_ = locked(name);
  }
  if (lock_ < 0)
    throw StorageError(fmt::format("{}: no folder for the files of studies can be created there", place.string()));
}

Scratch::~Scratch() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  close(lock_);
}

std::string Scratch::folder(std::int64_t number) const {
  const std::filesystem::path path = path_ / fmt::format("{}", number);
  std::filesystem::create_directories(path);
  return path.string();
}

}  // namespace dovetail::verbs
