// Private to the record: the store of a study in PostgreSQL, as its queue sees it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include <dovetail/engine/record/postgres/postgres_store.hpp>
#include <dovetail/engine/record/queue.hpp>

#include "postgres.h"

namespace dovetail::record {

/// A job as its row holds it, and back. Throws StorageError.
std::string job_text(const Job& job);
Job job_of(const std::string& text, std::int64_t id, const std::string& shown);
/// The same of an outcome, beside its job.
std::string result_text(const Trial& trial);
Trial trial_of(std::int64_t id, const std::string& job, const std::string& result, const std::string& shown);

/// Whether the tables are there; throws StorageError when they are newer than this program.
bool has_tables(PgConnection& connection);

class PostgresStore final : public Store {
 public:
  /// Of an existing study. A writer takes the lock and throws StorageError when another has it.
  PostgresStore(std::shared_ptr<PgConnection> connection, std::int64_t study, bool writes);

  const StudyRecord& record() const override { return record_; }
  std::vector<StoredTrial> trials() const override;
  std::optional<StoredTrial> trial(std::int64_t id) const override;
  using Store::put;
  void put(const StoreChange& change) override;
  std::vector<std::string> events() const override;

  bool empty() const;
  /// Makes it the study `record`, without trials and events.
  void start(const StudyRecord& record);

  PgConnection& connection() const { return *connection_; }
  const std::string& number() const { return number_; }
  /// Numbers for so many events, one after the other.
  std::int64_t number_events(std::size_t count);
  /// Throws StorageError when another connection has the lock.
  void lock() const;

 private:
  std::shared_ptr<PgConnection> connection_;
  const std::string number_;  ///< of the study
  StudyRecord record_;
  std::int64_t next_event_ = 0;
  std::mutex mutex_;
};

}  // namespace dovetail::record
