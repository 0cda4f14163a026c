// Reads placements and writes their answers and charts.
#include <dovetail/engine/cases/placement_document.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/cases/numbers.hpp>
#include <dovetail/engine/place/placement_graph.hpp>
#include <dovetail/engine/place/placement_moves.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t most_layers = 512, most_machines = 16;
constexpr double default_deadlines[] = {1.0, 1.1, 1.3, 1.7, 2.5};

struct NetworkFields {
  std::string name;
  double release = 0.0;
  std::optional<double> deadline;
  std::optional<std::int64_t> period;
};

struct PlacementFields {
  PlacementCase value;
  std::vector<NetworkFields> networks;
  std::vector<Location> layer_places;
  std::vector<std::pair<std::vector<std::int64_t>, Location>> edges;
};

const Record<NetworkFields>& network_fields() {
  static const Record<NetworkFields> record =
      Record<NetworkFields>("network", "When a network comes and by when it must be done.")
          .optional("name", &NetworkFields::name, "how reports call it")
          .optional("release", &NetworkFields::release, "cycle before which it does not start", between(0, 1e15))
          .optional("deadline", &NetworkFields::deadline, "cycles after its release by which it has ended",
                    above_to(0, 1e15))
          .optional("period", &NetworkFields::period, "cycles after which it comes again", between(1, 1e12));
  return record;
}

const Record<PlacementLayer>& layer_fields() {
  using L = PlacementLayer;
  static const Record<L> record =
      Record<L>("layer", "A layer with its price on every machine.")
          .optional("name", &L::name, "how reports call it")
          .optional("network", &L::network, "number of its network", between(0, 4096))
          .custom("kind", false, "information only", any_form(), [](const Node&, L&, Diagnostics&) {})
          .custom("cycles", true, "per machine; null where it cannot run", any_form(),
                  [](const Node& node, L& layer, Diagnostics& d) { read_numbers(node, "cycles", layer.cycles, d); })
          .custom("energy", true, "per machine", any_form(),
                  [](const Node& node, L& layer, Diagnostics& d) { read_numbers(node, "energy", layer.energy, d); })
          .optional("transfer", &L::transfer, "cycles until its result is at another machine", between(0, 1e15))
          .optional("release", &L::release, "cycle before which it does not start", between(0, 1e15))
          .custom("deadline", false, "cycle by which it has ended", any_form(),
                  [](const Node& node, L& layer, Diagnostics& d) {
                    if (!node.is_null()) read_value(node, "deadline", above_to(0, 1e15), d, layer.deadline);
                  });
  return record;
}

void read_machines(const Node& node, PlacementFields& fields, Diagnostics& diagnostics) {
  PlacementCase& c = fields.value;
  if (node.is_sequence()) {
    read_value(node, "machines", {}, diagnostics, c.machines);
  } else {
    std::int64_t count = 0;
    if (!read_value(node, "machines", between(1, most_machines), diagnostics, count)) return;
    for (std::int64_t m = 0; m < count; ++m) c.machines.push_back(fmt::format("machine {}", m));
  }
  if (c.machines.empty() || c.machines.size() > most_machines)
    diagnostics.error(node.location(),
                      fmt::format("{} machines, allowed are 1 to {}", c.machines.size(), most_machines));
  c.problem.machines = c.machines.size();
}

const Record<PlacementFields>& placement_fields_record() {
  const auto skip = [](const Node&, PlacementFields&, Diagnostics&) {};
  static const Record<PlacementFields> record = [&] {
    auto out = Record<PlacementFields>("placement", "Layers of networks on several machines.")
                   .custom("id", false, "names the case in its answer", any_form(), skip)
                   .custom("note", false, "not read", any_form(), skip)
                   .custom("machines", true, "how many, or their names", any_form(), read_machines)
                   .list("networks", &PlacementFields::networks, network_fields(),
                         "when networks come and must be done, by number")
                   .custom("layers", true, "the layers", any_form(),
                           [](const Node& node, PlacementFields& f, Diagnostics& d) {
                             if (!require_sequence(node, "layers", d)) return;
                             for (const Node& item : node.items()) {
                               f.value.problem.layers.push_back(layer_fields().read(item, d));
                               f.layer_places.push_back(item.location());
                             }
                           })
                   .custom("edges", false, "[before, after]", any_form(),
                           [](const Node& node, PlacementFields& f, Diagnostics& d) {
                             if (!require_sequence(node, "edges", d)) return;
                             for (const Node& item : node.items()) {
                               std::vector<std::int64_t> edge;
                               if (read_value(item, "an edge", between(0, most_layers), d, edge))
                                 f.edges.emplace_back(edge, item.location());
                             }
                           })
                   .optional(
                       "makespan_at_most", [](PlacementFields& f) -> std::vector<double>& { return f.value.deadlines; },
                       "deadlines of the schedule", above_to(0, 1e18))
                   .custom("with_deadline", false, "deadlines as in the answers", any_form(),
                           [](const Node& node, PlacementFields& f, Diagnostics& d) {
                             read_bounds(node, "with_deadline", "makespan_at_most", f.value.deadlines, d);
                           })
                   .document("placement-case/1");
    for (const char* answer : {"least_makespan", "least_energy", "least_edp", "front", "makespan_plan", "edp_plan",
                               "exact", "bounds", "gaps"})
      out = std::move(out).custom(answer, false, "an answer, not read", any_form(), skip);
    return out;
  }();
  return record;
}

void check_layers(PlacementFields& fields, Diagnostics& diagnostics) {
  PlacementProblem& problem = fields.value.problem;
  if (problem.layers.empty()) diagnostics.error({}, "no layer, allowed is one or more");
  for (std::size_t l = 0; l < problem.layers.size(); ++l) {
    PlacementLayer& layer = problem.layers[l];
    const Location& where = fields.layer_places[l];
    if (layer.name.empty()) layer.name = fmt::format("layer {}", l);
    if (layer.cycles.size() != problem.machines || layer.energy.size() != problem.machines) {
      diagnostics.error(where, fmt::format("{} has {} cycles and {} energies, allowed is one for each of {} machines",
                                           layer.name, layer.cycles.size(), layer.energy.size(), problem.machines));
      continue;
    }
    bool runs = false;
    for (std::size_t m = 0; m < problem.machines; ++m) {
      if (layer.energy[m] == infinity) layer.cycles[m] = infinity;
      runs = runs || layer.cycles[m] < infinity;
    }
    if (!runs) diagnostics.error(where, fmt::format("no machine can run {}", layer.name));
  }
  for (const auto& [edge, where] : fields.edges) {
    if (edge.size() != 2 || std::max(edge[0], edge[1]) >= static_cast<std::int64_t>(problem.layers.size()))
      diagnostics.error(where, fmt::format("an edge is [before, after], numbers below {}", problem.layers.size()));
    else
      problem.edges.emplace_back(edge[0], edge[1]);
  }
}

/// A ring of layers that wait for each other, at the edge that closes it.
void check_rings(const PlacementFields& fields, Diagnostics& diagnostics) {
  const PlacementGraph graph(fields.value.problem);
  if (graph.cycle.empty()) return;
  std::string ring;
  for (std::size_t l : graph.cycle) ring += fmt::format("{} -> ", fields.value.problem.layers[l].name);
  ring += fields.value.problem.layers[graph.cycle.front()].name;
  Location where;
  for (const auto& [edge, place] : fields.edges) {
    if (edge[0] == static_cast<std::int64_t>(graph.cycle.back()) &&
        edge[1] == static_cast<std::int64_t>(graph.cycle.front()))
      where = place;
  }
  diagnostics.error(where, fmt::format("layers wait for each other: {}", ring));
}

/// Copies of periodic networks for the least common multiple of the periods, with their releases and deadlines.
void unroll(PlacementFields& fields, const Location& where, Diagnostics& diagnostics) {
  PlacementProblem& problem = fields.value.problem;
  std::int64_t networks = 0, hyperperiod = 1;
  for (const PlacementLayer& layer : problem.layers) networks = std::max(networks, layer.network + 1);
  if (static_cast<std::int64_t>(fields.networks.size()) < networks)
    fields.networks.resize(static_cast<std::size_t>(networks));
  bool periodic = false;
  for (const NetworkFields& network : fields.networks) {
    if (!network.period) continue;
    periodic = true;
    hyperperiod = std::lcm(hyperperiod, *network.period);
    if (hyperperiod > 1'000'000'000'000'000) {
      diagnostics.error(where, "the periods have no common multiple below 1e15 cycles");
      return;
    }
  }
  for (std::size_t i = 0; i < fields.networks.size(); ++i)
    fields.value.networks.push_back(fields.networks[i].name.empty() ? fmt::format("network {}", i)
                                                                    : fields.networks[i].name);
  const std::vector<PlacementLayer> layers = std::move(problem.layers);
  const auto edges = std::move(problem.edges);
  problem.layers.clear(), problem.edges.clear();
  double total = 0.0;
  for (const PlacementLayer& layer : layers) {
    const NetworkFields& network = fields.networks[static_cast<std::size_t>(layer.network)];
    total += network.period ? static_cast<double>(hyperperiod / *network.period) : 1.0;
  }
  if (total > most_layers) {
    diagnostics.error(where, fmt::format("{:.0f} layers with all repetitions, allowed are {}", total, most_layers));
    return;
  }
  std::map<std::pair<std::int64_t, std::size_t>, std::size_t> place;  // (repetition, layer)
  for (std::int64_t i = 0; i < networks; ++i) {
    const NetworkFields& network = fields.networks[static_cast<std::size_t>(i)];
    const std::int64_t repetitions = network.period ? hyperperiod / *network.period : 1;
    for (std::int64_t r = 0; r < repetitions; ++r) {
      const double start = network.release + (network.period ? static_cast<double>(r * *network.period) : 0.0);
      const double end = network.deadline ? start + *network.deadline
                         : network.period ? start - network.release + static_cast<double>(*network.period)
                                          : infinity;
      for (std::size_t l = 0; l < layers.size(); ++l) {
        if (layers[l].network != i) continue;
        PlacementLayer layer = layers[l];
        layer.release =
            std::max(start, layer.release + (network.period ? static_cast<double>(r * *network.period) : 0.0));
        layer.deadline = std::min(layer.deadline, end);
        if (repetitions > 1) layer.name += fmt::format(" #{}", r);
        place[{r, l}] = problem.layers.size();
        problem.layers.push_back(std::move(layer));
      }
    }
  }
  for (const auto& [from, to] : edges) {
    for (std::int64_t r = 0; place.contains({r, from}) || place.contains({r, to}); ++r) {
      if (place.contains({r, from}) && place.contains({r, to}))
        problem.edges.emplace_back(place[{r, from}], place[{r, to}]);
    }
  }
  if (periodic) fields.value.hyperperiod = static_cast<double>(hyperperiod);
}

Json plan_json(const Schedule& schedule) {
  Json list = Json::array();
  for (const PlacedLayer& placed : schedule.layers)
    list.push_back({placed.layer, placed.machine, number(placed.start)});
  return list;
}

const Schedule& least_edp(const PlacementResult& result) {
  return *std::min_element(result.front.begin(), result.front.end(), [](const Schedule& a, const Schedule& b) {
    return a.makespan * a.energy < b.makespan * b.energy;
  });
}

double gap(double value, double bound) {
  return value > 0.0 ? std::max(0.0, (value - bound) / value) : 0.0;
}

std::optional<double> least_energy(const PlacementResult& result, double deadline) {
  std::optional<double> least;
  for (const Schedule& schedule : result.front)
    if (schedule.makespan <= deadline) least = std::min(schedule.energy, least.value_or(infinity));
  return least;
}

std::vector<double> deadlines_of(const PlacementCase& c, const PlacementResult& result) {
  if (!c.deadlines.empty() || result.front.empty()) return c.deadlines;
  std::vector<double> list;
  for (double factor : default_deadlines) list.push_back(std::floor(factor * result.front.front().makespan));
  list.front() = result.front.front().makespan;
  return list;
}

}  // namespace

bool is_placement(const Node& document) {
  if (!document.is_mapping()) return false;
  if (const Node* schema = document.find("schema")) return schema->text() == "placement-case/1";
  return document.find("machines") != nullptr;
}

PlacementCase read_placement(const Node& document, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  PlacementFields fields = placement_fields_record().read(document, diagnostics);
  if (diagnostics.errors() > before) return {};
  check_layers(fields, diagnostics);
  if (diagnostics.errors() == before) check_rings(fields, diagnostics);
  if (diagnostics.errors() == before) unroll(fields, document.location(), diagnostics);
  return std::move(fields.value);
}

Json answer_placement(const PlacementCase& c, const PlacementResult& result) {
  const PlacementBounds bounds(c.problem);
  Json out = Json::object();
  out["machines"] = c.problem.machines;
  const bool feasible = !result.front.empty();
  const auto value = [&](double number_of) { return feasible ? number(number_of) : Json(nullptr); };
  const Schedule none;
  const Schedule& fast = feasible ? result.front.front() : none;
  const Schedule& thrifty = feasible ? result.front.back() : none;
  const Schedule& edp = feasible ? least_edp(result) : none;
  out["least_makespan"] = value(fast.makespan);
  out["least_energy"] = value(thrifty.energy);
  out["least_edp"] = value(edp.makespan * edp.energy);
  out["front"] = Json::array();
  for (const Schedule& schedule : result.front)
    out["front"].push_back({number(schedule.makespan), number(schedule.energy)});
  out["makespan_plan"] = plan_json(fast);
  out["edp_plan"] = plan_json(edp);
  out["with_deadline"] = Json::array();
  for (double deadline : deadlines_of(c, result)) {
    const auto least = least_energy(result, deadline);
    Json row = {{"makespan_at_most", number(deadline)}, {"least_energy", least ? number(*least) : Json(nullptr)}};
    if (!result.exact) row["lower_bound"] = number(bounds.energy_within(deadline));
    out["with_deadline"].push_back(std::move(row));
  }
  out["exact"] = result.exact;
  if (feasible && result.exact) {
    out["bounds"] = {{"makespan", out["least_makespan"]}, {"energy", out["least_energy"]}, {"edp", out["least_edp"]}};
    out["gaps"] = {{"makespan", 0.0}, {"energy", 0.0}, {"edp", 0.0}};
  } else {
    out["bounds"] = {{"makespan", number(bounds.makespan())},
                     {"energy", number(bounds.energy())},
                     {"edp", number(result.edp_bound)}};
    if (feasible)
      out["gaps"] = {{"makespan", gap(fast.makespan, bounds.makespan())},
                     {"energy", gap(thrifty.energy, bounds.energy())},
                     {"edp", gap(edp.makespan * edp.energy, result.edp_bound)}};
  }
  if (c.hyperperiod > 0.0) out["hyperperiod"] = number(c.hyperperiod);
  return out;
}

std::string placement_text(const PlacementCase& c, const PlacementResult& result) {
  const PlacementBounds bounds(c.problem);
  std::string text = fmt::format("{} layers of {} network{} on {} machines\n", c.problem.layers.size(),
                                 c.networks.size(), c.networks.size() == 1 ? "" : "s", c.problem.machines);
  for (std::size_t i = 0; i < c.networks.size(); ++i)
    text += fmt::format("  {} {}\n", static_cast<char>('a' + i % 26), c.networks[i]);
  if (c.hyperperiod > 0.0) text += fmt::format("periodic: the schedule repeats after {:.0f} cycles\n", c.hyperperiod);
  if (result.front.empty()) {
    text += fmt::format("no schedule {}; without deadlines none is shorter than {:.6g} cycles ({})\n",
                        result.exact ? "meets all deadlines, proven" : "that meets all deadlines was found",
                        bounds.makespan(), bounds.makespan_reason());
    return text;
  }
  const Schedule& edp = least_edp(result);
  const auto line = [&](const char* what, double value, double bound) {
    return fmt::format(
        "  {:<16} {:>14.6g}   {}\n", what, value,
        result.exact ? "proven" : fmt::format("bound {:.6g}, gap {}", bound, percent(gap(value, bound))));
  };
  text += line("least makespan", result.front.front().makespan, bounds.makespan()) +
          line("least energy", result.front.back().energy, bounds.energy()) +
          line("least EDP", edp.makespan * edp.energy, result.edp_bound);
  Table front({"makespan", "energy", "EDP"});
  const std::size_t step = result.front.size() / 12 + 1;
  for (std::size_t i = 0; i < result.front.size(); i += step) {
    const Schedule& s = result.front[i];
    front.add({fmt::format("{:.8g}", s.makespan), fmt::format("{:.8g}", s.energy),
               fmt::format("{:.6g}", s.makespan * s.energy)});
  }
  text += fmt::format("\ntrade-offs ({}{})\n", result.front.size(),
                      step > 1 ? fmt::format(", one in {} shown", step) : "") +
          front.text();
  text +=
      "\nthe schedule with the least EDP (a letter per network, upper case for every other layer of a "
      "machine)\n" +
      gantt(c.problem, edp, c.machines);
  Table table({"layer", "network", "machine", "start", "end", "energy", "with it elsewhere"});
  std::vector<PlacedLayer> order = edp.layers;
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  for (const PlacedLayer& placed : order) {
    const PlacementLayer& layer = c.problem.layers[placed.layer];
    std::string elsewhere;
    for (std::size_t m = 0; m < c.problem.machines; ++m) {
      if (m == placed.machine) continue;
      elsewhere += elsewhere.empty() ? "" : "; ";
      const Schedule other = moved(c.problem, edp, placed.layer, m);
      elsewhere += layer.cycles[m] == infinity ? fmt::format("{}: cannot run", c.machines[m])
                                               : fmt::format("{}: makespan {:+.4g}, energy {:+.4g}", c.machines[m],
                                                             other.makespan - edp.makespan, other.energy - edp.energy);
    }
    table.add({layer.name, c.networks[static_cast<std::size_t>(layer.network)], c.machines[placed.machine],
               fmt::format("{:.8g}", placed.start), fmt::format("{:.8g}", placed.end),
               fmt::format("{:.6g}", layer.energy[placed.machine]), elsewhere});
  }
  return text + "\n" + table.text();
}

}  // namespace dovetail
