// Placements and pipelines against plain enumeration, on random small graphs with transfers, releases and deadlines.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include <dovetail/engine/compress/knapsack.hpp>
#include <dovetail/engine/place/pipeline.hpp>
#include <dovetail/engine/place/placement.hpp>
#include <dovetail/engine/place/placement_branch.hpp>
#include <dovetail/engine/place/placement_moves.hpp>
#include <dovetail/spaces/space/random.hpp>

using namespace dovetail;

namespace {

constexpr double never = std::numeric_limits<double>::infinity();

using Front = std::vector<std::pair<double, double>>;

Front non_dominated(Front points) {
  std::sort(points.begin(), points.end());
  Front front;
  for (const auto& point : points)
    if (front.empty() || point.second < front.back().second) front.push_back(point);
  return front;
}

PlacementProblem draw(Random& random) {
  PlacementProblem problem;
  problem.machines = 1 + random.below(3);
  const std::size_t layers = 1 + random.below(5);
  const bool deadlines = random.below(4) == 0;
  for (std::size_t l = 0; l < layers; ++l) {
    PlacementLayer layer;
    for (std::size_t m = 0; m < problem.machines; ++m) {
      layer.cycles.push_back(random.below(12) == 0 && m > 0 ? never : static_cast<double>(random.below(9)));
      layer.energy.push_back(static_cast<double>(1 + random.below(9)));
    }
    layer.transfer = random.below(2) == 0 ? 0.0 : static_cast<double>(random.below(5));
    if (random.below(5) == 0) layer.release = static_cast<double>(random.below(10));
    if (deadlines && random.below(2) == 0) layer.deadline = static_cast<double>(6 + random.below(20));
    problem.layers.push_back(layer);
    for (std::size_t b = 0; b < l; ++b)
      if (random.below(3) == 0) problem.edges.emplace_back(b, l);
  }
  return problem;
}

/// Every order and every assignment: layers are started in the order as early as they can.
Front enumerate(const PlacementProblem& problem) {
  const std::size_t n = problem.layers.size();
  std::vector<std::size_t> order(n), machine(n);
  std::iota(order.begin(), order.end(), 0);
  Front all;
  do {
    std::vector<std::size_t> place(n);
    for (std::size_t i = 0; i < n; ++i) place[order[i]] = i;
    if (std::any_of(problem.edges.begin(), problem.edges.end(),
                    [&](const auto& e) { return place[e.first] > place[e.second]; }))
      continue;
    std::size_t assignments = 1;
    for (std::size_t i = 0; i < n; ++i) assignments *= problem.machines;
    for (std::size_t a = 0; a < assignments; ++a) {
      std::size_t digits = a;
      for (std::size_t l = 0; l < n; ++l) machine[l] = digits % problem.machines, digits /= problem.machines;
      std::vector<double> free(problem.machines, 0.0), end(n, 0.0);
      double makespan = 0.0, energy = 0.0;
      bool legal = true;
      for (std::size_t l : order) {
        double start = std::max(free[machine[l]], problem.layers[l].release);
        for (const auto& [from, to] : problem.edges)
          if (to == l)
            start = std::max(start, end[from] + (machine[from] == machine[l] ? 0.0 : problem.layers[from].transfer));
        end[l] = free[machine[l]] = start + problem.layers[l].cycles[machine[l]];
        legal = legal && end[l] < never && end[l] <= problem.layers[l].deadline;
        makespan = std::max(makespan, end[l]);
        energy += problem.layers[l].energy[machine[l]];
      }
      if (legal) all.emplace_back(makespan, energy);
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return non_dominated(all);
}

}  // namespace

TEST_CASE("placement: the front of labels is that of all orders and assignments, and bounds hold") {
  CHECK(rc::check([](std::uint64_t seed) {
    Random random(seed);
    const PlacementProblem problem = draw(random);
    const Front expected = enumerate(problem);
    const PlacementResult result = place(problem);
    RC_ASSERT(result.exact);
    Front front;
    for (const Schedule& schedule : result.front) {
      front.emplace_back(schedule.makespan, schedule.energy);
      RC_ASSERT(check(problem, schedule) == "");
    }
    RC_ASSERT(front == expected);
    const PlacementBounds bounds(problem);
    for (const auto& [makespan, energy] : expected) {
      RC_ASSERT(bounds.makespan() <= makespan + 1e-9);
      RC_ASSERT(bounds.energy() <= energy + 1e-9);
      RC_ASSERT(bounds.energy_within(makespan) <= energy + 1e-9);
      RC_ASSERT(bounds.edp() <= makespan * energy + 1e-9);
    }
  }));
}

TEST_CASE(
    "placement: branching never bounds makespan x energy above what a schedule reaches, and loses nothing on the "
    "relaxation") {
  CHECK(rc::check([](std::uint64_t seed) {
    Random random(seed);
    const PlacementProblem problem = draw(random);
    double least = never;
    for (const auto& [makespan, energy] : enumerate(problem)) least = std::min(least, makespan * energy);
    const PlacementGraph graph(problem);
    const PlacementBounds bounds(problem);
    double before = bounds.edp();
    for (const std::size_t nodes : {0, 1, 4, 40, 4000}) {
      for (const double known : {never, least}) {
        const double bound = detail::least_product_by_branching(problem, graph, bounds, nodes,
                                                                [&](const std::vector<std::size_t>& machine) {
                                                                  RC_ASSERT(machine.size() == problem.layers.size());
                                                                  return known;
                                                                });
        RC_ASSERT(bound <= least * (1.0 + 1e-9) + 1e-9);
        RC_ASSERT(bound >= bounds.edp());
        if (known < never) before = std::max(before, bound);
      }
    }
    // Independent layers on machines without transfers: nothing is relaxed but the division of layers, so all is
    // proven.
    PlacementProblem plain = problem;
    plain.edges.clear();
    for (PlacementLayer& layer : plain.layers) layer.transfer = layer.release = 0.0, layer.deadline = never;
    for (std::size_t l = 0; l < plain.layers.size(); ++l) plain.layers[l].network = static_cast<std::int64_t>(l);
    double best = never;
    for (const auto& [makespan, energy] : enumerate(plain)) best = std::min(best, makespan * energy);
    const double proven =
        detail::least_product_by_branching(plain, PlacementGraph(plain), PlacementBounds(plain), 100'000,
                                           [&](const std::vector<std::size_t>&) { return best; });
    if (plain.machines > 1) RC_ASSERT(proven >= best * (1.0 - 1e-6));
  }));
}

TEST_CASE(
    "placement: a search that keeps few partial schedules gives schedules that keep every rule, and says "
    "so") {
  CHECK(rc::check([](std::uint64_t seed) {
    Random random(seed);
    const PlacementProblem problem = draw(random);
    const Front expected = enumerate(problem);
    const PlacementResult result = place(problem, {.labels = 2, .beam = 4});
    for (const Schedule& schedule : result.front) {
      RC_ASSERT(check(problem, schedule) == "");
      RC_ASSERT(schedule.makespan >= expected.front().first);
      RC_ASSERT(schedule.energy >= expected.back().second);
    }
    if (result.exact) RC_ASSERT(result.front.size() == expected.size());
  }));
}

TEST_CASE("placement: a move of a layer is a schedule that keeps every rule, and no move is no change") {
  CHECK(rc::check([](std::uint64_t seed) {
    Random random(seed);
    PlacementProblem problem;
    problem.machines = 2 + random.below(2);
    const std::size_t layers = 2 + random.below(5);
    for (std::size_t l = 0; l < layers; ++l) {
      PlacementLayer layer;
      for (std::size_t m = 0; m < problem.machines; ++m) {
        layer.cycles.push_back(static_cast<double>(1 + random.below(9)));
        layer.energy.push_back(static_cast<double>(1 + random.below(9)));
      }
      layer.transfer = static_cast<double>(random.below(3));
      problem.layers.push_back(layer);
      for (std::size_t b = 0; b < l; ++b)
        if (random.below(3) == 0) problem.edges.emplace_back(b, l);
    }
    const PlacementResult result = place(problem);
    for (const Schedule& schedule : result.front)
      for (std::size_t l = 0; l < layers; ++l)
        for (std::size_t m = 0; m < problem.machines; ++m) {
          const Schedule other = moved(problem, schedule, l, m);
          RC_ASSERT(check(problem, other) == "");
          if (m == schedule.layers[l].machine) RC_ASSERT(other.makespan <= schedule.makespan);
        }
  }));
}

TEST_CASE("pipelines: dynamic programming finds what all cuts and boards give") {
  CHECK(rc::check([](std::uint64_t seed) {
    Random random(seed);
    PipelineProblem problem;
    problem.layers = 1 + random.below(5);
    const std::size_t boards = 1 + random.below(4);
    for (std::size_t b = 0; b < boards; ++b) {
      if (b > 0 && random.below(3) == 0) {
        problem.boards.push_back(problem.boards[random.below(b)]);  // equal boards count once
        continue;
      }
      PipelineBoard board{"", static_cast<double>(random.below(5)), static_cast<double>(random.below(5)), {}};
      for (std::size_t d = 0; d < 1 + random.below(3); ++d) {
        std::vector<double>& cycles = board.cycles.emplace_back();
        for (std::size_t l = 0; l < problem.layers; ++l)
          cycles.push_back(random.below(15) == 0 ? never : static_cast<double>(1 + random.below(20)));
      }
      problem.boards.push_back(board);
    }
    for (std::size_t l = 0; l < problem.layers; ++l)
      problem.transfer_cycles.push_back(static_cast<double>(random.below(6)));
    const bool chain = random.below(2) == 0;
    if (!chain) {
      for (std::size_t l = 1; l < problem.layers; ++l)
        for (std::size_t k = 0; k < l; ++k)
          if (random.below(2) == 0) problem.edges.emplace_back(k, l);
      if (problem.edges.empty()) return;
    }
    auto edges = problem.edges;
    if (chain)
      for (std::size_t l = 1; l < problem.layers; ++l) edges.emplace_back(l - 1, l);
    const double bound = static_cast<double>(5 + random.below(60));
    double period = never, energy = never, utilisation = -1.0;
    std::size_t fewest = 0;
    const std::function<void(std::size_t, unsigned, std::vector<std::pair<std::size_t, double>>)> extend =
        [&](std::size_t first, unsigned used, std::vector<std::pair<std::size_t, double>> stages) {
          if (first == problem.layers) {
            double longest = 0.0, sum = 0.0, cost = 0.0;
            for (const auto& [board, cycles] : stages) longest = std::max(longest, cycles), sum += cycles;
            for (const auto& [board, cycles] : stages)
              cost += problem.boards[board].static_mw * longest + problem.boards[board].dynamic_mw * cycles;
            if (longest < period || (longest == period && stages.size() < fewest))
              period = longest, fewest = stages.size();
            if (longest > bound) return;
            energy = std::min(energy, cost);
            utilisation = std::max(utilisation, sum / static_cast<double>(stages.size()) / bound);
            return;
          }
          for (std::size_t b = 0; b < boards; ++b) {
            if ((used >> b & 1U) != 0) continue;
            for (std::size_t end = first + 1; end <= problem.layers; ++end) {
              double stage = never, in = 0.0, out = 0.0;
              for (const auto& design : problem.boards[b].cycles)
                stage = std::min(stage, std::accumulate(design.begin() + static_cast<std::ptrdiff_t>(first),
                                                        design.begin() + static_cast<std::ptrdiff_t>(end), 0.0));
              if (stage == never) continue;
              std::set<std::size_t> entering, leaving;
              for (const auto& [from, to] : edges) {
                if (from < first && to >= first && to < end) entering.insert(from);
                if (from >= first && from < end && to >= end) leaving.insert(from);
              }
              for (std::size_t l : entering) in += problem.transfer_cycles[l];
              for (std::size_t l : leaving) out += problem.transfer_cycles[l];
              auto more = stages;
              more.emplace_back(b, std::max({stage, in, out}));
              extend(end, used | 1U << b, more);
            }
          }
        };
    extend(0, 0, {});
    const Pipelines pipelines(problem);
    RC_ASSERT(pipelines.least_period().has_value() == (period < never));
    if (period == never) return;
    RC_ASSERT(*pipelines.least_period() == period);
    RC_ASSERT(pipelines.fewest_boards() == fewest);
    const BoundedPipeline best = pipelines.within(bound);
    RC_ASSERT(best.least_energy.has_value() == (energy < never));
    if (energy == never) return;
    RC_ASSERT(*best.least_energy == energy);
    RC_ASSERT(std::abs(*best.most_utilisation - utilisation) < 1e-12);
  }));
}

TEST_CASE("compression: the knapsack finds what all choices give") {
  CHECK(rc::check([](std::uint64_t seed) {
    Random random(seed);
    std::vector<std::vector<KnapsackOption>> groups(1 + random.below(5));
    std::size_t choices = 1;
    for (auto& group : groups) {
      for (std::size_t i = 0; i < 1 + random.below(4); ++i)
        group.push_back({static_cast<double>(random.below(20)) - 4.0, static_cast<double>(random.below(12))});
      choices *= group.size();
    }
    const double limit = static_cast<double>(random.below(40));
    double best = never, lightest = never;
    for (std::size_t c = 0; c < choices; ++c) {
      std::size_t digits = c;
      double loss = 0.0, weight = 0.0;
      for (const auto& group : groups) {
        loss += group[digits % group.size()].loss, weight += group[digits % group.size()].weight;
        digits /= group.size();
      }
      if (weight > limit) continue;
      if (loss < best || (loss == best && weight < lightest)) best = loss, lightest = weight;
    }
    const auto found = choose(groups, limit);
    RC_ASSERT(found.has_value() == (best < never));
    if (!found) return;
    RC_ASSERT(found->loss == best);
    RC_ASSERT(found->weight == lightest);
    RC_ASSERT(!choose(groups, limit, best).has_value());
    RC_ASSERT(choose(groups, limit, best + 0.5)->loss == best);
  }));
}
