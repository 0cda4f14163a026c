// ZigZag hardware in closed form: instances, meshes, words, bandwidths and energies computed by hand.
#include <doctest/doctest.h>

#include <string>

#include <dovetail/accelerators/import/machine_formats.hpp>

#include "support/zigzag_machine.hpp"

using namespace dovetail;
using namespace dovetail::testing;

namespace {

constexpr unsigned inputs = operand_bit(Operand::inputs), weights = operand_bit(Operand::weights),
                   outputs = operand_bit(Operand::outputs);

ImportedMachine machine_of(const std::string& text) {
  return import_machine(machine_formats().front(), Source("m.yaml", text));
}

struct Expected {
  const char* name;
  unsigned keeps;
  std::int64_t mesh_x, mesh_y, words;
  int bits;
  std::int64_t block;
  double read, write, shared;  ///< words per cycle; 0: none
  double read_pj, fill_pj, update_pj;
};

void compare(const ImportedMachine& machine, const std::vector<Expected>& expected) {
  REQUIRE(machine.architecture.levels.size() == expected.size());
  REQUIRE(machine.keeps.size() == expected.size());
  for (std::size_t l = 0; l < expected.size(); ++l) {
    const Level& level = machine.architecture.levels[l];
    const Expected& want = expected[l];
    CAPTURE(want.name);
    CHECK(level.name == want.name);
    CHECK(machine.keeps[l] == want.keeps);
    CHECK(level.mesh_x == want.mesh_x);
    CHECK(level.mesh_y == want.mesh_y);
    CHECK(level.instances == want.mesh_x * want.mesh_y);
    CHECK(level.capacity_words.value_or(-1) == want.words);
    CHECK(level.word_bits == want.bits);
    CHECK(level.block_size == want.block);
    CHECK(level.read_bandwidth.value_or(0.0) == doctest::Approx(want.read));
    CHECK(level.write_bandwidth.value_or(0.0) == doctest::Approx(want.write));
    CHECK(level.shared_bandwidth.value_or(0.0) == doctest::Approx(want.shared));
    CHECK(level.energy.read_pj == doctest::Approx(want.read_pj));
    CHECK(level.energy.fill_pj == doctest::Approx(want.fill_pj));
    CHECK(level.energy.update_pj == doctest::Approx(want.update_pj));
    CHECK(level.area_per_instance_um2 == 0.0);
    CHECK_FALSE(level.is_dram);
  }
}

bool remarked(const ImportedMachine& machine, const std::string& kind) {
  for (const Remark& remark : machine.remarks)
    if (remark.kind == kind) return true;
  return false;
}

}  // namespace

TEST_CASE("memories stand by their instances, and served dimensions are shared") {
  const ImportedMachine machine = machine_of(zigzag_machine);
  CHECK(machine.architecture.name == "small");
  CHECK(machine.architecture.compute.mesh_x == 4);
  CHECK(machine.architecture.compute.mesh_y == 2);
  CHECK(machine.architecture.compute.energy_per_op_pj == 0.75);
  CHECK(machine.architecture.compute.word_bits == 8);
  // o_reg stands first in the file and outside w_reg: it serves D2. sram: 32 of 128 bit are an access at a quarter.
  compare(machine, {{"w_reg", weights, 4, 2, 8, 8, 1, 1, 1, 0, 0.125, 0.375, 0},
                    {"o_reg", outputs, 4, 1, 2, 16, 1, 2, 1, 0, 0.25, 0.5, 0.5},
                    {"sram", inputs | outputs, 1, 1, 8192, 8, 4, 16, 16, 0, 10, 12, 12},
                    {"dram", all_operands, 1, 1, 1250000000, 8, 8, 0, 0, 8, 700, 750, 750}});
  for (const char* kind : {"word-bits", "area", "latency", "ports"}) {
    CAPTURE(kind);
    CHECK(remarked(machine, kind));
  }
  CHECK_FALSE(remarked(machine, "spread"));
  CHECK_FALSE(remarked(machine, "side-by-side"));
}

TEST_CASE("the file's own precision is the width of words") {
  const ImportedMachine machine =
      machine_of(changed(zigzag_machine, "unit_area: 1", "unit_area: 0\n  input_precision: [4, 16]"));
  const std::vector<Level>& levels = machine.architecture.levels;
  CHECK(levels[0].word_bits == 16);  // weights
  CHECK(levels[0].capacity_words == 4);
  CHECK(levels[0].read_bandwidth == 0.5);
  CHECK(levels[0].energy.read_pj == 0.25);  // two accesses of 8 bit
  CHECK(levels[1].word_bits == 8);          // partial sums
  CHECK(levels[1].block_size == 2);
  CHECK(levels[2].word_bits == 4);
  CHECK(levels[3].word_bits == 16);
  CHECK(machine.architecture.compute.word_bits == 16);
}

TEST_CASE("three dimensions below one memory get a level that keeps nothing") {
  std::string text = changed(zigzag_machine, "\n  dimensions: [D1, D2]\n", "\n  dimensions: [D1, D2, D3, D4]\n");
  text = changed(text, "sizes: [4, 2]", "sizes: [4, 2, 3, 5]");
  for (int i = 0; i < 2; ++i)
    text = changed(text, "served_dimensions: [D1, D2]\n", "served_dimensions: [D1, D2, D3, D4]\n");
  const ImportedMachine machine = machine_of(text);
  const std::vector<Level>& levels = machine.architecture.levels;
  REQUIRE(levels.size() == 5);
  CHECK(machine.architecture.compute.instances == 120);
  CHECK(levels[0].instances == 120);
  CHECK(levels[1].instances == 60);
  CHECK(levels[2].name == "sram_spread");
  CHECK(machine.keeps[2] == 0);
  CHECK(levels[2].instances == 4);  // D1; D3 and D4 fan out below it, one along X and one along Y
  CHECK(fanout_x(machine.architecture, 2) == 3);
  CHECK(fanout_y(machine.architecture, 2) == 5);
  CHECK(fanout_x(machine.architecture, 3) == 4);
  CHECK_FALSE(levels[2].capacity_words.has_value());
  CHECK(remarked(machine, "spread"));
}

TEST_CASE("ZigZag's eyeriss_like, tpu_like and gemm_l1 by hand") {
  if (const std::string text = zigzag_file("eyeriss_like"); !text.empty()) {
    const ImportedMachine machine = machine_of(text);
    CHECK(machine.architecture.compute.mesh_x == 14);
    CHECK(machine.architecture.compute.mesh_y == 12);
    CHECK(machine.architecture.compute.energy_per_op_pj == 0.5);
    compare(machine, {{"rf_64B_A", inputs, 14, 12, 64, 8, 1, 1, 1, 0, 1, 1.5, 0},
                      {"rf_64B_W", weights, 14, 12, 64, 8, 1, 1, 1, 0, 1, 1.5, 0},
                      {"rf_16B", outputs, 14, 12, 8, 16, 1, 1.5, 1.5, 0, 1.5, 2, 2},
                      {"sram_8KB", outputs, 1, 1, 4096, 16, 8, 0, 0, 8, 10, 15, 15},
                      {"sram_64KB", weights, 1, 1, 65536, 8, 16, 16, 16, 0, 20, 25, 0},
                      {"sram_1M", inputs | outputs, 1, 1, 1048576, 8, 48, 0, 0, 48, 100, 130, 130},
                      {"dram", all_operands, 1, 1, 1250000000, 8, 8, 0, 0, 8, 1000, 1000, 1000}});
    CHECK(remarked(machine, "side-by-side"));
  }
  if (const std::string text = zigzag_tpu(); !text.empty()) {
    const ImportedMachine machine = machine_of(text);
    CHECK(machine.architecture.compute.instances == 1024);
    compare(machine, {{"rf_128B", weights, 32, 32, 128, 8, 1, 1, 1, 0, 0.095, 0.095, 0},
                      {"rf_2B", outputs, 32, 32, 1, 16, 1, 2, 2, 0, 0.021, 0.021, 0.021},
                      {"sram_2MB", inputs | outputs, 1, 1, 2097152, 8, 8, 256, 256, 0, 13.005, 11.825, 11.825},
                      {"dram", all_operands, 1, 1, 1250000000, 8, 8, 0, 0, 8, 700, 750, 750}});
  }
  if (const std::string text = zigzag_file("gemm_l1"); !text.empty()) {
    const ImportedMachine machine = machine_of(text);
    CHECK(machine.architecture.compute.instances == 512);
    // Ports of 512 bit for operands, of 2048 for results: reads are priced by the narrower.
    compare(machine, {{"reg_O", outputs, 8, 8, 2, 16, 2, 4, 4, 0, 0.02, 0.02, 0.02},
                      {"l1", all_operands, 1, 1, 524288, 8, 8, 0, 0, 384, 2.8625, 0, 52.01 * 64 / 2048}});
    CHECK(remarked(machine, "port-widths"));
  }
}
