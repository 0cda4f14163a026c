// The schedules that no other one covers: labels of energy and cycles along the graph.
#include <algorithm>
#include <map>
#include <utility>

#include <dovetail/engine/fuse/schedule_search.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr std::size_t most_listed = 1000;      // questions whose mappings are listed
constexpr std::size_t labels_listed = 50'000;  // effort of a keep set of one of them
constexpr std::size_t most_ways = 4096;        // labels of a state, and of an edge
constexpr double front_slack = 1e-9;

// A way to run an edge, or to get to a state.
struct EdgeWay {
  CostPoint cost;
  std::vector<std::size_t> mappings;  // per term
};

struct StateWay {
  CostPoint cost;
  int from = 0;           // state before
  std::size_t label = 0;  // there
  int edge = 0;
  std::size_t way = 0;  // of the edge
};

// Of equal ones the first stays. Whether all that is not covered stays: at most so many do, evenly along the front.
template <typename Way>
bool keep_uncovered_ways(std::vector<Way>& ways, std::size_t most) {
  std::stable_sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) {
    return a.cost.energy_pj != b.cost.energy_pj ? a.cost.energy_pj < b.cost.energy_pj : a.cost.cycles < b.cost.cycles;
  });
  double least = infinity;
  std::erase_if(ways, [&](const Way& way) {
    if (way.cost.cycles >= least) return true;
    least = way.cost.cycles;
    return false;
  });
  if (ways.size() <= most) return true;
  for (std::size_t k = 0; k < most; ++k) ways[k] = ways[k * (ways.size() - 1) / (most - 1)];
  ways.resize(most);
  return false;
}

// All ways to run an edge with the mappings that are known.
bool edge_ways(const ScheduleGraph& graph, const Edge& edge, std::vector<EdgeWay>& ways) {
  bool whole = true;
  ways = {{edge.more, {}}};
  for (const Term& term : edge.terms) {
    std::vector<EdgeWay> own;
    const std::vector<ResidentPoint>& points = graph.family(term.family).points();
    for (std::size_t p = 0; p < points.size(); ++p) {
      if (points[p].tile_words <= term.room) own.push_back({{points[p].point.energy_pj, points[p].point.cycles}, {p}});
    }
    whole = keep_uncovered_ways(own, most_ways) && whole;
    std::vector<EdgeWay> longer;
    for (const EdgeWay& way : ways) {
      for (const EdgeWay& point : own) {
        longer.push_back(way);
        longer.back().cost.energy_pj += term.runs * point.cost.energy_pj;
        longer.back().cost.cycles += term.runs * point.cost.cycles;
        longer.back().mappings.push_back(point.mappings.front());
      }
    }
    whole = keep_uncovered_ways(longer, most_ways) && whole;
    ways = std::move(longer);
  }
  return whole;
}

}  // namespace

// Every mapping that a schedule within a limit may take: of the edges that the limit leaves, what their terms may cost.
bool ScheduleSearch::list_mappings(const PricedLimit& limit) {
  const std::vector<double> from = graph_.from_start(limit.price), to = graph_.to_end(limit.price);
  std::map<std::pair<int, std::int64_t>, double> below;
  for (std::size_t s = 0; s < from.size(); ++s) {
    for (const int e : graph_.edges_of(static_cast<int>(s))) {
      const Edge& edge = graph_.edge(e);
      const double through = from[s] + graph_.least_cost(e, limit.price) + to[static_cast<std::size_t>(edge.to)];
      const double spare = limit.most * (1.0 + front_slack) - through;
      if (!(spare >= 0.0)) continue;
      for (const Term& term : edge.terms) {
        const double own = graph_.family(term.family).bound(limit.price, term.room);
        double& most = below[{term.family, term.room}];
        most = std::max(most, (own + spare / term.runs) * (1.0 + front_slack));
      }
    }
  }
  if (below.size() > most_listed) return false;
  std::vector<std::vector<std::pair<std::int64_t, double>>> rooms;
  std::vector<int> families;
  for (const auto& [question, most] : below) {
    if (families.empty() || families.back() != question.first) {
      families.push_back(question.first);
      rooms.emplace_back();
    }
    rooms.back().emplace_back(question.second, most);
  }
  std::vector<char> listed(families.size(), 1);
  parallel_for(families.size(), request_.threads, [&](std::size_t f) {
    for (const auto& [room, most] : rooms[f]) {
      if (expired() || !graph_.family(families[f]).list(limit.price, room, most, labels_listed)) listed[f] = 0;
    }
  });
  return std::find(listed.begin(), listed.end(), 0) == listed.end();
}

bool ScheduleSearch::front(const std::vector<PricedLimit>& limits, bool listed, std::vector<KnownSchedule>& schedules) {
  bool whole = listed && list_mappings(limits.front());
  std::vector<std::vector<double>> to_end;
  for (const PricedLimit& limit : limits) to_end.push_back(graph_.to_end(limit.price));
  const auto promising = [&](const CostPoint& cost, int state) {
    for (std::size_t n = 0; n < limits.size(); ++n) {
      const double least = cost.energy_pj + limits[n].price * cost.cycles + to_end[n][static_cast<std::size_t>(state)];
      if (!(least <= limits[n].most * (1.0 + front_slack))) return false;
    }
    return true;
  };
  std::vector<std::vector<StateWay>> ways(graph_.states());
  std::map<int, std::vector<EdgeWay>> of_edges;
  ways.front().push_back({});
  int end = -1;
  const std::vector<int>& order = graph_.order();
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    std::vector<StateWay>& here = ways[static_cast<std::size_t>(*at)];
    if (here.empty()) continue;
    whole = keep_uncovered_ways(here, most_ways) && whole;
    if (graph_.is_end(*at)) end = *at;
    for (const int e : graph_.edges_of(*at)) {
      const Edge& edge = graph_.edge(e);
      if (std::none_of(here.begin(), here.end(), [&](const StateWay& way) { return promising(way.cost, *at); })) break;
      std::vector<EdgeWay> runs;
      const bool all = edge_ways(graph_, edge, runs);
      std::vector<StateWay>& there = ways[static_cast<std::size_t>(edge.to)];
      const std::size_t before = there.size();
      for (std::size_t l = 0; l < here.size(); ++l) {
        for (std::size_t w = 0; w < runs.size(); ++w) {
          const CostPoint cost{here[l].cost.energy_pj + runs[w].cost.energy_pj,
                               here[l].cost.cycles + runs[w].cost.cycles};
          if (promising(cost, edge.to)) there.push_back({cost, *at, l, e, w});
        }
      }
      if (there.size() == before) continue;
      whole = all && whole;
      of_edges[e] = std::move(runs);
      if (there.size() > 16 * most_ways) whole = keep_uncovered_ways(there, most_ways) && whole;
    }
  }
  schedules.clear();
  if (end < 0) return whole;
  for (const StateWay& last : ways[static_cast<std::size_t>(end)]) {
    KnownSchedule schedule;
    schedule.cost = last.cost;
    std::vector<std::vector<std::size_t>> mappings;
    for (const StateWay* way = &last;; way = &ways[static_cast<std::size_t>(way->from)][way->label]) {
      schedule.edges.push_back(way->edge);
      mappings.push_back(of_edges.at(way->edge)[way->way].mappings);
      if (way->from == 0) break;
    }
    std::reverse(schedule.edges.begin(), schedule.edges.end());
    for (auto own = mappings.rbegin(); own != mappings.rend(); ++own)
      schedule.mappings.insert(schedule.mappings.end(), own->begin(), own->end());
    schedules.push_back(std::move(schedule));
  }
  return whole;
}

}  // namespace dovetail
