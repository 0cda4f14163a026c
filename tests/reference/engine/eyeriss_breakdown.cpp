// Where the energy of the hand-designed Eyeriss goes, against what its papers publish: in convolutions the scratchpads
// take the most (Chen et al., ISCA 2016, figure 10), in fully connected layers DRAM does.
#include <doctest/doctest.h>

#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/network.hpp>

using namespace dovetail;

namespace {

struct Breakdown {
  double units = 0.0, scratchpads = 0.0, buffer = 0.0, dram = 0.0,
         dram_words = 0.0;  // pJ and words, per operation
};

Breakdown measure(const Layer& layer) {
  const Family eyeriss = load_family("eyeriss");
  MapRequest request;
  request.layer = layer;
  request.architecture = eyeriss.instantiate(eyeriss.default_point());
  request.rules = eyeriss.baseline_rules(layer, eyeriss.default_point());
  request.bypass = Bypass::fixed;
  request.gap = 0.05;
  const MapResult result = make_mapper("exact")->map(request);
  REQUIRE(result.mapping);
  const double operations = static_cast<double>(result.best.macs);
  const auto& levels = result.best.levels;
  Breakdown answer;
  answer.units = result.best.compute_energy_pj / operations;
  answer.scratchpads = (levels[0].energy_pj + levels[1].energy_pj + levels[2].energy_pj) / operations;
  answer.buffer = levels[3].energy_pj / operations;
  answer.dram = levels[4].energy_pj / operations;
  for (const TensorCounts& counts : levels[4].tensors) {
    answer.dram_words += static_cast<double>(counts.reads + counts.fills + counts.updates) / operations;
  }
  return answer;
}

}  // namespace

TEST_CASE("AlexNet, row stationary, on the hand design") {
  for (const UniqueLayer& unique : unique_layers(load_workload("alexnet"))) {
    const Breakdown energy = measure(unique.layer);
    INFO(unique.layer.name, ": units ", energy.units, ", scratchpads ", energy.scratchpads, ", buffer ", energy.buffer,
         ", DRAM ", energy.dram, " pJ, DRAM ", energy.dram_words, " words per operation");
    MESSAGE(unique.layer.name, ": units ", energy.units, ", scratchpads ", energy.scratchpads, ", buffer ",
            energy.buffer, ", DRAM ", energy.dram, " pJ per operation");
    const double total = energy.units + energy.scratchpads + energy.buffer + energy.dram;
    if (find_dimension(unique.layer, "R") >= 0) {
      CHECK(energy.scratchpads > energy.units);
      CHECK(energy.scratchpads > energy.buffer);
      CHECK(energy.scratchpads > energy.dram);
      // the chip of JSSC 2017 moves 0.0029 words per operation with batch 4 and compression; we have neither
      CHECK(energy.dram_words < 0.012);
      CHECK(energy.dram_words > 0.0029);
    } else {
      CHECK(energy.dram > 0.8 * total);
    }
  }
}
