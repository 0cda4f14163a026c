// A peer that runs beside us: a child process that answers one JSON line per line, on one thread.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace problems {

/// Starts the driver of the peers (peers.py) with Debian's Python; `answer` is none once the child is gone.
class LivePeer {
 public:
  explicit LivePeer(const std::string& driver) {
    std::array<int, 2> down{}, up{};
    if (pipe(down.data()) != 0 || pipe(up.data()) != 0) return;
    std::fflush(nullptr);
    child_ = fork();
    if (child_ == 0) {
      dup2(down[0], STDIN_FILENO);
      dup2(up[1], STDOUT_FILENO);
      for (const int file : {down[0], down[1], up[0], up[1]}) close(file);
      setenv("OPENBLAS_NUM_THREADS", "1", 1);
      setenv("OMP_NUM_THREADS", "1", 1);
      execl("/usr/bin/python3", "python3", driver.c_str(), nullptr);
      _exit(98);
    }
    std::signal(SIGPIPE, SIG_IGN);
    close(down[0]);
    close(up[1]);
    to_ = fdopen(down[1], "w");
    from_ = fdopen(up[0], "r");
  }
  LivePeer(const LivePeer&) = delete;
  LivePeer& operator=(const LivePeer&) = delete;
  ~LivePeer() {
    if (to_ != nullptr) std::fclose(to_);
    if (from_ != nullptr) std::fclose(from_);
    if (child_ > 0) waitpid(child_, nullptr, 0);
  }

  std::optional<nlohmann::json> answer(const nlohmann::json& question) {
    if (to_ == nullptr || from_ == nullptr) return std::nullopt;
    const std::string line = question.dump() + "\n";
    if (std::fwrite(line.data(), 1, line.size(), to_) != line.size() || std::fflush(to_) != 0) return std::nullopt;
    std::string text;
    for (int c = std::fgetc(from_); c != '\n'; c = std::fgetc(from_)) {
      if (c == EOF) return std::nullopt;
      text.push_back(static_cast<char>(c));
    }
    nlohmann::json result = nlohmann::json::parse(text, nullptr, false);
    if (result.is_discarded() || result.contains("error")) return std::nullopt;
    return result;
  }

 private:
  pid_t child_ = -1;
  std::FILE *to_ = nullptr, *from_ = nullptr;
};

}  // namespace problems
