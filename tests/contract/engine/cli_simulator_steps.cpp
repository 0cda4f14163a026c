// A user's simulator one line out of step is noticed, old ones work, none outlives us, and a dry run starts none.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const char* const network = R"(schema: dovetail-workload/1
name: one
layers:
- fc: {matmul: 16x64 * 64x32}
)";

// Answers by the array's columns, so that every machine has costs of its own.
const std::string columns = R"(columns=${line#*\"mesh_x\":}; columns=${columns%%[!0-9]*}
)";
const std::string answer = R"(echo "{\"cycles\": $((columns * 100)), \"energy_pj\": 1000.5}")";
const std::string question = R"(number=${line#*\"question\":}; number=${number%%[!0-9]*}
)";

struct Setting {
  Folder folder;
  Setting() { folder.write("one.yaml", network); }
  Outcome sweep(const std::string& script, const std::string& more = "--threads 1") const {
    folder.write("simulator.sh", script);
    return shell(folder,
                 "\"$D\" sweep --workload one.yaml --family eyeriss --hold --mapper random --budget 20 --candidates 1 "
                 "--grid hw.pe_x=2,3,12,14,21 --format json --evaluator 'sh simulator.sh' " +
                     more);
  }
};

// Rows that were done have the costs of their own machine; returns how many were done.
int check_rows(const Outcome& outcome) {
  int done = 0;
  for (const Json& row : Json::parse(outcome.out)) {
    CAPTURE(row.dump());
    if (row["status"] != "done") {
      CHECK(!row["reason"].get<std::string>().empty());
      continue;
    }
    ++done;
    CHECK(row["cycles"] == row["point"]["hw.pe_x"].get<int>() * 100);
  }
  return done;
}

std::string loop(const std::string& body) {
  return "while read -r line; do\n" + body + "\ndone\n";
}

}  // namespace

TEST_CASE("simulators in step work: old ones, those that repeat the number, those that answer once") {
  const Setting setting;
  CHECK(check_rows(setting.sweep(loop(columns + answer))) == 5);
  CHECK(check_rows(setting.sweep(
            loop(columns + question +
                 R"(echo "{\"question\": $number, \"cycles\": $((columns * 100)), \"energy_pj\": 1}")"))) == 5);
  CHECK(check_rows(setting.sweep("read -r line\n" + columns + answer)) == 5);
  // Blank lines say nothing.
  CHECK(check_rows(setting.sweep("echo; echo\n" + loop(columns + answer + "; echo ' '"))) == 5);
  // Energies that vary by themselves are not a lost step.
  CHECK(check_rows(setting.sweep("n=0\n" + loop("n=$((n + 1))\n" + columns +
                                                R"(echo "{\"cycles\": $((columns * 100)), \"energy_pj\": $n}")"))) ==
        5);
}

TEST_CASE("a simulator out of step never gives a design another's costs") {
  const Setting setting;
  const std::string banner = R"(echo '{"cycles": 10, "energy_pj": 10}'
)";
  for (const char* threads : {"--threads 1", "--threads 2"}) {
    const Outcome spoke = setting.sweep(banner + loop("sleep 0.05\n" + columns + answer), threads);
    CHECK(check_rows(spoke) == 0);
    CHECK(spoke.code == 4);
    CHECK(Json::parse(spoke.out)[0]["reason"] == "evaluator: is out of step: it says lines that nobody asked for");
    CHECK(spoke.err.find("nobody asked for") != std::string::npos);
  }
  // Two lines too many, a banner of words, two answers to each question, the second one late.
  CHECK(check_rows(setting.sweep(banner + banner + loop("sleep 0.02\n" + columns + answer))) == 0);
  CHECK(check_rows(setting.sweep("echo 'Simulator 3.1 ready'\n" + loop(columns + answer))) == 0);
  CHECK(check_rows(setting.sweep(loop(columns + answer + "\n" + answer))) == 0);
  check_rows(setting.sweep(loop(columns + answer + "\nsleep 0.03\necho '{\"cycles\": 7, \"energy_pj\": 7}'")));
  // The number of another question.
  const Outcome other = setting.sweep(
      loop(columns + question + R"(echo "{\"question\": $((number + 1)), \"cycles\": 1, \"energy_pj\": 1}")"));
  CHECK(check_rows(other) == 0);
  CHECK(Json::parse(other.out)[0]["reason"].get<std::string>().find("out of step: asked question") !=
        std::string::npos);
}

TEST_CASE("a killed program takes its simulators and their children with it") {
  const Setting setting;
  const Folder& folder = setting.folder;
  folder.write("simulator.sh",
               "sleep 300 & echo $! >>pids; echo $$ >>pids; trap '' TERM HUP PIPE\nread -r line\nsleep 300\n");
  Program program(folder, {"sweep", "--workload", "one.yaml", "--family", "eyeriss", "--hold", "--mapper", "random",
                           "--budget", "20", "--grid", "hw.pe_x=14", "--evaluator", "sh simulator.sh"});
  const auto pids = [&] {
    std::istringstream lines(read(folder.file("pids")));
    return std::vector<int>{std::istream_iterator<int>(lines), {}};
  };
  for (int i = 0; i < 400 && pids().size() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(25));
  REQUIRE(pids().size() == 2);
  program.signal(SIGKILL);
  program.wait();
  const auto alive = [](int pid) {
    if (kill(pid, 0) != 0) return false;
    const std::string status = read("/proc/" + std::to_string(pid) + "/stat");  // a zombie is not alive
    return status.find(") Z") == std::string::npos;
  };
  for (int i = 0; i < 400 && (alive(pids()[0]) || alive(pids()[1])); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  for (const int pid : pids()) CHECK(!alive(pid));
}

TEST_CASE("a dry run starts nothing of the user's; a run says what the shell is given") {
  const Setting setting;
  const Folder& folder = setting.folder;
  folder.write("study.yaml",
               "workload: one.yaml\nfamily: eyeriss\nmapper: {name: random, budget: 20}\ntrials: 1\n"
               "evaluator: \"touch started; exit 1\"\n");
  for (const char* line : {"optimize study.yaml --dry-run", "sweep study.yaml --hold --grid hw.pe_x=12,14 --dry-run",
                           "describe study.yaml", "optimize study.yaml --dry-run --format json",
                           "map --workload one.yaml --architecture eyeriss --evaluator 'touch started' --dry-run"}) {
    CAPTURE(line);
    CHECK(shell(folder, std::string("\"$D\" ") + line).code == 0);
    CHECK(!std::filesystem::exists(folder.file("started")));
  }
  const Outcome outcome = shell(folder, "\"$D\" optimize study.yaml");
  CHECK(std::filesystem::exists(folder.file("started")));
  CHECK(outcome.err.find("evaluator: the shell runs touch started; exit 1") != std::string::npos);
}
