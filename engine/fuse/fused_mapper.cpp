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

constexpr double beyond_gap = 0.02;  // of what is worse than the cutoff: so well is it worth knowing by how much
constexpr double hopeless = 1.5;     // times the cutoff: that it is so much worse is enough

// The shortest paths at one price, by bounds and by known mappings.
class PathSearch {
 public:
  PathSearch(const FusedMapRequest& request, ScheduleGraph& graph) : request_(request), graph_(graph) {}

  struct Found {
    double bound = 0.0;                     // no path costs less
    std::optional<std::vector<int>> edges;  // the cheapest known path
    double cost = infinity;
    bool enough = false;  // bound and known path answer all that is asked
  };

  // Until the shortest path by bounds costs what a known one does, nothing on it can be refined, the bound is enough,
  // or `expired`. Layers on it are asked only up to the cost from which the path is no shorter than the known one.
  Found run(double price, const std::function<bool(double)>& enough, const std::function<bool()>& expired) {
    Found found;
    for (;;) {
      ++paths_;
      const std::vector<int> path = graph_.shortest(price, false, found.bound);
      if (!(found.bound < infinity)) return found;  // nothing fits
      found.enough = enough(found.bound);
      if (found.enough) break;
      graph_.shortest(price, true, found.cost);
      if (found.bound >= found.cost * (1.0 - sum_rounding)) break;
      const std::vector<Question> open = questions(path, price, found.cost - found.bound);
      if (open.empty() || expired() || !refine(open, price)) break;
    }
    const std::vector<int> known = graph_.shortest(price, true, found.cost);
    if (found.cost < infinity) found.edges = known;
    return found;
  }

  std::size_t paths() const { return paths_; }

 private:
  struct Question {
    int family = 0;
    std::int64_t room = 0;
    double enough = infinity;  // nobody asks for more than that nothing costs less
  };

  // What is open on a path, which costs `left` less than a known one.
  std::vector<Question> questions(const std::vector<int>& path, double price, double left) const {
    std::map<std::pair<int, std::int64_t>, double> runs;
    for (const int e : path) {
      for (const Term& term : graph_.edge(e).terms) {
        if (!graph_.family(term.family).settled(price, term.room)) runs[{term.family, term.room}] += term.runs;
      }
    }
    std::vector<Question> open;
    for (const auto& [of, count] : runs) {
      const double bound = graph_.family(of.first).bound(price, of.second);
      open.push_back({of.first, of.second, (bound + left / count) * (1.0 + sum_rounding)});
    }
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
        } else if (layer.refine(price, open[n].room, open[n].enough)) {
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
    // What the bound of all paths at this price says of the objective.
    const auto with = [&](double bound) {
      if (price == 0.0) return request.objective(std::max(least.energy_pj, bound), 1.0);  // energy alone
      SupportingLines raised = lines;
      raised.add(price, bound);
      return raised.least(request.objective).objective;
    };
    // Whether no more is asked: within the gap, or worse than the cutoff by much or by about so much.
    const auto enough = [&](double bound) {
      const double below = with(bound);
      const bool worse = request.cutoff > 0.0 && below >= request.cutoff;
      if (worse && below >= hopeless * request.cutoff) return true;
      const double gap = worse ? std::max(request.gap, beyond_gap) : request.gap;
      if (gap <= 0.0) return false;
      double cost = infinity;
      const std::vector<int> known = graph.shortest(price, true, cost);
      if (!(cost < infinity)) return false;
      const CostPoint sum = cost_of(graph, known, price);
      return below >= std::min(best, request.objective(sum.energy_pj, sum.cycles)) * (1.0 - gap);
    };
    const PathSearch::Found found = search.run(price, enough, expired);
    infeasible = !(found.bound < infinity);
    if (infeasible) break;
    remember(found, price);
    if (found.enough || price == 0.0) {
      corner = with(found.bound);
      break;
    }
    const double before = lines.at(price);
    lines.add(price, found.bound);
    const SupportingLines::Corner next = lines.least(request.objective);
    corner = next.objective;
    if (corner >= best * (1.0 - std::max(request.gap, sum_rounding)) || expired()) break;
    if (result.prices > 1 && !(found.bound > before * (1.0 + sum_rounding)) && next.price == price) break;
    price = next.price;
  }
  result.stopped = expired();
  result.cut = request.cutoff > 0.0 && corner >= request.cutoff;
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
