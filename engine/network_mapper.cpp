// The best mappings of a whole network (see the header).
#include <dovetail/engine/network_mapper.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>

#include <dovetail/accelerators/loop_model.hpp>
#include <dovetail/engine/exact_mapper.hpp>
#include <dovetail/engine/supporting_lines.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double rounding = 1e-11;  // relative error that sums of doubles may carry

struct Part {
  double count = 1.0;
  MapRequest request;
  std::unique_ptr<ExactSearch> search;  // none: too large for tables, `points` holds all that is known
  SupportingLines lines{0.0, 0.0};
  std::vector<MapPoint> points;
  std::size_t chosen = 0;  // at the last price
  double bound = 0.0;      // of energy + price x cycles at the last price
};

double cost(const MapPoint& point, double price) {
  return point.energy_pj + price * point.cycles;
}

MapRequest layer_request(const NetworkMapRequest& request, const NetworkMapLayer& layer) {
  MapRequest one;
  one.layer = layer.layer;
  one.architecture = request.architecture;
  one.rules = layer.rules;
  one.objective = request.objective;
  one.bypass = request.bypass;
  one.gap = request.gap;
  one.time_s = request.time_s;
  one.memory_mb = request.memory_mb;
  one.stop = request.stop;
  one.threads = request.threads;
  return one;
}

void prepare(Part& part, const std::optional<Mapping>& known) {
  if (known) {
    const Evaluation cost = LoopModel().evaluate(part.request.layer, part.request.architecture, *known);
    if (cost.valid())
      part.points.push_back(
          {0.0, cost.energy_pj, static_cast<double>(cost.cycles), pack(part.request.layer, *known)});
  }
  try {
    part.search = std::make_unique<ExactSearch>(part.request);
    part.lines = SupportingLines(part.search->root_energy_pj(), part.search->root_cycles());
  } catch (const std::length_error&) {
    const double operations = static_cast<double>(macs(part.request.layer));
    part.lines = SupportingLines(
        operations * compute_energy_per_op_pj(part.request.layer, part.request.architecture.compute),
        std::ceil(operations / static_cast<double>(part.request.architecture.compute.instances)));
  }
}

// A mapping by other means, when there are no tables or no time.
void find_any(Part& part) {
  MapRequest quick = part.request;
  if (part.search) quick.time_s = 0.0;
  const MapResult found = ExactMapper().map(quick);
  if (!found.mapping) return;
  part.points.push_back({0.0, found.best.energy_pj, static_cast<double>(found.best.cycles),
                         pack(part.request.layer, *found.mapping)});
}

// The least known point at a price.
void pick(Part& part, double price) {
  part.chosen = 0;
  for (std::size_t k = 1; k < part.points.size(); ++k) {
    if (cost(part.points[k], price) < cost(part.points[part.chosen], price)) part.chosen = k;
  }
  part.bound = part.lines.at(price);
}

// The layer's best point at a price, or a bound that is `enough`. Between two prices with one answer, the answer is known.
void ask(Part& part, double price, double enough) {
  pick(part, price);
  const double known = part.points.empty() ? infinity : cost(part.points[part.chosen], price);
  if (std::min(known, enough) <= part.bound * (1.0 + rounding)) return;
  if (part.search) {
    std::optional<MapPoint> best;
    if (!part.points.empty()) best = part.points[part.chosen];
    part.lines.add(price, part.search->cheapest(price, best, enough));
    if (best && best->objective < known) part.points.push_back(*best);
  }
  if (part.points.empty() && part.lines.at(price) < infinity) find_any(part);
  pick(part, price);
}

// The least value of a line at a price with which no corner is below the cutoff, or with which the least corner is as high
// as a line of the value `most` can lift it.
double demanded(const SupportingLines& lines, const MappingObjective& objective, double price, double most,
                double cutoff) {
  const auto least = [&](double value) {
    SupportingLines with = lines;
    with.add(price, value);
    return with.least(objective).objective;
  };
  const double reached = std::min(cutoff, least(most));
  double low = lines.at(price), high = most;
  for (int step = 0; step < 50 && high > low * (1.0 + rounding); ++step) {
    const double middle = 0.5 * (low + high);
    (least(middle) < reached ? low : high) = middle;
  }
  return high;
}

// The share of what lies between the layers' bounds and their known costs at a price that need not be closed.
double to_spare(std::vector<Part>& parts, const SupportingLines& lines, const NetworkMapRequest& request,
                double price) {
  double bound = 0.0, known = 0.0;
  for (Part& part : parts) {
    if (part.points.empty()) return 0.0;
    pick(part, price);
    bound += part.count * part.bound;
    known += part.count * cost(part.points[part.chosen], price);
  }
  if (!(known > bound)) return 0.0;
  const double needed = demanded(lines, request.objective, price, known, request.cutoff);
  return std::clamp((known - needed) / (known - bound), 0.0, 1.0);
}

// The layers alone: each objective of one power.
void map_separately(const NetworkMapRequest& request, std::vector<Part>& parts, NetworkMapResult& result) {
  parallel_for(parts.size(), request.threads,
               [&](std::size_t l) { result.layers[l] = ExactMapper().map(parts[l].request); });
  result.feasible = result.proven = true;
  const double power = request.objective.energy_power + request.objective.cycles_power;
  double bound = 0.0;
  for (std::size_t l = 0; l < parts.size(); ++l) {
    const MapResult& own = result.layers[l];
    result.feasible = result.feasible && own.mapping.has_value();
    result.proven = result.proven && own.proven;
    result.evaluations += own.evaluations;
    bound += parts[l].count * std::pow(own.lower_bound, 1.0 / power);
  }
  result.lower_bound = std::pow(bound, power);
}

void map_together(const NetworkMapRequest& request, std::vector<Part>& parts, NetworkMapResult& result) {
  const std::size_t count = parts.size();
  parallel_for(count, request.threads, [&](std::size_t l) { prepare(parts[l], request.layers[l].known); });
  double energy = 0.0, cycles = 0.0;
  for (const Part& part : parts) {
    energy += part.count * part.lines.at(0.0);
    cycles += part.count * part.lines.least_cycles();
  }
  SupportingLines lines(energy, cycles);
  SupportingLines::Corner corner = lines.least(request.objective);
  double best = infinity;
  std::vector<std::size_t> chosen(count, 0);
  result.feasible = true;
  const auto target = [&] {
    const double wanted = best * (1.0 - std::max(request.gap, rounding));
    return request.cutoff > 0.0 ? std::min(wanted, request.cutoff) : wanted;
  };
  while (result.prices == 0 || corner.objective < target()) {
    const double price = corner.price > 0.0 && corner.price < infinity ? corner.price : 1.0;
    ++result.prices;
    const double spare = request.cutoff > 0.0 ? to_spare(parts, lines, request, price) : 0.0;
    parallel_for(count, request.threads, [&](std::size_t l) {
      Part& part = parts[l];
      double enough = infinity;
      if (spare > 0.0) enough = cost(part.points[part.chosen], price) * (1.0 - spare) + part.bound * spare;
      ask(part, price, enough);
    });
    double bound = 0.0;
    energy = cycles = 0.0;
    for (const Part& part : parts) {
      if (part.points.empty()) {
        result.feasible = false;
        continue;
      }
      energy += part.count * part.points[part.chosen].energy_pj;
      cycles += part.count * part.points[part.chosen].cycles;
      bound += part.count * part.bound;
    }
    if (!result.feasible) break;
    if (request.objective(energy, cycles) < best) {
      best = request.objective(energy, cycles);
      for (std::size_t l = 0; l < count; ++l) chosen[l] = parts[l].chosen;
    }
    const double cut = lines.at(price);
    lines.add(price, bound);
    if (!(bound > cut * (1.0 + rounding))) break;  // the corner itself, or bounds that time left open
    corner = lines.least(request.objective);
  }
  result.lower_bound = std::min(corner.objective, best);
  result.proven = result.feasible && result.lower_bound >= best * (1.0 - 10.0 * rounding);
  for (std::size_t l = 0; l < count; ++l) {
    Part& part = parts[l];
    MapResult& own = result.layers[l];
    own = answer(part.request,
                 part.points.empty() ? std::nullopt : std::optional(part.points[chosen[l]].mapping));
    if (own.mapping) own.lower_bound = std::min(part.lines.least(request.objective).objective, own.objective);
    own.proven = own.mapping && own.lower_bound == own.objective;
    own.stopped = own.proven ? "proven" : own.mapping ? "bound" : "infeasible";
    own.evaluations = part.search ? part.search->evaluations() : 0;
    result.evaluations += own.evaluations;
  }
}

}  // namespace

NetworkMapResult map_network(const NetworkMapRequest& request) {
  const Stopwatch clock;
  NetworkMapResult result;
  result.layers.resize(request.layers.size());
  std::vector<Part> parts(request.layers.size());
  for (std::size_t l = 0; l < parts.size(); ++l) {
    parts[l].count = static_cast<double>(request.layers[l].count);
    parts[l].request = layer_request(request, request.layers[l]);
  }
  const bool separable = request.objective.energy_power == 0.0 || request.objective.cycles_power == 0.0;
  separable ? map_separately(request, parts, result) : map_together(request, parts, result);
  if (result.feasible) {
    for (std::size_t l = 0; l < parts.size(); ++l) {
      result.energy_pj += parts[l].count * result.layers[l].best.energy_pj;
      result.cycles += parts[l].count * static_cast<double>(result.layers[l].best.cycles);
    }
    result.objective = request.objective(result.energy_pj, result.cycles);
    result.lower_bound = result.proven ? result.objective : std::min(result.lower_bound, result.objective);
  }
  result.seconds = clock.seconds();
  return result;
}

}  // namespace dovetail
