// Tables of the outermost level (see the header).
#include <dovetail/engine/map/exact/outermost_tables.hpp>

#include <algorithm>
#include <utility>

#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

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

}  // namespace dovetail
