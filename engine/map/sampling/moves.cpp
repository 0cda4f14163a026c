// Drawing and changing legal mappings (see the header).
#include <dovetail/engine/map/sampling/moves.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <dovetail/engine/map/factor_chains.hpp>

namespace dovetail {
namespace {

void shuffle(std::array<std::uint8_t, max_dimensions>& order, int count, Random& random) {
  for (int i = count - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[random.below(static_cast<std::uint64_t>(i) + 1)]);
  }
}

}  // namespace

MapMoves::MapMoves(const MapRequest& request)
    : request_(&request),
      imperfect_(request.factors == Factors::imperfect),
      uneven_(request.placement == Placement::uneven),
      keep_(keep_choices(request)) {
  for (const Tensor& tensor : request.layer.tensors) tensors_.emplace_back(request.layer, tensor);
  for (std::size_t d = 0; d < request.layer.dimensions.size(); ++d) {
    std::int64_t rest = request.layer.dimensions[d].extent;
    for (std::int64_t prime = 2; rest > 1; ++prime) {
      if (prime * prime > rest) prime = rest;
      for (; rest % prime == 0; rest /= prime) primes_.push_back({static_cast<int>(d), prime});
    }
  }
  const int levels = static_cast<int>(request.architecture.levels.size());
  for (int i = 0; i < levels; ++i) {
    fan_x_.push_back(fanout_x(request.architecture, i));
    fan_y_.push_back(fanout_y(request.architecture, i));
    const auto usable = usable_capacity(request.architecture.levels[static_cast<std::size_t>(i)]);
    capacity_.push_back(usable ? static_cast<double>(*usable) : std::numeric_limits<double>::infinity());
    places_.push_back({i, Slot::temporal});
    if (fan_x_.back() > 1) places_.push_back({i, Slot::spatial_x});
    if (fan_y_.back() > 1) places_.push_back({i, Slot::spatial_y});
  }
}

std::int32_t& MapMoves::factor(PackedMapping& mapping, Place place, int dimension) const {
  PackedLevel& level = mapping.levels[static_cast<std::size_t>(place.level)];
  const auto d = static_cast<std::size_t>(dimension);
  if (place.slot == Slot::temporal) return level.temporal[d];
  return place.slot == Slot::spatial_x ? level.spatial_x[d] : level.spatial_y[d];
}

std::int64_t MapMoves::limit(Place place, int dimension) const {
  const auto& rules = level_rules(request_->rules, static_cast<std::size_t>(place.level));
  const std::int64_t most = rules.max_factor[static_cast<std::size_t>(place.slot)][static_cast<std::size_t>(dimension)];
  return most == 0 ? std::numeric_limits<std::int64_t>::max() : most;
}

bool MapMoves::fits(const PackedMapping& mapping, Place place, int dimension, std::int64_t prime) const {
  const PackedLevel& level = mapping.levels[static_cast<std::size_t>(place.level)];
  const auto d = static_cast<std::size_t>(dimension);
  if (place.slot == Slot::temporal) return level.temporal[d] * prime <= limit(place, dimension);
  const auto& factors = place.slot == Slot::spatial_x ? level.spatial_x : level.spatial_y;
  if (factors[d] * prime > limit(place, dimension)) return false;
  std::int64_t used = prime;
  for (int i = 0; i < mapping.dimension_count; ++i) used *= factors[static_cast<std::size_t>(i)];
  const auto& fan = place.slot == Slot::spatial_x ? fan_x_ : fan_y_;
  return used <= fan[static_cast<std::size_t>(place.level)];
}

void MapMoves::impose_order(PackedMapping& mapping) const {
  for (int i = 0; i < mapping.level_count; ++i) {
    const auto& inner = level_rules(request_->rules, static_cast<std::size_t>(i)).inner_order;
    if (inner.empty()) continue;
    auto& order = mapping.levels[static_cast<std::size_t>(i)].order;
    // Outermost first: the free dimensions in their order, then the ruled ones reversed.
    std::array<std::uint8_t, max_dimensions> wanted = order;
    std::size_t at = 0;
    const auto ruled = [&](int d) { return std::find(inner.begin(), inner.end(), d) != inner.end(); };
    for (int p = 0; p < mapping.dimension_count; ++p) {
      const std::uint8_t d = order[static_cast<std::size_t>(p)];
      if (!ruled(d)) wanted[at++] = d;
    }
    for (std::size_t k = inner.size(); k-- > 0;) wanted[at++] = static_cast<std::uint8_t>(inner[k]);
    order = wanted;
  }
}

double MapMoves::words(const PackedMapping& mapping, int level, const TileExtents& tile) const {
  double total = 0.0;
  const Level& memory = request_->architecture.levels[static_cast<std::size_t>(level)];
  for (std::size_t t = 0; t < tensors_.size(); ++t) {
    if ((mapping.levels[static_cast<std::size_t>(level)].keep >> t & 1U) == 0) continue;
    const double own = tensors_[t].volume(imperfect_ || uneven_ ? own_tile(mapping, level, t, tile) : tile);
    const int bits = request_->layer.tensors[t].word_bits;
    total += bits == 0 || bits == memory.word_bits ? own : std::ceil(own * bits / memory.word_bits);
  }
  return total;
}

// What a tensor at its depth holds of a level's tile, at most its extents.
TileExtents MapMoves::own_tile(const PackedMapping& mapping, int level, std::size_t t, const TileExtents& tile) const {
  const PackedLevel& at = mapping.levels[static_cast<std::size_t>(level)];
  TileExtents own = tile;
  for (std::size_t p = 0; p < at.depth[t]; ++p) own[at.order[p]] /= at.temporal[at.order[p]];
  for (std::size_t d = 0; d < mapping.dimension_count; ++d)
    own[d] = static_cast<std::int32_t>(std::min<std::int64_t>(own[d], request_->layer.dimensions[d].extent));
  return own;
}

// Half of the draws are even: every depth is as likely as any other in the rest.
void MapMoves::draw_depths(PackedMapping& mapping, int at, Random& random) const {
  PackedLevel& level = mapping.levels[static_cast<std::size_t>(at)];
  if (at + 1 == mapping.level_count || random.uniform() < 0.5) return;
  for (std::size_t t = 0; t < tensors_.size(); ++t)
    level.depth[t] = static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(mapping.dimension_count) + 1));
}

// Another depth of one tensor in one memory; false where there is none to change.
bool MapMoves::move_depth(PackedMapping& mapping, Random& random) const {
  if (mapping.level_count < 2) return false;
  PackedLevel& level = mapping.levels[random.below(mapping.level_count - std::uint64_t{1})];
  const std::size_t t = random.below(tensors_.size());
  std::uint64_t loops = 0;
  for (std::size_t d = 0; d < mapping.dimension_count; ++d) loops += level.temporal[d] > 1 ? 1 : 0;
  if ((level.keep >> t & 1U) == 0 || loops == 0) return false;
  level.depth[t] = static_cast<std::uint8_t>((level.depth[t] + 1 + random.below(loops)) % (loops + 1));
  return true;
}

bool MapMoves::repair(PackedMapping& mapping, Random& random) const {
  impose_order(mapping);
  if (imperfect_) return imperfect_repair(mapping, random);
  if (uneven_) settle_depths(mapping);
  const auto places = places_.size();
  // Least factors first: pull a prime from wherever it is.
  for (const Place& place : places_) {
    const auto& rules = level_rules(request_->rules, static_cast<std::size_t>(place.level));
    for (int d = 0; d < mapping.dimension_count; ++d) {
      const std::int64_t least = rules.min_factor[static_cast<std::size_t>(place.slot)][static_cast<std::size_t>(d)];
      for (int guard = 0; factor(mapping, place, d) < least && guard < 64; ++guard) {
        bool moved = false;
        for (const Prime& prime : primes_) {
          if (prime.dimension != d || !fits(mapping, place, d, prime.prime)) continue;
          for (std::size_t k = places; k-- > 0 && !moved;) {
            const Place from = places_[k];
            if (from.level == place.level && from.slot == place.slot) continue;
            const auto& own = level_rules(request_->rules, static_cast<std::size_t>(from.level));
            const std::int64_t floor = own.min_factor[static_cast<std::size_t>(from.slot)][static_cast<std::size_t>(d)];
            std::int32_t& donor = factor(mapping, from, d);
            if (donor % prime.prime != 0 || donor / prime.prime < floor) continue;
            donor = static_cast<std::int32_t>(donor / prime.prime);
            factor(mapping, place, d) = static_cast<std::int32_t>(factor(mapping, place, d) * prime.prime);
            moved = true;
          }
          if (moved) break;
        }
        if (!moved) return false;
      }
      if (factor(mapping, place, d) < least) return false;
    }
  }
  // Then capacities from the inside out: move factors to an outer level until the tile fits.
  TileExtents tile;
  tile.fill(1);
  for (int i = 0; i + 1 < mapping.level_count; ++i) {
    PackedLevel& level = mapping.levels[static_cast<std::size_t>(i)];
    for (int guard = 0;; ++guard) {
      TileExtents own = tile;
      for (std::size_t d = 0; d < mapping.dimension_count; ++d) {
        own[d] = tile[d] * level.temporal[d] * level.spatial_x[d] * level.spatial_y[d];
      }
      if (words(mapping, i, own) <= capacity_[static_cast<std::size_t>(i)]) {
        tile = own;
        break;
      }
      if (guard > 200) return false;
      // Donors: any factor of this level or an inner one, if some outer slot takes it.
      std::vector<std::pair<Place, Prime>> donors;
      for (const Place& from : places_) {
        if (from.level > i) break;
        const auto& rules = level_rules(request_->rules, static_cast<std::size_t>(from.level));
        for (const Prime& prime : primes_) {
          if (factor(mapping, from, prime.dimension) % prime.prime != 0) continue;
          const auto floor =
              rules.min_factor[static_cast<std::size_t>(from.slot)][static_cast<std::size_t>(prime.dimension)];
          if (factor(mapping, from, prime.dimension) / prime.prime < floor) continue;
          donors.emplace_back(from, prime);
        }
      }
      bool moved = false;
      while (!donors.empty() && !moved) {
        const std::size_t pick = random.below(donors.size());
        const auto [from, prime] = donors[pick];
        donors[pick] = donors.back();
        donors.pop_back();
        std::vector<Place> takers;
        for (const Place& to : places_) {
          if (to.level > i && fits(mapping, to, prime.dimension, prime.prime)) takers.push_back(to);
        }
        if (takers.empty()) continue;
        const Place to = takers[random.below(takers.size())];
        std::int32_t& donor = factor(mapping, from, prime.dimension);
        donor = static_cast<std::int32_t>(donor / prime.prime);
        std::int32_t& taker = factor(mapping, to, prime.dimension);
        taker = static_cast<std::int32_t>(taker * prime.prime);
        moved = true;
      }
      if (!moved) return false;
      if (uneven_) settle_depths(mapping);
      // Inner levels only shrank: their tiles still fit, but recompute from the start.
      tile.fill(1);
      for (int k = 0; k < i; ++k) {
        const PackedLevel& inner = mapping.levels[static_cast<std::size_t>(k)];
        for (std::size_t d = 0; d < mapping.dimension_count; ++d) {
          tile[d] *= inner.temporal[d] * inner.spatial_x[d] * inner.spatial_y[d];
        }
      }
    }
  }
  return contains(mapping);
}

bool MapMoves::contains(const PackedMapping& mapping) const {
  for (int i = 0; i < mapping.level_count; ++i) {
    const PackedLevel& level = mapping.levels[static_cast<std::size_t>(i)];
    const LevelRules& rules = level_rules(request_->rules, static_cast<std::size_t>(i));
    if (!uneven_ && uneven(level)) return false;
    std::int64_t x = 1, y = 1;
    for (std::size_t d = 0; d < mapping.dimension_count; ++d) {
      x *= level.spatial_x[d];
      y *= level.spatial_y[d];
      const std::array<std::int32_t, slot_count> factors{level.temporal[d], level.spatial_x[d], level.spatial_y[d]};
      for (std::size_t s = 0; s < slot_count; ++s) {
        if (factors[s] < rules.min_factor[s][d]) return false;
        if (rules.max_factor[s][d] != 0 && factors[s] > rules.max_factor[s][d]) return false;
      }
    }
    if (x > fan_x_[static_cast<std::size_t>(i)] || y > fan_y_[static_cast<std::size_t>(i)]) return false;
    const KeepChoice& keep = keep_[static_cast<std::size_t>(i)];
    if ((level.keep & keep.must) != keep.must || (level.keep & ~(keep.must | keep.optional)) != 0) return false;
    // Ruled loops innermost, in order; loops of one trip do not count.
    std::size_t expected = 0;
    for (int p = mapping.dimension_count; p-- > 0;) {
      const int d = level.order[static_cast<std::size_t>(p)];
      if (level.temporal[static_cast<std::size_t>(d)] == 1) continue;
      while (expected < rules.inner_order.size() &&
             level.temporal[static_cast<std::size_t>(rules.inner_order[expected])] == 1) {
        ++expected;
      }
      if (expected >= rules.inner_order.size()) break;
      if (rules.inner_order[expected] != d) return false;
      ++expected;
    }
  }
  return true;
}

std::optional<PackedMapping> MapMoves::sample(Random& random) const {
  const int levels = static_cast<int>(keep_.size());
  PackedMapping mapping = empty_packed_mapping(levels, static_cast<int>(request_->layer.dimensions.size()));
  for (int i = 0; i < levels; ++i) {
    PackedLevel& level = mapping.levels[static_cast<std::size_t>(i)];
    shuffle(level.order, mapping.dimension_count, random);
    shuffle(level.order_x, mapping.dimension_count, random);
    shuffle(level.order_y, mapping.dimension_count, random);
    const KeepChoice& keep = keep_[static_cast<std::size_t>(i)];
    level.keep =
        static_cast<std::uint8_t>(keep.must | (keep.optional & static_cast<unsigned>(random.below(1U << max_tensors))));
    if (uneven_) draw_depths(mapping, i, random);
  }
  if (imperfect_) {
    if (!draw_chains(mapping, random) || !repair(mapping, random)) return std::nullopt;
    return mapping;
  }
  for (const Prime& prime : primes_) {
    std::vector<Place> takers;
    for (const Place& place : places_) {
      if (fits(mapping, place, prime.dimension, prime.prime)) takers.push_back(place);
    }
    if (takers.empty()) return std::nullopt;
    std::int32_t& taker = factor(mapping, takers[random.below(takers.size())], prime.dimension);
    taker = static_cast<std::int32_t>(taker * prime.prime);
  }
  if (!repair(mapping, random)) return std::nullopt;
  return mapping;
}

std::optional<PackedMapping> MapMoves::mutate(const PackedMapping& from, Random& random) const {
  PackedMapping mapping = from;
  if (uneven_ && random.uniform() < 0.2 && move_depth(mapping, random)) {
    if (!repair(mapping, random)) return std::nullopt;
    return mapping;
  }
  const double kind = random.uniform();
  if (kind < 0.6 && imperfect_) {
    change_chain(mapping, random);
  } else if (kind < 0.6 && !primes_.empty()) {
    const Prime& prime = primes_[random.below(primes_.size())];
    std::vector<Place> donors, takers;
    for (const Place& place : places_) {
      if (factor(mapping, place, prime.dimension) % prime.prime == 0) donors.push_back(place);
    }
    const Place donor = donors[random.below(donors.size())];
    std::int32_t& given = factor(mapping, donor, prime.dimension);
    given = static_cast<std::int32_t>(given / prime.prime);
    for (const Place& place : places_) {
      if (place.level == donor.level && place.slot == donor.slot) continue;
      if (fits(mapping, place, prime.dimension, prime.prime)) takers.push_back(place);
    }
    const Place to = takers.empty() ? donor : takers[random.below(takers.size())];
    std::int32_t& taken = factor(mapping, to, prime.dimension);
    taken = static_cast<std::int32_t>(taken * prime.prime);
  } else if (kind < 0.9 ||
             std::all_of(keep_.begin(), keep_.end(), [](const KeepChoice& k) { return k.optional == 0; })) {
    PackedLevel& level = mapping.levels[random.below(mapping.level_count)];
    auto& order = random.uniform() < 0.8 ? level.order : random.uniform() < 0.5 ? level.order_x : level.order_y;
    std::swap(order[random.below(mapping.dimension_count)], order[random.below(mapping.dimension_count)]);
  } else {
    std::vector<std::pair<std::size_t, unsigned>> bits;
    for (std::size_t i = 0; i < keep_.size(); ++i) {
      for (unsigned t = 0; t < max_tensors; ++t) {
        if ((keep_[i].optional >> t & 1U) != 0) bits.emplace_back(i, t);
      }
    }
    const auto [level, tensor] = bits[random.below(bits.size())];
    mapping.levels[level].keep = static_cast<std::uint8_t>(mapping.levels[level].keep ^ (1U << tensor));
  }
  if (!repair(mapping, random)) return std::nullopt;
  return mapping;
}

std::optional<PackedMapping> MapMoves::cross(const PackedMapping& first, const PackedMapping& second,
                                             Random& random) const {
  PackedMapping mapping = first;
  for (std::size_t d = 0; d < mapping.dimension_count; ++d) {
    if (random.uniform() < 0.5) continue;
    for (std::size_t i = 0; i < mapping.level_count; ++i) {
      mapping.levels[i].temporal[d] = second.levels[i].temporal[d];
      mapping.levels[i].spatial_x[d] = second.levels[i].spatial_x[d];
      mapping.levels[i].spatial_y[d] = second.levels[i].spatial_y[d];
    }
  }
  for (std::size_t i = 0; i < mapping.level_count; ++i) {
    if (random.uniform() < 0.5) continue;
    mapping.levels[i].order = second.levels[i].order;
    mapping.levels[i].order_x = second.levels[i].order_x;
    mapping.levels[i].order_y = second.levels[i].order_y;
    mapping.levels[i].keep = second.levels[i].keep;
    mapping.levels[i].depth = second.levels[i].depth;
  }
  // Meshes may overflow: push spatial factors into time.
  for (std::size_t i = 0; i < mapping.level_count; ++i) {
    for (const bool x : {true, false}) {
      auto& factors = x ? mapping.levels[i].spatial_x : mapping.levels[i].spatial_y;
      const std::int64_t fan = x ? fan_x_[i] : fan_y_[i];
      for (;;) {
        std::int64_t used = 1;
        for (std::size_t d = 0; d < mapping.dimension_count; ++d) used *= factors[d];
        if (used <= fan) break;
        std::vector<std::size_t> active;
        for (std::size_t d = 0; d < mapping.dimension_count; ++d) {
          if (factors[d] > 1) active.push_back(d);
        }
        const std::size_t d = active[random.below(active.size())];
        mapping.levels[i].temporal[d] *= factors[d];
        factors[d] = 1;
      }
    }
  }
  if (!repair(mapping, random)) return std::nullopt;
  return mapping;
}

}  // namespace dovetail
