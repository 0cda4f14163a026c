// A started program that answers one line with one line: pipes, a process group, and a clock.
#include <dovetail/engine/external/line_process.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace dovetail {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_answer = std::size_t{16} << 20;
constexpr auto patience = std::chrono::milliseconds(200);  ///< for a program whose input was closed
constexpr int lifeline_of_child = 3;

// The watcher is a grandchild, so that the command has no child of ours, and holds none of the command's pipes.
const char* const watched_command =
    "( { read -r gone <&3; kill -9 0; } </dev/null >/dev/null 2>&1 & ); exec 3<&-; exec /bin/sh -c \"$1\"";

// A pipe whose ends no other child inherits.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0)
      throw std::runtime_error(fmt::format("cannot open a pipe: {}", std::strerror(errno)));
  }
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int take(int side) { return std::exchange(ends[side], -1); }
};

// Writing to a program that ended must be an error code here, not a signal to the process.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec now{0, 0};
    if (!was_pending_)
      while (sigtimedwait(&pipe_, nullptr, &now) == -1 && errno == EINTR) {
      }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_{}, before_{};
  bool was_pending_ = false;
};

bool has_ended(int pid) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

}  // namespace

LineProcess::LineProcess(const std::string& command) {
  Pipe in, out, life;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, life.ends[0], lifeline_of_child);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string shell = "/bin/sh", option = "-c", watched = watched_command, name = "sh", words = command;
  char* arguments[] = {shell.data(), option.data(), watched.data(), name.data(), words.data(), nullptr};
  const int error = posix_spawn(&pid_, shell.c_str(), &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::runtime_error(fmt::format("cannot start a shell: {}", std::strerror(error)));
  in_ = in.take(1);
  out_ = out.take(0);
  lifeline_ = life.take(1);
  for (const int end : {in_, out_}) fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK);
}

LineProcess::~LineProcess() {
  close_pipes();
  const auto end = Clock::now() + patience;
  while (!has_ended(pid_) && Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  kill(-pid_, SIGKILL);  // the group's number is ours until its leader is waited for
  while (waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
  }
}

void LineProcess::close_pipes() {
  for (int* end : {&in_, &out_, &lifeline_}) {
    if (*end >= 0) close(*end);
    *end = -1;
  }
}

// The next whole line that says something; blank ones are no answers.
std::optional<std::string> LineProcess::next_line() {
  for (;;) {
    const std::size_t newline = buffer_.find('\n');
    if (newline == std::string::npos) return std::nullopt;
    std::string line = buffer_.substr(0, newline);
    buffer_.erase(0, newline + 1);
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (line.back() == '\r') line.pop_back();
    return line;
  }
}

// Takes what is there to read; false when nobody writes any more.
bool LineProcess::receive() {
  char chunk[1 << 16];
  const ssize_t count = read(out_, chunk, sizeof chunk);
  if (count > 0) buffer_.append(chunk, static_cast<std::size_t>(count));
  return count != 0;
}

bool LineProcess::has_spoken(double patience_s) {
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(patience_s));
  for (;;) {
    if (buffer_.find_first_not_of(" \t\r\n") != std::string::npos) return true;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd waiting{out_, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(std::max<long long>(left, 0))) <= 0 || !receive()) return false;
  }
}

LineProcess::Reply LineProcess::how_it_ended() {
  const auto end = Clock::now() + patience;
  while (!has_ended(pid_) && Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid_)
    return {Ending::ended, "closed its output without an answer", -1};
  if (info.si_code != CLD_EXITED) return {Ending::ended, fmt::format("was killed by signal {}", info.si_status), -1};
  // A shell reports the signal of its last command as 128 + number.
  if (info.si_status > 128 && info.si_status < 128 + 65)
    return {Ending::ended, fmt::format("was killed by signal {}", info.si_status - 128), info.si_status};
  return {Ending::ended, fmt::format("ended with exit code {}", info.si_status), info.si_status};
}

LineProcess::Reply LineProcess::ask(const std::string& line, double timeout_s, const std::function<bool()>& stop) {
  const NoPipeSignal guard;
  const auto end = Clock::now() +
                   std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::min(timeout_s, 1e8)));
  const std::string request = line + "\n";
  std::size_t sent = 0;
  while (true) {
    if (stop && stop()) return {Ending::stopped, "", -1};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return {Ending::timeout, "", -1};
    pollfd ends[2] = {{out_, POLLIN, 0}, {in_, POLLOUT, 0}};
    const bool sending = sent < request.size();
    if (poll(ends, sending ? 2 : 1, static_cast<int>(std::min<long long>(left, 100))) <= 0) continue;
    if (sending && ends[1].revents != 0) {
      const ssize_t count = write(in_, request.data() + sent, request.size() - sent);
      if (count > 0) sent += static_cast<std::size_t>(count);
      if (count < 0 && errno != EAGAIN && errno != EINTR) return how_it_ended();
    }
    if (ends[0].revents == 0) continue;
    if (!receive()) return how_it_ended();
    if (std::optional<std::string> answer = next_line()) {
      int unread = 0;
      const bool none_read = ioctl(in_, FIONREAD, &unread) == 0 && static_cast<std::size_t>(unread) >= request.size();
      return {Ending::answered, *std::move(answer), -1, sent < request.size() || none_read};
    }
    if (buffer_.size() > longest_answer) return {Ending::ended, "answered more than 16 MiB without a line end", -1};
  }
}

}  // namespace dovetail
