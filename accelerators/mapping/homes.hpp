// Where the tensors of a layer live: in the outermost memory, or whole in an inner one that nothing outside of it sees.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include <dovetail/accelerators/mapping/packed_mapping.hpp>

namespace dovetail {

/// Per tensor the level of its home; none: the outermost memory.
///
/// The home holds the tensor whole, however the loops outside of it move over the tensor: its words are those of the
/// whole, not of a tile. It is not filled and no level outside of it counts anything: what is there was there before
/// the layer, or stays there after it. A home is one memory, not several instances that would have to agree.
using Homes = std::array<std::optional<int>, max_tensors>;

/// In a keep set, of a mapping's level as of rules' must_keep: tensor t lives here. The levels outside do not keep it,
/// not even the outermost one.
inline constexpr unsigned home_bit(std::size_t tensor) {
  return 1U << (static_cast<std::size_t>(max_tensors) + tensor);
}

/// The tensors that live at a level, from its keep set.
inline constexpr unsigned living_in(unsigned keep) {
  return keep >> static_cast<unsigned>(max_tensors) & ((1U << static_cast<unsigned>(max_tensors)) - 1U);
}

static_assert(2 * max_tensors <= 8, "PackedLevel::keep has a byte");

Homes homes_of(const Mapping& mapping);
Homes homes_of(const PackedMapping& mapping);
inline bool any(const Homes& homes) {
  return homes != Homes{};
}

/// The mapping with other homes: the home keeps its tensor, the levels outside do not.
void settle(Mapping& mapping, const Homes& homes);
void settle(PackedMapping& mapping, const Homes& homes);

/// Whether nothing that a mapping says of homes contradicts itself: a level outside of a home does not keep the tensor,
/// and the home does, once.
bool consistent_homes(const PackedMapping& mapping, std::size_t tensors);

}  // namespace dovetail
