// Starts everything again in the same order.
#include <dovetail/engine/place/placement_moves.hpp>

#include <algorithm>

#include <dovetail/engine/place/placement_graph.hpp>

namespace dovetail {

Schedule moved(const PlacementProblem& problem, const Schedule& schedule, std::size_t layer, std::size_t machine) {
  const PlacementGraph graph(problem);
  std::vector<std::size_t> rank(problem.layers.size());
  for (std::size_t i = 0; i < graph.order.size(); ++i) rank[graph.order[i]] = i;
  std::vector<PlacedLayer> order = schedule.layers;
  std::sort(order.begin(), order.end(), [&](const PlacedLayer& a, const PlacedLayer& b) {
    return a.start != b.start ? a.start < b.start : rank[a.layer] < rank[b.layer];
  });
  Schedule out{0.0, 0.0, schedule.layers};
  out.layers[layer].machine = machine;
  std::vector<double> free(problem.machines, 0.0);
  for (const PlacedLayer& next : order) {
    PlacedLayer& placed = out.layers[next.layer];
    const PlacementLayer& what = problem.layers[next.layer];
    placed.start = std::max(free[placed.machine], what.release);
    for (const std::size_t before : graph.before[next.layer]) {
      const PlacedLayer& source = out.layers[before];
      placed.start = std::max(placed.start,
                              source.end + (source.machine == placed.machine ? 0.0 : problem.layers[before].transfer));
    }
    placed.end = free[placed.machine] = placed.start + what.cycles[placed.machine];
    out.makespan = std::max(out.makespan, placed.end);
    out.energy += what.energy[placed.machine];
  }
  return out;
}

}  // namespace dovetail
