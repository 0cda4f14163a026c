// Trials as rows that any number of workers on any number of machines evaluate.
//
// A row is open, leased or done. One guarded UPDATE makes each step, and time is the server's:
//
//     claim    open, or leased and run out -> leased: the next attempt, a worker, an end of the lease; least id first
//     renew    the end of the lease, of this attempt of this worker
//     finish   leased by this attempt of this worker -> done, with the outcome
//     give up  leased and run out at the last attempt -> done, failed: "its worker died 3 times"
//     return   leased by this attempt of this worker -> open, as if it had not been begun
//
// A worker that is slow, stopped or cut off finds no row to finish when its lease has gone to another, and drops its
// answer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/record/queue.hpp>
#include <dovetail/engine/record/store_address.hpp>

namespace dovetail {

/// What workers need beside jobs.
struct RemoteTerms {
  std::string document;                      ///< the study, as they read it
  std::map<std::string, std::string> build;  ///< of this program: workers of another one are refused
  int attempts = 3;                          ///< deaths of workers after which a job is a failed trial
  /// What the record keeps of a job beside its outcome while it has none; may be null.
  std::function<std::string(const Job&)> detail;
  /// Told once when nobody works for some seconds; may be null.
  std::function<void(const std::string&)> say;
};

/// The queue of a study whose trials are evaluated by workers. The store is one of open_postgres_store, and outlives
/// it. Throws StorageError for other stores.
std::unique_ptr<Queue> postgres_queue(Store& store, RemoteTerms terms);

/// A study as a worker meets it.
struct RemoteStudy {
  std::string name;
  StudyRecord record;
  std::string document;
  std::map<std::string, std::string> build;
};

struct ClaimedJob {
  std::int64_t study = 0;
  Job job;
  int attempt = 0;
};

/// A worker's side of the table. Safe to use from two threads: one that evaluates, one that renews.
class WorkSource {
 public:
  /// `lease_s`: how long a claim holds without being renewed. A study's name in the address confines it to that study.
  WorkSource(const PostgresAddress& address, const std::string& worker, double lease_s, std::function<bool()> stop);
  ~WorkSource();
  WorkSource(const WorkSource&) = delete;
  WorkSource& operator=(const WorkSource&) = delete;

  std::optional<ClaimedJob> claim();
  bool renew(const ClaimedJob& claimed);  ///< false: the lease is another's
  bool finish(const ClaimedJob& claimed, const StoredTrial& outcome);
  bool give_back(const ClaimedJob& claimed);
  RemoteStudy study(std::int64_t number);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct WorkLimits {
  double lease_s = 30.0;
  double idle_s = 60.0;        ///< ends after so long without work; 0: when there is none
  std::function<bool()> stop;  ///< true: the lease is returned at once, and the loop ends
};

/// What a worker did.
struct WorkDone {
  std::int64_t trials = 0, late = 0, returned = 0;  ///< late: finished after its lease was lost, dropped
  double seconds = 0.0;                             ///< of evaluation
};

/// Claims, evaluates, finishes, until it is told to stop or there was no work for `idle_s`. `evaluate` gets a function
/// that says when to give up: told to stop, or the lease was lost. Its exceptions return the lease and pass on.
using ClaimEvaluation = std::function<std::optional<StoredTrial>(const ClaimedJob&, const std::function<bool()>& stop)>;
WorkDone work(WorkSource& source, const ClaimEvaluation& evaluate, const WorkLimits& limits);

}  // namespace dovetail
