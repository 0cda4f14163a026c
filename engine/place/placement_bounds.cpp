// Bounds of whole schedules: longest paths, load of the machines, and relaxations that price their cycles.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <dovetail/engine/place/placement.hpp>
#include <dovetail/engine/place/placement_graph.hpp>

namespace dovetail {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

/// The least end of the longest path, transfers included: on each machine, when a layer can have ended at the earliest
/// were every machine always free.
double critical_path(const PlacementProblem& problem, const PlacementGraph& graph) {
  const std::size_t n = problem.layers.size(), machines = problem.machines;
  std::vector<double> end(n * machines, never);
  double longest = 0.0;
  for (std::size_t l : graph.order) {
    double least = never;
    for (std::size_t m = 0; m < machines; ++m) {
      double ready = problem.layers[l].release;
      for (std::size_t before : graph.before[l]) {
        double arrival = never;
        for (std::size_t k = 0; k < machines; ++k)
          arrival = std::min(arrival,
                             end[before * machines + k] + (k == m ? 0.0 : problem.layers[before].transfer));
        ready = std::max(ready, arrival);
      }
      end[l * machines + m] = ready + problem.layers[l].cycles[m];
      least = std::min(least, end[l * machines + m]);
    }
    longest = std::max(longest, least);
  }
  return longest;
}

/// Sum over layers of the least of (energy x weight + price of the machine x cycles); the cycles that the choices put on
/// each machine are a supergradient in the prices.
double priced(const PlacementProblem& problem, const std::vector<double>& price, double energy_weight,
              std::vector<double>& load) {
  std::fill(load.begin(), load.end(), 0.0);
  double sum = 0.0;
  for (const PlacementLayer& layer : problem.layers) {
    double least = never;
    std::size_t at = 0;
    for (std::size_t m = 0; m < problem.machines; ++m) {
      if (layer.cycles[m] == never) continue;
      const double value = energy_weight * layer.energy[m] + price[m] * layer.cycles[m];
      if (value < least) least = value, at = m;
    }
    sum += least;
    load[at] += layer.cycles[at];
  }
  return sum;
}

/// Shares of the machines, summing to one, with the largest sum of the least share x cycles (the dual of the fractional
/// assignment of layers to machines): multiplicative updates towards the loaded machines. Every iterate is a bound.
std::pair<double, std::vector<double>> load_bound(const PlacementProblem& problem) {
  std::vector<double> share(problem.machines, 1.0 / static_cast<double>(problem.machines)),
      load(problem.machines), best_share = share;
  double best = 0.0;
  for (int step = 0; step < 400; ++step) {
    const double bound = priced(problem, share, 0.0, load);
    if (bound > best) best = bound, best_share = share;
    const double most = *std::max_element(load.begin(), load.end());
    if (most <= 0.0) break;
    const double rate = 1.0 / (1.0 + 0.1 * step);
    double sum = 0.0;
    for (std::size_t m = 0; m < problem.machines; ++m)
      sum += share[m] *= std::exp(rate * (load[m] - bound) / most);
    for (double& s : share) s /= sum;
  }
  return {best, best_share};
}

/// Prices >= 0 with a large value of priced energy - makespan x sum of prices: projected supergradient steps.
std::vector<double> good_prices(const PlacementProblem& problem, double makespan, double scale) {
  std::vector<double> price(problem.machines, 0.0), load(problem.machines), best_price = price;
  double best = -never;
  for (int step = 0; step < 200; ++step) {
    const double sum = std::accumulate(price.begin(), price.end(), 0.0);
    const double bound = priced(problem, price, 1.0, load) - makespan * sum;
    if (bound > best) best = bound, best_price = price;
    double norm = 0.0;
    for (double l : load) norm += (l - makespan) * (l - makespan);
    if (norm <= 0.0) break;
    const double length = scale / (1.0 + 0.15 * step) / std::sqrt(norm);
    for (std::size_t m = 0; m < problem.machines; ++m)
      price[m] = std::max(0.0, price[m] + length * (load[m] - makespan));
  }
  return best_price;
}

}  // namespace

PlacementBounds::PlacementBounds(const PlacementProblem& problem) : problem_(&problem) {
  const PlacementGraph graph(problem);
  std::vector<double> load(problem.machines), none(problem.machines, 0.0);
  energy_ = priced(problem, none, 1.0, load);
  const double fastest_path = critical_path(problem, graph);
  auto [loaded, shares] = load_bound(problem);
  shares_ = std::move(shares);
  loaded *= 1.0 - 1e-12;  // a sum of rounded products must not exceed what a schedule reaches exactly
  makespan_ = std::max(fastest_path, loaded);
  if (loaded > fastest_path) makespan_reason_ = "machine load";
  // What a cycle is worth at the most: all of the energy that speed may cost, over the least makespan.
  double worst = 0.0;
  for (const PlacementLayer& layer : problem.layers) {
    double most = 0.0;
    for (std::size_t m = 0; m < problem.machines; ++m)
      if (layer.cycles[m] < never) most = std::max(most, layer.energy[m]);
    worst += most;
  }
  const double scale = makespan_ > 0.0 ? 4.0 * worst / makespan_ : 0.0;
  for (double factor : {1.0, 1.05, 1.15, 1.3, 1.5, 1.8, 2.3, 3.0}) {
    std::vector<double> price = good_prices(problem, factor * makespan_, scale);
    price_values_.push_back(priced(problem, price, 1.0, load));
    prices_.push_back(std::move(price));
  }
  // The product over a range of makespans is at least its start x the energy at its end.
  edp_ = never;
  double from = makespan_;
  for (int step = 1; from > 0.0 && step <= 4000; ++step) {
    const double to = step == 4000 ? never : from * 1.0005;
    edp_ = std::min(edp_, from * (to == never ? energy_ : energy_within(to)));
    from = to;
  }
  if (edp_ == never) edp_ = 0.0;
}

double PlacementBounds::energy_within(double makespan) const {
  if (makespan < makespan_) return never;
  double bound = energy_;
  for (std::size_t p = 0; p < prices_.size(); ++p) {
    const double sum = std::accumulate(prices_[p].begin(), prices_[p].end(), 0.0);
    bound = std::max(bound, price_values_[p] - makespan * sum);
  }
  return bound;
}

}  // namespace dovetail
