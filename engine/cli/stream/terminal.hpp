// The progress line on stderr, quiet when nobody watches.
#pragma once

#include <chrono>
#include <string>

namespace dovetail::cli {

/// One line that is redrawn in place, at most ten times a second; nothing at all when stderr is not a
/// terminal.
class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// A bar of done/total with a text behind it: rate, best so far, gap, time left are the caller's words.
  void show(double done, double total, const std::string& text);
  void clear();
  /// Whether anything is shown.
  bool enabled() const { return enabled_; }

 private:
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace dovetail::cli
