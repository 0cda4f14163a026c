// A layer's energy and cycles on any machine, bounded from below (see the header).
#include <dovetail/engine/bound/layer_bound.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/engine/bound/boundary_cost.hpp>
#include <dovetail/engine/bound/mesh_tables.hpp>
#include <dovetail/engine/bound/tile_tables.hpp>
#include <dovetail/engine/map/keep_sets.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr std::size_t keep_limit = 64;
constexpr double rounding = 1.0 - 1e-9;

// Tensors of which a tile is no larger than the tiles that it is made of are together.
unsigned without_gaps(const Layer& layer) {
  unsigned found = 0;
  for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
    const auto plain = [](const Axis& axis) { return axis.size() == 1 && axis.front().coefficient == 1; };
    if (std::all_of(layer.tensors[t].axes.begin(), layer.tensors[t].axes.end(), plain)) found |= 1U << t;
  }
  return found;
}

// What the children of a fan-out hold together, `words` each.
Limit over(unsigned tensors, double words, const Sharing::Fan& fan) {
  words = std::floor(words * (1.0 + 1e-12));
  if (!fan.bound()) return {tensors, words * fan.children};
  return {tensors, words, fan.x, fan.y, fan.along_x, fan.along_y};
}

// Whether the rules leave a level no loops over time.
bool loopless(const Layer& layer, const LevelRules& rules) {
  const auto& most = rules.max_factor[static_cast<std::size_t>(Slot::temporal)];
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    if (layer.dimensions[d].extent > 1 && most[d] != 1) return false;
  }
  return true;
}

// Whether a tensor passes the level under the outermost one by, on its way to one further in.
bool passes(const std::vector<unsigned>& keep) {
  unsigned inner = 0;
  for (std::size_t i = 0; i + 2 < keep.size(); ++i) inner |= keep[i];
  return keep.size() > 1 && (keep.back() & ~keep[keep.size() - 2] & inner) != 0;
}

}  // namespace

struct LayerBound::Tables {
  explicit Tables(const Layer& asked) : layer(asked), tiles(asked), mesh(asked) {}
  CompulsoryCost bound(const Architecture& machine, const MappingRules& rules, const Sharing& sharing,
                       const std::vector<unsigned>& keep, const std::array<double, max_levels>& occupied, bool nearby,
                       SeenTiles& seen) const;

  CompulsoryCost quick(const Architecture& machine, const MappingRules& rules,
                       std::array<double, max_levels>& occupied) const;

  const Layer& layer;
  LayerTiles tiles;
  LayerMesh mesh;
};

CompulsoryCost LayerBound::Tables::bound(const Architecture& machine, const MappingRules& rules, const Sharing& sharing,
                                         const std::vector<unsigned>& keep,
                                         const std::array<double, max_levels>& occupied, bool nearby,
                                         SeenTiles& seen) const {
  const std::size_t levels = machine.levels.size(), tensors = tiles.tensors, written = tiles.written;
  const double whole_written = tiles.whole_written, written_reuse = tiles.written_reuse;
  const auto& [mesh_fans, share, fans, serves] = sharing;
  std::array<Spread, max_levels> spreads{};  // restricted axes of the fan-outs inside each level
  std::size_t masks = 0;
  for (std::size_t i = 0; i + 1 < levels; ++i) {
    spreads[i + 1] = spreads[i];
    for (const unsigned mask : {mesh_fans[i].along_x, mesh_fans[i].along_y}) {
      if (mask != 0) spreads[i + 1][masks++] = mask;
    }
  }
  std::vector<Boundary> boundaries(levels);
  const auto port = [&](const Level& level, std::size_t i, double rate) {
    const double each = rate / occupied[i];
    return Ports{level.read_bandwidth ? each / *level.read_bandwidth : 0.0,
                 level.write_bandwidth ? each / *level.write_bandwidth : 0.0,
                 level.shared_bandwidth ? each / *level.shared_bandwidth : 0.0};
  };
  for (std::size_t next = 0; next < levels; ++next) {  // the boundary between a level and the next one
    const Level& up = machine.levels[next];
    Boundary& b = boundaries[next];
    b.outermost = next + 1 == levels && next > 0 &&
                  fanout_x(machine, static_cast<int>(next)) * fanout_y(machine, static_cast<int>(next)) == 1;
    b.fan = std::max(b.fan, 1.0);
    if (next > 0) b.spread = spreads[next];
    if (next > 0) {
      const Level& own = machine.levels[next - 1];
      b.stored = keep[next - 1];
      b.capacity = {b.stored, static_cast<double>(usable_capacity(own).value_or(0))};
      if (!usable_capacity(own)) b.capacity = {};
      double least_rate = infinity;
      for (std::size_t t = 0; t < tensors; ++t) {
        const AccessCost access(own, layer, t);
        b.fill[t] = access.numerator / access.denominator * share[next - 1] * access.fill_pj;
        b.into[t] = port(own, next - 1, access.rate);
        if ((b.stored >> t & 1U) != 0) least_rate = std::min(least_rate, access.rate);
      }
      if (b.capacity.tensors != 0) b.capacity.words = std::floor(b.capacity.words / least_rate * (1.0 + 1e-12));
      if (next > 1 && loopless(layer, level_rules(rules, next - 1))) {
        const Level& beneath = machine.levels[next - 2];
        b.beyond.tensors = keep[next - 2] & without_gaps(layer);
        double rate = infinity;
        for (std::size_t t = 0; t < tensors; ++t) {
          if ((b.beyond.tensors >> t & 1U) != 0) rate = std::min(rate, AccessCost(beneath, layer.tensors[t]).rate);
        }
        if (!usable_capacity(beneath)) b.beyond.tensors = 0;
        if (b.beyond.tensors != 0)
          b.beyond = over(b.beyond.tensors, static_cast<double>(*usable_capacity(beneath)) / rate, mesh_fans[next - 1]);
      }
      b.fill_elided = whole_written * std::min(occupied[next - 1], written_reuse);
      // The nearest keeper inside, and what all of its instances under one child hold.
      for (std::size_t t = 0; t < tensors; ++t) {
        std::size_t held = next - 1;
        Sharing::Fan all;  // of the fan-outs between
        while (held > 0) {
          const Sharing::Fan& fan = mesh_fans[held];
          if (all.children == 1.0)
            all = fan;
          else if (fan.children > 1.0)
            all = {all.children * fan.children};
          if ((keep[held - 1] >> t & 1U) != 0) break;
          --held;
        }
        if (held == 0) continue;
        const auto capacity = usable_capacity(machine.levels[held - 1]);
        const double rate = AccessCost(machine.levels[held - 1], layer.tensors[t]).rate;
        const Limit together =
            capacity ? over(1U << t, static_cast<double>(*capacity) / rate, all) : Limit{1U << t, infinity};
        ((b.stored >> t & 1U) != 0 ? b.beneath : b.inner)[t] = together;
      }
    }
    for (std::size_t t = 0; t < tensors; ++t) {
      if ((keep[next] >> t & 1U) == 0) continue;
      std::size_t held = next;
      while (held > 0 && (keep[held - 1] >> t & 1U) == 0) --held;
      // A word of the outermost level that passes levels by may be counted where it arrives.
      const std::size_t at = nearby && next + 1 == levels && held > 0 ? held : next;
      Boundary& counted = boundaries[at];
      const unsigned bit = 1U << t;
      counted.crossing |= bit;
      counted.parent[t] = static_cast<int>(next);
      const AccessCost access(up, layer, t);
      const double word = access.numerator / access.denominator * share[next];
      counted.read[t] = word * access.read_pj;
      counted.update[t] = t == written ? word * access.update_pj : 0.0;
      counted.from[t] = port(up, next, access.rate);
      counted.elided[t] = whole_written * std::min(occupied[next], written_reuse);
      counted.served[t] = 1.0;
      double fan = 1.0;
      for (std::size_t i = held == 0 ? 0 : at; i <= next; ++i) {
        counted.served[t] *= serves[i][t];
        fan *= fans[i];
      }
      counted.fan = std::max(counted.fan, fan);
      if (held == 0) counted.unheld |= bit;
      if (next + 1 < levels) {
        // Its own fills, once at least.
        const Ports own = port(up, next, access.rate);
        const double words_in = t == written ? 0.0 : tiles.used[t];
        boundaries[next].busy.write += words_in * own.write;
        boundaries[next].busy.both += words_in * own.both;
      }
    }
  }
  std::vector<Inside> inside;
  inside.reserve(levels);
  for (std::size_t at = 0; at < levels; ++at) {
    if (boundaries[at].stored == 0 && boundaries[at].crossing == 0) {
      inside.push_back({0.0, inside.empty() ? 0.0 : inside.back().energy_inside,
                        inside.empty() ? 0.0 : inside.back().cycles_inside});
      continue;
    }
    inside.push_back(least_inside(tiles, boundaries, at, inside, sharing, seen));
  }
  return {inside.back().energy_inside, inside.back().cycles_inside};
}

LayerBound::LayerBound(Layer layer) : layer_(std::move(layer)) {}
LayerBound::~LayerBound() = default;

const LayerBound::Tables& LayerBound::tables() const {
  std::call_once(built_, [&] { tables_ = std::make_unique<const Tables>(layer_); });
  return *tables_;
}

CompulsoryCost LayerBound::quick(const Architecture& machine, const MappingRules& rules) const {
  std::array<double, max_levels> occupied{};
  return tables().quick(machine, rules, occupied);
}

// `occupied`: instances of each level that whole factors can occupy.
CompulsoryCost LayerBound::Tables::quick(const Architecture& machine, const MappingRules& rules,
                                         std::array<double, max_levels>& occupied) const {
  CompulsoryCost compulsory = compulsory_cost(layer, machine, rules);
  if (machine.link_transfers) return compulsory;
  double units = 1.0;  // of compute
  for (std::size_t i = machine.levels.size(); i-- > 0;) {
    occupied[i] = units;
    const LevelRules& own = level_rules(rules, i);
    const auto along = [&](Slot slot) {
      unsigned dimensions = 0;
      for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
        if (own.max_factor[static_cast<std::size_t>(slot)][d] != 1) dimensions |= 1U << d;
      }
      return dimensions;
    };
    units *= mesh.children(fanout_x(machine, static_cast<int>(i)), fanout_y(machine, static_cast<int>(i)),
                           along(Slot::spatial_x), along(Slot::spatial_y));
  }
  compulsory.cycles = std::max(compulsory.cycles, std::ceil(tiles.operations / units * rounding));
  return compulsory;
}

CompulsoryCost LayerBound::operator()(const Architecture& machine, const MappingRules& rules, Bypass bypass) const {
  const Tables& tables = this->tables();
  std::array<double, max_levels> occupied{};
  const CompulsoryCost compulsory = tables.quick(machine, rules, occupied);
  if (machine.link_transfers || !tables.tiles.usable) return compulsory;
  const std::vector<KeepChoice> choices = keep_choices(tables.tiles.tensors, machine.levels.size(), rules, bypass);
  std::size_t sets = 1;
  for (const KeepChoice& choice : choices) sets = std::min(keep_limit + 1, sets << __builtin_popcount(choice.optional));
  if (sets > keep_limit) return compulsory;
  const double arithmetic = tables.tiles.operations * compute_energy_per_op_pj(layer_, machine.compute);
  CompulsoryCost least{infinity, infinity};
  std::vector<unsigned> keep(choices.size());
  Sharing sharing = tables.mesh.sharing(machine, rules);
  std::size_t masks = 0;
  for (Sharing::Fan& fan : sharing.mesh) {
    for (unsigned* along : {&fan.along_x, &fan.along_y}) {
      *along = tables.tiles.restricted(*along);
      if (*along != 0 && ++masks > Spread{}.size()) *along = 0;  // more than tiles are compared by
    }
  }
  for (std::size_t n = 0; n < sets; ++n) {
    std::size_t bits = n;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      keep[i] = choices[i].must;
      for (unsigned t = 0; t < tables.tiles.tensors; ++t) {
        if ((choices[i].optional >> t & 1U) == 0) continue;
        if ((bits & 1U) != 0) keep[i] |= 1U << t;
        bits >>= 1U;
      }
    }
    // Each way of counting is a bound: the largest one.
    CompulsoryCost one{0.0, 0.0};
    SeenTiles seen;
    for (const bool nearby : {false, true}) {
      if (nearby && !passes(keep)) continue;
      const CompulsoryCost way = tables.bound(machine, rules, sharing, keep, occupied, nearby, seen);
      one.energy_pj = std::max(one.energy_pj, way.energy_pj);
      one.cycles = std::max(one.cycles, way.cycles);
    }
    least.energy_pj = std::min(least.energy_pj, one.energy_pj);
    least.cycles = std::min(least.cycles, one.cycles);
  }
  const double cycles = std::max(compulsory.cycles, least.cycles * rounding);
  const double idle = idle_pj_per_cycle(machine) * cycles;
  return {std::max(compulsory.energy_pj, (least.energy_pj + arithmetic + idle) * rounding), cycles};
}

}  // namespace dovetail
