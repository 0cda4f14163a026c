// The cycle model beside the loop model on Timeloop's reference designs: never below, equal counts, explained exactly.
#include <filesystem>

#include <doctest/doctest.h>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/cycle/naive_timeline.hpp>
#include <dovetail/accelerators/cycle/nest_events.hpp>
#include <dovetail/accelerators/cycle/skip_ahead.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/design.hpp>

#include "support/reference_data.hpp"

using namespace dovetail;

namespace {

std::vector<Design> reference_designs() {
  std::vector<Design> designs;
  const std::filesystem::path folder = dovetail::testing::reference_path("timeloop/cases").string();
  if (!std::filesystem::exists(folder)) {
    dovetail::testing::skip("no shared reference data");
    return designs;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    designs.push_back(load_design(entry.path().string()));
  return designs;
}

}  // namespace

TEST_CASE("the ideal machine is never below the loop model, and close to it without partial sums that return") {
  for (Design& d : reference_designs()) {
    d.architecture.link_transfers = false;
    const Evaluation loop = LoopModel().evaluate(d.layer, d.architecture, *d.mapping);
    const Evaluation cycle = CycleModel().evaluate(d.layer, d.architecture, *d.mapping);
    CAPTURE(d.id);
    REQUIRE(loop.valid());
    CHECK(cycle.cycles >= loop.cycles);
    CHECK(cycle.energy_pj >= loop.energy_pj);
    bool returns = false;  // a partial sum that is read again
    for (const LevelEvaluation& level : loop.levels)
      for (std::size_t t = 0; t < level.tensors.size(); ++t)
        returns = returns || (d.layer.tensors[t].written && level.tensors[t].fills > 0);
    const CycleReport report = CycleModel().explain(d.layer, d.architecture, *d.mapping);
    if (!returns) CHECK(static_cast<double>(cycle.cycles - loop.cycles) <= report.fill + report.drain + 1.0);
  }
}

TEST_CASE("on the ideal machine the timeline moves exactly the words that the loop model counts") {
  for (Design& d : reference_designs()) {
    d.architecture.link_transfers = false;
    CAPTURE(d.id);
    const Evaluation loop = LoopModel().evaluate(d.layer, d.architecture, *d.mapping);
    const EventTable table = nest_events(d.layer, d.architecture, pack(d.layer, *d.mapping), *find_machine("ideal"));
    const TimelineResult run = run_skip_ahead(table, true);
    for (std::size_t s = 0; s < table.streams.size(); ++s) {
      const Stream& stream = table.streams[s];
      const TensorCounts& parent =
          loop.levels[static_cast<std::size_t>(stream.parent_level)].tensors[static_cast<std::size_t>(stream.tensor)];
      CHECK(run.words[s] == parent.reads);
      if (stream.output) CHECK(run.back_words[s] == parent.updates);
    }
  }
}

TEST_CASE("every preset explains its cycles exactly") {
  for (const Design& d : reference_designs())
    for (const std::string& name : machine_names()) {
      if (find_machine(name)->gemmini) continue;
      Design on = d;
      on.architecture.machine = name;
      CAPTURE(d.id);
      CAPTURE(name);
      const CycleReport r = CycleModel().explain(on.layer, on.architecture, *on.mapping);
      double sum = r.busy + r.fill + r.drain + r.level_bound;
      for (const auto& stall : r.stalls) sum += stall.cycles;
      CHECK(sum == doctest::Approx(static_cast<double>(r.cycles)).epsilon(1e-12));
      CHECK(r.cycles == CycleModel().evaluate(on.layer, on.architecture, *on.mapping).cycles);
    }
}
