// Private to the record: one SQLite file and its statements, with errors as StorageError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sqlite3.h>

namespace dovetail::record {

/// Bytes of a regular file; none when there is no such file. Throws StorageError when it is something else.
std::optional<std::int64_t> file_size(const std::string& path);

/// An open database file.
class Database {
 public:
  /// `read_as_it_is`: no lock is taken and no file is made beside it, for a file that nobody writes.
  enum class Access { read, read_as_it_is, write };
  Database(std::string path, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql) const;
  bool try_execute(const char* sql) const noexcept;
  std::int64_t pragma(const std::string& name) const;
  sqlite3* handle() const { return handle_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

/// A transaction that is undone unless it is committed.
class Transaction {
 public:
  explicit Transaction(const Database& database, const char* begin = "BEGIN IMMEDIATE");
  ~Transaction();
  void commit();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

 private:
  const Database& database_;
  bool open_ = true;
};

/// A prepared statement; `run` binds values in order and steps once.
class Statement {
 public:
  Statement(const Database& database, const std::string& sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  bool run(const Values&... values) {
    sqlite3_reset(statement_);
    int index = 0;
    (bind(++index, values), ...);
    return step();
  }
  bool step();  ///< whether there is a(nother) row
  std::string text(int column) const;
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }

 private:
  void bind(int index, const std::string& text);
  void bind(int index, std::int64_t value);
  void bind(int index, double value);
  [[noreturn]] void fail() const;

  const Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace dovetail::record
