#include <dovetail/accelerators/loop/mesh_groups.hpp>

#include <algorithm>

namespace dovetail {

bool MeshGroups::take(const MeshChildren& children, std::size_t row_length, double middle_row) {
  struct Found {
    double hops;
    std::uint16_t size, last_column, last_row;
  };
  std::array<Found, MeshChildren::limit> found;
  for (std::size_t key = 0; key < children.keys; ++key) found[key] = {0.0, 0, 0, 0};
  // Column by column, so that the first and the last row of a group in a column are met in this order.
  const std::size_t columns = std::min(row_length, children.count);
  for (std::size_t column = 0; column < columns; ++column) {
    std::size_t row = 0;
    for (std::size_t id = column; id < children.count; id += row_length, ++row) {
      Found& at = found[children.key[id]];
      const double below = std::max(0.0, static_cast<double>(row) - middle_row);
      if (at.size == 0 || at.last_column != column) {
        at.hops += std::max(0.0, middle_row - static_cast<double>(row)) + below;
      } else {
        at.hops += below - std::max(0.0, static_cast<double>(at.last_row) - middle_row);
      }
      ++at.size;
      at.last_column = static_cast<std::uint16_t>(column);
      at.last_row = static_cast<std::uint16_t>(row);
    }
  }
  count = 0;
  for (std::size_t key = 0; key < children.keys; ++key) {
    const Found& from = found[key];
    if (from.size == 0) continue;
    std::size_t at = 0;
    while (at < count && group[at].multicast < from.size) ++at;
    if (at == count || group[at].multicast != from.size) {
      if (count == limit) return false;
      std::copy_backward(group.begin() + static_cast<std::ptrdiff_t>(at),
                         group.begin() + static_cast<std::ptrdiff_t>(count),
                         group.begin() + static_cast<std::ptrdiff_t>(count) + 1);
      group[at] = {from.size, 0, 0.0};
      ++count;
    }
    ++group[at].groups;
    group[at].hops += from.hops + static_cast<double>(from.last_column);
  }
  return true;
}

}  // namespace dovetail
