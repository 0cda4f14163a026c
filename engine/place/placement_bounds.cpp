// Bounds of whole schedules: longest paths, load of the machines, and relaxations that price their cycles.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <dovetail/engine/place/placement.hpp>
#include <dovetail/engine/place/placement_graph.hpp>
#include <dovetail/engine/place/placement_resources.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {

using namespace detail;

namespace {

/// The least end of the longest path, transfers included: on each machine, when a layer can have ended at the earliest
/// were every machine always free.
double critical_path(const PlacementProblem& problem, const PlacementGraph& graph) {
  const std::size_t n = problem.layers.size(), machines = problem.machines;
  std::vector<double> end(n * machines, infinity);
  double longest = 0.0;
  for (std::size_t l : graph.order) {
    double least = infinity;
    for (std::size_t m = 0; m < machines; ++m) {
      double ready = problem.layers[l].release;
      for (std::size_t before : graph.before[l]) {
        double arrival = infinity;
        for (std::size_t k = 0; k < machines; ++k)
          arrival = std::min(arrival, end[before * machines + k] + (k == m ? 0.0 : problem.layers[before].transfer));
        ready = std::max(ready, arrival);
      }
      end[l * machines + m] = ready + problem.layers[l].cycles[m];
      least = std::min(least, end[l * machines + m]);
    }
    longest = std::max(longest, least);
  }
  return longest;
}

/// Prices >= 0 with a large value of priced energy - makespan x sum of prices: projected supergradient steps.
std::vector<double> good_prices(const PlacementResources& resources, double makespan, double scale) {
  std::vector<double> price(resources.count(), 0.0), load(price), best_price = price;
  double best = -infinity;
  for (int step = 0; step < 600; ++step) {
    const double sum = std::accumulate(price.begin(), price.end(), 0.0);
    const double bound = resources.priced(price, 1.0, load) - makespan * sum;
    if (bound > best) best = bound, best_price = price;
    double norm = 0.0;
    for (double l : load) norm += (l - makespan) * (l - makespan);
    if (norm <= 0.0) break;
    const double length = scale / (1.0 + 0.03 * step) / std::sqrt(norm);
    for (std::size_t m = 0; m < price.size(); ++m) price[m] = std::max(0.0, price[m] + length * (load[m] - makespan));
  }
  return best_price;
}

}  // namespace

PlacementBounds::PlacementBounds(const PlacementProblem& problem) {
  const PlacementGraph graph(problem);
  const PlacementResources machines(problem);
  PlacementResources all(problem);
  all.add_chains(graph);
  energy_ = std::accumulate(graph.least_energy.begin(), graph.least_energy.end(), 0.0);
  const double fastest_path = critical_path(problem, graph);
  auto [loaded, shares] = load_bound(machines);
  shares_ = std::move(shares);
  // A sum of rounded products must not exceed what a schedule reaches exactly.
  constexpr double rounding = 1.0 - 1e-12;
  const double both = load_bound(all).first * rounding;
  loaded *= rounding;
  makespan_ = std::max({fastest_path, loaded, both});
  if (loaded > fastest_path) makespan_reason_ = "machine load";
  if (both > std::max(loaded, fastest_path)) makespan_reason_ = "machine load and chains of layers";
  // What a cycle is worth at the most: all of the energy that speed may cost, over the least makespan.
  double worst = 0.0;
  for (const PlacementLayer& layer : problem.layers) {
    double most = 0.0;
    for (std::size_t m = 0; m < problem.machines; ++m)
      if (layer.cycles[m] < infinity) most = std::max(most, layer.energy[m]);
    worst += most;
  }
  const double scale = makespan_ > 0.0 ? 4.0 * worst / makespan_ : 0.0;
  for (double factor : {1.0, 1.05, 1.15, 1.3, 1.5, 1.8, 2.3, 3.0}) {
    for (const PlacementResources* resources : {&machines, &std::as_const(all)}) {
      std::vector<double> price = good_prices(*resources, factor * makespan_, scale), load(price);
      lines_.emplace_back(resources->priced(price, 1.0, load), std::accumulate(price.begin(), price.end(), 0.0));
      if (resources == &machines) prices_.push_back(std::move(price));
    }
  }
  // The best prices at the makespan where the bound of the product is least, until that no longer moves it.
  for (int round = 0; round < 12 && makespan_ > 0.0; ++round) {
    const auto [least, at] = least_product();
    std::vector<double> price = good_prices(all, at, scale), load(price);
    lines_.emplace_back(all.priced(price, 1.0, load), std::accumulate(price.begin(), price.end(), 0.0));
    if (least_product().first < least * (1.0 + 1e-5)) break;
  }
  edp_ = makespan_ > 0.0 ? least_product().first : 0.0;
}

/// The product over a range of makespans is at least its start x the energy at its end.
std::pair<double, double> PlacementBounds::least_product() const {
  std::pair<double, double> least{infinity, makespan_};
  double from = makespan_;
  for (int step = 1; step <= 4000; ++step) {
    const double to = step == 4000 ? infinity : from * 1.0005;
    const double product = from * (to == infinity ? energy_ : energy_within(to));
    if (product < least.first) least = {product, from};
    from = to;
  }
  return least;
}

double PlacementBounds::energy_within(double makespan) const {
  if (makespan < makespan_) return infinity;
  double bound = energy_;
  for (const auto& [value, slope] : lines_) bound = std::max(bound, value - makespan * slope);
  return bound;
}

}  // namespace dovetail
