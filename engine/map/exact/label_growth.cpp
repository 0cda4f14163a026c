// How labels grow: over a level's fan-out, then over its loops; and the mapping that a finished label stands for.
#include <algorithm>
#include <bit>
#include <cmath>

#include <dovetail/engine/map/exact/label_search.hpp>

namespace dovetail {
namespace {

std::uint64_t mix(std::uint64_t key, std::uint64_t value) {
  key ^= value + 0x9E3779B97F4A7C15ULL + (key << 6) + (key >> 2);
  return key * 0xD6E8FEB86659FD93ULL;
}
std::uint64_t mix(std::uint64_t key, double value) {
  return mix(key, std::bit_cast<std::uint64_t>(value));
}

// Whether a count per instance fills whole blocks however often it is repeated.
bool fills_blocks(const AccessCost& cost, double unit) {
  if (cost.denominator == 1.0) return true;
  const double words = unit * cost.numerator;  // whole numbers below 2^53: the product tells
  return std::floor(words / cost.denominator) * cost.denominator == words;
}

}  // namespace

// Additions where partial sums of `children` meet in `groups` sums; `before` and `after` are words over all instances.
double LabelSearch::adders(int level, double before, double after, double children, double groups) const {
  const MapProblem& p = *problem_;
  if (p.adder_pj == 0.0 || children == groups) return 0.0;
  if (!p.level[static_cast<std::size_t>(level)].dram) return p.adder_pj * (before - after);
  return p.adder_pj * (children / groups - 1.0) * (2.0 * after - p.whole_volume(p.written));
}

// Fills of level k: `total` words over all instances, of which there are `children` per instance of the label's stage;
// `copies` of them hold partial sums of the same outputs. `unit`: words per instance and pass of the outer loops.
void LabelSearch::pay_fill(Label& label, int k, std::size_t t, double total, double children, double copies,
                           double unit) const {
  const MapProblem& p = *problem_;
  const MapLevel& level = p.level[static_cast<std::size_t>(k)];
  if ((level.living >> t & 1U) != 0) return;
  const bool written = p.tensors[t].written();
  const double first = written ? p.whole_volume(p.written) : 0.0;
  if (level.top) {
    label.energy += level.cost[t].accesses(total - first) * level.cost[t].fill_pj;
    if (toll_ != nullptr) label.energy += (total - first) * rung(label, k).fill_pj[t];
  } else {
    const double fill_pj = level.fill_pj[t] + more_fill_pj(label, k, t);
    label.energy += total * fill_pj;
    label.elide += first * copies * fill_pj;
    if (level.cost[t].denominator != 1.0 && (written || !fills_blocks(level.cost[t], unit))) {
      label.slack += level.fan_above * level.cost[t].fill_pj;
      label.slack_key = mix(mix(label.slack_key, unit), static_cast<std::uint64_t>(k) * 8 + t);
    }
  }
  if (!level.limited) return;
  const auto port = static_cast<std::size_t>(level.port);
  label.writes[port] += total / children * level.cost[t].rate;
  label.part_writes[port] += first * copies / children * level.cost[t].rate;
  label.traffic_key = mix(mix(label.traffic_key, total), static_cast<std::uint64_t>(k) * 8 + t);
}

void LabelSearch::pay_parent(Label& label, int q, std::size_t t, double total, double children, double copies,
                             double unit) const {
  const MapProblem& p = *problem_;
  const MapLevel& level = p.level[static_cast<std::size_t>(q)];
  if ((level.unseen >> t & 1U) != 0) return;
  const bool written = p.tensors[t].written();
  const double first = written ? p.whole_volume(p.written) : 0.0;
  if (level.top) {
    label.energy += level.cost[t].accesses(total - first) * level.cost[t].read_pj;
    if (written) label.energy += level.cost[t].accesses(total) * level.cost[t].update_pj + (total - first) * p.adder_pj;
    if (toll_ != nullptr)
      label.energy +=
          (total - first) * rung(label, q).read_pj[t] + (written ? total * rung(label, q).update_pj[t] : 0.0);
  } else {
    const double read_pj = level.read_pj[t] + more_read_pj(label, q, t);
    label.energy += total * (read_pj + (written ? level.update_pj[t] + more_update_pj(label, q, t) : 0.0));
    label.elide += first * copies * read_pj;
    if (level.cost[t].denominator != 1.0 && (written || !fills_blocks(level.cost[t], unit))) {
      label.slack += level.fan_above * (level.cost[t].read_pj + (written ? level.cost[t].update_pj : 0.0));
      label.slack_key = mix(mix(label.slack_key, unit), static_cast<std::uint64_t>(q) * 8 + t + 64);
    }
  }
  if (!level.limited) return;
  const auto i = static_cast<std::size_t>(level.port);
  label.reads[i] += total / children * level.cost[t].rate;
  label.part_reads[i] += first * copies / children * level.cost[t].rate;
  if (written) label.writes[i] += total / children * level.cost[t].rate;
  label.traffic_key = mix(mix(label.traffic_key, total), static_cast<std::uint64_t>(q) * 8 + t + 64);
}

// Whether a tensor is stored by a part of the memory just below a level that is not its outermost part.
bool LabelSearch::inner_part(const Label& label, int level, std::size_t t) const {
  const int keeper = keeper_below(label.keep, level, t);
  return keeper >= 0 && keeper + 1 < level && problem_->level[static_cast<std::size_t>(keeper)].above == level;
}

bool LabelSearch::spread(const Label& source, int level, std::size_t choice, const Arrangement& arrangement,
                         Label& out) const {
  const MapProblem& p = *problem_;
  const auto j = static_cast<std::size_t>(level);
  const MapLevel& own = p.level[j];
  const SpatialChoice& picked = own.choices[choice];
  const double children = picked.children;
  // The outermost loop outside the tiles of all tensors might as well be one of this level, unless it is unrolled here:
  // then neighbours hold neighbouring windows.
  if (level >= 1 && p.level[j - 1].stores_nothing && source.stacked_last >= 0 && !p.links &&
      p.lattice.extents(picked.tile)[static_cast<std::size_t>(source.stacked_last)] == 1) {
    return false;
  }
  out = source;
  out.stacked_last = -1;
  out.tile = source.tile + picked.tile;
  out.choice = static_cast<std::uint32_t>(choice);
  out.arrangement = &arrangement;
  out.order = nullptr;
  out.compute /= children;
  out.leak *= children;
  const auto w = static_cast<std::size_t>(p.written);
  const double copies = p.reuse[picked.tile][w];
  out.elide *= copies;
  for (std::size_t i = 0; i < j; ++i) {
    out.reads[i] /= children;
    out.writes[i] /= children;
    out.part_reads[i] *= copies / children;
    out.part_writes[i] *= copies / children;
  }
  const double rest = p.macs / p.lattice.volume(out.tile);
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    const bool fresh = level >= 1 && (kept_at(source.keep, level - 1) >> t & 1U) != 0;
    const double groups = p.groups(static_cast<int>(t), source.tile, picked.tile);
    out.shared[t] *= children / groups;
    if (out.shared[t] > bounds_.limit(t) * (1.0 + 1e-9)) return false;
    if (fresh || own.wires) {
      const double volume = p.volume[source.tile][t];
      out.tile_words[t] = volume * children;
      out.group_words[t] = volume * groups;
    }
    if (!fresh) {
      const double before = out.flow[t];
      out.flow[t] = before * groups / children;
      if (t == w && out.open[t] == 0) out.energy += adders(level, before, out.flow[t], children, groups);
    }
    // The units below level 0 hold nothing: one word per step and child.
    if (own.wires && level == 0) out.energy += rest * arrangement.hops[t] * own.hop_pj;
    // What a further part of the memory below left behind itself is settled.
    const bool settled = inner_part(source, level, t) && (out.open[t] >> keeper_below(out.keep, level, t) & 1U) == 0;
    if (own.wires && settled) out.energy += source.flow[t] / children * arrangement.hops[t] * own.hop_pj;
  }
  for (std::size_t k = 0; k < p.windows.size() && k < out.renewed.size(); ++k) {
    const auto [t, d] = p.windows[k];
    if (level == 0) break;
    out.renewed[k] = p.tensors[static_cast<std::size_t>(t)].fresh(
                         p.lattice.extents(source.tile), d, p.lattice.extents(out.tile)[static_cast<std::size_t>(d)]) /
                     p.volume[source.tile][static_cast<std::size_t>(t)];
  }
  out.traffic_key = mix(out.traffic_key, children);
  bool open = false;
  for (std::size_t t = 0; t < p.tensors.size(); ++t) open = open || out.open[t] != 0;
  const double upper = source.cycles_high / children;
  measure(out, level, nullptr);
  if (open) out.cycles_high = std::max(out.cycles_high, upper);
  return true;
}

// What loops of a level around a source, storing `keep`, move: fresh boundaries just below, and those that are still
// open.
LabelSearch::Borders LabelSearch::borders(const Label& source, const LabelPath& path, int level, unsigned keep) const {
  const MapProblem& p = *problem_;
  const auto w = static_cast<std::size_t>(p.written);
  const std::uint32_t kept = source.keep | keep << (level * max_tensors);
  Borders out;
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    out.first[t] = out.all.size();
    const bool fresh = level >= 1 && (kept_at(source.keep, level - 1) >> t & 1U) != 0;
    const bool ghost =
        level >= 1 && !fresh && !inner_part(source, level, t) && p.level[static_cast<std::size_t>(level)].wires;
    unsigned boundaries = source.open[t];
    if (fresh || ghost) boundaries |= 1U << (level - 1);
    out.transit[t] = !fresh && (source.open[t] & ((1U << (keeper_below(source.keep, level, t) + 1)) - 1U)) == 0;
    for (; boundaries != 0; boundaries &= boundaries - 1) {
      Border border;
      border.k = std::countr_zero(boundaries);
      border.kept = (kept_at(kept, border.k) >> t & 1U) != 0;
      border.base = path.outer[static_cast<std::size_t>(border.k)];
      border.volume = p.volume[border.base][t];
      border.q = border.k + 1;
      while (border.q <= level && (kept_at(kept, border.q) >> t & 1U) == 0) ++border.q;
      border.first_loop = out.loops.size();
      for (int i = border.k + 1; i <= level; ++i) {
        const auto at = static_cast<std::size_t>(i);
        border.children *= path.children[at];
        border.copies *= p.reuse[path.spatial[at]][w];
        if (i > border.q) {
          border.parent_children *= path.children[at];
          border.parent_copies *= p.reuse[path.spatial[at]][w];
        }
        border.spread = border.spread || path.children[at] != 1.0;
        if (i == level) continue;
        const TileExtents &inner = p.lattice.extents(path.inner[at]), &outer = p.lattice.extents(path.outer[at]);
        const LoopOrder& own = *path.order[at];
        for (int n = 0; n < own.count; ++n) {
          const std::size_t d = own.dimension[static_cast<std::size_t>(n)];
          out.loops.push_back({static_cast<int>(d), outer[d] / inner[d], inner[d]});
        }
      }
      border.last_loop = out.loops.size();
      out.all.push_back(border);
    }
  }
  out.first[p.tensors.size()] = out.all.size();
  return out;
}

// All loops of a level from a source's tile to a target, in no order yet.
LabelSearch::Step LabelSearch::step_to(const Label& source, TileLattice::Id target) const {
  const MapProblem& p = *problem_;
  Step step;
  step.target = target;
  step.rest = p.macs / p.lattice.volume(target);
  const TileExtents &inner = p.lattice.extents(source.tile), &outer = p.lattice.extents(target);
  for (std::size_t d = 0; d < p.merged.layer.dimensions.size(); ++d) {
    step.loop[d] = {static_cast<int>(d), outer[d] / inner[d], inner[d]};
    step.total *= static_cast<double>(step.loop[d].factor);
  }
  return step;
}

// Words of one child over a boundary. Of a tensor without windows in closed form: loops below moved it never, or the
// boundary would be closed; so did the innermost loops here that do not.
Reuse LabelSearch::crossing(const Borders& borders, const Border& border, std::size_t t, const Step& step,
                            const LoopOrder& order, WalkedLoops& loops) const {
  const MapProblem& p = *problem_;
  const TensorReuse& tensor = p.tensors[t];
  if (tensor.product()) {
    Reuse reuse;
    reuse.volume = border.volume;
    double outer = step.total;
    for (int n = 0; n < order.count; ++n) {
      const std::size_t d = order.dimension[static_cast<std::size_t>(n)];
      if ((tensor.relevant() >> d & 1U) != 0) {
        reuse.inside = reuse.volume * (outer - 1.0);
        reuse.open = false;
        return reuse;
      }
      outer /= static_cast<double>(step.loop[d].factor);
    }
    return reuse;
  }
  // The loops of this level stand at the end, those below just before them.
  const std::size_t below = border.last_loop - border.first_loop;
  ReuseLoop* first = loops.of.data() + WalkedLoops::below - below;
  std::copy_n(borders.loops.data() + border.first_loop, below, first);
  return tensor.walk(p.lattice.extents(border.base), first, static_cast<int>(below) + order.count);
}

void LabelSearch::loop(const Label& source, const LabelPath& path, const Borders& borders, int level, const Step& step,
                       const LoopOrder& order, unsigned keep, std::uint16_t rung, WalkedLoops& loops,
                       Label& out) const {
  const MapProblem& p = *problem_;
  const auto j = static_cast<std::size_t>(level);
  const TileLattice::Id target = step.target;
  const double rest = step.rest;
  out = source;
  out.tile = target;
  out.keep |= keep << (level * max_tensors);
  out.order = &order;
  out.arrangement = nullptr;
  out.rung[j] = rung;
  const auto w = static_cast<std::size_t>(p.written);
  bool open = false;
  for (int n = 0; n < order.count; ++n)
    loops.of[WalkedLoops::below + static_cast<std::size_t>(n)] =
        step.loop[order.dimension[static_cast<std::size_t>(n)]];
  struct Open {
    const Border* border;
    std::size_t t;
    double fill, parent;
  };
  std::array<Open, max_levels * max_tensors> opens;
  int open_count = 0;
  for (std::size_t t = 0; t < p.tensors.size(); ++t) {
    out.open[t] = 0;
    out.pending[t] = 0.0;
    out.moved[t] = false;
    double moved_share = 1.0, still_share = 1.0;
    for (std::size_t b = borders.first[t]; b < borders.first[t + 1]; ++b) {
      const Border& border = borders.all[b];
      const int k = border.k, q = border.q;
      const Reuse reuse = crossing(borders, border, t, step, order, loops);
      const double words = reuse.closed_words();
      const bool stays_open = reuse.open && level + 1 < p.levels;
      double energy = 0.0;
      const auto above = static_cast<std::size_t>(p.level[static_cast<std::size_t>(k)].above);
      if (above <= j && p.level[above].wires) {
        const double instances = border.children / path.children[above];
        energy += words * rest * instances * path.arrangement[above]->hops[t] * p.level[above].hop_pj;
      }
      if (border.kept) {
        const double fill = words * border.children * rest;
        double flow = words * rest, moving = fill, unit = words;
        for (int i = k + 1; i <= level && i <= q && border.spread; ++i) {
          const auto at = static_cast<std::size_t>(i);
          flow *= path.groups[at][t];
          unit *= path.groups[at][t];
          const double after = moving * path.groups[at][t] / path.children[at];
          if (t == w) energy += adders(i, moving, after, path.children[at], path.groups[at][t]);
          moving = after;
        }
        if (q <= level) {
          flow *= border.parent_children;
        } else {
          out.flow[t] = flow;
        }
        if (stays_open) {
          energy += fill * (p.level[static_cast<std::size_t>(k)].fill_pj[t] + more_fill_pj(out, k, t));
          if (q <= level) {
            energy +=
                flow * (p.level[static_cast<std::size_t>(q)].read_pj[t] + more_read_pj(out, q, t) +
                        (t == w ? p.level[static_cast<std::size_t>(q)].update_pj[t] + more_update_pj(out, q, t) : 0.0));
          }
          opens[static_cast<std::size_t>(open_count++)] = {&border, t, fill, flow};
        } else {
          pay_fill(out, k, t, fill, border.children, border.copies, words);
          if (q <= level) pay_parent(out, q, t, flow, border.parent_children, border.parent_copies, unit);
        }
      }
      if (stays_open) {
        open = true;
        out.open[t] = static_cast<std::uint8_t>(out.open[t] | 1U << k);
        out.pending[t] += energy;
        // A window that has moved keeps what it renewed; an unmoved boundary may yet find everything stationary.
        const bool moved = reuse.inside > 0.0 || !p.tensors[t].separable();
        if (moved) {
          out.moved[t] = true;
          moved_share = std::min(moved_share, p.tensors[t].separable() ? reuse.inside / words : 0.0);
        } else if (!p.tensors[t].product()) {
          still_share = std::min(still_share, p.tensors[t].window_share(p.lattice.extents(border.base),
                                                                        p.lattice.extents(p.lattice.whole())));
        }
      } else {
        out.energy += energy;
      }
    }
    const double stationary = p.reuse[target][t] / p.reuse[p.lattice.whole()][t];
    out.least[t] = out.moved[t] ? std::min(moved_share, still_share * stationary) : still_share;
    if (borders.transit[t] && (keep >> t & 1U) != 0) {
      pay_parent(out, level, t, source.flow[t], 1.0, 1.0, source.flow[t] / rest);
    }
    if ((keep >> t & 1U) != 0) out.flow[t] = 0.0;
  }
  out.leak += p.level[j].leak_pj;
  out.stacked_words = 0.0;
  out.stacked_loops = 0;
  out.stacked_here = 0;
  out.stacked_last = -1;
  if (p.level[j].stores_nothing && order.count > 0) out.stacked_last = static_cast<std::int16_t>(outermost(order));
  if (p.level[j].stacked_above) {
    out.stacked_words = source.stacked_words + p.words(level, keep, target);
    out.stacked_loops = source.stacked_loops;
    for (int n = 0; n < order.count; ++n) out.stacked_loops |= 1U << order.dimension[static_cast<std::size_t>(n)];
    const bool looped = order.count > 0;
    out.stacked_here = static_cast<std::uint16_t>((looped ? 0U : source.stacked_here) | keep);
    out.stacked_last = looped ? static_cast<std::int16_t>(outermost(order)) : source.stacked_last;
  }
  if (!open) {
    measure(out, level, nullptr);
    return;
  }
  // With open boundaries as if closed, for the upper value of cycles.
  Traffic upper{out.reads, out.writes};
  for (int n = 0; n < open_count; ++n) {
    const auto& [border, t, fill, flow] = opens[static_cast<std::size_t>(n)];
    const MapLevel& child = p.level[static_cast<std::size_t>(border->k)];
    if (child.limited && (child.living >> t & 1U) == 0)
      upper.writes[static_cast<std::size_t>(child.port)] += fill / border->children * child.cost[t].rate;
    if (border->q > level) continue;
    const MapLevel& parent = p.level[static_cast<std::size_t>(border->q)];
    if (!parent.limited) continue;
    upper.reads[static_cast<std::size_t>(parent.port)] += flow / border->parent_children * parent.cost[t].rate;
    if (t == w)
      upper.writes[static_cast<std::size_t>(parent.port)] += flow / border->parent_children * parent.cost[t].rate;
  }
  measure(out, level, &upper);
}

LabelPath LabelSearch::path(const std::vector<Stage>& stages, std::size_t stage, const Label& label) const {
  const MapProblem& p = *problem_;
  LabelPath path;
  path.keep = label.keep;
  path.children.fill(1.0);
  for (auto& groups : path.groups) groups.fill(1.0);
  const Label* at = &label;
  for (std::size_t s = stage + 1; s-- > 0;) {
    const auto i = static_cast<std::size_t>(stages[s].level);
    if (stages[s].temporal) {
      path.outer[i] = at->tile;
      path.order[i] = at->order;
    } else {
      const SpatialChoice& choice = p.level[i].choices[at->choice];
      path.spatial[i] = choice.tile;
      path.children[i] = choice.children;
      path.arrangement[i] = at->arrangement;
    }
    at = at->parent;
  }
  TileLattice::Id below = 0;
  for (std::size_t i = 0; i < p.level.size(); ++i) {
    path.inner[i] = below + path.spatial[i];
    for (std::size_t t = 0; t < p.tensors.size(); ++t) {
      if (path.spatial[i] != 0) path.groups[i][t] = p.groups(static_cast<int>(t), below, path.spatial[i]);
    }
    below = path.outer[i];
  }
  return path;
}

PackedMapping LabelSearch::mapping(const LabelPath& path) const {
  const MapProblem& p = *problem_;
  const auto dimensions = p.merged.layer.dimensions.size();
  PackedMapping merged = empty_packed_mapping(p.levels, static_cast<int>(dimensions));
  for (std::size_t i = 0; i < p.level.size(); ++i) {
    PackedLevel& level = merged.levels[i];
    level.keep = static_cast<std::uint8_t>(kept_at(path.keep, static_cast<int>(i)));
    const TileExtents &inner = p.lattice.extents(path.inner[i]), &outer = p.lattice.extents(path.outer[i]);
    for (std::size_t d = 0; d < dimensions; ++d) level.temporal[d] = outer[d] / inner[d];
    if (path.arrangement[i] != nullptr) {
      level.spatial_x = path.arrangement[i]->x;
      level.spatial_y = path.arrangement[i]->y;
      level.order_x = path.arrangement[i]->order_x;
      level.order_y = path.arrangement[i]->order_y;
    }
    // Outermost first: loops of one trip outside in their order, then the search's loops reversed; ruled loops of one
    // trip do not matter.
    std::size_t at = 0;
    for (std::size_t d = 0; d < dimensions; ++d) {
      if (level.temporal[d] == 1) level.order[at++] = static_cast<std::uint8_t>(d);
    }
    const LoopOrder& order = *path.order[i];
    for (int n = order.count; n-- > 0;) level.order[at++] = order.dimension[static_cast<std::size_t>(n)];
  }
  return p.merged.split(merged, p.request.layer);
}

}  // namespace dovetail
