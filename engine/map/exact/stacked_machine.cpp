// Stacks of parts for memories (see the header).
#include <dovetail/engine/map/exact/stacked_machine.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>

#include <dovetail/engine/map/keep_sets.hpp>

namespace dovetail {
namespace {

constexpr std::size_t in_time = 0;  // slot of loops in time

// A dimension has loops in one part at most, which keeps a most on its factor; a least and an order would be of all
// parts.
bool divisible(const LevelRules& rules, std::size_t dimensions) {
  if (!rules.inner_order.empty()) return false;
  for (std::size_t d = 0; d < dimensions; ++d) {
    if (rules.min_factor[in_time][d] > 1) return false;
  }
  return true;
}

// Without loops all depths are 0.
bool has_loops(const LevelRules& rules, const Layer& layer) {
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    if (rules.max_factor[in_time][d] != 1 && layer.dimensions[d].extent > 1) return true;
  }
  return false;
}

// Whether loops that stand outside the tiles of all tensors in a memory cost something else than the same loops in the
// next memory: the fan-out between them unrolls a dimension of a window, or its children pass words on.
bool block_matters(const MapRequest& request, std::size_t level) {
  const Architecture& machine = request.architecture;
  const int outer = static_cast<int>(level) + 1;
  if (fanout_x(machine, outer) * fanout_y(machine, outer) == 1) return false;
  if (machine.link_transfers) return true;
  const LevelRules& rules = level_rules(request.rules, level + 1);
  const auto long_term = [&](const AxisTerm& term) {
    return request.layer.dimensions[static_cast<std::size_t>(term.dimension)].extent > 1;
  };
  const auto unrolled = [&](const AxisTerm& term) {
    const auto d = static_cast<std::size_t>(term.dimension);
    return long_term(term) &&
           (rules.max_factor[at(Slot::spatial_x)][d] != 1 || rules.max_factor[at(Slot::spatial_y)][d] != 1);
  };
  for (const Tensor& tensor : request.layer.tensors) {
    for (const Axis& axis : tensor.axes) {
      if (std::count_if(axis.begin(), axis.end(), long_term) > 1 && std::any_of(axis.begin(), axis.end(), unrolled))
        return true;
    }
  }
  return false;
}

LevelRules further_rules(const LevelRules& memory) {
  LevelRules rules;
  rules.max_factor[in_time] = memory.max_factor[in_time];
  return rules;
}

// A further part of a memory: its words and prices, nothing that counts once per memory.
Level further_part(const Level& memory) {
  Level part = memory;
  part.network = {};
  part.energy.leak_pj_per_cycle = part.energy.idle_pj_per_cycle = 0.0;
  part.area_per_instance_um2 = 0.0;
  return part;
}

unsigned may_keep(const KeepChoice& choice) {
  return choice.must | choice.optional;
}

// The outermost part of a stack, which stores nothing, in an order of tensors.
constexpr unsigned nothing = max_tensors;

// One stacked machine: per level the order of its tensors, innermost part first; empty: not stacked.
StackedMachine stack(const MapRequest& request, const std::vector<KeepChoice>& choices,
                     const std::vector<std::vector<unsigned>>& orders) {
  const unsigned all = (1U << request.layer.tensors.size()) - 1U;
  StackedMachine stacked;
  stacked.request = request;
  stacked.request.bypass = Bypass::search;
  stacked.request.rules.levels.clear();
  stacked.request.architecture.levels.clear();
  const auto add = [&](std::size_t level, const Level& part, const LevelRules& rules, unsigned tensors) {
    stacked.request.architecture.levels.push_back(part);
    stacked.request.rules.levels.push_back(rules);
    stacked.request.rules.levels.back().must_keep = choices[level].must & tensors;
    stacked.request.rules.levels.back().must_bypass = all & ~(may_keep(choices[level]) & tensors);
    stacked.memory.push_back(static_cast<int>(level));
  };
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const Level& memory = request.architecture.levels[i];
    const LevelRules& rules = level_rules(request.rules, i);
    if (orders[i].empty()) add(i, memory, rules, all);
    for (std::size_t n = 0; n < orders[i].size(); ++n) {
      Level part = n == 0 ? memory : further_part(memory);
      part.name += "." + std::to_string(n);
      add(i, part, n == 0 ? rules : further_rules(rules), orders[i][n] == nothing ? 0U : 1U << orders[i][n]);
    }
  }
  return stacked;
}

}  // namespace

PackedMapping StackedMachine::restore(const PackedMapping& stacked) const {
  const std::size_t dimensions = stacked.dimension_count;
  PackedMapping mapping = empty_packed_mapping(memory.back() + 1, static_cast<int>(dimensions));
  std::vector<std::size_t> loops(mapping.level_count, 0);  // of each memory, placed so far
  for (std::size_t p = memory.size(); p-- > 0;) {
    const PackedLevel& part = stacked.levels[p];
    const auto m = static_cast<std::size_t>(memory[p]);
    PackedLevel& own = mapping.levels[m];
    const bool alone = std::count(memory.begin(), memory.end(), memory[p]) == 1;
    if (alone) {
      own = part;
      continue;
    }
    for (std::size_t t = 0; t < max_tensors; ++t) {
      if ((part.keep >> t & 1U) != 0) own.depth[t] = static_cast<std::uint8_t>(loops[m]);
    }
    own.keep |= part.keep;
    for (std::size_t n = 0; n < dimensions; ++n) {
      const std::uint8_t d = part.order[n];
      if (part.temporal[d] == 1) continue;
      own.temporal[d] *= part.temporal[d];
      own.order[loops[m]++] = d;
    }
    if (p > 0 && memory[p - 1] == memory[p]) continue;
    // The innermost part has the fan-out; loops of one trip go inside.
    own.spatial_x = part.spatial_x;
    own.spatial_y = part.spatial_y;
    own.order_x = part.order_x;
    own.order_y = part.order_y;
    std::size_t at = loops[m];
    for (std::size_t d = 0; d < dimensions; ++d) {
      if (own.temporal[d] == 1) own.order[at++] = static_cast<std::uint8_t>(d);
    }
  }
  return mapping;
}

StackedMachines stacked_machines(const MapRequest& request) {
  const std::vector<KeepChoice> choices = keep_choices(request);
  const std::size_t levels = choices.size();
  StackedMachines found;
  // The outer memories first: they hold the larger tiles, and gain most.
  std::vector<char> stacked(levels, 0);
  std::size_t room = static_cast<std::size_t>(max_levels) - levels;
  for (std::size_t i = levels - 1; i-- > 0;) {
    const auto tensors = static_cast<std::size_t>(std::popcount(may_keep(choices[i])));
    const std::size_t parts = tensors + (block_matters(request, i) ? 1 : 0);
    const LevelRules& rules = level_rules(request.rules, i);
    if (tensors == 0 || parts < 2 || !has_loops(rules, request.layer)) continue;
    const bool can =
        divisible(rules, request.layer.dimensions.size()) && request.architecture.levels[i].min_utilization == 0.0;
    if (!can || parts - 1 > room) {
      found.whole = false;
      continue;
    }
    stacked[i] = 1;
    room -= parts - 1;
  }
  std::vector<std::vector<std::vector<unsigned>>> chosen = {std::vector<std::vector<unsigned>>(levels)};
  for (std::size_t i = 0; i < levels; ++i) {
    if (stacked[i] == 0) continue;
    std::vector<unsigned> order;
    for (unsigned t = 0; t < request.layer.tensors.size(); ++t) {
      if ((may_keep(choices[i]) >> t & 1U) != 0) order.push_back(t);
    }
    std::vector<std::vector<std::vector<unsigned>>> longer;
    do {
      for (const auto& orders : chosen) {
        longer.push_back(orders);
        longer.back()[i] = order;
        if (block_matters(request, i)) longer.back()[i].push_back(nothing);
      }
    } while (std::next_permutation(order.begin(), order.end()));
    chosen = std::move(longer);
  }
  for (const auto& orders : chosen) found.all.push_back(stack(request, choices, orders));
  return found;
}

}  // namespace dovetail
