// List schedules and their improvement.
#include <dovetail/engine/place/placement_seeds.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <cmath>

namespace dovetail::detail {
namespace {

using Assignment = std::vector<std::size_t>;

bool keeps_deadlines(const PlacementProblem& problem, const Schedule& schedule) {
  for (const PlacedLayer& placed : schedule.layers)
    if (!(placed.end <= problem.layers[placed.layer].deadline)) return false;
  return std::isfinite(schedule.makespan);
}

// Each layer where energy + price x cycles is the least; energy decides alone at prices of 0, cycles at infinite ones.
Assignment cheapest(const PlacementProblem& problem, const std::vector<double>& price, double energy_weight) {
  Assignment machine(problem.layers.size(), 0);
  for (std::size_t l = 0; l < machine.size(); ++l) {
    const PlacementLayer& layer = problem.layers[l];
    double least = infinity;
    for (std::size_t m = 0; m < problem.machines; ++m) {
      if (layer.cycles[m] == infinity) continue;
      const double value = energy_weight * layer.energy[m] + price[m] * layer.cycles[m];
      if (value < least) least = value, machine[l] = m;
    }
  }
  return machine;
}

struct Attempt {
  Assignment machine;
  Schedule schedule;
};

// What is made small: a weighted product of makespan and energy.
double merit(const Schedule& schedule, double weight) {
  return weight * std::log(std::max(schedule.makespan, 1e-300)) +
         (1.0 - weight) * std::log(std::max(schedule.energy, 1e-300));
}

}  // namespace

Schedule list_schedule(const PlacementProblem& problem, const PlacementGraph& graph,
                       const std::vector<std::size_t>& machine) {
  const std::size_t n = problem.layers.size();
  std::vector<double> tail(n, 0.0), ready(n, 0.0), free(problem.machines, 0.0);
  std::vector<std::size_t> waits(n, 0), open;
  for (std::size_t i = n; i-- > 0;) {
    const std::size_t l = graph.order[i];
    for (const std::size_t after : graph.after[l]) tail[l] = std::max(tail[l], tail[after]);
    tail[l] += problem.layers[l].cycles[machine[l]];
    waits[l] = graph.before[l].size();
    ready[l] = problem.layers[l].release;
  }
  for (const std::size_t l : graph.order)
    if (waits[l] == 0) open.push_back(l);
  Schedule out{0.0, 0.0, std::vector<PlacedLayer>(n)};
  while (!open.empty()) {
    std::size_t best = 0;
    double best_start = infinity;
    for (std::size_t i = 0; i < open.size(); ++i) {
      const double start = std::max(ready[open[i]], free[machine[open[i]]]);
      if (start < best_start || (start == best_start && tail[open[i]] > tail[open[best]])) best = i, best_start = start;
    }
    const std::size_t l = open[best], m = machine[l];
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(best));
    const double end = best_start + problem.layers[l].cycles[m];
    out.layers[l] = {l, m, best_start, end};
    out.makespan = std::max(out.makespan, end);
    out.energy += problem.layers[l].energy[m];
    free[m] = end;
    for (const std::size_t after : graph.after[l]) {
      ready[after] = std::max(ready[after], end + (machine[after] == m ? 0.0 : problem.layers[l].transfer));
      if (--waits[after] == 0) open.push_back(after);
    }
  }
  return out;
}

void seed_schedules(const PlacementProblem& problem, const PlacementGraph& graph, const PlacementBounds& bounds,
                    std::size_t schedules, const std::function<void(const Schedule&)>& found) {
  std::size_t left = schedules;
  std::vector<Attempt> attempts;
  const auto attempt = [&](Assignment machine) {
    if (left == 0) return;
    --left;
    Schedule schedule = list_schedule(problem, graph, machine);
    if (keeps_deadlines(problem, schedule)) found(schedule);
    attempts.push_back({std::move(machine), std::move(schedule)});
  };
  const std::vector<double> none(problem.machines, 0.0), one(problem.machines, 1.0);
  attempt(cheapest(problem, none, 1.0));
  attempt(cheapest(problem, one, 0.0));
  attempt(cheapest(problem, bounds.shares(), 0.0));
  for (const std::vector<double>& price : bounds.prices()) {
    attempt(cheapest(problem, price, 1.0));
    std::vector<double> higher = price;
    for (double& p : higher) p *= 2.0;
    attempt(cheapest(problem, higher, 1.0));
  }
  if (attempts.empty() || problem.machines < 2) return;
  constexpr double weights[] = {0.5, 0.97, 0.03, 0.7, 0.3, 0.85, 0.15, 0.6, 0.4};
  for (std::size_t w = 0; w < std::size(weights); ++w) {
    const double weight = weights[w];
    const std::size_t share = left / (std::size(weights) - w);
    std::size_t used = 0;
    Attempt best = *std::min_element(attempts.begin(), attempts.end(), [&](const Attempt& a, const Attempt& b) {
      return merit(a.schedule, weight) < merit(b.schedule, weight);
    });
    for (bool better = true; better && used < share;) {
      better = false;
      for (std::size_t l = 0; l < problem.layers.size() && used < share; ++l) {
        for (std::size_t m = 0; m < problem.machines && used < share; ++m) {
          if (m == best.machine[l] || problem.layers[l].cycles[m] == infinity) continue;
          Assignment machine = best.machine;
          machine[l] = m;
          Schedule schedule = list_schedule(problem, graph, machine);
          ++used;
          if (!(merit(schedule, weight) < merit(best.schedule, weight) - 1e-12)) continue;
          best = {std::move(machine), std::move(schedule)};
          if (keeps_deadlines(problem, best.schedule)) found(best.schedule);
          better = true;
        }
      }
    }
    left -= used;
    attempts.push_back(std::move(best));
  }
}

void LocalMoves::improve(std::vector<std::size_t> machine, double least) {
  constexpr double near = 1.06;  // x least: worth moving from
  constexpr int most_improved = 400;
  if (!tried_.insert(machine).second) return;
  const auto product = [](const Schedule& schedule) { return schedule.makespan * schedule.energy; };
  Schedule best = list_schedule(problem_, graph_, machine);
  if (keeps_deadlines(problem_, best)) found_(best);
  if (!(product(best) < near * least) || improved_ >= most_improved) return;
  ++improved_;
  for (bool better = true; better;) {
    better = false;
    for (std::size_t l = 0; l < machine.size(); ++l) {
      const std::size_t before = machine[l];
      for (std::size_t m = 0; m < problem_.machines; ++m) {
        if (m == machine[l] || problem_.layers[l].cycles[m] == infinity) continue;
        const std::size_t last = machine[l];
        machine[l] = m;
        Schedule schedule = list_schedule(problem_, graph_, machine);
        if (product(schedule) < product(best) * (1.0 - 1e-12)) {
          best = std::move(schedule);
          if (keeps_deadlines(problem_, best)) found_(best);
        } else {
          machine[l] = last;
        }
      }
      better = better || machine[l] != before;
    }
    if (!tried_.insert(machine).second) return;
  }
}

}  // namespace dovetail::detail
