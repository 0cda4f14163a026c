// Where a store is (see the header).
#include <dovetail/engine/record/store_address.hpp>

#include <algorithm>
#include <cctype>

#include <dovetail/engine/record/store.hpp>

namespace dovetail {
namespace {

constexpr std::size_t longest_name = 100;

[[noreturn]] void refuse_password() {
  throw StorageError(
      "the address of the store has a password, which everybody on this machine could read in the list of its "
      "processes: take "
      "it out, and put it into a file of your own that the environment variable PGPASSFILE names (or ~/.pgpass), one "
      "line "
      "host:port:database:user:password");
}

}  // namespace

std::optional<PostgresAddress> postgres_address(const std::string& address) {
  std::size_t start = 0;
  for (const std::string scheme : {"postgresql://", "postgres://"})
    if (address.rfind(scheme, 0) == 0) start = scheme.size();
  if (start == 0) return std::nullopt;
  PostgresAddress result;
  const std::size_t hash = address.find('#');
  result.url = address.substr(0, hash);
  if (hash != std::string::npos) result.study = address.substr(hash + 1);
  const std::size_t query = std::min(result.url.find('?'), result.url.size());
  // A password may hold letters that end a host: everything before the last @ may belong to it.
  const std::size_t at = result.url.rfind('@', query);
  const bool user = at != std::string::npos && at > start;
  if (user && result.url.substr(start, at - start).find(':') != std::string::npos) refuse_password();
  std::string options = result.url.substr(query);
  std::transform(options.begin(), options.end(), options.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (options.find("password=") != std::string::npos) refuse_password();
  const auto legal = [](unsigned char c) { return c >= 0x20 && c != 0x7f; };
  if (hash != std::string::npos && (result.study.empty() || result.study.size() > longest_name ||
                                    !std::all_of(result.study.begin(), result.study.end(), legal)))
    throw StorageError("the address of the store: after # stands the name of a study, of 1 to 100 printable letters");
  result.shown = "postgresql://" + result.url.substr(user ? at + 1 : start, query - (user ? at + 1 : start));
  if (!result.study.empty()) result.shown += "#" + result.study;
  return result;
}

}  // namespace dovetail
