// Steps from one legal mapping to another.
#include <algorithm>

#include <dovetail/spaces/mapping/map_space_parts.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr int max_tries = 64;

}  // namespace

// Moves one prime of a dimension between slots; undone when the result is not legal.
bool MapSpace::move_prime(PackedMapping& mapping, int d, std::int32_t prime, Place from, Place to) const {
  std::int32_t& source = factor(mapping, from, d);
  std::int32_t& target = factor(mapping, to, d);
  const std::int64_t less = source / prime, more = static_cast<std::int64_t>(target) * prime;
  if (!allowed(from, d, less) || !allowed(to, d, more)) return false;
  source = static_cast<std::int32_t>(less);
  target = static_cast<std::int32_t>(more);
  if (legal(mapping)) return true;
  source *= prime;
  target /= prime;
  return false;
}

bool MapSpace::attempt(PackedMapping& mapping, Random& random) const {
  const std::uint64_t kind = random.below(8);
  if (kind >= 6 && !flips_.empty()) {
    const auto [l, t] = flips_[random.below(flips_.size())];
    std::uint8_t& keep = mapping.levels[l].keep;
    keep = static_cast<std::uint8_t>(keep ^ (1U << t));
    if (capacities_hold(mapping)) return true;
    keep = static_cast<std::uint8_t>(keep ^ (1U << t));
    return false;
  }
  if (kind == 5) {  // two loops of an order
    const int l = static_cast<int>(random.below(static_cast<std::uint64_t>(levels_)));
    PackedLevel& level = mapping.levels[at(l)];
    std::array<std::size_t, max_dimensions> loops;
    std::size_t count = 0;
    for (int p = 0; p < dimensions_; ++p)
      if (level.temporal[level.order[at(p)]] > 1) loops[count++] = at(p);
    if (count < 2) return false;
    const std::size_t a = random.below(count), b = (a + 1 + random.below(count - 1)) % count;
    std::swap(level.order[loops[a]], level.order[loops[b]]);
    if (order_holds(mapping, l)) return true;
    std::swap(level.order[loops[a]], level.order[loops[b]]);
    return false;
  }
  if (places_.size() < 2 || primes_.empty()) return false;
  const auto [dimension, prime] = primes_[random.below(primes_.size())];
  const int d = dimension;
  std::size_t source = random.below(places_.size());
  for (std::size_t tries = 0; factor(mapping, places_[source], d) % prime != 0; source = (source + 1) % places_.size())
    if (++tries > places_.size()) return false;
  const Place from = places_[source];
  if (kind == 4) {  // the whole loop changes between time, X and Y
    const auto slot = static_cast<Slot>((static_cast<unsigned>(from.slot) + 1 + random.below(2)) % slot_count);
    const Place to{from.level, slot};
    std::int32_t& a = factor(mapping, from, d);
    std::int32_t& b = factor(mapping, to, d);
    const std::int32_t moved = a, stayed = b;
    const std::int64_t product = static_cast<std::int64_t>(moved) * stayed;
    if (!allowed(from, d, 1) || !allowed(to, d, product)) return false;
    a = 1;
    b = static_cast<std::int32_t>(product);
    if (legal(mapping)) return true;
    a = moved;
    b = stayed;
    return false;
  }
  const std::size_t target = (source + 1 + random.below(places_.size() - 1)) % places_.size();
  return move_prime(mapping, d, prime, from, places_[target]);
}

bool MapSpace::neighbour(PackedMapping& mapping, Random& random) const {
  for (int tries = 0; tries < max_tries; ++tries)
    if (attempt(mapping, random)) return true;
  return false;
}

std::vector<PackedMapping> MapSpace::neighbours(const PackedMapping& mapping) const {
  std::vector<PackedMapping> result;
  PackedMapping next = mapping;
  for (std::size_t i = 0; i < primes_.size(); ++i) {
    if (i > 0 && primes_[i] == primes_[i - 1]) continue;
    const int d = primes_[i].first;
    const std::int32_t prime = primes_[i].second;
    for (const Place from : places_) {
      if (factor(mapping, from, d) % prime != 0) continue;
      for (const Place to : places_) {
        if (from.level == to.level && from.slot == to.slot) continue;
        if (!move_prime(next, d, prime, from, to)) continue;
        result.push_back(next);
        next = mapping;
      }
    }
  }
  for (int l = 0; l < levels_; ++l) {
    for (int d = 0; d < dimensions_; ++d)
      for (int a = 0; a < slot_count; ++a)
        for (int b = 0; b < slot_count; ++b) {
          const Place from{static_cast<std::uint8_t>(l), static_cast<Slot>(a)},
              to{static_cast<std::uint8_t>(l), static_cast<Slot>(b)};
          const std::int64_t moved = factor(mapping, from, d), product = moved * factor(mapping, to, d);
          // A prime alone has moved above.
          const bool alone =
              std::find(primes_.begin(), primes_.end(),
                        std::pair{static_cast<std::uint8_t>(d), static_cast<std::int32_t>(moved)}) != primes_.end();
          if (a == b || moved == 1 || alone || !allowed(from, d, 1) || !allowed(to, d, product)) continue;
          factor(next, from, d) = 1;
          factor(next, to, d) = static_cast<std::int32_t>(product);
          if (legal(next)) result.push_back(next);
          next = mapping;
        }
    PackedLevel& level = next.levels[at(l)];
    for (int a = 0; a < dimensions_; ++a)
      for (int b = 0; b < a; ++b) {
        if (level.temporal[level.order[at(a)]] == 1 || level.temporal[level.order[at(b)]] == 1) continue;
        std::swap(level.order[at(a)], level.order[at(b)]);
        if (order_holds(next, l)) result.push_back(next);
        std::swap(level.order[at(a)], level.order[at(b)]);
      }
  }
  for (const auto& [l, t] : flips_) {
    next.levels[l].keep = static_cast<std::uint8_t>(next.levels[l].keep ^ (1U << t));
    if (capacities_hold(next)) result.push_back(next);
    next.levels[l].keep = mapping.levels[l].keep;
  }
  return result;
}

}  // namespace dovetail
