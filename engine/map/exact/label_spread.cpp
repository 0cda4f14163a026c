// Labels spread over the fan-out of a level: a screen from what a source alone tells, then the labels themselves.
#include <algorithm>
#include <atomic>
#include <cmath>

#include <dovetail/engine/map/exact/label_search.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

// Of each tensor the least share of children with different data, whatever tile they hold.
std::array<double, max_tensors> least_groups(const MapProblem& problem, const SpatialChoice& choice) {
  std::array<double, max_tensors> shares{};
  for (std::size_t t = 0; t < problem.tensors.size(); ++t)
    shares[t] =
        problem.links ? 0.0 : problem.tensors[t].least_groups(problem.lattice.extents(choice.tile)) / choice.children;
  return shares;
}

}  // namespace

LabelSearch::Outlook LabelSearch::outlook(const Label& source, int level, unsigned keep) const {
  const MapProblem& p = *problem_;
  const auto j = static_cast<std::size_t>(level);
  const MapLevel& own = p.level[j];
  const TileLattice::Id m = source.tile, whole = p.lattice.whole();
  const auto w = static_cast<std::size_t>(p.written);
  const double per_operation = p.macs / p.lattice.volume(m);
  const double most = own.choices.empty() ? 1.0 : own.choices.front().children;
  // Children here and outside that may hold partial sums of the same outputs.
  const double copies = std::min(own.fan_above * most, std::max(1.0, p.reuse[whole][w] / p.reuse[m][w]));
  Outlook out;
  out.fixed = source.energy - source.elide * copies - elision_above(source, level, true, copies);
  out.leak = source.leak;
  out.cycles = source.cycles_low;
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    const bool served = (keep >> t & 1U) != 0;
    const double price =
        served ? bounds_.keeper_pj(level, t) : bounds_.price_beyond(level, level, t, m, room(source, t));
    const bool fresh = level >= 1 && (kept_at(source.keep, level - 1) >> t & 1U) != 0;
    const bool open = source.open[t] != 0;
    double flow = source.flow[t], filled = 0.0;
    bool member = open;
    const bool net = bounds_.net() && t == w;
    if (fresh) {
      const double slide =
          p.tensors[t].product() ? 1.0 : p.tensors[t].window_share(p.lattice.extents(m), p.lattice.extents(whole));
      flow = p.volume[m][t] * per_operation * slide;
      out.start[t] = open ? source.pending[t] * source.least[t] : 0.0;
      if (net)
        filled = flow;
      else
        out.start[t] += flow * (p.level[j - 1].fill_pj[t] + more_fill_pj(source, level - 1, t));
      member = true;
    } else if (open && !source.moved[t]) {
      const double slide = p.tensors[t].product() ? 1.0 : source.least[t];
      out.start[t] = source.pending[t] * slide;
      flow *= slide;
    } else if (open) {
      out.start[t] = source.pending[t] * source.least[t];
      flow *= source.least[t];
      member = false;
    }
    out.price[t] = flow * price;
    if (net) {
      out.net = true;
      out.written =
          bounds_.written_costs(filled, flow, fresh ? level - 1 : -1, level, level, served, m, room(source, t));
    }
    if (served) out.reads[t] = flow * own.cost[t].rate;
    if (!member) continue;
    out.members |= 1U << t;
    if (keeper_below(source.keep, level, t) >= 0) out.tabled |= 1U << t;
    out.still[t] = p.reuse[m][t] / p.reuse[whole][t];
  }
  if ((keep >> w & 1U) != 0) out.elided_reads = p.whole_volume(p.written) * own.cost[w].rate * copies;
  return out;
}

// The cases of bound_before_loops, from below: groups of children by their least number, no hops, no sum_rounding up.
bool LabelSearch::screened(const Outlook& from, const std::array<double, max_tensors>& groups, int level, unsigned keep,
                           const Label& source, const SpatialChoice& choice, const Cutoff& cutoff) const {
  const MapProblem& p = *problem_;
  if (level + 1 == p.levels || !bounds_.disjoint()) return false;
  const MapLevel& own = p.level[static_cast<std::size_t>(level)];
  const TileLattice::Id a = source.tile + choice.tile;
  const double parallel = bounds_.parallel(level, a);
  const double low_cycles = from.cycles / choice.children;
  const double floor_cycles = std::max(low_cycles / parallel, bounds_.outer_cycles(level, keep, a));
  const double leak = from.leak * choice.children, leak_above = leak_from(level);
  const bool limited = own.limited && p.exact;
  const auto lost = [&](double energy, double reads) {
    energy = std::max(energy, p.compute_pj);
    double cycles = floor_cycles;
    if (limited) cycles = std::max(cycles, reads / own.bandwidth.read / parallel);
    cycles *= 1.0 - sum_rounding;
    energy += std::max(leak * low_cycles, leak * cycles) + leak_above * cycles;
    return hopeless(cutoff, energy, cycles);
  };
  double all = from.fixed, reads = -from.elided_reads, least = all, least_reads = reads;
  std::array<double, max_tensors> reload{}, words{}, still{}, floor{};
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    const bool net = from.net && static_cast<int>(t) == p.written;
    reload[t] = from.start[t] + (net ? from.written(1.0, groups[t]) : from.price[t] * groups[t]);
    words[t] = from.reads[t] * groups[t];
    still[t] = (from.members >> t & 1U) != 0 ? std::min(1.0, from.still[t] * p.reuse[choice.tile][t]) : 1.0;
    floor[t] = net ? from.start[t] * still[t] + from.written(still[t], groups[t]) : reload[t] * still[t];
    all += reload[t];
    reads += words[t];
    least += floor[t];
    least_reads += words[t] * still[t];
  }
  if (!lost(least + bounds_.outer(level, keep, a), least_reads)) return false;
  if ((own.wires || from.members == 0) && !lost(all + bounds_.stationary(level, keep, -1, level, a), reads))
    return false;
  for (std::size_t s = 0; s < p.tensors.size(); ++s) {
    if ((from.members >> s & 1U) == 0) continue;
    const bool tabled = (from.tabled >> s & 1U) != 0;
    const int base = keeper_below(source.keep, level, s);
    const double energy = all - reload[s], rest = reads - words[s];
    if (!lost(energy + bounds_.stationary(level, keep, tabled ? static_cast<int>(s) : -1, base, a), rest)) return false;
    const double outside =
        tabled ? bounds_.unmoved(level, keep, static_cast<int>(s), a) : bounds_.stationary(level, keep, -1, level, a);
    if (!lost(energy + floor[s] + outside, rest + words[s] * still[s])) return false;
  }
  return true;
}

void LabelSearch::spread_stage(const std::vector<Stage>& stages, int level, const Cutoff& cutoff,
                               const SearchLimits& limits, Stage& out, bool& stopped) const {
  const MapProblem& p = *problem_;
  const MapLevel& own = p.level[static_cast<std::size_t>(level)];
  const std::vector<const Label*> from = sources(stages);
  std::vector<std::vector<Label>> found(pieces);
  std::atomic<bool> halt = false;
  const TileLattice::Key whole = p.lattice.key(p.lattice.whole());
  std::vector<TileLattice::Key> keys;
  std::vector<std::array<double, max_tensors>> shares;
  for (const SpatialChoice& choice : own.choices) {
    keys.push_back(p.lattice.key(choice.tile));
    shares.push_back(least_groups(p, choice));
  }
  parallel_for(pieces, limits.threads, [&](std::size_t index) {
    const auto [begin, end] = piece(from.size(), index);
    std::vector<Label>& mine = found[index];
    Label grown;
    for (std::size_t n = begin; n < end && !halt; ++n) {
      const Label& source = *from[n];
      if (limits.expired && limits.expired()) halt = true;
      const TileLattice::Key room = whole - p.lattice.key(source.tile);
      const std::vector<unsigned>& sets = bounds_.sets(level);
      std::array<Outlook, std::size_t{1} << max_tensors> ahead;
      for (std::size_t k = 0; k < sets.size(); ++k) ahead[k] = outlook(source, level, sets[k]);
      const double parallel = bounds_.parallel(level, source.tile);
      for (std::size_t c = 0; c < own.choices.size(); ++c) {
        const SpatialChoice& choice = own.choices[c];
        // Choices come by descending children: with too few, no completion is fast enough.
        if (hopeless(cutoff, source.bound_energy > 0.0 ? std::min(source.bound_energy, infinity) : 0.0,
                     std::ceil(source.compute / choice.children / parallel * (1.0 - 1e-11)))) {
          break;
        }
        if (!p.lattice.divides(keys[c], room)) continue;
        bool open = false;
        for (std::size_t k = 0; k < sets.size() && !open; ++k)
          open = !screened(ahead[k], shares[c], level, sets[k], source, choice, cutoff);
        if (!open) continue;
        if (own.wires) {
          // Without hops first: they need the layouts of the choice.
          if (!spread(source, level, c, choice.arrangement, grown)) continue;
          if (!bound_before_loops(grown, level, cutoff)) continue;
        }
        for (const Arrangement& arrangement : p.arrangements(level, c, source.tile)) {
          if (!spread(source, level, c, arrangement, grown)) break;
          if (!bound_before_loops(grown, level, cutoff)) continue;
          grown.parent = &source;
          mine.push_back(grown);
        }
      }
      if (mine.size() > limits.labels) halt = true;
    }
  });
  stopped = halt;
  // Dominance among labels of one tile.
  std::vector<const Label*> all;
  for (const auto& part : found) {
    for (const Label& label : part) all.push_back(&label);
  }
  // Of one tile, and of one keep set just below, whose boundary the next loops move.
  const auto stored = [&](const Label* label) { return level >= 1 ? kept_at(label->keep, level - 1) : 0U; };
  std::stable_sort(all.begin(), all.end(), [&](const Label* a, const Label* b) {
    if (a->tile != b->tile) return a->tile < b->tile;
    if (stored(a) != stored(b)) return stored(a) < stored(b);
    return a->bound < b->bound;
  });
  std::vector<std::size_t> starts;
  for (std::size_t n = 0; n < all.size(); ++n) {
    if (n == 0 || all[n]->tile != all[n - 1]->tile || stored(all[n]) != stored(all[n - 1])) starts.push_back(n);
  }
  starts.push_back(all.size());
  const std::size_t groups = starts.size() - 1;
  out.parts.resize(pieces);
  parallel_for(pieces, limits.threads, [&](std::size_t index) {
    const auto [begin, end] = piece(groups, index);
    std::vector<Label>& mine = out.parts[index];
    std::vector<Label> front;
    for (std::size_t g = begin; g < end; ++g) {
      front.clear();
      for (std::size_t n = starts[g]; n < starts[g + 1]; ++n) add(front, *all[n], level, false);
      mine.insert(mine.end(), front.begin(), front.end());
    }
  });
  out.list();
}

}  // namespace dovetail
