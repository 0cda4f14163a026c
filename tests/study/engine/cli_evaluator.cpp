// A user's simulator that works, fails, hangs, prints garbage and dies: every failure is a reason, results are the same
// for any number of threads, and a resumed study asks nothing twice.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const char* const network = R"(schema: dovetail-workload/1
name: one
source: "written for this test"
layers:
- fc: {matmul: 16x64 * 64x32}
)";

// What it does depends on the number of columns of the array alone; LOG gets a line per start and per question.
const char* const script = R"(#!/bin/sh
echo start >> "$1"
while read -r line; do
  echo asked >> "$1"
  columns=${line#*\"mesh_x\":}; columns=${columns%%[!0-9]*}
  case $columns in
    4) echo '{"failed": "the place and route gave up"}' ;;
    6) sleep 30 & wait ;;
    8) echo 'Segmentation fault (just kidding)' ;;
    12) kill -9 $$ ;;
    2) exit 3 ;;
    3) echo '{"valid": false, "violations": [{"constraint": "timing"}]}' ;;
    7) echo '{"cycles": -1, "energy_pj": 5}' ;;
    *) echo "{\"cycles\": $((columns * 100)), \"energy_pj\": 1000.5}" ;;
  esac
done
)";

struct Setting {
  Folder folder;
  std::string net = folder.write("one.yaml", network), log = folder.file("log"), command;
  Setting() {
    const std::string file = folder.write("simulator.sh", script);
    chmod(file.c_str(), 0755);
    command = file + " " + log;
  }
  std::int64_t logged(const std::string& word) const {
    std::int64_t count = 0;
    const std::string text = read(log);
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
  }
  std::vector<std::string> optimize(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"optimize",
                                      "--workload",
                                      net,
                                      "--family",
                                      "eyeriss",
                                      "--designer",
                                      "random",
                                      "--mapper",
                                      "random",
                                      "--budget",
                                      "50",
                                      "--batch",
                                      "4",
                                      "--candidates",
                                      "2",
                                      "--evaluator",
                                      command,
                                      "--seed",
                                      "3",
                                      "--format",
                                      "json",
                                      "--set",
                                      "space.hw.pe_x=[2, 3, 4, 7, 8, 12, 14, 21, 24]"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

}  // namespace

TEST_CASE("each way to fail is a reason of its row, and the others go on") {
  const Setting setting;
  const Outcome outcome =
      run(setting.folder, {"sweep", "--workload", setting.net, "--family", "eyeriss", "--hold", "--threads", "1",
                           "--grid", "hw.pe_x=2,3,4,6,7,8,12,21", "--evaluator", setting.command, "--evaluator-timeout",
                           "1.5", "--candidates", "1", "--format", "jsonl"});
  CHECK(outcome.code == 4);
  std::map<int, Json> rows;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    const Json row = Json::parse(line);
    rows[row["point"]["hw.pe_x"].get<int>()] = row;
  }
  REQUIRE(rows.size() == 8);
  CHECK(rows[4]["reason"] == "evaluator: the place and route gave up");
  CHECK(rows[6]["reason"] == "evaluator: no answer within 1.5 s");
  CHECK(rows[8]["reason"] == "evaluator: answered no JSON object: 'Segmentation fault (just kidding)'");
  CHECK(rows[12]["reason"] == "evaluator: was killed by signal 9");
  CHECK(rows[2]["reason"] == "evaluator: ended with exit code 3");
  CHECK(rows[3]["reason"] == "evaluator: timing");
  CHECK(rows[7]["reason"] == "evaluator: answered cycles = -1, which is no cost");
  CHECK(rows[21]["status"] == "done");
  CHECK(rows[21]["cycles"] == 2100);
  CHECK(rows[21]["energy_pj"] == 1000.5);
  CHECK(rows[21]["lower_bound"] == 0.0);
  CHECK(outcome.err.find("8 designs asked") != std::string::npos);
}

TEST_CASE("one process per worker answers everything, and nothing is asked twice") {
  const Setting setting;
  const Outcome outcome =
      run(setting.folder, {"sweep", "--workload", setting.net, "--family", "eyeriss", "--hold", "--threads", "1",
                           "--grid", "hw.pe_x=14,21,24", "--zip", "seed=1,1,1", "--evaluator", setting.command});
  CHECK(outcome.code == 0);
  CHECK(setting.logged("start") == 1);
  CHECK(setting.logged("asked") * 3 <= 3 * 3 * 8);
  CHECK(outcome.err.find(" 0 restarts") != std::string::npos);
}

TEST_CASE("the same table for any number of threads; a resumed study replays failures") {
  const Setting setting;
  std::string first;
  for (const char* threads : {"1", "2", "6"}) {
    const std::string store = setting.folder.file(std::string("t") + threads + ".db");
    const Outcome outcome =
        run(setting.folder, setting.optimize({"--trials", "16", "--threads", threads, "--store", store}));
    REQUIRE(outcome.code == 0);
    const Json result = Json::parse(outcome.out);
    CHECK(result["model"] == "external");
    CHECK(result["infeasible"].size() >= 3);
    const std::string table = run(setting.folder, {"report", store, "--format", "csv"}).out;
    if (first.empty()) first = table;
    CHECK(table == first);
  }
  const std::string store = setting.folder.file("t1.db");
  const std::int64_t before = setting.logged("asked");
  const Outcome resumed =
      run(setting.folder, setting.optimize({"--trials", "16", "--threads", "1", "--store", store, "--resume"}));
  CHECK(resumed.code == 0);
  CHECK(run(setting.folder, {"report", store, "--format", "csv"}).out == first);
  CHECK(setting.logged("asked") - before <= 8);  // the hand design and the best one are shown again
  const Outcome other = run(
      setting.folder, setting.optimize({"--trials", "16", "--store", store, "--resume", "--evaluator-timeout", "2"}));
  CHECK(other.code == 6);
  CHECK(other.err.find("evaluator timeout") != std::string::npos);
}

TEST_CASE("an interrupt does not wait for a silent simulator, and records nothing of it") {
  const Setting setting;
  const std::string store = setting.folder.file("a.db");
  Program program(setting.folder, {"optimize", "--workload", setting.net, "--family", "eyeriss", "--evaluator",
                                   setting.command, "--set", "fixed.hw.pe_x=6", "--store", store});
  for (int i = 0; i < 400 && setting.logged("asked") < 2; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  const auto start = std::chrono::steady_clock::now();
  program.signal(SIGINT);
  CHECK(program.wait(30.0).code == 130);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
  CHECK(run(setting.folder, {"report", store, "--format", "jsonl"}).out.empty());
}

TEST_CASE("the program is a simulator of itself: the cycle model by command equals the cycle model") {
  const Setting setting;
  const std::vector<std::string> words = {"map",     "--workload", setting.net, "--architecture",
                                          "gemmini", "--format",   "json"};
  std::vector<std::string> inside = words, outside = words;
  inside.insert(inside.end(), {"--model", "cycle"});
  outside.insert(outside.end(), {"--candidates", "0", "--out", "designs", "--evaluator",
                                 std::string(DOVETAIL_PROGRAM) + " evaluate --model cycle -"});
  const Outcome a = run(setting.folder, inside), b = run(setting.folder, outside);
  REQUIRE(a.code == 0);
  REQUIRE(b.code == 0);
  const Json left = Json::parse(a.out)["layers"][0], right = Json::parse(b.out)["layers"][0];
  const std::string design = setting.folder.file("designs/" + right["name"].get<std::string>() + ".json");
  const Outcome c = run(setting.folder, {"evaluate", design, "--model", "cycle", "--format", "json"});
  REQUIRE(c.code == 0);
  const Json again = Json::parse(c.out);
  for (const char* key : {"cycles", "energy_pj", "levels"}) CHECK(again[key] == right["best"][key]);
  // Asked directly, the cycle model also climbs from the candidates.
  CHECK(left["objective"].get<double>() <= right["objective"].get<double>());
}

TEST_CASE("a command that does not exist is the user's mistake") {
  const Setting setting;
  const Outcome outcome = run(setting.folder, {"map", "--workload", setting.net, "--architecture", "eyeriss",
                                               "--evaluator", "no-such-simulator"});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("no-such-simulator") != std::string::npos);
}
