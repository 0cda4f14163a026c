// Where a store is: a file, or a study in a PostgreSQL database.
#pragma once

#include <optional>
#include <string>

namespace dovetail {

/// postgresql://HOST:PORT/DATABASE#STUDY. Whatever libpq understands may stand before the `#`, but for a password.
struct PostgresAddress {
  std::string url;
  std::string study;  ///< empty: not said
  std::string shown;  ///< for messages: without user and options
};

/// None when the address is one of a file. Throws StorageError for a password (PGPASSFILE, a service file and
/// certificates are for that: the words of a command are seen by everybody on its machine) and for a name of a study
/// that is none; what it says never repeats the address.
std::optional<PostgresAddress> postgres_address(const std::string& address);

}  // namespace dovetail
