#include <dovetail/accelerators/import/timeloop_machine.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <utility>

#include <dovetail/workloads/import/foreign_yaml.hpp>
#include <dovetail/workloads/limits.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

struct Name {
  std::string text;
  std::int64_t instances = 1;
};

// "PE[0..167]" is 168 of PE, and so is "PE[1..168]".
std::optional<Name> read_name(const std::string& text) {
  const std::size_t bracket = text.find('[');
  if (bracket == std::string::npos) return Name{text, 1};
  const std::size_t dots = text.find("..", bracket);
  if (dots == std::string::npos || text.back() != ']') return std::nullopt;
  std::int64_t first = 0, last = 0;
  const char* begin = text.data();
  const auto a = std::from_chars(begin + bracket + 1, begin + dots, first);
  const auto b = std::from_chars(begin + dots + 2, begin + text.size() - 1, last);
  const bool whole =
      a.ec == std::errc() && a.ptr == begin + dots && b.ec == std::errc() && b.ptr == begin + text.size() - 1;
  if (!whole || first < 0 || last < first || last - first >= most_extent) return std::nullopt;
  return Name{text.substr(0, bracket), last - first + 1};
}

// A part of the hierarchy before it is known to be storage or the compute array.
struct Part {
  std::string name, kind;  ///< kind: its class
  Node attributes, constraints;
  std::int64_t instances = 1, mesh_x = 0, mesh_y = 0;  ///< totals; mesh 0: not said
  bool container = false;
  int parallel = -1;
  Location where;
  bool fans_out = true;  ///< of a container
};

// One of several keys, whose spellings differ between versions.
const Node* any_of(const Node& node, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (const Node* value = node.find(key); value != nullptr && !value->is_null()) return value;
  }
  return nullptr;
}

class MachineReader {
 public:
  MachineReader(std::vector<Remark>& remarks, Diagnostics& diagnostics)
      : remarks_(remarks),
        diagnostics_(diagnostics) {}

  std::optional<TimeloopMachine> read(const Node& node) {
    if (!require_mapping(node, "architecture", diagnostics_)) return std::nullopt;
    if (const Node* nodes = node.find("nodes")) {
      read_nodes(*nodes, 1, 1, -1);
    } else if (const Node* subtree = node.find("subtree")) {
      read_tree(*subtree, 1);
    } else {
      diagnostics_.error(node.location(), "the architecture has neither subtree (v0.3) nor nodes (v0.4)");
    }
    if (diagnostics_.failed()) return std::nullopt;
    build();
    if (diagnostics_.failed()) return std::nullopt;
    return std::move(machine_);
  }

 private:
  void refuse(const Location& where, const std::string& name, std::string_view why) {
    diagnostics_.error(where, fmt::format("{}: {}", quote(name), why));
  }

  std::optional<Name> name_of(const Node& node) {
    const Node* text = node.find("name");
    if (text == nullptr || !text->is_scalar()) {
      diagnostics_.error(node.location(), "a part of the architecture needs a name");
      return std::nullopt;
    }
    auto name = read_name(text->text());
    if (!name)
      diagnostics_.error(text->location(),
                         fmt::format("a name is like PE or PE[0..15], found {}", quote(text->text())));
    return name;
  }

  std::int64_t product(std::int64_t a, std::int64_t b, const Location& where) {
    if (a <= most_extent / b) return a * b;
    diagnostics_.error(where, "more than 2147483647 instances");
    return a;
  }

  // v0.3: a list of one branch with its parts (`local`) and the branch below.
  void read_tree(const Node& subtree, std::int64_t above) {
    if (!require_sequence(subtree, "subtree", diagnostics_)) return;
    if (subtree.items().size() > 1) {
      const Node& second = subtree.items()[1];
      diagnostics_.error(second.location(),
                         "a second branch beside the first; only one path from memory to compute is read");
      return;
    }
    for (const Node& branch : subtree.items()) {
      const auto name = name_of(branch);
      if (!name) return;
      const std::int64_t copies = product(above, name->instances, branch.location());
      if (const Node* local = branch.find("local");
          local != nullptr && require_sequence(*local, "local", diagnostics_)) {
        for (const Node& one : local->items()) component(one, copies, 0, 0, -1);
      }
      if (const Node* below = branch.find("subtree")) read_tree(*below, copies);
    }
  }

  std::int64_t mesh(const Node& node, const char* key) {
    const Node* spatial = node.find("spatial");
    const Node* value = spatial != nullptr ? spatial->find(key) : nullptr;
    if (value == nullptr) return 1;
    const auto count = value->as_integer();
    if (count && *count >= 1 && *count <= most_extent) return *count;
    diagnostics_.error(value->location(),
                       fmt::format("{} must be a whole number of 1 or more, found {}", key, value->describe()));
    return 1;
  }

  // v0.4: parts one inside the other. The meshes of containers multiply for all that follows.
  void read_nodes(const Node& nodes, std::int64_t x, std::int64_t y, int parallel) {
    if (!require_sequence(nodes, "nodes", diagnostics_)) return;
    for (const Node& node : nodes.items()) {
      const Node* tag = node.find(tag_key);
      const std::string kind = tag != nullptr ? tag->text() : node.find("class") != nullptr ? "Component" : "";
      if (kind == "Container") {
        container(node, "", x, y);
        x = product(x, mesh(node, "meshX"), node.location());
        y = product(y, mesh(node, "meshY"), node.location());
        if (const Node* inner = node.find("nodes")) read_nodes(*inner, x, y, parallel);
      } else if (kind == "Component") {
        if (node.find("spatial") != nullptr) {
          container(node, "inter_", x, y);
          x = product(x, mesh(node, "meshX"), node.location());
          y = product(y, mesh(node, "meshY"), node.location());
        }
        component(node, product(x, y, node.location()), x, y, parallel);
      } else if (kind == "Parallel") {
        if (const Node* inner = node.find("nodes")) read_nodes(*inner, x, y, parallels_++);
      } else if (kind == "Hierarchical") {
        if (const Node* inner = node.find("nodes")) read_nodes(*inner, x, y, parallel);
      } else if (kind == "Nothing") {
        add_remark(remarks_, "nothing", "part", "!Nothing stands for no storage; passed over", node.location());
      } else {
        diagnostics_.error(node.location(),
                           fmt::format("!{} is not read; read are Container, Component, Parallel, Hierarchical",
                                       kind.empty() ? "?" : kind));
      }
    }
  }

  // What a part itself says of temporal loops and tensors, or of the spatial loops above it.
  static Node constraints_of(const Node& node, bool spatial) {
    const Node* all = node.find("constraints");
    if (all == nullptr) return {};
    std::vector<Node::Entry> kept;
    for (const Node::Entry& entry : all->entries()) {
      if ((entry.key == "spatial") == spatial) kept.push_back(entry);
    }
    return Node::mapping(all->location(), std::move(kept));
  }

  // `x`, `y`: how many stand above its own fan-out. With a prefix it is the fan-out of a component: inter_NAME_spatial.
  void container(const Node& node, const std::string& prefix, std::int64_t x, std::int64_t y) {
    const auto name = name_of(node);
    if (!name) return;
    Part part{prefix.empty() ? name->text : prefix + name->text + "_spatial",
              "container",
              {},
              constraints_of(node, true),
              product(x, y, node.location()),
              x,
              y,
              true,
              -1,
              node.location()};
    part.fans_out = mesh(node, "meshX") * mesh(node, "meshY") > 1;
    parts_.push_back(std::move(part));
  }

  void component(const Node& node, std::int64_t copies, std::int64_t x, std::int64_t y, int parallel) {
    const auto name = name_of(node);
    if (!name) return;
    if (const Node* enabled = node.find("enabled"); enabled != nullptr && enabled->as_boolean() == false) {
      refuse(enabled->location(), name->text, "is not enabled; parts that are switched off are not read");
      return;
    }
    Part part{name->text, "", {},    {},       product(copies, name->instances, node.location()),
              x,          y,  false, parallel, node.location()};
    if (const Node* kind = node.find("class")) part.kind = kind->text();
    if (const Node* attributes = node.find("attributes")) part.attributes = *attributes;
    part.constraints = constraints_of(node, false);
    if (node.find("sparse_optimizations") != nullptr)
      refuse(node.find("sparse_optimizations")->location(), name->text, "sparse optimizations are not read");
    part.container = part.kind == "dummy_storage";
    if (x > 0) part.mesh_x = product(x, name->instances, node.location());
    if (x == 0) {
      part.mesh_x = whole(part, {"meshX", "mesh-X", "mesh_x"}, 0);
      part.mesh_y = whole(part, {"meshY", "mesh-Y", "mesh_y"}, 0);
    }
    parts_.push_back(std::move(part));
  }

  std::optional<double> number(const Part& part, std::initializer_list<const char*> keys) {
    const Node* node = any_of(part.attributes, keys);
    if (node == nullptr) return std::nullopt;
    const auto value = node->as_number();
    if (value && std::isfinite(*value) && *value >= 0.0) return value;
    refuse(node->location(), part.name, fmt::format("{} must be a number, found {}", *keys.begin(), node->describe()));
    return std::nullopt;
  }

  std::int64_t whole(const Part& part, std::initializer_list<const char*> keys, std::int64_t otherwise) {
    const auto value = number(part, keys);
    if (!value) return otherwise;
    if (std::floor(*value) == *value && *value >= 1.0 && *value <= most_extent)
      return static_cast<std::int64_t>(*value);
    refuse(any_of(part.attributes, keys)->location(), part.name,
           fmt::format("{} must be a whole number of 1 or more, found {}", *keys.begin(), *value));
    return otherwise;
  }

  // Instances follow from the mesh, or the mesh from the instances: all along X unless something is said.
  void settle_mesh(Part& part) {
    if (part.mesh_x == 0 && part.mesh_y == 0) part.mesh_x = part.instances;
    if (part.mesh_x == 0) part.mesh_x = std::max<std::int64_t>(1, part.instances / part.mesh_y);
    if (part.mesh_y == 0) part.mesh_y = std::max<std::int64_t>(1, part.instances / part.mesh_x);
    if (product(part.mesh_x, part.mesh_y, part.where) != part.instances)
      refuse(part.where, part.name,
             fmt::format("{} instances but a mesh of {} x {}", part.instances, part.mesh_x, part.mesh_y));
  }

  Level storage(const Part& part) {
    Level level;
    level.name = part.name;
    level.instances = part.instances;
    level.mesh_x = part.mesh_x;
    level.mesh_y = part.mesh_y;
    const Node* technology = part.attributes.find("technology");
    level.is_dram = part.kind == "DRAM" || (technology != nullptr && technology->text() == "DRAM");
    level.word_bits = static_cast<int>(
        std::min<std::int64_t>(whole(part, {"datawidth", "word-bits", "word_bits", "word_width"}, 16), 1024));
    level.cluster_size = whole(part, {"cluster_size", "cluster-size"}, 1);
    const std::int64_t width = whole(part, {"width", "memory_width"}, 0);
    level.block_size = whole(part, {"block-size", "block_size", "n_words"}, 0);
    if (level.block_size == 0 && width > 0)
      level.block_size = std::max<std::int64_t>(1, width / (level.word_bits * level.cluster_size));
    if (level.block_size == 0) level.block_size = 1;
    capacity(part, level);
    level.multiple_buffering = number(part, {"multiple_buffering", "multiple-buffering"}).value_or(1.0);
    level.min_utilization = number(part, {"min_utilization", "min-utilization"}).value_or(0.0);
    const auto bandwidth = [&](std::initializer_list<const char*> keys) {
      const auto value = number(part, keys);
      return value && *value > 0.0 ? value : std::nullopt;
    };
    level.read_bandwidth = bandwidth({"read_bandwidth", "read-bandwidth"});
    level.write_bandwidth = bandwidth({"write_bandwidth", "write-bandwidth"});
    level.shared_bandwidth = bandwidth({"shared_bandwidth", "shared-bandwidth"});
    refuse_unread(part);
    return level;
  }

  static Level empty_level(const Part& part) {
    Level level;
    level.name = part.name;
    level.instances = part.instances;
    level.mesh_x = part.mesh_x;
    level.mesh_y = part.mesh_y;
    return level;
  }

  void capacity(const Part& part, Level& level) {
    if (const std::int64_t entries = whole(part, {"entries"}, 0); entries > 0) {
      level.capacity_words = entries;
    } else if (const std::int64_t depth = whole(part, {"depth", "memory_depth"}, 0); depth > 0) {
      level.capacity_words = product(depth, level.block_size, part.where);
    } else if (const auto kilobytes = number(part, {"sizeKB"})) {
      level.capacity_words = static_cast<std::int64_t>(*kilobytes * 1024.0 * 8.0 / level.word_bits);
    }
    if (level.is_dram) level.capacity_words.reset();
  }

  // What would change the answer and has no counterpart.
  void refuse_unread(const Part& part) {
    for (const char* key : {"has_power_gating", "allow_overbooking"}) {
      const Node* flag = part.attributes.find(key);
      if (flag != nullptr && flag->as_boolean() == true)
        refuse(flag->location(), part.name, fmt::format("{} is not read", key));
    }
    const Node* reduces = part.attributes.find("reduction_supported");
    if (reduces != nullptr && reduces->as_boolean() == false)
      refuse(reduces->location(), part.name, "reduction_supported: false is not read");
  }

  void build() {
    std::size_t last = parts_.size();
    while (last > 0 && parts_[last - 1].container) --last;
    if (last < 2) {
      diagnostics_.error(parts_.empty() ? Location{} : parts_.front().where,
                         "the architecture needs a memory and, innermost, a multiply-accumulate unit");
      return;
    }
    Architecture& machine = machine_.architecture;
    std::vector<Level> outermost_first;
    for (std::size_t i = 0; i < last; ++i) {
      Part& part = parts_[i];
      settle_mesh(part);
      if (part.container) {
        const bool own = part.fans_out && !outermost_first.empty() && part.instances > outermost_first.back().instances;
        if (own) outermost_first.push_back(empty_level(part));
        place(part, static_cast<int>(outermost_first.size()) - 1);
        machine_.places.back().own_level = own;
      } else if (i + 1 == last) {
        machine.compute.name = part.name;
        machine.compute.instances = part.instances;
        machine.compute.mesh_x = part.mesh_x;
        machine.compute.mesh_y = part.mesh_y;
      } else {
        outermost_first.push_back(storage(part));
        place(part, static_cast<int>(outermost_first.size()) - 1);
      }
    }
    if (outermost_first.size() > static_cast<std::size_t>(max_levels))
      diagnostics_.error(parts_.front().where,
                         fmt::format("{} storage levels, allowed are {}", outermost_first.size(), max_levels));
    const int count = static_cast<int>(outermost_first.size());
    for (TimeloopPlace& place : machine_.places) place.level = place.level < 0 ? -1 : count - 1 - place.level;
    machine.levels.assign(outermost_first.rbegin(), outermost_first.rend());
    machine.link_transfers = true;  // Timeloop's default
    if (diagnostics_.failed()) return;
    for (const std::string& wrong : check(machine)) diagnostics_.error(parts_.front().where, wrong);
  }

  void place(const Part& part, int level) {
    machine_.places.push_back({part.name, part.container, false, level, part.parallel, part.constraints, part.where});
  }

  std::vector<Remark>& remarks_;
  Diagnostics& diagnostics_;
  std::vector<Part> parts_;
  TimeloopMachine machine_;
  int parallels_ = 0;
};

// The name of a table, "system.PE.spad[1..168]", without its path and range.
std::string short_name(const std::string& text) {
  const std::string before = text.ends_with(']') ? text.substr(0, text.rfind('[')) : text;
  const std::size_t dot = before.find_last_of('.');
  return dot == std::string::npos ? before : before.substr(dot + 1);
}

const Node* tables_of(const Node& node, const char* what, Diagnostics& diagnostics) {
  if (!require_mapping(node, what, diagnostics)) return nullptr;
  const Node* tables = node.find("tables");
  if (tables == nullptr) {
    diagnostics.error(node.location(), fmt::format("the {} has no tables", what));
    return nullptr;
  }
  return require_sequence(*tables, "tables", diagnostics) ? tables : nullptr;
}

const Node* table_of(const Node& tables, const std::string& name) {
  for (const Node& table : tables.items()) {
    const Node* title = table.find("name");
    if (title != nullptr && short_name(title->text()) == name) return &table;
  }
  return nullptr;
}

std::optional<double> read_number(const Node& node, const char* what, Diagnostics& diagnostics) {
  const auto value = node.as_number();
  if (value && std::isfinite(*value) && *value >= 0.0) return value;
  diagnostics.error(node.location(), fmt::format("{} must be a number of 0 or more, found {}", what, node.describe()));
  return std::nullopt;
}

// The energy of an action; where it is given for several arguments, the largest, as Timeloop takes it.
std::optional<double> action(const Node& table, std::initializer_list<const char*> names, Diagnostics& diagnostics) {
  const Node* actions = table.find("actions");
  if (actions == nullptr || !actions->is_sequence()) return std::nullopt;
  for (const char* name : names) {
    std::optional<double> energy;
    for (const Node& one : actions->items()) {
      const Node *title = one.find("name"), *value = one.find("energy");
      if (title == nullptr || title->text() != name || value == nullptr) continue;
      if (const auto read = read_number(*value, "energy", diagnostics)) energy = std::max(energy.value_or(0.0), *read);
    }
    if (energy) return energy;
  }
  return std::nullopt;
}

}  // namespace

std::optional<TimeloopMachine> read_timeloop_machine(const Node& node, std::vector<Remark>& remarks,
                                                     Diagnostics& diagnostics) {
  return MachineReader(remarks, diagnostics).read(node);
}

bool keeps_nothing(const TimeloopMachine& machine, std::size_t level) {
  return std::any_of(machine.places.begin(), machine.places.end(), [&](const TimeloopPlace& place) {
    return place.own_level && place.level == static_cast<int>(level);
  });
}

void read_energy_table(const Node& ert, TimeloopMachine& machine, Diagnostics& diagnostics) {
  Architecture& architecture = machine.architecture;
  const Node* tables = tables_of(ert, "ERT", diagnostics);
  if (tables == nullptr) return;
  const auto find = [&](const std::string& name) {
    const Node* table = table_of(*tables, name);
    if (table == nullptr)
      diagnostics.error(tables->location(), fmt::format("the ERT has no energies of {}", quote(name)));
    return table;
  };
  for (std::size_t l = 0; l < architecture.levels.size(); ++l) {
    Level& level = architecture.levels[l];
    const Node* table = keeps_nothing(machine, l) ? nullptr : find(level.name);
    if (table == nullptr) continue;
    const auto read = action(*table, {"read"}, diagnostics), write = action(*table, {"write"}, diagnostics);
    if (!read)
      diagnostics.error(table->location(), fmt::format("no energy of the action 'read' of {}", quote(level.name)));
    level.energy.read_pj = read.value_or(0.0);
    level.energy.fill_pj = write.value_or(level.energy.read_pj);
    level.energy.update_pj = action(*table, {"update"}, diagnostics).value_or(level.energy.fill_pj);
    level.energy.leak_pj_per_cycle = action(*table, {"leak"}, diagnostics).value_or(0.0);
  }
  const Node* table = find(architecture.compute.name);
  if (table == nullptr) return;
  const auto compute = action(*table, {"compute", "mac_random", "mac"}, diagnostics);
  if (!compute)
    diagnostics.error(table->location(),
                      fmt::format("no energy of the action 'compute' of {}", quote(architecture.compute.name)));
  architecture.compute.energy_per_op_pj = compute.value_or(0.0);
}

void read_area_table(const Node& art, Architecture& architecture, Diagnostics& diagnostics) {
  const Node* tables = tables_of(art, "ART", diagnostics);
  if (tables == nullptr) return;
  const auto area = [&](const std::string& name) {
    const Node* table = table_of(*tables, name);
    const Node* value = table != nullptr ? table->find("area") : nullptr;
    return value != nullptr ? read_number(*value, "area", diagnostics).value_or(0.0) : 0.0;
  };
  for (Level& level : architecture.levels) level.area_per_instance_um2 = area(level.name);
  architecture.compute.area_per_instance_um2 = area(architecture.compute.name);
}

}  // namespace dovetail
