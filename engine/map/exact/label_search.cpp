// The exact search: what labels cost, how they grow, when one replaces another.
#include <dovetail/engine/map/exact/label_search.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace dovetail {
namespace {}  // namespace

LabelSearch::LabelSearch(const MapProblem& problem, const LoopPlan& plan, const SearchCase& own,
                         const OutermostTables& outermost)
    : problem_(&problem),
      plan_(&plan),
      product_(problem.request.objective.energy_power == 1.0 && problem.request.objective.cycles_power == 1.0),
      bounds_(problem, own, outermost),
      toll_(own.toll) {
  root_.energy = problem.compute_pj;
  root_.compute = root_.cycles_low = root_.cycles_high = problem.macs;
  for (std::size_t t = 0; t < problem.tensors.size(); ++t) root_.flow[t] = problem.macs;
  Cutoff none;
  Label first = root_;
  if (problem.level.front().spatial) {
    // Before any decision: the best over the first fan-out, hops left out.
    root_bound_ = root_energy_ = root_cycles_ = infinity;
    for (std::size_t c = 0; c < problem.level.front().choices.size(); ++c) {
      Label label;
      if (!spread(root_, 0, c, problem.level.front().choices[c].arrangement, label)) continue;
      bound_before_loops(label, 0, none);
      root_bound_ = std::min(root_bound_, label.bound);
      root_energy_ = std::min(root_energy_, label.bound_energy);
      root_cycles_ = std::min(root_cycles_, label.bound_cycles);
    }
  } else {
    bound_before_loops(first, 0, none);
    root_bound_ = first.bound;
    root_energy_ = first.bound_energy;
    root_cycles_ = first.bound_cycles;
  }
}

namespace {

// Whether the same levels store a tensor from the first open boundary outwards: what is open then changes alike.
bool alike(const Label& a, const Label& b, std::size_t t) {
  std::uint32_t levels = 0;
  for (int i = std::countr_zero(static_cast<unsigned>(b.open[t])); i < max_levels; ++i)
    levels |= 1U << (i * max_tensors);
  return ((a.keep ^ b.keep) & levels << t) == 0;
}

}  // namespace

bool LabelSearch::hopeless(const Cutoff& cutoff, double energy, double cycles) const {
  if (!(value(cutoff, energy, cycles) < cutoff.objective * (1.0 - sum_rounding))) return true;
  if (cutoff.front) {
    for (const auto& [e, c] : cutoff.points) {
      if (e <= energy * (1.0 + sum_rounding) && c <= cycles + problem_->extra_cycles) return true;
    }
  }
  return false;
}

// Energy per cycle that a level and those above it leak.
double LabelSearch::leak_from(int level) const {
  double sum = 0.0;
  for (std::size_t i = static_cast<std::size_t>(level); i < problem_->level.size(); ++i)
    sum += problem_->level[i].leak_pj;
  return sum;
}

// Largest amount that first-read elision can still take from what the bound counts gross. Before the loops of a level,
// `copies_below` children at most, here and outside, hold partial sums of the same outputs.
double LabelSearch::elision_above(const Label& label, int level, bool before_loops, double copies_below) const {
  const MapProblem& p = *problem_;
  const auto w = static_cast<std::size_t>(p.written);
  const double words = p.whole_volume(p.written);
  const auto most = [&](int k) { return p.copies(p.level[static_cast<std::size_t>(k)].fan_above); };
  int from = before_loops ? level : level + 1;  // levels from here on are counted gross
  double total = 0.0;
  const bool fresh = from >= 1 && (kept_at(label.keep, from - 1) >> w & 1U) != 0;
  const unsigned open = label.open[w];
  const int lowest = open != 0 ? std::countr_zero(open) : fresh ? from - 1 : from;
  for (int k = lowest; k < from; ++k) {
    if ((kept_at(label.keep, k) >> w & 1U) == 0) continue;
    double copies = most(k);
    if (before_loops && k == level - 1) copies = std::min(copies, copies_below);
    const bool filled = !(bounds_.net() && fresh && k == from - 1);  // else its fills are net
    total += words * copies *
             ((filled ? p.level[static_cast<std::size_t>(k)].fill_pj[w] + more_fill_pj(label, k, w) : 0.0) +
              (k > lowest ? p.level[static_cast<std::size_t>(k)].read_pj[w] + more_read_pj(label, k, w) : 0.0));
  }
  if (bounds_.net()) return open != 0 ? total : 0.0;
  return total + (from >= 1 ? bounds_.elision(from - 1)
                            : bounds_.elision(0) + words * most(0) * (p.level[0].read_pj[w] + p.level[0].fill_pj[w]));
}

LabelSearch::Prospect LabelSearch::prospect(const Label& label, int level, unsigned keep) const {
  const MapProblem& p = *problem_;
  const auto j = static_cast<std::size_t>(level);
  const MapLevel& own = p.level[j];
  const TileLattice::Id a = label.tile;
  const TileLattice::Id s = own.spatial ? own.choices[label.choice].tile : 0;
  const TileLattice::Id m = a - s;
  const TileLattice::Id whole = p.lattice.whole();
  const auto w = static_cast<std::size_t>(p.written);
  const double rest = p.macs / p.lattice.volume(a);
  const double outside =
      p.lattice.rounds() ? own.fan_above : std::min(own.fan_above, std::max(1.0, p.reuse[whole][w] / p.reuse[a][w]));
  Prospect out;
  out.fixed = label.energy - label.elide * outside -
              elision_above(label, level, true, (own.spatial ? p.reuse[s][w] : 1.0) * outside);
  out.low_cycles = label.cycles_low;
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    const bool served = (keep >> t & 1U) != 0;
    const double price =
        served ? bounds_.keeper_pj(level, t) : bounds_.price_beyond(level, level, t, a, room(label, t));
    const bool fresh = level >= 1 && (kept_at(label.keep, level - 1) >> t & 1U) != 0;
    double energy = label.pending[t], flow = label.flow[t], share = label.least[t], filled = 0.0;
    const bool net = bounds_.net() && t == w;
    bool member = label.open[t] != 0, tabled = member;
    if (fresh) {
      const double slide = p.tensors[t].product() ? 1.0 : p.window_share(t, m);
      const double volume = p.volume[m][t];
      const double fills = filled = volume * p.lattice.volume(s) * rest * slide;
      flow = volume * p.groups(static_cast<int>(t), m, s) * rest * slide;
      // Deeper open boundaries stay in `energy`; they are open only while nothing has moved since.
      energy = (label.open[t] != 0 ? label.pending[t] * label.least[t] : 0.0) +
               (net ? 0.0 : fills * (p.level[j - 1].fill_pj[t] + more_fill_pj(label, level - 1, t)));
      share = p.reuse[a][t] / p.reuse[whole][t];
      member = tabled = true;
    } else if (member && !label.moved[t]) {
      const double slide = p.tensors[t].product() ? 1.0 : label.least[t];
      energy *= slide;
      flow *= slide;
      share = p.reuse[a][t] / p.reuse[whole][t];
    } else if (member) {
      // Only a window is still open: a fixed share remains.
      out.fixed +=
          net ? share * energy + bounds_.written_costs(0.0, flow, -1, level, level, served, a, room(label, t))(share)
              : share * (energy + flow * price);
      if (served) out.fixed_reads += share * flow * own.cost[t].rate;
      member = false;
      energy = flow = 0.0;
    } else {
      out.fixed +=
          net ? bounds_.written_costs(0.0, flow, -1, level, level, served, a, room(label, t))(1.0) : flow * price;
      if (served) out.fixed_reads += flow * own.cost[t].rate;
      energy = flow = 0.0;
    }
    if (net && member) {
      out.net = true;
      out.written =
          bounds_.written_costs(filled, flow, fresh ? level - 1 : -1, level, level, served, a, room(label, t));
    } else if (!net) {
      energy += flow * price;
    }
    if (served) out.reads[t] = flow * own.cost[t].rate;
    if (own.wires && level >= 1 && !inner_part(label, level, t)) {
      const double slide = p.tensors[t].product() ? 1.0 : p.window_share(t, m);
      const double hops = label.arrangement != nullptr ? label.arrangement->hops[t] : 0.0;
      energy += p.volume[m][t] * rest * hops * own.hop_pj * slide;
      if (!member) share = p.reuse[a][t] / p.reuse[whole][t];
      member = true;
    }
    if (!member) continue;
    out.members |= 1U << t;
    if (tabled && keeper_below(label.keep, level, t) >= 0) out.tabled |= 1U << t;
    out.least[t] = std::min(1.0, share);
    out.linear[t] = energy;
    out.reload[t] = energy;
    out.floor[t] = energy * out.least[t];
    if (net && out.net) {
      out.reload[t] += out.written(1.0);
      out.floor[t] += out.written(out.least[t]);
    }
  }
  // The written tensor's reads at the level may be elided.
  if ((keep >> w & 1U) != 0) {
    out.fixed_reads -= p.whole_volume(p.written) * own.cost[w].rate * outside;
  }
  return out;
}

bool LabelSearch::bound_before_loops(Label& label, int level, const Cutoff& cutoff) const {
  const MapProblem& p = *problem_;
  const auto j = static_cast<std::size_t>(level);
  const TileLattice::Id a = label.tile;
  const auto w = static_cast<std::size_t>(p.written);
  const double parallel = bounds_.parallel(level, a);
  const double leak_above = leak_from(level);
  double best = infinity, least_energy = infinity, least_cycles = infinity;
  bool lost = true;
  for (const unsigned keep : bounds_.sets(level)) {
    const Prospect next = prospect(label, level, keep);
    const double floor_cycles = std::max(next.low_cycles / parallel, bounds_.outer_cycles(level, keep, a));
    const auto consider = [&](double energy, double reads) {
      if (!(energy < infinity)) return;
      energy = std::max(energy, p.compute_pj);
      double cycles = floor_cycles;
      if (p.level[j].limited && p.exact)
        cycles = std::max(cycles, (reads + next.fixed_reads) / p.level[j].bandwidth.read / parallel);
      cycles = std::ceil(cycles * (1.0 - sum_rounding));
      energy += std::max(label.leak * next.low_cycles, label.leak * cycles) + leak_above * cycles;
      best = std::min(best, value(cutoff, energy, cycles));
      least_energy = std::min(least_energy, energy);
      least_cycles = std::min(least_cycles, cycles);
      lost = lost && hopeless(cutoff, energy, cycles);
    };
    double all = next.fixed, all_reads = 0.0, compulsory = next.fixed, compulsory_reads = 0.0;
    for (std::size_t t = 0; t < p.tensors.size(); ++t) {
      if ((next.members >> t & 1U) == 0) continue;
      all += next.reload[t];
      all_reads += next.reads[t];
      compulsory += next.floor[t];
      compulsory_reads += next.reads[t] * next.least[t];
    }
    if (level + 1 == p.levels) {
      // The whole nest is the only target.
      if (bounds_.disjoint()) {
        unsigned moved = 0;
        for (std::size_t t = 0; t < p.tensors.size(); ++t) {
          if ((next.members >> t & 1U) == 0) continue;
          const double share = next.least[t];
          // Tensors that the remaining loops do not move pay their compulsory share.
          const bool still = p.lattice.volume(p.lattice.whole()) / p.lattice.volume(a) ==
                             p.reuse[p.lattice.whole()][t] / p.reuse[a][t];
          if (still) {
            all -= next.saving(t, w);
            all_reads -= next.reads[t] * (1.0 - share);
          } else {
            moved |= 1U << t;
          }
        }
        const double out = bounds_.outer(level, keep, p.lattice.whole());
        if (moved == 0) consider(all + out, all_reads);
        for (std::size_t s = 0; s < p.tensors.size(); ++s) {
          if ((moved >> s & 1U) == 0) continue;
          const double share = 1.0 - next.least[s];
          consider(all - next.saving(s, w) + out, all_reads - next.reads[s] * share);
        }
      } else {
        consider(compulsory + bounds_.outer(level, keep, p.lattice.whole()), compulsory_reads);
      }
    } else if (!bounds_.disjoint()) {
      consider(compulsory + bounds_.stationary(level, keep, -1, level, a), compulsory_reads);
    } else if (next.members == 0) {
      consider(all + bounds_.stationary(level, keep, -1, level, a), all_reads);
    } else {
      consider(compulsory + bounds_.outer(level, keep, a), compulsory_reads);
      for (std::size_t s = 0; s < p.tensors.size(); ++s) {
        if ((next.members >> s & 1U) == 0) continue;
        const double energy = all - next.reload[s], reads = all_reads - next.reads[s];
        const int table = (next.tabled >> s & 1U) != 0 ? static_cast<int>(s) : -1;
        const int base = keeper_below(label.keep, level, s);
        consider(energy + bounds_.stationary(level, keep, table, base, a), reads);
        const double still = (next.tabled >> s & 1U) != 0 ? bounds_.unmoved(level, keep, table, a)
                                                          : bounds_.stationary(level, keep, -1, level, a);
        consider(energy + next.floor[s] + still, reads + next.reads[s] * next.least[s]);
      }
    }
  }
  label.bound = best;
  label.bound_energy = least_energy;
  label.bound_cycles = least_cycles;
  return !lost;
}

bool LabelSearch::bound_after_loops(Label& label, int level, const Cutoff& cutoff) const {
  const MapProblem& p = *problem_;
  if (level + 1 == p.levels) {
    double energy = label.energy - label.elide;
    for (std::size_t t = 0; t < p.tensors.size(); ++t) energy += label.pending[t];
    const double cycles = std::ceil(label.cycles_low * (1.0 - sum_rounding));
    energy += label.leak * cycles;
    label.bound = value(cutoff, energy, cycles);
    label.bound_energy = energy;
    label.bound_cycles = cycles;
    return !hopeless(cutoff, energy, cycles);
  }
  if (!p.level[static_cast<std::size_t>(level) + 1].spatial) return bound_before_loops(label, level + 1, cutoff);
  const TileLattice::Id m = label.tile, whole = p.lattice.whole();
  const unsigned keep = kept_at(label.keep, level);
  const auto w = static_cast<std::size_t>(p.written);
  const double outside =
      std::min(p.level[static_cast<std::size_t>(level)].fan_above, std::max(1.0, p.reuse[whole][w] / p.reuse[m][w]));
  double energy =
      label.energy - label.elide * outside - elision_above(label, level, false, 0.0) + bounds_.outer(level, keep, m);
  if (!(energy < infinity)) return false;
  energy -= bounds_.charge(level, keep, m);  // the label paid
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    const bool kept = (keep >> t & 1U) != 0;
    double share = 1.0;
    if (label.open[t] != 0)
      share = label.moved[t] ? label.least[t] : label.least[t] * p.reuse[m][t] / p.reuse[whole][t];
    energy += share * label.pending[t];
    if (kept) continue;
    energy += bounds_.net() && t == w
                  ? bounds_.written_costs(0.0, label.flow[t], -1, level, level, false, m, room(label, t))(share)
                  : share * label.flow[t] * bounds_.price_beyond(level, level, t, m, room(label, t));
  }
  const double leak_above = leak_from(level + 1);
  const double cycles =
      std::ceil(std::max(label.cycles_low / bounds_.parallel(level, m), bounds_.outer_cycles(level, keep, m)) *
                (1.0 - sum_rounding));
  energy += std::max(label.leak * label.cycles_low, label.leak * cycles) + leak_above * cycles;
  label.bound = value(cutoff, energy, cycles);
  label.bound_energy = energy;
  label.bound_cycles = cycles;
  return !hopeless(cutoff, energy, cycles);
}

void LabelSearch::measure(Label& label, int level, const Traffic* with_open) const {
  const MapProblem& p = *problem_;
  const auto w = static_cast<std::size_t>(p.written);
  const double outside = std::min(p.level[static_cast<std::size_t>(level)].fan_above,
                                  std::max(1.0, p.reuse[p.lattice.whole()][w] / p.reuse[label.tile][w]));
  double low = label.compute, high = label.compute;
  for (int i = 0; i <= level; ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (!p.level[k].limited || p.level[k].port != i) continue;
    const Bandwidth& port = p.level[k].bandwidth;
    const auto cycles = [&](double all_reads, double all_writes, double copies) {
      const double reads = all_reads - label.part_reads[k] * copies,
                   writes = all_writes - label.part_writes[k] * copies;
      return std::max({reads / port.read, writes / port.write, (reads + writes) / port.shared});
    };
    low = std::max(low, cycles(label.reads[k], label.writes[k], outside));
    const double most = with_open != nullptr ? cycles(with_open->reads[k], with_open->writes[k], 1.0)
                                             : cycles(label.reads[k], label.writes[k], 1.0);
    // Timeloop's order of operations may round one cycle up where the port is the limit.
    if (most >= label.compute * (1.0 - 1e-9))
      high = std::max(high, most + p.level[static_cast<std::size_t>(level)].fan_above);
  }
  label.cycles_low = low;
  label.cycles_high = high;
}

bool LabelSearch::dominates(const Label& a, const Label& b, int level, bool temporal) const {
  const MapProblem& p = *problem_;
  const MappingObjective& objective = p.request.objective;
  bool any_open = false;
  for (std::size_t t = 0; t < p.tensors.size(); ++t) any_open = any_open || a.open[t] != 0 || b.open[t] != 0;
  const bool timed = objective.cycles_power != 0.0 || p.has_leak || p.request.front;
  if (timed && !(a.cycles_high <= b.cycles_low) &&
      (any_open || a.traffic_key != b.traffic_key || a.compute != b.compute)) {
    // With open boundaries equal keys are not enough: compare the open parts as well.
    if (!any_open || a.traffic_key != b.traffic_key || a.compute != b.compute) return false;
    for (std::size_t t = 0; t < p.tensors.size(); ++t) {
      if (a.open[t] != b.open[t] || a.moved[t] != b.moved[t] || a.pending[t] != b.pending[t]) return false;
      if (a.open[t] != 0 && !p.tensors[t].product()) return false;
    }
  }
  if (a.leak > b.leak) return false;
  if (a.stacked_words > b.stacked_words || (a.stacked_loops & ~b.stacked_loops) != 0) return false;
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    // A completion of b within the case must be one of a, too.
    if (a.shared[t] > b.shared[t] * (1.0 + 1e-12) && bounds_.binding(level, t, a.shared[t])) return false;
  }
  const bool priced = objective.energy_power != 0.0 || p.request.front;
  double difference = a.energy - b.energy;
  if (a.slack_key != b.slack_key) difference += a.slack;
  const auto w = static_cast<std::size_t>(p.written);
  const double outside = std::min(p.level[static_cast<std::size_t>(level)].fan_above,
                                  std::max(1.0, p.reuse[p.lattice.whole()][w] / p.reuse[a.tile][w]));
  const double elided = a.elide - b.elide;
  difference += std::max(-elided, -elided * outside);
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    const bool kept = temporal && (kept_at(a.keep, level) >> t & 1U) != 0;
    // Before the loops of a level, a tensor kept just below has a fresh boundary; its tile differs with the choice.
    const bool same = a.open[t] == b.open[t] && p.tensors[t].product() && alike(a, b, t);
    if (b.open[t] == 0) {
      difference += a.pending[t];
    } else {
      difference += same ? std::max(0.0, a.pending[t] - b.pending[t]) : a.pending[t];
    }
    if (!kept) {
      if (b.open[t] != 0 && !same) {
        if (a.flow[t] > 0.0) return false;
      } else if (a.flow[t] > b.flow[t]) {
        return false;
      }
    }
  }
  if (!temporal && !replaces_fresh(a, b, level, priced, timed, difference)) return false;
  return !priced || difference <= 1e-12 * std::abs(b.energy);
}

// Before the loops of a level with a fan-out, what its children hold differs between labels of one tile: every word of
// the tile, and every renewed part of a window, may be moved up to `rest` times for each child and each group.
bool LabelSearch::replaces_fresh(const Label& a, const Label& b, int level, bool priced, bool timed,
                                 double& difference) const {
  const MapProblem& p = *problem_;
  const MapLevel& own = p.level[static_cast<std::size_t>(level)];
  if (level == 0 || !own.spatial || (a.choice == b.choice && a.arrangement == b.arrangement)) return true;
  const MapLevel& child = p.level[static_cast<std::size_t>(level) - 1];
  const double rest = p.macs / p.lattice.volume(a.tile);
  const double children_a = own.choices[a.choice].children, children_b = own.choices[b.choice].children;
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    const bool fresh = (kept_at(a.keep, level - 1) >> t & 1U) != 0;
    if (!fresh && !own.wires) continue;
    if (inner_part(a, level, t) || inner_part(b, level, t)) {
      // Settled ones have paid for their hops; what others will pay depends on the layout.
      if (a.open[t] != 0 || b.open[t] != 0 || !inner_part(a, level, t) || !inner_part(b, level, t)) return false;
      continue;
    }
    if (!p.tensors[t].separable() || p.windows.size() > static_cast<std::size_t>(max_windows)) return false;
    const std::vector<MapBounds::Keeper>& keepers = bounds_.keepers(level - 1, t);
    // Where several levels may be the parent, or one further out, less flow is better wherever it goes.
    // or where it charges tolls.
    const bool settled = keepers.size() == 1 && keepers.front().level == level && !tolled(level);
    const double price = keepers.front().pj;
    const double hops_a = own.wires ? a.arrangement->hops[t] * own.hop_pj : 0.0;
    const double hops_b = own.wires ? b.arrangement->hops[t] * own.hop_pj : 0.0;
    double worst = 0.0;
    const auto compare = [&](double share_a, double share_b) {
      double own_a = a.tile_words[t] / children_a * share_a * hops_a,
             own_b = b.tile_words[t] / children_b * share_b * hops_b;
      if (fresh) {
        const double fills_a = a.tile_words[t] * share_a, fills_b = b.tile_words[t] * share_b;
        const double flow_a = a.group_words[t] * share_a, flow_b = b.group_words[t] * share_b;
        own_a += fills_a * (child.fill_pj[t] + more_fill_pj(a, level - 1, t)) + flow_a * price;
        own_b += fills_b * (child.fill_pj[t] + more_fill_pj(b, level - 1, t)) + flow_b * price;
        if (timed) {
          for (const MapBounds::Keeper& keeper : keepers) {
            if (p.level[static_cast<std::size_t>(keeper.level)].limited && flow_a > flow_b) return false;
          }
          if (child.limited && fills_a / children_a > fills_b / children_b) return false;
        }
        // The price falls with multicast further out: the flow must not be traded for fills.
        if (!settled && flow_a > flow_b) return false;
        if (!settled) own_a -= flow_a * price, own_b -= flow_b * price;
      }
      worst = std::max(worst, own_a - own_b);
      return true;
    };
    if (!compare(1.0, 1.0)) return false;
    for (std::size_t k = 0; k < p.windows.size(); ++k) {
      if (p.windows[k].first == static_cast<int>(t) && !compare(a.renewed[k], b.renewed[k])) return false;
    }
    difference += worst * rest;
    if (fresh && priced) {
      // Rounding to blocks, where counts per instance are not known yet.
      if (!child.top && child.cost[t].denominator != 1.0) difference += child.fan_above * child.cost[t].fill_pj;
      double rounded = 0.0;
      for (const MapBounds::Keeper& keeper : keepers) {
        const MapLevel& up = p.level[static_cast<std::size_t>(keeper.level)];
        if (!up.top && up.cost[t].denominator != 1.0)
          rounded = std::max(rounded, up.fan_above * (up.cost[t].read_pj + up.cost[t].update_pj));
      }
      difference += rounded;
    }
  }
  return true;
}

void LabelSearch::add(std::vector<Label>& front, const Label& label, int level, bool temporal) const {
  for (const Label& other : front) {
    if (dominates(other, label, level, temporal)) return;
  }
  std::erase_if(front, [&](const Label& other) { return dominates(label, other, level, temporal); });
  front.push_back(label);
}

}  // namespace dovetail
