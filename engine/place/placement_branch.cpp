// Lines of prices, their envelope, and a best-first search over the layers' machines.
#include <dovetail/engine/place/placement_branch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <queue>

#include <dovetail/engine/place/placement_resources.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail::detail {
namespace {

constexpr double summed =
    1.0 - sum_rounding;  // sums of rounded products must not exceed what a schedule reaches exactly
constexpr std::size_t most_lines = 96;
constexpr int root_steps = 400, node_steps = 24;
constexpr std::int8_t open_machine = -1;

// Energy >= value - slope x makespan of any schedule, by prices of the resources.
struct PriceLine {
  std::vector<double> price;
  double slope = 0.0;
  std::vector<double> cost,
      least;  ///< of layer l on machine m at l x machines + m; and the least of each layer
};

struct BranchNode {
  double bound = 0.0;
  std::vector<std::int8_t> machine;  ///< per layer; open_machine: any
};

struct LessHopeful {
  bool operator()(const BranchNode& a, const BranchNode& b) const { return a.bound > b.bound; }
};

// Where the product of makespan and energy can be least.
struct LeastProduct {
  double product = infinity, makespan = 0.0;
  std::size_t line = 0;  ///< which decides there
};

class BranchSearch {
 public:
  BranchSearch(const PlacementProblem& problem, const PlacementGraph& graph, const PlacementBounds& bounds)
      : problem_(problem),
        graph_(graph),
        bounds_(bounds),
        resources_(problem),
        n_(problem.layers.size()),
        m_(problem.machines) {
    resources_.add_chains(graph);
    add_line(std::vector<double>(resources_.count(), 0.0));
    load_shares_.push_back(load_bound(resources_).second);
    for (const double factor : {1.0, 1.03, 1.07, 1.12, 1.2, 1.35, 1.6, 2.0}) {
      const double makespan = factor * bounds.makespan();
      add_line(improved(root(), makespan, lines_.back().price, root_steps, bounds.edp() / makespan));
    }
  }

  double run(std::size_t nodes, const std::function<double(const std::vector<std::size_t>&)>& tried) {
    double known = tried(completed(root(), 0));
    std::priority_queue<BranchNode, std::vector<BranchNode>, LessHopeful> open;
    BranchNode first = root();
    first.bound = std::max(bounds_.edp(), evaluate(first).product);
    open.push(std::move(first));
    double closed = infinity;  // of nodes that have no layer left to decide
    for (std::size_t opened = 0; !open.empty() && opened < nodes; ++opened) {
      BranchNode node = open.top();
      if (node.bound >= std::min(known, closed) * summed) break;
      open.pop();
      LeastProduct at = evaluate(node);
      for (int round = 0; round < 2; ++round) {
        const double aim = std::min(known, 2.0 * at.product);  // without a schedule, twice what is known from below
        add_line(improved(node, at.makespan, lines_[at.line].price, node_steps, aim / at.makespan));
        const LeastProduct again = evaluate(node);
        const bool better = again.product > at.product * (1.0 + 1e-5);
        at = again;
        if (!better) break;
      }
      node.bound = std::max(node.bound, at.product);
      if (node.bound >= known) continue;
      known = std::min(known, tried(completed(node, at.line)));
      const std::size_t layer = divided(node, at);
      if (layer == n_) {
        closed = std::min(closed, node.bound);
        continue;
      }
      for (std::size_t m = 0; m < m_; ++m) {
        if (problem_.layers[layer].cycles[m] == infinity) continue;
        BranchNode child = node;
        child.machine[layer] = static_cast<std::int8_t>(m);
        child.bound = std::max(node.bound, evaluate(child).product);
        if (child.bound < known) open.push(std::move(child));
      }
    }
    const double left = open.empty() ? infinity : open.top().bound;
    const double least = std::min({left, closed, known}) * summed;
    return least < infinity ? std::max(bounds_.edp(), least) : bounds_.edp();
  }

 private:
  BranchNode root() const { return {0.0, std::vector<std::int8_t>(n_, open_machine)}; }

  void add_line(std::vector<double> price) {
    PriceLine line;
    line.slope = std::accumulate(price.begin(), price.end(), 0.0);
    line.price = std::move(price);
    line.cost.assign(n_ * m_, infinity);
    line.least.assign(n_, infinity);
    for (std::size_t l = 0; l < n_; ++l)
      for (std::size_t m = 0; m < m_; ++m) {
        const PlacementLayer& layer = problem_.layers[l];
        if (layer.cycles[m] == infinity) continue;
        const double value =
            layer.energy[m] + (line.price[m] + resources_.chain_price(line.price, l)) * layer.cycles[m];
        line.cost[l * m_ + m] = value;
        line.least[l] = std::min(line.least[l], value);
      }
    if (lines_.size() < most_lines) {
      lines_.push_back(std::move(line));
      return;
    }
    constexpr std::size_t kept = 9;  // the first ones serve everywhere
    lines_[kept + replaced_++ % (most_lines - kept)] = std::move(line);
  }

  double value(const BranchNode& node, const PriceLine& line) const {
    double sum = 0.0;
    for (std::size_t l = 0; l < n_; ++l)
      sum += node.machine[l] < 0 ? line.least[l] : line.cost[l * m_ + static_cast<std::size_t>(node.machine[l])];
    return sum;
  }

  // Machines and chains at their shares of one makespan.
  double least_makespan(const BranchNode& node) const {
    double bound = bounds_.makespan();
    for (const std::vector<double>& share : load_shares_) {
      double sum = 0.0;
      for (std::size_t l = 0; l < n_; ++l) {
        const PlacementLayer& layer = problem_.layers[l];
        double least = infinity;
        for (std::size_t m = 0; m < m_; ++m)
          if ((node.machine[l] < 0 || static_cast<std::size_t>(node.machine[l]) == m) && layer.cycles[m] < infinity)
            least = std::min(least, (share[m] + resources_.chain_price(share, l)) * layer.cycles[m]);
        sum += least;
      }
      bound = std::max(bound, sum * summed);
    }
    std::vector<double> load(m_, 0.0);
    for (std::size_t l = 0; l < n_; ++l)
      if (node.machine[l] >= 0)
        load[static_cast<std::size_t>(node.machine[l])] +=
            problem_.layers[l].cycles[static_cast<std::size_t>(node.machine[l])];
    return std::max(bound, *std::max_element(load.begin(), load.end()) * summed);
  }

  // Between the corners of the envelope the product is concave: it is least at one of them, or at the least makespan.
  LeastProduct evaluate(const BranchNode& node) const {
    std::vector<double> values;
    values.reserve(lines_.size());
    for (const PriceLine& line : lines_) values.push_back(value(node, line));
    const auto energy = [&](std::size_t k, double makespan) { return values[k] - makespan * lines_[k].slope; };
    double makespan = least_makespan(node);
    std::size_t at = 0;
    for (std::size_t k = 1; k < lines_.size(); ++k) {
      const double a = energy(k, makespan), b = energy(at, makespan);
      if (a > b || (a == b && lines_[k].slope < lines_[at].slope)) at = k;
    }
    LeastProduct least;
    while (true) {
      const double product = makespan * energy(at, makespan);
      if (product < least.product) least = {product, makespan, at};
      double next = infinity;
      std::size_t then = at;
      for (std::size_t k = 0; k < lines_.size(); ++k) {
        if (!(lines_[k].slope < lines_[at].slope)) continue;
        const double meets = (values[at] - values[k]) / (lines_[at].slope - lines_[k].slope);
        if (meets < next || (meets == next && lines_[k].slope < lines_[then].slope)) next = meets, then = k;
      }
      if (then == at) break;
      makespan = std::max(makespan, next);
      at = then;
    }
    return least;
  }

  // Prices with a larger value at a makespan. `target`: what the value cannot exceed by much (Polyak, 1969).
  std::vector<double> improved(const BranchNode& node, double makespan, std::vector<double> price, int steps,
                               double target) const {
    std::vector<double> best_price = price, load(price.size());
    double best = -infinity, rate = 1.0;
    for (int step = 0; step < steps; ++step) {
      std::fill(load.begin(), load.end(), 0.0);
      double sum = 0.0;
      for (std::size_t l = 0; l < n_; ++l) {
        const PlacementLayer& layer = problem_.layers[l];
        const double along = resources_.chain_price(price, l);
        double least = infinity;
        std::size_t at = 0;
        for (std::size_t m = 0; m < m_; ++m) {
          if (layer.cycles[m] == infinity || (node.machine[l] >= 0 && static_cast<std::size_t>(node.machine[l]) != m))
            continue;
          const double one = layer.energy[m] + (price[m] + along) * layer.cycles[m];
          if (one < least) least = one, at = m;
        }
        sum += least;
        load[at] += layer.cycles[at];
        if (resources_.chain[l] >= 0) load[m_ + static_cast<std::size_t>(resources_.chain[l])] += layer.cycles[at];
      }
      const double reached = sum - makespan * std::accumulate(price.begin(), price.end(), 0.0);
      if (reached > best) {
        best = reached;
        best_price = price;
      } else {
        rate *= 0.93;
      }
      double norm = 0.0;
      for (std::size_t r = 0; r < load.size(); ++r) {
        const double over = load[r] - makespan;
        if (over > 0.0 || price[r] > 0.0) norm += over * over;
      }
      if (!(norm > 0.0)) break;
      const double length = rate * std::max(1e-4 * std::abs(target), 1.05 * target - reached) / norm;
      for (std::size_t r = 0; r < price.size(); ++r) price[r] = std::max(0.0, price[r] + length * (load[r] - makespan));
    }
    return best_price;
  }

  std::vector<std::size_t> completed(const BranchNode& node, std::size_t line) const {
    std::vector<std::size_t> machine(n_, 0);
    for (std::size_t l = 0; l < n_; ++l) {
      if (node.machine[l] >= 0) {
        machine[l] = static_cast<std::size_t>(node.machine[l]);
        continue;
      }
      const auto first = lines_[line].cost.begin() + static_cast<std::ptrdiff_t>(l * m_);
      machine[l] = static_cast<std::size_t>(std::min_element(first, first + static_cast<std::ptrdiff_t>(m_)) - first);
    }
    return machine;
  }

  // The layer whose machine matters most at this point: the bound rises by much on its second best machine, and by more
  // than others on its best.
  std::size_t divided(const BranchNode& node, const LeastProduct& at) const {
    std::vector<double> values;
    for (const PriceLine& line : lines_) values.push_back(value(node, line) - at.makespan * line.slope);
    const double here = *std::max_element(values.begin(), values.end());
    std::size_t chosen = n_;
    double most = -1.0;
    std::vector<double> rises;
    for (std::size_t l = 0; l < n_; ++l) {
      if (node.machine[l] >= 0) continue;
      rises.clear();
      for (std::size_t m = 0; m < m_; ++m) {
        if (problem_.layers[l].cycles[m] == infinity) continue;
        double energy = -infinity;
        for (std::size_t k = 0; k < lines_.size(); ++k)
          energy = std::max(energy, values[k] + lines_[k].cost[l * m_ + m] - lines_[k].least[l]);
        rises.push_back(energy - here);
      }
      if (rises.size() < 2) continue;
      std::sort(rises.begin(), rises.end());
      const double floor = 1e-6 * here, score = (rises[0] + floor) * (rises[1] + floor);
      if (score > most) most = score, chosen = l;
    }
    return chosen;
  }

  const PlacementProblem& problem_;
  const PlacementGraph& graph_;
  const PlacementBounds& bounds_;
  PlacementResources resources_;
  std::size_t n_, m_;
  std::vector<PriceLine> lines_;
  std::size_t replaced_ = 0;
  std::vector<std::vector<double>> load_shares_;
};

}  // namespace

double least_product_by_branching(const PlacementProblem& problem, const PlacementGraph& graph,
                                  const PlacementBounds& bounds, std::size_t nodes,
                                  const std::function<double(const std::vector<std::size_t>& machine)>& tried) {
  if (nodes == 0 || problem.machines < 2 || !(bounds.makespan() > 0.0)) return bounds.edp();
  return BranchSearch(problem, graph, bounds).run(nodes, tried);
}

}  // namespace dovetail::detail
