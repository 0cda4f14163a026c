// Whole Timeloop designs (architecture, problem, ERT, mapping) against what Timeloop printed for them: cycles exactly,
// and every energy to the printed digit.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path golden = dovetail::testing::reference_path("import/golden");

TimeloopDesign read(const Json& row) {
  std::vector<std::string> files;
  for (const char* key : {"input", "ert", "map"}) {
    for (const auto& file : row[key])
      files.push_back((golden / row["name"].get<std::string>() / file.get<std::string>()).string());
  }
  REQUIRE(are_timeloop_documents(files));
  return read_timeloop_design(files);
}

// "Energy (total)" by level and tensor, as the statistics print it.
std::map<std::string, std::string> printed_energies(const fs::path& file) {
  std::map<std::string, std::string> energies;
  std::ifstream stream(file);
  std::string level, tensor;
  for (std::string line; std::getline(stream, line) && line != "Networks";) {
    if (line.starts_with("=== ")) level = line.substr(4, line.size() - 8);
    if (line.size() > 5 && line.starts_with("    ") && line[4] != ' ' && line.back() == ':')
      tensor = line.substr(4, line.size() - 5);
    const std::size_t colon = line.find(": ");
    if (line.starts_with("        Energy (total) ") && colon != std::string::npos)
      energies[level + " " + tensor] = line.substr(colon + 2, line.find(" pJ") - colon - 2);
  }
  return energies;
}

}  // namespace

TEST_CASE("Timeloop's designs give Timeloop's numbers") {
  std::ifstream list(golden / "expected.json");
  if (!list) {
    dovetail::testing::skip("there are no golden results of Timeloop");
    return;
  }
  for (const Json& row : Json::parse(list)) {
    CAPTURE(row["name"].get<std::string>());
    const TimeloopDesign read_design = read(row);
    const Design& design = read_design.design;
    REQUIRE(design.mapping.has_value());
    const Evaluation evaluation = LoopModel().evaluate(design.layer, design.architecture, *design.mapping);
    for (const Violation& violation : evaluation.violations)
      MESSAGE(violation.constraint, " ", violation.level, " ", violation.tensor, " ", violation.needed, " ",
              violation.available);
    REQUIRE(evaluation.valid());
    CHECK(evaluation.cycles == row["cycles"].get<std::int64_t>());
    CHECK(evaluation.macs == row["computes"].get<std::int64_t>());
    CHECK(fmt::format("{:.2f}", evaluation.energy_pj * 1e-6) == fmt::format("{:.2f}", row["energy_uj"].get<double>()));
    CHECK(fmt::format("{:.2f}", 100.0 * evaluation.utilization) ==
          fmt::format("{:.2f}", row["utilization_percent"].get<double>()));
    const auto per_compute = [&](const std::string& name, double energy_pj) {
      CAPTURE(name);
      CHECK(fmt::format("{:.2f}", 1e3 * energy_pj / static_cast<double>(evaluation.macs)) ==
            fmt::format("{:.2f}", row["fj_per_compute"][name].get<double>()));
    };
    per_compute(design.architecture.compute.name, evaluation.compute_energy_pj);
    per_compute("Total", evaluation.energy_pj);
    const auto printed = printed_energies(golden / row["name"].get<std::string>() / row["stats"].get<std::string>());
    for (std::size_t l = 0; l < evaluation.levels.size(); ++l) {
      const std::string& level = design.architecture.levels[l].name;
      per_compute(level, evaluation.levels[l].energy_pj);
      for (std::size_t t = 0; t < design.layer.tensors.size(); ++t) {
        const auto found = printed.find(level + " " + design.layer.tensors[t].name);
        if (found == printed.end()) continue;
        CAPTURE(found->first);
        CHECK(fmt::format("{:.2f}", evaluation.levels[l].tensors[t].energy_pj) == found->second);
      }
    }
    CHECK(printed.size() >= 6);
  }
}

TEST_CASE("the design that was converted by hand is the one that is imported") {
  const fs::path folder = golden / "simple_weight_stationary";
  if (!fs::exists(folder / "by_hand.json")) {
    dovetail::testing::skip("there is no design converted by hand");
    return;
  }
  const Design by_hand = load_design((folder / "by_hand.json").string());
  const Design imported = read_timeloop_design({(folder / "parsed-processed-input.yaml").string(),
                                                (folder / "timeloop-mapper.ERT.yaml").string(),
                                                (folder / "timeloop-mapper.map.yaml").string()})
                              .design;
  CHECK(*imported.mapping == *by_hand.mapping);
  const Evaluation a = LoopModel().evaluate(by_hand.layer, by_hand.architecture, *by_hand.mapping);
  const Evaluation b = LoopModel().evaluate(imported.layer, imported.architecture, *imported.mapping);
  CHECK(a.energy_pj == b.energy_pj);
  CHECK(a.cycles == b.cycles);
}
