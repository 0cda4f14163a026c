// A study in PostgreSQL: the same record as in a file, in tables that anybody can read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/record/store_address.hpp>

namespace dovetail {

/// Version of the tables. A database of a newer one is refused.
inline constexpr int postgres_schema = 1;

/// As open_store and read_store, of a study in a database. Names of studies are those of the address; one that says
/// none means "main" when writing, and when reading the only study there is. The tables are made where they are
/// missing, in a schema of their own, `dovetail`. A writer holds an advisory lock that falls with its connection.
std::unique_ptr<Store> open_postgres_store(const PostgresAddress& address, const StudyRecord& record, bool resume);
std::unique_ptr<Store> read_postgres_store(const PostgresAddress& address);

/// A worker as the trials of a study tell of it.
struct WorkerState {
  std::string name;
  std::int64_t done = 0;             ///< trials that it finished
  double seconds = 0.0;              ///< from its first claim to its last answer
  double silent_s = 0.0;             ///< since it last claimed or answered
  std::vector<std::int64_t> trials;  ///< leased to it now
};

/// The trials of a study as work.
struct WorkState {
  std::int64_t open = 0, leased = 0, expired = 0, done = 0;
  std::int64_t attempts = 0;  ///< leases that ended in an answer or ran out
  std::int64_t repeated = 0;  ///< trials that were begun more than once
  std::int64_t given_up = 0;  ///< failed because their workers died
  double per_minute = 0.0;    ///< answers in the last minute
  std::vector<WorkerState> workers;
};

/// None for stores of other kinds, and for studies that no worker was asked to evaluate.
std::optional<WorkState> work_state(const Store& store);

}  // namespace dovetail
