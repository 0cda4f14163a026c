// Checked writing: a result that does not arrive is an error, wherever it was going.
#include "output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/printable.hpp>

namespace dovetail::cli {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw OutputError(fmt::format("{}: cannot be written: {}", what, std::strerror(errno)));
}

// The whole text into an open file; false with errno otherwise.
bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// A device or a pipe: written in place, since nothing may take its name.
void write_in_place(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (file < 0) fail(path);
  const bool written = write_all(file, text);
  const int reason = errno;
  const bool closed = close(file) == 0;
  if (!written) errno = reason;
  if (!written || !closed) fail(path);
}

// A file takes its name only when it is whole.
void write_beside(const std::string& path, const std::string& text) {
  std::string draft = path + ".XXXXXX";
  const int file = mkstemp(draft.data());
  if (file < 0) fail(path);
  const mode_t mask = umask(0);
  umask(mask);
  const bool written = write_all(file, text) && fchmod(file, 0666 & ~mask) == 0;
  int reason = errno;
  bool closed = close(file) == 0;
  if (written && !closed) reason = errno;
  if (written && closed && std::rename(draft.c_str(), path.c_str()) == 0) return;
  if (written && closed) reason = errno;
  unlink(draft.c_str());
  errno = reason;
  fail(path);
}

}  // namespace

void prepare_streams() {
  std::signal(SIGXFSZ, SIG_IGN);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    // Of the wrong kind on purpose: writing to a stdout that was closed has to fail.
    const int filled = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (filled >= 0 && filled != descriptor) {
      dup2(filled, descriptor);
      close(filled);
    }
  }
}

void put(std::string_view text) {
  const std::string safe = printable(text);
  if (std::fwrite(safe.data(), 1, safe.size(), stdout) != safe.size()) fail("stdout");
}

void put_json(const nlohmann::ordered_json& value, bool one_line) {
  const std::string text =
      printable_json(value.dump(one_line ? -1 : 2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) +
      "\n";
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail("stdout");
  flush();
}

void flush() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) fail("stdout");
}

void put_error(std::string_view text) {
  const std::string safe = printable(text);
  std::fwrite(safe.data(), 1, safe.size(), stderr);
  std::fflush(stderr);
}

void close_output() {
  const bool failed = std::ferror(stdout) != 0;
  if (std::fclose(stdout) != 0 || failed) fail("stdout");
}

void write_file(const std::string& directory, const std::string& name, const std::string& text) {
  std::error_code error;
  if (!directory.empty()) std::filesystem::create_directories(directory, error);
  if (error) throw OutputError(fmt::format("{}: this directory cannot be created: {}", directory, error.message()));
  const std::string path = (std::filesystem::path(directory) / name).string();
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    write_in_place(path, text);
  else
    write_beside(path, text);
}

}  // namespace dovetail::cli
