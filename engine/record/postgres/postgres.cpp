// One connection to PostgreSQL (see the header). The only file that knows libpq.
#include "postgres.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/record/store_parts.hpp>

#ifdef DOVETAIL_LIBPQ
#include <libpq-fe.h>
#endif

namespace dovetail::record {

#ifdef DOVETAIL_LIBPQ

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{60};  // with a server that is gone
constexpr std::chrono::milliseconds first_connect_pause{50}, longest_connect_pause{1000};
constexpr int most_losses = 20;  // of one statement

std::string first_line(const char* text) {
  std::string line(text == nullptr ? "" : text);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

// Of two transactions one has to be sent again (SQLSTATE 40001 and 40P01).
bool collided(const std::string& state) {
  return state == "40001" || state == "40P01";
}

// Ends of a connection, not mistakes: the server stops, starts, or ended it (SQLSTATE classes 08 and 57P), or there is
// no answer of the server at all, even where libpq still takes the connection for a good one.
bool lost(const char* state) {
  if (state == nullptr) return true;
  const std::string text = state;
  return text.rfind("08", 0) == 0 || text.rfind("57P", 0) == 0;
}

}  // namespace

PgRows::~PgRows() {
  PQclear(result_);
}
int PgRows::count() const {
  return PQntuples(result_);
}
bool PgRows::null(int row, int column) const {
  return PQgetisnull(result_, row, column) != 0;
}
std::string PgRows::text(int row, int column) const {
  return {PQgetvalue(result_, row, column), static_cast<std::size_t>(PQgetlength(result_, row, column))};
}
std::int64_t PgRows::integer(int row, int column) const {
  return std::strtoll(PQgetvalue(result_, row, column), nullptr, 10);
}
double PgRows::real(int row, int column) const {
  return std::strtod(PQgetvalue(result_, row, column), nullptr);
}

PgConnection::PgConnection(const PostgresAddress& address, const std::string& role) : address_(address), role_(role) {
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(address_.url.c_str(), &error);
  PQfreemem(error);  // it may repeat the address
  if (options == nullptr)
    throw StorageError(
        "the address of the store cannot be read: write postgresql://HOST/DATABASE#STUDY, with options of "
        "libpq after a question mark");
  bool password = false;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option)
    password = password || (option->val != nullptr && std::strstr(option->keyword, "password") != nullptr);
  PQconninfoFree(options);
  if (password) throw StorageError("the address of the store has a password: put it into a file that PGPASSFILE names");
  try {
    connect(true);
  } catch (const Lost&) {
    reconnect();
  }
}

PgConnection::~PgConnection() {
  PQfinish(connection_);
}

void PgConnection::connect(bool first) {
  PQfinish(connection_);
  prepared_.clear();
  const char* const keys[] = {"connect_timeout", "keepalives_idle",  "keepalives_interval", "keepalives_count",
                              "dbname",          "application_name", "client_encoding",     nullptr};
  const char* const values[] = {"10", "20", "10", "3", address_.url.c_str(), role_.c_str(), "UTF8", nullptr};
  connection_ = PQconnectdbParams(keys, values, 1);
  if (connection_ == nullptr) throw std::bad_alloc();
  if (PQstatus(connection_) == CONNECTION_OK) {
    PQsetNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
    return;
  }
  const std::string why = first_line(PQerrorMessage(connection_));
  if (!first || why.find("starting up") != std::string::npos || why.find("shutting down") != std::string::npos ||
      why.find("recovery mode") != std::string::npos)
    throw Lost{};
  throw StorageError(fmt::format("{}: no connection: {}", shown(), why));
}

void PgConnection::reconnect() {
  const Clock::time_point start = Clock::now();
  auto pause = first_connect_pause;
  for (;;) {
    try {
      connect(false);
      if (on_reconnection_) on_reconnection_();
      return;
    } catch (const Lost&) {
    }
    if (stop_ && stop_()) throw StorageError(shown() + ": interrupted while the server was gone");
    if (Clock::now() - start > patience)
      throw StorageError(fmt::format("{}: the server has been gone for a minute: {}", shown(),
                                     first_line(PQerrorMessage(connection_))));
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, longest_connect_pause);
  }
}

void PgConnection::check(PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
  const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const bool gone = PQstatus(connection_) != CONNECTION_OK || lost(code);
  const bool again = !gone && collided(code);
  const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const std::string message = first_line(text != nullptr ? text : PQerrorMessage(connection_));
  PQclear(result);
  if (gone || again) throw Lost{again, message};
  throw StorageError(fmt::format("{}: {}", shown(), message));
}

PgRows PgConnection::send(const std::string& sql, const PgValues& values) {
  std::string& name = prepared_[sql];
  if (name.empty()) {
    const std::string chosen = fmt::format("s{}", ++statements_);
    PGresult* result = PQprepare(connection_, chosen.c_str(), sql.c_str(), 0, nullptr);
    check(result);
    PQclear(result);
    name = chosen;
  }
  std::vector<const char*> texts;
  for (const auto& value : values) texts.push_back(value ? value->c_str() : nullptr);
  PGresult* result =
      PQexecPrepared(connection_, name.c_str(), static_cast<int>(texts.size()), texts.data(), nullptr, nullptr, 0);
  check(result);
  return PgRows(result);
}

PgRows PgConnection::run(const std::string& sql, const PgValues& values) {
  const std::lock_guard lock(mutex_);
  for (const auto& value : values)
    if (value && value->find('\0') != std::string::npos)
      throw StorageError(shown() + ": a text with a zero byte cannot be recorded");
  for (int losses = 0;; ++losses) {
    try {
      return send(sql, values);
    } catch (const Lost& lost) {
      if (losses >= most_losses)
        throw StorageError(fmt::format("{}: a statement fails on every connection: {}", shown(), lost.message));
      if (!lost.only_collided) reconnect();
    }
  }
}

void PgConnection::run_script(const std::string& sql) {
  const std::lock_guard lock(mutex_);
  for (int losses = 0;; ++losses) {
    try {
      PGresult* result = PQexec(connection_, sql.c_str());
      check(result);
      PQclear(result);
      return;
    } catch (const Lost& lost) {
      if (losses >= most_losses)
        throw StorageError(fmt::format("{}: a statement fails on every connection: {}", shown(), lost.message));
      if (!lost.only_collided) reconnect();
    }
  }
}

#else

PgRows::~PgRows() = default;
int PgRows::count() const {
  return 0;
}
bool PgRows::null(int, int) const {
  return true;
}
std::string PgRows::text(int, int) const {
  return "";
}
std::int64_t PgRows::integer(int, int) const {
  return 0;
}
double PgRows::real(int, int) const {
  return 0.0;
}
PgConnection::PgConnection(const PostgresAddress& address, const std::string& role) : address_(address), role_(role) {
  throw StorageError(shown() +
                     ": this program was built without PostgreSQL: install the package libpq-dev and build again");
}
PgConnection::~PgConnection() = default;
PgRows PgConnection::run(const std::string&, const PgValues&) {
  return PgRows(nullptr);
}
void PgConnection::run_script(const std::string&) {}

#endif

}  // namespace dovetail::record

namespace dovetail {

std::string_view postgres_unavailable() {
#ifdef DOVETAIL_LIBPQ
  return {};
#else
  return "built without PostgreSQL: install the package libpq-dev and build again";
#endif
}

}  // namespace dovetail
