// The SQLite store: write-ahead log, one transaction per call, chained checksums, a lock against a second writer.
#include <dovetail/engine/record/store.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/record/checksum.hpp>
#include <dovetail/engine/record/identity_differences.hpp>
#include <dovetail/engine/record/postgres/postgres_store.hpp>
#include "database.h"
#include "record_chain.h"

namespace dovetail {
namespace {

using record::Database;
using record::file_size;
using record::RecordChain;
using record::Statement;
using record::Transaction;

constexpr int application_id = 0x44564c54;  // "DVLT"
constexpr int first_checked_schema = 2;
constexpr double sync_after_s = 0.1;  // since the last record: then the disk is not what is waited for

const char* const schema_sql =
    "CREATE TABLE identity(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE information(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE trials(id INTEGER PRIMARY KEY, state TEXT NOT NULL, point TEXT NOT NULL, metrics TEXT NOT "
    "NULL,"
    " reason TEXT NOT NULL, seconds REAL NOT NULL, detail TEXT NOT NULL);"
    "CREATE TABLE events(id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);";

const char* const all_trials = "SELECT id, state, point, metrics, reason, seconds, detail FROM trials";

// A lock on the file for as long as this lives: a second writer is told, readers are not disturbed.
class WriterLock {
 public:
  explicit WriterLock(const std::string& path) : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (file_ < 0) throw StorageError(fmt::format("{}: cannot write: {}", path, std::strerror(errno)));
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
      close(file_);
      throw StorageError(fmt::format("{}: another run is writing to this store", path));
    }
  }
  ~WriterLock() { close(file_); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  int file_;
};

const char* to_text(TrialState state) {
  return state == TrialState::completed ? "completed" : state == TrialState::failed ? "failed" : "pending";
}

// A trial as its row holds it.
struct Row {
  std::int64_t id;
  std::string state, point, metrics, reason;
  double seconds;
  std::string detail;

  explicit Row(const StoredTrial& stored)
      : id(stored.trial.id),
        state(to_text(stored.trial.state)),
        point(nlohmann::json(stored.trial.point.numbers).dump()),
        metrics(nlohmann::json(stored.trial.metrics).dump()),
        reason(stored.trial.reason),
        seconds(stored.seconds),
        detail(stored.detail) {}
  explicit Row(const Statement& row)
      : id(row.integer(0)),
        state(row.text(1)),
        point(row.text(2)),
        metrics(row.text(3)),
        reason(row.text(4)),
        seconds(row.real(5)),
        detail(row.text(6)) {}

  std::uint64_t checksum() const {
    return Checksum()
        .add(std::bit_cast<std::uint64_t>(id))
        .add(state)
        .add(point)
        .add(metrics)
        .add(reason)
        .add(std::bit_cast<std::uint64_t>(seconds))
        .add(detail)
        .value();
  }

  StoredTrial trial(const std::string& path) const {
    StoredTrial stored{{id, {}, TrialState::pending, {}, reason}, seconds, detail};
    try {
      if (state == "completed")
        stored.trial.state = TrialState::completed;
      else if (state == "failed")
        stored.trial.state = TrialState::failed;
      else if (state != "pending")
        throw std::runtime_error("state '" + state + "'");
      stored.trial.point.numbers = nlohmann::json::parse(point).get<std::vector<double>>();
      stored.trial.metrics = nlohmann::json::parse(metrics).get<std::map<std::string, double>>();
    } catch (const std::exception& error) {
      throw StorageError(fmt::format("{}: trial {} cannot be read: {}", path, id, error.what()));
    }
    return stored;
  }
};

std::uint64_t checksum(const std::string& text) {
  return Checksum().add(text).value();
}

// Whether the file says that a write-ahead log is a part of it (offset 18 of SQLite's file format), and there is none.
// The file is only opened where no log is: closing it would take the locks of a writer in this process away.
bool lacks_log(const std::string& path) {
  if (file_size(path + "-wal")) return false;
  std::ifstream file(path, std::ios::binary);
  char header[20] = {};
  file.read(header, sizeof header);
  return file && header[18] == 2;
}

class SqliteStore final : public Store {
 public:
  // Opens an existing file; `writer` may be null for reading only.
  SqliteStore(const std::string& path, std::unique_ptr<WriterLock> writer)
      : cut_off_(lacks_log(path)),
        writer_(std::move(writer)),
        // A run that was killed may have left a journal that must be rolled back before anything can be read.
        database_(path, writer_ || file_size(path + "-journal").value_or(0) > 0 ? Database::Access::write
                        : cut_off_                                              ? Database::Access::read_as_it_is
                                                                                : Database::Access::read),
        chain_(database_) {}

  ~SqliteStore() override {
    if (!writer_) return;
    try {
      if (checked_) seal(false);
    } catch (const StorageError&) {
      // What is recorded stays; only that it was closed is not.
    }
    // Back to a single file; a reader that is still there prevents it, and that is fine too.
    database_.try_execute("PRAGMA journal_mode=DELETE");
  }

  // Checks that the file is ours and (unless that was just done) whole, and reads its record. False when it is a
  // database without any table.
  bool load(bool verify = true) {
    Statement tables(database_, "SELECT count(*) FROM sqlite_master");
    tables.step();
    const std::int64_t application = database_.pragma("application_id");
    if (tables.integer(0) == 0 && application == 0) {
      if (cut_off_) throw_cut_off();
      return false;
    }
    if (application != application_id)
      throw StorageError(path() + ": not a Dovetail store (an SQLite file of another program)");
    const std::int64_t schema = database_.pragma("user_version");
    if (schema < 1 || schema > store_schema) {
      throw StorageError(fmt::format("{}: written with store schema {}; this program reads schemas 1 to {}", path(),
                                     schema, store_schema));
    }
    checked_ = schema >= first_checked_schema;
    const Transaction one_state(database_, "BEGIN");
    Statement check(database_, "PRAGMA quick_check(1)");
    if (check.step() && check.text(0) != "ok") throw StorageError(path() + ": the store is damaged: " + check.text(0));
    record_.identity = read_map("SELECT name, value FROM identity");
    record_.information = read_map("SELECT name, value FROM information");
    if (checked_ && verify) chain_.verify(contents());
    if (checked_ && !chain_.writing()) cut_off_ = false;  // another program has joined the log
    if (cut_off_ && empty()) throw_cut_off();
    return true;
  }

  bool empty() const {
    Statement count(database_, "SELECT (SELECT count(*) FROM trials) + (SELECT count(*) FROM events)");
    count.step();
    return count.integer(0) == 0;
  }

  // Makes the file the study `record`; all or nothing.
  void start(const StudyRecord& record, bool tables_exist) {
    database_.try_execute("PRAGMA journal_mode=DELETE");
    Transaction transaction(database_);
    if (!tables_exist) {
      database_.execute(schema_sql);
      database_.execute(RecordChain::tables_sql);
      database_.execute(fmt::format("PRAGMA application_id={}", application_id));
      database_.execute(fmt::format("PRAGMA user_version={}", store_schema));
      checked_ = true;
    }
    database_.execute("DELETE FROM identity; DELETE FROM information");
    if (checked_) chain_.clear();
    for (const auto& [name, value] : record.identity) {
      Statement(database_, "INSERT INTO identity VALUES(?,?)").run(name, value);
      chain("identity " + name, checksum(value));
    }
    for (const auto& [name, value] : record.information) put_value(name, value);
    if (checked_) chain_.seal(false);
    transaction.commit();
    record_ = record;
  }

  // From here on every transaction goes to the log first. That the file is being written stands in the file itself, but
  // not before the log is there: a kill in between has lost nothing.
  void prepare_for_writing() {
    if (checked_) {
      database_.try_execute("PRAGMA journal_mode=DELETE");
      chain_.resume();
      seal(false);
    }
    database_.execute("PRAGMA journal_mode=WAL");
    database_.execute("PRAGMA synchronous=NORMAL");
    (void)empty();  // the first question makes the log's file
    if (!checked_) return;
    seal(true);
    database_.try_execute("PRAGMA wal_checkpoint(FULL)");
  }

  const StudyRecord& record() const override { return record_; }

  std::vector<StoredTrial> trials() const override {
    std::vector<StoredTrial> list;
    Statement rows(database_, std::string(all_trials) + " ORDER BY id");
    while (rows.step()) list.push_back(Row(rows).trial(path()));
    return list;
  }

  std::optional<StoredTrial> trial(std::int64_t id) const override {
    Statement row(database_, std::string(all_trials) + " WHERE id=?");
    if (!row.run(id)) return std::nullopt;
    return Row(row).trial(path());
  }

  using Store::put;
  void put(const StoreChange& change) override {
    const std::lock_guard lock(mutex_);
    sync_if_slow();
    Transaction transaction(database_);
    try {
      Statement insert(database_, "INSERT OR REPLACE INTO trials VALUES(?,?,?,?,?,?,?)");
      for (const StoredTrial& stored : change.trials) {
        const Row row(stored);
        insert.run(row.id, row.state, row.point, row.metrics, row.reason, row.seconds, row.detail);
        chain(fmt::format("trial {}", row.id), row.checksum());
      }
      for (const auto& [name, value] : change.information) put_value(name, value);
      for (const std::string& text : change.events) {
        Statement(database_, "INSERT INTO events(text) VALUES(?)").run(text);
        chain(fmt::format("event {}", sqlite3_last_insert_rowid(database_.handle())), checksum(text));
      }
      if (checked_) chain_.seal(true);
      transaction.commit();
    } catch (...) {
      if (checked_) chain_.resume();  // nothing of this was recorded
      throw;
    }
    for (const auto& [name, value] : change.information) record_.information[name] = value;
    last_put_ = Clock::now();
  }

  std::vector<std::string> events() const override {
    std::vector<std::string> list;
    Statement rows(database_, "SELECT text FROM events ORDER BY id");
    while (rows.step()) list.push_back(rows.text(0));
    return list;
  }

  std::vector<std::string> notes() const override {
    std::vector<std::string> list;
    if (!checked_) list.push_back(path() + ": written before stores had checksums: damage cannot be told");
    if (cut_off_)
      list.push_back(path() + ": its writer was cut off and " + path() +
                     "-wal is not beside it: the last records may be missing");
    return list;
  }

 private:
  using Clock = std::chrono::steady_clock;

  const std::string& path() const { return database_.path(); }

  void seal(bool writing) {
    Transaction transaction(database_);
    chain_.seal(writing);
    transaction.commit();
  }

  [[noreturn]] void throw_cut_off() const {
    throw StorageError(path() + ": holds nothing, because its writer was cut off and " + path() +
                       "-wal, which has what was recorded, is not beside it; to start anew remove the file");
  }

  void chain(const std::string& name, std::uint64_t content) {
    if (checked_) chain_.add(name, content);
  }

  void put_value(const std::string& name, const std::string& value) {
    Statement(database_, "INSERT OR REPLACE INTO information VALUES(?,?)").run(name, value);
    chain("information " + name, checksum(value));
  }

  void sync_if_slow() {
    const bool slow = std::chrono::duration<double>(Clock::now() - last_put_).count() >= sync_after_s;
    if (slow == syncing_) return;
    database_.execute(slow ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    syncing_ = slow;
  }

  std::map<std::string, std::string> read_map(const char* sql) const {
    std::map<std::string, std::string> map;
    Statement rows(database_, sql);
    while (rows.step()) map[rows.text(0)] = rows.text(1);
    return map;
  }

  // The checksums of all records by name, from the tables.
  std::map<std::string, std::uint64_t> contents() const {
    std::map<std::string, std::uint64_t> result;
    for (const auto& [name, value] : record_.identity) result["identity " + name] = checksum(value);
    for (const auto& [name, value] : record_.information) result["information " + name] = checksum(value);
    Statement trials(database_, all_trials);
    while (trials.step()) {
      const Row row(trials);
      result[fmt::format("trial {}", row.id)] = row.checksum();
    }
    Statement events(database_, "SELECT id, text FROM events");
    while (events.step()) result[fmt::format("event {}", events.integer(0))] = checksum(events.text(1));
    return result;
  }

  bool cut_off_;  ///< the log that is a part of it was not there
  std::unique_ptr<WriterLock> writer_;
  Database database_;
  RecordChain chain_;
  bool checked_ = false, syncing_ = false;
  StudyRecord record_;
  Clock::time_point last_put_{};
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Store> open_store(const std::string& path, const StudyRecord& record, bool resume) {
  if (const auto address = postgres_address(path)) return open_postgres_store(*address, record, resume);
  const bool exists = file_size(path).value_or(0) > 0;
  if (exists) {
    // Look before touching: an existing study that may not be continued stays as it is.
    SqliteStore existing(path, nullptr);
    if (existing.load() && !existing.empty()) {
      if (!resume)
        throw StorageError(path + ": holds a study already; continue it with --resume, or name another file");
      const std::string difference = identity_differences(existing.record(), record);
      if (!difference.empty())
        throw StorageError(path + ": cannot resume, because the trials would change:" + difference);
    }
  }
  auto store = std::make_unique<SqliteStore>(path, std::make_unique<WriterLock>(path));
  const bool tables = store->load(!exists);
  if (!tables || store->empty()) store->start(record, tables);
  store->prepare_for_writing();
  return store;
}

std::unique_ptr<Store> read_store(const std::string& path) {
  if (const auto address = postgres_address(path)) return read_postgres_store(*address);
  const std::optional<std::int64_t> size = file_size(path);
  if (!size) throw StorageError(path + ": no such file");
  auto store = std::make_unique<SqliteStore>(path, nullptr);
  if (*size == 0 || !store->load()) throw StorageError(path + ": the store is empty");
  return store;
}

std::string digest(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char character : text) hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3u;
  return fmt::format("{:016x}", hash);
}

}  // namespace dovetail
