// Lower bounds of everything outside a tile (see the header).
#include <dovetail/engine/map/exact/outside_bounds.hpp>

#include <algorithm>
#include <functional>
#include <utility>

#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

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

// Of each tensor the most children that hold equal data under one choice of a fan-out.
Multicast shared_by(const MapProblem& problem, const SpatialChoice& choice) {
  Multicast shared;
  shared.fill(1.0);
  for (std::size_t t = 0; t < problem.tensors.size(); ++t)
    shared[t] = choice.children / problem.tensors[t].least_groups(problem.lattice.extents(choice.tile));
  return shared;
}

Multicast most_shared(const MapProblem& problem, std::size_t level) {
  Multicast most;
  most.fill(1.0);
  if (!problem.level[level].spatial) return most;
  for (const SpatialChoice& choice : problem.level[level].choices) {
    const Multicast own = shared_by(problem, choice);
    for (std::size_t t = 0; t < most.size(); ++t) most[t] = std::max(most[t], own[t]);
  }
  return most;
}

// Without those that another one covers.
std::vector<Multicast> widest(std::vector<Multicast> all) {
  std::sort(all.begin(), all.end(), std::greater<>());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::vector<Multicast> kept;
  for (const Multicast& one : all) {
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Multicast& other) {
      for (std::size_t t = 0; t < one.size(); ++t) {
        if (one[t] > other[t]) return false;
      }
      return true;
    });
    if (!covered) kept.push_back(one);
  }
  return kept;
}

// One order of the loops around a tile, and how often they move each tensor that only stationarity spares.
struct OuterLoops {
  const LoopOrder* order = nullptr;
  std::array<double, max_tensors> moves{};
};

// The same under a fan-out: the least over what its children may do.
class OutermostSpread {
 public:
  OutermostSpread(const MapProblem& problem, unsigned keep)
      : p_(problem),
        keep_(keep),
        dram_(problem.level.back()),
        inside_(problem.level[problem.level.size() - 2]) {
    costs_.tiles = fitting(p_, p_.levels - 2, keep);
    costs_.energy.assign(p_.lattice.size(), infinity);
    costs_.cycles.assign(p_.lattice.size(), infinity);
    for (std::size_t t = 0; t < p_.tensors.size(); ++t) {
      touched_[t] = p_.tensors[t].touched(p_.lattice.extents(p_.lattice.whole()));
      served_pj_[t] = dram_.read_pj[t] + (p_.tensors[t].written() ? dram_.update_pj[t] : 0.0);
    }
    for (const SpatialChoice& choice : dram_.choices) {
      Least& floor = glances_.emplace_back();
      for (std::size_t t = 0; t < p_.tensors.size(); ++t) {
        if ((keep_ >> t & 1U) == 0) continue;
        floor.groups[t] = choice.tile == 0          ? 1.0
                          : p_.tensors[t].product() ? choice.children / p_.reuse[choice.tile][t]
                                                    : p_.tensors[t].least_groups(p_.lattice.extents(choice.tile));
        floor.word_pj[t] = choice.children * inside_.fill_pj[t] + floor.groups[t] * served_pj_[t];
      }
    }
    first_.push_back(0);
    // Loops around a tile are the same whatever part of it one child has.
    for (TileLattice::Id around = 0; around < p_.lattice.size(); ++around) {
      add_loops(around);
      first_.push_back(loops_.size());
    }
  }

  OutermostCosts costs() {
    in_pieces(costs_.tiles.size(), p_.request.threads, [&](std::size_t n) { price(costs_.tiles[n]); });
    p_.lattice.minimum_over_multiples(costs_.cycles, ~0U);
    return std::move(costs_);
  }

 private:
  void add_loops(TileLattice::Id around) {
    std::array<double, max_tensors>& least = least_.emplace_back();
    least.fill(infinity);
    const TileExtents& full = p_.lattice.extents(p_.lattice.whole());
    const TileExtents& inner = p_.lattice.extents(around);
    unsigned active = 0;
    for (std::size_t d = 0; d < p_.merged.layer.dimensions.size(); ++d) active |= full[d] > inner[d] ? 1U << d : 0U;
    for (const LoopOrder& order : p_.orders.back()->get(keep_, active)) {
      OuterLoops own{&order, {}};
      for (std::size_t t = 0; t < p_.tensors.size(); ++t) {
        double moves = p_.lattice.volume(p_.lattice.whole()) / p_.lattice.volume(around);
        for (int k = 0; k < order.count; ++k) {
          const std::size_t d = order.dimension[static_cast<std::size_t>(k)];
          if ((p_.tensors[t].relevant() >> d & 1U) != 0) break;
          moves /= static_cast<double>(full[d] / inner[d]);
        }
        own.moves[t] = moves;
        least[t] = std::min(least[t], moves);
      }
      loops_.push_back(own);
    }
  }

  // Of a tensor with windows.
  double walked(std::size_t t, TileLattice::Id id, TileLattice::Id around, const LoopOrder& order) const {
    const TileExtents& full = p_.lattice.extents(p_.lattice.whole());
    const TileExtents& inner = p_.lattice.extents(around);
    std::array<ReuseLoop, max_dimensions> loops;
    for (int k = 0; k < order.count; ++k) {
      const std::size_t d = order.dimension[static_cast<std::size_t>(k)];
      loops[static_cast<std::size_t>(k)] = {static_cast<int>(d), full[d] / inner[d], inner[d]};
    }
    return p_.tensors[t].walk(p_.lattice.extents(id), loops.data(), order.count).closed_words();
  }

  // What a choice costs whatever the order of loops is, and its words per tensor then.
  struct Least {
    double energy = 0.0;
    std::array<double, max_tensors> groups{}, word_pj{}, words{};  // words: of one child
  };

  Least least(TileLattice::Id id, const SpatialChoice& choice, const std::array<double, max_tensors>& slide) const {
    Least least;
    for (std::size_t t = 0; t < p_.tensors.size(); ++t) {
      if ((keep_ >> t & 1U) == 0) continue;
      const TensorReuse& tensor = p_.tensors[t];
      least.groups[t] = choice.tile == 0   ? 1.0
                        : tensor.product() ? choice.children / p_.reuse[choice.tile][t]
                                           : p_.groups(static_cast<int>(t), id, choice.tile);
      least.word_pj[t] = choice.children * inside_.fill_pj[t] + least.groups[t] * served_pj_[t];
      least.words[t] = p_.volume[id][t] * least_[id + choice.tile][t];
      if (!tensor.product()) least.words[t] = std::max(least.words[t] * slide[t], touched_[t] / least.groups[t]);
      least.energy += least.words[t] * least.word_pj[t];
    }
    return least;
  }

  // Cycles of the outermost ports when one child takes so many words.
  double cycles(const std::array<double, max_tensors>& words, const std::array<double, max_tensors>& groups) const {
    const auto w = static_cast<std::size_t>(p_.written);
    double reads = 0.0, writes = 0.0;
    for (std::size_t t = 0; t < p_.tensors.size(); ++t) {
      const double served = (keep_ >> t & 1U) != 0 ? words[t] * groups[t] : touched_[t];
      reads += served * dram_.cost[t].rate;
      if (t != w) continue;
      writes += served * dram_.cost[t].rate;
      reads -= p_.whole_volume(p_.written) * dram_.cost[t].rate;
    }
    return std::max(
        {reads / dram_.bandwidth.read, writes / dram_.bandwidth.write, (reads + writes) / dram_.bandwidth.shared});
  }

  void price(TileLattice::Id id) {
    const TileLattice::Key room = p_.lattice.key(p_.lattice.whole()) - p_.lattice.key(id);
    const std::size_t tensors = p_.tensors.size();
    double best = infinity, least_cycles = dram_.limited ? infinity : 0.0;
    constexpr double rounding = 1.0 - 1e-12;
    std::array<double, max_tensors> slide{};
    for (std::size_t t = 0; t < tensors; ++t)
      slide[t] = p_.tensors[t].window_share(p_.lattice.extents(id), p_.lattice.extents(p_.lattice.whole()));
    // What tables alone tell of a choice: few need a closer look, once the one of the least has had its.
    struct Glance {
      std::size_t choice = 0;
      double energy = 0.0, cycles = 0.0;
    };
    std::vector<Glance> glances;
    glances.reserve(dram_.choices.size());
    for (std::size_t c = 0; c < dram_.choices.size(); ++c) {
      if (!p_.lattice.divides(p_.lattice.key(dram_.choices[c].tile), room)) continue;
      std::array<double, max_tensors> words{};
      Glance glance{c};
      for (std::size_t t = 0; t < tensors; ++t) {
        if ((keep_ >> t & 1U) == 0) continue;
        words[t] = p_.volume[id][t] * least_[id + dram_.choices[c].tile][t] * slide[t];
        glance.energy += words[t] * glances_[c].word_pj[t];
      }
      if (dram_.limited) glance.cycles = cycles(words, glances_[c].groups);
      if (!glances.empty() && glance.energy < glances.front().energy) std::swap(glance, glances.front());
      glances.push_back(glance);
    }
    for (const Glance& glance : glances) {
      if (glance.energy * rounding >= best && (!dram_.limited || glance.cycles * rounding >= least_cycles)) continue;
      const SpatialChoice& choice = dram_.choices[glance.choice];
      const Least floor = least(id, choice, slide);
      if (floor.energy * rounding >= best &&
          (!dram_.limited || cycles(floor.words, floor.groups) * rounding >= least_cycles))
        continue;
      const TileLattice::Id around = id + choice.tile;
      for (std::size_t n = first_[around]; n < first_[around + 1]; ++n) {
        std::array<double, max_tensors> words = floor.words;
        double energy = 0.0;
        for (std::size_t t = 0; t < tensors; ++t) {
          if ((keep_ >> t & 1U) == 0) continue;
          if (p_.tensors[t].product()) words[t] = p_.volume[id][t] * loops_[n].moves[t];
          energy += words[t] * floor.word_pj[t];
        }
        if (energy * rounding >= best && (!dram_.limited || cycles(words, floor.groups) * rounding >= least_cycles))
          continue;
        energy = 0.0;
        for (std::size_t t = 0; t < tensors; ++t) {
          if ((keep_ >> t & 1U) == 0) continue;
          if (!p_.tensors[t].product()) words[t] = walked(t, id, around, *loops_[n].order);
          energy += words[t] * floor.word_pj[t];
        }
        best = std::min(best, energy);
        if (dram_.limited) least_cycles = std::min(least_cycles, cycles(words, floor.groups));
      }
    }
    costs_.energy[id] = best;
    costs_.cycles[id] = least_cycles;
  }

  const MapProblem& p_;
  const unsigned keep_;
  const MapLevel &dram_, &inside_;
  std::array<double, max_tensors> touched_{}, served_pj_{};
  std::vector<OuterLoops> loops_;                       // of all tiles, one after the other
  std::vector<std::size_t> first_;                      // of a tile
  std::vector<std::array<double, max_tensors>> least_;  // per tile, of all orders
  std::vector<Least> glances_;                          // per choice, whatever the tile is
  OutermostCosts costs_;
};

// The same of rounds, from below: a tensor is still while the innermost loops do not move it; what a window slides over
// is taken off as if every loop slid it.
OutermostCosts outermost_rounds(const MapProblem& p, unsigned keep) {
  const auto i = static_cast<std::size_t>(p.levels - 2);
  OutermostCosts costs;
  costs.tiles = fitting(p, p.levels - 2, keep);
  const TileLattice::Id whole = p.lattice.whole();
  const TileExtents& full = p.lattice.extents(whole);
  costs.energy.assign(p.lattice.size(), infinity);
  costs.cycles.assign(p.lattice.size(), infinity);
  const MapLevel& dram = p.level.back();
  const auto w = static_cast<std::size_t>(p.written);
  in_pieces(costs.tiles.size(), p.request.threads, [&](std::size_t n) {
    const TileLattice::Id id = costs.tiles[n];
    unsigned active = 0;
    for (std::size_t d = 0; d < p.merged.layer.dimensions.size(); ++d)
      active |= p.lattice.least_rounds(id, static_cast<int>(d)) > 1 ? 1U << d : 0U;
    const double rest = p.macs / p.lattice.volume(id);
    for (const LoopOrder& order : p.orders.back()->get(keep, active)) {
      double energy = 0.0, reads = 0.0, writes = 0.0;
      for (std::size_t t = 0; t < p.tensors.size(); ++t) {
        double words = p.tensors[t].touched(full);
        if ((keep >> t & 1U) != 0) {
          words = p.volume[id][t] * rest * (p.tensors[t].product() ? 1.0 : p.window_share(t, id));
          for (int k = 0; k < order.count; ++k) {
            const std::uint8_t d = order.dimension[static_cast<std::size_t>(k)];
            if ((p.tensors[t].relevant() >> d & 1U) != 0) break;
            words /= static_cast<double>(p.lattice.least_rounds(id, d));
          }
          energy += words * (p.level[i].fill_pj[t] + dram.read_pj[t] + (t == w ? dram.update_pj[t] : 0.0));
        }
        reads += words * dram.cost[t].rate;
        if (t == w) {
          writes += words * dram.cost[t].rate;
          reads -= p.whole_volume(p.written) * dram.cost[t].rate;
        }
      }
      costs.energy[id] = std::min(costs.energy[id], energy);
      costs.cycles[id] =
          std::min(costs.cycles[id], std::max({reads / dram.bandwidth.read, writes / dram.bandwidth.write,
                                               (reads + writes) / dram.bandwidth.shared}));
    }
  });
  p.lattice.minimum_over_multiples(costs.cycles, ~0U);
  return costs;
}

OutermostCosts outermost(const MapProblem& p, unsigned keep) {
  if (p.lattice.rounds()) return outermost_rounds(p, keep);
  if (p.level.back().spatial) return OutermostSpread(p, keep).costs();
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
    for (std::size_t d = 0; d < p.merged.layer.dimensions.size(); ++d) active |= full[d] > tile[d] ? 1U << d : 0U;
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
      least_cycles = std::min(least_cycles, std::max({reads / dram.bandwidth.read, writes / dram.bandwidth.write,
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

std::vector<unsigned> keep_sets(const KeepChoice& choice) {
  std::vector<unsigned> sets;
  for (unsigned subset = choice.optional;; subset = (subset - 1) & choice.optional) {
    sets.push_back(choice.must | subset);
    if (subset == 0) return sets;
  }
}

std::vector<Multicast> multicasts(const MapProblem& problem) {
  std::vector<Multicast> all(1);
  all.front().fill(1.0);
  for (const MapLevel& level : problem.level) {
    if (!level.spatial) continue;
    std::vector<Multicast> own;
    for (const SpatialChoice& choice : level.choices) own.push_back(shared_by(problem, choice));
    own = widest(std::move(own));
    std::vector<Multicast> products;
    for (const Multicast& a : all) {
      for (const Multicast& b : own) {
        products.push_back(a);
        for (std::size_t t = 0; t < a.size(); ++t) products.back()[t] *= b[t];
      }
    }
    all = widest(std::move(products));
  }
  return all;
}

OutermostTables outermost_tables(const MapProblem& problem, const std::vector<KeepGroup>& groups, bool spread) {
  OutermostTables tables;
  if (problem.levels < 2 || (problem.level.back().spatial && !spread)) return tables;
  for (const KeepGroup& group : groups) {
    for (const unsigned keep : keep_sets(group[static_cast<std::size_t>(problem.levels) - 2])) tables[keep];
  }
  std::vector<OutermostTables::iterator> places;
  for (auto at = tables.begin(); at != tables.end(); ++at) places.push_back(at);
  parallel_for(places.size(), problem.request.threads,
               [&](std::size_t n) { places[n]->second = outermost(problem, places[n]->first); });
  return tables;
}

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
