// A layer at every room (see the header).
#include <dovetail/engine/fuse/resident_layer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/engine/bound/unavoidable_cost.hpp>
#include <dovetail/engine/map/keep_sets.hpp>
#include <dovetail/engine/map/sampling/moves.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

// Most units along one axis of a fan-out: a product of factors of the dimensions that may spread there.
double most_along(const Layer& layer, const LevelRules& rules, Slot slot, std::int64_t fan, unsigned cut) {
  std::int64_t product = 1;
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    if (rules.max_factor[at(slot)][d] == 1) continue;
    if ((cut >> d & 1U) != 0) return static_cast<double>(fan);
    if (layer.dimensions[d].extent > most_extent / product) return static_cast<double>(fan);
    product *= layer.dimensions[d].extent;
  }
  std::int64_t most = std::min(fan, product);
  while (product % most != 0) --most;
  return static_cast<double>(most);
}

// Units of compute that whole factors can occupy, at most.
double most_units(const Layer& layer, const Architecture& architecture, const MappingRules& rules, unsigned cut) {
  double units = 1.0;
  for (std::size_t i = 0; i < architecture.levels.size(); ++i) {
    const LevelRules& own = level_rules(rules, i);
    const int level = static_cast<int>(i);
    units *= most_along(layer, own, Slot::spatial_x, fanout_x(architecture, level), cut) *
             most_along(layer, own, Slot::spatial_y, fanout_y(architecture, level), cut);
  }
  return units;
}

}  // namespace

Architecture with_free_outermost(Architecture machine) {
  Level& outer = machine.levels.back();
  outer.energy = {};
  outer.read_bandwidth = outer.write_bandwidth = outer.shared_bandwidth = std::nullopt;
  return machine;
}

CostPoint unavoidable_cost(const Layer& layer, const Architecture& architecture, const MappingRules& rules,
                           unsigned living, unsigned cut) {
  const CompulsoryCost own = compulsory_cost(layer, with_free_outermost(architecture), rules);
  CostPoint least{own.energy_pj, own.cycles};
  if (!architecture.link_transfers)
    least.cycles =
        std::max(least.cycles, static_cast<double>(macs(layer)) / most_units(layer, architecture, rules, cut));
  const Level& outermost = architecture.levels.back();
  double reads = 0.0, writes = 0.0;
  for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
    if ((living >> t & 1U) != 0) continue;
    const Tensor& tensor = layer.tensors[t];
    const AccessCost price(outermost, layer, t);
    const double words = used_elements(layer, tensor) / static_cast<double>(outermost.instances);
    const double clusters = std::max(1.0, static_cast<double>(outermost.cluster_size));
    least.energy_pj += words * price.scale * (tensor.written ? price.update_pj : price.read_pj) *
                       static_cast<double>(outermost.instances) / clusters;
    (tensor.written ? writes : reads) += words * price.rate;
  }
  const Bandwidth bandwidth(outermost);
  least.cycles =
      std::max({least.cycles, reads / bandwidth.read, writes / bandwidth.write, (reads + writes) / bandwidth.shared});
  return least;
}

std::int64_t memory_words(const Level& memory, const Tensor& tensor, std::int64_t words) {
  if (tensor.word_bits == 0 || tensor.word_bits == memory.word_bits) return words;
  return (words * tensor.word_bits + memory.word_bits - 1) / memory.word_bits;
}

namespace {

// Bounds are close to what mappings cost: looking for all that costs a little more than the bound, and then for all
// that costs a little more than that, wades through fewer hopeless labels than what a poor first mapping leaves open.
constexpr double climbing[] = {1.03, 1.1, 1.25};
constexpr double close_enough = 1.3;  // of a bound: what is known leaves little to wade through

// A mapping with the least energy_pj + price x cycles, or the proof that none costs less than `enough`.
double climb(ExactSearch& search, double price, std::optional<MapPoint>& best, double enough, double bound) {
  const auto cost = [&](const MapPoint& point) { return point.energy_pj + price * point.cycles; };
  const double low = bound;
  const bool close = best && cost(*best) <= close_enough * low;
  for (const double share : climbing) {
    if (close || enough <= close_enough * low) break;
    const double ceiling = low * share;
    if (!(ceiling > bound) || !(ceiling < std::min(enough, best ? cost(*best) : infinity))) continue;
    std::optional<MapPoint> found = best;
    if (!found) {
      found.emplace();  // known, but worth nothing: nothing is looked for beyond the ceiling
      found->energy_pj = infinity;
    }
    const double value = search.cheapest(price, found, ceiling);
    if (found && cost(*found) < infinity) best = found;
    bound = std::max(bound, value);
    if (!(value >= ceiling * (1.0 - sum_rounding)) || (best && cost(*best) <= value)) return bound;
  }
  // A poor mapping is worth less than the one that a narrow look finds.
  std::optional<MapPoint> found = close ? best : std::nullopt;
  const double value = search.cheapest(price, found, enough);
  if (found && (!best || cost(*found) < cost(*best))) best = found;
  return best ? std::min(value, cost(*best)) : value;
}

// Cycles of the home level's ports while every element of what lives or must be there is read, or written, once.
double home_port_cycles(const MapRequest& request, int home, unsigned living) {
  const Level& memory = request.architecture.levels[static_cast<std::size_t>(home)];
  if (memory.instances != 1) return 0.0;
  const unsigned there = keep_choices(request)[static_cast<std::size_t>(home)].must | living;
  double reads = 0.0, writes = 0.0;
  for (std::size_t t = 0; t < request.layer.tensors.size(); ++t) {
    if ((there >> t & 1U) == 0) continue;
    const Tensor& tensor = request.layer.tensors[t];
    const double words = used_elements(request.layer, tensor) * AccessCost(memory, request.layer, t).rate;
    (tensor.written ? writes : reads) += words;
  }
  const Bandwidth bandwidth(memory);
  return std::max({reads / bandwidth.read, writes / bandwidth.write, (reads + writes) / bandwidth.shared});
}

}  // namespace

std::int64_t least_tile_words(const MapRequest& request, int level, unsigned living) {
  Layer tile = request.layer;
  for (std::size_t d = 0; d < tile.dimensions.size(); ++d) {
    std::int64_t least = 1;
    for (int i = 0; i <= level; ++i) {
      for (const auto& factors : level_rules(request.rules, static_cast<std::size_t>(i)).min_factor)
        least *= std::max<std::int64_t>(1, factors[d]);
    }
    tile.dimensions[d].extent = std::min(least, tile.dimensions[d].extent);
  }
  const unsigned kept = keep_choices(request)[static_cast<std::size_t>(level)].must & ~living;
  std::int64_t words = 0;
  for (std::size_t t = 0; t < tile.tensors.size(); ++t) {
    if ((kept >> t & 1U) != 0)
      words += memory_words(request.architecture.levels[static_cast<std::size_t>(level)], tile.tensors[t],
                            elements(tile, tile.tensors[t]));
  }
  return words;
}

ResidentLayer::ResidentLayer(const MapRequest& base, HomeLevel home, unsigned living)
    : base_(base),
      home_(home),
      living_(living) {
  const Level& memory = base.architecture.levels[static_cast<std::size_t>(home.level)];
  Homes homes;
  for (std::size_t t = 0; t < base.layer.tensors.size(); ++t) {
    if ((living >> t & 1U) == 0) continue;
    homes[t] = home.level;
    living_words_ += memory_words(memory, base.layer.tensors[t], elements(base.layer, base.layer.tensors[t]));
  }
  if (living != 0) base_.rules = with_homes(base_.rules, homes, base.architecture.levels.size());
  const CostPoint least = unavoidable_cost(base_.layer, base_.architecture, base_.rules, living);
  least_room_ = least_tile_words(base_, home.level, living);
  least_energy_ = least.energy_pj;
  least_cycles_ = std::max(least.cycles, home_port_cycles(base_, home.level, living));
}

MapRequest ResidentLayer::request(std::int64_t room) const {
  MapRequest request = base_;
  if (room >= home_.capacity_words && living_ == 0) return request;  // the machine itself
  Level& memory = request.architecture.levels[static_cast<std::size_t>(home_.level)];
  const auto usable = static_cast<double>(usable_capacity(memory).value_or(home_.capacity_words));
  const double least = memory.min_utilization * usable;
  const std::int64_t words = std::max<std::int64_t>(0, room) + living_words_;
  memory.capacity_words = words;
  memory.multiple_buffering = 1.0;
  memory.min_utilization =
      least > 0.0 && words > 0
          ? std::clamp((least - (usable - static_cast<double>(words))) / static_cast<double>(words), 0.0, 1.0)
          : 0.0;
  return request;
}

double ResidentLayer::bound(double price, std::int64_t room) const {
  if (room < least_room_) return infinity;
  double least = least_energy_ + price * least_cycles_;
  for (auto at = rooms_.lower_bound(room); at != rooms_.end(); ++at) {
    if (at->second.nothing) return infinity;
    if (!at->second.too_large) least = std::max(least, at->second.lines.at(price));
  }
  return least;
}

const ResidentPoint* ResidentLayer::best(double price, std::int64_t room) const {
  const ResidentPoint* least = nullptr;
  for (const ResidentPoint& point : points_) {
    if (point.tile_words > room) continue;
    if (least == nullptr || cost(point, price) < cost(*least, price)) least = &point;
  }
  return least;
}

bool ResidentLayer::settled(double price, std::int64_t room) const {
  const double least = bound(price, room);
  if (!(least < infinity)) return true;
  const ResidentPoint* known = best(price, room);
  return known != nullptr && cost(*known, price) <= least * (1.0 + sum_rounding);
}

ResidentLayer::Room& ResidentLayer::open(std::int64_t room) {
  const auto [at, added] = rooms_.try_emplace(room);
  if (!added) return at->second;
  Room& own = at->second;
  ++changes_;
  try {
    own.search = std::make_unique<ExactSearch>(request(room));
    own.nothing = !(own.search->root_bound() < infinity);
    if (!own.nothing)
      own.lines = SupportingLines(std::max(own.search->root_energy_pj(), least_energy_),
                                  std::max(own.search->root_cycles(), least_cycles_));
  } catch (const std::length_error&) {
    own.too_large = true;
  }
  return own;
}

void ResidentLayer::add(const PackedMapping& mapping) {
  const Evaluation cost = LoopModel().evaluate(base_.layer, request(home_.capacity_words).architecture, mapping);
  if (!cost.valid()) return;
  ResidentPoint point;
  point.point = {0.0, cost.energy_pj, static_cast<double>(cost.cycles), mapping};
  const LevelEvaluation& at_home = cost.levels[static_cast<std::size_t>(home_.level)];
  for (std::size_t t = 0; t < base_.layer.tensors.size(); ++t) {
    if ((living_ >> t & 1U) == 0) point.tile_words += at_home.tensors[t].utilized_capacity;
  }
  for (const ResidentPoint& other : points_) {
    if (other.point.energy_pj <= point.point.energy_pj && other.point.cycles <= point.point.cycles &&
        other.tile_words <= point.tile_words)
      return;
  }
  points_.push_back(std::move(point));
  ++changes_;
}

void ResidentLayer::adapt(const PackedMapping& from) {
  const std::vector<KeepChoice> choices = keep_choices(base_);
  const unsigned all = (1U << base_.layer.tensors.size()) - 1U;
  const Homes homes = homes_of(base_.rules);
  const MapMoves rules(base_);
  // What is missing of an extent goes to the loops of the outermost memory, or of the home level.
  for (const std::size_t rest : {std::size_t{from.level_count} - 1, static_cast<std::size_t>(home_.level)}) {
    PackedMapping mapping = from;
    bool whole = true;
    for (std::size_t d = 0; d < base_.layer.dimensions.size(); ++d) {
      std::int64_t left = base_.layer.dimensions[d].extent;
      const auto deal = [&](std::int32_t& factor) {
        factor = static_cast<std::int32_t>(std::gcd(std::int64_t{factor}, left));
        left /= factor;
      };
      for (std::size_t i = 0; i < mapping.level_count; ++i) {
        deal(mapping.levels[i].spatial_x[d]);
        deal(mapping.levels[i].spatial_y[d]);
        deal(mapping.levels[i].temporal[d]);
      }
      whole = whole && left == 1;
      mapping.levels[rest].temporal[d] *= static_cast<std::int32_t>(left);
    }
    for (std::size_t i = 0; i < mapping.level_count; ++i) {
      const unsigned kept = mapping.levels[i].keep & all;
      mapping.levels[i].keep = static_cast<std::uint8_t>(choices[i].must | (kept & choices[i].optional));
    }
    if (rules.contains(mapping)) {
      settle(mapping, homes);
      add(mapping);
    }
    if (whole) return;
  }
}

bool ResidentLayer::ask(Room& at, double price, std::int64_t room, double enough) {
  if (at.too_large || at.nothing) return false;
  const auto [answered, first] = at.asked.try_emplace(price, 0.0);
  if (!first && answered->second >= enough) return false;
  const std::int64_t evaluated = at.search->evaluations(), labeled = at.search->labels();
  std::optional<MapPoint> best_point;
  if (const ResidentPoint* known = best(price, room)) best_point = known->point;
  const double value = climb(*at.search, price, best_point, enough, bound(price, room));
  ++changes_;
  evaluations_ += at.search->evaluations() - evaluated;
  labels_ += at.search->labels() - labeled;
  if (!(value < infinity)) {
    at.nothing = true;
    return true;
  }
  at.lines.add(price, value);
  answered->second = enough;
  if (best_point) add(best_point->mapping);
  return true;
}

bool ResidentLayer::list(double price, std::int64_t room, double below, std::size_t labels) {
  if (!(bound(price, room) < below)) return true;
  const auto [known, first] = listed_.try_emplace({room, price}, 0.0);
  if (!first && known->second >= below) return true;
  MapRequest asked = request(room);
  asked.front = true;
  try {
    ExactSearch search(asked);
    std::vector<MapPoint> found;
    for (const ResidentPoint& point : points_) {
      if (point.tile_words <= room) found.push_back(point.point);
    }
    const bool complete = search.front_below(price, below, labels, found);
    evaluations_ += search.evaluations();
    labels_ += search.labels();
    for (const MapPoint& point : found) add(point.mapping);
    if (complete) known->second = below;
    return complete;
  } catch (const std::length_error&) {
    return false;
  }
}

bool ResidentLayer::refine(double price, std::int64_t room, double enough) {
  const std::int64_t full = home_.capacity_words;
  if (!rooms_.contains(full)) {
    open(full);
    return true;
  }
  if (!(bound(price, room) < infinity)) return false;
  if (ask(open(full), price, full, enough)) return true;
  if (room == full) return false;
  if (!rooms_.contains(room)) {
    open(room);
    return true;
  }
  return ask(open(room), price, room, enough);
}

}  // namespace dovetail
