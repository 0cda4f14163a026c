// The eyeriss family in detail, and what a descriptor can express.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <dovetail/accelerators/mapping/homes.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

using namespace dovetail;

namespace {

int dimension(const Layer& layer, const char* name) {
  return find_dimension(layer, name);
}
constexpr int temporal = 0, along_x = 1, along_y = 2;
enum EyerissLevel { psums, weights, inputs, global, dram };

const Layer conv = make_conv({.name = "conv",
                              .in_channels = 64,
                              .out_channels = 64,
                              .out_height = 56,
                              .out_width = 56,
                              .kernel_height = 3,
                              .kernel_width = 3});

Point with(const Family& family, const char* name, double number) {
  Point point = family.default_point();
  point.numbers[family.space().offset(family.space().find(name))] = number;
  return point;
}

}  // namespace

TEST_CASE("the hand design of eyeriss is the published one") {
  const Family family = load_family("eyeriss");
  const Architecture chip = family.instantiate(family.default_point());
  CHECK(chip.compute.instances == 168);
  CHECK(chip.compute.mesh_x == 14);
  CHECK(chip.compute.mesh_y == 12);
  REQUIRE(chip.levels.size() == 5);
  CHECK(chip.levels[psums].capacity_words == 16);
  CHECK(chip.levels[weights].capacity_words == 192);
  CHECK(chip.levels[inputs].capacity_words == 12);
  CHECK(chip.levels[global].capacity_words == 65536);
  CHECK(chip.levels[global].block_size == 4);
  CHECK_FALSE(chip.levels[dram].capacity_words);
  CHECK(chip.levels[dram].is_dram);
  for (int level = 0; level < 5; ++level) CHECK(chip.levels[level].word_bits == 16);
  CHECK(family.space().text(family.default_point()).find("pe_x=14") != std::string::npos);
}

TEST_CASE("the relative costs are those of table IV of the Eyeriss paper") {
  const Family family = load_family("eyeriss");
  const Architecture chip = family.instantiate(family.default_point());
  const double mac = chip.compute.energy_per_op_pj + chip.compute.adder_energy_pj;
  CHECK(mac == doctest::Approx(1.493).epsilon(1e-3));
  CHECK(family.technology().register_file(256, 16).energy_pj / mac == doctest::Approx(1.0).epsilon(1e-3));
  // one 16-bit word: 6 for the buffer and 2 for the way into the array, 200 for DRAM
  CHECK(chip.levels[global].energy.read_pj / 4 / mac == doctest::Approx(8.0).epsilon(1e-3));
  CHECK(chip.levels[dram].energy.read_pj / 4 / mac == doctest::Approx(200.0).epsilon(1e-3));
  CHECK(chip.levels[psums].energy.read_pj < chip.levels[weights].energy.read_pj);
  CHECK(area_um2(chip) > 5e6);  // the chip of JSSC 2017: 12.25 mm2 of core with clocks and control
  CHECK(area_um2(chip) < 12.25e6);
}

TEST_CASE("256 elements are a setting") {
  const Family family = load_family("eyeriss", {{"hw.pes", 256}});
  const Architecture chip = family.instantiate(family.default_point());
  CHECK(chip.compute.mesh_x == 16);
  CHECK(chip.compute.mesh_y == 16);
  CHECK(family.settings().front().name == "pes");
  CHECK(family.settings().front().value == 256);
  CHECK_THROWS_AS(load_family("eyeriss", {{"pes", 100}}), InputError);
}

TEST_CASE("smaller parts cost less, several global buffers share the words and shorten the buses") {
  const Family family = load_family("eyeriss");
  const Architecture hand = family.instantiate(family.default_point());
  const Architecture small = family.instantiate(with(family, "hw.weight_words", 24));
  CHECK(small.levels[weights].energy.read_pj < 0.6 * hand.levels[weights].energy.read_pj);
  CHECK(small.levels[weights].area_per_instance_um2 < 0.2 * hand.levels[weights].area_per_instance_um2);
  const Architecture split = family.instantiate(with(family, "hw.gb_y", 4));
  CHECK(split.levels[global].instances == 4);
  CHECK(split.levels[global].capacity_words == 16384);
  CHECK(split.levels[global].energy.read_pj < hand.levels[global].energy.read_pj);
}

TEST_CASE("row stationary: filter rows along Y, output rows along X, a filter row and its sums in the element") {
  const Family family = load_family("eyeriss");
  CHECK(family.baseline_name() == "row stationary");
  const MappingRules rules = family.baseline_rules(conv, family.default_point());
  const int k = dimension(conv, "K"), c = dimension(conv, "C"), p = dimension(conv, "P"), q = dimension(conv, "Q"),
            r = dimension(conv, "R"), s = dimension(conv, "S");
  CHECK(rules.levels[global].min_factor[along_y][r] == 3);
  CHECK(rules.levels[global].max_factor[along_x][r] == 1);
  CHECK(rules.levels[global].max_factor[along_x][p] == 0);
  CHECK(rules.levels[global].max_factor[along_y][p] == 1);
  CHECK(rules.levels[global].max_factor[along_y][c] == 0);
  CHECK(rules.levels[global].min_factor[temporal][q] == 56);
  CHECK(rules.levels[weights].min_factor[temporal][s] == 3);
  CHECK(rules.levels[psums].max_factor[temporal][k] == 0);
  CHECK(rules.levels[psums].max_factor[temporal][c] == 1);
  for (int d = 0; d < static_cast<int>(conv.dimensions.size()); ++d) {
    CHECK(rules.levels[inputs].max_factor[temporal][d] == 1);
    CHECK(rules.levels[dram].max_factor[along_x][d] == 1);
  }
  // what does not fit is folded instead of being impossible
  const Layer tall = make_conv({.name = "tall",
                                .in_channels = 2,
                                .out_channels = 2,
                                .out_height = 4,
                                .out_width = 4,
                                .kernel_height = 13,
                                .kernel_width = 13});
  const MappingRules folded = family.baseline_rules(tall, family.default_point());
  CHECK(folded.levels[global].min_factor[along_y][dimension(tall, "R")] == 1);
  CHECK(folded.levels[weights].min_factor[temporal][dimension(tall, "S")] == 1);
  const Layer matrix = make_matmul({.name = "matrix", .rows = 16, .columns = 512, .depth = 512});
  const MappingRules product = family.baseline_rules(matrix, family.default_point());
  CHECK(product.levels[psums].max_factor[temporal][dimension(matrix, "N")] == 0);
  CHECK(product.levels[psums].max_factor[temporal][dimension(matrix, "K")] == 1);
}

TEST_CASE("the dataflow options of the hardware bind the mapping") {
  const Family family = load_family("eyeriss");
  const int s = dimension(conv, "S"), r = dimension(conv, "R");
  const MappingRules free = family.rules(conv, family.default_point());
  CHECK(free.levels[weights].min_factor[temporal][s] == 1);
  CHECK(free.levels[weights].max_factor[temporal][s] == 0);
  const MappingRules in_pe = family.rules(conv, with(family, "hw.filter_width", 1));
  CHECK(in_pe.levels[weights].min_factor[temporal][s] == 3);
  CHECK(in_pe.levels[weights].min_factor[temporal][r] == 1);
  const MappingRules outside = family.rules(conv, with(family, "hw.filter_height", 2));
  for (EyerissLevel level : {psums, weights, inputs}) CHECK(outside.levels[level].max_factor[temporal][r] == 1);
  CHECK(outside.levels[global].max_factor[temporal][r] == 0);
  CHECK(free.levels[global].must_keep == ((1U << find_tensor(conv, "Inputs")) | (1U << find_tensor(conv, "Outputs"))));
  const auto kernels = static_cast<std::size_t>(find_tensor(conv, "Weights"));
  CHECK(free.levels[global].must_bypass == (1U << kernels | home_bit(kernels)));  // passed by, unless it lives here
}

TEST_CASE("depthwise layers sum nothing over channels, so arrays that add along C cannot unroll it") {
  const Layer depthwise = make_conv({.name = "depthwise",
                                     .in_channels = 32,
                                     .out_channels = 32,
                                     .groups = 32,
                                     .out_height = 8,
                                     .out_width = 8,
                                     .kernel_height = 3,
                                     .kernel_width = 3});
  const Family gemmini = load_family("gemmini");
  const MappingRules dense = gemmini.rules(conv, gemmini.default_point());
  const MappingRules rules = gemmini.rules(depthwise, gemmini.default_point());
  CHECK(dense.levels[1].max_factor[along_y][dimension(conv, "C")] == 0);
  CHECK(rules.levels[1].max_factor[along_y][dimension(depthwise, "C")] == 1);
}

TEST_CASE("a layer of neither kind is bound by its tensors alone") {
  Layer einsum;
  einsum.dimensions = {{"a", 4}, {"b", 6}};
  einsum.tensors = {{"X", {{{0, 1}}}}, {"Y", {{{0, 1}}, {{1, 1}}}}, {"Z", {{{1, 1}}}, true}};
  const Family family = load_family("eyeriss");
  const MappingRules rules = family.baseline_rules(einsum, family.default_point());
  CHECK(rules.levels[psums].must_keep == 1U << 2);
  CHECK(rules.levels[psums].must_bypass == 0U);
  CHECK(rules.levels[global].max_factor[along_x][0] == 0);
}

TEST_CASE("gemmini carries DOSA's constants") {
  const Family family = load_family("gemmini");
  const Architecture machine = family.instantiate(family.default_point());
  CHECK(machine.compute.energy_per_op_pj == 0.5608);
  CHECK(machine.compute.adder_energy_pj == 0.0);
  CHECK(machine.levels[0].energy.read_pj == 0.48746);
  CHECK(machine.levels[1].energy.read_pj == doctest::Approx(1.94 + 0.1005 * 32 / 16));
  CHECK(machine.levels[1].capacity_words == 512);
  CHECK(machine.levels[1].shared_bandwidth == 2.0);
  CHECK(machine.levels[2].energy.update_pj == doctest::Approx(0.49 + 0.02513 * 128));
  CHECK(machine.levels[2].capacity_words == 131072);
  CHECK(machine.levels[2].shared_bandwidth == 32.0);
  CHECK(machine.levels[3].energy.read_pj == 100.0);
  CHECK(machine.levels[3].shared_bandwidth == 8.0);
}

TEST_CASE("figures tell every energy and area with its source") {
  const Family family = load_family("eyeriss");
  const auto rows = family.figures(family.default_point());
  const auto row = [&](const char* component, const char* quantity) {
    return std::find_if(rows.begin(), rows.end(), [&](const Figure& figure) {
      return figure.component == component && figure.quantity == quantity;
    });
  };
  REQUIRE(row("GlobalBuffer", "read") != rows.end());
  CHECK(row("GlobalBuffer", "read")->source.find("ISCA 2016, table IV") != std::string::npos);
  REQUIRE(row("MAC", "multiply") != rows.end());
  CHECK(row("MAC", "multiply")->source.find("Horowitz") != std::string::npos);
  REQUIRE(row("WeightSpad", "area") != rows.end());
  CHECK(row("WeightSpad", "area")->source.find("NanGate") != std::string::npos);
  CHECK(to_text(rows).find("pJ / access") != std::string::npos);
  const auto given = figures(family.instantiate(family.default_point()), "machine.yaml");
  REQUIRE(given.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(given[i].component == rows[i].component);
    CHECK(given[i].value == rows[i].value);
    CHECK(given[i].source == "machine.yaml");
  }
}

TEST_CASE("a user replaces a figure in the descriptor, by a constant or a table") {
  const std::string text = R"(schema: dovetail-family/1
name: mine
about: one buffer
source: me
technology:
  node_nm: 28
  clock_mhz: 1000
  entries:
    dram.lpddr4.energy_pj_per_bit: {value: 5, source: data sheet}
    sram.energy_pj_per_bit: {table: [[8192, 0.01], [32768, 0.02]], source: memory compiler}
parameters:
  kb: {values: [1, 2, 4]}
architecture:
  compute: {mesh: [1, 1], word_bits: 8, mac: int8, accumulator: int32}
  levels:
    - {name: Buffer, memory: sram, mesh: [1, 1], words: kb * 1024, word_bits: 8, block: 8}
    - {name: DRAM, memory: lpddr4, mesh: [1, 1], word_bits: 8}
default: {kb: 2}
default_source: me
)";
  const Family family = read_family(text, "mine.yaml");
  const Architecture machine = family.instantiate(family.default_point());
  CHECK(machine.levels[1].energy.read_pj == doctest::Approx(40.0));
  CHECK(machine.levels[0].energy.read_pj == doctest::Approx(64 * 0.01 * std::sqrt(2.0)));
  CHECK(family.figures(family.default_point())[3].source == "memory compiler");
  CHECK(family.baseline_name().empty());
}
