// Sums over networks (see the header).
#include <dovetail/engine/codesign/candidate/network_sum.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dovetail {

double NetworkSum::add(double so_far, double weighted) const {
  return worst_ ? std::max(so_far, weighted) : so_far + weighted;
}

double NetworkSum::together(const NetworkSet& work, const std::vector<CompulsoryCost>& costs) const {
  double total = 0.0;
  for (const WeightedNetwork& network : work.networks) {
    double energy_pj = 0.0, cycles = 0.0;
    for (const CountedLayer& use : network.layers) {
      energy_pj += static_cast<double>(use.count) * costs[use.layer].energy_pj;
      cycles += static_cast<double>(use.count) * costs[use.layer].cycles;
    }
    total = add(total, network.weight * objective_(energy_pj, cycles));
  }
  return total;
}

double NetworkSum::root(std::int64_t count, double objective) const {
  return static_cast<double>(count) * std::pow(objective, 1.0 / (objective_.energy_power + objective_.cycles_power));
}

double NetworkSum::from_roots(double sum) const {
  return std::pow(sum, objective_.energy_power + objective_.cycles_power);
}

double NetworkSum::bound(const NetworkSet& work, const std::vector<double>& layers) const {
  double total = 0.0;
  for (const WeightedNetwork& network : work.networks) {
    double sum = 0.0;
    for (const CountedLayer& use : network.layers) sum += root(use.count, layers[use.layer]);
    total = add(total, network.weight * from_roots(sum));
  }
  return total;
}

CompulsoryCost NetworkSum::sums(const NetworkSet& work, const std::vector<CompulsoryCost>& costs) const {
  CompulsoryCost all{0.0, 0.0};
  for (const WeightedNetwork& network : work.networks) {
    for (const CountedLayer& use : network.layers) {
      const double times = network.weight * static_cast<double>(use.count);
      all.energy_pj += times * costs[use.layer].energy_pj;
      all.cycles += times * costs[use.layer].cycles;
    }
  }
  return all;
}

std::vector<char> NetworkSum::weighty(const NetworkSet& work, const std::vector<CompulsoryCost>& costs,
                                      double share) const {
  const CompulsoryCost all = sums(work, costs);
  std::vector<char> weighty(work.layers.size(), 0);
  for (const WeightedNetwork& network : work.networks) {
    for (const CountedLayer& use : network.layers) {
      const double times = network.weight * static_cast<double>(use.count);
      if (times * costs[use.layer].energy_pj >= share * all.energy_pj ||
          times * costs[use.layer].cycles >= share * all.cycles)
        weighty[use.layer] = 1;
    }
  }
  return weighty;
}

std::pair<std::vector<std::size_t>, std::size_t> NetworkSum::heaviest(const NetworkSet& work,
                                                                      const std::vector<CompulsoryCost>& costs) const {
  const CompulsoryCost all = sums(work, costs);
  std::vector<double> shares(work.layers.size(), 0.0);
  for (const WeightedNetwork& network : work.networks) {
    for (const CountedLayer& use : network.layers) {
      const double times = network.weight * static_cast<double>(use.count);
      const CompulsoryCost& one = costs[use.layer];
      shares[use.layer] += times * (one.energy_pj / all.energy_pj + one.cycles / all.cycles);
    }
  }
  std::vector<std::size_t> order(work.layers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return shares[a] > shares[b]; });
  std::size_t half = 0;
  for (double sum = 0.0; half < order.size() && sum < 1.0; ++half) sum += shares[order[half]];
  return {order, half};
}

std::vector<NetworkUses> NetworkSum::uses(const NetworkSet& work) const {
  std::vector<NetworkUses> networks;
  for (const WeightedNetwork& network : work.networks) {
    NetworkUses own{network.weight, {}};
    for (const CountedLayer& use : network.layers) own.uses.push_back({use.layer, static_cast<double>(use.count)});
    networks.push_back(std::move(own));
  }
  return networks;
}

}  // namespace dovetail
