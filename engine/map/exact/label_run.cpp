// The stages of a run, inside out: loop, keep what is not dominated; then score what is left.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <unordered_map>

#include <dovetail/engine/map/exact/label_search.hpp>
#include <dovetail/engine/map/session.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

// Finished labels that no other one covers. Predicted cycles may be one short of Timeloop's rounding, equally for equal
// traffic: a label is covered by one with less energy and a cycle less, or with the same traffic.
class Stairs {
 public:
  bool admit(const Label& label) {
    auto above = steps_.upper_bound(label.bound_energy);
    if (above != steps_.begin() && std::prev(above)->second + 1.0 <= label.bound_cycles) return false;
    const auto [same, added] = energies_.try_emplace(label.traffic_key, label.bound_energy);
    if (!added) {
      if (same->second <= label.bound_energy * (1.0 + 1e-12)) return false;
      same->second = label.bound_energy;
    }
    if (above == steps_.begin() || std::prev(above)->second > label.bound_cycles) {
      const auto at = steps_.insert_or_assign(label.bound_energy, label.bound_cycles).first;
      auto next = std::next(at);
      while (next != steps_.end() && next->second >= label.bound_cycles) next = steps_.erase(next);
    }
    return true;
  }

 private:
  std::map<double, double> steps_;  // energy -> least cycles at this energy or less
  std::unordered_map<std::uint64_t, double> energies_;
};

}  // namespace

void LabelSearch::Stage::list() {
  labels.clear();
  for (const std::vector<Label>& part : parts) {
    for (const Label& label : part) labels.push_back(&label);
  }
}

// What the next stage grows from.
std::vector<const Label*> LabelSearch::sources(const std::vector<Stage>& stages) const {
  return stages.empty() ? std::vector<const Label*>{&root_} : stages.back().labels;
}

// Keeps the `width` most promising labels and answers the least bound of what went. By volume: in turn the next of
// every binary order of tile volume. Bounds are the looser the less a tile holds, so that by bounds alone small tiles
// crowd out the rest.
double LabelSearch::narrow(const TileLattice& lattice, Stage& stage, const SearchLimits& limits) {
  std::vector<const Label*>& order = stage.labels;
  std::stable_sort(order.begin(), order.end(), [](const Label* a, const Label* b) { return a->bound < b->bound; });
  std::map<int, std::size_t> seen;
  std::vector<std::pair<std::size_t, std::size_t>> turns;  // turn, rank
  turns.reserve(order.size());
  for (std::size_t n = 0; n < order.size(); ++n) {
    const int binary = limits.by_volume ? std::ilogb(lattice.volume(order[n]->tile)) : 0;
    turns.emplace_back(seen[binary]++, n);
  }
  std::sort(turns.begin(), turns.end());
  std::vector<Label> kept;
  kept.reserve(limits.width);
  double dropped = infinity;
  for (std::size_t n = 0; n < turns.size(); ++n) {
    const Label& label = *order[turns[n].second];
    if (n < limits.width)
      kept.push_back(label);
    else
      dropped = std::min(dropped, label.bound);
  }
  stage.parts.clear();
  stage.parts.push_back(std::move(kept));
  stage.list();
  return dropped;
}

void LabelSearch::loop_stage(const std::vector<Stage>& stages, int level, const Cutoff& cutoff,
                             const SearchLimits& limits, Stage& out, bool& stopped) const {
  const std::vector<const Label*> from = sources(stages);
  std::vector<LabelPath> paths(from.size());
  parallel_for(pieces, limits.threads, [&](std::size_t index) {
    const auto [begin, end] = piece(from.size(), index);
    for (std::size_t n = begin; n < end; ++n)
      paths[n] = path(stages, stages.size() - 1, *from[n]);  // the root's before the first stage
  });
  out.parts.resize(pieces);
  stopped = false;
  for (const unsigned keep : bounds_.sets(level)) {
    if (!stopped) stopped = !loop_over(from, paths, level, keep, cutoff, limits, out);
  }
  out.list();
}

// Of mappings with uneven placement that cost the same, one: a tensor is stored outside loops directly above it that do
// not move it, since its tile is as large there and as still; and inside loops directly below it that move it, when the
// loop above moves it too, since its tile is smaller there and no word is moved more often.
bool LabelSearch::settled(const Label& source, const LoopOrder& order) const {
  const unsigned above = order.dimension[0];
  for (std::size_t t = 0; t < problem_->tensors.size(); ++t) {
    if ((source.stacked_here >> t & 1U) == 0 || !problem_->tensors[t].product()) continue;
    const unsigned moving = problem_->tensors[t].relevant();
    if ((moving >> above & 1U) == 0) return false;
    if (source.stacked_last >= 0 && (moving >> source.stacked_last & 1U) != 0) return false;
  }
  return true;
}

// The loops of a level that stores `keep`. False when limits ended them.
bool LabelSearch::loop_over(const std::vector<const Label*>& from, const std::vector<LabelPath>& paths, int level,
                            unsigned keep, const Cutoff& cutoff, const SearchLimits& limits, Stage& out) const {
  const MapProblem& p = *problem_;
  const auto w = static_cast<std::size_t>(p.written);
  unsigned watched = 0;  // by wires: they see the order of these loops, too
  for (int i = 1; i <= level; ++i) {
    if (p.level[static_cast<std::size_t>(i)].wires) watched = (1U << p.tensors.size()) - 1U;
  }
  // What a source pays at least, so that most pairs of source and target need no closer look.
  struct Quick {
    Prospect prospect;
    std::size_t index = 0;
    unsigned below = 0;  ///< tensors stored inside, or watched
    Borders borders;
  };
  // Of these what most pairs need, close together.
  struct Hot {
    double all = 0.0, cycles = 0.0, volume = 1.0;
    std::array<double, max_tensors> reuse{}, reload{}, saving{};
    TileLattice::Id tile = 0;
    unsigned members = 0, net = 0;
  };
  std::vector<std::size_t> ranks(from.size());
  std::iota(ranks.begin(), ranks.end(), std::size_t{0});
  std::stable_sort(ranks.begin(), ranks.end(),
                   [&](std::size_t a, std::size_t b) { return from[a]->bound < from[b]->bound; });
  std::vector<Quick> quick(from.size());
  std::vector<Hot> hot(from.size());
  std::vector<double> least(from.size());
  parallel_for(pieces, limits.threads, [&](std::size_t index) {
    const auto [begin, end] = piece(from.size(), index);
    for (std::size_t n = begin; n < end; ++n) {
      const Label& source = *from[ranks[n]];
      Quick& entry = quick[n];
      entry = {prospect(source, level, keep), ranks[n], watched, borders(source, paths[ranks[n]], level, keep)};
      Hot& near = hot[n];
      near.all = least[n] = entry.prospect.fixed;
      near.cycles = source.cycles_low;
      near.tile = source.tile;
      near.volume = p.lattice.volume(source.tile);
      near.reuse = p.reuse[source.tile];
      near.members = entry.prospect.members;
      near.net = entry.prospect.net ? 1U << w : 0U;
      for (std::size_t t = 0; t < p.tensors.size(); ++t) {
        if (keeper_below(source.keep, level, t) >= 0) entry.below |= 1U << t;
        if ((near.members >> t & 1U) == 0) continue;
        near.reload[t] = entry.prospect.reload[t];
        near.saving[t] = entry.prospect.saving(t, w);
        near.all += near.reload[t];
        least[n] += entry.prospect.floor[t];
      }
    }
  });
  const double cheapest = least.empty() ? infinity : *std::min_element(least.begin(), least.end());
  std::vector<TileLattice::Key> keys;  // apart, since most targets rule most sources out by them
  keys.reserve(quick.size());
  for (const Hot& source : hot) keys.push_back(p.lattice.key(source.tile));
  const std::vector<TileLattice::Id>& targets = bounds_.tiles(level, keep);
  const bool last = level + 1 == p.levels;
  alignas(64) std::atomic<bool> halt = false;  // read for every target: away from what is written as often
  alignas(64) std::atomic<std::size_t> total = 0;
  for (const std::vector<Label>& part : out.parts) total += part.size();
  parallel_for(pieces, limits.threads, [&](std::size_t index) {
    std::vector<Label> front;
    std::vector<std::uint32_t> inside;
    Stairs stairs;
    Label grown;
    WalkedLoops loops;
    // Interleaved, so that pieces are alike. The outermost level has one target, which every source divides.
    for (std::size_t g = last ? 0 : index; g < targets.size() && !halt; g += last ? 1 : pieces) {
      const TileLattice::Id m = targets[g];
      const double outside = bounds_.outer(level, keep, m);
      const double outer_cycles = bounds_.outer_cycles(level, keep, m);
      if (!(outside < infinity) || hopeless(cutoff, cheapest + outside, outer_cycles)) continue;
      if (limits.expired && limits.expired()) halt = true;
      const TileLattice::Key key = p.lattice.key(m);
      const double parallel = bounds_.parallel(level, m);
      const auto rung = static_cast<std::uint16_t>(
          tolled(level) ? toll_->level[static_cast<std::size_t>(level)].rung(p.words(level, keep, m)) : 0);
      const TileExtents& extents = p.lattice.extents(m);
      front.clear();
      if (last) {
        inside.clear();
        for (std::size_t k = index; k < quick.size(); k += pieces) inside.push_back(static_cast<std::uint32_t>(k));
      } else {
        p.lattice.divisors(keys, key, inside);
      }
      std::size_t looked = 0;
      for (const std::uint32_t k : inside) {
        const Hot& near = hot[k];
        double saved = 0.0, most = 0.0;
        const double steps = p.lattice.volume(m) / near.volume;
        for (std::size_t t = 0; t < p.tensors.size(); ++t) {
          if ((near.members >> t & 1U) == 0) continue;
          const double reuse = p.reuse[m][t] / near.reuse[t];
          const double reload = near.reload[t];
          if (reuse == steps) {
            saved += near.saving[t];
            continue;
          }
          const double less = (near.net >> t & 1U) != 0 ? reload - quick[k].prospect.energy(t, w, 1.0 / reuse)
                                                        : reload * (1.0 - 1.0 / reuse);
          if (bounds_.disjoint()) {
            most = std::max(most, less);
          } else {
            saved += less;
          }
        }
        if (hopeless(cutoff, near.all - saved - most + outside, std::max(near.cycles / parallel, outer_cycles)))
          continue;
        if (!p.legal_temporal(level, near.tile, m)) continue;
        const Quick& source = quick[k];
        const Label& label = *from[source.index];
        // One target may take long: its sources and its front have no limit.
        if (++looked % 16 == 0 && limits.expired && limits.expired()) halt = true;
        if (halt) break;
        const TileExtents& inner = p.lattice.extents(label.tile);
        unsigned active = 0;
        for (std::size_t d = 0; d < p.merged.layer.dimensions.size(); ++d)
          active |= extents[d] > inner[d] ? 1U << d : 0U;
        // Parts of one memory share its words, and loop over a dimension at most once together.
        if ((label.stacked_loops & active) != 0) continue;
        if (label.stacked_words > 0.0 &&
            label.stacked_words + p.words(level, keep, m) > p.level[static_cast<std::size_t>(level)].capacity)
          continue;
        const MapLevel& own = p.level[static_cast<std::size_t>(level)];
        if (own.stacked_above && keep == 0 && active != 0) continue;
        if (active == 0 && keep != 0 && label.stacked_here >= keep) continue;
        const Step around = step_to(label, m);
        for (const LoopOrder& order : p.orders[static_cast<std::size_t>(level)]->get(source.below, active)) {
          if (label.stacked_here != 0 && order.count > 0 && !settled(label, order)) continue;
          if (own.stores_nothing && order.count > 0 && !p.links && (p.windowed >> outermost(order) & 1U) == 0) continue;
          loop(label, paths[source.index], source.borders, level, around, order, keep, rung, loops, grown);
          if (!bound_after_loops(grown, level, cutoff)) continue;
          grown.parent = &label;
          if (last) {
            if (!cutoff.front || stairs.admit(grown)) front.push_back(grown);
          } else {
            add(front, grown, level, true);
          }
        }
      }
      if (front.empty()) continue;
      out.parts[index].insert(out.parts[index].end(), front.begin(), front.end());
      if ((total += front.size()) > limits.labels) halt = true;
    }
  });
  return !halt;
}

// Scores the finished labels in the order of their bounds until no bound can beat the best.
void LabelSearch::finish(const std::vector<Stage>& stages, const Cutoff& cutoff, SearchOutcome& outcome) const {
  const MapProblem& p = *problem_;
  std::vector<const Label*> order = stages.back().labels;
  std::stable_sort(order.begin(), order.end(), [](const Label* a, const Label* b) { return a->bound < b->bound; });
  double best = cutoff.objective, lower = infinity;
  Cutoff covered = cutoff;  // with the last point found; the given ones were checked when the label was made
  covered.points.clear();
  if (cutoff.front) {
    std::stable_sort(order.begin(), order.end(), [](const Label* a, const Label* b) {
      return a->bound_energy != b->bound_energy ? a->bound_energy < b->bound_energy : a->bound_cycles < b->bound_cycles;
    });
  }
  for (const Label* label : order) {
    if (cutoff.front && hopeless(covered, label->bound_energy, label->bound_cycles)) continue;
    lower = std::min(lower, label->bound);
    if (!cutoff.front && label->bound * (1.0 - 1e-9) > best) break;
    const LabelPath whole = path(stages, stages.size() - 1, *label);
    MapPoint point;
    point.mapping = p.restore ? p.restore(mapping(whole)) : mapping(whole);
    const Score score = plan_->score(point.mapping);
    ++outcome.evaluations;
    if (!score.valid) continue;
    point.energy_pj = score.energy_pj;
    point.cycles = score.cycles;
    point.objective = cutoff.price ? score.energy_pj + *cutoff.price * score.cycles
                                   : p.request.objective(score.energy_pj, score.cycles);
    if (cutoff.front) {
      // Energies ascend: only fewer cycles than all before make a new point of the front.
      if (!covered.points.empty() && point.cycles >= covered.points.back().second &&
          point.energy_pj >= covered.points.back().first) {
        continue;
      }
      covered.points = {{point.energy_pj, point.cycles}};
      outcome.points.push_back(point);
      continue;
    }
    if (!outcome.best || point.objective < outcome.best->objective ||
        (point.objective == outcome.best->objective && lexicographically_less(point.mapping, outcome.best->mapping))) {
      outcome.best = point;
      best = std::min(best, point.objective);
    }
  }
  if (!p.exact) outcome.lower_bound = std::min(outcome.lower_bound, lower);
}

// With tolls: the finished label of the least bound, unscored; no machine has the prices of its tiles.
void LabelSearch::least_bound(const std::vector<Stage>& stages, SearchOutcome& outcome) const {
  const Label* least = nullptr;
  for (const Label* label : stages.back().labels)
    if (least == nullptr || label->bound < least->bound) least = label;
  if (least == nullptr) return;
  const LabelPath whole = path(stages, stages.size() - 1, *least);
  outcome.best = MapPoint{least->bound, least->bound_energy, least->bound_cycles, mapping(whole)};
  for (int k = 0; k < problem_->levels; ++k)
    outcome.need[static_cast<std::size_t>(k)] =
        problem_->words(k, kept_at(whole.keep, k), whole.outer[static_cast<std::size_t>(k)]);
}

SearchOutcome LabelSearch::run(const Cutoff& cutoff, const SearchLimits& limits) const {
  const MapProblem& p = *problem_;
  SearchOutcome outcome;
  outcome.lower_bound = cutoff.front ? 0.0 : cutoff.objective;
  outcome.complete = true;
  if (!(root_bound_ < infinity)) {
    outcome.lower_bound = infinity;
    return outcome;
  }
  std::vector<Stage> stages;
  double before = value(cutoff, root_energy_, root_cycles_);
  if (!cutoff.price) before = std::max(before, root_bound_);  // least bound of the last complete stage
  for (int step = 0; step < 2 * p.levels; ++step) {
    const int level = step / 2;
    const bool temporal = step % 2 == 1;
    if (!temporal && !p.level[static_cast<std::size_t>(level)].spatial) continue;
    Stage next{level, temporal};
    bool stopped = false;
    if (temporal) {
      loop_stage(stages, level, cutoff, limits, next, stopped);
    } else {
      spread_stage(stages, level, cutoff, limits, next, stopped);
    }
    outcome.labels += next.labels.size();
    if (stopped) {
      outcome.complete = false;
      outcome.out_of_time = limits.expired && limits.expired();
      outcome.out_of_memory = !outcome.out_of_time;
      outcome.lower_bound = std::min(outcome.lower_bound, before);
    }
    const bool last = temporal && level + 1 == p.levels;
    if (!last && next.labels.size() > std::max(limits.width, limits.tolerated)) {
      outcome.complete = false;
      outcome.lower_bound = std::min(outcome.lower_bound, narrow(p.lattice, next, limits));
    }
    if (!stopped && !next.labels.empty()) {
      before = infinity;
      for (const Label* label : next.labels) before = std::min(before, label->bound);
    }
    stages.push_back(std::move(next));
    if (stages.back().labels.empty()) {
      if (outcome.complete && outcome.lower_bound == infinity) outcome.lower_bound = infinity;
      return outcome;
    }
    if (stopped) {
      // Go on with what there is, quickly: a last narrow dive to an incumbent.
      return outcome;
    }
  }
  if (toll_ == nullptr)
    finish(stages, cutoff, outcome);
  else
    least_bound(stages, outcome);
  if (outcome.best) outcome.lower_bound = std::min(outcome.lower_bound, outcome.best->objective);
  return outcome;
}

}  // namespace dovetail
