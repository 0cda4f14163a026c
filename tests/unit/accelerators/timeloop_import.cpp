// Timeloop machines and mappings in small: what containers, parallels and tables become, and what is refused by name.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/workloads/import/foreign_yaml.hpp>

using namespace dovetail;

namespace {

const std::string nodes = R"(version: 0.4
nodes:
- !Container {name: system}
- !Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: 16}}
- !Component {name: glb, class: SRAM, attributes: {depth: 1024, width: 64, datawidth: 16, read_bandwidth: 16}}
- !Container {name: column, spatial: {meshX: 4}}
- !Container {name: PE, spatial: {meshY: 3}}
- !Parallel
  nodes:
  - !Component {name: a_reg, class: regfile, attributes: {depth: 2, width: 16, datawidth: 16}}
  - !Component {name: z_reg, class: regfile, attributes: {depth: 8, width: 16, datawidth: 16}}
- !Component {name: mac, class: intmac}
)";

std::optional<TimeloopMachine> machine(const std::string& text, std::string* messages = nullptr) {
  Diagnostics diagnostics;
  std::vector<Remark> remarks;
  auto read = read_timeloop_machine(parse_foreign_yaml(text, "arch.yaml"), remarks, diagnostics);
  for (const Diagnostic& one : diagnostics.all()) {
    if (messages != nullptr) *messages += to_string(one) + "\n";
  }
  return read;
}

std::string refusal(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  std::string messages;
  CHECK_FALSE(machine(text, &messages).has_value());
  return messages;
}

Layer product() {
  Layer layer = make_matmul({"gemm", 12, 12, 8, 1});
  return layer;
}

std::optional<Mapping> mapping(const TimeloopMachine& of, const std::string& text, std::string& messages) {
  Diagnostics diagnostics;
  auto read = read_timeloop_mapping(parse_foreign_yaml(text, "map.yaml"), product(), of, diagnostics);
  for (const Diagnostic& one : diagnostics.all()) messages += to_string(one) + "\n";
  return read;
}

}  // namespace

TEST_CASE("a container below another is a level that keeps nothing") {
  const auto read = machine(nodes);
  REQUIRE(read.has_value());
  const Architecture& arch = read->architecture;
  REQUIRE(arch.levels.size() == 5);
  CHECK(arch.levels[0].name == "z_reg");
  CHECK(arch.levels[1].name == "a_reg");
  CHECK(arch.levels[2].name == "PE");
  CHECK(keeps_nothing(*read, 2));
  CHECK_FALSE(keeps_nothing(*read, 1));
  CHECK(arch.levels[2].mesh_x == 4);
  CHECK(arch.levels[0].mesh_y == 3);
  CHECK(arch.compute.instances == 12);
  CHECK(arch.levels[3].block_size == 4);
  CHECK(arch.levels[3].capacity_words == 4096);
  CHECK_FALSE(arch.levels[4].capacity_words.has_value());
  CHECK(arch.levels[4].is_dram);
  CHECK(fanout_x(arch, 3) == 4);
  CHECK(fanout_y(arch, 2) == 3);
}

TEST_CASE("the processed tree of v0.3 gives the same machine") {
  const auto tree = machine(R"(version: '0.4'
subtree:
- name: system
  local:
  - {name: 'DRAM[1..1]', class: DRAM, attributes: {width: 64, datawidth: 16, meshX: 1, meshY: 1}}
  - {name: 'glb[1..1]', class: SRAM, attributes: {depth: 1024, width: 64, datawidth: 16, read_bandwidth: 16, meshX: 1, meshY: 1}}
  - {name: 'column[1..1]', class: dummy_storage, attributes: {width: 1, depth: 1, datawidth: 1, meshX: 1, meshY: 1}}
  - {name: 'PE[1..4]', class: dummy_storage, attributes: {width: 1, depth: 1, datawidth: 1, meshX: 4, meshY: 1}}
  - {name: 'a_reg[1..12]', class: regfile, attributes: {depth: 2, width: 16, datawidth: 16, meshX: 4, meshY: 3}}
  - {name: 'z_reg[1..12]', class: regfile, attributes: {depth: 8, width: 16, datawidth: 16, meshX: 4, meshY: 3}}
  - {name: 'mac[1..12]', class: intmac, attributes: {meshX: 4, meshY: 3}}
)");
  REQUIRE(tree.has_value());
  CHECK(tree->architecture == machine(nodes)->architecture);
}

TEST_CASE("mappings: permutations from the innermost loop, splits, what is left, what is kept") {
  const auto read = machine(nodes);
  REQUIRE(read.has_value());
  std::string messages;
  const auto found = mapping(*read, R"(
- {target: DRAM, type: temporal, factors: 'M1 N0 K2', permutation: NKM}
- {target: glb, type: temporal, factors: 'K=0', permutation: [K, N, M]}
- {target: inter_column_spatial, type: spatial, factors: 'M4', permutation: MNK, split: 1}
- {target: PE, type: spatial, factors: 'M3', permutation: MNK, split: 0}
- {target: a_reg, type: datatype, keep: [Inputs], bypass: [Weights, Outputs]}
- {target: z_reg, type: dataspace, keep: [Outputs], bypass: [Weights, Inputs]}
)",
                             messages);
  REQUIRE_MESSAGE(found.has_value(), messages);
  const Layer layer = product();
  CHECK(found->levels[4].temporal == std::vector<Loop>{{2, 2}, {1, 12}});  // K outside N
  CHECK(found->levels[3].temporal == std::vector<Loop>{{2, 4}});
  CHECK(found->levels[3].spatial_x == std::vector<Loop>{{0, 4}});
  CHECK(found->levels[2].spatial_y == std::vector<Loop>{{0, 3}});
  CHECK(found->levels[2].keep == 0);
  CHECK(found->levels[1].keep == 1U << static_cast<unsigned>(find_tensor(layer, "Inputs")));
  CHECK(LoopModel().evaluate(layer, read->architecture, *found).compute_cycles == 12 * 12 * 8 / 12);
}

TEST_CASE("members of a !Parallel keep different tensors") {
  const auto read = machine(nodes);
  std::string messages;
  CHECK_FALSE(mapping(*read, "- {target: a_reg, type: bypass, bypass: [Weights]}\n", messages).has_value());
  CHECK(messages.find("!Parallel") != std::string::npos);
}

TEST_CASE("mistakes in mappings") {
  const auto read = machine(nodes);
  const auto says = [&](const std::string& text, const std::string& part) {
    std::string messages;
    CHECK_FALSE(mapping(*read, text, messages).has_value());
    CHECK_MESSAGE(messages.find(part) != std::string::npos, messages);
  };
  says("- {target: gbl, type: temporal, factors: 'K2'}\n", "did you mean 'glb'");
  says("- {target: glb, type: temporal, factors: 'X2'}\n", "unknown dimension 'X'");
  says("- {target: glb, type: temporal, factors: 'K<=2'}\n", "map.yaml:1:");
  says("- {target: glb, type: temporal, factors: 'K2', permutation: KK}\n", "stands twice in the permutation");
  says("- {target: glb, type: temporl, factors: 'K2'}\n", "did you mean 'temporal'");
  says("- {target: column, type: temporal, factors: 'K2'}\n", "no storage to loop over");
  says("{}\n", "map.yaml:1:");
}

TEST_CASE("what an architecture says that is not read is refused by name") {
  CHECK(refusal(nodes, "!Parallel", "!Pipelined").find("!Pipelined is not read") != std::string::npos);
  CHECK(refusal(nodes, "depth: 1024", "depth: rows * 4").find("'glb': depth must be a number") != std::string::npos);
  CHECK(refusal(nodes, "depth: 1024", "depth: 1024, has_power_gating: true").find("has_power_gating") !=
        std::string::npos);
  CHECK(refusal(nodes, "meshX: 4", "meshX: 0").find("meshX must be") != std::string::npos);
  CHECK(refusal("subtree:\n- {name: a}\n- {name: b}\n", "name: a", "name: 'a[0..x]'").find("arch.yaml:3:") !=
        std::string::npos);
  CHECK(refusal("nodes: []\n", "[]", "[]").find("needs a memory") != std::string::npos);
}

TEST_CASE("energy tables: fill is write, the largest of several entries, names without path and range") {
  auto read = machine(nodes);
  Diagnostics diagnostics;
  const std::string table = R"(tables:
- {name: 'system.DRAM[1..1]', actions: [{name: read, energy: 512}, {name: write, energy: 500}]}
- {name: 'system.glb[1..1]', actions: [{name: read, energy: 3}, {name: write, energy: 4}, {name: update, energy: 5}, {name: leak, energy: 0.5}]}
- {name: 'system.column[1..4].PE[1..3].a_reg[1..12]', actions: [{name: read, energy: 1}, {name: read, energy: 2}]}
- {name: 'z_reg', actions: [{name: read, energy: 1}]}
- {name: 'system.mac[1..12]', actions: [{name: compute, energy: 0.25}]}
)";
  read_energy_table(parse_foreign_yaml(table, "ERT.yaml"), *read, diagnostics);
  CHECK_FALSE(diagnostics.failed());
  const auto& levels = read->architecture.levels;
  CHECK(levels[4].energy.update_pj == 500);
  CHECK(levels[3].energy.fill_pj == 4);
  CHECK(levels[3].energy.update_pj == 5);
  CHECK(levels[3].energy.leak_pj_per_cycle == 0.5);
  CHECK(levels[1].energy.read_pj == 2);
  CHECK(read->architecture.compute.energy_per_op_pj == 0.25);
  read_energy_table(parse_foreign_yaml("tables: [{name: x, actions: []}]\n", "ERT.yaml"), *read, diagnostics);
  CHECK(diagnostics.errors() == 5);
}
