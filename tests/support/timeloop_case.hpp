// Reads a timeloop-reference-case/1 document into the core types, for tests of evaluators.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/layer.hpp>

#include "reference_data.hpp"

namespace dovetail::testing {

struct TimeloopCase {
  std::string id;
  Layer layer;
  Architecture architecture;
  Mapping mapping;
  nlohmann::ordered_json expected;
};

inline TimeloopCase read_case(const nlohmann::ordered_json& document) {
  TimeloopCase out;
  out.id = document.value("id", "");
  for (const auto& [name, extent] : document["problem"]["dims"].items()) {
    out.layer.dimensions.push_back({name, extent.get<std::int64_t>()});
  }
  for (const auto& [name, tensor] : document["problem"]["tensors"].items()) {
    Tensor to{name, {}};
    to.written = tensor.value("write", false);
    for (const auto& axis : tensor["axes"]) {
      Axis terms;
      for (const auto& term : axis) {
        terms.push_back({find_dimension(out.layer, term[0].get<std::string>()), term[1].get<std::int64_t>()});
      }
      to.axes.push_back(terms);
    }
    out.layer.tensors.push_back(to);
  }
  const auto& arch = document["arch"];
  const auto& compute = arch["compute"];
  out.architecture.name = arch.value("name", "");
  out.architecture.compute.name = compute.value("name", "MAC");
  out.architecture.compute.instances = compute["instances"];
  out.architecture.compute.mesh_x = compute["mesh_x"];
  out.architecture.compute.mesh_y = compute["mesh_y"];
  out.architecture.compute.energy_per_op_pj = compute["energy_per_op"];
  out.architecture.compute.area_per_instance_um2 = compute["area_per_instance"];
  for (const auto& from : arch["levels"]) {
    Level level;
    level.name = from["name"];
    level.instances = from["instances"];
    level.mesh_x = from["mesh_x"];
    level.mesh_y = from["mesh_y"];
    if (!from["capacity_words"].is_null()) level.capacity_words = from["capacity_words"].get<std::int64_t>();
    level.word_bits = from["word_bits"];
    level.block_size = from["block_size"];
    level.cluster_size = from["cluster_size"];
    level.multiple_buffering = from["multiple_buffering"];
    if (from.contains("min_utilization")) level.min_utilization = from["min_utilization"];
    if (!from["read_bandwidth"].is_null()) level.read_bandwidth = from["read_bandwidth"].get<double>();
    if (!from["write_bandwidth"].is_null()) level.write_bandwidth = from["write_bandwidth"].get<double>();
    level.energy = {from["energy"]["read"], from["energy"]["fill"], from["energy"]["update"],
                    from["energy"]["leak_per_cycle"]};
    level.area_per_instance_um2 = from["area_per_instance"];
    level.is_dram = from["is_dram"];
    level.network = {from["network"]["energy_per_hop"], from["network"]["router_energy"]};
    out.architecture.levels.push_back(level);
  }
  out.architecture.link_transfers = document.contains("options") && document["options"].value("link_transfers", false);
  for (const auto& from : document["mapping"]["levels"]) {
    MappingLevel level;
    for (const auto& name : from["keep"]) level.keep |= 1U << find_tensor(out.layer, name.get<std::string>());
    auto loops = [&](const char* key, std::vector<Loop>& to) {
      for (const auto& loop : from[key]) {
        to.push_back({find_dimension(out.layer, loop[0].get<std::string>()), loop[1].get<std::int64_t>()});
      }
    };
    loops("spatial_x", level.spatial_x);
    loops("spatial_y", level.spatial_y);
    loops("temporal", level.temporal);
    if (from.contains("depth")) {
      for (const auto& [name, depth] : from["depth"].items())
        level.depth[static_cast<std::size_t>(find_tensor(out.layer, name))] = depth.get<std::uint8_t>();
    }
    out.mapping.levels.push_back(level);
  }
  out.expected = document["expected"];
  return out;
}

/// All cases of the shared reference folder, by file name; empty when the folder is absent.
inline std::vector<TimeloopCase> read_cases() {
  std::vector<std::filesystem::path> paths;
  const std::filesystem::path folder = reference_path("timeloop/cases");
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<TimeloopCase> cases;
  for (const auto& path : paths) {
    std::ifstream file(path);
    cases.push_back(read_case(nlohmann::ordered_json::parse(file)));
  }
  return cases;
}

}  // namespace dovetail::testing
