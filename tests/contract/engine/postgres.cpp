// What every store and every queue promises, kept by PostgreSQL; and what leases, restarts and foreign tables do.
#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>

#include <dovetail/engine/record/postgres/postgres_queue.hpp>
#include <dovetail/engine/record/postgres/postgres_store.hpp>

#include "support/postgres_server.hpp"
#include "support/queue_contract.hpp"
#include "support/reference_data.hpp"
#include "support/store_contract.hpp"

using namespace dovetail;
using namespace dovetail::testing;

namespace {

const std::map<std::string, std::string> build{{"version", "1"}, {"compiler", "x"}};

// One server for all cases; without one nothing is said to have passed.
const PostgresServer& server() {
  static std::string why;
  static const std::unique_ptr<PostgresServer> one = PostgresServer::start(why);
  if (!one) {
    dovetail::testing::skip(why);
    std::_Exit(dovetail::testing::skipped_exit);
  }
  return *one;
}

bool never() {
  return false;
}

// A queue with workers in threads of their own.
struct Workers {
  Workers(Store& store, const std::string& study, std::function<std::optional<StoredTrial>(const Job&)> evaluate)
      : queue(postgres_queue(store, {"{}", build, 3, {}, {}})) {
    for (int w = 0; w < 3; ++w)
      threads.emplace_back([this, evaluate, study, w] {
        WorkSource source(*postgres_address(server().url(study)), "worker" + std::to_string(w), 5.0, {});
        work(source, [&](const ClaimedJob& claimed, const auto&) { return evaluate(claimed.job); },
             {5.0, 600.0, [this] { return ending.load(); }});
      });
  }
  ~Workers() {
    ending = true;
    for (std::thread& thread : threads) thread.join();
  }
  std::unique_ptr<Queue> queue;
  std::atomic<bool> ending{false};
  std::vector<std::thread> threads;
};

std::unique_ptr<Store> open(const std::string& study, bool resume = false) {
  return open_store(server().url(study), contract_study(), resume);
}

WorkSource source(const std::string& study, const std::string& worker, double lease_s = 30.0) {
  return WorkSource(*postgres_address(server().url(study)), worker, lease_s, {});
}

void pause(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

TEST_CASE("a store in PostgreSQL keeps the contract") {
  check_store([](const std::string& name) { return server().url(name); });
}

TEST_CASE("a queue in PostgreSQL keeps the contract") {
  std::string study;
  check_queue(
      [&](const std::string& name, bool resume) {
        study = "queue " + name;
        return open(study, resume);
      },
      [&](Store& store, auto evaluate) {
        auto workers = std::make_shared<Workers>(store, study, evaluate);
        return std::shared_ptr<Queue>(workers, workers->queue.get());
      });
}

TEST_CASE("a late answer is refused: the lease has gone to another") {
  const auto store = open("late");
  const auto queue = postgres_queue(*store, {"{}", build, 3, {}, {}});
  queue->post({contract_job(0), contract_job(1)}, {});
  auto slow = source("late", "slow", 0.3), fast = source("late", "fast", 30.0);
  const auto first = slow.claim();
  REQUIRE(first);
  CHECK(first->job.id == 0);
  CHECK(first->attempt == 1);
  CHECK(first->job.incumbent == contract_job(0).incumbent);
  CHECK(slow.renew(*first));
  const auto other = fast.claim();
  REQUIRE(other);
  CHECK(other->job.id == 1);
  CHECK_FALSE(fast.claim().has_value());
  pause(400);
  CHECK(slow.renew(*first));  // nobody has taken it yet
  pause(400);
  const auto again = fast.claim();
  REQUIRE(again);
  CHECK(again->job.id == 0);
  CHECK(again->attempt == 2);
  CHECK_FALSE(slow.renew(*first));
  CHECK_FALSE(
      slow.finish(*first, {{0, contract_job(0).point, TrialState::completed, {{"objective", 666.0}}, ""}, 0.0, ""}));
  CHECK(fast.finish(*again, contract_outcome(again->job)));
  CHECK_FALSE(fast.finish(*again, contract_outcome(again->job)));
  CHECK_FALSE(slow.finish(*first, contract_outcome(first->job)));
  CHECK(queue->wait(0, never)->trial.metrics == contract_outcome(contract_job(0)).trial.metrics);
  // Returned: as if it had not been begun.
  CHECK(fast.give_back(*other));
  const auto next = slow.claim();
  REQUIRE(next);
  CHECK(next->attempt == 1);
  const std::optional<WorkState> state = work_state(*store);
  REQUIRE(state);
  CHECK(state->done == 1);
  CHECK(state->leased == 1);
  CHECK(state->repeated == 1);
}

TEST_CASE("a job whose worker died three times is a failed trial, and the rest is done") {
  const auto store = open("poison");
  const auto queue = postgres_queue(*store, {"{}", build, 3, {}, {}});
  queue->post({contract_job(0), contract_job(1)}, {});
  for (int death = 0; death < 3; ++death) {
    const auto claimed = source("poison", "dies", 0.01).claim();
    REQUIRE(claimed);
    CHECK(claimed->job.id == 0);
    pause(30);
  }
  auto worker = source("poison", "lives");
  const auto claimed = worker.claim();
  REQUIRE(claimed);
  CHECK(claimed->job.id == 1);
  CHECK(worker.finish(*claimed, contract_outcome(claimed->job)));
  const auto failed = queue->wait(0, never);
  REQUIRE(failed);
  CHECK(failed->trial.state == TrialState::failed);
  CHECK(failed->trial.reason == "its worker died 3 times");
  CHECK(failed->trial.point == contract_job(0).point);
  CHECK(queue->wait(1, never)->trial.state == TrialState::completed);
  CHECK(work_state(*store)->given_up == 1);
}

TEST_CASE("a cut connection and a crash of the server cost nothing that was answered") {
  const auto store = open("cut");
  Workers workers(*store, "cut", [](const Job& job) {
    pause(3);
    return std::optional(contract_outcome(job));
  });
  std::vector<Job> jobs;
  for (int id = 0; id < 60; ++id) jobs.push_back(contract_job(id));
  for (int id = 0; id < 60; id += 6) {
    workers.queue->post({jobs.begin() + id, jobs.begin() + id + 6}, {"round " + std::to_string(id)});
    if (id == 12)
      server().ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'dovetail%'");
    if (id == 36) CHECK(server().restart());
    for (int i = id; i < id + 6; ++i) {
      const auto outcome = workers.queue->wait(i, never);
      REQUIRE(outcome);
      CHECK(outcome->trial.metrics == contract_outcome(contract_job(i)).trial.metrics);
    }
  }
  CHECK(store->trials().size() == 60);
  CHECK(store->events().size() == 10);
  // The lock came back with the connection.
  CHECK_THROWS_WITH_AS(open("cut", true), doctest::Contains("another run"), StorageError);
}

TEST_CASE("another build, another job and newer tables are refused by name") {
  {
    const auto store = open("builds");
    const auto queue = postgres_queue(*store, {"{}", build, 3, {}, {}});
    queue->post({contract_job(0)}, {});
  }
  const auto store = open("builds", true);
  CHECK_THROWS_WITH_AS(postgres_queue(*store, {"{}", {{"version", "1"}, {"compiler", "y"}}, 3, {}, {}}),
                       doctest::Contains("compiler: the store has 'x', this run asks 'y'"), StorageError);
  const auto queue = postgres_queue(*store, {"{}", build, 3, {}, {}});
  Job other = contract_job(0);
  other.incumbent += 1.0;
  CHECK_THROWS_WITH_AS(queue->post({other}, {}), doctest::Contains("the job of trial 0"), StorageError);
  CHECK(server().ask("UPDATE dovetail.about SET schema = 99") == "");
  CHECK_THROWS_WITH_AS(read_store(server().url("builds")), doctest::Contains("schema 99"), StorageError);
  CHECK(server().ask("UPDATE dovetail.about SET schema = 1") == "");
  CHECK_THROWS_WITH_AS(read_store(server().url()), doctest::Contains("several studies"), StorageError);
  CHECK_THROWS_WITH_AS(read_store(server().url("nobody")), doctest::Contains("no such study"), StorageError);
  // Texts that this program did not write are located, not crashes.
  server().ask(
      "UPDATE dovetail.trial SET state = 'done', result = '{\"state\": 7}' WHERE study = (SELECT study FROM "
      "dovetail.study WHERE name = 'builds')");
  CHECK_THROWS_WITH_AS(read_store(server().url("builds"))->trials(), doctest::Contains("trial 0"), StorageError);
}

TEST_CASE("an address shows neither user nor password, and a password is refused") {
  for (const std::string url :
       {"postgresql://ann:s3cret@host/db", "postgres://ann:s3@cret@host:5432/db?sslmode=require#r18",
        "postgresql://host/db?password=s3cret", "postgresql://host/db?PassWord=s3cret",
        "postgresql://host/db?sslpassword=s3cret"}) {
    CAPTURE(url);
    try {
      postgres_address(url);
      FAIL("accepted");
    } catch (const StorageError& error) {
      CHECK(std::string(error.what()).find("PGPASSFILE") != std::string::npos);
      CHECK(std::string(error.what()).find("s3") == std::string::npos);
    }
  }
  // Hidden by the escapes of a URL.
  CHECK_THROWS_WITH_AS(open_store("postgresql://host/db?p%61ssword=s3cret", contract_study(), false),
                       doctest::Contains("PGPASSFILE"), StorageError);
  const auto address = postgres_address("postgresql://ann@db.example.org:5433/dovetail?sslmode=require#r18");
  REQUIRE(address);
  CHECK(address->shown == "postgresql://db.example.org:5433/dovetail#r18");
  CHECK(address->study == "r18");
  CHECK_FALSE(postgres_address("studies/r18.db").has_value());
  CHECK_THROWS_AS(postgres_address("postgresql:///dovetail#"), StorageError);
  CHECK_THROWS_WITH_AS(read_store("postgresql:///no?host=/nowhere"), doctest::Contains("no connection"), StorageError);
  const std::string file = (std::filesystem::temp_directory_path() / "dovetail-no-queue.db").string();
  CHECK_THROWS_WITH_AS(postgres_queue(*open_store(file, contract_study(), true), {}), doctest::Contains("PostgreSQL"),
                       StorageError);
  std::filesystem::remove(file);
}
