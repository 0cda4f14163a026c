// Wrong placements, pipelines, tilings and compressions: a located message each, in its place among the lines.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const char* const placement =
    R"({"schema": "placement-case/1", "machines": 2, "layers": [{"cycles": [1, 2], "energy": [3, 4]}, {"cycles": [5, 6], "energy": [7, 8]}], "edges": [[0, 1]]})";
const char* const pipeline =
    R"({"schema": "pipeline-case/1", "layers": [{"M": 4, "N": 4, "R": 8, "C": 8, "K": 3}, {"M": 4, "N": 4, "R": 8, "C": 8, "K": 3}], "boards": [{"static_mw": 1, "dynamic_mw": 2, "cycles": [[10, 20]]}]})";
const char* const tile =
    R"({"schema": "fpga-tile-case/1", "board": "zcu102", "layer": {"M": 4, "N": 4, "R": 8, "C": 8, "K": 3}, "tile": [4, 4, 8, 8, 3, 2, 2, 2]})";

std::string changed(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::vector<Json> lines(const std::string& text) {
  std::vector<Json> all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) all.push_back(Json::parse(line));
  return all;
}

}  // namespace

TEST_CASE(
    "place: every bad line answers an error in its place, the good ones their answers, and the exit code is "
    "3") {
  const Folder folder;
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"nonsense", "line 2"},
      {changed(placement, "[0, 1]", "[0, 1], [1, 0]"), "wait for each other"},
      {changed(placement, "[1, 2]", "[null, null]"), "no machine can run layer 0"},
      {changed(placement, "[1, 2]", "[1]"), "1 cycles and 2 energies"},
      {changed(placement, "[0, 1]", "[0, 7]"), "below 2"},
      {changed(placement, "\"machines\": 2", "\"machines\": 0"), "machines"},
      {changed(placement, "\"edges\"", "\"edgse\""), "did you mean 'edges'"},
      {changed(pipeline, "[10, 20]", "[10]"), "cycles of 1 layers"},
      {changed(pipeline, "\"cycles\": [[10, 20]]", "\"type\": \"zcu103\""), "zcu102"},
      {changed(pipeline, "\"M\": 4", "\"M\": 0"), "M"},
      {R"({"schema": "pipeline-case/1", "layers": [], "boards": []})", "0 layers"},
      {R"([1, 2])", "placement-case/1"},
  };
  std::string input = std::string(placement) + "\n";
  for (const auto& [line, message] : wrong) input += line + "\n";
  input += std::string(pipeline) + "\n";
  const Outcome outcome = run(folder, {"place", "-"}, input);
  CHECK(outcome.code == 3);
  const std::vector<Json> answers = lines(outcome.out);
  REQUIRE(answers.size() == wrong.size() + 2);
  CHECK(answers.front()["least_makespan"] == 6);
  CHECK(answers.back()["least_period"] == 30);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    CAPTURE(wrong[i].first);
    REQUIRE(answers[i + 1].contains("error"));
    CHECK(answers[i + 1]["error"].get<std::string>().find(wrong[i].second) != std::string::npos);
  }
}

TEST_CASE("place: documents as files, deadlines that nothing meets, networks that come again") {
  const Folder folder;
  const std::string good = folder.write("good.json", placement);
  const Outcome text = run(folder, {"place", good, "--format", "text"});
  CHECK(text.code == 0);
  CHECK(text.out.find("proven") != std::string::npos);
  CHECK(text.out.find("busy") != std::string::npos);
  const std::string late =
      folder.write("late.json", changed(placement, "\"edges\"", "\"networks\": [{\"deadline\": 5}], \"edges\""));
  const Outcome none = run(folder, {"place", late, "--format", "json"});
  CHECK(none.code == 4);
  CHECK(Json::parse(none.out)["least_makespan"].is_null());
  const std::string periodic =
      folder.write("periodic.json", changed(placement, "\"edges\"", "\"networks\": [{\"period\": 10}], \"edges\""));
  CHECK(run(folder, {"place", periodic}).code == 0);
  CHECK(run(folder, {"place"}).code == 2);
  CHECK(run(folder, {"place", good, "--workload", "mlp", "--architecture", "eyeriss"}).code == 2);
  CHECK(run(folder, {"place", "--workload", "mlp"}).code == 2);
}

TEST_CASE("tilings: wrong tiles, boards, grids and compressions say where and what is allowed") {
  const Folder folder;
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {changed(tile, "zcu102", "zcu103"), "did you mean 'zcu102'"},
      {changed(tile, "[4, 4, 8, 8, 3, 2, 2, 2]", "[4, 4]"), "[Tm, Tn, Tr, Tc, Tk, Wp, Ip, Op]"},
      {changed(tile, "\"K\": 3", "\"K\": 3, \"kind\": \"depthwise\", \"P\": -1"), "P"},
      {changed(tile, "\"tile\"", "\"kept\": 10, \"tile\""), "9 weights"},
      {changed(tile, "\"tile\"", "\"weight_bits\": 60, \"tile\""), "32 bits"},
  };
  std::string input = std::string(tile) + "\n";
  for (const auto& [line, message] : wrong) input += line + "\n";
  const Outcome outcome = run(folder, {"evaluate", "-"}, input);
  CHECK(outcome.code == 3);
  const std::vector<Json> answers = lines(outcome.out);
  REQUIRE(answers.size() == wrong.size() + 1);
  CHECK(answers[0]["resources"]["violations"].empty());
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    CAPTURE(wrong[i].first);
    CHECK(answers[i + 1]["error"].get<std::string>().find(wrong[i].second) != std::string::npos);
  }
  const auto map = [&](const std::string& document) {
    return run(folder, {"map", folder.write("case.json", document), "--format", "json"});
  };
  CHECK(map(R"({"schema": "fpga-tile-grid/1", "network": "alexnet", "edition": "clipped", "space": "Tn = 7"})")
            .err.find("'Tn = 7'") != std::string::npos);
  CHECK(map(R"({"schema": "fpga-tile-grid/1", "network": "alexnet", "edition": "clipped"})").code == 3);
  const std::string prune =
      R"({"schema": "compression-case/1", "network": "resnet18", "edition": "clipped", "drop": "envelope", "hardware": [[70, 16, 64, 64, 7, 18, 10, 2]], "cycles_at_most": 1000})";
  const Outcome least = map(prune);
  CHECK(least.code == 4);
  CHECK(Json::parse(least.out)["infeasible"] == true);
  CHECK(Json::parse(least.out)["least_cycles"].get<double>() > 1000.0);
  CHECK(map(changed(prune, "resnet18", "resnet19")).err.find("resnet18") != std::string::npos);
  CHECK(run(folder, {"map", "--workload", "mlp", "--architecture", "fpga-tiles", "--set", "bord=zc706"}).code == 3);
}
