// Searches over networks from their study files: known and learned limits, threads, kill and resume, pages, presets.
#include <doctest/doctest.h>

#include <sstream>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const char* const operations[] = {"none", "skip", "conv1x1", "conv3x3", "avgpool"};

// Eyeriss' costs of NAS-Bench-201 as in the reference cases: milliseconds and millijoules per edge.
std::string costs() {
  const double ms[] = {0, 0, 0.2458, 1.4746, 1.4746}, mj[] = {0, 0, 0.031247728, 0.31321224, 0.2778228};
  std::string text = "block,operator,latency_ms,energy_mj\nbias,,1.67954,0.3469645085\n";
  for (int e = 0; e < 6; ++e)
    for (int o = 0; o < 5; ++o)
      text += "edge" + std::to_string(e) + "," + operations[o] + "," + std::to_string(ms[o]) + "," +
              std::to_string(mj[o]) + "\n";
  return text;
}

// A made-up accuracy of every cell: convolutions help, late ones more; skips help a little.
std::string accuracies() {
  std::string text = "arch,top\n";
  for (int i = 0; i < 15625; ++i) {
    std::string key;
    double accuracy = 40.0;
    for (int e = 0, rest = i; e < 6; ++e, rest /= 5) {
      const int o = rest % 5;
      key += static_cast<char>('0' + o);
      accuracy += o == 3 ? 4.0 + 0.3 * e : o == 2 ? 3.0 + 0.1 * e : o == 1 ? 1.0 : 0.0;
    }
    text += key + "," + std::to_string(accuracy) + "\n";
  }
  return text;
}

const char* const study =
    "network: {family: nb201}\n"
    "cost: {table: cost.csv}\n"
    "metrics: {edp_mj_ms: latency_ms * energy_mj}\n"
    "accuracy: {table: top.csv, key: arch, column: top}\n"
    "objective: {maximize: accuracy}\n"
    "specs: [edp_mj_ms <= 5]\n";

std::string with_command(const Folder& folder) {
  // Answers how many 3x3 convolutions the point names.
  folder.write("train.sh",
               "while read -r line; do n=$(printf %s \"$line\" | grep -o '\"conv3x3\"' | wc -l); echo "
               "\"{\\\"accuracy\\\": $n}\"; done\n");
  return "network: {family: nb201}\ncost: {table: cost.csv}\nmetrics: {edp: latency_ms * energy_mj}\nspecs: [edp <= "
         "8]\n"
         "accuracy: {command: sh train.sh}\nobjective: {maximize: accuracy}\nbatch: 4\ndesigner: evolution\n";
}

Json without_seconds(const std::string& text) {
  Json json = Json::parse(text);
  json.erase("seconds");
  return json;
}

}  // namespace

TEST_CASE("the most accurate network under a limit, by tables") {
  const Folder folder;
  folder.write("cost.csv", costs());
  folder.write("top.csv", accuracies());
  const std::string file = folder.write("study.yaml", study);
  const Outcome outcome = run(folder, {"optimize", file, "--trials", "40", "--format", "json"});
  REQUIRE(outcome.code == 0);
  const Json json = Json::parse(outcome.out);
  CHECK(json["trials"] == 40);
  CHECK(json["feasible"] == 40);  // the limit is known: it holds by construction
  const Json& best = json["best"];
  CHECK(best["objective"] == best["metrics"]["accuracy"]);
  CHECK(best["metrics"]["edp_mj_ms"].get<double>() <= 5.0);
  CHECK(best["key"].get<std::string>().size() == 6);
  for (int e = 0; e < 6; ++e) {
    const char digit = best["key"].get<std::string>()[static_cast<std::size_t>(e)];
    CHECK(best["point"]["nn.edge" + std::to_string(e)] == operations[digit - '0']);
  }
  // 1x1 convolutions are cheap: six of them have 59.5 at an EDP of 1.69, and one 3x3 for the last makes it more.
  CHECK(best["objective"].get<double>() > 59.5);
  // Learned, the limit costs trials, which end before their accuracy is asked for.
  const Outcome learned = run(folder, {"optimize", file, "--trials", "40", "--format", "json", "--set",
                                       "designer={name: bayes, known: 'off'}"});
  REQUIRE(learned.code == 0);
  const Json other = Json::parse(learned.out);
  CHECK(other["feasible"] < 40);
  CHECK(other["stages"][2]["reached"] == other["feasible"]);
  CHECK(other["infeasible"]["spec edp_mj_ms <= 5"].get<int>() + other["feasible"].get<int>() == 40);
}

TEST_CASE("a cheap fidelity is searched first, and named; the same table after a kill") {
  const Folder folder;
  folder.write("cost.csv", costs());
  // Early accuracies: lower, and with another best cell.
  std::istringstream rows(accuracies());
  std::string text, line;
  std::getline(rows, line);
  text = line + ",early\n";
  while (std::getline(rows, line))
    text += line + "," + std::to_string(0.5 * std::stod(line.substr(7)) + (line[0] == '1' ? 1.0 : 0.0)) + "\n";
  folder.write("top.csv", text);
  std::string document = study;
  document.replace(document.find("column: top"), 11, "column: top, cheap: early");
  const std::string file = folder.write("study.yaml", document), store = folder.file("cut.db");
  const Outcome outcome = run(folder, {"optimize", file, "--trials", "14", "--format", "csv", "--threads", "1"});
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(run(folder, {"optimize", file, "--trials", "14", "--format", "csv", "--threads", "4"}).out == outcome.out);
  REQUIRE(run(folder, {"optimize", file, "--trials", "9", "--store", store}).code == 0);
  CHECK(run(folder, {"optimize", file, "--trials", "14", "--store", store, "--resume", "--format", "csv"}).out ==
        outcome.out);
  const Outcome told = run(folder, {"optimize", file, "--trials", "14"});
  CHECK(told.out.find("a search by early alone came first") != std::string::npos);
  // The early best is tried first, and is close to the best of all: within what the limit leaves.
  const Outcome plain =
      run(folder, {"optimize", folder.write("plain.yaml", study), "--trials", "14", "--format", "json"});
  const Outcome leaning = run(folder, {"optimize", file, "--trials", "14", "--format", "json"});
  CHECK(Json::parse(leaning.out)["best"]["objective"].get<double>() >=
        Json::parse(plain.out)["best"]["objective"].get<double>());
}

TEST_CASE("a limit that nothing meets is said at once, with the least value") {
  const Folder folder;
  folder.write("cost.csv", costs());
  folder.write("top.csv", accuracies());
  const std::string file = folder.write("study.yaml", study);
  const Outcome outcome = run(folder, {"optimize", file, "--set", "specs=[edp_mj_ms <= 0.5]"});
  CHECK(outcome.code == 4);
  CHECK(outcome.err.find("edp_mj_ms <= 0.5 cannot be met: the least value of all candidates is 0.58274") !=
        std::string::npos);
}

TEST_CASE("with a command for accuracy: the same table for any threads, and after a kill") {
  const Folder folder;
  folder.write("cost.csv", costs());
  const std::string file = folder.write("study.yaml", with_command(folder));
  const Outcome whole = run(folder, {"optimize", file, "--trials", "32", "--store", folder.file("whole.db"), "--format",
                                     "json", "--threads", "1"});
  REQUIRE(whole.code == 0);
  const Outcome table = run(folder, {"report", folder.file("whole.db"), "--format", "csv"});
  REQUIRE(table.code == 0);
  for (const char* threads : {"2", "8"}) {
    const Outcome other = run(folder, {"optimize", file, "--trials", "32", "--format", "csv", "--threads", threads});
    REQUIRE(other.code == 0);
    CHECK(other.out == table.out);
  }
  const std::string store = folder.file("cut.db");
  int runs = 0;
  for (; runs < 40; ++runs) {
    Program program(folder, {"optimize", file, "--trials", "32", "--store", store, "--resume", "--format", "json"});
    std::this_thread::sleep_for(std::chrono::milliseconds(40 * (runs + 1)));
    program.signal(SIGKILL);
    const Outcome outcome = program.wait();
    if (outcome.code == 0) break;
  }
  const Outcome last =
      run(folder, {"optimize", file, "--trials", "32", "--store", store, "--resume", "--format", "json"});
  CAPTURE(last.err);
  REQUIRE(last.code == 0);
  CHECK(without_seconds(last.out)["best"] == without_seconds(whole.out)["best"]);
  CHECK(run(folder, {"report", store, "--format", "csv"}).out == table.out);
  const Outcome page = run(folder, {"report", store, "--html", folder.file("page.html")});
  CHECK(page.code == 0);
  CHECK(read(folder.file("page.html")).find("<svg") != std::string::npos);
}

TEST_CASE("a command that fails fails its trials, with its reason") {
  const Folder folder;
  folder.write("cost.csv", costs());
  folder.write("train.sh",
               "while read -r line; do case $line in *conv3x3*) echo '{\"failed\": \"out of memory\"}';; *) echo "
               "'{\"accuracy\": 1}';; esac; done\n");
  const std::string file = folder.write(
      "study.yaml",
      "network: {family: nb201}\ncost: {table: cost.csv}\naccuracy: {command: sh train.sh}\ndesigner: random\n");
  const Outcome outcome = run(folder, {"optimize", file, "--trials", "12", "--format", "json"});
  REQUIRE(outcome.code == 0);
  CHECK(Json::parse(outcome.out)["infeasible"]["out of memory"].get<int>() > 0);
  const std::string missing =
      folder.write("missing.yaml", "network: {family: nb201}\naccuracy: {command: ./no-such-program}\n");
  const Outcome absent = run(folder, {"optimize", missing, "--trials", "4"});
  CHECK(absent.code == 3);
  CHECK(absent.err.find("cannot run") != std::string::npos);
}

TEST_CASE("several objectives have a front; trials told first are not counted") {
  const Folder folder;
  folder.write("cost.csv", costs());
  folder.write("top.csv", accuracies());
  const std::string file = folder.write(
      "study.yaml",
      "network: {family: nb201}\ncost: {table: cost.csv}\naccuracy: {table: top.csv, key: arch, column: top}\n"
      "objective: [{maximize: accuracy}, {minimize: latency_ms}]\n"
      "start: [{nn.edge0: conv3x3, nn.edge1: conv3x3, nn.edge2: conv3x3, nn.edge3: conv3x3, nn.edge4: conv3x3, "
      "nn.edge5: conv3x3}]\n"
      "designer: evolution\ntrials: 30\n");
  const Outcome outcome = run(folder, {"optimize", file, "--format", "json"});
  REQUIRE(outcome.code == 0);
  const Json json = Json::parse(outcome.out);
  CHECK(json["trials"] == 30);
  REQUIRE(json["start"].size() == 1);
  const Json& front = json["front"]["designs"];
  REQUIRE(front.size() > 1);
  for (const Json& a : front)
    for (const Json& b : front)
      if (a != b)
        CHECK_FALSE((a["metrics"]["accuracy"] >= b["metrics"]["accuracy"] &&
                     a["metrics"]["latency_ms"] <= b["metrics"]["latency_ms"]));
  CHECK(front[0]["id"] == -1);  // all 3x3 is the most accurate
}

TEST_CASE("networks on a machine: layers are priced once per shape") {
  const Folder folder;
  folder.write("top.csv", accuracies());
  const std::string file = folder.write(
      "study.yaml",
      "network: {family: nb201}\nfamily: nvdla\nmapper: {name: random, budget: 30}\n"
      "space: {hw.atomic_c: [16, 32], hw.atomic_k: [16], hw.buffer_kb: [128], hw.sums_words: [256], hw.dram_words: "
      "[16]}\n"
      "accuracy: {table: top.csv, key: arch, column: top}\nobjective: {maximize: accuracy}\nspecs: [area_um2 <= 1e9]\n"
      "designer: random\ntrials: 12\n");
  const Outcome outcome = run(folder, {"optimize", file, "--format", "json", "--out", folder.file("out")});
  REQUIRE(outcome.code == 0);
  const Json json = Json::parse(outcome.out);
  CHECK(json["best"]["metrics"]["latency_ms"].get<double>() > 0.0);
  // The layers as they were mapped: the sum is the design's, and each mapping printed costs again what it cost.
  double energy = 0.0, cycles = 0.0;
  for (const Json& layer : json["best"]["layers"]) {
    energy += layer["count"].get<double>() * layer["energy_pj"].get<double>();
    cycles += layer["count"].get<double>() * layer["cycles"].get<double>();
  }
  CHECK(energy == doctest::Approx(json["best"]["metrics"]["energy_pj"].get<double>()));
  CHECK(cycles == json["best"]["metrics"]["cycles"].get<double>());
  const Outcome again = run(folder, {"evaluate", "-"}, read(folder.file("out/designs.jsonl")));
  REQUIRE(again.code == 0);
  std::istringstream answers(again.out);
  std::size_t at = 0;
  for (std::string line; std::getline(answers, line); ++at) {
    REQUIRE(at < json["best"]["layers"].size());
    CHECK(Json::parse(line)["energy_pj"].get<double>() ==
          doctest::Approx(json["best"]["layers"][at]["energy_pj"].get<double>()));
  }
  CHECK(at == json["best"]["layers"].size());
  CHECK(json["best"]["architecture"].is_object());
  const Json& reuse = json["stages"][1]["reuse"];
  CHECK(reuse["asked"].get<int>() > 2 * reuse["distinct"].get<int>());
}

TEST_CASE("one network of a family is a workload") {
  const Folder folder;
  const Outcome outcome = run(folder, {"convert", "chain", "--at", "nn.depth=5,nn.kernel2=3"});
  REQUIRE(outcome.code == 0);
  const std::string file = folder.write("net.yaml", outcome.out);
  const Outcome described = run(folder, {"describe", file, "--format", "json"});
  REQUIRE(described.code == 0);
  CHECK(Json::parse(described.out)["layers"] == 6);
  const Outcome inactive = run(folder, {"convert", "chain", "--at", "nn.depth=5,nn.kernel9=3"});
  CHECK(inactive.code == 3);
  CHECK(inactive.err.find("nn.kernel9 does not exist in this network") != std::string::npos);
  const Outcome family = run(folder, {"describe", "nb201"});
  REQUIRE(family.code == 0);
  CHECK(family.out.find("networks: 15625, counted") != std::string::npos);
}
