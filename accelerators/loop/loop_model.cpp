#include <dovetail/accelerators/loop/loop_model.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/accelerators/loop/ragged.hpp>
#include <dovetail/accelerators/loop/traffic.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>

namespace dovetail {
namespace {

std::int64_t round_count(double words) {
  return words > 0.0 ? std::llround(words) : 0;
}

std::int64_t physical_words(const Level& level, const Tensor& tensor, std::int64_t words, CheckedArithmetic& exact) {
  if (tensor.word_bits == 0 || tensor.word_bits == level.word_bits) return words;
  return exact.plus(exact.times(words, tensor.word_bits), level.word_bits - 1) / level.word_bits;
}

// One evaluation: fills `result` from the layer, the machine and the mapping, station by station.
class Evaluating {
 public:
  Evaluating(const Layer& layer, const Architecture& architecture, const PackedMapping& mapping, LoopOptions options)
      : layer_(layer),
        machine_(architecture),
        mapping_(mapping),
        options_(options),
        homes_(homes_of(mapping)),
        shape_(layer),
        tiling_(shape_, mapping, exact_) {}

  Evaluation run() {
    check_legality();
    if (!result_.violations.empty()) return std::move(result_);
    result_.macs = macs(layer_);
    result_.compute_cycles = tiling_.steps;
    result_.area_um2 = area_um2(machine_);
    result_.levels.resize(levels());
    result_.networks.resize(levels());
    for (std::size_t i = 0; i < levels(); ++i) {
      result_.levels[i].tensors.resize(tensors());
      result_.networks[i].tensors.resize(tensors());
      result_.networks[i].name = fmt::format("{} <==> {}", machine_.levels[i].name,
                                             i == 0 ? machine_.compute.name : machine_.levels[i - 1].name);
    }
    for (std::size_t t = 0; t < tensors(); ++t) ragged_ ? count_ragged(t) : count(t);
    if (exact_.overflow) return overflowed();
    cycles();
    energy();
    add_network_latencies();
    return std::move(result_);
  }

 private:
  std::size_t levels() const { return machine_.levels.size(); }
  std::size_t tensors() const { return layer_.tensors.size(); }
  bool keeps(std::size_t level, std::size_t tensor) const { return (mapping_.levels[level].keep >> tensor & 1U) != 0; }
  bool outermost(std::size_t level) const { return level + 1 == levels(); }
  bool lives(std::size_t level, std::size_t tensor) const { return homes_[tensor] == static_cast<int>(level); }
  bool beyond_home(std::size_t level, std::size_t tensor) const {
    return homes_[tensor] && static_cast<int>(level) > *homes_[tensor];
  }

  void violate(const char* constraint, const std::string& level, const std::string& tensor, double needed,
               double available) {
    result_.violations.push_back({constraint, level, tensor, needed, available});
  }

  Evaluation overflowed() {
    Evaluation failed;
    failed.violations.push_back({"overflow", "", "", std::numeric_limits<double>::infinity(), 0x1p63});
    return failed;
  }

  void check_legality() {
    if (exact_.overflow) {
      result_ = overflowed();
      return;
    }
    for (std::size_t d = 0; d < layer_.dimensions.size(); ++d) {
      const std::int64_t product = tiling_.tile[levels() - 1][d];
      if (product == shape_.extent[d]) continue;
      ragged_ = true;
      if (options_.imperfect_factors && covers(shape_, mapping_, static_cast<int>(d))) continue;
      violate("factors", "", layer_.dimensions[d].name, static_cast<double>(product),
              static_cast<double>(shape_.extent[d]));
    }
    if (options_.imperfect_factors && machine_.link_transfers && ragged_) {
      violate("link_transfers", "", "", 1.0, 0.0);  // not defined for imperfect factors
    }
    for (std::size_t i = 0; i < levels(); ++i) {
      for (std::size_t t = 0; t < tensors(); ++t) hold(i, t);
    }
    for (std::size_t t = 0; t < tensors(); ++t) {
      if (homes_[t]) {
        check_home(static_cast<std::size_t>(*homes_[t]), t);
      } else if (!keeps(levels() - 1, t))
        violate("keep", machine_.levels.back().name, layer_.tensors[t].name, 1.0, 0.0);
    }
    check_meshes();
    for (std::size_t i = 0; i < levels(); ++i) check_capacity(i);
    if (exact_.overflow) result_ = overflowed();
  }

  // One memory, and no level outside that keeps the tensor.
  void check_home(std::size_t home, std::size_t t) {
    const Level& level = machine_.levels[home];
    const std::string& name = layer_.tensors[t].name;
    if (!keeps(home, t)) violate("home", level.name, name, 1.0, 0.0);
    if (level.instances > 1) violate("home_instances", level.name, name, static_cast<double>(level.instances), 1.0);
    for (std::size_t i = home + 1; i < levels(); ++i) {
      if (keeps(i, t)) violate("home", machine_.levels[i].name, name, 0.0, 1.0);
    }
  }

  // Words of a tensor that a level holds: its tile, or all of it where it lives.
  std::int64_t held_words(std::size_t i, std::size_t t) {
    if (lives(i, t)) return elements(layer_, layer_.tensors[t]);
    return volume(shape_.tensor[t], held_[i][t], exact_);
  }

  // The tensor's own tile at a level, at most the whole layer.
  void hold(std::size_t i, std::size_t t) {
    const std::uint8_t depth = mapping_.levels[i].depth[t];
    if (depth > 0 && (outermost(i) || !keeps(i, t))) {
      violate("depth", machine_.levels[i].name, layer_.tensors[t].name, depth, 0.0);
    }
    held_[i][t] = tiling_.held(mapping_, static_cast<int>(i), shape_.tensor[t]);
    for (std::size_t d = 0; d < layer_.dimensions.size(); ++d) {
      held_[i][t][d] = std::min(held_[i][t][d], shape_.extent[d]);
    }
  }

  // Instances in use at a level: the product of the spatial factors of all levels above. Each instance spreads its
  // loops over its own children only.
  void check_meshes() {
    std::int64_t x = 1, y = 1;
    for (std::size_t i = levels(); i-- > 0;) {
      x = exact_.times(x, tiling_.x[i]);
      y = exact_.times(y, tiling_.y[i]);
      const bool compute = i == 0;
      const std::string& name = compute ? machine_.compute.name : machine_.levels[i - 1].name;
      const std::int64_t mesh_x = compute ? machine_.compute.mesh_x : machine_.levels[i - 1].mesh_x;
      const std::int64_t mesh_y = compute ? machine_.compute.mesh_y : machine_.levels[i - 1].mesh_y;
      const std::int64_t instances = compute ? machine_.compute.instances : machine_.levels[i - 1].instances;
      check_mesh("mesh_x", name, {x, mesh_x}, {tiling_.x[i], fanout_x(machine_, static_cast<int>(i))});
      check_mesh("mesh_y", name, {y, mesh_y}, {tiling_.y[i], fanout_y(machine_, static_cast<int>(i))});
      const std::int64_t used = exact_.times(x, y);
      if (used > instances) {
        violate("instances", name, "", static_cast<double>(used), static_cast<double>(instances));
      }
      if (!compute) instances_[i - 1] = used;
    }
    instances_[levels() - 1] = 1;
  }

  struct Use {
    std::int64_t needed, available;
  };
  void check_mesh(const char* constraint, const std::string& name, Use all, Use own) {
    const Use worst = all.needed > all.available ? all : own;
    if (worst.needed > worst.available) {
      violate(constraint, name, "", static_cast<double>(worst.needed), static_cast<double>(worst.available));
    }
  }

  void check_capacity(std::size_t i) {
    const Level& level = machine_.levels[i];
    const std::optional<std::int64_t> usable = usable_capacity(level);
    std::int64_t used = 0, largest = -1;
    std::size_t culprit = 0;
    for (std::size_t t = 0; t < tensors(); ++t) {
      if (!keeps(i, t)) continue;
      const std::int64_t words = physical_words(level, layer_.tensors[t], held_words(i, t), exact_);
      used = exact_.plus(used, words);
      if (words > largest) {
        largest = words;
        culprit = t;
      }
    }
    if (!usable) return;
    const auto needed = static_cast<double>(used), available = static_cast<double>(*usable);
    if (used > *usable) {
      violate("capacity", level.name, layer_.tensors[culprit].name, needed, available);
    } else if (needed < available * level.min_utilization) {
      violate("min_utilization", level.name, "", needed, available * level.min_utilization);
    }
  }

  ChildMesh mesh_under(std::size_t i) const {
    return {fanout_x(machine_, static_cast<int>(i)), fanout_y(machine_, static_cast<int>(i))};
  }

  // Distinct words that one instance of each level ever sees, from the outermost level inwards.
  std::vector<std::int64_t> partitions(std::size_t t) {
    std::vector<std::int64_t> part(levels());
    part[levels() - 1] = volume(shape_.tensor[t], held_[levels() - 1][t], exact_);
    for (std::size_t i = levels() - 1; i-- > 0;) {
      Extents children = tiling_.held(mapping_, static_cast<int>(i), shape_.tensor[t]);
      for (std::size_t d = 0; d < layer_.dimensions.size(); ++d) {
        children[d] = std::min(exact_.times(children[d], tiling_.spatial[i + 1][d]), shape_.extent[d]);
      }
      const std::int64_t size = volume(shape_.tensor[t], held_[i][t], exact_);
      const std::int64_t all = volume(shape_.tensor[t], children, exact_);
      __extension__ using Wide = __int128;
      part[i] = static_cast<std::int64_t>(static_cast<Wide>(part[i + 1]) * size / all);
    }
    return part;
  }

  void count(std::size_t t) {
    const ShapeTensor& tensor = shape_.tensor[t];
    const std::vector<std::int64_t> part = partitions(t);
    std::vector<BoundaryTraffic> traffic;
    for (std::size_t i = 0; i < levels(); ++i) {
      traffic.push_back(boundary_traffic(shape_, tensor, mapping_, tiling_, static_cast<int>(i), mesh_under(i),
                                         machine_.link_transfers, exact_));
    }
    // The parent's share of fills and the neighbours' share, both before bypass.
    std::vector<double> share(levels(), 0.0), peer(levels(), 0.0);
    for (std::size_t i = 0; i + 1 < levels(); ++i) {
      double delivered = 0.0;
      for (const GroupTraffic& group : traffic[i + 1].groups) {
        delivered += group.words * static_cast<double>(group.multicast);
      }
      share[i] = delivered / static_cast<double>(tiling_.x[i + 1] * tiling_.y[i + 1]);
      if (keeps(i, t)) peer[i] = traffic[i + 1].link_words / static_cast<double>(instances_[i]);
    }
    // Bypass, from the inside out: a level that keeps nothing asks its parent for what is asked of itself.
    std::vector<double> accesses(levels(), 0.0);
    for (std::size_t i = 0; i < levels(); ++i) {
      if (i > 0 && !keeps(i - 1, t)) {
        bypass(traffic[i], accesses[i - 1], static_cast<double>(tiling_.x[i] * tiling_.y[i]));
      }
      for (const GroupTraffic& group : traffic[i].groups) accesses[i] += group.words;
    }
    for (std::size_t i = 0; i < levels(); ++i) {
      if (lives(i, t)) share[i] = peer[i] = 0.0;
      fill_counts(i, t, part[i], accesses[i], outermost(i) ? 0.0 : share[i], peer[i]);
      if (!beyond_home(i, t)) fill_network(i, t, part[i], traffic[i]);
    }
  }

  // The same with imperfect factors: sums over all instances, reported as means, rounded up (see ragged.hpp).
  void count_ragged(std::size_t t) {
    const ShapeTensor& tensor = shape_.tensor[t];
    const std::vector<std::int64_t> part = partitions(t);
    std::vector<double> delivered(levels() + 1, 0.0), accesses(levels(), 0.0);
    std::vector<BoundaryTraffic> traffic(levels());
    for (std::size_t i = 0; i < levels(); ++i) {
      const RaggedWords words = ragged_words(shape_, tensor, mapping_, tiling_, static_cast<int>(i), exact_);
      const std::vector<GroupCensus> census =
          groups_of_children(shape_, tensor, mapping_, tiling_, static_cast<int>(i), mesh_under(i));
      double groups = 0.0, relevant = 1.0;
      for (const GroupCensus& group : census) groups += static_cast<double>(group.groups);
      for (std::size_t d = 0; d < layer_.dimensions.size(); ++d) {
        if ((tensor.relevant >> d & 1U) != 0) relevant *= static_cast<double>(tiling_.spatial[i][d]);
      }
      delivered[i] = static_cast<double>(words.delivered);
      const double injected = std::ceil(static_cast<double>(words.injected) * groups / relevant);
      accesses[i] = i > 0 && !keeps(i - 1, t) ? accesses[i - 1] * injected / delivered[i] : injected;
      const auto instances = static_cast<double>(instances_[i]);
      for (const GroupCensus& group : census) {
        const double share = static_cast<double>(group.groups) / groups;
        traffic[i].groups.push_back({group.multicast, group.groups, accesses[i] / instances * share,
                                     injected / instances * group.hops / groups});
      }
    }
    for (std::size_t i = 0; i < levels(); ++i) {
      const auto instances = static_cast<double>(instances_[i]);
      fill_counts(i, t, part[i], std::ceil(accesses[i] / instances),
                  lives(i, t) ? 0.0 : std::ceil(delivered[i + 1] / instances), 0.0);
      if (!beyond_home(i, t)) fill_network(i, t, part[i], traffic[i]);
    }
  }

  // Rescales what a level hands down so that each child gets `accesses` words; hops are not rescaled.
  static void bypass(BoundaryTraffic& traffic, double accesses, double children) {
    if (traffic.link_words == 0.0) {
      for (GroupTraffic& group : traffic.groups) group.words = accesses * static_cast<double>(group.scatter);
      return;
    }
    double delivered = 0.0;
    for (const GroupTraffic& group : traffic.groups) delivered += group.words * static_cast<double>(group.multicast);
    for (GroupTraffic& group : traffic.groups) group.words *= accesses * children / delivered;
    traffic.link_words = 0.0;
  }

  void fill_counts(std::size_t i, std::size_t t, std::int64_t part, double accesses, double share, double peer) {
    TensorCounts& counts = result_.levels[i].tensors[t];
    counts.utilized_instances = instances_[i];
    if (!keeps(i, t)) return;
    const auto partition = static_cast<double>(part);
    counts.utilized_capacity = physical_words(machine_.levels[i], layer_.tensors[t], held_words(i, t), exact_);
    counts.partition_size = part;
    if (!layer_.tensors[t].written) {
      counts.reads = round_count(accesses + peer);
      counts.fills = static_cast<std::int64_t>(share + peer);
      return;
    }
    // The first write of every word finds nothing to add to: no read, no fill.
    counts.updates = round_count(accesses);
    counts.reads = round_count(accesses + peer - partition);
    counts.fills = outermost(i) ? round_count(share + peer) : round_count(share + peer - partition);
    counts.temporal_reductions = counts.reads;
  }

  void fill_network(std::size_t i, std::size_t t, std::int64_t part, const BoundaryTraffic& traffic) {
    const Level& level = machine_.levels[i];
    NetworkTensor& network = result_.networks[i].tensors[t];
    network.fanout = tiling_.x[i] * tiling_.y[i];
    network.link_transfers = traffic.link_words;
    NetworkSums sums(layer_.tensors[t].written, level.is_dram, static_cast<double>(part));
    for (const GroupTraffic& group : traffic.groups) {
      const double words = sums.add(static_cast<double>(group.multicast), group.words, group.hop_words);
      network.groups.push_back({group.multicast, group.scatter, words});
    }
    network.spatial_reductions = sums.spatial_reductions();
    network.average_hops = sums.average_hops();
    network.energy_pj = sums.transfer_energy_pj(level.network);
    result_.networks[i].energy_pj +=
        sums.energy_pj(level.network, traffic.link_words, machine_.compute.adder_energy_pj) *
        static_cast<double>(instances_[i]);
  }

  void cycles() {
    const auto compute = static_cast<double>(result_.compute_cycles);
    double longest = compute;
    for (std::size_t i = 0; i < levels(); ++i) {
      double read_rate = 0.0, write_rate = 0.0;
      for (std::size_t t = 0; t < tensors(); ++t) {
        const TensorCounts& counts = result_.levels[i].tensors[t];
        const AccessCost cost(machine_.levels[i], layer_, t);
        read_rate += static_cast<double>(counts.reads) * cost.rate / compute;
        write_rate += static_cast<double>(counts.fills + counts.updates) * cost.rate / compute;
      }
      const double own = level_cycles(compute, read_rate, write_rate, Bandwidth(machine_.levels[i]));
      longest = std::max(longest, own);
      result_.levels[i].cycles = whole_cycles(own);
    }
    result_.cycles = whole_cycles(longest);
    result_.utilization = static_cast<double>(result_.macs) / static_cast<double>(machine_.compute.instances) /
                          static_cast<double>(result_.cycles);
  }

  // MODEL.md, 4: latencies of networks come on top, after leakage was charged.
  void add_network_latencies() {
    if (!result_.valid()) return;
    for (const Level& level : machine_.levels) {
      for (const std::int64_t latency : {level.network.fill_latency_cycles, level.network.drain_latency_cycles}) {
        if (__builtin_add_overflow(result_.cycles, latency, &result_.cycles)) {
          result_ = overflowed();
          return;
        }
      }
    }
    result_.utilization = static_cast<double>(result_.macs) / static_cast<double>(machine_.compute.instances) /
                          static_cast<double>(result_.cycles);
  }

  std::int64_t whole_cycles(double value) {
    if (value < 0x1p63) return static_cast<std::int64_t>(value);
    exact_.overflow = true;
    return std::numeric_limits<std::int64_t>::max();
  }

  void energy() {
    if (exact_.overflow) {
      result_ = overflowed();
      return;
    }
    result_.compute_energy_pj = static_cast<double>(result_.macs) * compute_energy_per_op_pj(layer_, machine_.compute);
    const auto cycles = static_cast<double>(result_.cycles);
    result_.compute_energy_pj += idle_pj_per_cycle(machine_.compute) * cycles;
    result_.energy_pj = result_.compute_energy_pj;
    for (std::size_t i = 0; i < levels(); ++i) {
      const Level& level = machine_.levels[i];
      LevelEvaluation& to = result_.levels[i];
      const auto instances = static_cast<double>(instances_[i]);
      for (std::size_t t = 0; t < tensors(); ++t) {
        TensorCounts& counts = to.tensors[t];
        const AccessCost cost(level, layer_, t);
        const double own = cost.energy_pj(static_cast<double>(counts.reads), static_cast<double>(counts.fills),
                                          static_cast<double>(counts.updates));
        counts.energy_pj =
            over_instances(own, instances, cluster_count(level)) +
            static_cast<double>(counts.temporal_reductions) * instances * machine_.compute.adder_energy_pj;
        to.energy_pj += counts.energy_pj;
      }
      to.leakage_energy_pj = level.energy.leak_pj_per_cycle * cycles * instances + idle_pj_per_cycle(level) * cycles;
      to.energy_pj += to.leakage_energy_pj;
      result_.energy_pj += to.energy_pj;
    }
    for (const NetworkEvaluation& network : result_.networks) result_.energy_pj += network.energy_pj;
  }

  const Layer& layer_;
  const Architecture& machine_;
  const PackedMapping& mapping_;
  LoopOptions options_;
  Homes homes_;
  CheckedArithmetic exact_;
  LoopShape shape_;
  Tiling tiling_;
  std::array<std::array<Extents, max_tensors>, max_levels> held_{};  // own tile of every tensor at every level
  bool ragged_ = false;                                              // some factors do not divide
  std::array<std::int64_t, max_levels> instances_{};
  Evaluation result_;
};

bool well_formed(const Layer& layer, const std::vector<Loop>& loops) {
  unsigned seen = 0;
  for (const Loop& loop : loops) {
    if (loop.dimension < 0 || loop.dimension >= static_cast<int>(layer.dimensions.size())) return false;
    if (loop.factor < 1 || loop.factor > std::numeric_limits<std::int32_t>::max()) return false;
    const unsigned bit = 1U << static_cast<unsigned>(loop.dimension);
    if ((seen & bit) != 0) return false;
    seen |= bit;
  }
  return true;
}

}  // namespace

Evaluation LoopModel::evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const {
  Evaluation failed;
  if (mapping.levels.size() != architecture.levels.size()) {
    failed.violations.push_back({"levels", "", "", static_cast<double>(mapping.levels.size()),
                                 static_cast<double>(architecture.levels.size())});
    return failed;
  }
  for (std::size_t i = 0; i < mapping.levels.size(); ++i) {
    const MappingLevel& level = mapping.levels[i];
    if (!well_formed(layer, level.temporal) || !well_formed(layer, level.spatial_x) ||
        !well_formed(layer, level.spatial_y)) {
      failed.violations.push_back({"loops", architecture.levels[i].name, "", 0.0, 0.0});
    }
    for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
      if (level.depth[t] > level.temporal.size()) {
        failed.violations.push_back({"depth", architecture.levels[i].name, layer.tensors[t].name,
                                     static_cast<double>(level.depth[t]), static_cast<double>(level.temporal.size())});
      }
    }
  }
  if (!failed.violations.empty()) return failed;
  return evaluate(layer, architecture, pack(layer, mapping));
}

Evaluation LoopModel::evaluate(const Layer& layer, const Architecture& architecture,
                               const PackedMapping& mapping) const {
  return Evaluating(layer, architecture, mapping, options_).run();
}

}  // namespace dovetail
