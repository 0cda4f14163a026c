// The loop model written for reading: the truncated nest is walked step by step and new words are counted one by one.
//
// Independent of accelerators/loop/traffic.cpp and plan.cpp on purpose: no closed forms, no shared helpers. Usable for
// layers of a few thousand steps. Sections follow the published description of the model (Timeloop 4cf6d4c):
// tiles and capacity, partition, walk with groups and link transfers, bypass, counts, energy, latency.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <dovetail/accelerators/evaluation.hpp>
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/limits.hpp>

namespace dovetail::testing {

/// A point on the data axes of a tensor; axes that the tensor does not have stay 0.
using Coordinates = std::array<long, max_axes>;

inline Coordinates operator+(const Coordinates& a, const Coordinates& b) {
  Coordinates sum = a;
  for (std::size_t i = 0; i < a.size(); ++i) sum[i] += b[i];
  return sum;
}

inline Coordinates operator-(const Coordinates& a, const Coordinates& b) {
  Coordinates difference = a;
  for (std::size_t i = 0; i < a.size(); ++i) difference[i] -= b[i];
  return difference;
}

class SlowLoopModel {
 public:
  SlowLoopModel(const Layer& layer, const Architecture& machine, const Mapping& mapping)
      : layer_(layer),
        machine_(machine),
        mapping_(mapping) {}

  Evaluation evaluate() {
    for (int i = 0; i < levels(); ++i) tiles_.push_back(tile(i));
    if (!legal()) {
      result_.violations.push_back({"illegal", "", "", 0.0, 0.0});
      return result_;
    }
    result_.levels.resize(machine_.levels.size());
    result_.networks.resize(machine_.levels.size());
    result_.macs = macs(layer_);
    result_.compute_cycles = 1;
    for (const MappingLevel& level : mapping_.levels) {
      for (const Loop& loop : level.temporal) result_.compute_cycles *= loop.factor;
    }
    for (int i = 0; i < levels(); ++i) {
      result_.levels[i].tensors.resize(layer_.tensors.size());
      result_.networks[i].tensors.resize(layer_.tensors.size());
    }
    for (int t = 0; t < static_cast<int>(layer_.tensors.size()); ++t) count(t);
    latency();
    energy();
    return result_;
  }

 private:
  using Box = std::vector<long>;  // extent of each dimension
  struct Group {
    long multicast, scatter;
    bool operator<(const Group& other) const {
      return std::pair(multicast, scatter) < std::pair(other.multicast, other.scatter);
    }
  };
  struct Amount {
    double words = 0.0, hops = 0.0;
  };
  struct Walk {
    std::map<Group, Amount> groups;
    double link_words = 0.0;
  };

  int levels() const { return static_cast<int>(machine_.levels.size()); }
  bool keeps(int level, int tensor) const { return (mapping_.levels[level].keep >> tensor & 1U) != 0; }

  static long product(const std::vector<Loop>& loops) {
    long result = 1;
    for (const Loop& loop : loops) result *= loop.factor;
    return result;
  }

  // --- Tiles, capacity, instances.
  Box tile(int level) const {
    Box box(layer_.dimensions.size(), 1);
    for (int i = 0; i <= level; ++i) {
      for (const auto* loops :
           {&mapping_.levels[i].spatial_x, &mapping_.levels[i].spatial_y, &mapping_.levels[i].temporal}) {
        for (const Loop& loop : *loops) box[loop.dimension] *= loop.factor;
      }
    }
    return box;
  }

  // Loops of a level outside a tensor's tile; of what the level does not keep, those outside all that it keeps.
  int outside(int tensor, const MappingLevel& at) const {
    if ((at.keep >> tensor & 1U) != 0) return at.depth[tensor];
    int least = at.keep == 0 ? 0 : static_cast<int>(at.temporal.size());
    for (int t = 0; t < static_cast<int>(layer_.tensors.size()); ++t) {
      if ((at.keep >> t & 1U) != 0) least = std::min(least, static_cast<int>(at.depth[t]));
    }
    return least;
  }

  // The tile of one tensor: the loops inside its depth at the level.
  Box own_tile(int tensor, int level) const {
    Box box = tiles_[level];
    const MappingLevel& at = mapping_.levels[level];
    for (int loop = 0; loop < outside(tensor, at); ++loop) {
      box[at.temporal[loop].dimension] /= at.temporal[loop].factor;
    }
    return box;
  }

  // What a child of the level holds of one tensor.
  Box of_child(int tensor, int level) const {
    return level == 0 ? Box(layer_.dimensions.size(), 1) : own_tile(tensor, level - 1);
  }

  std::vector<long> lengths(int tensor, const Box& box) const {
    std::vector<long> result;
    for (const Axis& axis : layer_.tensors[tensor].axes) {
      long length = 1;
      for (const AxisTerm& term : axis) length += term.coefficient * (box[term.dimension] - 1);
      result.push_back(length);
    }
    return result;
  }

  long size(int tensor, const Box& box) const {
    long result = 1;
    for (const long length : lengths(tensor, box)) result *= length;
    return result;
  }

  long instances(int level) const {
    long result = 1;
    for (int i = level + 1; i < levels(); ++i) {
      result *= product(mapping_.levels[i].spatial_x) * product(mapping_.levels[i].spatial_y);
    }
    return result;
  }

  long stored(int level, int tensor) const {
    const long words = size(tensor, own_tile(tensor, level));
    const int bits = layer_.tensors[tensor].word_bits;
    if (bits == 0) return words;
    return (words * bits + machine_.levels[level].word_bits - 1) / machine_.levels[level].word_bits;
  }

  bool legal() const {
    for (std::size_t d = 0; d < layer_.dimensions.size(); ++d) {
      if (tiles_.back()[d] != layer_.dimensions[d].extent) return false;
    }
    for (int t = 0; t < static_cast<int>(layer_.tensors.size()); ++t) {
      if (!keeps(levels() - 1, t)) return false;
      for (int i = 0; i < levels(); ++i) {
        if (mapping_.levels[i].depth[t] > 0 && (i + 1 == levels() || !keeps(i, t))) return false;
      }
    }
    for (int i = -1; i < levels() - 1; ++i) {
      long x = 1, y = 1;
      for (int above = i + 1; above < levels(); ++above) {
        x *= product(mapping_.levels[above].spatial_x);
        y *= product(mapping_.levels[above].spatial_y);
      }
      const long mesh_x = i < 0 ? machine_.compute.mesh_x : machine_.levels[i].mesh_x;
      const long mesh_y = i < 0 ? machine_.compute.mesh_y : machine_.levels[i].mesh_y;
      const long all = i < 0 ? machine_.compute.instances : machine_.levels[i].instances;
      if (x > mesh_x || y > mesh_y || x * y > all) return false;
      const MappingLevel& own = mapping_.levels[i + 1];
      const Level& parent = machine_.levels[i + 1];
      if (product(own.spatial_x) * parent.mesh_x > mesh_x || product(own.spatial_y) * parent.mesh_y > mesh_y)
        return false;
    }
    for (int i = 0; i < levels(); ++i) {
      const Level& level = machine_.levels[i];
      if (!level.capacity_words) continue;
      long used = 0;
      for (int t = 0; t < static_cast<int>(layer_.tensors.size()); ++t) used += keeps(i, t) ? stored(i, t) : 0;
      const double usable = std::floor(static_cast<double>(*level.capacity_words) / level.multiple_buffering);
      if (static_cast<double>(used) > usable) return false;
      if (static_cast<double>(used) < usable * level.min_utilization) return false;
    }
    return true;
  }

  std::vector<long> partitions(int tensor) const {
    std::vector<long> part(machine_.levels.size());
    part.back() = size(tensor, tiles_.back());
    for (int i = levels() - 2; i >= 0; --i) {
      Box children = own_tile(tensor, i);
      for (const auto* loops : {&mapping_.levels[i + 1].spatial_x, &mapping_.levels[i + 1].spatial_y}) {
        for (const Loop& loop : *loops) children[loop.dimension] *= loop.factor;
      }
      part[i] = part[i + 1] * size(tensor, own_tile(tensor, i)) / size(tensor, children);
    }
    return part;
  }

  // --- The walk over the boundary between `level` and its children.
  Coordinates project(int tensor, const std::vector<long>& index) const {
    Coordinates result{};
    std::size_t a = 0;
    for (const Axis& axis : layer_.tensors[tensor].axes) {
      for (const AxisTerm& term : axis) result[a] += term.coefficient * index[term.dimension];
      ++a;
    }
    return result;
  }

  // Data offset of every child, by linear id: X loops fastest, then Y loops.
  std::vector<Coordinates> children(int tensor, int level) const {
    std::vector<Loop> loops = mapping_.levels[level].spatial_x;
    loops.insert(loops.end(), mapping_.levels[level].spatial_y.begin(), mapping_.levels[level].spatial_y.end());
    std::vector<Coordinates> result;
    for (long id = 0; id < product(loops); ++id) {
      Box inner = level == 0 ? Box(layer_.dimensions.size(), 1) : tiles_[level - 1];
      std::vector<long> index(layer_.dimensions.size(), 0);
      long rest = id;
      for (const Loop& loop : loops) {
        index[loop.dimension] += rest % loop.factor * inner[loop.dimension];
        inner[loop.dimension] *= loop.factor;
        rest /= loop.factor;
      }
      result.push_back(project(tensor, index));
    }
    return result;
  }

  struct TemporalLoop {
    long factor;
    int dimension;
    long inner;  // product of the inner factors of the same dimension
  };

  // Loops above the children of `level`, outermost first.
  std::vector<TemporalLoop> loops_above(int tensor, int level) const {
    Box inner = of_child(tensor, level);
    std::vector<TemporalLoop> result;
    if (level > 0) {
      const MappingLevel& holder = mapping_.levels[level - 1];
      for (int position = outside(tensor, holder) - 1; position >= 0; --position) {
        const Loop& loop = holder.temporal[position];
        result.push_back({loop.factor, loop.dimension, inner[loop.dimension]});
        inner[loop.dimension] *= loop.factor;
      }
    }
    for (int i = level; i < levels(); ++i) {
      const MappingLevel& at = mapping_.levels[i];
      for (const auto* loops : {&at.spatial_x, &at.spatial_y}) {
        for (const Loop& loop : *loops) inner[loop.dimension] *= loop.factor;
      }
      for (auto loop = at.temporal.rbegin(); loop != at.temporal.rend(); ++loop) {
        if (loop->factor > 1) result.push_back({loop->factor, loop->dimension, inner[loop->dimension]});
        inner[loop->dimension] *= loop->factor;
      }
    }
    std::reverse(result.begin(), result.end());
    return result;
  }

  // The words that a step brings: all points of the box at `origin`, less those of the same box at `before`.
  struct Delta {
    bool empty = true, whole = false;
    Coordinates origin{}, before{};
  };

  template <class Visit>
  static void each_point(const Delta& delta, const std::vector<long>& lengths, const Visit& visit) {
    if (delta.empty) return;
    Coordinates point = delta.origin;
    for (;;) {
      bool had = !delta.whole;
      for (std::size_t a = 0; a < lengths.size(); ++a) {
        had = had && point[a] >= delta.before[a] && point[a] < delta.before[a] + lengths[a];
      }
      if (!had) visit(point);
      std::size_t a = 0;
      for (; a < lengths.size(); ++a) {
        if (++point[a] < delta.origin[a] + lengths[a]) break;
        point[a] = delta.origin[a];
      }
      if (a == lengths.size()) return;
    }
  }

  static long size(const Delta& delta, const std::vector<long>& lengths) {
    long count = 0;
    each_point(delta, lengths, [&](const Coordinates&) { ++count; });
    return count;
  }

  Walk walk(int tensor, int level) const {
    const std::vector<TemporalLoop> loops = loops_above(tensor, level);
    const std::vector<long> box = lengths(tensor, of_child(tensor, level));
    const std::vector<Coordinates> offsets = children(tensor, level);
    const bool fan_out = offsets.size() > 1;
    const bool operands = level == 0;  // no reuse at a multiply-accumulate unit
    const std::map<Group, Amount> everyone = groups(level, offsets, std::vector<bool>(offsets.size(), false));
    Walk result;
    std::vector<long> step(loops.size(), 0);
    bool first = true, remembered = false;
    Coordinates last{}, translation{};
    Delta delta, delta_before;
    for (;;) {
      std::vector<long> index(layer_.dimensions.size(), 0);
      double weight = 1.0;
      for (std::size_t j = 0; j < loops.size(); ++j) {
        index[loops[j].dimension] += step[j] * loops[j].inner;
        if (step[j] == 1) weight *= static_cast<double>(loops[j].factor - 1);
      }
      const Coordinates origin = project(tensor, index);
      const Coordinates moved = origin - last;
      delta_before = delta;
      delta = {false, true, origin, last};
      if (first || operands) {
        // everything is new
      } else if (moved == Coordinates{}) {
        delta.empty = true;
      } else if (!remembered || moved == translation) {
        delta.whole = false;
        translation = moved;
        remembered = true;
      } else {
        remembered = false;
      }
      last = origin;
      const long new_words = size(delta, box);
      if (new_words > 0) {
        const double words = weight * static_cast<double>(new_words);
        if (!fan_out) {
          result.groups[{1, 1}].words += words;
        } else {
          std::vector<bool> served(offsets.size(), false);
          std::map<Group, Amount> plain = everyone;
          if (machine_.link_transfers && !first) {
            for (std::size_t c = 0; c < offsets.size(); ++c)
              served[c] = neighbour_had(level, offsets, c, delta, delta_before, box);
            const std::map<Group, Amount> fewer = groups(level, offsets, served);
            if (total(fewer) < total(plain)) {
              plain = fewer;
              result.link_words += words * static_cast<double>(std::count(served.begin(), served.end(), true));
            }
          }
          for (const auto& [group, amount] : plain) {
            result.groups[group].words += words * amount.words;
            result.groups[group].hops += words * amount.hops;
          }
        }
      }
      first = false;
      std::size_t j = loops.size();
      while (j > 0 && step[j - 1] == 1) step[--j] = 0;
      if (j == 0) return result;
      step[j - 1] = 1;
    }
  }

  long row_length(int level) const {
    return std::max<long>(fanout_x(machine_, level), product(mapping_.levels[level].spatial_x));
  }

  // Whether a neighbour of child c received exactly the words of c in the step before.
  bool neighbour_had(int level, const std::vector<Coordinates>& offsets, std::size_t c, const Delta& delta,
                     const Delta& before, const std::vector<long>& box) const {
    if (size(before, box) == 0) return false;
    const long columns = row_length(level), id = static_cast<long>(c), count = static_cast<long>(offsets.size());
    std::set<Coordinates> wanted;
    each_point(delta, box, [&](const Coordinates& point) { wanted.insert(point + offsets[c]); });
    for (const auto& [dx, dy] : {std::pair(-1L, 0L), {1L, 0L}, {0L, -1L}, {0L, 1L}}) {
      const long column = id % columns + dx, row = id / columns + dy;
      const long neighbour = row * columns + column;
      if (column < 0 || column >= columns || row < 0 || neighbour >= count) continue;
      std::set<Coordinates> had;
      each_point(before, box, [&](const Coordinates& point) { had.insert(point + offsets[neighbour]); });
      if (had == wanted) return true;
    }
    return false;
  }

  // Children with equal offsets that are not served otherwise; words: number of groups, hops: sum over the groups.
  std::map<Group, Amount> groups(int level, const std::vector<Coordinates>& offsets,
                                 const std::vector<bool>& served) const {
    std::map<Coordinates, std::vector<long>> members;
    for (std::size_t c = 0; c < offsets.size(); ++c) {
      if (!served[c]) members[offsets[c]].push_back(static_cast<long>(c));
    }
    const long columns = row_length(level);
    const long rows = std::max<long>(fanout_y(machine_, level), product(mapping_.levels[level].spatial_y));
    const double middle = static_cast<double>(rows - 1) / 2.0;
    std::map<long, Amount> by_size;
    for (const auto& [offset, ids] : members) {
      std::map<long, std::vector<double>> column_rows;
      for (const long id : ids) column_rows[id % columns].push_back(static_cast<double>(id / columns));
      double hops = static_cast<double>(column_rows.rbegin()->first);
      for (const auto& [column, in] : column_rows) {
        hops += std::max(0.0, middle - *std::min_element(in.begin(), in.end()));
        hops += std::max(0.0, *std::max_element(in.begin(), in.end()) - middle);
      }
      Amount& amount = by_size[static_cast<long>(ids.size())];
      amount.words += 1.0;
      amount.hops += hops;
    }
    std::map<Group, Amount> result;
    for (const auto& [multicast, amount] : by_size) result[{multicast, static_cast<long>(amount.words)}] = amount;
    return result;
  }

  static double total(const std::map<Group, Amount>& groups) {
    double sum = 0.0;
    for (const auto& [group, amount] : groups) sum += amount.words;
    return sum;
  }

  static double delivered(const std::map<Group, Amount>& groups) {
    double sum = 0.0;
    for (const auto& [group, amount] : groups) sum += amount.words * static_cast<double>(group.multicast);
    return sum;
  }

  // --- Counts per instance.
  void count(int t) {
    const bool written = layer_.tensors[t].written;
    const std::vector<long> part = partitions(t);
    std::vector<Walk> walks;
    for (int i = 0; i < levels(); ++i) walks.push_back(walk(t, i));
    std::vector<double> share(walks.size(), 0.0), peer(walks.size(), 0.0), accesses(walks.size(), 0.0);
    for (int i = 0; i + 1 < levels(); ++i) {
      share[i] = delivered(walks[i + 1].groups) / static_cast<double>(fan_out(i + 1));
      if (keeps(i, t)) peer[i] = walks[i + 1].link_words / static_cast<double>(instances(i));
    }
    for (int i = 0; i < levels(); ++i) {
      if (i > 0 && !keeps(i - 1, t)) {
        const double factor = accesses[i - 1] * static_cast<double>(fan_out(i)) / delivered(walks[i].groups);
        for (auto& [group, amount] : walks[i].groups) amount.words = snapped(amount.words * factor);
        walks[i].link_words = 0.0;
      }
      accesses[i] = total(walks[i].groups);
    }
    for (int i = 0; i < levels(); ++i) {
      TensorCounts& counts = result_.levels[i].tensors[t];
      counts.utilized_instances = instances(i);
      if (keeps(i, t)) {
        const auto rounded = [](double value) { return std::max<std::int64_t>(0, std::llround(value)); };
        const auto first = static_cast<double>(part[i]);
        counts.utilized_capacity = stored(i, t);
        counts.partition_size = part[i];
        counts.reads = rounded(accesses[i] + peer[i] - (written ? first : 0.0));
        counts.fills = i + 1 == levels() ? 0
                       : written         ? rounded(share[i] + peer[i] - first)
                                         : static_cast<std::int64_t>(share[i] + peer[i]);
        counts.updates = written ? rounded(accesses[i]) : 0;
        counts.temporal_reductions = written ? counts.reads : 0;
      }
      network(t, i, part[i], walks[i]);
    }
  }

  // Without link transfers every count is whole; the factor of a bypass need not be.
  static double snapped(double words) { return std::abs(words - std::round(words)) < 1e-6 ? std::round(words) : words; }

  long fan_out(int level) const {
    return product(mapping_.levels[level].spatial_x) * product(mapping_.levels[level].spatial_y);
  }

  void network(int t, int i, long part, const Walk& walk) {
    NetworkTensor& to = result_.networks[i].tensors[t];
    to.fanout = fan_out(i);
    to.link_transfers = walk.link_words;
    double routers = 0.0, hop_words = 0.0, all = 0.0;
    for (const auto& [group, amount] : walk.groups) {
      double words = amount.words;
      if (layer_.tensors[t].written && machine_.levels[i].is_dram) words = 2.0 * words - static_cast<double>(part);
      to.groups.push_back({group.multicast, group.scatter, words});
      all += words;
      if (words <= 0.0) continue;
      routers = std::floor(routers + (1.0 + std::floor(amount.hops / words)) * words);
      hop_words += amount.hops;
      if (layer_.tensors[t].written) to.spatial_reductions += static_cast<double>(group.multicast - 1) * words;
    }
    to.average_hops = all > 0.0 ? hop_words / all : 0.0;
    to.energy_pj = hop_words * machine_.levels[i].network.energy_per_hop_pj +
                   routers * machine_.levels[i].network.router_energy_pj;
  }

  // --- Latency and energy.
  double width_ratio(int level, int tensor) const {
    const int bits = layer_.tensors[tensor].word_bits;
    return bits == 0 ? 1.0 : static_cast<double>(bits) / static_cast<double>(machine_.levels[level].word_bits);
  }

  void latency() {
    const auto compute = static_cast<double>(result_.compute_cycles);
    result_.cycles = result_.compute_cycles;
    for (int i = 0; i < levels(); ++i) {
      const Level& level = machine_.levels[i];
      double read = 0.0, write = 0.0;
      for (std::size_t t = 0; t < layer_.tensors.size(); ++t) {
        const TensorCounts& counts = result_.levels[i].tensors[t];
        const double ratio = width_ratio(i, static_cast<int>(t));
        read += static_cast<double>(counts.reads) * ratio / compute;
        write += static_cast<double>(counts.fills + counts.updates) * ratio / compute;
      }
      double slowdown = 1.0;
      if (level.read_bandwidth && *level.read_bandwidth < read)
        slowdown = std::min(slowdown, *level.read_bandwidth / read);
      if (level.write_bandwidth && *level.write_bandwidth < write) {
        slowdown = std::min(slowdown, *level.write_bandwidth / write);
      }
      if (level.shared_bandwidth && *level.shared_bandwidth < read + write) {
        slowdown = std::min(slowdown, *level.shared_bandwidth / (read + write));
      }
      result_.levels[i].cycles = static_cast<std::int64_t>(std::ceil(compute / slowdown));
      result_.cycles = std::max(result_.cycles, result_.levels[i].cycles);
    }
    result_.utilization = static_cast<double>(result_.macs) / static_cast<double>(machine_.compute.instances) /
                          static_cast<double>(result_.cycles);
  }

  void energy() {
    double per_op = machine_.compute.energy_per_op_pj;
    for (const Tensor& tensor : layer_.tensors) per_op *= tensor.written ? 1.0 : tensor.density;
    result_.compute_energy_pj = static_cast<double>(result_.macs) * per_op;
    result_.energy_pj = result_.compute_energy_pj;
    for (int i = 0; i < levels(); ++i) {
      const Level& level = machine_.levels[i];
      const auto used = static_cast<double>(instances(i));
      const double clusters = std::max(1.0, static_cast<double>(level.instances / level.cluster_size));
      for (std::size_t t = 0; t < layer_.tensors.size(); ++t) {
        TensorCounts& counts = result_.levels[i].tensors[t];
        const double ratio = width_ratio(i, static_cast<int>(t));
        const auto blocks = [&](std::int64_t words) {
          return std::ceil(static_cast<double>(words) * ratio / static_cast<double>(level.block_size));
        };
        const double one = blocks(counts.reads) * level.energy.read_pj + blocks(counts.fills) * level.energy.fill_pj +
                           blocks(counts.updates) * level.energy.update_pj;
        counts.energy_pj = one * layer_.tensors[t].density * std::min(used, clusters) +
                           static_cast<double>(counts.temporal_reductions) * machine_.compute.adder_energy_pj * used;
        result_.levels[i].energy_pj += counts.energy_pj;
      }
      result_.levels[i].leakage_energy_pj = level.energy.leak_pj_per_cycle * static_cast<double>(result_.cycles) * used;
      result_.levels[i].energy_pj += result_.levels[i].leakage_energy_pj;
      result_.energy_pj += result_.levels[i].energy_pj;
      NetworkEvaluation& network = result_.networks[i];
      for (const NetworkTensor& tensor : network.tensors) {
        const double links =
            tensor.link_transfers * (level.network.energy_per_hop_pj + 2.0 * level.network.router_energy_pj);
        network.energy_pj +=
            used * (tensor.energy_pj + links + tensor.spatial_reductions * machine_.compute.adder_energy_pj);
      }
      result_.energy_pj += network.energy_pj;
    }
  }

  const Layer& layer_;
  const Architecture& machine_;
  const Mapping& mapping_;
  std::vector<Box> tiles_;
  Evaluation result_;
};

}  // namespace dovetail::testing
