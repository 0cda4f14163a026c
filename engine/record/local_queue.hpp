// The queue of one process: its own threads evaluate.
#pragma once

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>

#include <dovetail/engine/record/queue.hpp>
#include <dovetail/workloads/background.hpp>

namespace dovetail {

/// Evaluates up to `at_once` jobs at a time, in the order of posting, on `threads` threads in all. With one thread a
/// job is evaluated when it is waited for. `store` may be null; both it and what `evaluate` uses outlive the queue.
class LocalQueue final : public Queue {
 public:
  using Evaluate = std::function<std::optional<StoredTrial>(const Job&)>;
  LocalQueue(Evaluate evaluate, Store* store, int at_once, int threads);

  void post(const std::vector<Job>& jobs, const std::vector<std::string>& events) override;
  bool ready(std::int64_t id) override;
  std::optional<StoredTrial> wait(std::int64_t id, const std::function<bool()>& stop) override;

 private:
  struct Slot {
    bool done = false;
    std::optional<StoredTrial> outcome;  ///< none: stopped
    std::exception_ptr error;
  };
  void evaluate(const Job& job);

  const Evaluate evaluate_;
  Store* const store_;
  std::map<std::int64_t, StoredTrial> recorded_;
  std::map<std::int64_t, Job> waiting_;  ///< with one thread: not begun
  std::map<std::int64_t, Slot> slots_;   ///< of the jobs that were posted and not yet answered
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<Background> background_;  ///< last: its jobs use the others
};

}  // namespace dovetail
