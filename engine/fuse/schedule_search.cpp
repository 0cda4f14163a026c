// Shortest paths at prices, by bounds and by known mappings (see the header).
#include <dovetail/engine/fuse/schedule_search.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double beyond_gap = 0.02;  // of what is worse than the cutoff: so well is it worth knowing by how much
constexpr int most_relatives = 8;    // whose mappings are tried for a layer that has none
constexpr double hopeless = 1.5;     // times the cutoff: that it is so much worse is enough

double tangent(const MappingObjective& objective, const CostPoint& at) {
  if (objective.cycles_power == 0.0) return 0.0;
  return objective.cycles_power * at.energy_pj / (objective.energy_power * at.cycles);
}

}  // namespace

ScheduleSearch::ScheduleSearch(const FusedMapRequest& request)
    : request_(request),
      time_s_(request.time_s),
      home_(home_level(request.architecture, request.network, request.rules, no_home_)),
      graph_(
          [this, &request]() -> const FusedMapRequest& {
            request_.stop = [this, stop = request.stop] {
              return (stop && stop()) || (time_s_ && clock_.seconds() >= *time_s_);
            };
            request_.time_s.reset();
            return request_;
          }(),
          home_),
      lines_(graph_.least().energy_pj, graph_.least().cycles) {}

bool ScheduleSearch::expired() const {
  return request_.stop();
}

ScheduleSearch::Answer ScheduleSearch::ask(double price, const std::function<bool(double)>& enough) {
  Answer answer;
  ++prices_;
  for (;;) {
    ++paths_;
    const std::vector<int> path = graph_.shortest(price, false, answer.bound);
    if (!(answer.bound < infinity)) return answer;  // nothing fits
    answer.enough = enough && enough(answer.bound);
    if (answer.enough) break;
    seed(path, price);
    double known = infinity;
    graph_.shortest(price, true, known);
    if (answer.bound >= known * (1.0 - sum_rounding)) break;
    const std::vector<Question> open = questions(path, price, known - answer.bound);
    if (open.empty() || expired() || !refine(open, price)) break;
  }
  if (price > 0.0) {
    lines_.add(price, answer.bound);
  } else {
    SupportingLines raised(std::max(answer.bound, graph_.least().energy_pj), graph_.least().cycles);
    for (const double other : lines_.prices()) raised.add(other, lines_.at(other));
    lines_ = std::move(raised);
  }
  answer.best = cheapest_known(price);
  return answer;
}

// What is open on a path, which costs `left` less than a known one.
std::vector<ScheduleSearch::Question> ScheduleSearch::questions(const std::vector<int>& path, double price,
                                                                double left) const {
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

// First mappings for what is on a path: those of the same layer in other bands or with other residents, made to fit.
void ScheduleSearch::seed(const std::vector<int>& path, double price) {
  std::map<int, std::vector<PackedMapping>> seeds;
  for (const int e : path) {
    for (const Term& term : graph_.edge(e).terms) {
      if (graph_.family(term.family).best(price, term.room) != nullptr || !seeded_.insert(term.question).second)
        continue;
      int looked_at = 0;
      for (const int other : graph_.relatives(term.family)) {
        const ResidentPoint* cheapest = graph_.family(other).best(price, std::numeric_limits<std::int64_t>::max());
        const ResidentPoint* small = graph_.family(other).best(price, term.room);
        seeds[term.family].push_back(cheapest->point.mapping);
        if (small != nullptr && small != cheapest) seeds[term.family].push_back(small->point.mapping);
        if (++looked_at == most_relatives) break;
      }
    }
  }
  std::vector<std::pair<int, const std::vector<PackedMapping>*>> all;
  for (const auto& [family, mappings] : seeds) all.emplace_back(family, &mappings);
  parallel_for(all.size(), request_.threads, [&](std::size_t n) {
    for (const PackedMapping& mapping : *all[n].second) graph_.family(all[n].first).adapt(mapping);
  });
}

// One step for each question; families side by side. Whether any step was left.
bool ScheduleSearch::refine(const std::vector<Question>& open, double price) {
  std::vector<std::size_t> first;
  for (std::size_t n = 0; n < open.size(); ++n) {
    if (n == 0 || open[n].family != open[n - 1].family) first.push_back(n);
  }
  std::vector<char> moved(first.size(), 0);
  parallel_for(first.size(), request_.threads, [&](std::size_t f) {
    ResidentLayer& layer = graph_.family(open[first[f]].family);
    for (std::size_t n = first[f]; n < open.size() && open[n].family == open[first[f]].family; ++n) {
      if (layer.settled(price, open[n].room) || layer.refine(price, open[n].room, open[n].enough)) moved[f] = 1;
    }
  });
  return std::any_of(moved.begin(), moved.end(), [](char one) { return one != 0; });
}

std::optional<KnownSchedule> ScheduleSearch::cheapest_known(double price) const {
  double cost = infinity;
  const std::vector<int> path = graph_.shortest(price, true, cost);
  if (!(cost < infinity)) return std::nullopt;
  return schedule(path, price);
}

KnownSchedule ScheduleSearch::schedule(const std::vector<int>& path, double price) const {
  KnownSchedule known;
  known.edges = path;
  for (const int e : path) {
    const Edge& edge = graph_.edge(e);
    known.cost.energy_pj += edge.more.energy_pj;
    known.cost.cycles += edge.more.cycles;
    for (const Term& term : edge.terms) {
      const ResidentLayer& layer = graph_.family(term.family);
      const ResidentPoint* point = layer.best(price, term.room);
      known.cost.energy_pj += term.runs * point->point.energy_pj;
      known.cost.cycles += term.runs * point->point.cycles;
      known.mappings.push_back(static_cast<std::size_t>(point - layer.points().data()));
    }
  }
  return known;
}

std::vector<FusedStep> ScheduleSearch::steps(const KnownSchedule& schedule) const {
  std::vector<FusedStep> steps;
  std::size_t at = 0;
  for (const int e : schedule.edges) {
    const Edge& edge = graph_.edge(e);
    FusedStep step = edge.step;
    step.more = edge.more;
    for (const Term& term : edge.terms) {
      const ResidentLayer& layer = graph_.family(term.family);
      FusedRun run;
      run.layer = term.layer;
      run.runs = term.runs;
      run.room = term.room;
      run.living = term.living;
      run.request = layer.request(term.room);
      run.request.stop = nullptr;  // of this search, which ends first
      run.mapping = unpack(layer.points()[schedule.mappings[at++]].point.mapping);
      run.evaluation = LoopModel().evaluate(run.request.layer, run.request.architecture, *run.mapping);
      step.runs.push_back(std::move(run));
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

FusedMapResult ScheduleSearch::frame() const {
  FusedMapResult result;
  result.home = home_;
  result.no_home = no_home_;
  result.compulsory = request_.objective(graph_.least().energy_pj, graph_.least().cycles);
  result.stopped = expired();
  graph_.count(result);
  result.paths = paths_;
  result.prices = prices_;
  result.seconds = clock_.seconds();
  return result;
}

FusedMapResult ScheduleSearch::solve(std::optional<KnownSchedule>& best) {
  const MappingObjective& objective = request_.objective;
  const CostPoint least = graph_.least();
  double least_objective = infinity;  // of the schedules known
  const auto worth = [&](const KnownSchedule& known) { return objective(known.cost.energy_pj, known.cost.cycles); };
  double price = tangent(objective, graph_.first_guess());
  double corner = lines_.least(objective).objective;
  bool infeasible = false;
  for (bool first = true;; first = false) {
    // What the bound of all paths at this price says of the objective.
    const auto with = [&](double bound) {
      if (price == 0.0) return objective(std::max(least.energy_pj, bound), 1.0);  // energy alone
      SupportingLines raised = lines_;
      raised.add(price, bound);
      return raised.least(objective).objective;
    };
    // Whether no more is asked: as good as the best known, within the gap, or worse than the cutoff by much or by about
    // so much.
    const auto enough = [&](double bound) {
      const double below = with(bound);
      if (below >= least_objective * (1.0 - sum_rounding)) return true;
      const bool worse = request_.cutoff > 0.0 && below >= request_.cutoff;
      if (worse && below >= hopeless * request_.cutoff) return true;
      const double gap = worse ? std::max(request_.gap, beyond_gap) : request_.gap;
      if (gap <= 0.0) return false;
      const std::optional<KnownSchedule> known = cheapest_known(price);
      return known && below >= std::min(least_objective, worth(*known)) * (1.0 - gap);
    };
    const double before = lines_.at(price);
    const Answer answer = ask(price, enough);
    infeasible = !(answer.bound < infinity);
    if (infeasible) break;
    if (answer.best && worth(*answer.best) < least_objective) {
      least_objective = worth(*answer.best);
      best = answer.best;
    }
    if (price == 0.0) {
      corner = with(answer.bound);
      break;
    }
    const SupportingLines::Corner next = lines_.least(objective);
    corner = next.objective;
    if (answer.enough || corner >= least_objective * (1.0 - std::max(request_.gap, sum_rounding)) || expired()) break;
    if (!first && !(answer.bound > before * (1.0 + sum_rounding)) && next.price == price) break;
    price = next.price;
  }
  FusedMapResult result = frame();
  result.cut = request_.cutoff > 0.0 && corner >= request_.cutoff;
  result.feasible = best.has_value();
  if (best) {
    result.energy_pj = best->cost.energy_pj;
    result.cycles = best->cost.cycles;
    result.objective = least_objective;
    result.steps = steps(*best);
  }
  result.lower_bound = infeasible ? 0.0 : std::min(corner, result.feasible ? least_objective : corner);
  result.proven = result.feasible && result.lower_bound >= least_objective * (1.0 - 10.0 * sum_rounding);
  if (result.proven) result.lower_bound = least_objective;
  return result;
}

}  // namespace dovetail
