// Mistakes in studies over networks: each a located message, all of a file at once, exit code 3.
#include <doctest/doctest.h>

#include "support/program.hpp"

using namespace dovetail::testing;

namespace {

std::string costs() {
  const char* const operations[] = {"none", "skip", "conv1x1", "conv3x3", "avgpool"};
  std::string text = "block,operator,latency_ms\nbias,,1\n";
  for (int e = 0; e < 6; ++e)
    for (const char* operation : operations) text += "edge" + std::to_string(e) + "," + operation + ",1\n";
  return text;
}

Outcome optimize(const std::string& study, const std::string& cost,
                 const std::string& accuracy = "arch,top\n000000,1\n") {
  const Folder folder;
  folder.write("cost.csv", cost);
  folder.write("top.csv", accuracy);
  const std::string file = folder.write("study.yaml", study);
  return run(folder, {"optimize", file, "--trials", "2"});
}

const std::string plain =
    "network: {family: nb201}\ncost: {table: cost.csv}\naccuracy: {table: top.csv, key: arch, column: top}\nobjective: "
    "{maximize: accuracy}\n";

void check_message(const Outcome& outcome, const std::string& part) {
  CAPTURE(outcome.err);
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("metrics and limits") {
  check_message(optimize(plain + "specs: [latencyms <= 5]\n", costs()),
                "study.yaml:5:9: specs: no stage makes the metric 'latencyms'; did you mean 'latency_ms'");
  check_message(optimize(plain + "specs: [latency_ms = 5]\n", costs()), "study.yaml:5:9: specs: expected");
  check_message(optimize(plain + "metrics: {latency_ms: macs}\n", costs()),
                "study.yaml:5:23: metrics: 'latency_ms' is the name of a metric that a stage makes");
  check_message(optimize(plain + "stages: [limits, prize]\n", costs()), "study.yaml:5:18");
  check_message(optimize("network: {family: nb201}\nobjective: {maximise: macs}\n", costs()),
                "did you mean 'maximize'");
}

TEST_CASE("tables of costs") {
  std::string text = costs();
  text.replace(text.find("edge0,skip,1"), 12, "edge0,skip,x");
  check_message(optimize(plain, text), "cost.csv:4:1: latency_ms is 'x', allowed is a number");
  text = costs() + "edge0,none,2\n";
  check_message(optimize(plain, text), "cost.csv:33:1: edge0,none stands twice, first in line 3");
  text = costs();
  text.erase(text.find("edge5,avgpool,1\n"));
  check_message(optimize(plain, text), "has no row for edge5,avgpool");
  check_message(optimize(plain, costs() + "edge7,none,1\n"), "cost.csv:33:1: no network has the block 'edge7'");
  check_message(optimize(plain, costs() + "edge0,none\n"), "cost.csv:33:1: the row has 2 cells, the header has 3");
  check_message(optimize(plain, "operator,ms\n"), "begins with the columns block,operator");
  std::string many = costs();
  for (int i = 0; i < 30; ++i) many += "edge0,none,y\n";
  check_message(optimize(plain, many), "and 20 more rows like these");
}

TEST_CASE("tables of accuracies") {
  check_message(optimize("network: {family: nb201}\naccuracy: {table: top.csv, key: arch, column: tip}\n", costs()),
                "has no column 'tip'; did you mean 'top'");
  check_message(optimize(plain, costs(), "arch,top\n000000,1\n000000,2\n"),
                "top.csv:3:1: 000000 stands twice, first in line 2");
  check_message(optimize(plain, costs(), "arch,top\n000000,\n"), "top.csv:2:1: top of 000000 is ''");
  check_message(optimize("network: {family: nb201}\naccuracy: {table: none.csv, key: arch}\n", costs()), "none.csv");
  // A network without a row is a failed trial, with its reason, and no feasible design is exit 4.
  const Outcome outcome = optimize(plain, costs(), "arch,top\n999999,1\n");
  CHECK(outcome.code == 4);
  CHECK(outcome.out.find("in top.csv") != std::string::npos);
}

TEST_CASE("networks") {
  check_message(optimize("network: {family: nb202}\naccuracy: proxy\n", costs()),
                "study.yaml:1:19: there is no network family 'nb202'");
  check_message(optimize("network: {family: nb201, class: 5}\naccuracy: proxy\n", costs()),
                "study.yaml:1:33: network family nb201 has no setting 'class'");
  check_message(optimize("network: {family: nb201, input: 3x32}\naccuracy: proxy\n", costs()),
                "channels x height x width");
  check_message(optimize(plain + "start: [{nn.edge0: conv5x5}]\n", costs()), "study.yaml:5");
  check_message(optimize("preset: nahs\n", costs()), "did you mean 'nahas'");
}
