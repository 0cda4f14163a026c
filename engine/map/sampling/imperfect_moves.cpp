// Draws and changes of mappings whose factors need not divide: chains that cover, none of them larger than needed.
#include <algorithm>
#include <cmath>

#include <dovetail/engine/map/factor_chains.hpp>
#include <dovetail/engine/map/sampling/moves.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t largest = std::int64_t{1} << 30;

std::int64_t ceiling(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

// One of the trip counts 1 .. n, each binary order as likely as any other.
std::int64_t some_trips(std::int64_t n, Random& random) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::pow(static_cast<double>(n) + 1.0, random.uniform())),
                                  1, n);
}

}  // namespace

// Factors from places in random order until every extent is covered: as many children as there are, or a share.
bool MapMoves::draw_chains(PackedMapping& mapping, Random& random) const {
  for (int d = 0; d < mapping.dimension_count; ++d) {
    std::int64_t left = request_->layer.dimensions[static_cast<std::size_t>(d)].extent;
    std::vector<Place> places = places_;
    while (left > 1 && !places.empty()) {
      const std::size_t pick = random.below(places.size());
      const Place place = places[pick];
      places[pick] = places.back();
      places.pop_back();
      std::int64_t most = left;
      if (place.slot != Slot::temporal) {
        most = 1;
        while (most < left && fits(mapping, place, d, most + 1)) ++most;
      }
      most = std::min(most, limit(place, d));
      const bool full = place.slot != Slot::temporal && random.uniform() < 0.5;
      const std::int64_t factor = full ? most : std::min(most, ceiling(left, some_trips(left, random)));
      this->factor(mapping, place, d) = static_cast<std::int32_t>(factor);
      left = ceiling(left, factor);
    }
    if (!tighten(mapping, static_cast<std::size_t>(d), request_->layer.dimensions[static_cast<std::size_t>(d)].extent,
                 request_->rules))
      return false;
  }
  return true;
}

// Raises a place's factor until the chain covers. False when the mesh or a rule forbids it.
bool MapMoves::raise(PackedMapping& mapping, Place place, int d) const {
  std::int32_t& own = factor(mapping, place, d);
  const std::int32_t before = own;
  const std::int64_t needed = least_factor(mapping, static_cast<std::size_t>(d),
                                           request_->layer.dimensions[static_cast<std::size_t>(d)].extent, own);
  if (needed <= own) return true;
  if (needed > largest) return false;
  own = 1;
  const bool possible = fits(mapping, place, d, needed);
  own = possible ? static_cast<std::int32_t>(needed) : before;
  return possible;
}

// Another factor at one place; another place covers what is then missing.
void MapMoves::change_chain(PackedMapping& mapping, Random& random) const {
  std::vector<int> wide;
  for (int d = 0; d < mapping.dimension_count; ++d) {
    if (request_->layer.dimensions[static_cast<std::size_t>(d)].extent > 1) wide.push_back(d);
  }
  if (wide.empty()) return;
  const int d = wide[random.below(wide.size())];
  const std::int64_t extent = request_->layer.dimensions[static_cast<std::size_t>(d)].extent;
  const Place place = places_[random.below(places_.size())];
  std::int32_t& own = factor(mapping, place, d);
  const std::int64_t before = own;
  std::int64_t wanted = 1;
  switch (random.below(6)) {
    case 0:
      wanted = 1;
      break;
    case 1:
      wanted = before + 1;
      break;
    case 2:
      wanted = std::max<std::int64_t>(1, before - 1);
      break;
    case 3:
      wanted = before * 2;
      break;
    case 4:
      wanted = ceiling(before, 2);
      break;
    default:
      wanted = ceiling(extent, some_trips(extent, random));
      break;
  }
  wanted = std::min(wanted, extent);
  own = 1;
  if (place.slot != Slot::temporal && wanted > before) {
    while (wanted > before && !fits(mapping, place, d, wanted)) --wanted;  // as many children as there are left
  }
  own = static_cast<std::int32_t>(fits(mapping, place, d, wanted) ? wanted : before);
  for (int tries = 0; tries < 4 && chain_product(mapping, static_cast<std::size_t>(d)) < extent; ++tries)
    raise(mapping, places_[random.below(places_.size())], d);
}

bool MapMoves::imperfect_repair(PackedMapping& mapping, Random& random) const {
  const auto extent = [&](int d) { return request_->layer.dimensions[static_cast<std::size_t>(d)].extent; };
  const auto floor = [&](Place place, int d) {
    return level_rules(request_->rules, static_cast<std::size_t>(place.level))
        .min_factor[static_cast<std::size_t>(place.slot)][static_cast<std::size_t>(d)];
  };
  for (const Place& place : places_) {
    for (int d = 0; d < mapping.dimension_count; ++d) {
      if (factor(mapping, place, d) < floor(place, d))
        factor(mapping, place, d) = static_cast<std::int32_t>(floor(place, d));
    }
  }
  if (!tighten(mapping, request_->layer, request_->rules)) return false;
  // Capacities from the inside out: an inner factor gets smaller, an outer place covers what is then missing.
  for (int i = 0; i + 1 < mapping.level_count; ++i) {
    for (int guard = 0;; ++guard) {
      TileExtents tile;
      tile.fill(1);
      for (int k = 0; k <= i; ++k) {
        const PackedLevel& level = mapping.levels[static_cast<std::size_t>(k)];
        for (std::size_t d = 0; d < mapping.dimension_count; ++d)
          tile[d] *= level.temporal[d] * level.spatial_x[d] * level.spatial_y[d];
      }
      settle_depths(mapping);
      if (words(mapping, i, tile) <= capacity_[static_cast<std::size_t>(i)]) break;
      if (guard > 100) return false;
      std::vector<std::pair<Place, int>> donors;
      for (const Place& from : places_) {
        if (from.level > i) break;
        for (int d = 0; d < mapping.dimension_count; ++d) {
          if (factor(mapping, from, d) > floor(from, d)) donors.emplace_back(from, d);
        }
      }
      if (donors.empty()) return false;
      const auto [from, d] = donors[random.below(donors.size())];
      std::int32_t& donor = factor(mapping, from, d);
      const std::int64_t less = random.below(2) == 0 ? ceiling(donor, 2) : donor - 1;
      donor = static_cast<std::int32_t>(std::max({less, floor(from, d), std::int64_t{1}}));
      std::vector<Place> takers;
      for (const Place& to : places_) {
        if (to.level > i) takers.push_back(to);
      }
      while (!takers.empty() && !raise(mapping, takers[random.below(takers.size())], d)) takers.pop_back();
      if (!tighten(mapping, static_cast<std::size_t>(d), extent(d), request_->rules)) return false;
    }
  }
  return contains(mapping);
}

}  // namespace dovetail
