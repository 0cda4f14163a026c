// Machines of many shapes as one (see the header).
#include <dovetail/engine/codesign/proof/shape_class.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr std::size_t most_steps = 256;  // of one capacity

// Whether rules and wires tell the axes of meshes apart.
bool axes_matter(const Architecture& machine, const std::vector<MappingRules>& rules) {
  for (const Level& level : machine.levels)
    if (level.network.energy_per_hop_pj != 0.0 || level.network.router_energy_pj != 0.0) return true;
  constexpr auto x = static_cast<std::size_t>(Slot::spatial_x), y = static_cast<std::size_t>(Slot::spatial_y);
  for (const MappingRules& layer : rules) {
    for (const LevelRules& level : layer.levels) {
      for (std::size_t d = 0; d < max_dimensions; ++d) {
        if (level.min_factor[x][d] > 1 || level.min_factor[y][d] > 1) return true;
        if (level.max_factor[x][d] != level.max_factor[y][d] || level.max_factor[x][d] > 1) return true;
      }
    }
  }
  return false;
}

// Of one access of a level, the share that an instance pays.
double cluster_share(const Level& level) {
  return std::min(1.0, cluster_count(level) / static_cast<double>(level.instances));
}

// Energy of a word, the least that blocks and clusters make of it.
AccessEnergy per_word(const Level& level) {
  const double share = cluster_share(level) / static_cast<double>(level.block_size);
  AccessEnergy energy = level.energy;
  for (double* pj : {&energy.read_pj, &energy.fill_pj, &energy.update_pj}) *pj *= share;
  return energy;
}

AccessEnergy least(const AccessEnergy& a, const AccessEnergy& b) {
  return {std::min(a.read_pj, b.read_pj), std::min(a.fill_pj, b.fill_pj), std::min(a.update_pj, b.update_pj),
          std::min(a.leak_pj_per_cycle, b.leak_pj_per_cycle), std::min(a.idle_pj_per_cycle, b.idle_pj_per_cycle)};
}

std::optional<double> most(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b ? std::optional(std::max(*a, *b)) : std::nullopt;
}

// Blocks or clusters of a level differ among machines: its accesses are then counted in words.
bool counts_words(const Level& merged, const Level& one) {
  return merged.block_size != one.block_size || merged.cluster_size != one.cluster_size;
}

void merge(Architecture& merged, const Architecture& one) {
  Compute& compute = merged.compute;
  compute.energy_per_op_pj = std::min(compute.energy_per_op_pj, one.compute.energy_per_op_pj);
  compute.adder_energy_pj = std::min(compute.adder_energy_pj, one.compute.adder_energy_pj);
  compute.area_per_instance_um2 = std::min(compute.area_per_instance_um2, one.compute.area_per_instance_um2);
  compute.idle_pj_per_cycle = std::min(compute.idle_pj_per_cycle, one.compute.idle_pj_per_cycle);
  for (std::size_t l = 0; l < merged.levels.size(); ++l) {
    Level& to = merged.levels[l];
    const Level& from = one.levels[l];
    if (counts_words(to, from)) {
      to.energy = per_word(to);
      to.block_size = to.cluster_size = 1;
      to.energy = least(to.energy, per_word(from));
    } else {
      to.energy = least(to.energy, from.energy);
    }
    to.min_utilization =
        to.capacity_words == from.capacity_words ? std::min(to.min_utilization, from.min_utilization) : 0.0;
    if (to.capacity_words) to.capacity_words = std::max(*to.capacity_words, *from.capacity_words);
    to.read_bandwidth = most(to.read_bandwidth, from.read_bandwidth);
    to.write_bandwidth = most(to.write_bandwidth, from.write_bandwidth);
    to.shared_bandwidth = most(to.shared_bandwidth, from.shared_bandwidth);
    to.area_per_instance_um2 = std::min(to.area_per_instance_um2, from.area_per_instance_um2);
    LevelNetwork& network = to.network;
    network.energy_per_hop_pj = std::min(network.energy_per_hop_pj, from.network.energy_per_hop_pj);
    network.router_energy_pj = std::min(network.router_energy_pj, from.network.router_energy_pj);
    network.fill_latency_cycles = std::min(network.fill_latency_cycles, from.network.fill_latency_cycles);
    network.drain_latency_cycles = std::min(network.drain_latency_cycles, from.network.drain_latency_cycles);
  }
}

// What machines of one class have in common.
using Likeness = std::vector<double>;
Likeness likeness(const Architecture& machine, bool axes) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  Likeness same{number(machine.compute.instances), number(machine.compute.word_bits)};
  if (axes) same.insert(same.end(), {number(machine.compute.mesh_x), number(machine.compute.mesh_y)});
  for (const Level& level : machine.levels) {
    same.insert(same.end(), {number(level.instances), number(level.word_bits), level.multiple_buffering,
                             level.capacity_words ? 1.0 : 0.0, level.is_dram ? 1.0 : 0.0});
    if (axes) same.insert(same.end(), {number(level.mesh_x), number(level.mesh_y)});
  }
  return same;
}

void one_row(Architecture& machine) {
  machine.compute.mesh_x = machine.compute.instances;
  machine.compute.mesh_y = 1;
  for (Level& level : machine.levels) {
    level.mesh_x = level.instances;
    level.mesh_y = 1;
  }
}

Box hull(const std::vector<Box>& members, Box box) {
  for (std::size_t i = 0; i < box.low.size(); ++i) {
    double low = infinity, high = -infinity;
    for (const Box& member : members) {
      low = std::min(low, member.low[i]);
      high = std::max(high, member.high[i]);
    }
    box.low[i] = std::max(box.low[i], low);
    box.high[i] = std::min(box.high[i], high);
  }
  return box;
}

// The part of a member within a box; none where they do not meet.
std::optional<Box> common(const Box& member, const Box& box) {
  Box part = member;
  for (std::size_t i = 0; i < part.low.size(); ++i) {
    part.low[i] = std::max(part.low[i], box.low[i]);
    part.high[i] = std::min(part.high[i], box.high[i]);
    if (part.low[i] > part.high[i]) return std::nullopt;
  }
  return part;
}

// Pieces of a parameter's range: its values where they are few.
std::vector<std::pair<double, double>> pieces(const Space& space, const Box& box, int parameter) {
  std::vector<Box> parts{box};
  const auto i = static_cast<std::size_t>(parameter);
  for (bool grown = true; grown && parts.size() < most_steps;) {
    grown = false;
    std::vector<Box> finer;
    for (const Box& part : parts) {
      const double left = choices(space, part, parameter);
      if (left <= 1.0 || (left == infinity && parts.size() >= most_steps / 2)) {
        finer.push_back(part);
        continue;
      }
      auto [lower, upper] = halves(space, part, parameter);
      finer.push_back(std::move(lower));
      finer.push_back(std::move(upper));
      grown = true;
    }
    parts = std::move(finer);
  }
  std::vector<std::pair<double, double>> ranges;
  for (const Box& part : parts) ranges.emplace_back(part.low[i], part.high[i]);
  std::sort(ranges.begin(), ranges.end());
  return ranges;
}

// The only parameter that decides a level's capacity, if it is one and shapes nothing.
int capacity_parameter(const Codesign& codesign, const Box& box, std::size_t level) {
  int found = -1;
  const std::vector<char>& marks = codesign.family().capacity_parameters(level);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i] == 0 || codesign.family().shaping()[i] != 0 || box.low[i] == box.high[i]) continue;
    if (found >= 0) return -1;
    found = static_cast<int>(i);
  }
  return found;
}

CapacityChoice capacity_choice(const Codesign& codesign, const ShapeClass& shapes, std::size_t level) {
  CapacityChoice choice;
  choice.parameter = capacity_parameter(codesign, shapes.box, level);
  if (choice.parameter < 0) return choice;
  const auto p = static_cast<std::size_t>(choice.parameter);
  const std::vector<char>& priced = codesign.family().price_parameters(level);
  const Level& merged = shapes.machine.levels[level];
  for (const auto& [low, high] : pieces(codesign.space(), shapes.box, choice.parameter)) {
    CapacityStep step{low, high, -1.0, {infinity, infinity, infinity, infinity}};
    std::map<std::vector<double>, char> seen;  // shapes that differ in what has no say in this level are one
    for (const Box& member : shapes.members) {
      std::vector<double> differs;
      for (std::size_t i = 0; i < priced.size(); ++i)
        if (priced[i] != 0 && i != p) differs.insert(differs.end(), {member.low[i], member.high[i]});
      if (!seen.try_emplace(std::move(differs), 1).second) continue;
      Box part = member;
      part.low[p] = low;
      part.high[p] = high;
      const std::optional<Architecture> ideal = codesign.family().ideal(part);
      if (!ideal) return {};
      const Level& one = ideal->levels[level];
      step.words = std::max(step.words, static_cast<double>(usable_capacity(one).value_or(0)));
      step.energy = least(step.energy, counts_words(merged, one) ? per_word(one) : one.energy);
    }
    choice.steps.push_back(step);
  }
  std::stable_sort(choice.steps.begin(), choice.steps.end(),
                   [](const CapacityStep& a, const CapacityStep& b) { return a.words < b.words; });
  return choice;
}

}  // namespace

Toll ShapeClass::toll(const Box& part, const MapProblem& problem) const {
  Toll toll;
  for (std::size_t l = 0; l < machine.levels.size(); ++l) {
    LevelToll& own = toll.level[l];
    own.rungs.front().capacity = problem.level[l].capacity;
    if (capacity[l].steps.empty()) continue;
    const auto p = static_cast<std::size_t>(capacity[l].parameter);
    const Level& memory = machine.levels[l];
    own.rungs.clear();
    for (const CapacityStep& step : capacity[l].steps) {
      if (step.high < part.low[p] || step.low > part.high[p]) continue;
      LevelToll::Rung rung;
      rung.capacity = step.words;
      for (std::size_t t = 0; t < problem.tensors.size(); ++t) {
        const AccessCost& cost = problem.level[l].cost[t];
        const double words = cost.numerator / cost.denominator * problem.level[l].cluster_share *
                             problem.merged.layer.tensors[t].density;
        const double happens = share_not_gated(memory, problem.merged.layer, t);
        rung.read_pj[t] = words * happens * std::max(0.0, step.energy.read_pj - memory.energy.read_pj);
        rung.fill_pj[t] = words * std::max(0.0, step.energy.fill_pj - memory.energy.fill_pj);
        rung.update_pj[t] = words * happens * std::max(0.0, step.energy.update_pj - memory.energy.update_pj);
      }
      own.rungs.push_back(rung);
    }
    if (own.rungs.empty()) own.rungs.resize(1);
    // A machine that holds more may be the cheaper one.
    for (std::size_t k = own.rungs.size() - 1; k-- > 0;) {
      for (std::size_t t = 0; t < max_tensors; ++t) {
        const LevelToll::Rung& more = own.rungs[k + 1];
        own.rungs[k].read_pj[t] = std::min(own.rungs[k].read_pj[t], more.read_pj[t]);
        own.rungs[k].fill_pj[t] = std::min(own.rungs[k].fill_pj[t], more.fill_pj[t]);
        own.rungs[k].update_pj[t] = std::min(own.rungs[k].update_pj[t], more.update_pj[t]);
      }
    }
    for (const LevelToll::Rung& rung : own.rungs)
      for (std::size_t t = 0; t < max_tensors; ++t)
        if (rung.read_pj[t] + rung.fill_pj[t] + rung.update_pj[t] > 0.0) own.free = false;
  }
  return toll;
}

double ShapeClass::value(std::size_t level, const Box& part, double words) const {
  const auto p = static_cast<std::size_t>(capacity[level].parameter);
  for (const CapacityStep& step : capacity[level].steps) {
    if (step.high < part.low[p] || step.low > part.high[p]) continue;
    if (step.words >= words) return std::clamp(step.low, part.low[p], part.high[p]);
  }
  return part.high[p];
}

ShapeClass narrowed(const Codesign& codesign, const Box& box, std::vector<Box> members) {
  ShapeClass shapes;
  for (const Box& member : members)
    if (std::optional<Box> part = common(member, box); part && shrink(codesign.space(), *part))
      shapes.members.push_back(*std::move(part));
  if (shapes.members.empty()) return shapes;
  shapes.box = hull(shapes.members, box);
  shapes.rules = codesign.rules(shapes.box);
  std::vector<Architecture> machines;
  for (const Box& member : shapes.members) {
    std::optional<Architecture> ideal = codesign.family().ideal(member);
    if (!ideal) return {};
    machines.push_back(*std::move(ideal));
  }
  shapes.machine = machines.front();
  const bool meshes_differ = std::any_of(machines.begin(), machines.end(), [&](const Architecture& machine) {
    return likeness(machine, true) != likeness(shapes.machine, true);
  });
  for (const Architecture& machine : machines) merge(shapes.machine, machine);
  if (meshes_differ) one_row(shapes.machine);
  for (std::size_t l = 0; l < shapes.machine.levels.size(); ++l)
    shapes.capacity[l] = capacity_choice(codesign, shapes, l);
  return shapes;
}

std::vector<ShapeClass> shape_classes(const Codesign& codesign, std::size_t most_shapes, int threads) {
  const Space& space = codesign.space();
  std::optional<Box> whole = whole_box(space);
  if (!whole) return {};
  // Boxes in which every shaping parameter has one value.
  const std::vector<char>& shaping = codesign.family().shaping();
  std::vector<Box> waiting{*whole}, shapes;
  for (std::size_t cuts = 64 * most_shapes; !waiting.empty(); --cuts) {
    if (cuts == 0 || shapes.size() > most_shapes) return {};
    Box box = std::move(waiting.back());
    waiting.pop_back();
    if (!shrink(space, box)) continue;
    int next = -1;
    for (std::size_t i = 0; i < box.low.size() && next < 0; ++i)
      if (shaping[i] != 0 && box.low[i] < box.high[i]) next = static_cast<int>(i);
    if (next < 0) {
      shapes.push_back(std::move(box));
      continue;
    }
    auto [lower, upper] = halves(space, box, next);
    waiting.push_back(std::move(upper));
    waiting.push_back(std::move(lower));
  }
  if (shapes.empty()) return {};
  std::vector<std::optional<Architecture>> machines(shapes.size());
  parallel_for(shapes.size(), threads, [&](std::size_t i) { machines[i] = codesign.family().ideal(shapes[i]); });
  bool axes = false;
  for (const std::optional<Architecture>& machine : machines) {
    if (!machine || machine->link_transfers) return {};
    axes = axes || axes_matter(*machine, {});
  }
  axes = axes || axes_matter(*machines.front(), codesign.rules(*whole));
  std::map<Likeness, std::vector<Box>> alike;
  for (std::size_t i = 0; i < shapes.size(); ++i) alike[likeness(*machines[i], axes)].push_back(shapes[i]);
  std::vector<std::vector<Box>> groups;
  for (auto& [key, members] : alike) groups.push_back(std::move(members));
  std::vector<ShapeClass> classes(groups.size());
  parallel_for(groups.size(), threads,
               [&](std::size_t i) { classes[i] = narrowed(codesign, *whole, std::move(groups[i])); });
  for (const ShapeClass& one : classes)
    if (one.members.empty()) return {};
  return classes;
}

double least_area_um2(const Codesign& codesign, const ShapeClass& shapes, const Box& part) {
  double least = infinity;
  for (const Box& member : shapes.members) {
    std::optional<Box> own = common(member, part);
    if (!own || !shrink(codesign.space(), *own)) continue;
    const std::optional<Architecture> ideal = codesign.family().ideal(*own);
    if (!ideal) return 0.0;
    least = std::min(least, area_um2(*ideal));
  }
  return least;
}

std::array<std::vector<Box>, 2> by_price(const Codesign& codesign, const std::vector<Box>& members) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::optional<Architecture> ideal = codesign.family().ideal(members[i]);
    double price = 0.0;
    if (ideal) {
      for (const Level& level : ideal->levels) {
        const AccessEnergy word = per_word(level);
        price += word.read_pj + word.fill_pj;
      }
    }
    order.emplace_back(price, i);
  }
  std::sort(order.begin(), order.end());
  // Where prices jump most, away from the ends; in the middle where all are equal.
  std::size_t cut = (members.size() + 1) / 2;
  double widest = 0.0;
  for (std::size_t k = 1; k < order.size(); ++k) {
    const double jump =
        (order[k].first - order[k - 1].first) * std::sqrt(static_cast<double>(std::min(k, order.size() - k)));
    if (jump > widest) widest = jump, cut = k;
  }
  std::array<std::vector<Box>, 2> halves;
  for (std::size_t k = 0; k < order.size(); ++k) halves[k < cut ? 0 : 1].push_back(members[order[k].second]);
  return halves;
}

}  // namespace dovetail
