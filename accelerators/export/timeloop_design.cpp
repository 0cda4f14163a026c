#include <dovetail/accelerators/export/timeloop_design.hpp>

#include <fmt/format.h>

#include <dovetail/workloads/export/yaml_text.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {
namespace {

void check(const Architecture& architecture, Diagnostics& diagnostics) {
  const auto refuse = [&](bool wrong, const std::string& part, const char* what) {
    if (wrong) diagnostics.error({}, fmt::format("{}: Timeloop cannot say {}", quote(part), what));
  };
  const auto name = [&](const std::string& text) {
    refuse(text.find_first_of(".[]") != std::string::npos, text, "a name with a dot or a bracket");
  };
  name(architecture.compute.name);
  for (const Level& level : architecture.levels) {
    name(level.name);
    refuse(level.network.energy_per_hop_pj != 0.0 || level.network.router_energy_pj != 0.0, level.name,
           "energies of the network per hop and router as we count them");
    refuse(level.capacity_words == 0, level.name, "a memory of 0 words");
    refuse(level.is_dram && level.capacity_words.has_value(), level.name, "the capacity of a DRAM");
    refuse(level.network.fill_latency_cycles != 0 || level.network.drain_latency_cycles != 0, level.name,
           "latencies of the network");
  }
}

// One container for the fan-out between what lies above and what lies below.
std::string containers(const std::string& above, std::int64_t fan_x, std::int64_t fan_y) {
  if (fan_x * fan_y == 1) return "";
  return fmt::format("  - !Container\n    name: {}\n    spatial: {{meshX: {}, meshY: {}}}\n",
                     yaml_scalar(above + "_fan"), fan_x, fan_y);
}

std::string storage(const Level& level) {
  std::string text = fmt::format("  - !Component\n    name: {}\n    class: {}\n    attributes:\n",
                                 yaml_scalar(level.name), level.is_dram ? "DRAM" : "SRAM");
  const auto add = [&](const char* key, const auto& value) { text += fmt::format("      {}: {}\n", key, value); };
  add("datawidth", level.word_bits);
  add("width", level.word_bits * level.block_size * level.cluster_size);
  if (level.cluster_size > 1) add("cluster_size", level.cluster_size);
  if (level.capacity_words && !level.is_dram) add("entries", *level.capacity_words);
  if (level.multiple_buffering != 1.0) add("multiple_buffering", level.multiple_buffering);
  if (level.min_utilization != 0.0) add("min_utilization", level.min_utilization);
  if (level.read_bandwidth) add("read_bandwidth", *level.read_bandwidth);
  if (level.write_bandwidth) add("write_bandwidth", *level.write_bandwidth);
  if (level.shared_bandwidth) add("shared_bandwidth", *level.shared_bandwidth);
  return text;
}

std::string energies(const std::string& name, std::int64_t instances,
                     const std::vector<std::pair<const char*, double>>& actions) {
  std::string text =
      fmt::format("  - name: {}\n    actions:\n", yaml_scalar(fmt::format("system.{}[1..{}]", name, instances)));
  for (const auto& [action, energy] : actions)
    text += fmt::format("    - {{name: {}, arguments: {{}}, energy: {}}}\n", action, energy);
  return text;
}

std::string energy_table(const Architecture& architecture) {
  std::string text = "ERT:\n  version: \"0.4\"\n  tables:\n";
  for (auto level = architecture.levels.rbegin(); level != architecture.levels.rend(); ++level) {
    const AccessEnergy& energy = level->energy;
    text += energies(level->name, level->instances,
                     {{"read", energy.read_pj},
                      {"write", energy.fill_pj},
                      {"update", energy.update_pj},
                      {"leak", energy.leak_pj_per_cycle}});
  }
  const Compute& compute = architecture.compute;
  return text + energies(compute.name, compute.instances, {{"compute", compute.energy_per_op_pj}, {"leak", 0.0}});
}

std::string area_table(const Architecture& architecture) {
  std::string text = "ART:\n  version: \"0.4\"\n  tables:\n";
  const auto add = [&](const std::string& name, std::int64_t instances, double area) {
    text += fmt::format("  - {{name: {}, area: {}}}\n", yaml_scalar(fmt::format("system.{}[1..{}]", name, instances)),
                        area);
  };
  for (auto level = architecture.levels.rbegin(); level != architecture.levels.rend(); ++level)
    add(level->name, level->instances, level->area_per_instance_um2);
  add(architecture.compute.name, architecture.compute.instances, architecture.compute.area_per_instance_um2);
  return text;
}

// `loops` innermost or fastest first, as factors and the order of Timeloop.
std::string directive(const Layer& layer, const std::string& target, const char* type, const std::vector<Loop>& loops,
                      int split) {
  std::string factors, order;
  for (const Dimension& dimension : layer.dimensions) {
    std::int64_t factor = 1;
    for (const Loop& loop : loops)
      if (layer.dimensions[loop.dimension].name == dimension.name) factor = loop.factor;
    factors += (factors.empty() ? "" : ", ") + yaml_scalar(fmt::format("{}={}", dimension.name, factor));
  }
  for (const Loop& loop : loops)
    order += fmt::format("{}{}", order.empty() ? "" : ", ", yaml_scalar(layer.dimensions[loop.dimension].name));
  std::string text = fmt::format("- target: {}\n  type: {}\n  factors: [{}]\n  permutation: [{}]\n",
                                 yaml_scalar(target), type, factors, order);
  if (split >= 0) text += fmt::format("  split: {}\n", split);
  return text;
}

std::string kept(const Layer& layer, const std::string& level, unsigned keep) {
  std::string in, out;
  for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
    std::string& list = (keep >> t & 1U) != 0 ? in : out;
    list += (list.empty() ? "" : ", ") + yaml_scalar(layer.tensors[t].name);
  }
  return fmt::format("- target: {}\n  type: bypass\n  keep: [{}]\n  bypass: [{}]\n", yaml_scalar(level), in, out);
}

}  // namespace

std::string timeloop_architecture(const Architecture& architecture) {
  Diagnostics diagnostics;
  check(architecture, diagnostics);
  diagnostics.raise();
  std::string text = "architecture:\n  version: 0.4\n  nodes:\n";
  std::int64_t x = 1, y = 1;
  std::string above = "system";
  for (auto level = architecture.levels.rbegin(); level != architecture.levels.rend(); ++level) {
    text += containers(above, level->mesh_x / x, level->mesh_y / y) + storage(*level);
    x = level->mesh_x;
    y = level->mesh_y;
    above = level->name;
  }
  const Compute& compute = architecture.compute;
  text += containers(above, compute.mesh_x / x, compute.mesh_y / y);
  text += fmt::format("  - !Component\n    name: {}\n    class: intmac\n    attributes:\n      datawidth: {}\n",
                      yaml_scalar(compute.name), compute.word_bits);
  return text + energy_table(architecture) + area_table(architecture);
}

std::string timeloop_mapping(const Layer& layer, const Architecture& architecture, const Mapping& mapping) {
  Diagnostics diagnostics;
  for (std::size_t i = 0; i < mapping.levels.size(); ++i) {
    for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
      if (mapping.levels[i].depth[t] > 0)
        diagnostics.error({}, fmt::format("{}: Timeloop cannot say a depth of tensor {} of its own",
                                          quote(architecture.levels[i].name), quote(layer.tensors[t].name)));
    }
  }
  for (std::size_t i = 0; i < mapping.levels.size(); ++i) {
    for (const Loop& x : mapping.levels[i].spatial_x)
      for (const Loop& y : mapping.levels[i].spatial_y)
        if (x.dimension == y.dimension)
          diagnostics.error({},
                            fmt::format("{}: Timeloop cannot say dimension {} along both X and Y",
                                        quote(architecture.levels[i].name), quote(layer.dimensions[x.dimension].name)));
  }
  diagnostics.raise();
  std::string text = "mapping:\n";
  for (std::size_t i = mapping.levels.size(); i-- > 0;) {
    const MappingLevel& level = mapping.levels[i];
    const std::string& name = architecture.levels[i].name;
    text += kept(layer, name, level.keep);
    text += directive(layer, name, "temporal", {level.temporal.rbegin(), level.temporal.rend()}, -1);
    std::vector<Loop> spatial = level.spatial_x;
    spatial.insert(spatial.end(), level.spatial_y.begin(), level.spatial_y.end());
    if (!spatial.empty())
      text += directive(layer, name + "_fan", "spatial", spatial, static_cast<int>(level.spatial_x.size()));
  }
  return text;
}

std::vector<std::string> timeloop_differences(const Architecture& architecture) {
  std::vector<std::string> all;
  if (!architecture.link_transfers)
    all.push_back(
        "Timeloop lets neighbours pass data on where a mapping allows it; this machine does not "
        "(link_transfers: false)");
  if (architecture.compute.adder_energy_pj != 0.0)
    all.push_back(fmt::format("adding two partial sums costs nothing in Timeloop, here {} pJ",
                              architecture.compute.adder_energy_pj));
  if (const double idle = idle_pj_per_cycle(architecture); idle != 0.0)
    all.push_back(fmt::format("what stands idle costs nothing in Timeloop, here {} pJ per cycle", idle));
  for (const Level& level : architecture.levels) {
    if (!level.gated_by.empty())
      all.push_back(fmt::format("zeros save no accesses of other operands in Timeloop, here in {}", quote(level.name)));
  }
  if (!architecture.machine.empty())
    all.push_back(fmt::format("the cycle-model preset {} is not said", quote(architecture.machine)));
  return all;
}

}  // namespace dovetail
