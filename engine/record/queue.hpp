// Trials as work: a job says everything that an outcome depends on beside the study, a queue has jobs evaluated.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/record/store.hpp>

namespace dovetail {

/// A trial to evaluate. With the study it decides the outcome: nobody asks when, where or how often it was evaluated.
struct Job {
  std::int64_t id = 0;
  Point point;
  double incumbent = 0.0;  ///< the best objective known when it was suggested; 0: none prunes
  bool proving = false;    ///< of the proof after the trials
};

/// Where a search posts jobs and waits for their outcomes. Outcomes are recorded before they are answered; jobs whose
/// outcome the record has already are not evaluated again. One thread posts and waits.
///
///     queue->post({{0, point, 0.0}}, {});
///     queue->wait(0, interrupted);  // the outcome, or none when interrupted
///
/// Throws StorageError where the record has another job under an id: another program suggested it.
class Queue {
 public:
  virtual ~Queue() = default;
  /// Posts jobs, and puts `events` into the record with them: both or nothing.
  virtual void post(const std::vector<Job>& jobs, const std::vector<std::string>& events) = 0;
  /// Whether `wait` would answer at once, as far as is known without asking anybody.
  virtual bool ready(std::int64_t id) = 0;
  /// The outcome of a job that was posted. None when its evaluation was stopped, or when `stop` says so while it is
  /// missing.
  virtual std::optional<StoredTrial> wait(std::int64_t id, const std::function<bool()>& stop) = 0;
};

/// The outcome of a job, evaluated on so many threads until `stop` says so; none when stopped.
using JobEvaluation =
    std::function<std::optional<StoredTrial>(const Job& job, int threads, const std::function<bool()>& stop)>;

}  // namespace dovetail
