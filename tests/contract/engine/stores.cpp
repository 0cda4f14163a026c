// What every store and every queue promises: those of one machine. PostgreSQL's are in postgres.cpp.
#include <doctest/doctest.h>

#include <dovetail/engine/record/local_queue.hpp>

#include "support/queue_contract.hpp"
#include "support/store_contract.hpp"

#include <filesystem>

using namespace dovetail;
using namespace dovetail::testing;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "dovetail-stores-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("an SQLite store keeps the contract") {
  const Folder folder;
  check_store([&](const std::string& name) { return (folder.path / (name + ".db")).string(); });
}

TEST_CASE("the queue of one process keeps the contract") {
  for (const int threads : {1, 4}) {
    CAPTURE(threads);
    const Folder folder;
    check_queue(
        [&](const std::string& name, bool resume) {
          return open_store((folder.path / (name + ".db")).string(), contract_study(), resume);
        },
        [&](Store& store, auto evaluate) { return std::make_shared<LocalQueue>(evaluate, &store, 4, threads); });
  }
}

TEST_CASE("an evaluation that throws throws where its outcome is waited for") {
  for (const int threads : {1, 4}) {
    LocalQueue queue(
        [](const Job& job) -> std::optional<StoredTrial> {
          if (job.id == 1) throw std::runtime_error("no simulator");
          return contract_outcome(job);
        },
        nullptr, 4, threads);
    queue.post({contract_job(0), contract_job(1), contract_job(2)}, {});
    CHECK(queue.wait(0, [] { return false; }).has_value());
    CHECK_THROWS_WITH(queue.wait(1, [] { return false; }), "no simulator");
    CHECK(queue.wait(2, [] { return false; }).has_value());
  }
}
