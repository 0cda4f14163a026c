// Where a study lives: one SQLite file that survives being killed at any moment.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <dovetail/engine/record/trial.hpp>

namespace dovetail {

/// The store cannot be used: exit code 6.
struct StorageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a study is. Two runs with the same identity have the same trials; `information` may differ.
struct StudyRecord {
  std::map<std::string, std::string> identity;     ///< everything that would change trials: name -> canonical text
  std::map<std::string, std::string> information;  ///< versions, command, study text: for reports
};

/// A trial with what only the record knows.
struct StoredTrial {
  Trial trial;
  double seconds = 0.0;  ///< spent on the outcome; informational
  std::string detail;    ///< JSON text for reports (the full result of new incumbents); may be empty
};

/// What one call changes: all of it is recorded, or nothing.
struct StoreChange {
  std::vector<StoredTrial> trials = {};                 ///< added, or in place of those with these ids
  std::map<std::string, std::string> information = {};  ///< the same by name
  std::vector<std::string> events = {};                 ///< appended to the log
};

/// A record of one study. Every `put` is one transaction: after it returns, killing the process loses nothing, and a
/// kill in the middle leaves all of it or nothing. What a power cut can lose is said at `open_store`. One writer at a
/// time, of any number of threads; readers may come while it writes. Implementations throw StorageError.
class Store {
 public:
  virtual ~Store() = default;
  virtual const StudyRecord& record() const = 0;
  virtual std::vector<StoredTrial> trials() const = 0;  ///< ascending id
  virtual std::optional<StoredTrial> trial(std::int64_t id) const = 0;
  virtual void put(const StoreChange& change) = 0;
  void put(const StoredTrial& trial) { put(StoreChange{{trial}, {}, {}}); }
  void put_information(const std::string& name, const std::string& value) { put(StoreChange{{}, {{name, value}}, {}}); }

  /// A log of texts in order (ask and tell calls, for instance), for searches whose order is not a round of a
  /// study.
  virtual std::vector<std::string> events() const = 0;
  void put_event(const std::string& text) { put(StoreChange{{}, {}, {text}}); }

  /// What whoever reads this store should know of it: that it has no checksums, or that its end may be missing.
  virtual std::vector<std::string> notes() const { return {}; }
};

/// Schema version of the files written. Files of schema 1 have no checksums; they are read and continued as they are.
inline constexpr int store_schema = 2;

/// Every record has a checksum that is chained to the one before; both functions check them all, and a record that was
/// changed, that is missing or that was cut off at the end is a StorageError that names it.
///
/// What is recorded 0.1 s or more after the record before it is synced to the disk at once, so that a search with slow
/// trials loses nothing in a power cut. Of faster ones a power cut may lose the last records, as if they had not been
/// written. Closing syncs everything. While a study is being written, and after a kill, part of it is in the file
/// PATH-wal: a copy needs both; without it a store that holds nothing is a StorageError, and one that holds part of a
/// study has a note.
///
/// Opens `path` for writing. A missing or still empty store (no trial, no event) becomes the study `record`.
/// An existing study needs `resume`, and must have the same identity: otherwise a StorageError names every
/// difference and the data stay untouched.
std::unique_ptr<Store> open_store(const std::string& path, const StudyRecord& record, bool resume);

/// Opens an existing study for reading, finished, running or cut off.
std::unique_ptr<Store> read_store(const std::string& path);

/// 64-bit FNV-1a of a text as 16 hexadecimal digits: the digests of workloads, families and spaces in an
/// identity.
std::string digest(const std::string& text);

}  // namespace dovetail
