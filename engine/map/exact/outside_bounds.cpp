// Lower bounds of everything outside a tile (see the header).
#include <dovetail/engine/map/exact/outside_bounds.hpp>

#include <algorithm>
#include <limits>

#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Tiles that an inner level can hold.
std::vector<TileLattice::Id> fitting(const MapProblem& problem, int j, unsigned keep) {
  const MapLevel& level = problem.level[static_cast<std::size_t>(j)];
  std::vector<TileLattice::Id> tiles;
  for (std::size_t n = 0; n < problem.lattice.size(); ++n) {
    const auto id = static_cast<TileLattice::Id>(n);
    const double words = problem.words(j, keep, id);
    if (words <= level.capacity && words >= level.least_words) tiles.push_back(id);
  }
  return tiles;
}

OutermostCosts outermost(const MapProblem& p, unsigned keep) {
  const auto i = static_cast<std::size_t>(p.levels - 2);
  OutermostCosts costs;
  costs.tiles = fitting(p, p.levels - 2, keep);
  const TileLattice::Id whole = p.lattice.whole();
  const TileExtents& full = p.lattice.extents(whole);
  costs.energy.assign(p.lattice.size(), infinity);
  costs.cycles.assign(p.lattice.size(), infinity);
  const MapLevel& dram = p.level.back();
  const auto w = static_cast<std::size_t>(p.written);
  const auto price = [&](TileLattice::Id id) {
    std::array<ReuseLoop, max_dimensions> loops;
    const TileExtents& tile = p.lattice.extents(id);
    unsigned active = 0;
    for (std::size_t d = 0; d < p.merged.layer.dimensions.size(); ++d)
      active |= full[d] > tile[d] ? 1U << d : 0U;
    const double rest = p.macs / p.lattice.volume(id);
    double best = infinity, least_cycles = infinity;
    for (const LoopOrder& order : p.orders.back()->get(keep, active)) {
      for (int k = 0; k < order.count; ++k) {
        const std::size_t d = order.dimension[static_cast<std::size_t>(k)];
        loops[static_cast<std::size_t>(k)] = {static_cast<int>(d), full[d] / tile[d], tile[d]};
      }
      double energy = 0.0, reads = 0.0, writes = 0.0;
      for (std::size_t t = 0; t < p.tensors.size(); ++t) {
        double words = p.tensors[t].touched(full);
        if ((keep >> t & 1U) != 0) {
          const Reuse reuse = p.tensors[t].walk(tile, loops.data(), order.count);
          const double per_instance = reuse.closed_words() / [&] {
            double steps = 1.0;
            for (int k = 0; k < order.count; ++k)
              steps *= static_cast<double>(loops[static_cast<std::size_t>(k)].factor);
            return steps;
          }();
          words = per_instance * rest;
          energy += words * (p.level[i].fill_pj[t] + dram.read_pj[t] + (t == w ? dram.update_pj[t] : 0.0));
        }
        reads += words * dram.cost[t].rate;
        if (t == w) {
          writes += words * dram.cost[t].rate;
          reads -= p.whole_volume(p.written) * dram.cost[t].rate;
        }
      }
      best = std::min(best, energy);
      least_cycles =
          std::min(least_cycles, std::max({reads / dram.bandwidth.read, writes / dram.bandwidth.write,
                                           (reads + writes) / dram.bandwidth.shared}));
    }
    costs.energy[id] = best;
    costs.cycles[id] = least_cycles;
  };
  in_pieces(costs.tiles.size(), p.request.threads, [&](std::size_t n) { price(costs.tiles[n]); });
  p.lattice.minimum_over_multiples(costs.cycles, ~0U);
  return costs;
}

}  // namespace

OutermostTables outermost_tables(const MapProblem& problem, const std::vector<KeepSets>& choices) {
  OutermostTables tables;
  if (problem.levels < 2 || problem.level.back().spatial) return tables;
  for (const KeepSets& keep : choices) tables[keep[static_cast<std::size_t>(problem.levels) - 2]];
  std::vector<OutermostTables::iterator> places;
  for (auto at = tables.begin(); at != tables.end(); ++at) places.push_back(at);
  parallel_for(places.size(), problem.request.threads,
               [&](std::size_t n) { places[n]->second = outermost(problem, places[n]->first); });
  return tables;
}

MapBounds::MapBounds(const MapProblem& problem, const KeepSets& sets, const OutermostTables& tables)
    : keep(sets), problem_(&problem) {
  const auto levels = static_cast<std::size_t>(problem.levels);
  const std::size_t tensors = problem.tensors.size();
  below_.resize(levels + 1);
  above_.resize(levels + 1);
  for (std::size_t t = 0; t < tensors; ++t) {
    int last = -1;
    for (std::size_t j = 0; j <= levels; ++j) {
      below_[j][t] = last;
      if (j < levels && (keep[j] >> t & 1U) != 0) last = static_cast<int>(j);
    }
    int next = problem.levels - 1;
    for (std::size_t j = levels; j-- > 0;) {
      if ((keep[j] >> t & 1U) != 0) next = static_cast<int>(j);
      above_[j][t] = next;  // above_[j + 1] belongs to level j: first keeper at j + 1 or further out
    }
    above_[levels][t] = problem.levels - 1;
  }
  unsigned seen = 0;
  const unsigned all = (1U << problem.merged.layer.dimensions.size()) - 1U;
  for (const TensorReuse& tensor : problem.tensors) {
    unsigned still = all & ~tensor.relevant();
    for (std::size_t d = 0; d < problem.merged.layer.dimensions.size(); ++d) {
      if (problem.merged.layer.dimensions[d].extent == 1) still &= ~(1U << d);
    }
    if ((seen & still) != 0) disjoint_ = false;
    seen |= still;
  }
  children_above_.assign(levels, 1.0);
  for (std::size_t j = levels - 1; j-- > 0;) {
    const MapLevel& above = problem.level[j + 1];
    children_above_[j] =
        children_above_[j + 1] * (above.choices.empty() ? 1.0 : above.choices.front().children);
  }
  const auto w = static_cast<std::size_t>(problem.written);
  elision_.assign(levels, 0.0);
  for (std::size_t j = levels - 1; j-- > 0;) {
    elision_[j] = elision_[j + 1];
    if ((keep[j + 1] >> w & 1U) == 0) continue;
    const double most = std::min(problem.level[j + 1].fan_above, problem.reuse[problem.lattice.whole()][w]);
    elision_[j] +=
        problem.whole_volume(problem.written) * most *
        (problem.level[j + 1].read_pj[w] + (j + 2 < levels ? problem.level[j + 1].fill_pj[w] : 0.0));
  }
  tiles_.resize(levels);
  for (std::size_t j = 0; j < levels; ++j) {
    if (j + 1 == levels) {
      const MapLevel& level = problem.level[j];
      const double words = problem.words(static_cast<int>(j), keep[j], problem.lattice.whole());
      if (words <= level.capacity && words >= level.least_words) tiles_[j].push_back(problem.lattice.whole());
    } else {
      tiles_[j] = fitting(problem, static_cast<int>(j), keep[j]);
    }
  }
  outer_.resize(levels);
  stationary_.resize(levels);
  unmoved_.resize(levels);
  cycles_.assign(problem.lattice.size(), 0.0);
  outer_[levels - 1].assign(problem.lattice.size(), infinity);
  for (const TileLattice::Id id : tiles_[levels - 1]) outer_[levels - 1][id] = 0.0;
  for (int j = problem.levels - 1; j >= 0; --j) {
    if (j + 2 == problem.levels && !problem.level.back().spatial) {
      const OutermostCosts& costs = tables.at(keep[static_cast<std::size_t>(j)]);
      outer_[static_cast<std::size_t>(j)] = costs.energy;
      cycles_ = costs.cycles;
    } else if (j + 1 < problem.levels) {
      inner(j);
    }
    sweeps(j);
  }
}

double MapBounds::parallel(int j, TileLattice::Id m) const {
  return std::min(children_above_[static_cast<std::size_t>(j)], problem_->macs / problem_->lattice.volume(m));
}

double MapBounds::multicast(int j, int last, std::size_t t, TileLattice::Id m) const {
  double most = 1.0;
  for (int i = j + 1; i <= last; ++i) {
    const MapLevel& level = problem_->level[static_cast<std::size_t>(i)];
    if (level.spatial) most *= level.choices.empty() ? 1.0 : level.choices.front().children;
  }
  if (most == 1.0) return 1.0;
  const TensorReuse& tensor = problem_->tensors[t];
  const TileLattice::Id whole = problem_->lattice.whole();
  if (tensor.product()) return std::min(most, problem_->reuse[whole][t] / problem_->reuse[m][t]);
  return most;  // sliding windows may share data diagonally
}

void MapBounds::inner(int j) {
  const MapProblem& p = *problem_;
  const auto i = static_cast<std::size_t>(j);
  const TileLattice::Id whole = p.lattice.whole();
  outer_[i].assign(p.lattice.size(), infinity);
  const MapLevel& next = p.level[i + 1];
  const std::int64_t fan = next.spatial ? next.fan_x * next.fan_y : 1;
  // Tiles of level j + 1 that only grow by the fan-out (case 3), or by it and the unmoving dimensions of s (case 2).
  std::vector<double> still;
  std::vector<std::vector<double>> unmoved(p.tensors.size());
  parallel_for(p.tensors.size() + 1, p.request.threads, [&](std::size_t n) {
    if (n == p.tensors.size()) {
      still = outer_[i + 1];
      p.lattice.minimum_over_multiples_within(still, fan);
    } else if ((keep[i] >> n & 1U) != 0) {
      unmoved[n] = unmoved_[i + 1][n];
      p.lattice.minimum_over_multiples_within(unmoved[n], fan);
    }
  });
  const auto price = [&](TileLattice::Id m) {
    std::array<double, max_tensors> reload{}, compulsory{};
    double all = 0.0, least = 0.0;
    for (std::size_t t = 0; t < p.tensors.size(); ++t) {
      if ((keep[i] >> t & 1U) == 0) continue;
      const double share = p.tensors[t].product()
                               ? 1.0
                               : p.tensors[t].window_share(p.lattice.extents(m), p.lattice.extents(whole));
      const double words = p.volume[m][t] * p.macs / p.lattice.volume(m) * share;
      const double energy =
          words * (p.level[i].fill_pj[t] + parent_pj(j, t) / multicast(j, above(j, t), t, m));
      reload[t] = energy;
      compulsory[t] = energy * p.reuse[m][t] / p.reuse[whole][t];
      all += energy;
      least += compulsory[t];
    }
    double best = infinity;
    if (!disjoint_) {
      best = least + stationary(j + 1, -1, m);
    } else if (keep[i] == 0) {
      best = stationary(j + 1, -1, m);
    } else {
      best = least + still[m];
      for (std::size_t s = 0; s < p.tensors.size(); ++s) {
        if ((keep[i] >> s & 1U) == 0) continue;
        best = std::min(best, all - reload[s] + stationary(j + 1, static_cast<int>(s), m));
        best = std::min(best, all - reload[s] + compulsory[s] + unmoved[s][m]);
      }
    }
    outer_[i][m] = best;
  };
  in_pieces(tiles_[i].size(), p.request.threads, [&](std::size_t n) { price(tiles_[i][n]); });
}

void MapBounds::sweeps(int j) {
  const MapProblem& p = *problem_;
  const auto i = static_cast<std::size_t>(j);
  const TileLattice::Id whole = p.lattice.whole();
  stationary_[i].resize(p.tensors.size() + 1);
  unmoved_[i].resize(p.tensors.size());
  parallel_for(2 * p.tensors.size() + 1, p.request.threads, [&](std::size_t n) {
    const std::size_t s = n / 2;
    if (s == p.tensors.size()) {
      stationary_[i][0] = outer_[i];
      p.lattice.minimum_over_multiples(stationary_[i][0], ~0U);
      return;
    }
    const int base = below(j, s);
    if (base < 0) return;
    if (n % 2 == 1) {
      unmoved_[i][s] = outer_[i];
      p.lattice.minimum_over_multiples(unmoved_[i][s], ~p.tensors[s].relevant());
      return;
    }
    // kappa: fills of the child and reads of its parent when every irrelevant loop up to the next tile is free.
    double share = 1.0;
    if (!p.tensors[s].product()) {
      // The bounding box of a window is smaller than the product of its dimensions (larger with gaps), and may slide.
      for (const TileLattice::Id m : tiles_[static_cast<std::size_t>(base)]) {
        share =
            std::min(share, p.volume[m][s] * p.reuse[m][s] / p.lattice.volume(m) *
                                p.tensors[s].window_share(p.lattice.extents(m), p.lattice.extents(whole)));
      }
    }
    double fan = 1.0;
    for (int k = j + 1; k <= above(base, s); ++k) {
      if (p.level[static_cast<std::size_t>(k)].spatial)
        fan *= p.level[static_cast<std::size_t>(k)].choices.empty()
                   ? 1.0
                   : p.level[static_cast<std::size_t>(k)].choices.front().children;
    }
    // Windows multicast along diagonals as well: count every child of the levels between as a receiver.
    double diagonal = 1.0;
    if (!p.tensors[s].product()) {
      for (int k = base + 1; k <= j; ++k) {
        if (p.level[static_cast<std::size_t>(k)].spatial &&
            !p.level[static_cast<std::size_t>(k)].choices.empty())
          diagonal *= p.level[static_cast<std::size_t>(k)].choices.front().children;
      }
    }
    const double kappa =
        share * p.macs *
        (p.level[static_cast<std::size_t>(base)].fill_pj[s] + parent_pj(base, s) / fan / diagonal);
    auto& table = stationary_[i][s + 1];
    table = outer_[i];
    for (const TileLattice::Id m : tiles_[i]) table[m] += kappa / p.reuse[m][s];
    p.lattice.minimum_over_multiples(table, ~0U);
  });
}

}  // namespace dovetail
