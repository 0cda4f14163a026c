// Long calls: the engine works on threads of its own while Python's thread waits, looks for signals and shows progress.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "convert.hpp"

namespace dovetail::python {

/// What a running search and the thread that waits for it tell each other.
class Watch {
 public:
  struct News {
    double done = 0.0, total = 0.0, best = 0.0, gap = 1.0;
  };

  bool stopped() const { return stop_; }
  void stop() { stop_ = true; }
  void report(const News& news);
  std::optional<News> take();

  /// The current exception, raised by a user's function, ends the search; the first one is what the caller gets.
  void fail();
  void rethrow() const;

 private:
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::optional<News> news_;
  std::exception_ptr error_;
};

/// Runs `work` without the interpreter lock. `progress` (None: nobody asks) is called with (done, total, best, gap). A
/// signal such as Ctrl-C stops the watch, and is raised when the work has ended.
void run_watched(const std::function<void(Watch&)>& work, const py::object& progress);

}  // namespace dovetail::python
