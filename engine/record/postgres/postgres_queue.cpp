// The proposer's side of trials as rows (see the header).
#include <dovetail/engine/record/postgres/postgres_queue.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/record/identity_differences.hpp>
#include "postgres_study.h"

namespace dovetail {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
using record::job_of;
using record::PgRows;
using record::PostgresStore;
using record::trial_of;

constexpr std::chrono::milliseconds first_ask_pause{1}, longest_ask_pause{250};
constexpr int share_of_trial = 16;  // what asking rarely costs: this part of a trial's time
constexpr std::chrono::seconds lonely_after{10};

// Both or nothing. What is posted follows from what is recorded, and what is recorded later is on the disk only after
// it: its commit need not wait for the disk.
const char* const post_sql =
    "WITH jobs AS ("
    " INSERT INTO dovetail.trial(study, id, job, state, detail)"
    " SELECT $1::bigint, id, job, 'open', detail FROM json_to_recordset($2) AS x(id bigint, job json, detail text)"
    " ON CONFLICT DO NOTHING), events AS ("
    " INSERT INTO dovetail.event SELECT $1::bigint, id, text FROM json_to_recordset($3) AS x(id bigint, text text)"
    " ON CONFLICT DO NOTHING)"
    " SELECT set_config('synchronous_commit', 'off', true)";

class PostgresQueue final : public Queue {
 public:
  PostgresQueue(PostgresStore& store, RemoteTerms terms) : store_(store), terms_(std::move(terms)) {
    const PgRows rows = connection().run(
        "SELECT id, job, state, result, detail, seconds FROM dovetail.trial WHERE study = $1", {store_.number()});
    for (int i = 0; i < rows.count(); ++i) {
      const std::int64_t id = rows.integer(i, 0);
      Recorded recorded{job_of(rows.text(i, 1), id, shown()), {}};
      if (rows.text(i, 2) == "done")
        recorded.outcome =
            StoredTrial{trial_of(id, rows.text(i, 1), rows.text(i, 3), shown()), rows.real(i, 5), rows.text(i, 4)};
      recorded_.emplace(id, std::move(recorded));
    }
    check_build();
    connection().run("UPDATE dovetail.study SET document = $2, build = $3, attempts = $4 WHERE study = $1",
                     {store_.number(), terms_.document, Json(terms_.build).dump(), fmt::format("{}", terms_.attempts)});
    // The lock first, then what a crash of the server may have taken: the last posts.
    connection().on_reconnection([this] {
      store_.lock();
      for (const Posted& posted : posted_) send(posted);
    });
  }

  ~PostgresQueue() override {
    connection().on_reconnection([&store = store_] { store.lock(); });
  }

  void post(const std::vector<Job>& jobs, const std::vector<std::string>& events) override {
    Posted posted;
    Json rows = Json::array(), texts = Json::array();
    for (const Job& job : jobs) {
      if (take_recorded(job)) continue;
      rows.push_back({{"id", job.id},
                      {"job", Json::parse(record::job_text(job))},
                      {"detail", terms_.detail ? terms_.detail(job) : ""}});
      posted.ids.insert(job.id);
      open_.insert(job.id);
    }
    std::int64_t event = store_.number_events(events.size());
    for (const std::string& text : events) texts.push_back({{"id", event++}, {"text", text}});
    if (rows.empty() && texts.empty()) return;
    posted.jobs = rows.dump();
    posted.events = texts.dump();
    send(posted);
    posted_.push_back(std::move(posted));
  }

  bool ready(std::int64_t id) override { return outcomes_.count(id) > 0; }

  std::optional<StoredTrial> wait(std::int64_t id, const std::function<bool()>& stop) override {
    const Clock::time_point start = Clock::now();
    connection().stop_waiting(stop);
    Clock::time_point looked = start;
    while (outcomes_.count(id) == 0) {
      fetch();
      if (outcomes_.count(id) != 0) break;
      if (stop && stop()) return std::nullopt;
      if (Clock::now() - looked > lonely_after) {
        look_for_workers();
        looked = Clock::now();
      }
      const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>((Clock::now() - start) / share_of_trial);
      std::this_thread::sleep_for(std::clamp(pause, first_ask_pause, longest_ask_pause));
    }
    StoredTrial outcome = std::move(outcomes_.at(id));
    outcomes_.erase(id);
    return outcome;
  }

 private:
  struct Recorded {
    Job job;
    std::optional<StoredTrial> outcome;
  };
  struct Posted {
    std::string jobs, events;
    std::set<std::int64_t> ids;  ///< not done yet
  };

  record::PgConnection& connection() const { return store_.connection(); }
  const std::string& shown() const { return connection().shown(); }

  // Trials that another build recorded may not be what this one would find.
  void check_build() const {
    const PgRows rows = connection().run("SELECT build FROM dovetail.study WHERE study = $1", {store_.number()});
    if (rows.null(0, 0) || recorded_.empty()) return;
    const auto build = Json::parse(rows.text(0, 0)).get<std::map<std::string, std::string>>();
    if (build == terms_.build) return;
    throw StorageError(fmt::format("{}: another build of this program began the study:{}", shown(),
                                   identity_differences({build, {}}, {terms_.build, {}})));
  }

  // Whether the record has the job; open ones are somebody's work already.
  bool take_recorded(const Job& job) {
    const auto found = recorded_.find(job.id);
    if (found == recorded_.end()) return false;
    const Job& known = found->second.job;
    // Trials that a store took over from elsewhere have no incumbent.
    const bool same = known.point == job.point &&
                      (known.incumbent < 0.0 || (known.incumbent == job.incumbent && known.proving == job.proving));
    if (!same)
      throw StorageError(fmt::format(
          "{}: the job of trial {} is not what this program suggests: another version wrote it", shown(), job.id));
    if (found->second.outcome)
      outcomes_.emplace(job.id, *std::move(found->second.outcome));
    else
      open_.insert(job.id);
    recorded_.erase(found);
    return true;
  }

  void send(const Posted& posted) { connection().run(post_sql, {store_.number(), posted.jobs, posted.events}); }

  // The outcomes that have come since.
  void fetch() {
    std::string ids;
    for (const std::int64_t id : open_) ids += fmt::format("{}{}", ids.empty() ? "" : ",", id);
    const PgRows rows = connection().run(
        "SELECT id, job, result, detail, seconds FROM dovetail.trial"
        " WHERE study = $1 AND state = 'done' AND id = ANY($2::bigint[])",
        {store_.number(), "{" + ids + "}"});
    for (int i = 0; i < rows.count(); ++i) {
      const std::int64_t id = rows.integer(i, 0);
      outcomes_.emplace(
          id, StoredTrial{trial_of(id, rows.text(i, 1), rows.text(i, 2), shown()), rows.real(i, 4), rows.text(i, 3)});
      open_.erase(id);
      for (Posted& posted : posted_) posted.ids.erase(id);
    }
    while (!posted_.empty() && posted_.front().ids.empty()) posted_.pop_front();
  }

  void look_for_workers() {
    if (!terms_.say) return;
    const PgRows rows = connection().run(
        "SELECT count(*) FROM dovetail.trial WHERE study = $1 AND state = 'leased' AND lease_until > clock_timestamp()",
        {store_.number()});
    const bool lonely = rows.integer(0, 0) == 0;
    if (lonely && !told_)
      terms_.say(fmt::format("{} trials wait, and no worker has one: start dovetail worker --store {}", open_.size(),
                             shown()));
    told_ = lonely;
  }

  PostgresStore& store_;
  const RemoteTerms terms_;
  std::map<std::int64_t, Recorded> recorded_;  ///< what the record had at the start and nobody asked for yet
  std::set<std::int64_t> open_;
  std::map<std::int64_t, StoredTrial> outcomes_;
  std::deque<Posted> posted_;  ///< with jobs that are not done
  bool told_ = false;
};

}  // namespace

std::unique_ptr<Queue> postgres_queue(Store& store, RemoteTerms terms) {
  auto* study = dynamic_cast<PostgresStore*>(&store);
  if (study == nullptr)
    throw StorageError("remote workers need a store in PostgreSQL: --store postgresql://HOST/DATABASE");
  return std::make_unique<PostgresQueue>(*study, std::move(terms));
}

}  // namespace dovetail
