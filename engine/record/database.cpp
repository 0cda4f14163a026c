// Errors of SQLite in words.
#include "database.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>

namespace dovetail::record {

std::optional<std::int64_t> file_size(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw StorageError(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) throw StorageError(fmt::format("{}: not a regular file", path));
  return info.st_size;
}

namespace {

// "file:PATH?immutable=1" with what means something in an address written as %XX.
std::string immutable_address(const std::string& path) {
  std::string result = "file:";
  for (const char c : path)
    result +=
        c == '?' || c == '#' || c == '%' ? fmt::format("%{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
  return result + "?immutable=1";
}

}  // namespace

Database::Database(std::string path, Access access) : path_(std::move(path)) {
  const int flags = (access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                    (access == Access::read_as_it_is ? SQLITE_OPEN_URI : 0) | SQLITE_OPEN_FULLMUTEX;
  const std::string name = access == Access::read_as_it_is ? immutable_address(path_) : path_;
  if (sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
    const std::string message = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw StorageError(fmt::format("{}: {}", path_, message));
  }
  sqlite3_busy_timeout(handle_, 10000);
}

Database::~Database() {
  sqlite3_close(handle_);
}

void Database::execute(const std::string& sql) const {
  char* message = nullptr;
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &message) == SQLITE_OK) return;
  const std::string text = message == nullptr ? sqlite3_errmsg(handle_) : message;
  sqlite3_free(message);
  throw StorageError(fmt::format("{}: {}", path_, text));
}

bool Database::try_execute(const char* sql) const noexcept {
  return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::int64_t Database::pragma(const std::string& name) const {
  Statement row(*this, "PRAGMA " + name);
  row.step();
  return row.integer(0);
}

Transaction::Transaction(const Database& database, const char* begin) : database_(database) {
  database_.execute(begin);
}

Transaction::~Transaction() {
  if (open_) database_.try_execute("ROLLBACK");
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

Statement::Statement(const Database& database, const std::string& sql) : database_(database) {
  if (sqlite3_prepare_v2(database.handle(), sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK) fail();
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::bind(int index, const std::string& text) {
  if (sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT) != SQLITE_OK)
    fail();
}

void Statement::bind(int index, std::int64_t value) {
  if (sqlite3_bind_int64(statement_, index, value) != SQLITE_OK) fail();
}

void Statement::bind(int index, double value) {
  if (sqlite3_bind_double(statement_, index, value) != SQLITE_OK) fail();
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail();
  return false;
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? std::string()
                          : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

void Statement::fail() const {
  const int code = sqlite3_errcode(database_.handle()) & 0xff;
  const char* message = sqlite3_errmsg(database_.handle());
  if (code == SQLITE_NOTADB) throw StorageError(database_.path() + ": not a Dovetail store (not an SQLite file)");
  if (code == SQLITE_CORRUPT) throw StorageError(database_.path() + ": the store is damaged: " + message);
  throw StorageError(database_.path() + ": " + message);
}

}  // namespace dovetail::record
