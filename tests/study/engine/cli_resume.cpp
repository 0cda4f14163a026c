// A study killed at any moment continues to the same table; threads do not matter; more trials extend it.
#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

// A small study: the MLP on eyeriss, mapped by a few random mappings per layer.
std::vector<std::string> study(const std::string& store, const std::vector<std::string>& more) {
  std::vector<std::string> words = {"optimize",   "--workload", "mlp",      "--family", "eyeriss",
                                    "--designer", "evolution",  "--mapper", "random",   "--budget",
                                    "200",        "--seed",     "5",        "--batch",  "3",
                                    "--store",    store,        "--format", "json"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string table(const Folder& folder, const std::string& store) {
  const Outcome outcome = run(folder, {"report", store, "--format", "csv"});
  REQUIRE(outcome.code == 0);
  return outcome.out;
}

Json without_seconds(const std::string& text) {
  Json json = Json::parse(text);
  json.erase("seconds");
  return json;
}

}  // namespace

TEST_CASE("the same table for 1, 2 and 8 threads") {
  const Folder folder;
  std::vector<std::string> tables;
  std::vector<Json> bests;
  for (const char* threads : {"1", "2", "8"}) {
    const std::string store = folder.file(std::string("threads") + threads + ".db");
    const Outcome outcome = run(folder, study(store, {"--trials", "14", "--threads", threads}));
    REQUIRE(outcome.code == 0);
    bests.push_back(without_seconds(outcome.out)["best"]);
    tables.push_back(table(folder, store));
  }
  CHECK(tables[0] == tables[1]);
  CHECK(tables[0] == tables[2]);
  CHECK(bests[0] == bests[1]);
  CHECK(bests[0] == bests[2]);
}

TEST_CASE("killed at any moment and resumed: the identical table and result") {
  const Folder folder;
  const std::string whole = folder.file("whole.db");
  const Outcome reference = run(folder, study(whole, {"--trials", "24"}));
  REQUIRE(reference.code == 0);
  const std::string expected = table(folder, whole);
  for (const int delay_ms : {20, 120, 300, 500, 800}) {
    CAPTURE(delay_ms);
    const std::string store = folder.file("killed" + std::to_string(delay_ms) + ".db");
    Program program(folder, study(store, {"--trials", "24", "--resume"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    program.signal(SIGKILL);
    program.wait();
    const Outcome resumed = run(folder, study(store, {"--trials", "24", "--resume"}));
    REQUIRE(resumed.code == 0);
    CHECK(table(folder, store) == expected);
    CHECK(without_seconds(resumed.out) == without_seconds(reference.out));
  }
}

TEST_CASE("more trials continue a study as if it had been asked for them at once") {
  const Folder folder;
  const std::string whole = folder.file("whole.db"), grown = folder.file("grown.db");
  REQUIRE(run(folder, study(whole, {"--trials", "17"})).code == 0);
  REQUIRE(run(folder, study(grown, {"--trials", "7"})).code == 0);
  CHECK(run(folder, study(grown, {"--trials", "17"})).code == 6);
  REQUIRE(run(folder, study(grown, {"--trials", "17", "--resume", "--threads", "2"})).code == 0);
  CHECK(table(folder, grown) == table(folder, whole));
}

TEST_CASE("what would change trials is refused by name, and the store stays as it is") {
  const Folder folder;
  const std::string store = folder.file("a.db");
  REQUIRE(run(folder, study(store, {"--trials", "3"})).code == 0);
  const std::string before = read(store);
  const auto refused = [&](const std::vector<std::string>& words, const std::string& name) {
    const Outcome outcome = run(folder, words);
    CAPTURE(name);
    CHECK(outcome.code == 6);
    CHECK(outcome.err.find(name) != std::string::npos);
  };
  refused(study(store, {"--trials", "3"}), "--resume");
  refused(study(store, {"--trials", "3", "--resume", "--set", "seed=6"}), "seed");
  refused(study(store, {"--trials", "3", "--resume", "--objective", "energy"}), "objective");
  refused(study(store, {"--trials", "3", "--resume", "--set", "batch=2"}), "batch");
  refused(study(store, {"--trials", "3", "--resume", "--spec", "area_um2<=1e9"}), "specs");
  refused(study(store, {"--trials", "3", "--resume", "--bypass", "none"}), "bypass");
  CHECK(read(store) == before);
}

TEST_CASE("an interrupt saves, ends with 130, and resumes") {
  const Folder folder;
  const std::string store = folder.file("a.db");
  Program program(folder, study(store, {"--trials", "100000"}));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  program.signal(SIGINT);
  const Outcome outcome = program.wait(30.0);
  CHECK(outcome.code == 130);
  const Outcome report = run(folder, {"report", store, "--format", "json"});
  CHECK(report.code == 0);
  CHECK(Json::parse(report.out)["stopped"] == "interrupt");
}
