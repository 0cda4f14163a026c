// One study, many workers: the same table as one process gives, whatever is killed, stopped or cut off meanwhile.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "support/postgres_server.hpp"
#include "support/program.hpp"
#include "support/reference_data.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

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

using Words = std::vector<std::string>;

Words operator+(Words first, const Words& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// The MLP on eyeriss, mapped by a few random mappings per layer; every suggestion depends on outcomes.
const Words study = {"optimize",
                     "--workload",
                     "mlp",
                     "--family",
                     "eyeriss",
                     "--designer",
                     "evolution",
                     "--mapper",
                     "random",
                     "--budget",
                     "400",
                     "--seed",
                     "5",
                     "--threads",
                     "1",
                     "--format",
                     "csv",
                     "--set",
                     "designer={name: evolution, population: 6}"};

Words remote(const std::string& name) {
  return {"--store", server().url(name), "--workers", "remote"};
}

// A program in a folder of its own, killed when it is dropped.
struct Running {
  Folder folder;
  Program program;
  bool waited = false;
  explicit Running(const Words& words) : program(folder, words) {}
  ~Running() {
    if (waited) return;
    program.signal(SIGKILL);
    program.wait();
  }
  Outcome wait(double limit_s = 60.0) {
    waited = true;
    return program.wait(limit_s);
  }
};

std::unique_ptr<Running> worker(const Words& more = {}) {
  return std::make_unique<Running>(
      Words{"worker", "--store", server().url(), "--threads", "1", "--lease", "0.5", "--idle", "30"} + more);
}

void pause(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

TEST_CASE("three workers give the table of one process, in rounds and at a lag, with a family of the user's own") {
  const Folder folder;
  const Outcome family = run(folder, {"convert", "eyeriss"});
  REQUIRE(family.code == 0);
  const std::string own = folder.write("own.yaml", family.out);
  for (const Words& pace : {Words{"--batch", "3"}, Words{"--lag", "4"}}) {
    CAPTURE(pace[0]);
    const Words words = study + pace + Words{"--trials", "24", "--family", own};
    Words local = words;
    std::erase(local, "eyeriss");
    local.erase(std::find(local.begin(), local.end(), "--family"));
    const Outcome expected = run(folder, local + Words{"--store", folder.file(pace[0] + ".db")});
    REQUIRE_MESSAGE(expected.code == 0, expected.err);
    const std::string name = "same" + pace[0];
    const auto first = worker({"--study", name}), second = worker({"--study", name}), third = worker({"--study", name});
    const Outcome outcome = run(folder, local + remote(name));
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    CHECK(outcome.out == expected.out);
    const Outcome report = run(folder, {"report", server().url(name), "--format", "csv"});
    const Outcome local_report = run(folder, {"report", folder.file(pace[0] + ".db"), "--format", "csv"});
    CHECK(report.out == local_report.out);
    const Json json = Json::parse(run(folder, {"report", server().url(name), "--format", "json"}).out);
    CHECK(json["work"]["done"] == 24);
    CHECK(json["work"]["workers"].size() >= 1);
  }
}

TEST_CASE("a short storm: killed workers, killed proposers and a crashed server leave the table as it is") {
  const Folder folder;
  const Words words = study + Words{"--lag", "4", "--trials", "60"};
  const Outcome expected = run(folder, words);
  REQUIRE(expected.code == 0);
  const Words words_remote = words + remote("storm") + Words{"--attempts", "50", "--resume"};
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Running>> workers;
  for (int w = 0; w < 3; ++w) workers.push_back(worker({"--study", "storm"}));
  auto proposer = std::make_unique<Running>(words_remote);
  int kills = 0;
  for (int step = 0; step < 24; ++step) {
    pause(40 + static_cast<int>(random() % 80));
    const std::size_t victim = random() % workers.size();
    workers[victim] = worker({"--study", "storm"});  // the one before is killed
    ++kills;
    if (step == 8 || step == 16) proposer = std::make_unique<Running>(words_remote);
    if (step == 12) CHECK(server().restart());
  }
  const Outcome outcome = proposer->wait();
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.out == expected.out);
  const Json report = Json::parse(run(folder, {"report", server().url("storm"), "--format", "json"}).out);
  CHECK(report["work"]["done"] == 60);
  CHECK(report["work"]["given_up"] == 0);
  MESSAGE(kills << " kills of workers, " << report["work"]["attempts"].get<int>() << " attempts for 60 trials");
}

TEST_CASE("folders of workers that were killed go when the next one starts") {
  server();
  const Folder place;  // workers of other tests are none of ours
  setenv("TMPDIR", place.path.c_str(), 1);
  const auto proposer =
      std::make_unique<Running>(study + Words{"--lag", "4", "--trials", "500", "--budget", "20000"} + remote("left"));
  const auto folders = [&] {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(place.path))
      if (entry.path().filename().string().rfind("dovetail-worker-" + std::to_string(geteuid()) + "-", 0) == 0)
        found.insert(entry.path().string());
    return found;
  };
  const auto nobodys = [](const std::string& path) {
    const int opened = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return false;
    const bool free = flock(opened, LOCK_EX | LOCK_NB) == 0;
    close(opened);
    return free;
  };
  for (int wait = 0; folders().empty() && wait < 100; ++wait) {
    const auto killed = worker({"--study", "left"});
    for (int tick = 0; folders().empty() && tick < 20 + wait; ++tick) pause(20);
  }
  REQUIRE(folders().size() == 1);
  CHECK(nobodys(*folders().begin()));
  const auto alive = worker({"--study", "left"});
  for (int tick = 0; (folders().empty() || nobodys(*folders().begin())) && tick < 500; ++tick) pause(20);
  REQUIRE(folders().size() == 1);
  Running next({"worker", "--store", server().url(), "--study", "nothing of this name", "--idle", "0.1"});
  next.wait();
  CHECK(folders().size() == 1);  // of the one that lives
  CHECK_FALSE(nobodys(*folders().begin()));
  unsetenv("TMPDIR");
}

TEST_CASE("a worker that is stopped past its lease is late, and one that is told to end returns its trial") {
  const Folder folder;
  // Two slow trials at a time, each a simulator that sleeps.
  const std::string simulator =
      folder.write("slow.sh", "while read line; do sleep 0.7; echo '{\"energy_pj\": 1000, \"cycles\": 100}'; done\n");
  const Words slow = {"optimize",  "--workload",  "mlp",
                      "--family",  "eyeriss",     "--designer",
                      "random",    "--mapper",    "random",
                      "--budget",  "50",          "--candidates",
                      "1",         "--evaluator", "sh " + simulator,
                      "--threads", "1",           "--lag",
                      "2",         "--trials",    "3",
                      "--format",  "csv"};
  const Words evaluator = {"--study", "slow", "--evaluator", "sh " + simulator};
  const auto wait_for = [&](const std::string& question) {
    for (int i = 0; i < 400 && server().ask(question) != "t"; ++i) pause(20);
    CHECK(server().ask(question) == "t");
  };
  const std::string trials = " FROM dovetail.trial JOIN dovetail.study USING (study) WHERE name = 'slow'";
  Running proposer(slow + remote("slow"));
  const auto zombie = worker(evaluator);
  wait_for("SELECT count(*) = 1" + trials + " AND state = 'leased'");
  zombie->program.signal(SIGSTOP);
  // Another takes it over when the lease has run out, and is told to end in the middle of it.
  pause(700);
  const auto second = worker(evaluator);
  wait_for("SELECT count(*) = 1" + trials + " AND state = 'leased' AND attempt = 2");
  second->program.signal(SIGTERM);
  const Outcome ended = second->wait();
  CHECK(ended.code == 143);
  CHECK(ended.out.find("1 returned unfinished") != std::string::npos);
  wait_for("SELECT count(*) = 1" + trials + " AND id = 0 AND state = 'open' AND attempt = 1");
  const auto third = worker(evaluator);
  const Outcome outcome = proposer.wait();
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  zombie->program.signal(SIGCONT);
  zombie->program.signal(SIGTERM);
  const Outcome late = zombie->wait();
  CHECK(late.out.find("0 trials") != std::string::npos);
  CHECK(late.out.find("came too late") != std::string::npos);
  CHECK(server().ask("SELECT sum(attempt), count(*)" + trials + " AND state = 'done'") == "4|3");
}

TEST_CASE("wrong uses of each door") {
  const Folder folder;
  const auto refused = [&](const Words& words, int code, const std::string& text) {
    const Outcome outcome = run(folder, words);
    CAPTURE(text);
    CHECK(outcome.code == code);
    CHECK(outcome.err.find(text) != std::string::npos);
    CHECK(outcome.err.find("s3cret") == std::string::npos);
    CHECK(outcome.out.find("s3cret") == std::string::npos);
  };
  const Words words = study + Words{"--trials", "4"};
  refused(words + Words{"--workers", "remote"}, 2, "postgresql://HOST/DATABASE");
  refused(words + Words{"--workers", "remote", "--store", folder.file("a.db")}, 6, "PostgreSQL");
  refused(words + Words{"--attempts", "5"}, 2, "--attempts means nothing without --workers remote");
  refused(words + Words{"--lag", "2", "--batch", "2"}, 2, "--batch");
  refused(words + Words{"--workers", "remote", "--store", "postgresql://ann:s3cret@localhost/db"}, 6, "PGPASSFILE");
  refused({"worker", "--store", folder.file("a.db")}, 2, "postgresql://HOST/DATABASE");
  refused({"worker", "--store", server().url("a"), "--study", "b"}, 2, "--study");
  refused({"worker", "--store", server().url("a"), "--idle", "soon"}, 2, "--idle");
  refused({"worker", "--store", "postgresql://ann:s3cret@localhost/db"}, 6, "PGPASSFILE");
  refused({"report", server().url("nobody")}, 6, "nobody");
  CHECK(run(folder, {"worker", "--store", server().url(), "--idle", "0"}).code == 0);  // nothing to do

  // A second proposer; a worker of another build, without the study's command, or with a command that it has not.
  Running proposer(words + remote("doors"));
  for (int i = 0;
       i < 400 &&
       server().ask("SELECT count(*) > 0 FROM dovetail.trial JOIN dovetail.study USING (study) WHERE name = 'doors'") !=
           "t";
       ++i)
    pause(20);
  refused(words + remote("doors") + Words{"--resume"}, 6, "another run is writing");
  refused(words + remote("doors"), 6, "--resume");
  refused({"worker", "--store", server().url("doors"), "--evaluator", "./mine"}, 2, "--evaluator means nothing");
  server().ask(
      "UPDATE dovetail.study SET build = replace(build::text, '\"arithmetic\":\"', '\"arithmetic\":\"x')::json WHERE "
      "name = 'doors'");
  refused({"worker", "--store", server().url("doors")}, 6, "arithmetic");
  server().ask(
      "UPDATE dovetail.study SET build = replace(build::text, '\"arithmetic\":\"x', '\"arithmetic\":\"')::json WHERE "
      "name = 'doors'");
  CHECK(server().ask(
            "SELECT sum(attempt) FROM dovetail.trial JOIN dovetail.study USING (study) WHERE name = 'doors'") == "0");
  const auto good = worker({"--study", "doors"});
  CHECK(proposer.wait().code == 0);
}

TEST_CASE("a study moves to PostgreSQL and back without a changed trial, and goes on there") {
  const Folder folder;
  const Words words = study + Words{"--lag", "3"};
  const std::string laptop = folder.file("laptop.db"), back = folder.file("back.db");
  REQUIRE(run(folder, words + Words{"--trials", "9", "--store", laptop}).code == 0);
  const Outcome there = run(folder, {"convert", laptop, "--store", server().url("moved")});
  CHECK_MESSAGE(there.code == 0, there.err);
  CHECK(run(folder, {"convert", laptop, "--store", server().url("moved")}).code == 6);  // it holds a study now
  const auto helper = worker({"--study", "moved"});
  const Outcome whole = run(folder, words + Words{"--trials", "20"});
  const Outcome continued = run(folder, words + Words{"--trials", "20", "--resume"} + remote("moved"));
  REQUIRE_MESSAGE(continued.code == 0, continued.err);
  CHECK(continued.out == whole.out);
  REQUIRE(run(folder, {"convert", server().url("moved"), "--store", back}).code == 0);
  CHECK(run(folder, {"report", back, "--format", "csv"}).out ==
        run(folder, {"report", server().url("moved"), "--format", "csv"}).out);
  CHECK(run(folder, words + Words{"--trials", "24", "--store", back, "--resume"}).out ==
        run(folder, words + Words{"--trials", "24"}).out);
}

TEST_CASE("a search over networks: its tables are sent along, and its commands are those that a worker agreed to") {
  const Folder folder;
  const std::string trainer = folder.write("train.sh",
                                           "while read -r line; do n=$(printf %s \"$line\" | grep -o '\"conv3x3\"' | "
                                           "wc -l); echo \"{\\\"accuracy\\\": $n}\"; done\n");
  std::string costs = "block,operator,latency_ms,energy_mj\nbias,,1.6,0.3\n";
  const char* const operations[] = {"none", "skip", "conv1x1", "conv3x3", "avgpool"};
  for (int e = 0; e < 6; ++e)
    for (int o = 0; o < 5; ++o)
      costs += "edge" + std::to_string(e) + "," + operations[o] + ",0." + std::to_string(o) + ",0.0" +
               std::to_string(o) + "\n";
  folder.write("cost.csv", costs);
  const std::string file = folder.write(
      "study.yaml",
      "network: {family: nb201}\ncost: {table: cost.csv}\nmetrics: {edp: latency_ms * energy_mj}\nspecs: [edp <= 3]\n"
      "accuracy: {command: sh " +
          trainer + "}\nobjective: {maximize: accuracy}\nlag: 3\ndesigner: evolution\n");
  const Words words = {"optimize", file,    "--trials",           "16",       "--seed",
                       "3",        "--set", "specs='edp <= 2.5'", "--format", "csv"};
  const Outcome expected = run(folder, words);
  REQUIRE_MESSAGE(expected.code == 0, expected.err);
  Running proposer(words + remote("networks"));
  Running stranger({"worker", "--store", server().url("networks"), "--idle", "20"});
  const Outcome refused = stranger.wait();
  CHECK(refused.code == 2);
  CHECK(refused.err.find("--evaluator 'sh " + trainer + "'") != std::string::npos);
  const Words agreed = {"--study", "networks", "--evaluator", "sh " + trainer};
  const auto first = worker(agreed), second = worker(agreed);
  const Outcome outcome = proposer.wait();
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.out == expected.out);
}
