// Studies whose mappings have imperfect factors or uneven placement: more is found, and what is printed is what it
// costs.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/program.hpp"

using namespace dovetail::testing;
using Json = nlohmann::json;

namespace {

// An extent that no mesh divides, and one that a buffer holds in part.
const char* const network = R"(schema: dovetail-workload/1
name: odd
layers:
- fc: {matmul: 53x31 * 31x47}
- out: {matmul: 13x47 * 47x10}
)";

// The same products as documents of `evaluate`.
Json product(int m, int k, int n) {
  const auto axes = [](const char* first, const char* second) {
    return Json{{"axes", {Json::array({Json::array({first, 1})}), Json::array({Json::array({second, 1})})}}};
  };
  Json outputs = axes("M", "N");
  outputs["write"] = true;
  return {{"name", "product"},
          {"dims", {{"M", m}, {"N", n}, {"K", k}}},
          {"tensors", {{"Weights", axes("K", "N")}, {"Inputs", axes("M", "K")}, {"Outputs", outputs}}}};
}

struct Setting {
  Folder folder;
  Setting() { folder.write("odd.yaml", network); }
  Outcome optimize(const std::string& more) const {
    return shell(folder,
                 "\"$D\" optimize --workload odd.yaml --family eyeriss --trials 4 --seed 2 --format json " + more);
  }
  // The hand design is the same machine in every space of mappings.
  double hand(const std::string& more) const {
    const Outcome outcome = optimize(more);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return Json::parse(outcome.out)["baseline_free"]["edp"].get<double>();
  }
};

}  // namespace

TEST_CASE("larger spaces of mappings hold the smaller ones, for machines of a study as well") {
  const Setting setting;
  const double plain = setting.hand(""), imperfect = setting.hand("--factors imperfect"),
               uneven = setting.hand("--placement uneven"),
               both = setting.hand("--factors imperfect --placement uneven");
  CHECK(imperfect < plain);
  CHECK(uneven <= plain);
  CHECK(both <= uneven);
}

TEST_CASE("the best design of such a study costs what evaluate says, and is the same for any number of threads") {
  const Setting setting;
  const Outcome outcome = setting.optimize("--threads 2 --factors imperfect");
  REQUIRE(outcome.code == 0);
  const Json result = Json::parse(outcome.out);
  CHECK(result["factors"] == "imperfect");
  const Outcome again = setting.optimize("--threads 1 --factors imperfect");
  Json one = Json::parse(again.out), other = result;
  for (Json* json : {&one, &other}) json->erase("seconds");
  CHECK(one["best"] == other["best"]);
  double energy = 0.0, cycles = 0.0;
  for (const Json& layer : result["best"]["layers"]) {
    const Json design = {{"problem", layer["name"] == "fc" ? product(53, 31, 47) : product(13, 47, 10)},
                         {"arch", result["best"]["architecture"]},
                         {"mapping", layer["mapping"]}};
    setting.folder.write("design.jsonl", design.dump() + "\n");
    const Outcome priced = shell(setting.folder, "\"$D\" evaluate - --imperfect-factors --format json < design.jsonl");
    CAPTURE(priced.err);
    REQUIRE(priced.code == 0);
    const Json alone = Json::parse(priced.out);
    CHECK(alone["cycles"] == layer["metrics"]["cycles"]);
    CHECK(alone["energy_pj"].get<double>() ==
          doctest::Approx(layer["metrics"]["energy_pj"].get<double>()).epsilon(1e-12));
    energy += alone["energy_pj"].get<double>();
    cycles += alone["cycles"].get<double>();
  }
  CHECK(energy * cycles == doctest::Approx(result["best"]["edp"].get<double>()).epsilon(1e-12));
}

TEST_CASE("what has no such mappings refuses them") {
  const Setting setting;
  CHECK(setting.optimize("--factors imperfect --model cycle").code == 3);
  CHECK(setting.optimize("--placement uneven --evaluator cat").code == 3);
  CHECK(setting.optimize("--placement uneven --joint 100").code == 2);
  CHECK(setting.optimize("--factors imperfect --fusion homes").code == 3);
  const Outcome wrong = setting.optimize("--placement unevn");
  CHECK(wrong.code == 2);
  CHECK(wrong.err.find("uneven") != std::string::npos);
}
