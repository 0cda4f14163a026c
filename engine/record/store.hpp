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
  std::map<std::string, std::string>
      identity;  ///< everything that would change trials: name -> canonical text
  std::map<std::string, std::string> information;  ///< versions, command, study text: for reports
};

/// A trial with what only the record knows.
struct StoredTrial {
  Trial trial;
  double seconds = 0.0;  ///< spent on the outcome; informational
  std::string detail;    ///< JSON text for reports (the full result of new incumbents); may be empty
};

/// A record of one study. Every `put` is one transaction: after it returns, killing the process loses
/// nothing. One writer at a time; readers may come while it writes. Implementations throw StorageError.
class Store {
 public:
  virtual ~Store() = default;
  virtual const StudyRecord& record() const = 0;
  virtual std::vector<StoredTrial> trials() const = 0;  ///< ascending id
  virtual std::optional<StoredTrial> trial(std::int64_t id) const = 0;
  virtual void put(const StoredTrial& trial) = 0;  ///< adds or replaces the trial with this id
  virtual void put_information(const std::string& name, const std::string& value) = 0;

  /// A log of texts in order (ask and tell calls, for instance), for searches whose order is not a round of a
  /// study.
  virtual std::vector<std::string> events() const = 0;
  virtual void put_event(const std::string& text) = 0;
};

/// Schema version of the files written.
inline constexpr int store_schema = 1;

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
