// Groups of children with equal data on the mesh under a level, counted without allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <dovetail/accelerators/loop/traffic.hpp>

namespace dovetail {

/// The children of one instance: `key[id]` names the data of the child with this linear id; equal keys share.
struct MeshChildren {
  static constexpr std::size_t limit = 4096;  ///< children, and keys
  std::size_t count = 0, keys = 0;
  std::array<std::uint16_t, limit> key;
};

/// The same groups as groups_of_children, ascending by multicast factor.
struct MeshGroups {
  static constexpr std::size_t limit = 64;
  std::size_t count = 0;
  std::array<GroupCensus, limit> group;

  /// False when there are more different multicast factors than `limit`.
  bool take(const MeshChildren& children, std::size_t row_length, double middle_row);
};

}  // namespace dovetail
