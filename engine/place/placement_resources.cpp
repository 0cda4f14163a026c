// Chains of layers, and loads at prices.
#include <dovetail/engine/place/placement_resources.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include <dovetail/workloads/numbers.hpp>

namespace dovetail::detail {

void PlacementResources::add_chains(const PlacementGraph& graph) {
  std::vector<double> longest(problem.layers.size(), 0.0);
  std::vector<std::size_t> next(problem.layers.size(), problem.layers.size());
  std::map<std::int64_t, std::size_t> first;
  for (std::size_t i = problem.layers.size(); i-- > 0;) {
    const std::size_t l = graph.order[i];
    for (const std::size_t after : graph.after[l])
      if (longest[after] > longest[l]) longest[l] = longest[after], next[l] = after;
    longest[l] += graph.least_cycles[l];
    const auto [at, is_new] = first.try_emplace(problem.layers[l].network, l);
    if (!is_new && longest[l] > longest[at->second]) at->second = l;
  }
  for (const auto& [network, start] : first) {
    for (std::size_t l = start; l < problem.layers.size(); l = next[l])
      if (chain[l] < 0) chain[l] = static_cast<int>(chains);
    ++chains;
  }
}

double PlacementResources::priced(const std::vector<double>& price, double energy_weight,
                                  std::vector<double>& load) const {
  std::fill(load.begin(), load.end(), 0.0);
  double sum = 0.0;
  for (std::size_t l = 0; l < problem.layers.size(); ++l) {
    const PlacementLayer& layer = problem.layers[l];
    const double extra = chain_price(price, l);
    double least = infinity;
    std::size_t at = 0;
    for (std::size_t m = 0; m < problem.machines; ++m) {
      if (layer.cycles[m] == infinity) continue;
      const double value = energy_weight * layer.energy[m] + (price[m] + extra) * layer.cycles[m];
      if (value < least) least = value, at = m;
    }
    sum += least;
    load[at] += layer.cycles[at];
    if (chain[l] >= 0) load[problem.machines + static_cast<std::size_t>(chain[l])] += layer.cycles[at];
  }
  return sum;
}

std::pair<double, std::vector<double>> load_bound(const PlacementResources& resources) {
  std::vector<double> share(resources.count(), 1.0 / static_cast<double>(resources.count())), load(resources.count()),
      best_share = share;
  double best = 0.0;
  for (int step = 0; step < 1000; ++step) {
    const double bound = resources.priced(share, 0.0, load);
    if (bound > best) best = bound, best_share = share;
    const double most = *std::max_element(load.begin(), load.end());
    if (most <= 0.0) break;
    const double rate = 1.0 / (1.0 + 0.02 * step);
    double sum = 0.0;
    for (std::size_t m = 0; m < share.size(); ++m) sum += share[m] *= std::exp(rate * (load[m] - bound) / most);
    for (double& s : share) s /= sum;
  }
  return {best, best_share};
}

}  // namespace dovetail::detail
