// A worker's side of trials as rows (see postgres_queue.hpp).
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/record/postgres/postgres_queue.hpp>

#include "postgres_study.h"

namespace dovetail {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
using record::PgRows;

constexpr std::chrono::milliseconds first_pause{1}, longest_pause{250}, between_looks{20};
constexpr int share_of_wait = 16;  // what asking rarely costs: this part of the time without work

// The next job, or the end of one whose last worker died. That it was claimed need not reach the disk: after a crash of
// the server the row is open, and the worker's name guards it.
const char* const claim_sql =
    "WITH next AS ("
    " SELECT t.study, t.id, t.attempt < s.attempts AS again FROM dovetail.trial t JOIN dovetail.study s USING (study)"
    " WHERE t.state <> 'done' AND (t.state = 'open' OR t.lease_until < clock_timestamp())"
    " AND s.build IS NOT NULL AND ($1 = '' OR s.name = $1)"
    " ORDER BY t.study, t.id LIMIT 1 FOR UPDATE OF t SKIP LOCKED)"
    " UPDATE dovetail.trial t SET"
    " state = CASE WHEN next.again THEN 'leased' ELSE 'done' END,"
    " attempt = CASE WHEN next.again THEN t.attempt + 1 ELSE t.attempt END,"
    " worker = CASE WHEN next.again THEN $2 END,"
    " claimed = CASE WHEN next.again THEN clock_timestamp() ELSE t.claimed END,"
    " finished = CASE WHEN next.again THEN NULL ELSE clock_timestamp() END,"
    " lease_until = CASE WHEN next.again THEN clock_timestamp() + $3::double precision * interval '1 second' END,"
    " result = CASE WHEN next.again THEN NULL ELSE json_build_object('state', 'failed', 'metrics', '{}'::json,"
    "  'reason', format('its worker died %s times', t.attempt)) END"
    " FROM next WHERE t.study = next.study AND t.id = next.id"
    " RETURNING t.study, t.id, t.job, t.attempt, t.state,"
    " set_config('synchronous_commit', CASE WHEN next.again THEN 'off' ELSE current_setting('synchronous_commit') END, "
    "true)";

const char* const mine = " WHERE study = $1 AND id = $2 AND attempt = $3 AND worker = $4 AND state = 'leased'";

}  // namespace

struct WorkSource::State {
  State(const PostgresAddress& address, std::string worker, double lease)
      : connection(address, "dovetail worker"),
        study(address.study),
        name(std::move(worker)),
        lease_s(fmt::format("{}", lease)) {}
  record::PgValues guard(const ClaimedJob& claimed) const {
    return {fmt::format("{}", claimed.study), fmt::format("{}", claimed.job.id), fmt::format("{}", claimed.attempt),
            name};
  }

  record::PgConnection connection;
  const std::string study, name, lease_s;
  bool tables = false;
};

WorkSource::WorkSource(const PostgresAddress& address, const std::string& worker, double lease_s,
                       std::function<bool()> stop)
    : state_(std::make_unique<State>(address, worker, lease_s)) {
  state_->connection.stop_waiting(std::move(stop));
}

WorkSource::~WorkSource() = default;

std::optional<ClaimedJob> WorkSource::claim() {
  // A worker may be there before the study.
  if (!state_->tables) state_->tables = record::has_tables(state_->connection);
  if (!state_->tables) return std::nullopt;
  for (;;) {
    const PgRows rows = state_->connection.run(claim_sql, {state_->study, state_->name, state_->lease_s});
    if (rows.count() == 0) return std::nullopt;
    if (rows.text(0, 4) != "leased") continue;
    const std::int64_t id = rows.integer(0, 1);
    return ClaimedJob{rows.integer(0, 0), record::job_of(rows.text(0, 2), id, state_->connection.shown()),
                      static_cast<int>(rows.integer(0, 3))};
  }
}

bool WorkSource::renew(const ClaimedJob& claimed) {
  record::PgValues values = state_->guard(claimed);
  values.emplace_back(state_->lease_s);
  return state_->connection
             .run(std::string("UPDATE dovetail.trial SET lease_until = clock_timestamp() + $5::double precision * "
                              "interval '1 second'") +
                      mine + " RETURNING set_config('synchronous_commit', 'off', true)",
                  values)
             .count() == 1;
}

bool WorkSource::finish(const ClaimedJob& claimed, const StoredTrial& outcome) {
  record::PgValues values = state_->guard(claimed);
  values.emplace_back(record::result_text(outcome.trial));
  values.emplace_back(outcome.detail);
  values.emplace_back(fmt::format("{}", outcome.seconds));
  return state_->connection
             .run(std::string(
                      "UPDATE dovetail.trial SET state = 'done', finished = clock_timestamp(), lease_until = NULL,"
                      " result = $5, detail = $6, seconds = $7") +
                      mine + " RETURNING id",
                  values)
             .count() == 1;
}

bool WorkSource::give_back(const ClaimedJob& claimed) {
  return state_->connection
             .run(std::string(
                      "UPDATE dovetail.trial SET state = 'open', attempt = attempt - 1, worker = NULL, claimed = NULL,"
                      " lease_until = NULL") +
                      mine + " RETURNING id",
                  state_->guard(claimed))
             .count() == 1;
}

RemoteStudy WorkSource::study(std::int64_t number) {
  const PgRows rows = state_->connection.run(
      "SELECT name, identity, document, build FROM dovetail.study WHERE study = $1", {fmt::format("{}", number)});
  const std::string& shown = state_->connection.shown();
  if (rows.count() == 0) throw StorageError(shown + ": the study was removed");
  RemoteStudy study{rows.text(0, 0), {}, rows.text(0, 2), {}};
  try {
    study.record.identity = Json::parse(rows.text(0, 1)).get<std::map<std::string, std::string>>();
    study.build = Json::parse(rows.text(0, 3)).get<std::map<std::string, std::string>>();
  } catch (const std::exception& error) {
    throw StorageError(fmt::format("{}: the study '{}' cannot be read: {}", shown, study.name, error.what()));
  }
  return study;
}

namespace {

// Renews a lease every third of it, and returns it as soon as the worker is told to stop.
class Lease {
 public:
  Lease(WorkSource& source, const ClaimedJob& claimed, const WorkLimits& limits)
      : source_(source),
        claimed_(claimed),
        limits_(limits),
        keeper_([this] { keep(); }) {}
  ~Lease() { end(); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  bool over() const { return lost_ || returned_ || (limits_.stop && limits_.stop()); }
  bool returned() const { return returned_; }
  /// Nothing is renewed or returned from here on.
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    if (keeper_.joinable()) keeper_.join();
  }

 private:
  void keep() {
    Clock::time_point renewed = Clock::now();
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, between_looks, [this] { return ending_; })) {
      try {
        if (limits_.stop && limits_.stop()) {
          returned_ = source_.give_back(claimed_);
          return;
        }
        if (std::chrono::duration<double>(Clock::now() - renewed).count() < limits_.lease_s / 3.0) continue;
        renewed = Clock::now();
        if (!source_.renew(claimed_)) {
          lost_ = true;
          return;
        }
      } catch (const StorageError&) {
        lost_ = true;  // whoever finishes meets the same
        return;
      }
    }
  }

  WorkSource& source_;
  const ClaimedJob claimed_;
  const WorkLimits& limits_;
  std::atomic<bool> lost_ = false, returned_ = false;
  bool ending_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread keeper_;  // last: it uses the others
};

}  // namespace

WorkDone work(WorkSource& source, const ClaimEvaluation& evaluate, const WorkLimits& limits) {
  WorkDone done;
  Clock::time_point idle_since = Clock::now();
  while (!limits.stop || !limits.stop()) {
    const std::optional<ClaimedJob> claimed = source.claim();
    if (!claimed) {
      const Clock::duration idle = Clock::now() - idle_since;
      if (std::chrono::duration<double>(idle).count() >= limits.idle_s) break;
      const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(idle / share_of_wait);
      std::this_thread::sleep_for(std::clamp(pause, first_pause, longest_pause));
      continue;
    }
    std::optional<StoredTrial> outcome;
    Lease lease(source, *claimed, limits);
    try {
      outcome = evaluate(*claimed, [&lease] { return lease.over(); });
    } catch (...) {
      lease.end();
      source.give_back(*claimed);
      throw;
    }
    lease.end();
    if (lease.returned() || (!outcome && source.give_back(*claimed))) {
      ++done.returned;
    } else if (!outcome || !source.finish(*claimed, *outcome)) {
      ++done.late;
    } else {
      ++done.trials;
      done.seconds += outcome->seconds;
    }
    idle_since = Clock::now();
  }
  return done;
}

}  // namespace dovetail
