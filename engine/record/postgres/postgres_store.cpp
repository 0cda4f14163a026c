// A study in PostgreSQL (see the header): each change is one statement, so that it is recorded whole or not at all, and
// sending it again changes nothing.
#include "postgres_study.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/record/identity_differences.hpp>

namespace dovetail {
namespace record {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds wait_for_lock{2};  // the connection of a writer that was just killed may still be known
constexpr const char* lock_space = "1146507348";  // "DVLT": advisory locks of ours

// `json` keeps texts as they were written: every bit of a number, which `jsonb` does not.
const char* const tables_sql = R"sql(
CREATE SCHEMA IF NOT EXISTS dovetail;
CREATE TABLE IF NOT EXISTS dovetail.about(schema integer NOT NULL);
CREATE TABLE IF NOT EXISTS dovetail.study(
  study bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  identity json NOT NULL,
  document text,
  build json,
  attempts integer NOT NULL DEFAULT 3,
  made timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS dovetail.trial(
  study bigint NOT NULL REFERENCES dovetail.study ON DELETE CASCADE,
  id bigint NOT NULL,
  job json NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'leased', 'done')),
  attempt integer NOT NULL DEFAULT 0,
  worker text,
  claimed timestamptz,
  lease_until timestamptz,
  finished timestamptz,
  result json,
  detail text NOT NULL DEFAULT '',
  seconds double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (study, id));
CREATE INDEX IF NOT EXISTS trial_to_do ON dovetail.trial(study, id) WHERE state <> 'done';
CREATE TABLE IF NOT EXISTS dovetail.information(
  study bigint NOT NULL REFERENCES dovetail.study ON DELETE CASCADE,
  name text NOT NULL, value text NOT NULL, PRIMARY KEY (study, name));
CREATE TABLE IF NOT EXISTS dovetail.event(
  study bigint NOT NULL REFERENCES dovetail.study ON DELETE CASCADE,
  id bigint NOT NULL, text text NOT NULL, PRIMARY KEY (study, id));
INSERT INTO dovetail.about SELECT {0} WHERE NOT EXISTS (SELECT FROM dovetail.about);
)sql";

const char* const put_sql =
    "WITH trials AS ("
    " INSERT INTO dovetail.trial(study, id, job, state, finished, result, detail, seconds)"
    " SELECT $1::bigint, id, job, 'done', clock_timestamp(), result, detail, seconds"
    " FROM json_to_recordset($2) AS x(id bigint, job json, result json, detail text, seconds double precision)"
    " ON CONFLICT (study, id) DO UPDATE SET job = EXCLUDED.job, state = 'done', finished = EXCLUDED.finished,"
    " result = EXCLUDED.result, detail = EXCLUDED.detail, seconds = EXCLUDED.seconds, lease_until = NULL),"
    " information AS ("
    " INSERT INTO dovetail.information SELECT $1::bigint, name, value"
    " FROM json_to_recordset($3) AS x(name text, value text)"
    " ON CONFLICT (study, name) DO UPDATE SET value = EXCLUDED.value)"
    " INSERT INTO dovetail.event SELECT $1::bigint, id, text FROM json_to_recordset($4) AS x(id bigint, text text)"
    " ON CONFLICT DO NOTHING";

const char* const trials_sql =
    "SELECT id, job, result, detail, seconds FROM dovetail.trial WHERE study = $1 AND state = 'done'";

StoredTrial stored_trial(const PgRows& rows, int row, const std::string& shown) {
  return {trial_of(rows.integer(row, 0), rows.text(row, 1), rows.text(row, 2), shown), rows.real(row, 4),
          rows.text(row, 3)};
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const char* to_text(TrialState state) {
  return state == TrialState::completed ? "completed" : state == TrialState::failed ? "failed" : "pending";
}

}  // namespace

std::string job_text(const Job& job) {
  Json json{{"point", job.point.numbers}};
  json["incumbent"] = job.incumbent;
  if (job.proving) json["proving"] = true;
  return dump(json);
}

Job job_of(const std::string& text, std::int64_t id, const std::string& shown) {
  try {
    const Json json = Json::parse(text);
    return {
        id, {json.at("point").get<std::vector<double>>()}, json.value("incumbent", -1.0), json.value("proving", false)};
  } catch (const std::exception& error) {
    throw StorageError(fmt::format("{}: the job of trial {} cannot be read: {}", shown, id, error.what()));
  }
}

std::string result_text(const Trial& trial) {
  return dump({{"state", to_text(trial.state)}, {"metrics", trial.metrics}, {"reason", trial.reason}});
}

Trial trial_of(std::int64_t id, const std::string& job, const std::string& result, const std::string& shown) {
  Trial trial{id, job_of(job, id, shown).point, TrialState::pending, {}, ""};
  try {
    const Json json = Json::parse(result);
    const std::string state = json.at("state");
    if (state == "completed")
      trial.state = TrialState::completed;
    else if (state == "failed")
      trial.state = TrialState::failed;
    else if (state != "pending")
      throw std::runtime_error("state '" + state + "'");
    trial.metrics = json.at("metrics").get<std::map<std::string, double>>();
    trial.reason = json.at("reason").get<std::string>();
  } catch (const std::exception& error) {
    throw StorageError(fmt::format("{}: trial {} cannot be read: {}", shown, id, error.what()));
  }
  return trial;
}

bool has_tables(PgConnection& connection) {
  if (connection.run("SELECT to_regclass('dovetail.about')").null(0, 0)) return false;
  const PgRows rows = connection.run("SELECT max(schema) FROM dovetail.about");
  if (rows.null(0, 0)) return false;
  if (rows.integer(0, 0) > postgres_schema)
    throw StorageError(fmt::format("{}: its tables have schema {}; this program reads schemas 1 to {}",
                                   connection.shown(), rows.integer(0, 0), postgres_schema));
  return true;
}

PostgresStore::PostgresStore(std::shared_ptr<PgConnection> connection, std::int64_t study, bool writes)
    : connection_(std::move(connection)),
      number_(fmt::format("{}", study)) {
  if (writes) {
    lock();
    // Whoever took the lock while the server was gone is the writer now.
    connection_->on_reconnection([this] { lock(); });
  }
  const PgRows identity = connection_->run("SELECT identity FROM dovetail.study WHERE study = $1", {number_});
  if (identity.count() == 0) throw StorageError(connection_->shown() + ": the study was removed");
  try {
    record_.identity = Json::parse(identity.text(0, 0)).get<std::map<std::string, std::string>>();
  } catch (const std::exception& error) {
    throw StorageError(
        fmt::format("{}: the identity of the study cannot be read: {}", connection_->shown(), error.what()));
  }
  const PgRows information =
      connection_->run("SELECT name, value FROM dovetail.information WHERE study = $1", {number_});
  for (int i = 0; i < information.count(); ++i) record_.information[information.text(i, 0)] = information.text(i, 1);
  const PgRows events =
      connection_->run("SELECT coalesce(max(id) + 1, 0) FROM dovetail.event WHERE study = $1", {number_});
  next_event_ = events.integer(0, 0);
}

void PostgresStore::lock() const {
  const auto start = std::chrono::steady_clock::now();
  while (connection_->run("SELECT pg_try_advisory_lock($1, $2)", {lock_space, number_}).text(0, 0) != "t") {
    if (std::chrono::steady_clock::now() - start > wait_for_lock)
      throw StorageError(connection_->shown() + ": another run is writing to this store");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

std::vector<StoredTrial> PostgresStore::trials() const {
  const PgRows rows = connection_->run(std::string(trials_sql) + " ORDER BY id", {number_});
  std::vector<StoredTrial> list;
  for (int i = 0; i < rows.count(); ++i) list.push_back(stored_trial(rows, i, connection_->shown()));
  return list;
}

std::optional<StoredTrial> PostgresStore::trial(std::int64_t id) const {
  const PgRows rows = connection_->run(std::string(trials_sql) + " AND id = $2", {number_, fmt::format("{}", id)});
  if (rows.count() == 0) return std::nullopt;
  return stored_trial(rows, 0, connection_->shown());
}

void PostgresStore::put(const StoreChange& change) {
  Json trials = Json::array(), information = Json::array(), events = Json::array();
  for (const StoredTrial& stored : change.trials) {
    // A writer that evaluates itself keeps no job but the point. Texts go in as texts, so that no digit is read on the
    // way.
    const Json point{{"point", stored.trial.point.numbers}};
    trials.push_back({{"id", stored.trial.id},
                      {"job", point},
                      {"result", Json::parse(result_text(stored.trial))},
                      {"detail", stored.detail},
                      {"seconds", stored.seconds}});
  }
  for (const auto& [name, value] : change.information) information.push_back({{"name", name}, {"value", value}});
  std::int64_t event = number_events(change.events.size());
  for (const std::string& text : change.events) events.push_back({{"id", event++}, {"text", text}});
  connection_->run(put_sql, {number_, dump(trials), dump(information), dump(events)});
  const std::lock_guard lock(mutex_);
  for (const auto& [name, value] : change.information) record_.information[name] = value;
}

std::int64_t PostgresStore::number_events(std::size_t count) {
  const std::lock_guard lock(mutex_);
  next_event_ += static_cast<std::int64_t>(count);
  return next_event_ - static_cast<std::int64_t>(count);
}

std::vector<std::string> PostgresStore::events() const {
  const PgRows rows = connection_->run("SELECT text FROM dovetail.event WHERE study = $1 ORDER BY id", {number_});
  std::vector<std::string> list;
  for (int i = 0; i < rows.count(); ++i) list.push_back(rows.text(i, 0));
  return list;
}

bool PostgresStore::empty() const {
  const PgRows rows = connection_->run(
      "SELECT NOT EXISTS (SELECT FROM dovetail.trial WHERE study = $1) AND NOT EXISTS (SELECT FROM dovetail.event "
      "WHERE study = "
      "$1)",
      {number_});
  return rows.text(0, 0) == "t";
}

void PostgresStore::start(const StudyRecord& record) {
  connection_->run(
      "WITH cleared AS (DELETE FROM dovetail.information WHERE study = $1)"
      " UPDATE dovetail.study SET identity = $2, document = NULL, build = NULL WHERE study = $1",
      {number_, dump(record.identity)});
  record_ = {record.identity, {}};
  put(StoreChange{{}, record.information, {}});
}

}  // namespace record

namespace {

using record::PgConnection;
using record::PgRows;
using record::PostgresStore;

void make_tables(PgConnection& connection) {
  if (record::has_tables(connection)) return;
  connection.run_script("SELECT pg_advisory_xact_lock(1146507348);" +
                        fmt::format(fmt::runtime(record::tables_sql), postgres_schema));
  if (!record::has_tables(connection)) throw StorageError(connection.shown() + ": the tables could not be made");
}

std::optional<std::int64_t> find_study(PgConnection& connection, const std::string& name) {
  const PgRows rows = connection.run("SELECT study FROM dovetail.study WHERE name = $1", {name});
  return rows.count() == 0 ? std::nullopt : std::optional(rows.integer(0, 0));
}

}  // namespace

std::unique_ptr<Store> open_postgres_store(const PostgresAddress& address, const StudyRecord& asked, bool resume) {
  PostgresAddress named = address;
  if (named.study.empty()) {
    named.study = "main";
    named.shown += "#main";
  }
  const auto connection = std::make_shared<PgConnection>(named, "dovetail");
  make_tables(*connection);
  std::optional<std::int64_t> study = find_study(*connection, named.study);
  if (study) {
    // Look before touching: an existing study that may not be continued stays as it is.
    const PostgresStore existing(connection, *study, false);
    if (!existing.empty()) {
      if (!resume)
        throw StorageError(named.shown +
                           ": holds a study already; continue it with --resume, or name another study after #");
      const std::string difference = identity_differences(existing.record(), asked);
      if (!difference.empty())
        throw StorageError(named.shown + ": cannot resume, because the trials would change:" + difference);
    }
  } else {
    connection->run("INSERT INTO dovetail.study(name, identity) VALUES ($1, '{}') ON CONFLICT DO NOTHING",
                    {named.study});
    study = find_study(*connection, named.study);
  }
  auto store = std::make_unique<PostgresStore>(connection, study.value(), true);
  if (store->empty()) store->start(asked);
  return store;
}

std::unique_ptr<Store> read_postgres_store(const PostgresAddress& address) {
  const auto connection = std::make_shared<PgConnection>(address, "dovetail reader");
  if (!record::has_tables(*connection)) throw StorageError(address.shown + ": no study was recorded in this database");
  std::optional<std::int64_t> study;
  const PgRows all = connection->run("SELECT study, name FROM dovetail.study ORDER BY name");
  std::string names;
  for (int i = 0; i < all.count(); ++i) {
    names += (names.empty() ? "" : ", ") + all.text(i, 1);
    if (all.text(i, 1) == address.study || (address.study.empty() && all.count() == 1)) study = all.integer(i, 0);
  }
  if (!study && address.study.empty() && all.count() > 1)
    throw StorageError(fmt::format("{}: holds several studies; name one after #: {}", address.shown, names));
  if (!study)
    throw StorageError(fmt::format("{}: no such study{}", address.shown, names.empty() ? "" : "; there are: " + names));
  return std::make_unique<PostgresStore>(connection, *study, false);
}

std::optional<WorkState> work_state(const Store& store) {
  const auto* study = dynamic_cast<const PostgresStore*>(&store);
  if (study == nullptr) return std::nullopt;
  PgConnection& connection = study->connection();
  const record::PgValues number = {study->number()};
  if (connection.run("SELECT build IS NULL FROM dovetail.study WHERE study = $1", number).text(0, 0) == "t")
    return std::nullopt;
  const PgRows sums = connection.run(
      "SELECT count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'leased'),"
      " count(*) FILTER (WHERE state = 'leased' AND lease_until < clock_timestamp()), count(*) FILTER (WHERE state = "
      "'done'),"
      " coalesce(sum(attempt), 0), count(*) FILTER (WHERE attempt > 1),"
      " count(*) FILTER (WHERE state = 'done' AND worker IS NULL AND attempt > 0),"
      " count(*) FILTER (WHERE worker IS NOT NULL AND finished > clock_timestamp() - interval '1 minute')"
      " FROM dovetail.trial WHERE study = $1",
      number);
  WorkState state{sums.integer(0, 0),
                  sums.integer(0, 1),
                  sums.integer(0, 2),
                  sums.integer(0, 3),
                  sums.integer(0, 4),
                  sums.integer(0, 5),
                  sums.integer(0, 6),
                  static_cast<double>(sums.integer(0, 7)),
                  {}};
  const PgRows workers = connection.run(
      "SELECT worker, count(*) FILTER (WHERE state = 'done'),"
      " extract(epoch FROM greatest(max(finished), max(claimed)) - min(claimed)),"
      " extract(epoch FROM clock_timestamp() - greatest(max(finished), max(claimed))),"
      " string_agg(id::text, ' ' ORDER BY id) FILTER (WHERE state = 'leased')"
      " FROM dovetail.trial WHERE study = $1 AND worker IS NOT NULL GROUP BY worker ORDER BY worker",
      number);
  for (int i = 0; i < workers.count(); ++i) {
    WorkerState worker{workers.text(i, 0), workers.integer(i, 1), workers.real(i, 2), workers.real(i, 3), {}};
    std::string trials = workers.text(i, 4);
    for (std::size_t at = 0; at < trials.size();) {
      std::size_t end = 0;
      worker.trials.push_back(std::stoll(trials.substr(at), &end));
      at += end + 1;
    }
    state.workers.push_back(std::move(worker));
  }
  return state;
}

}  // namespace dovetail
