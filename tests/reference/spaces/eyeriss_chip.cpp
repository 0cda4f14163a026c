// The family `eyeriss-chip` under the mappings that its authors publish, beside the time and power that they measured.
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

// Chen et al., IEEE JSSC 52(1), 2017: table III (mapping: p filters and q channels in an element, r x t sets in the
// array, n images with the same filters, m filters whose partial sums stay on chip, e output rows at once; from memory,
// the text confirms e, p, q, r and t where it names them) and table V (processing latency and power of four images).
struct Published {
  const char* layer;
  int psum_banks;
  const char *psum_spad, *weight_spad, *across, *down, *input_banks, *psum_banks_loops, *dram;
  double ms, mw;
};

const std::vector<Published> published = {
    {"conv1", 20, "K16", "S11", "P7 K2", "R11", "K3 Q55", "C3", "N4 P8", 16.5, 332.0},
    {"conv2", 24, "K16", "C2 S5", "P14", "R5 P2", "K4 Q27", "C24", "G2 N4 K2", 39.2, 288.0},
    {"conv3", 22, "K16", "C4 S3", "P13", "R3 K4", "N4 Q13", "C64", "K6", 21.8, 266.0},
    {"conv4", 22, "K16", "C3 S3", "P13", "R3 C2 K2", "K2 N4 Q13", "C32", "G2 K3", 16.0, 235.0},
    {"conv5", 22, "K16", "C3 S3", "P13", "R3 C2 K2", "K2 N4 Q13", "C32", "G2 K2", 10.0, 236.0},
};

struct Measured {
  double ms = 0.0, mw = 0.0;  // the chip's: without the memory outside
  double idle_mw = 0.0;       // of it
};

using Change = void (*)(Architecture&);

Measured measure(const Published& one, const Layer& layer, Change change) {
  const Family family = load_family("eyeriss-chip");
  Architecture chip = family.instantiate(Point{{static_cast<double>(one.psum_banks)}});
  change(chip);
  const std::string text = fmt::format(
      "levels:\n- {{level: PsumSpad, keep: [Outputs], temporal: '{}'}}\n- {{level: WeightSpad, keep: [Weights], "
      "temporal: '{}'}}\n"
      "- {{level: InputSpad, keep: [Inputs]}}\n- {{level: FilterBanks, keep: [Weights], spatial_x: '{}', spatial_y: "
      "'{}'}}\n"
      "- {{level: InputBanks, keep: [Inputs], temporal: '{}'}}\n- {{level: PsumBanks, keep: [Outputs], temporal: "
      "'{}'}}\n"
      "- {{level: DRAM, temporal: '{}'}}\n",
      one.psum_spad, one.weight_spad, one.across, one.down, one.input_banks, one.psum_banks_loops, one.dram);
  Diagnostics diagnostics;
  const auto mapping = read_mapping(parse_yaml(text, one.layer), layer, chip, diagnostics);
  diagnostics.raise();
  const Evaluation cost = CycleModel({.imperfect_factors = true}).evaluate(layer, chip, *mapping);
  REQUIRE(cost.valid());
  const double ms = static_cast<double>(cost.cycles) / 200e3;  // 200 MHz
  const double idle_pj = idle_pj_per_cycle(chip) * static_cast<double>(cost.cycles);
  return {ms, (cost.energy_pj - cost.levels.back().energy_pj) / ms * 1e-6, idle_pj / ms * 1e-6};
}

std::vector<Measured> measure_all(Change change) {
  std::vector<Measured> all;
  const Network network = load_workload("alexnet-eyeriss");
  for (std::size_t i = 0; i < published.size(); ++i)
    all.push_back(measure(published[i], layers(network)[i]->layer, change));
  return all;
}

void as_it_is(Architecture&) {}

void without_gates(Architecture& chip) {
  for (Level& level : chip.levels) level.gated_by.clear();
}

// The constant power that makes the relative errors of all layers but one least, in squares.
double fitted_mw(const std::vector<Measured>& all, std::size_t without) {
  double above = 0.0, below = 0.0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == without) continue;
    const double of = published[i].mw;
    above += (of - (all[i].mw - all[i].idle_mw)) / of / of;
    below += 1.0 / of / of;
  }
  return above / below;
}

double percent(double ours, double theirs) {
  return 100.0 * (ours / theirs - 1.0);
}

}  // namespace

TEST_CASE("AlexNet on the Eyeriss chip: time with nothing fitted, power with one constant") {
  const std::vector<Measured> all = measure_all(as_it_is);
  const double idle_mw = fitted_mw(all, all.size());
  CHECK(all[0].idle_mw == doctest::Approx(idle_mw).epsilon(0.01));  // the family's constant is the fitted one
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double apart = all[i].mw - all[i].idle_mw + fitted_mw(all, i);
    MESSAGE(std::string(published[i].layer), ": ", all[i].ms, " ms (", percent(all[i].ms, published[i].ms), " %), ",
            all[i].mw, " mW (", percent(all[i].mw, published[i].mw), " %; with the constant of the other four layers ",
            percent(apart, published[i].mw), " %)");
    CHECK(std::abs(percent(all[i].ms, published[i].ms)) < 10.0);
    CHECK(std::abs(percent(all[i].mw, published[i].mw)) < 10.0);
    CHECK(std::abs(percent(apart, published[i].mw)) < 10.0);
  }
}

TEST_CASE("what zeros save is needed to see which layers are hot") {
  const std::vector<Measured> with = measure_all(as_it_is), without = measure_all(without_gates);
  const auto spread = [](const std::vector<Measured>& all) { return all[0].mw - all[3].mw; };
  const double measured = published[0].mw - published[3].mw;
  MESSAGE("conv1 over conv4: measured ", measured, " mW, with gates ", spread(with), ", without ", spread(without));
  CHECK(spread(with) > 0.9 * measured);
  CHECK(spread(without) < 0.5 * measured);
}
