// A started program that answers one line with one line, within a time, and takes everything it started with it.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace dovetail {

/// A child of the shell with pipes at its standard input and output; its standard error stays ours. It leads a process
/// group of its own, so that an interrupt at the terminal reaches us and not it. The whole group ends with the object,
/// and with us, however we end: a watcher in the group reads a pipe whose other end only we hold, and kills the group
/// when that closes.
class LineProcess {
 public:
  enum class Ending {
    answered,  ///< `text` is the line
    timeout,   ///< nothing within the time; the program is of no further use
    ended,     ///< it ended or closed its output; `text` says how
    stopped,   ///< `stop` asked to give up
  };
  struct Reply {
    Ending ending = Ending::ended;
    std::string text;
    int exit_code = -1;  ///< of a program that ended by itself
    bool early = false;  ///< it said the line before it read any of the question
  };

  /// Starts `sh -c command`. Throws std::runtime_error when the system refuses.
  explicit LineProcess(const std::string& command);
  ~LineProcess();
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  /// Whether it said a line that nobody asked for, now or within `patience_s`: then its next line answers nothing.
  bool has_spoken(double patience_s = 0.0);

  /// Sends a line (without its end) and waits for one. `stop`, if any, is polled ten times a second.
  Reply ask(const std::string& line, double timeout_s, const std::function<bool()>& stop);

 private:
  Reply how_it_ended();
  std::optional<std::string> next_line();
  bool receive();
  void close_pipes();

  int pid_ = -1;
  int in_ = -1, out_ = -1;  ///< our ends
  int lifeline_ = -1;       ///< of the watcher
  std::string buffer_;      ///< read, not yet answered with
};

}  // namespace dovetail
