// Lower bounds of everything outside a tile (see the header).
#include <dovetail/engine/map/exact/outside_bounds.hpp>

#include <algorithm>
#include <utility>

#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {

MapBounds::MapBounds(const MapProblem& problem, const SearchCase& part, const OutermostTables& outermost)
    : problem_(&problem),
      group_(part.keep),
      limit_(part.multicast),
      toll_(part.toll) {
  const KeepGroup& group = group_;
  const auto levels = static_cast<std::size_t>(problem.levels);
  const std::size_t tensors = problem.tensors.size();
  for (std::size_t j = 0; j < levels; ++j) sets_.push_back(keep_sets(group[j]));
  above_.resize(levels + 1);
  for (std::size_t t = 0; t < tensors; ++t) {
    // above_[j + 1] belongs to level j: level j + 1, if it may store the tensor, and those above unless it must.
    const int top = problem.levels - 1;
    above_[levels][t] = {{top, keeper_pj(top, t)}};
    for (std::size_t j = levels; j-- > 0;) {
      const int own = static_cast<int>(j);
      if ((group[j].must >> t & 1U) == 0 && own != top) above_[j][t] = above_[j + 1][t];
      if (own == top || may_keep(own, t)) above_[j][t].insert(above_[j][t].begin(), Keeper{own, keeper_pj(own, t)});
    }
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
  shared_above_.resize(levels);
  shared_above_.back().fill(1.0);
  for (std::size_t j = levels - 1; j-- > 0;) {
    shared_above_[j] = shared_above_[j + 1];
    for (std::size_t t = 0; t < tensors; ++t) shared_above_[j][t] *= most_shared(problem, j + 1)[t];
  }
  if (toll_ != nullptr) {
    Multicast below;
    below.fill(1.0);
    for (std::size_t j = 0; j < levels; ++j) {
      const Multicast own = most_shared(problem, j);
      for (std::size_t t = 0; t < tensors; ++t)
        below[t] =
            std::min({below[t] * own[t],
                      problem.macs / problem.tensors[t].touched(problem.lattice.extents(problem.lattice.whole()))});
      shared_below_.push_back(below);
    }
  }
  children_above_.assign(levels, 1.0);
  for (std::size_t j = levels - 1; j-- > 0;) {
    const MapLevel& above = problem.level[j + 1];
    children_above_[j] = children_above_[j + 1] * above.most_children;
  }
  const auto w = static_cast<std::size_t>(problem.written);
  net_ = part.net;
  for (std::size_t j = 0; j < levels; ++j) {
    elided_words_.push_back(problem.whole_volume(problem.written) * problem.copies(problem.level[j].fan_above));
  }
  elision_.assign(levels, 0.0);
  for (std::size_t j = levels - 1; j-- > 0 && !net_;) {
    elision_[j] = elision_[j + 1];
    if (!may_keep(static_cast<int>(j) + 1, w)) continue;
    const double most = problem.copies(problem.level[j + 1].fan_above);
    elision_[j] += problem.whole_volume(problem.written) * most *
                   (problem.level[j + 1].read_pj[w] + (j + 2 < levels ? problem.level[j + 1].fill_pj[w] : 0.0));
  }
  tables_.resize(levels);
  for (std::size_t j = 0; j < levels; ++j) {
    for (const unsigned keep : sets_[j]) {
      Tables& own = tables_[j][keep];
      if (j + 1 == levels) {
        const MapLevel& level = problem.level[j];
        const double words = problem.words(static_cast<int>(j), keep, problem.lattice.whole());
        if (words <= level.capacity && words >= level.least_words) own.tiles.push_back(problem.lattice.whole());
      } else {
        own.tiles = fitting(problem, static_cast<int>(j), keep);
        if (toll_ != nullptr)
          std::erase_if(own.tiles, [&](TileLattice::Id m) {
            return problem.words(static_cast<int>(j), keep, m) > toll_->level[j].rungs.back().capacity;
          });
      }
    }
  }
  shares();
  cycles_.assign(problem.lattice.size(), 0.0);
  Tables& top = tables_[levels - 1][sets_[levels - 1].front()];
  top.outer.assign(problem.lattice.size(), infinity);
  for (const TileLattice::Id id : top.tiles) top.outer[id] = 0.0;
  for (int j = problem.levels - 1; j >= 0; --j) {
    if (j + 2 == problem.levels && !outermost.empty()) {
      cycles_.assign(problem.lattice.size(), infinity);
      for (const unsigned keep : sets(j)) {
        const OutermostCosts& costs = outermost.at(keep);
        Tables& own = tables_[static_cast<std::size_t>(j)][keep];
        own.outer = costs.energy;
        own.cycles = costs.cycles;
        if (net_ && (keep >> w & 1U) != 0) {
          const double first =
              problem.whole_volume(problem.written) *
              (problem.level[static_cast<std::size_t>(j)].fill_pj[w] + problem.level.back().read_pj[w]);
          for (double& energy : own.outer) energy -= first;
        }
        for (std::size_t m = 0; m < cycles_.size(); ++m) cycles_[m] = std::min(cycles_[m], costs.cycles[m]);
        if (toll_ != nullptr) {
          const std::vector<double> whole = std::exchange(own.outer, std::vector<double>(own.outer.size(), infinity));
          for (const TileLattice::Id m : own.tiles) own.outer[m] = whole[m] + charge(j, keep, m);
        }
      }
    } else if (j + 1 < problem.levels) {
      inner(j);
    }
    for (const unsigned keep : sets(j)) sweeps(j, keep);
  }
}

double MapBounds::charge(int j, unsigned keep, TileLattice::Id m) const {
  if (toll_ == nullptr || toll_->level[static_cast<std::size_t>(j)].free) return 0.0;
  const MapProblem& p = *problem_;
  const LevelToll& own = toll_->level[static_cast<std::size_t>(j)];
  const LevelToll::Rung& rung = own.rungs[own.rung(p.words(j, keep, m))];
  const TileExtents& full = p.lattice.extents(p.lattice.whole());
  double energy = 0.0;
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    if ((keep >> t & 1U) == 0) continue;
    bool innermost = true;
    for (int i = 0; i < j; ++i) innermost = innermost && !may_keep(i, t);
    // What the units take of it or add to it; of what levels inside may store, every element once.
    const double served =
        innermost ? p.macs / shared_below_[static_cast<std::size_t>(j)][t] : p.tensors[t].touched(full);
    if (p.tensors[t].written()) {
      energy += served * rung.update_pj[t] + std::max(0.0, served - elided_words(j)) * rung.read_pj[t];
    } else {
      energy += served * rung.read_pj[t] + p.tensors[t].touched(full) * rung.fill_pj[t];
    }
  }
  return energy;
}

double MapBounds::parallel(int j, TileLattice::Id m) const {
  return std::min(children_above_[static_cast<std::size_t>(j)], problem_->macs / problem_->lattice.volume(m));
}

double MapBounds::multicast(int j, int last, std::size_t t, TileLattice::Id m, double room) const {
  double most = 1.0;
  for (int i = j + 1; i <= last && problem_->links; ++i) {
    if (problem_->level[static_cast<std::size_t>(i)].spatial) return infinity;
  }
  for (int i = j + 1; i <= last; ++i) {
    const MapLevel& level = problem_->level[static_cast<std::size_t>(i)];
    if (level.spatial) most *= level.most_children;
  }
  if (most == 1.0) return 1.0;
  const TensorReuse& tensor = problem_->tensors[t];
  const TileLattice::Id whole = problem_->lattice.whole();
  most = std::min(most, room);
  if (tensor.product()) return std::min(most, problem_->reuse[whole][t] / problem_->reuse[m][t]);
  return most;  // sliding windows may share data diagonally
}

WrittenCosts MapBounds::written_costs(double fills, double flow, int child, int j, int last, bool served,
                                      TileLattice::Id m, double room) const {
  const auto w = static_cast<std::size_t>(problem_->written);
  WrittenCosts costs;
  const auto add = [&](int parent) {
    const MapLevel& up = problem_->level[static_cast<std::size_t>(parent)];
    WrittenCost& cost = costs.of[costs.count++];
    cost = {
        fills, flow / multicast(j, parent, w, m, room), 0.0, up.read_pj[w], up.update_pj[w], 0.0, elided_words(parent)};
    if (child >= 0) {
      cost.fill_pj = problem_->level[static_cast<std::size_t>(child)].fill_pj[w];
      cost.fills_free = elided_words(child);
    }
  };
  if (served) {
    add(last);
  } else {
    for (const Keeper& keeper : keepers(last, w)) add(keeper.level);
  }
  return costs;
}

void MapBounds::inner(int j) {
  const MapProblem& p = *problem_;
  const auto i = static_cast<std::size_t>(j);
  const TileLattice::Id whole = p.lattice.whole();
  const MapLevel& next = p.level[i + 1];
  const std::int64_t fan = next.spatial ? next.fan_x * next.fan_y : 1;
  // Tiles of level j + 1 that only grow by the fan-out (case 3), or by it and the unmoving dimensions of s (case 2).
  struct Within {
    std::vector<double> still;
    std::array<std::vector<double>, max_tensors> unmoved;
  };
  std::vector<Within> within(sets(j + 1).size());
  parallel_for(within.size() * (p.tensors.size() + 1), p.request.threads, [&](std::size_t n) {
    Within& own = within[n / (p.tensors.size() + 1)];
    const Tables& above = at(j + 1, sets(j + 1)[n / (p.tensors.size() + 1)]);
    const std::size_t s = n % (p.tensors.size() + 1);
    if (s == p.tensors.size()) {
      own.still = above.outer;
      p.lattice.minimum_over_multiples_within(own.still, fan);
    } else if (may_keep(j, s)) {
      own.unmoved[s] = above.unmoved[s];
      p.lattice.minimum_over_multiples_within(own.unmoved[s], fan);
    }
  });
  for (const unsigned keep : sets(j)) {
    Tables& own = tables_[i][keep];
    own.outer.assign(p.lattice.size(), infinity);
    const auto price = [&](TileLattice::Id m) {
      std::array<double, max_tensors> words{}, here{}, beyond{};
      std::array<double, 2> written{}, forced{};  // of the written tensor, net: read here or beyond
      for (std::size_t t = 0; t < p.tensors.size(); ++t) {
        if ((keep >> t & 1U) == 0) continue;
        const double share = p.tensors[t].product() ? 1.0 : p.window_share(t, m);
        words[t] = p.volume[m][t] * p.macs / p.lattice.volume(m) * share;
        here[t] = keeper_pj(j + 1, t) / multicast(j, j + 1, t, m, limit_[t]);
        beyond[t] = j + 2 < p.levels ? price_beyond(j, j + 1, t, m, limit_[t]) : infinity;
        if (!net_ || static_cast<int>(t) != p.written) continue;
        for (const bool served : {true, false}) {
          if (!served && j + 2 == p.levels) continue;
          const WrittenCosts costs = written_costs(words[t], words[t], j, j, j + 1, served, m, limit_[t]);
          written[served ? 0 : 1] = costs(1.0);
          forced[served ? 0 : 1] = costs(p.reuse[m][t] / p.reuse[whole][t]);
        }
      }
      double best = infinity;
      for (std::size_t n = 0; n < within.size(); ++n) {
        const unsigned above = sets(j + 1)[n];
        std::array<double, max_tensors> reload{}, compulsory{};
        double all = 0.0, least = 0.0;
        for (std::size_t t = 0; t < p.tensors.size(); ++t) {
          if ((keep >> t & 1U) == 0) continue;
          const double energy = words[t] * (p.level[i].fill_pj[t] + ((above >> t & 1U) != 0 ? here[t] : beyond[t]));
          reload[t] = energy;
          compulsory[t] = energy * p.reuse[m][t] / p.reuse[whole][t];
          if (net_ && static_cast<int>(t) == p.written) {
            reload[t] = written[(above >> t & 1U) != 0 ? 0 : 1];
            compulsory[t] = forced[(above >> t & 1U) != 0 ? 0 : 1];
          }
          all += reload[t];
          least += compulsory[t];
        }
        if (!disjoint_) {
          best = std::min(best, least + stationary(j + 1, above, -1, j, m));
        } else if (keep == 0) {
          best = std::min(best, stationary(j + 1, above, -1, j, m));
        } else {
          best = std::min(best, least + within[n].still[m]);
          for (std::size_t s = 0; s < p.tensors.size(); ++s) {
            if ((keep >> s & 1U) == 0) continue;
            best = std::min(best, all - reload[s] + stationary(j + 1, above, static_cast<int>(s), j, m));
            best = std::min(best, all - reload[s] + compulsory[s] + within[n].unmoved[s][m]);
          }
        }
      }
      own.outer[m] = toll_ == nullptr ? best : best + charge(j, keep, m);
    };
    in_pieces(own.tiles.size(), p.request.threads, [&](std::size_t n) { price(own.tiles[n]); });
  }
}

void MapBounds::shares() {
  const MapProblem& p = *problem_;
  shares_.resize(tables_.size());
  for (auto& own : shares_) own.fill(1.0);
  parallel_for(shares_.size() * p.tensors.size(), p.request.threads, [&](std::size_t n) {
    const int base = static_cast<int>(n / p.tensors.size());
    const std::size_t s = n % p.tensors.size();
    if (p.tensors[s].product() || base + 1 == p.levels) return;
    double& share = shares_[static_cast<std::size_t>(base)][s];
    for (const unsigned set : sets(base)) {
      if ((set >> s & 1U) == 0) continue;
      for (const TileLattice::Id m : tiles(base, set)) {
        share = std::min(share, p.volume[m][s] * p.reuse[m][s] / p.lattice.volume(m) * p.window_share(s, m));
      }
    }
  });
}

// Fills of the child and reads of its parent when every irrelevant loop up to the next tile is free: least over what
// may be the parent. `most_shared`: children that may hold equal data.
double MapBounds::kappa(int j, unsigned keep, std::size_t s, int base, double most_shared) const {
  const MapProblem& p = *problem_;
  const double share = shares_[static_cast<std::size_t>(base)][s];
  const auto fan_of = [&](int k) {
    const MapLevel& level = p.level[static_cast<std::size_t>(k)];
    return !level.spatial ? 1.0 : p.links ? infinity : level.most_children;
  };
  // Windows multicast along diagonals as well: count every child of the levels between as a receiver.
  double diagonal = 1.0;
  if (!p.tensors[s].product()) {
    for (int k = base + 1; k <= j; ++k) diagonal *= fan_of(k);
  }
  const auto cost = [&](const Keeper& keeper) {
    double fan = 1.0;
    for (int k = j + 1; k <= keeper.level; ++k) fan *= fan_of(k);
    return share * p.macs *
           (p.level[static_cast<std::size_t>(base)].fill_pj[s] +
            keeper.pj / std::min({fan * diagonal, limit_[s], most_shared}));
  };
  if ((keep >> s & 1U) != 0) return cost({j, keeper_pj(j, s)});
  double least = infinity;
  for (const Keeper& keeper : keepers(j, s)) least = std::min(least, cost(keeper));
  return least;
}

// The same of the written tensor, net; the loops that move it leave a share.
WrittenCosts MapBounds::written_kappa(int j, unsigned keep, bool near) const {
  const MapProblem& p = *problem_;
  const auto w = static_cast<std::size_t>(p.written);
  const auto fan_of = [&](int k) {
    const MapLevel& level = p.level[static_cast<std::size_t>(k)];
    return !level.spatial ? 1.0 : p.links ? infinity : level.most_children;
  };
  WrittenCosts least;
  for (int base = j - 1; base >= 0; --base) {
    if (may_keep(base, w) && (base + 1 == j) == near) {
      double diagonal = 1.0;
      if (!p.tensors[w].product()) {
        for (int k = base + 1; k <= j; ++k) diagonal *= fan_of(k);
      }
      const double words = shares_[static_cast<std::size_t>(base)][w] * p.macs;
      const auto add = [&](int parent) {
        double fan = diagonal;
        for (int k = j + 1; k <= parent; ++k) fan *= fan_of(k);
        const MapLevel& up = p.level[static_cast<std::size_t>(parent)];
        const WrittenCost cost{words,
                               words / std::min(fan, limit_[w]),
                               p.level[static_cast<std::size_t>(base)].fill_pj[w],
                               up.read_pj[w],
                               up.update_pj[w],
                               elided_words(base),
                               elided_words(parent)};
        if (least.count < least.of.size()) {
          least.of[least.count++] = cost;
        } else {
          least.of.back() = {};  // too many to tell apart: nothing is certain
        }
      };
      if ((keep >> w & 1U) != 0) {
        add(j);
      } else {
        for (const Keeper& keeper : keepers(j, w)) add(keeper.level);
      }
    }
    if ((group_[static_cast<std::size_t>(base)].must >> w & 1U) != 0) break;
  }
  return least;
}

void MapBounds::sweeps(int j, unsigned keep) {
  const MapProblem& p = *problem_;
  Tables& own = tables_[static_cast<std::size_t>(j)][keep];
  parallel_for(3 * p.tensors.size() + 1, p.request.threads, [&](std::size_t n) {
    const std::size_t s = n / 3;
    if (s == p.tensors.size()) {
      own.any = own.outer;
      p.lattice.minimum_over_multiples(own.any, ~0U);
      return;
    }
    // The levels inside that may be the last to store the tensor.
    double near = infinity, far = infinity;
    for (int base = j - 1; base >= 0; --base) {
      if (may_keep(base, s)) {
        double& least = base + 1 == j ? near : far;
        if (n % 3 != 1)
          least = std::min(least, kappa(j, keep, s, base, infinity));
        else
          least = 0.0;
      }
      if ((group_[static_cast<std::size_t>(base)].must >> s & 1U) != 0) break;
    }
    if (n % 3 == 1) {
      if (!(std::min(near, far) < infinity)) return;
      own.unmoved[s] = own.outer;
      p.lattice.minimum_over_multiples(own.unmoved[s], ~p.tensors[s].relevant());
      return;
    }
    const double kappa = n % 3 == 0 ? near : far;
    if (!(kappa < infinity)) return;
    std::vector<double>& table = n % 3 == 0 ? own.near[s] : own.far[s];
    table = own.outer;
    if (net_ && static_cast<int>(s) == p.written) {
      const WrittenCosts costs = written_kappa(j, keep, n % 3 == 0);
      for (const TileLattice::Id m : own.tiles) table[m] += costs(1.0 / p.reuse[m][s]);
    } else if (p.lattice.rounds() && p.tensors[s].product() && !p.links) {
      // Closer: no more children share a tensor than there are tiles left that do not move it.
      for (const TileLattice::Id m : own.tiles) {
        double energy = infinity;
        for (int base = j - 1; base >= 0; --base) {
          if (may_keep(base, s) && (base + 1 == j) == (n % 3 == 0))
            energy = std::min(energy, this->kappa(j, keep, s, base, p.reuse[p.lattice.whole()][s] / p.reuse[m][s]));
          if ((group_[static_cast<std::size_t>(base)].must >> s & 1U) != 0) break;
        }
        table[m] += energy / p.reuse[m][s];
      }
    } else {
      for (const TileLattice::Id m : own.tiles) table[m] += kappa / p.reuse[m][s];
    }
    p.lattice.minimum_over_multiples(table, ~0U);
  });
}

}  // namespace dovetail
