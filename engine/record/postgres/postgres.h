// Private to the record: one connection to PostgreSQL by libpq, which outlives restarts of the server.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/engine/record/store_address.hpp>

struct pg_conn;
struct pg_result;

namespace dovetail::record {

/// The answer to a statement; texts as the server writes them, none for NULL.
class PgRows {
 public:
  explicit PgRows(pg_result* result) : result_(result) {}
  ~PgRows();
  PgRows(PgRows&& other) noexcept : result_(other.result_) { other.result_ = nullptr; }
  PgRows(const PgRows&) = delete;
  PgRows& operator=(const PgRows&) = delete;

  int count() const;
  bool null(int row, int column) const;
  std::string text(int row, int column) const;
  std::int64_t integer(int row, int column) const;
  double real(int row, int column) const;  ///< every bit of it

 private:
  pg_result* result_;
};

using PgValues = std::vector<std::optional<std::string>>;

/// A connection. Every statement is a transaction of its own and is prepared, with values apart from its text. Where
/// the connection is lost the statement is sent again over a new one for up to a minute, so that it must mean the same
/// when it was done already. From several threads, one statement at a time. Throws StorageError, which never shows user
/// or password.
class PgConnection {
 public:
  /// Throws where no connection can be had now. `role` is the name that the server's list of connections shows.
  PgConnection(const PostgresAddress& address, const std::string& role);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  PgRows run(const std::string& sql, const PgValues& values = {});
  /// Several statements without values, as one transaction.
  void run_script(const std::string& sql);

  /// Called on every new connection after the first, before anything else is sent; it may use `run`.
  void on_reconnection(std::function<void()> callback) { on_reconnection_ = std::move(callback); }
  /// Waiting for a lost server ends when this says so.
  void stop_waiting(std::function<bool()> stop) { stop_ = std::move(stop); }
  const std::string& shown() const { return address_.shown; }

 private:
  struct Lost {
    bool only_collided = false;  ///< the connection is good
    std::string message;
  };
  void connect(bool first);
  void reconnect();
  PgRows send(const std::string& sql, const PgValues& values);
  void check(pg_result* result);

  const PostgresAddress address_;
  const std::string role_;
  pg_conn* connection_ = nullptr;
  std::map<std::string, std::string> prepared_;  ///< by text: its name
  std::int64_t statements_ = 0;
  std::function<void()> on_reconnection_;
  std::function<bool()> stop_;
  std::recursive_mutex mutex_;
};

}  // namespace dovetail::record
