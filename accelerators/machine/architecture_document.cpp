#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/machine/vector_unit.hpp>
#include <dovetail/workloads/limits.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* architecture_schema_name = "dovetail-architecture/1";

const Record<AccessEnergy>& energy_record() {
  static const auto record =
      Record<AccessEnergy>("energy",
                           "pJ of one physical access (block_size words); a single number sets read, fill and update")
          .optional("read", &AccessEnergy::read_pj, "pJ per block read", at_least(0))
          .optional("fill", &AccessEnergy::fill_pj, "pJ per block written from outside", at_least(0))
          .optional("update", &AccessEnergy::update_pj, "pJ per block of results written from inside", at_least(0))
          .optional("leak_per_cycle", &AccessEnergy::leak_pj_per_cycle, "pJ per cycle per used instance", at_least(0))
          .optional("idle_per_cycle", &AccessEnergy::idle_pj_per_cycle,
                    "pJ per cycle per instance, used or not: its clock and control", at_least(0));
  return record;
}

const Record<LevelNetwork>& network_record() {
  static const auto record =
      Record<LevelNetwork>("network", "the network between this level and the next-inner one")
          .optional("energy_per_hop", &LevelNetwork::energy_per_hop_pj, "pJ per word per hop", at_least(0))
          .optional("router_energy", &LevelNetwork::router_energy_pj, "pJ per word per router", at_least(0));
  return record;
}

// instances = mesh_x x mesh_y: whichever is left out follows from the others.
template <class T>
void complete_mesh(const Node& node, T& object, Diagnostics& diagnostics) {
  const bool has_instances = node.find("instances") != nullptr;
  const bool has_mesh = node.find("mesh_x") != nullptr || node.find("mesh_y") != nullptr;
  if (!has_instances) {
    object.instances = object.mesh_x * object.mesh_y;
  } else if (!has_mesh) {
    object.mesh_x = object.instances;
  } else if (object.instances != object.mesh_x * object.mesh_y) {
    diagnostics.error(node.find("instances")->location(),
                      fmt::format("instances is {}, but mesh_x x mesh_y is {} x {} = {}", object.instances,
                                  object.mesh_x, object.mesh_y, object.mesh_x * object.mesh_y));
  }
}

const Record<Compute>& compute_record() {
  static const auto record =
      Record<Compute>("compute", "the multiply-accumulate units")
          .optional("name", &Compute::name, "how reports call them")
          .optional("instances", &Compute::instances, "total over the chip = mesh_x x mesh_y", between(1, most_extent))
          .optional("mesh_x", &Compute::mesh_x, "units along X", between(1, most_extent))
          .optional("mesh_y", &Compute::mesh_y, "units along Y", between(1, most_extent))
          .optional("word_bits", &Compute::word_bits, "bits of an operand", between(1, 1024))
          .optional("energy_per_op", &Compute::energy_per_op_pj, "pJ per multiply-accumulate", at_least(0))
          .optional("adder_energy", &Compute::adder_energy_pj, "pJ per addition of two partial sums", at_least(0))
          .optional("area_per_instance", &Compute::area_per_instance_um2, "um^2 of one unit", at_least(0))
          .optional("idle_per_cycle", &Compute::idle_pj_per_cycle,
                    "pJ per cycle of one unit, used or not: its clock and control", at_least(0))
          .checked(complete_mesh<Compute>);
  return record;
}

const Record<Level>& level_record() {
  const Json energy = {{"anyOf", {{{"type", "number"}, {"minimum", 0}}, energy_record().schema()}}};
  static const auto record =
      Record<Level>("level", "a storage level")
          .required("name", &Level::name, "how mappings and reports call it")
          .optional("instances", &Level::instances, "total over the chip = mesh_x x mesh_y", between(1, most_extent))
          .optional("mesh_x", &Level::mesh_x, "instances along X; must divide the next-inner mesh_x",
                    between(1, most_extent))
          .optional("mesh_y", &Level::mesh_y, "instances along Y; must divide the next-inner mesh_y",
                    between(1, most_extent))
          .optional("capacity_words", &Level::capacity_words, "words per instance; null: unbounded", between(0, 1e15))
          .optional("word_bits", &Level::word_bits, "bits of a word", between(1, 1024))
          .optional("block_size", &Level::block_size, "words per physical access", between(1, most_extent))
          .optional("cluster_size", &Level::cluster_size, "instances that share one physical access",
                    between(1, most_extent))
          .optional("multiple_buffering", &Level::multiple_buffering, "usable capacity = floor(capacity / this)",
                    between(1, 1024))
          .optional("min_utilization", &Level::min_utilization, "least legal share of the usable capacity",
                    between(0, 1))
          .optional("read_bandwidth", &Level::read_bandwidth, "words per cycle per instance; null: unlimited", above(0))
          .optional("write_bandwidth", &Level::write_bandwidth, "words per cycle per instance; null: unlimited",
                    above(0))
          .optional("shared_bandwidth", &Level::shared_bandwidth, "one limit for reads and writes together", above(0))
          .custom(
              "energy", false, energy_record().doc(), energy,
              [](const Node& node, Level& level, Diagnostics& diagnostics) {
                if (!node.is_scalar()) {
                  energy_record().read_into(node, level.energy, diagnostics);
                } else if (read_value(node, "energy", at_least(0), diagnostics, level.energy.read_pj)) {
                  level.energy.fill_pj = level.energy.update_pj = level.energy.read_pj;
                }
              },
              [](const Level& level) { return energy_record().write(level.energy); })
          .optional("area_per_instance", &Level::area_per_instance_um2, "um^2 of one instance", at_least(0))
          .optional("is_dram", &Level::is_dram, "off chip: no in-place reduction")
          .record("network", &Level::network, network_record())
          .optional(
              "network_fill_latency", [](Level& l) -> std::int64_t& { return l.network.fill_latency_cycles; },
              "cycles to fill the network, added once to the total", between(0, most_extent))
          .optional(
              "network_drain_latency", [](Level& l) -> std::int64_t& { return l.network.drain_latency_cycles; },
              "cycles to drain the network, added once to the total", between(0, most_extent))
          .custom(
              "gated_by", false, "tensors whose zeros save the reads and updates of the other operands here: [Inputs]",
              {{"type", "array"}, {"items", {{"type", "string"}}}},
              [](const Node& node, Level& level, Diagnostics& diagnostics) {
                if (!require_sequence(node, "gated_by", diagnostics)) return;
                for (const Node& item : node.items())
                  read_value(item, "an item of gated_by", {}, diagnostics, level.gated_by.emplace_back());
              },
              [](const Level& level) { return Json(level.gated_by); })
          .checked(complete_mesh<Level>);
  return record;
}

const Record<Architecture>& architecture_record() {
  static const auto record =
      Record<Architecture>("arch", "A machine: compute units and storage levels, innermost first.")
          .document(architecture_schema_name)
          .optional("name", &Architecture::name, "how reports call it")
          .optional("machine", &Architecture::machine, "cycle-model preset; empty: ideal")
          .record("compute", &Architecture::compute, compute_record(), true)
          .list("levels", &Architecture::levels, level_record(),
                "storage levels, innermost first, the outermost memory last", true)
          .custom("vector", false, vector_unit_record().doc(), vector_unit_record().schema(),
                  [](const Node& node, Architecture&, Diagnostics& diagnostics) {
                    VectorUnit unit;  // kept by load_vector_unit
                    vector_unit_record().read_into(node, unit, diagnostics);
                  });
  return record;
}

// Levels of an architecture that were read one by one, checked together: each at its own place.
void check_levels(const Node& levels, const Architecture& architecture, Diagnostics& diagnostics) {
  std::int64_t inner_x = architecture.compute.mesh_x, inner_y = architecture.compute.mesh_y;
  std::string inner = architecture.compute.name;
  for (std::size_t i = 0; i < architecture.levels.size(); ++i) {
    const Level& level = architecture.levels[i];
    const Location& where = levels.items()[i].location();
    if (inner_x % level.mesh_x != 0) {
      diagnostics.error(where, fmt::format("mesh_x {} of {} does not divide mesh_x {} of {} inside it", level.mesh_x,
                                           quote(level.name), inner_x, quote(inner)));
    }
    if (inner_y % level.mesh_y != 0) {
      diagnostics.error(where, fmt::format("mesh_y {} of {} does not divide mesh_y {} of {} inside it", level.mesh_y,
                                           quote(level.name), inner_y, quote(inner)));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (architecture.levels[j].name == level.name)
        diagnostics.error(where, fmt::format("level {} is named twice", quote(level.name)));
    }
    if (level.name.empty()) diagnostics.error(where, "a level needs a name");
    inner_x = level.mesh_x;
    inner_y = level.mesh_y;
    inner = level.name;
  }
  if (architecture.levels.empty() || architecture.levels.size() > max_levels) {
    diagnostics.error(levels.location(),
                      fmt::format("{} storage levels, allowed are 1 to {}", architecture.levels.size(), max_levels));
  }
}

}  // namespace

std::optional<Architecture> read_architecture(const Node& node, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  Architecture architecture = architecture_record().read(node, diagnostics);
  if (diagnostics.errors() > before) return std::nullopt;
  check_levels(*node.find("levels"), architecture, diagnostics);
  if (diagnostics.errors() > before) return std::nullopt;
  for (const std::string& wrong : check(architecture)) diagnostics.error(node.location(), wrong);
  if (diagnostics.errors() > before) return std::nullopt;
  return architecture;
}

nlohmann::ordered_json to_json(const Architecture& architecture) {
  Json json = architecture_record().write(architecture);
  // `arch` is an object inside a document; as a document of its own it gets its schema key from the caller.
  json.erase("schema");
  if (architecture.machine.empty()) json.erase("machine");
  if (architecture.compute.adder_energy_pj == 0.0) json["compute"].erase("adder_energy");
  if (architecture.compute.idle_pj_per_cycle == 0.0) json["compute"].erase("idle_per_cycle");
  for (std::size_t i = 0; i < architecture.levels.size(); ++i) {
    if (architecture.levels[i].min_utilization == 0.0) json["levels"][i].erase("min_utilization");
    if (!architecture.levels[i].shared_bandwidth) json["levels"][i].erase("shared_bandwidth");
    const LevelNetwork& network = architecture.levels[i].network;
    if (architecture.levels[i].energy.idle_pj_per_cycle == 0.0) json["levels"][i]["energy"].erase("idle_per_cycle");
    if (architecture.levels[i].gated_by.empty()) json["levels"][i].erase("gated_by");
    if (network.fill_latency_cycles == 0) json["levels"][i].erase("network_fill_latency");
    if (network.drain_latency_cycles == 0) json["levels"][i].erase("network_drain_latency");
  }
  return json;
}

Architecture load_architecture(const std::string& path) {
  const Node document = load_file(path);
  Diagnostics diagnostics;
  const Node* inner = document.find("arch");
  auto architecture = read_architecture(inner != nullptr ? *inner : document, diagnostics);
  if (const Node* options = document.find("options"); architecture && inner != nullptr && options != nullptr) {
    const Node* links = options->find("link_transfers");
    if (links != nullptr) read_value(*links, "link_transfers", {}, diagnostics, architecture->link_transfers);
  }
  diagnostics.raise();
  if (architecture->name.empty()) architecture->name = std::filesystem::path(path).stem().string();
  return *architecture;
}

nlohmann::ordered_json architecture_schema() {
  return schema_document(architecture_schema_name, architecture_record().schema());
}

}  // namespace dovetail
