// Private to the record: a chained checksum of everything that a store was told, in the order of writing.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "database.h"

namespace dovetail::record {

/// The table `chain` has a row per record written: its name ("trial 17", "event 3", "identity seed"), the checksum of
/// its content, and a link
///
///     link(n) = checksum(link(n - 1), name(n), content(n)),   link(0) = 0
///
/// and the table `seal` has the number of rows and the last link. A record that is written again has a new row; the
/// last one counts. So a changed bit anywhere, a record that is missing and a tail that was cut off are told, and where
/// they are.
class RecordChain {
 public:
  static const char* const tables_sql;

  explicit RecordChain(const Database& database) : database_(database) {}

  /// Reads where the chain ends, to go on from there.
  void resume();
  /// Forgets all, for a store that starts anew.
  void clear();

  /// Adds a record within the transaction in work; `seal` once before it ends.
  void add(const std::string& name, std::uint64_t content);
  void seal(bool writing);

  /// Whether the file says that a writer has it open, or was killed.
  bool writing() const;

  /// Throws StorageError naming what differs between the chain and `contents` (of the tables of records, by name).
  void verify(const std::map<std::string, std::uint64_t>& contents) const;

 private:
  const Database& database_;
  std::int64_t count_ = 0;
  std::uint64_t link_ = 0;
};

}  // namespace dovetail::record
