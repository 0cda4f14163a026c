// What the loop model says of small designs that can be checked on paper, and what it says of broken ones.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>

using namespace dovetail;

namespace {

// C[2,3] += A[2,4] B[4,3] on one unit, a buffer and a DRAM; everything loops at the DRAM.
struct Small {
  Layer layer = make_matmul({.name = "small", .rows = 2, .columns = 3, .depth = 4});
  Architecture machine;
  Mapping mapping;
  Small() {
    machine.levels.resize(2);
    machine.levels[0].name = "Buffer";
    machine.levels[0].energy = {1.0, 1.0, 1.0, 0.0};
    machine.levels[1].name = "DRAM";
    machine.levels[1].energy = {100.0, 100.0, 100.0, 0.0};
    machine.levels[1].is_dram = true;
    machine.compute.energy_per_op_pj = 2.0;
    mapping.levels.resize(2);
    mapping.levels[0].keep = mapping.levels[1].keep = 7;
    mapping.levels[1].temporal = {{0, 2}, {1, 3}, {2, 4}};  // M, N, K from the outside
  }
  Evaluation evaluate() const { return LoopModel().evaluate(layer, machine, mapping); }
};

const Violation* find(const Evaluation& evaluation, const std::string& constraint) {
  for (const Violation& violation : evaluation.violations) {
    if (violation.constraint == constraint) return &violation;
  }
  return nullptr;
}

constexpr int weights = 0, inputs = 1, outputs = 2;

}  // namespace

TEST_CASE("a matrix product on paper") {
  const Small small;
  const Evaluation result = small.evaluate();
  REQUIRE(result.valid());
  CHECK(result.macs == 24);
  CHECK(result.compute_cycles == 24);
  CHECK(result.cycles == 24);
  // One-word tiles: weights change with every step, inputs too (K is innermost), an output stays for four steps.
  CHECK(result.levels[0].tensors[weights].fills == 24);
  CHECK(result.levels[0].tensors[inputs].fills == 24);
  CHECK(result.levels[1].tensors[outputs].updates == 6);
  CHECK(result.levels[1].tensors[outputs].reads == 0);
  CHECK(result.levels[0].tensors[outputs].updates == 24);
  CHECK(result.levels[0].tensors[outputs].reads == 18);  // the first of four additions reads nothing
  CHECK(result.levels[0].tensors[outputs].fills == 0);
  CHECK(result.compute_energy_pj == 48.0);
  CHECK(result.energy_pj == 48.0 + (4 * 24 + 24 + 18) + 100.0 * (24 + 24 + 6));
}

TEST_CASE("a bandwidth of half a word per cycle stalls") {
  Small small;
  small.machine.levels[1].read_bandwidth = 0.5;
  CHECK(small.evaluate().cycles == 96);  // 48 words read
  small.machine.levels[1].read_bandwidth.reset();
  small.machine.levels[1].shared_bandwidth = 0.5;
  CHECK(small.evaluate().cycles == 108);  // 48 read, 6 written
}

TEST_CASE("adders, densities and word widths") {
  Small small;
  const double plain = small.evaluate().energy_pj;
  small.machine.compute.adder_energy_pj = 10.0;
  CHECK(small.evaluate().energy_pj == plain + 10.0 * 18);
  small.machine.compute.adder_energy_pj = 0.0;
  small.layer.tensors[weights].density = 0.5;
  // Half the operations, half the weight accesses: 24 + 24 at the buffer, 24 at the DRAM.
  CHECK(small.evaluate().energy_pj == plain - 24.0 - 24.0 - 1200.0);
  small.layer.tensors[weights].density = 1.0;
  small.layer.tensors[weights].word_bits = 8;
  const Evaluation narrow = small.evaluate();
  CHECK(narrow.energy_pj == plain - 24.0 - 1200.0);  // two weights in one access
  CHECK(narrow.levels[0].tensors[weights].reads == 24);
  small.machine.levels[0].capacity_words = 3;
  small.mapping.levels[0].temporal = {{2, 4}};  // tiles of 4 weights, 4 inputs, 1 output
  small.mapping.levels[1].temporal = {{0, 2}, {1, 3}};
  const Evaluation full = small.evaluate();
  REQUIRE(find(full, "capacity") != nullptr);
  CHECK(find(full, "capacity")->needed == 2 + 4 + 1);
}

TEST_CASE("every broken constraint is named with what is needed and what is there") {
  Small small;
  small.machine.levels[0].capacity_words = 2;
  Evaluation result = small.evaluate();
  REQUIRE(result.violations.size() == 1);
  CHECK(result.violations[0] == Violation{"capacity", "Buffer", "Weights", 3.0, 2.0});

  small = Small();
  small.machine.levels[0].capacity_words = 100;
  small.machine.levels[0].min_utilization = 0.5;
  result = small.evaluate();
  REQUIRE(result.violations.size() == 1);
  CHECK(result.violations[0] == Violation{"min_utilization", "Buffer", "", 3.0, 50.0});

  small = Small();
  small.mapping.levels[1].temporal.pop_back();
  small.mapping.levels[1].keep = 6;
  result = small.evaluate();
  REQUIRE(result.violations.size() == 2);
  CHECK(result.violations[0] == Violation{"factors", "", "K", 1.0, 4.0});
  CHECK(result.violations[1] == Violation{"keep", "DRAM", "Weights", 1.0, 0.0});

  small = Small();
  small.mapping.levels[1].temporal = {{0, 2}, {1, 3}};
  small.mapping.levels[1].spatial_x = {{2, 4}};
  result = small.evaluate();
  REQUIRE(find(result, "mesh_x") != nullptr);
  CHECK(*find(result, "mesh_x") == Violation{"mesh_x", "Buffer", "", 4.0, 1.0});
  REQUIRE(find(result, "instances") != nullptr);
  small.mapping.levels[1].spatial_y = {{1, 3}};
  small.mapping.levels[1].temporal = {{0, 2}};
  CHECK(find(small.evaluate(), "mesh_y") != nullptr);
}

TEST_CASE("malformed mappings are violations, not crashes") {
  Small small;
  small.mapping.levels.pop_back();
  REQUIRE(small.evaluate().violations.size() == 1);
  CHECK(small.evaluate().violations[0].constraint == "levels");
  for (const Loop& loop : {Loop{7, 2}, Loop{-1, 2}, Loop{0, 0}, Loop{0, -3}, Loop{0, std::int64_t{1} << 40}}) {
    small = Small();
    small.mapping.levels[0].temporal = {loop};
    CHECK(find(small.evaluate(), "loops") != nullptr);
  }
  small = Small();
  small.mapping.levels[1].temporal = {{0, 2}, {0, 2}, {1, 3}, {2, 4}};
  CHECK(find(small.evaluate(), "loops") != nullptr);
}

TEST_CASE("counts beyond 64 bits are violations") {
  Small small;
  const std::int64_t huge = std::numeric_limits<std::int32_t>::max();
  small.layer.dimensions = {{"M", huge}, {"N", huge}, {"K", 2}};
  small.mapping.levels[1].temporal = {{0, huge}, {1, huge}, {2, 2}};
  const Evaluation result = small.evaluate();
  CHECK((result.valid() || find(result, "overflow") != nullptr));
  small.layer.dimensions[2].extent = huge;
  small.mapping.levels[1].temporal[2].factor = huge;
  CHECK(find(small.evaluate(), "overflow") != nullptr);
  CHECK_FALSE(LoopPlan(small.layer, small.machine).score(pack(small.layer, small.mapping)).valid);
}

TEST_CASE("energies add up exactly, in the stated order") {
  Small small;
  small.machine.levels[0].energy = {0.1, 0.2, 0.3, 0.7};
  small.machine.levels[0].network = {0.01, 0.03};
  small.machine.levels[1].energy.leak_pj_per_cycle = 0.013;
  const Evaluation result = small.evaluate();
  double total = result.compute_energy_pj;
  for (const LevelEvaluation& level : result.levels) total += level.energy_pj;
  for (const NetworkEvaluation& network : result.networks) total += network.energy_pj;
  CHECK(total == result.energy_pj);
  for (const LevelEvaluation& level : result.levels) {
    double sum = 0.0;
    for (const TensorCounts& tensor : level.tensors) sum += tensor.energy_pj;
    CHECK(sum + level.leakage_energy_pj == level.energy_pj);
  }
}

TEST_CASE("what stands idle is paid per cycle, used or not") {
  Small small;
  const Evaluation plain = small.evaluate();
  const auto cycles = static_cast<double>(plain.cycles);
  small.machine.compute.mesh_x = small.machine.compute.instances = 2;  // one of them has no work
  small.machine.compute.idle_pj_per_cycle = 0.5;
  small.machine.levels[1].energy.idle_pj_per_cycle = 4.0;
  const Evaluation idle = small.evaluate();
  CHECK(idle.compute_energy_pj == plain.compute_energy_pj + 2 * 0.5 * cycles);
  CHECK(idle.levels[1].leakage_energy_pj == 4.0 * cycles);
  CHECK(idle.energy_pj == plain.energy_pj + 5.0 * cycles);
  CHECK(LoopPlan(small.layer, small.machine).score(pack(small.layer, small.mapping)).energy_pj == idle.energy_pj);
}

TEST_CASE("zeros of one operand save the accesses of the others where they gate a level") {
  Small small;
  small.layer.tensors[1].density = 0.25;
  const Evaluation plain = small.evaluate();
  REQUIRE(small.layer.tensors[1].name == "Inputs");
  small.machine.levels[0].gated_by = {"Inputs"};
  const Evaluation gated = small.evaluate();
  double saved = 0.0;  // of weights and partial sums, 1 pJ an access; fills happen all the same
  for (const std::size_t t : {std::size_t{0}, std::size_t{2}}) {
    const TensorCounts& counts = plain.levels[0].tensors[t];
    saved += 0.75 * static_cast<double>(counts.reads + counts.updates);
  }
  CHECK(saved > 0.0);
  CHECK(gated.energy_pj == doctest::Approx(plain.energy_pj - saved).epsilon(1e-12));
  CHECK(gated.levels[0].tensors[1].energy_pj == plain.levels[0].tensors[1].energy_pj);
  CHECK(LoopPlan(small.layer, small.machine).score(pack(small.layer, small.mapping)).energy_pj == gated.energy_pj);
  small.machine.compute.mesh_x = small.machine.compute.instances = 2;  // an access may then serve two
  CHECK_FALSE(check(small.machine).empty());
}

TEST_CASE("a packed mapping is the mapping") {
  Small small;
  small.mapping.levels[0].temporal = {{2, 2}, {0, 2}};
  small.mapping.levels[1].temporal = {{2, 2}, {1, 3}};
  small.mapping.levels[1].keep = 5;
  CHECK(unpack(pack(small.layer, small.mapping)) == small.mapping);
}
