// A mapping request as the exact search sees it (see the header).
#include <dovetail/engine/map/exact/search_tables.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <dovetail/accelerators/mapping/homes.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

bool ruled(const MappingRules& rules, std::size_t dimension) {
  for (const LevelRules& level : rules.levels) {
    for (std::size_t s = 0; s < slot_count; ++s) {
      if (level.min_factor[s][dimension] > 1 || level.max_factor[s][dimension] != 0) return true;
    }
    if (!level.inner_order.empty()) return true;
  }
  return false;
}

// Whether a dimension occurs in the tensor only as a data axis of its own, with coefficient 1, or not at all.
bool own_axis(const Tensor& tensor, int dimension) {
  int found = 0;
  bool alone = true;
  for (const Axis& axis : tensor.axes) {
    for (const AxisTerm& term : axis) {
      if (term.dimension != dimension) continue;
      ++found;
      alone = alone && axis.size() == 1 && term.coefficient == 1;
    }
  }
  return found == 0 || (found == 1 && alone);
}

Layer without_unit_terms(const Layer& layer) {
  Layer lean = layer;
  for (Tensor& tensor : lean.tensors) {
    for (Axis& axis : tensor.axes) {
      std::erase_if(axis, [&](const AxisTerm& term) {
        return layer.dimensions[static_cast<std::size_t>(term.dimension)].extent == 1;
      });
    }
    std::erase_if(tensor.axes, [](const Axis& axis) { return axis.empty(); });
  }
  return lean;
}

}  // namespace

MergedLayer merge_dimensions(const Layer& original, const MappingRules& rules, bool only_units) {
  const Layer layer = without_unit_terms(original);
  MergedLayer merged;
  merged.layer = layer;
  merged.layer.dimensions.clear();
  std::vector<int> place(layer.dimensions.size(), -1);
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    for (std::size_t m = 0; m < merged.members.size() && place[d] < 0; ++m) {
      const int other = merged.members[m].front();
      bool same = !only_units && !ruled(rules, d) && !ruled(rules, static_cast<std::size_t>(other));
      for (const Tensor& tensor : layer.tensors) {
        same = same && own_axis(tensor, static_cast<int>(d)) && own_axis(tensor, other) &&
               relevant(tensor, static_cast<int>(d)) == relevant(tensor, other);
      }
      if (layer.dimensions[d].extent == 1 && !ruled(rules, d)) same = !ruled(rules, static_cast<std::size_t>(other));
      if (same) place[d] = static_cast<int>(m);
    }
    if (place[d] < 0) {
      place[d] = static_cast<int>(merged.members.size());
      merged.members.emplace_back();
      merged.layer.dimensions.push_back({layer.dimensions[d].name, 1});
    }
    const auto m = static_cast<std::size_t>(place[d]);
    merged.members[m].push_back(static_cast<int>(d));
    // A dimension of extent 1 joins anything; the first member must carry the relevance.
    if (layer.dimensions[static_cast<std::size_t>(merged.members[m].front())].extent == 1) {
      std::swap(merged.members[m].front(), merged.members[m].back());
    }
    merged.layer.dimensions[m].extent *= layer.dimensions[d].extent;
  }
  for (Tensor& tensor : merged.layer.tensors) {
    std::vector<Axis> axes;
    for (Axis axis : tensor.axes) {
      for (AxisTerm& term : axis) term.dimension = place[static_cast<std::size_t>(term.dimension)];
      if (axis.size() == 1 && std::find(axes.begin(), axes.end(), axis) != axes.end()) continue;
      axes.push_back(axis);
    }
    tensor.axes = axes;
  }
  for (const LevelRules& level : rules.levels) {
    LevelRules own = level;
    for (std::size_t m = 0; m < merged.members.size(); ++m) {
      const auto from = static_cast<std::size_t>(merged.members[m].front());
      for (std::size_t s = 0; s < slot_count; ++s) {
        own.min_factor[s][m] = level.min_factor[s][from];
        own.max_factor[s][m] = level.max_factor[s][from];
      }
    }
    for (int& d : own.inner_order) d = place[static_cast<std::size_t>(d)];
    merged.rules.levels.push_back(own);
  }
  return merged;
}

PackedMapping MergedLayer::split(const PackedMapping& from, const Layer& original) const {
  PackedMapping to = empty_packed_mapping(from.level_count, static_cast<int>(original.dimensions.size()));
  std::vector<std::int64_t> left;
  for (const Dimension& dimension : original.dimensions) left.push_back(dimension.extent);
  // The first member takes what it can of every factor, from the inside out; then the next one.
  const auto deal = [&](std::int64_t factor, std::size_t m, auto& factors) {
    for (const int d : members[m]) {
      const std::int64_t share = std::gcd(factor, left[static_cast<std::size_t>(d)]);
      factors[static_cast<std::size_t>(d)] = static_cast<std::int32_t>(share);
      left[static_cast<std::size_t>(d)] /= share;
      factor /= share;
    }
  };
  const auto spread = [&](const auto& order, int count, auto& out) {
    std::size_t at = 0;
    for (int p = 0; p < count; ++p) {
      for (const int d : members[order[static_cast<std::size_t>(p)]]) out[at++] = static_cast<std::uint8_t>(d);
    }
  };
  for (std::size_t i = 0; i < from.level_count; ++i) {
    const PackedLevel& level = from.levels[i];
    for (std::size_t m = 0; m < members.size(); ++m) {
      deal(level.spatial_x[m], m, to.levels[i].spatial_x);
      deal(level.spatial_y[m], m, to.levels[i].spatial_y);
      deal(level.temporal[m], m, to.levels[i].temporal);
    }
    spread(level.order, from.dimension_count, to.levels[i].order);
    spread(level.order_x, from.dimension_count, to.levels[i].order_x);
    spread(level.order_y, from.dimension_count, to.levels[i].order_y);
    to.levels[i].keep = level.keep;
  }
  return to;
}

namespace {

constexpr std::size_t round_tiles = 6'000;  // tables for bounds only

TileLattice lattice_of(const MapRequest& request, const Layer& layer, std::size_t limit) {
  std::vector<std::int64_t> extents;
  for (const Dimension& dimension : layer.dimensions) extents.push_back(dimension.extent);
  if (request.factors == Factors::imperfect) return TileLattice::of_rounds(std::move(extents), round_tiles);
  return {std::move(extents), limit};
}

}  // namespace

MapProblem::MapProblem(const MapRequest& asked, std::size_t tile_limit, std::span<const int> memory)
    : request(asked),
      merged(merge_dimensions(asked.layer, asked.rules, !memory.empty() || asked.factors == Factors::imperfect)),
      lattice(lattice_of(asked, merged.layer, tile_limit)) {
  const Architecture& machine = request.architecture;
  levels = static_cast<int>(machine.levels.size());
  written = written_tensor(merged.layer);
  macs = lattice.volume(lattice.whole());
  compute_pj = macs * compute_energy_per_op_pj(request.layer, machine.compute);
  links = machine.link_transfers;
  adder_pj = links ? 0.0 : machine.compute.adder_energy_pj;
  for (const Tensor& tensor : merged.layer.tensors) tensors.emplace_back(merged.layer, tensor);
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    for (std::size_t d = 0; d < merged.layer.dimensions.size(); ++d) {
      if ((tensors[t].windowed() >> d & 1U) != 0) windows.emplace_back(static_cast<int>(t), static_cast<int>(d));
    }
    windowed |= tensors[t].windowed();
  }
  if (lattice.rounds()) held.resize(lattice.size());
  volume.resize(lattice.size());
  reuse.resize(lattice.size());
  in_pieces(lattice.size(), request.threads, [&](std::size_t id) {
    const TileExtents& tile = lattice.extents(static_cast<TileLattice::Id>(id));
    for (std::size_t t = 0; t < tensors.size() && lattice.rounds(); ++t) {
      const MeanExtents mean = lattice.mean_extents(static_cast<TileLattice::Id>(id));
      held[id][t] = tensors[t].volume(tile);
      volume[id][t] = tensors[t].volume(mean);
      reuse[id][t] = 1.0;
      for (std::size_t d = 0; d < merged.layer.dimensions.size(); ++d) {
        if ((tensors[t].relevant() >> d & 1U) == 0) reuse[id][t] *= mean[d];
      }
    }
    for (std::size_t t = 0; t < tensors.size() && !lattice.rounds(); ++t) {
      volume[id][t] = tensors[t].volume(tile);
      double irrelevant = 1.0;
      for (std::size_t d = 0; d < merged.layer.dimensions.size(); ++d) {
        if ((tensors[t].relevant() >> d & 1U) == 0) irrelevant *= tile[d];
      }
      reuse[id][t] = irrelevant;
    }
  });
  if (lattice.rounds() || machine.link_transfers || !tensors[static_cast<std::size_t>(written)].plain()) exact = false;
  add_levels();
  const unsigned all_tensors = (1U << tensors.size()) - 1U;
  for (std::size_t i = 0; i < level.size(); ++i) {
    const bool part = i > 0 && !memory.empty() && memory[i] == memory[i - 1];
    level[i].port = part ? level[i - 1].port : static_cast<int>(i);
    if (part) level[i - 1].stacked_above = true;
    level[i].stores_nothing = part && (level_rules(request.rules, i).must_bypass & all_tensors) == all_tensors;
  }
  for (std::size_t i = level.size(); i-- > 0;)
    level[i].above = level[i].stacked_above ? level[i + 1].above : static_cast<int>(i) + 1;
  for (int i = 0; i < levels; ++i) {
    add_choices(i);
    orders.push_back(std::make_unique<LoopOrders>(tensors, merged.layer.dimensions.size(),
                                                  level_rules(merged.rules, static_cast<std::size_t>(i)).inner_order));
  }
}

void MapProblem::add_levels() {
  const Architecture& machine = request.architecture;
  level.resize(static_cast<std::size_t>(levels));
  double fan_above = 1.0;
  unsigned lives_further_in = 0;
  for (std::size_t i = 0; i < level.size(); ++i) lives_further_in |= living_in(level_rules(request.rules, i).must_keep);
  for (std::size_t i = level.size(); i-- > 0;) {
    const Level& from = machine.levels[i];
    MapLevel& to = level[i];
    to.fan_x = fanout_x(machine, static_cast<int>(i));
    to.fan_y = fanout_y(machine, static_cast<int>(i));
    to.spatial = to.fan_x * to.fan_y > 1;
    to.fan_above = fan_above;
    to.top = fan_above == 1.0;
    fan_above *= static_cast<double>(to.fan_x * to.fan_y);
    to.hop_pj = from.network.energy_per_hop_pj;
    to.router_pj = from.network.router_energy_pj;
    to.wires = to.hop_pj != 0.0 && to.spatial && !links;
    has_wires = has_wires || to.wires;
    if (to.router_pj != 0.0) exact = false;
    extra_cycles += static_cast<double>(from.network.fill_latency_cycles + from.network.drain_latency_cycles);
    const auto usable = usable_capacity(from);
    to.capacity = usable ? static_cast<double>(*usable) : std::numeric_limits<double>::infinity();
    to.least_words = usable ? to.capacity * from.min_utilization : 0.0;
    to.leak_pj = from.energy.leak_pj_per_cycle;
    if (i + 1 == level.size())
      to.leak_pj += idle_pj_per_cycle(machine);  // the outermost memory is always one, and used
    has_leak = has_leak || to.leak_pj != 0.0;
    to.dram = from.is_dram;
    const double clusters = cluster_count(from);
    if (to.fan_above > clusters) {
      to.clustered = true;
      to.cluster_share = clusters / to.fan_above;
      exact = false;
    }
    to.bandwidth = Bandwidth(from);
    to.limited = from.read_bandwidth || from.write_bandwidth || from.shared_bandwidth;
    to.living = living_in(level_rules(request.rules, i).must_keep);
    lives_further_in &= ~to.living;
    to.unseen = lives_further_in;
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      to.cost[t] = AccessCost(from, merged.layer, t);
      const double per_word = to.cost[t].numerator / to.cost[t].denominator * to.cluster_share;
      to.read_pj[t] = per_word * to.cost[t].read_pj + (tensors[t].written() ? adder_pj : 0.0);
      to.fill_pj[t] = per_word * to.cost[t].fill_pj;
      to.update_pj[t] = per_word * to.cost[t].update_pj;
      if ((lives_further_in >> t & 1U) != 0) {
        // Nothing of it is seen here.
        to.cost[t].read_pj = to.cost[t].fill_pj = to.cost[t].update_pj = to.cost[t].rate = 0.0;
        to.read_pj[t] = to.fill_pj[t] = to.update_pj[t] = 0.0;
      } else if ((to.living >> t & 1U) != 0) {
        to.cost[t].fill_pj = to.fill_pj[t] = 0.0;
      }
    }
    const LevelRules& rules = level_rules(merged.rules, i);
    for (std::size_t d = 0; d < merged.layer.dimensions.size(); ++d) {
      to.temporal_rules = to.temporal_rules || rules.min_factor[0][d] > 1 || rules.max_factor[0][d] != 0;
    }
  }
}

double MapProblem::words(int at, unsigned keep, TileLattice::Id tile) const {
  double total = 0.0;
  const Level& memory = request.architecture.levels[static_cast<std::size_t>(at)];
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    if ((keep >> t & 1U) == 0) continue;
    const int bits = merged.layer.tensors[t].word_bits;
    const bool lives = (level[static_cast<std::size_t>(at)].living >> t & 1U) != 0;
    const double own = lives ? whole_volume(static_cast<int>(t)) : held.empty() ? volume[tile][t] : held[tile][t];
    total += bits == 0 || bits == memory.word_bits ? own : std::ceil(own * bits / memory.word_bits);
  }
  return total;
}

bool MapProblem::legal_temporal(int at, TileLattice::Id inner, TileLattice::Id outer) const {
  if (!level[static_cast<std::size_t>(at)].temporal_rules) return true;
  const LevelRules& rules = level_rules(merged.rules, static_cast<std::size_t>(at));
  const TileExtents &a = lattice.extents(inner), &b = lattice.extents(outer);
  for (std::size_t d = 0; d < merged.layer.dimensions.size(); ++d) {
    const std::int64_t factor = b[d] / a[d];
    if (factor < rules.min_factor[0][d]) return false;
    if (rules.max_factor[0][d] != 0 && factor > rules.max_factor[0][d]) return false;
  }
  return true;
}

double MapProblem::copies(double children) const {
  const auto w = static_cast<std::size_t>(written);
  double most = reuse[lattice.whole()][w];
  for (std::size_t d = 0; d < merged.layer.dimensions.size() && lattice.rounds() && children > 1.0; ++d) {
    // Less than twice as many as have work: with one child less the extent would not be covered.
    if ((tensors[w].relevant() >> d & 1U) != 0 && merged.layer.dimensions[d].extent > 1) most *= 2.0;
  }
  return std::min(children, most);
}

double MapProblem::window_share(std::size_t t, TileLattice::Id tile) const {
  if (lattice.rounds()) return tensors[t].window_share(lattice.mean_extents(tile), lattice.extents(lattice.whole()));
  return tensors[t].window_share(lattice.extents(tile), lattice.extents(lattice.whole()));
}

double MapProblem::groups(int tensor, TileLattice::Id tile, TileLattice::Id spatial) const {
  const TensorReuse& own = tensors[static_cast<std::size_t>(tensor)];
  const auto t = static_cast<std::size_t>(tensor);
  if (links && spatial != 0) {
    // Neighbours pass on what they have, but a parent gives every element once.
    const double outside = macs / lattice.volume(lattice.rounds() ? spatial : tile + spatial);
    return own.touched(lattice.extents(lattice.whole())) / (volume[tile][t] * outside);
  }
  if (lattice.rounds()) {
    // Windows share in the proportion of full tiles.
    const double children = lattice.volume(spatial) / reuse[spatial][t];
    if (own.product()) return children;
    const TileExtents full = lattice.largest_extents(spatial);
    double all = 1.0;
    for (std::size_t d = 0; d < merged.layer.dimensions.size(); ++d) {
      if ((own.relevant() >> d & 1U) != 0) all *= full[d];
    }
    return children * (tile == 0 ? own.groups(lattice.extents(0), full) : own.least_groups(full)) / all;
  }
  if (own.plain()) return lattice.volume(spatial) / reuse[spatial][static_cast<std::size_t>(tensor)];
  return own.groups(lattice.extents(tile), lattice.extents(spatial));
}

std::vector<Arrangement> MapProblem::layouts(int at, TileLattice::Id spatial, bool first_only) const {
  const MapLevel& own = level[static_cast<std::size_t>(at)];
  const LevelRules& rules = level_rules(merged.rules, static_cast<std::size_t>(at));
  const TileExtents& total = lattice.extents(spatial);
  const std::size_t dimensions = merged.layer.dimensions.size();
  std::vector<Arrangement> found;
  Arrangement current;
  current.x.fill(1);
  current.y.fill(1);
  const auto allowed = [&](Slot slot, std::size_t d, std::int64_t factor) {
    const auto s = static_cast<std::size_t>(slot);
    return (factor >= rules.min_factor[s][d] || lattice.rounds()) &&
           (rules.max_factor[s][d] == 0 || factor <= rules.max_factor[s][d]);
  };
  const auto emit = [&] {
    std::vector<std::uint8_t> in_x, in_y, rest_x, rest_y;
    for (std::size_t d = 0; d < max_dimensions; ++d) {
      (d < dimensions && current.x[d] > 1 ? in_x : rest_x).push_back(static_cast<std::uint8_t>(d));
      (d < dimensions && current.y[d] > 1 ? in_y : rest_y).push_back(static_cast<std::uint8_t>(d));
    }
    do {
      do {
        std::copy(rest_x.begin(), rest_x.end(), std::copy(in_x.begin(), in_x.end(), current.order_x.begin()));
        std::copy(rest_y.begin(), rest_y.end(), std::copy(in_y.begin(), in_y.end(), current.order_y.begin()));
        found.push_back(current);
        if (first_only) return;
      } while (std::next_permutation(in_y.begin(), in_y.end()));
    } while (std::next_permutation(in_x.begin(), in_x.end()));
  };
  const auto recurse = [&](auto&& self, std::size_t d, std::int64_t used_x, std::int64_t used_y) -> void {
    if (first_only && !found.empty()) return;
    if (d == dimensions) {
      emit();
      return;
    }
    for (std::int32_t x = total[d]; x >= 1; --x) {
      if (total[d] % x != 0 && !lattice.rounds()) continue;
      const std::int32_t y = (total[d] + x - 1) / x;
      if (used_x * x > own.fan_x || used_y * y > own.fan_y) continue;
      if (!allowed(Slot::spatial_x, d, x) || !allowed(Slot::spatial_y, d, y)) continue;
      current.x[d] = x;
      current.y[d] = y;
      self(self, d + 1, used_x * x, used_y * y);
      current.x[d] = current.y[d] = 1;
    }
  };
  recurse(recurse, 0, 1, 1);
  return found;
}

void MapProblem::add_choices(int at) {
  MapLevel& own = level[static_cast<std::size_t>(at)];
  const auto fan = static_cast<double>(own.fan_x * own.fan_y);
  for (std::size_t id = 0; id < lattice.size(); ++id) {
    if (lattice.volume(static_cast<TileLattice::Id>(id)) > fan) continue;
    const auto tile = static_cast<TileLattice::Id>(id);
    const auto layout = layouts(at, tile, true);
    if (layout.empty()) continue;
    own.choices.push_back({tile, lattice.volume(tile), layout.front()});
  }
  std::stable_sort(own.choices.begin(), own.choices.end(),
                   [](const SpatialChoice& a, const SpatialChoice& b) { return a.children > b.children; });
  if (!own.choices.empty()) own.most_children = lattice.rounds() ? fan : own.choices.front().children;
}

void MapProblem::price(int at, Arrangement& arrangement, TileLattice::Id tile, TileLattice::Id spatial) const {
  const MapLevel& own = level[static_cast<std::size_t>(at)];
  const std::size_t dimensions = merged.layer.dimensions.size();
  std::int64_t used_x = 1, used_y = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    used_x *= arrangement.x[d];
    used_y *= arrangement.y[d];
  }
  const std::int64_t mesh_h = std::max(own.fan_x, used_x), mesh_v = std::max(own.fan_y, used_y);
  const double middle = static_cast<double>(mesh_v - 1) / 2.0;
  const auto children = static_cast<std::size_t>(lattice.volume(spatial));
  arrangement.hops.fill(0.0);
  if (children == 1) return;  // without spatial loops nothing travels over the mesh
  // Index of every child, X loops fastest.
  std::vector<TileExtents> index(children);
  for (std::size_t c = 0; c < children; ++c) {
    std::int64_t rest = static_cast<std::int64_t>(c);
    TileExtents at_x{}, at_y{};
    for (std::size_t p = 0; p < dimensions; ++p) {
      const std::uint8_t d = arrangement.order_x[p];
      at_x[d] = static_cast<std::int32_t>(rest % arrangement.x[d]);
      rest /= arrangement.x[d];
    }
    for (std::size_t p = 0; p < dimensions; ++p) {
      const std::uint8_t d = arrangement.order_y[p];
      at_y[d] = static_cast<std::int32_t>(rest % arrangement.y[d]);
      rest /= arrangement.y[d];
    }
    // The Y part of a dimension steps over its whole X part.
    for (std::size_t d = 0; d < dimensions; ++d) index[c][d] = at_x[d] + arrangement.x[d] * at_y[d];
    for (std::size_t d = dimensions; d < max_dimensions; ++d) index[c][d] = 0;
  }
  struct Span {
    std::int64_t low, high;
  };
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    // Children by offset, then by column.
    std::vector<std::pair<std::array<std::int64_t, max_axes>, std::size_t>> keyed(children);
    for (std::size_t c = 0; c < children; ++c) {
      tensors[t].offset(lattice.extents(tile), index[c], keyed[c].first);
      keyed[c].second = c;
    }
    std::sort(keyed.begin(), keyed.end());
    double total = 0.0;
    std::vector<Span> columns(static_cast<std::size_t>(mesh_h));
    for (std::size_t first = 0; first < children;) {
      std::size_t last = first;
      std::int64_t reach = 0;
      for (auto& column : columns) column = {std::numeric_limits<std::int64_t>::max(), -1};
      for (; last < children && keyed[last].first == keyed[first].first; ++last) {
        const auto id = static_cast<std::int64_t>(keyed[last].second);
        const std::int64_t h = id % mesh_h, v = id / mesh_h;
        reach = std::max(reach, h);
        Span& column = columns[static_cast<std::size_t>(h)];
        column.low = std::min(column.low, v);
        column.high = std::max(column.high, v);
      }
      double hops = static_cast<double>(reach);
      for (const Span& column : columns) {
        if (column.high < 0) continue;
        hops += std::max(0.0, middle - static_cast<double>(column.low)) +
                std::max(0.0, static_cast<double>(column.high) - middle);
      }
      total += hops;
      first = last;
    }
    arrangement.hops[t] = total;
  }
}

std::vector<Arrangement> MapProblem::priced(int at, std::size_t choice, TileLattice::Id tile) const {
  const SpatialChoice& own = level[static_cast<std::size_t>(at)].choices[choice];
  std::vector<Arrangement> all = layouts(at, own.tile, false), kept;
  for (Arrangement& arrangement : all) {
    price(at, arrangement, tile, own.tile);
    const auto covers = [&](const Arrangement& a, const Arrangement& b) {
      for (std::size_t t = 0; t < tensors.size(); ++t) {
        if (a.hops[t] > b.hops[t]) return false;
      }
      return true;
    };
    if (std::any_of(kept.begin(), kept.end(), [&](const Arrangement& other) { return covers(other, arrangement); }))
      continue;
    std::erase_if(kept, [&](const Arrangement& other) { return covers(arrangement, other); });
    kept.push_back(arrangement);
  }
  return kept;
}

std::size_t MapProblem::PlaceHash::operator()(const Place& place) const {
  std::uint64_t pattern = 0;
  for (std::size_t d = 0; d < place.extents.size(); ++d)
    pattern = pattern * 131 + static_cast<std::uint64_t>(place.extents[d]) * (d + 1);
  return (pattern * 0x9E3779B97F4A7C15ULL) ^ (static_cast<std::uint64_t>(place.level) << 56) ^ (place.choice << 24);
}

std::span<const Arrangement> MapProblem::arrangements(int at, std::size_t choice, TileLattice::Id tile) const {
  const MapLevel& own = level[static_cast<std::size_t>(at)];
  const SpatialChoice& picked = own.choices[choice];
  if (!own.wires) return {&picked.arrangement, 1};
  // Offsets coincide by the ratio of the steps of dimensions that share an axis; otherwise the tile does not matter.
  Place place{at, choice};
  const TileExtents &extents = lattice.extents(tile), &spatial = lattice.extents(picked.tile);
  unsigned shared = 0;
  for (const TensorReuse& tensor : tensors) shared |= tensor.separable() ? tensor.windowed() : tensor.relevant();
  for (std::size_t d = 0; d < merged.layer.dimensions.size(); ++d) {
    if ((shared >> d & 1U) != 0 && spatial[d] > 1) place.extents[d] = extents[d];
  }
  const std::lock_guard lock(mutex_);
  auto [found, added] = memo_.try_emplace(place);
  if (added) found->second = priced(at, choice, tile);
  return found->second;
}

}  // namespace dovetail
