// Another tool's machine wherever an architecture is taken: described, converted, and mapped on with a proof.
#include <doctest/doctest.h>

#include <string>

#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/zigzag_machine.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Layers of a map document, all of which must be proven.
std::size_t proven_layers(const Outcome& outcome) {
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json layers = Json::parse(outcome.out)["layers"];
  for (const Json& layer : layers) CHECK_MESSAGE(layer["proven"] == true, layer["name"]);
  return layers.size();
}

}  // namespace

TEST_CASE("ZigZag hardware is described, converted and mapped on") {
  const Folder folder;
  const std::string file = folder.write("small.yaml", zigzag_machine);
  const Outcome text = run(folder, {"describe", file});
  CHECK(text.code == 0);
  CHECK_MESSAGE(holds(text.out, "small: 8 multipliers"), text.out);
  CHECK(holds(text.out, "inputs, outputs"));
  CHECK(holds(text.out, "note: words are 8 bit"));
  const Json described = Json::parse(run(folder, {"describe", file, "--format", "json"}).out);
  CHECK(described["kind"] == "architecture");
  CHECK(described["keeps"]["w_reg"] == "weights");
  CHECK(described["notes"].size() >= 3);

  const Outcome document = run(folder, {"convert", file, "--to", "json"});
  CHECK(document.code == 0);
  CHECK_MESSAGE(holds(document.err, "w_reg: weights; o_reg: outputs; sram: inputs, outputs"), document.err);
  CHECK(Json::parse(document.out)["levels"] == described["architecture"]["levels"]);
  CHECK(run(folder, {"describe", folder.write("small.json", document.out)}).code == 0);
  const Outcome timeloop = run(folder, {"convert", file, "--to", "timeloop"});
  CHECK(timeloop.code == 0);
  CHECK_MESSAGE(holds(timeloop.out, "{target: w_reg, type: dataspace, keep: [Weights], bypass: [Inputs, Outputs]}"),
                timeloop.out);
  CHECK(run(folder, {"convert", file, "--to", "scalesim"}).code == 2);

  const Outcome mapped =
      run(folder, {"map", "--workload", "dqn", "--architecture", file, "--format", "json", "--threads", "1"});
  CHECK(proven_layers(mapped) >= 5);
  CHECK(holds(mapped.err, "note: words are 8 bit"));
  // The registers of weights keep nothing else, whatever the search would like.
  for (const Json& layer : Json::parse(mapped.out)["layers"]) {
    const Json levels = layer["best"]["mapping"]["levels"];
    REQUIRE(levels.size() == 4);
    CHECK_MESSAGE(levels[0]["keep"] == Json::array({"Weights"}), levels[0].dump());
    CHECK_MESSAGE(levels[1]["keep"] == Json::array({"Outputs"}), levels[1].dump());
  }
}

TEST_CASE("ZigZag's tpu_like runs ResNet-18 with a proof, and its eyeriss_like is mapped on") {
  const std::string tpu = zigzag_tpu(), eyeriss = zigzag_file("eyeriss_like");
  const Folder folder;
  if (!tpu.empty())
    CHECK(proven_layers(run(folder, {"map", "--workload", "resnet18", "--architecture", folder.write("tpu.yaml", tpu),
                                     "--format", "json"})) == 12);
  if (!eyeriss.empty())
    CHECK(proven_layers(run(folder, {"map", "--workload", "mlp", "--architecture",
                                     folder.write("eyeriss.yaml", eyeriss), "--format", "json"})) == 1);
}

TEST_CASE("wrong hardware ends with 3 wherever it is given") {
  const Folder folder;
  const std::string file = folder.write("m.yaml", changed(zigzag_machine, "r_cost: 40", "r_cost: -40"));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"describe", file},
                                                {"convert", file, "--to", "json"},
                                                {"map", "--workload", "dqn", "--architecture", file},
                                                {"place", "--workload", "dqn", "--architecture", file}}) {
    const Outcome outcome = run(folder, words);
    CAPTURE(words.front());
    CHECK(outcome.code == 3);
    CHECK_MESSAGE(holds(outcome.err, "m.yaml:28:13: r_cost of 'sram'"), outcome.err);
  }
}

TEST_CASE("a workload of AccelForge says what it is, and so does a study") {
  const Folder folder;
  const std::string inside = folder.write(
      "a.yaml", "workload:\n  rank_sizes: {M: 4, K: 4, N: 4}\n  einsums:\n  - {name: Matmul, tensor_accesses: []}\n");
  const std::string top = folder.write("b.yaml", "einsums:\n- {name: Matmul}\n");
  const std::string design = folder.write("c.yaml", "workload: {einsums: []}\narch: {nodes: []}\n");
  const std::string study = folder.write("s.yaml", "workload: resnet18\nfamily: eyeriss\n");
  for (const auto& [file, what] : {std::pair(inside, "an AccelForge workload"),
                                   {top, "an AccelForge workload"},
                                   {design, "an AccelForge design"}}) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"describe", file}, {"map", "--workload", file, "--architecture", "eyeriss"}}) {
      const Outcome outcome = run(folder, words);
      CHECK(outcome.code == 3);
      CHECK_MESSAGE(holds(outcome.err, std::string("this looks like ") + what), outcome.err);
      CHECK(holds(outcome.err, "not read"));
    }
  }
  const Outcome outcome = run(folder, {"map", "--workload", study, "--architecture", "eyeriss"});
  CHECK(outcome.code == 3);
  CHECK_MESSAGE(holds(outcome.err, "this looks like a study"), outcome.err);
  CHECK(run(folder, {"describe", study}).code == 0);
}
