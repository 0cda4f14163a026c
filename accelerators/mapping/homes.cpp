// Homes as bits of keep sets (see the header).
#include <dovetail/accelerators/mapping/homes.hpp>

namespace dovetail {
namespace {

// A mapping and a packed one store keep sets in different widths.
template <class Levels>
Homes homes_in(const Levels& levels, std::size_t count) {
  Homes homes;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t t = 0; t < homes.size(); ++t) {
      if ((living_in(levels[i].keep) >> t & 1U) != 0) homes[t] = static_cast<int>(i);
    }
  }
  return homes;
}

template <class Levels>
void settle_in(Levels& levels, std::size_t count, const Homes& homes) {
  for (std::size_t t = 0; t < homes.size(); ++t) {
    if (!homes[t]) continue;
    for (std::size_t i = 0; i < count; ++i) {
      auto& keep = levels[i].keep;
      using Keep = std::remove_reference_t<decltype(keep)>;
      const bool home = static_cast<int>(i) == *homes[t];
      const unsigned without = keep & ~home_bit(t) & ~(static_cast<int>(i) > *homes[t] ? 1U << t : 0U);
      keep = static_cast<Keep>(without | (home ? home_bit(t) | 1U << t : 0U));
    }
  }
}

}  // namespace

Homes homes_of(const Mapping& mapping) {
  return homes_in(mapping.levels, mapping.levels.size());
}
Homes homes_of(const PackedMapping& mapping) {
  return homes_in(mapping.levels, mapping.level_count);
}

void settle(Mapping& mapping, const Homes& homes) {
  settle_in(mapping.levels, mapping.levels.size(), homes);
}
void settle(PackedMapping& mapping, const Homes& homes) {
  settle_in(mapping.levels, mapping.level_count, homes);
}

bool consistent_homes(const PackedMapping& mapping, std::size_t tensors) {
  for (std::size_t t = 0; t < tensors; ++t) {
    bool lives = false;  // at a level so far
    for (std::size_t i = 0; i < mapping.level_count; ++i) {
      const unsigned keep = mapping.levels[i].keep;
      const bool home = (living_in(keep) >> t & 1U) != 0, kept = (keep >> t & 1U) != 0;
      if (lives ? kept || home : home && !kept) return false;
      lives = lives || home;
    }
  }
  return true;
}

}  // namespace dovetail
