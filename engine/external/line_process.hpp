// A started program that answers one line with one line, within a time, and takes everything it started with it.
#pragma once

#include <functional>
#include <string>

namespace dovetail {

/// A child of the shell with pipes at its standard input and output; its standard error stays ours. It leads a process
/// group of its own, so that an interrupt at the terminal reaches us and not it, and ends with the object.
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
  };

  /// Starts `sh -c command`. Throws std::runtime_error when the system refuses.
  explicit LineProcess(const std::string& command);
  ~LineProcess();
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  /// Whether it said something that nobody asked for, or has ended: then its next line answers nothing.
  bool out_of_step() const;

  /// Sends a line (without its end) and waits for one. `stop`, if any, is polled ten times a second.
  Reply ask(const std::string& line, double timeout_s, const std::function<bool()>& stop);

 private:
  Reply how_it_ended();
  void close_pipes();

  int pid_ = -1;
  int in_ = -1, out_ = -1;  ///< our ends
  std::string buffer_;      ///< read, not yet a whole line
};

}  // namespace dovetail
