// Shortest paths over layers and what lives on chip (see the header).
#include <dovetail/engine/fuse/fused_mapper.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/fuse/schedule_graph.hpp>
#include <dovetail/engine/map/network/supporting_lines.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {


// The shortest paths at one price, by bounds and by known mappings.
class PathSearch {
 public:
  PathSearch(const FusedMapRequest& request, ScheduleGraph& graph) : request_(request), graph_(graph) {}

  struct Found {
    double bound = 0.0;                     // no path costs less
    std::optional<std::vector<int>> edges;  // the cheapest known path
    double cost = infinity;
  };

  // Until the shortest path by bounds is known exactly, nothing on it can be refined, or `expired`.
  Found run(double price, const std::function<bool()>& expired) {
    Found found;
    for (;;) {
      ++paths_;
      const std::vector<int> path = graph_.shortest(price, false, found.bound);
      if (!(found.bound < infinity)) return found;  // nothing fits
      std::vector<Question> open = questions(path, price);
      if (open.empty() || expired()) break;
      if (!refine(open, price)) break;
    }
    double cost = infinity;
    const std::vector<int> known = graph_.shortest(price, true, cost);
    if (cost < infinity) {
      found.edges = known;
      found.cost = cost;
    }
    return found;
  }

  std::size_t paths() const { return paths_; }

 private:
  struct Question {
    int family = 0;
    std::int64_t room = 0;
    auto operator<=>(const Question&) const = default;
  };

  std::vector<Question> questions(const std::vector<int>& path, double price) const {
    std::vector<Question> open;
    for (const int e : path) {
      for (const Term& term : graph_.edge(e).terms) {
        if (!graph_.family(term.family).settled(price, term.room)) open.push_back({term.family, term.room});
      }
    }
    std::sort(open.begin(), open.end());
    open.erase(std::unique(open.begin(), open.end()), open.end());
    return open;
  }

  // One step for each question; families side by side. Whether any step was left.
  bool refine(const std::vector<Question>& open, double price) {
    std::vector<std::size_t> first;
    for (std::size_t n = 0; n < open.size(); ++n) {
      if (n == 0 || open[n].family != open[n - 1].family) first.push_back(n);
    }
    std::vector<char> moved(first.size(), 0);
    parallel_for(first.size(), request_.threads, [&](std::size_t f) {
      ResidentLayer& layer = graph_.family(open[first[f]].family);
      for (std::size_t n = first[f]; n < open.size() && open[n].family == open[first[f]].family; ++n) {
        if (layer.settled(price, open[n].room)) {
          moved[f] = 1;
        } else if (layer.refine(price, open[n].room)) {
          moved[f] = 1;
        }
      }
    });
    return std::any_of(moved.begin(), moved.end(), [](char one) { return one != 0; });
  }

  const FusedMapRequest& request_;
  ScheduleGraph& graph_;
  std::size_t paths_ = 0;
};

CostPoint cost_of(const ScheduleGraph& graph, const std::vector<int>& path, double price) {
  CostPoint sum;
  for (const int e : path) {
    const Edge& edge = graph.edge(e);
    sum.energy_pj += edge.more.energy_pj;
    sum.cycles += edge.more.cycles;
    for (const Term& term : edge.terms) {
      const ResidentPoint* point = graph.family(term.family).best(price, term.room);
      sum.energy_pj += term.runs * point->point.energy_pj;
      sum.cycles += term.runs * point->point.cycles;
    }
  }
  return sum;
}

std::vector<FusedStep> steps_of(const ScheduleGraph& graph, const std::vector<int>& path, double price) {
  std::vector<FusedStep> steps;
  for (const int e : path) {
    const Edge& edge = graph.edge(e);
    FusedStep step = edge.step;
    step.more = edge.more;
    for (const Term& term : edge.terms) {
      const ResidentLayer& layer = graph.family(term.family);
      const ResidentPoint* point = layer.best(price, term.room);
      FusedRun run;
      run.layer = term.layer;
      run.runs = term.runs;
      run.room = term.room;
      run.living = term.living;
      run.request = layer.request(term.room);
      run.mapping = unpack(point->point.mapping);
      run.evaluation = LoopModel().evaluate(run.request.layer, run.request.architecture, *run.mapping);
      step.runs.push_back(std::move(run));
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace

FusedMapResult map_fused(const FusedMapRequest& request) {
  const Stopwatch clock;
  FusedMapResult result;
  result.home = home_level(request.architecture, request.network, request.rules, result.no_home);
  const auto expired = [&] {
    if (request.stop && request.stop()) return true;
    return request.time_s && clock.seconds() >= *request.time_s;
  };
  FusedMapRequest shared = request;  // every layer's search ends with the whole
  shared.stop = expired;
  shared.time_s.reset();
  ScheduleGraph graph(shared, result.home);
  const CostPoint least = graph.least();
  result.compulsory = request.objective(least.energy_pj, least.cycles);
  PathSearch search(shared, graph);
  SupportingLines lines(least.energy_pj, least.cycles);
  double best = infinity, best_price = 0.0;
  std::vector<int> best_path;
  const auto remember = [&](const PathSearch::Found& found, double price) {
    if (!found.edges) return;
    const CostPoint sum = cost_of(graph, *found.edges, price);
    const double objective = request.objective(sum.energy_pj, sum.cycles);
    if (!(objective < best)) return;
    best = objective;
    best_price = price;
    best_path = *found.edges;
    result.energy_pj = sum.energy_pj;
    result.cycles = sum.cycles;
    result.steps = steps_of(graph, best_path, price);
  };
  const auto tangent = [&](const CostPoint& at) {
    if (request.objective.cycles_power == 0.0) return 0.0;
    return request.objective.cycles_power * at.energy_pj / (request.objective.energy_power * at.cycles);
  };
  double price = tangent(graph.first_guess());
  double corner = lines.least(request.objective).objective;
  bool infeasible = false;
  while (!infeasible) {
    ++result.prices;
    const PathSearch::Found found = search.run(price, expired);
    infeasible = !(found.bound < infinity);
    if (infeasible) break;
    remember(found, price);
    const double before = price > 0.0 ? lines.at(price) : 0.0;
    if (price == 0.0) {  // energy alone
      corner = request.objective(std::max(least.energy_pj, found.bound), 1.0);
      break;
    }
    lines.add(price, found.bound);
    const SupportingLines::Corner next = lines.least(request.objective);
    corner = next.objective;
    if (corner >= best * (1.0 - std::max(request.gap, sum_rounding)) || expired()) break;
    if (result.prices > 1 && !(found.bound > before * (1.0 + sum_rounding)) && next.price == price) break;
    price = next.price;
  }
  result.feasible = best < infinity;
  result.objective = result.feasible ? best : 0.0;
  result.lower_bound = infeasible ? 0.0 : std::min(corner, result.feasible ? best : corner);
  result.proven = result.feasible && result.lower_bound >= best * (1.0 - 10.0 * sum_rounding);
  if (result.proven) result.lower_bound = best;
  graph.count(result);
  result.paths = search.paths();
  result.seconds = clock.seconds();
  return result;
}

std::string group_name(const FusedStep& step) {
  return fmt::format("{}-{} nb={}{} {}", step.first, step.last, step.bands, step.pinned ? " pinned" : "",
                     step.retain ? "retain" : "recompute");
}

}  // namespace dovetail
