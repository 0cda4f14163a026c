// The SQLite store: write-ahead log, one transaction per trial, a lock against a second writer.
#include <dovetail/engine/record/store.hpp>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace dovetail {
namespace {

constexpr int application_id = 0x44564c54;  // "DVLT"

const char* const schema_sql =
    "CREATE TABLE identity(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE information(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE trials(id INTEGER PRIMARY KEY, state TEXT NOT NULL, point TEXT NOT NULL, metrics TEXT NOT "
    "NULL,"
    " reason TEXT NOT NULL, seconds REAL NOT NULL, detail TEXT NOT NULL);"
    "CREATE TABLE events(id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);";

// Whether the file exists, and how long it is. Throws when it is not a regular file.
std::optional<std::int64_t> file_size(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw StorageError(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) throw StorageError(fmt::format("{}: not a regular file", path));
  return info.st_size;
}

// A lock on the file for as long as this lives: a second writer is told, readers are not disturbed.
class WriterLock {
 public:
  explicit WriterLock(const std::string& path)
      : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
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

class Statement {
 public:
  Statement(sqlite3* database, const std::string& path, const char* sql) : database_(database), path_(path) {
    if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) fail();
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int index, const std::string& text) {
    if (sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT) !=
        SQLITE_OK)
      fail();
    return *this;
  }
  Statement& bind(int index, std::int64_t value) {
    if (sqlite3_bind_int64(statement_, index, value) != SQLITE_OK) fail();
    return *this;
  }
  Statement& bind(int index, double value) {
    if (sqlite3_bind_double(statement_, index, value) != SQLITE_OK) fail();
    return *this;
  }
  /// Whether there is a(nother) row.
  bool step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) fail();
    return false;
  }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr
               ? std::string()
               : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }

 private:
  [[noreturn]] void fail() const {
    const int code = sqlite3_errcode(database_) & 0xff;
    if (code == SQLITE_NOTADB) throw StorageError(path_ + ": not a Dovetail store (not an SQLite file)");
    if (code == SQLITE_CORRUPT)
      throw StorageError(path_ + ": the store is damaged: " + sqlite3_errmsg(database_));
    throw StorageError(path_ + ": " + sqlite3_errmsg(database_));
  }

  sqlite3* database_;
  const std::string& path_;
  sqlite3_stmt* statement_ = nullptr;
};

const char* to_text(TrialState state) {
  return state == TrialState::completed ? "completed" : state == TrialState::failed ? "failed" : "pending";
}

class SqliteStore final : public Store {
 public:
  // Opens an existing file; `writer` may be null for reading only.
  SqliteStore(std::string path, std::unique_ptr<WriterLock> writer)
      : path_(std::move(path)), writer_(std::move(writer)) {
    // A run that was killed may have left a journal that must be rolled back before anything can be read.
    const bool unfinished = file_size(path_ + "-journal").value_or(0) > 0;
    const int flags = writer_ || unfinished ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2(path_.c_str(), &database_, flags | SQLITE_OPEN_FULLMUTEX, nullptr) != SQLITE_OK) {
      const std::string message = database_ == nullptr ? "out of memory" : sqlite3_errmsg(database_);
      sqlite3_close(database_);
      throw StorageError(fmt::format("{}: {}", path_, message));
    }
    sqlite3_busy_timeout(database_, 10000);
  }

  ~SqliteStore() override {
    // Back to a single file; a reader that is still there prevents it, and that is fine too.
    if (writer_) sqlite3_exec(database_, "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr);
    sqlite3_close(database_);
  }

  // Checks that the file is ours and reads its record. False when it is a database without any table.
  bool load() {
    Statement tables(database_, path_, "SELECT count(*) FROM sqlite_master");
    tables.step();
    const std::int64_t application = pragma("application_id");
    if (tables.integer(0) == 0 && application == 0) return false;
    if (application != application_id)
      throw StorageError(path_ + ": not a Dovetail store (an SQLite file of another program)");
    const std::int64_t schema = pragma("user_version");
    if (schema != store_schema) {
      throw StorageError(fmt::format("{}: written with store schema {}; this program reads schema {}", path_,
                                     schema, store_schema));
    }
    Statement check(database_, path_, "PRAGMA quick_check(1)");
    if (check.step() && check.text(0) != "ok")
      throw StorageError(path_ + ": the store is damaged: " + check.text(0));
    record_.identity = read_map("SELECT name, value FROM identity");
    record_.information = read_map("SELECT name, value FROM information");
    return true;
  }

  bool empty() const {
    Statement count(database_, path_, "SELECT (SELECT count(*) FROM trials) + (SELECT count(*) FROM events)");
    count.step();
    return count.integer(0) == 0;
  }

  void prepare_for_writing() {
    execute("PRAGMA journal_mode=WAL");
    execute("PRAGMA synchronous=NORMAL");
  }

  // Makes the file the study `record`; all or nothing.
  void start(const StudyRecord& record, bool tables_exist) {
    execute("BEGIN IMMEDIATE");
    if (!tables_exist) {
      execute(schema_sql);
      execute(fmt::format("PRAGMA application_id={}", application_id));
      execute(fmt::format("PRAGMA user_version={}", store_schema));
    }
    execute("DELETE FROM identity; DELETE FROM information");
    for (const auto& [name, value] : record.identity) {
      Statement(database_, path_, "INSERT INTO identity VALUES(?,?)").bind(1, name).bind(2, value).step();
    }
    for (const auto& [name, value] : record.information) {
      Statement(database_, path_, "INSERT INTO information VALUES(?,?)").bind(1, name).bind(2, value).step();
    }
    execute("COMMIT");
    record_ = record;
  }

  const StudyRecord& record() const override { return record_; }

  std::vector<StoredTrial> trials() const override {
    std::vector<StoredTrial> list;
    Statement rows(database_, path_,
                   "SELECT id, state, point, metrics, reason, seconds, detail FROM trials ORDER BY id");
    while (rows.step()) list.push_back(read_trial(rows));
    return list;
  }

  std::optional<StoredTrial> trial(std::int64_t id) const override {
    Statement row(database_, path_,
                  "SELECT id, state, point, metrics, reason, seconds, detail FROM trials WHERE id=?");
    row.bind(1, id);
    if (!row.step()) return std::nullopt;
    return read_trial(row);
  }

  void put(const StoredTrial& stored) override {
    const Trial& trial = stored.trial;
    Statement(database_, path_, "INSERT OR REPLACE INTO trials VALUES(?,?,?,?,?,?,?)")
        .bind(1, trial.id)
        .bind(2, std::string(to_text(trial.state)))
        .bind(3, nlohmann::json(trial.point.numbers).dump())
        .bind(4, nlohmann::json(trial.metrics).dump())
        .bind(5, trial.reason)
        .bind(6, stored.seconds)
        .bind(7, stored.detail)
        .step();
  }

  void put_information(const std::string& name, const std::string& value) override {
    Statement(database_, path_, "INSERT OR REPLACE INTO information VALUES(?,?)")
        .bind(1, name)
        .bind(2, value)
        .step();
    record_.information[name] = value;
  }

  std::vector<std::string> events() const override {
    std::vector<std::string> list;
    Statement rows(database_, path_, "SELECT text FROM events ORDER BY id");
    while (rows.step()) list.push_back(rows.text(0));
    return list;
  }

  void put_event(const std::string& text) override {
    Statement(database_, path_, "INSERT INTO events(text) VALUES(?)").bind(1, text).step();
  }

 private:
  void execute(const std::string& sql) {
    char* message = nullptr;
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, &message) == SQLITE_OK) return;
    const std::string text = message == nullptr ? sqlite3_errmsg(database_) : message;
    sqlite3_free(message);
    throw StorageError(fmt::format("{}: {}", path_, text));
  }

  std::int64_t pragma(const char* name) const {
    Statement row(database_, path_, fmt::format("PRAGMA {}", name).c_str());
    row.step();
    return row.integer(0);
  }

  std::map<std::string, std::string> read_map(const char* sql) const {
    std::map<std::string, std::string> map;
    Statement rows(database_, path_, sql);
    while (rows.step()) map[rows.text(0)] = rows.text(1);
    return map;
  }

  StoredTrial read_trial(const Statement& row) const {
    StoredTrial stored;
    stored.trial.id = row.integer(0);
    const std::string state = row.text(1);
    try {
      if (state == "completed")
        stored.trial.state = TrialState::completed;
      else if (state == "failed")
        stored.trial.state = TrialState::failed;
      else if (state != "pending")
        throw std::runtime_error("state '" + state + "'");
      stored.trial.point.numbers = nlohmann::json::parse(row.text(2)).get<std::vector<double>>();
      stored.trial.metrics = nlohmann::json::parse(row.text(3)).get<std::map<std::string, double>>();
    } catch (const std::exception& error) {
      throw StorageError(
          fmt::format("{}: trial {} cannot be read: {}", path_, stored.trial.id, error.what()));
    }
    stored.trial.reason = row.text(4);
    stored.seconds = row.real(5);
    stored.detail = row.text(6);
    return stored;
  }

  std::string path_;
  std::unique_ptr<WriterLock> writer_;
  sqlite3* database_ = nullptr;
  StudyRecord record_;
};

std::string shorten(const std::string& text) {
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

// Every value that differs between the store's identity and the one asked for; empty when equal.
std::string differences(const StudyRecord& stored, const StudyRecord& asked) {
  std::string text;
  const auto add = [&](const std::string& name, const std::string& have, const std::string& want) {
    text += fmt::format("\n  {}: the store has '{}', this run asks '{}'", name, shorten(have), shorten(want));
  };
  for (const auto& [name, value] : stored.identity) {
    const auto found = asked.identity.find(name);
    if (found == asked.identity.end())
      add(name, value, "nothing");
    else if (found->second != value)
      add(name, value, found->second);
  }
  for (const auto& [name, value] : asked.identity) {
    if (stored.identity.count(name) == 0) add(name, "nothing", value);
  }
  return text;
}

}  // namespace

std::unique_ptr<Store> open_store(const std::string& path, const StudyRecord& record, bool resume) {
  const std::optional<std::int64_t> size = file_size(path);
  if (size.value_or(0) > 0) {
    // Look before touching: an existing study that may not be continued stays as it is.
    SqliteStore existing(path, nullptr);
    if (existing.load() && !existing.empty()) {
      if (!resume)
        throw StorageError(path + ": holds a study already; continue it with --resume, or name another file");
      const std::string difference = differences(existing.record(), record);
      if (!difference.empty())
        throw StorageError(path + ": cannot resume, because the trials would change:" + difference);
    }
  }
  auto store = std::make_unique<SqliteStore>(path, std::make_unique<WriterLock>(path));
  const bool tables = store->load();
  store->prepare_for_writing();
  if (!tables || store->empty()) store->start(record, tables);
  return store;
}

std::unique_ptr<Store> read_store(const std::string& path) {
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
