// Wrong words, wrong files, wrong lines: the exit code and the message of each.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

const char* const design = R"({"schema": "timeloop-reference-case/1",
"problem": {"name": "mm", "dims": {"M": 4, "K": 4, "N": 4}, "tensors": {
  "Inputs": {"axes": [[["M", 1]], [["K", 1]]]}, "Weights": {"axes": [[["K", 1]], [["N", 1]]]},
  "Outputs": {"axes": [[["M", 1]], [["N", 1]]], "write": true}}},
"arch": {"name": "tiny", "compute": {"name": "MAC", "instances": 1, "mesh_x": 1, "mesh_y": 1, "word_bits": 16, "energy_per_op": 1.0, "area_per_instance": 1},
  "levels": [
    {"name": "Buffer", "instances": 1, "mesh_x": 1, "mesh_y": 1, "capacity_words": CAPACITY, "word_bits": 16, "block_size": 1, "cluster_size": 1,
     "multiple_buffering": 1.0, "read_bandwidth": null, "write_bandwidth": null,
     "energy": {"read": 1, "fill": 1, "update": 1, "leak_per_cycle": 0}, "area_per_instance": 10, "is_dram": false,
     "network": {"energy_per_hop": 0, "router_energy": 0}},
    {"name": "DRAM", "instances": 1, "mesh_x": 1, "mesh_y": 1, "capacity_words": null, "word_bits": 16, "block_size": 1, "cluster_size": 1,
     "multiple_buffering": 1.0, "read_bandwidth": null, "write_bandwidth": null,
     "energy": {"read": 100, "fill": 100, "update": 100, "leak_per_cycle": 0}, "area_per_instance": 0, "is_dram": true,
     "network": {"energy_per_hop": 0, "router_energy": 0}}]},
"mapping": {"levels": [
  {"level": "Buffer", "keep": ["Weights", "Inputs", "Outputs"], "spatial_x": [], "spatial_y": [], "temporal": [["M", 4], ["N", 4], ["K", 4]]},
  {"level": "DRAM", "keep": ["Weights", "Inputs", "Outputs"], "spatial_x": [], "spatial_y": [], "temporal": []}]}})";

std::string with_capacity(const std::string& capacity) {
  std::string text = design;
  text.replace(text.find("CAPACITY"), 8, capacity);
  return text;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

}  // namespace

TEST_CASE("wrong options end with 2 and name the right word") {
  const Folder folder;
  Outcome outcome = run(folder, {"optimise"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("did you mean optimize") != std::string::npos);
  outcome = run(folder, {"map", "--objektive", "edp"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("--objective") != std::string::npos);
  CHECK(run(folder, {}).code == 2);
  CHECK(run(folder, {"map"}).code == 2);
  CHECK(run(folder, {"map", "--workload", "dqn"}).code == 2);
  CHECK(run(folder, {"optimize"}).code == 2);
  CHECK(run(folder, {"optimize", "--workload", "dqn", "--family", "eyeriss", "--resume"}).code == 2);
  CHECK(run(folder, {"map", "--objective", "speed", "--workload", "dqn", "--architecture", "eyeriss"}).code == 2);
  CHECK(run(folder, {"evaluate", "x.json", "--format", "xml"}).code == 2);
  CHECK(run(folder, {"sweep", "--workload", "dqn", "--family", "eyeriss", "--grid", "hw.pe_x"}).code == 2);
}

TEST_CASE("help and version need nothing") {
  const Folder folder;
  CHECK(run(folder, {"--help"}).code == 0);
  CHECK(run(folder, {"optimize", "--help"}).out.find("Example") != std::string::npos);
  const Outcome version = run(folder, {"--version", "--format", "json"});
  CHECK(version.code == 0);
  CHECK(Json::parse(version.out).contains("version"));
}

TEST_CASE("evaluate answers valid and invalid designs, and tells unreadable ones") {
  const Folder folder;
  const std::string good = folder.write("good.json", with_capacity("null")),
                    small = folder.write("small.json", with_capacity("3"));
  Outcome outcome = run(folder, {"evaluate", good, "--format", "json"});
  CHECK(outcome.code == 0);
  Json answer = Json::parse(outcome.out);
  CHECK(answer["valid"] == true);
  CHECK(answer["cycles"] == 64);
  CHECK(answer["edp"].get<double>() == answer["energy_pj"].get<double>() * 64.0);
  CHECK(answer["levels"][0]["name"] == "Buffer");
  CHECK(answer["levels"][1]["tensors"]["Outputs"].contains("updates"));

  outcome = run(folder, {"evaluate", small, "--format", "json"});
  CHECK(outcome.code == 0);
  answer = Json::parse(outcome.out);
  CHECK(answer["valid"] == false);
  CHECK(answer["cycles"].is_null());
  CHECK(answer["energy_pj"].is_null());
  CHECK(answer["violations"][0]["constraint"] == "capacity");
  CHECK(answer["violations"][0]["level"] == "Buffer");
  CHECK(answer["violations"][0]["available"] == 3);

  outcome = run(folder, {"evaluate", good, small, "--format", "json"});
  CHECK(outcome.code == 0);
  CHECK(Json::parse(outcome.out).size() == 2);

  std::string typo = with_capacity("null");
  typo.replace(typo.find("block_size"), 10, "blok_size ");
  outcome = run(folder, {"evaluate", folder.write("typo.json", typo)});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("typo.json:") != std::string::npos);
  CHECK(outcome.err.find("block_size") != std::string::npos);
  CHECK(outcome.out.empty());
  CHECK(run(folder, {"evaluate", folder.file("missing.json")}).code == 3);
  CHECK(run(folder, {"evaluate", folder.path.string()}).code == 3);
  CHECK(run(folder, {"evaluate", folder.write("binary.json", std::string("\x7f\x45\x4c\x46\x00\x01\xff", 7))}).code ==
        3);
}

TEST_CASE("JSON lines are answered one by one, mistakes in their place") {
  const Folder folder;
  const std::string good = one_line(with_capacity("null")), small = one_line(with_capacity("3"));
  const std::string input = good + "\n{\"broken\n" + small + "\n[1,2]\nnull\n" + good + "\n";
  const Outcome outcome = run(folder, {"evaluate", "-"}, input);
  CHECK(outcome.code == 3);
  std::vector<Json> lines;
  for (std::size_t at = 0; at < outcome.out.size();) {
    const std::size_t end = outcome.out.find('\n', at);
    lines.push_back(Json::parse(outcome.out.substr(at, end - at)));
    at = end + 1;
  }
  REQUIRE(lines.size() == 6);
  CHECK(lines[0]["valid"] == true);
  CHECK(lines[1].contains("error"));
  CHECK(lines[2]["valid"] == false);
  CHECK(lines[3].contains("error"));
  CHECK(lines[4].contains("error"));
  CHECK(lines[5]["cycles"] == 64);
  CHECK(run(folder, {"evaluate", "-"}, good + "\n").code == 0);
}

TEST_CASE("a study file with many mistakes names all of them at once") {
  const Folder folder;
  const std::string study = folder.write("study.yaml",
                                         "workload: resnet18\nfamilly: eyeriss\ntrials: many\nobjective: speed\n"
                                         "specs: [area_um3 <= 4]\nbatch: 0\n");
  const Outcome outcome = run(folder, {"optimize", study});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("did you mean 'family'") != std::string::npos);
  CHECK(outcome.err.find("study.yaml:3") != std::string::npos);
  CHECK(outcome.err.find("study.yaml:4") != std::string::npos);
  CHECK(outcome.err.find("area_um2") != std::string::npos);
  CHECK(outcome.err.find("study.yaml:6") != std::string::npos);
}

TEST_CASE("names and paths of --set are checked") {
  const Folder folder;
  const std::vector<std::string> base = {"optimize", "--workload", "dqn", "--family", "eyeriss", "--dry-run", "--set"};
  const auto with = [&](const std::string& set) {
    std::vector<std::string> words = base;
    words.push_back(set);
    return run(folder, words);
  };
  CHECK(with("trails=3").code == 3);
  CHECK(with("trials").code == 3);
  CHECK(with("hw.nothing=3").code == 3);
  CHECK(with("trials=x").code == 3);
  CHECK(run(folder, {"optimize", "--workload", "resnet81", "--family", "eyeriss"}).err.find("resnet18") !=
        std::string::npos);
  CHECK(run(folder, {"optimize", "--workload", "resnet18", "--family", "eyerise"}).err.find("eyeriss") !=
        std::string::npos);
}

TEST_CASE("stores that cannot be used end with 6") {
  const Folder folder;
  const std::string text =
      folder.write("text.db", "this is not a database, but it is longer than nothing, and it stays as it is");
  CHECK(run(folder, {"report", text}).code == 6);
  CHECK(run(folder, {"report", folder.file("missing.db")}).code == 6);
  const Outcome outcome =
      run(folder, {"optimize", "--workload", "mlp", "--family", "eyeriss", "--trials", "1", "--store", text});
  CHECK(outcome.code == 6);
  CHECK(read(text) == "this is not a database, but it is longer than nothing, and it stays as it is");
}
