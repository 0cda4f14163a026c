// What a new user does on the first day, by the program alone: start from what is built in, look before searching,
// sweep, and read why a row failed.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

std::vector<Json> lines(const std::string& text) {
  std::vector<Json> all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) all.push_back(Json::parse(line));
  return all;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a built-in network and family, printed, are documents to start from") {
  const Folder folder;
  const Outcome network = run(folder, {"convert", "mlp"}), family = run(folder, {"convert", "shidiannao"});
  REQUIRE(network.code == 0);
  REQUIRE(family.code == 0);
  const std::string net = folder.write("mine.yaml", network.out), machine = folder.write("own.yaml", family.out);
  const Outcome mapped = run(folder, {"map", "--workload", net, "--architecture", machine, "--mapper", "random",
                                      "--budget", "50", "--format", "json"});
  CHECK(mapped.code == 0);
  CHECK(Json::parse(mapped.out)["layers"].size() >= 1);
  const Outcome json = run(folder, {"convert", "mlp", "--to", "json"});
  CHECK(Json::parse(json.out)["name"] == "mlp");
  CHECK(run(folder, {"convert", "mpl"}).code == 3);
}

TEST_CASE("before a search: how large, how much of it feasible, how long, how much memory") {
  const Folder folder;
  const Outcome plan = run(folder, {"optimize", "--workload", "mlp", "--family", "eyeriss", "--mapper", "random",
                                    "--budget", "50", "--dry-run", "--format", "json"});
  REQUIRE(plan.code == 0);
  const Json json = Json::parse(plan.out);
  for (const char* key : {"points", "feasible", "feasible_share", "estimated_seconds", "estimated_memory_mb"}) {
    CAPTURE(key);
    CHECK(json[key].get<double>() > 0.0);
  }
  const Outcome empty =
      run(folder, {"optimize", "--workload", "mlp", "--family", "eyeriss", "--set", "hw.pe_x=13", "--dry-run"});
  CHECK(empty.code == 4);
  CHECK(has(empty.err, "pes % pe_x == 0"));
}

TEST_CASE("a row without any machine carries its reason, and the rows beside it are computed") {
  const Folder folder;
  for (const bool hold : {true, false}) {
    std::vector<std::string> words = {
        "sweep",    "--workload", "mlp",        "--family", "eyeriss", "--mapper",      "random",   "--budget", "50",
        "--trials", "3",          "--designer", "random",   "--grid",  "hw.pe_x=13,14", "--format", "jsonl"};
    if (hold) words.emplace_back("--hold");
    const Outcome outcome = run(folder, words);
    CHECK(outcome.code == 4);
    const std::vector<Json> rows = lines(outcome.out);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0]["status"] == "failed");
    CHECK(has(rows[0]["reason"].get<std::string>(), "pes % pe_x == 0"));
    CHECK(rows[1]["best"]["hw.pe_x"] == 14);
  }
}

TEST_CASE("what a command cannot do is said, not ignored") {
  const Folder folder;
  const std::string design = std::string(DOVETAIL_SOURCE_DIR) + "/tests/examples/design.yaml";
  CHECK(run(folder, {"evaluate", design, "--set", "a=1"}).code == 2);
  const Outcome dry = run(folder, {"evaluate", design, "--dry-run"});
  CHECK(dry.code == 0);
  CHECK(has(dry.out, "1 document would be evaluated"));
  const Outcome both = run(folder, {"map", design, "--model", "cycle", "--evaluator", "cat"});
  CHECK(both.code == 2);
  CHECK(has(both.err, "keep one"));
}

TEST_CASE("options come from a file where the command line is silent") {
  const Folder folder;
  const std::string file = folder.write("options.yaml", "trials: 4\nmapper: random\nbudget: 50\nset: [hw.pe_x=14]\n");
  const Outcome outcome = run(folder, {"optimize", "--workload", "mlp", "--family", "eyeriss", "--config", file,
                                       "--trials", "2", "--designer", "random", "--format", "json"});
  REQUIRE(outcome.code == 0);
  const Json result = Json::parse(outcome.out);
  CHECK(result["trials"] == 2);
  CHECK(result["mapper"] == "random");
  const Outcome wrong = run(folder, {"optimize", "--config", folder.write("wrong.yaml", "trails: 4\n")});
  CHECK(wrong.code == 3);
  CHECK(has(wrong.err, "wrong.yaml:1:1"));
  CHECK(has(wrong.err, "'trials'"));
}

TEST_CASE("factors that do not divide are a broken constraint, or counted exactly when asked for") {
  const Folder folder;
  const std::string design = folder.write("ragged.yaml", R"(schema: dovetail-design/1
layer: {name: product, matmul: 10x4 * 4x3}
architecture:
  name: toy
  compute: {energy_per_op: 1}
  levels:
  - {name: Buffer, capacity_words: 64, energy: 1}
  - {name: DRAM, is_dram: true, energy: 100}
mapping:
  levels:
  - {level: Buffer, temporal: M4 K4}
  - {level: DRAM, temporal: M3 N3}
)");
  const Outcome strict = run(folder, {"evaluate", design, "--format", "json"});
  REQUIRE(strict.code == 0);
  CHECK(Json::parse(strict.out)["violations"][0]["constraint"] == "factors");
  const Outcome ragged = run(folder, {"evaluate", design, "--imperfect-factors", "--format", "json"});
  REQUIRE(ragged.code == 0);
  const Json answer = Json::parse(ragged.out);
  CHECK(answer["valid"] == true);
  CHECK(answer["compute_cycles"] == 3 * 4 * 4 * 3);  // three trips of four rows, the last one of two
  const Outcome timed =
      run(folder, {"evaluate", design, "--imperfect-factors", "--model", "cycle", "--format", "json"});
  REQUIRE(timed.code == 0);
  CHECK(Json::parse(timed.out)["valid"] == true);
  CHECK(Json::parse(timed.out)["cycles"] >= 10 * 4 * 3);
}
