// Any legal design reads back equal from its JSON and its YAML, and prints without a hitch.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <string>

#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/workloads/limits.hpp>

using namespace dovetail;

namespace {

template <class T>
T pick(T low, T high) {
  return *rc::gen::inRange<T>(low, high + 1);
}

double figure() {
  return static_cast<double>(pick(0, 1'000'000'000)) / static_cast<double>(pick(1, 1'000'000));
}

Layer any_layer() {
  Layer layer;
  layer.name = "layer";
  const int dimensions = pick(1, max_dimensions);
  for (int d = 0; d < dimensions; ++d)
    layer.dimensions.push_back({"d" + std::to_string(d * 11), pick<std::int64_t>(1, 60)});
  const int tensors = pick(1, max_tensors);
  for (int t = 0; t < tensors; ++t) {
    Tensor tensor;
    tensor.name = "T" + std::to_string(t);
    for (int a = pick(0, 3); a > 0; --a) {
      Axis axis;
      for (int terms = pick(1, 2); terms > 0; --terms)
        axis.push_back({pick(0, dimensions - 1), pick<std::int64_t>(1, 9)});
      tensor.axes.push_back(axis);
    }
    tensor.written = t + 1 == tensors;
    tensor.word_bits = pick(0, 64);
    tensor.density = static_cast<double>(pick(1, 1000)) / 1000.0;
    layer.tensors.push_back(tensor);
  }
  if (pick(0, 1) == 1) layer.padding = {pick<std::int64_t>(0, 3), pick<std::int64_t>(0, 3)};
  layer.kind = *rc::gen::elementOf(std::vector<std::string>{"conv", "matmul", "einsum"});
  return layer;
}

Architecture any_machine() {
  Architecture machine;
  machine.name = "machine";
  machine.link_transfers = pick(0, 1) == 1;
  std::int64_t x = 1, y = 1;
  const int levels = pick(1, max_levels);
  for (int i = 0; i < levels; ++i) {
    Level level;
    level.name = "L" + std::to_string(levels - i);
    level.mesh_x = x;
    level.mesh_y = y;
    level.instances = x * y;
    if (pick(0, 1) == 1) level.capacity_words = pick<std::int64_t>(0, 1 << 30);
    level.word_bits = pick(1, 64);
    level.block_size = pick<std::int64_t>(1, 16);
    level.cluster_size = pick<std::int64_t>(1, 16);
    level.multiple_buffering = 1.0 + figure() / 1e9;
    level.min_utilization = static_cast<double>(pick(0, 10)) / 10.0;
    if (pick(0, 1) == 1) level.read_bandwidth = 0.1 + figure();
    if (pick(0, 1) == 1) level.write_bandwidth = 0.1 + figure();
    if (pick(0, 1) == 1) level.shared_bandwidth = 0.1 + figure();
    level.energy = {figure(), figure(), figure(), figure()};
    level.area_per_instance_um2 = figure();
    level.is_dram = i == 0;
    level.network.energy_per_hop_pj = figure();
    level.network.router_energy_pj = figure();
    level.network.fill_latency_cycles = pick<std::int64_t>(0, 9);
    level.network.drain_latency_cycles = pick<std::int64_t>(0, 9);
    machine.levels.insert(machine.levels.begin(), level);
    x *= pick<std::int64_t>(1, 4);
    y *= pick<std::int64_t>(1, 4);
  }
  machine.compute.mesh_x = x;
  machine.compute.mesh_y = y;
  machine.compute.instances = x * y;
  machine.compute.energy_per_op_pj = figure();
  machine.compute.adder_energy_pj = figure();
  return machine;
}

Mapping any_mapping(const Layer& layer, const Architecture& machine) {
  Mapping mapping;
  auto loops = [&] {
    std::vector<Loop> list;
    for (int d = 0; d < static_cast<int>(layer.dimensions.size()); ++d) {
      if (pick(0, 2) == 0)
        list.insert(list.begin() + pick<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(list.size())),
                    Loop{d, pick<std::int64_t>(2, 9)});
    }
    return list;
  };
  for (std::size_t i = 0; i < machine.levels.size(); ++i) {
    MappingLevel level;
    level.keep = static_cast<unsigned>(pick(0, (1 << layer.tensors.size()) - 1));
    level.spatial_x = loops();
    level.spatial_y = loops();
    level.temporal = loops();
    mapping.levels.push_back(level);
  }
  return mapping;
}

}  // namespace

TEST_CASE("any design reads back equal") {
  CHECK(rc::check([] {
    Design design;
    design.id = "id";
    design.layer = any_layer();
    design.architecture = any_machine();
    if (pick(0, 3) > 0) design.mapping = any_mapping(design.layer, design.architecture);
    const auto json = to_json(design);
    RC_ASSERT(read_design(parse_json(json.dump(), "d")) == design);
    RC_ASSERT(read_design(parse_yaml(to_yaml(json), "d")) == design);
    RC_ASSERT(!tree(design.architecture).empty());
    if (design.mapping) {
      RC_ASSERT(!loop_nest(design.layer, design.architecture, *design.mapping).empty());
      RC_ASSERT(!schedule_primitives(design.layer, design.architecture, *design.mapping).empty());
    }
  }));
}
