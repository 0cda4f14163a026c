// Size of a nest.
#include <dovetail/accelerators/cycle/event_table.hpp>

#include <cmath>
#include <limits>

namespace dovetail {

std::int64_t EventTable::steps() const {
  double total = 1.0;
  // A ragged dimension: from the inside out, pieces of the last pass (edge) and of the others (full).
  std::vector<double> full(static_cast<std::size_t>(ragged), 1.0), edge(static_cast<std::size_t>(ragged), 1.0);
  for (const NestLoop& loop : loops) {
    if (loop.edge < 0) {
      total *= static_cast<double>(loop.trips);
      continue;
    }
    const auto e = static_cast<std::size_t>(loop.edge);
    edge[e] += static_cast<double>(loop.edge_trips - 1) * full[e];
    full[e] *= static_cast<double>(loop.trips);
  }
  for (const double e : edge) total *= e;
  if (total > 9e18) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(total);
}

}  // namespace dovetail
