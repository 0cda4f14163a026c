// Orders the layers, and finds a ring where there is no order.
#include <dovetail/engine/place/placement_graph.hpp>

#include <algorithm>
#include <queue>

namespace dovetail {
namespace {

/// Following what a layer waits for among those without an order ends in a ring.
std::vector<std::size_t> ring(const std::vector<std::vector<std::size_t>>& before,
                              const std::vector<std::size_t>& waiting) {
  std::vector<std::size_t> path, seen(before.size(), before.size());
  std::size_t at = static_cast<std::size_t>(
      std::find_if(waiting.begin(), waiting.end(), [](std::size_t w) { return w > 0; }) - waiting.begin());
  while (seen[at] == before.size()) {
    seen[at] = path.size();
    path.push_back(at);
    at = *std::find_if(before[at].begin(), before[at].end(), [&](std::size_t b) { return waiting[b] > 0; });
  }
  path.erase(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(seen[at]));
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

PlacementGraph::PlacementGraph(const PlacementProblem& problem) {
  const std::size_t n = problem.layers.size();
  before.resize(n), after.resize(n);
  for (const auto& [from, to] : problem.edges) {
    before[to].push_back(from);
    after[from].push_back(to);
  }
  for (auto* lists : {&before, &after}) {
    for (auto& list : *lists) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    }
  }
  std::vector<std::size_t> waiting(n);
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t l = 0; l < n; ++l) {
    waiting[l] = before[l].size();
    if (waiting[l] == 0) ready.push(l);
  }
  while (!ready.empty()) {
    const std::size_t l = ready.top();
    ready.pop();
    order.push_back(l);
    for (std::size_t a : after[l])
      if (--waiting[a] == 0) ready.push(a);
  }
  if (order.size() < n) {
    cycle = ring(before, waiting);
    return;
  }
  for (const PlacementLayer& layer : problem.layers) {
    least_cycles.push_back(*std::min_element(layer.cycles.begin(), layer.cycles.end()));
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t m = 0; m < problem.machines; ++m)
      if (layer.cycles[m] < std::numeric_limits<double>::infinity()) least = std::min(least, layer.energy[m]);
    least_energy.push_back(least);
  }
  tail.assign(n, 0.0), due.assign(n, 0.0);
  for (std::size_t i = n; i-- > 0;) {
    const std::size_t l = order[i];
    due[l] = problem.layers[l].deadline;
    for (std::size_t a : after[l]) {
      tail[l] = std::max(tail[l], least_cycles[a] + tail[a]);
      due[l] = std::min(due[l], due[a] - least_cycles[a]);
    }
  }
}

}  // namespace dovetail
