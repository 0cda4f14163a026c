// A design written as Timeloop documents, read back and evaluated, gives the same bits.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <dovetail/accelerators/export/timeloop_design.hpp>
#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/workloads/export/timeloop_problem.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

TEST_CASE("the reference designs survive the way through Timeloop's documents") {
  const std::filesystem::path folder = dovetail::testing::reference_path("timeloop/cases");
  if (!std::filesystem::exists(folder)) {
    dovetail::testing::skip("the reference cases are not here");
    return;
  }
  const std::string file = (std::filesystem::temp_directory_path() / "dovetail_timeloop_round_trip.yaml").string();
  int compared = 0, refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    CAPTURE(entry.path().filename().string());
    Design design = load_design(entry.path().string());
    if (!design.mapping) continue;
    design.architecture.link_transfers = true;  // Timeloop's own rule; what its documents cannot say is 0
    design.architecture.compute.adder_energy_pj = 0.0;
    if (design.architecture.levels.back().is_dram) design.architecture.levels.back().capacity_words.reset();
    for (Level& level : design.architecture.levels) level.network = {};
    const Evaluation before = LoopModel().evaluate(design.layer, design.architecture, *design.mapping);
    if (!before.valid()) continue;
    try {
      std::ofstream(file) << timeloop_problem(design.layer) << timeloop_architecture(design.architecture)
                          << timeloop_mapping(design.layer, design.architecture, *design.mapping);
    } catch (const InputError& error) {
      CHECK(std::string(error.what()).find("cannot say") != std::string::npos);
      ++refused;
      continue;
    }
    const TimeloopDesign again = read_timeloop_design({file});
    REQUIRE(again.design.mapping);
    const Evaluation after = LoopModel().evaluate(again.design.layer, again.design.architecture, *again.design.mapping);
    CHECK(after.valid());
    CHECK(after.cycles == before.cycles);
    CHECK(after.energy_pj == before.energy_pj);
    CHECK(after.area_um2 == before.area_um2);
    ++compared;
  }
  MESSAGE(compared << " designs compared, " << refused << " refused");
  CHECK(compared > 0);
}
