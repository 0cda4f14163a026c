// The best mappings of a whole network (see the header).
#include <dovetail/engine/network_mapper.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>

#include <dovetail/engine/exact_mapper.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

struct Part {
  double count = 1.0;
  std::vector<MapPoint> front;                    // ascending energy
  double root = 0.0;                              // count x sqrt(least energy x cycles)
  double least_energy = 0.0, least_cycles = 0.0;  // count included
};

// Sums over the first layers with the chosen point of each, as a chain.
struct Partial {
  double energy = 0.0, cycles = 0.0;
  std::size_t previous = 0;
  std::uint32_t point = 0;
};

// Points that minimise energy + price x cycles, for a price that fits them: a good start.
std::vector<std::uint32_t> priced_choice(const std::vector<Part>& parts, double& energy, double& cycles) {
  std::vector<std::uint32_t> best;
  double least = infinity, price = energy / cycles;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::uint32_t> chosen;
    double e = 0.0, c = 0.0;
    for (const Part& part : parts) {
      std::size_t pick = 0;
      for (std::size_t k = 1; k < part.front.size(); ++k) {
        const auto cost = [&](std::size_t i) {
          return part.front[i].energy_pj + price * part.front[i].cycles;
        };
        if (cost(k) < cost(pick)) pick = k;
      }
      chosen.push_back(static_cast<std::uint32_t>(pick));
      e += part.count * part.front[pick].energy_pj;
      c += part.count * part.front[pick].cycles;
    }
    if (!(e * c < least)) break;
    least = e * c;
    energy = e;
    cycles = c;
    best = chosen;
    price = e / c;
  }
  return best;
}

// The best combination of one point per layer; `chosen` holds an incumbent and is improved.
void merge(const std::vector<Part>& parts, std::vector<std::uint32_t>& chosen, double& energy,
           double& cycles) {
  const std::size_t count = parts.size();
  std::vector<double> roots(count + 1, 0.0), energies(count + 1, 0.0), times(count + 1, 0.0);
  for (std::size_t l = count; l-- > 0;) {
    roots[l] = roots[l + 1] + parts[l].root;
    double least_energy = infinity, least_cycles = infinity;
    for (const MapPoint& point : parts[l].front) {
      least_energy = std::min(least_energy, point.energy_pj);
      least_cycles = std::min(least_cycles, point.cycles);
    }
    energies[l] = energies[l + 1] + parts[l].count * least_energy;
    times[l] = times[l + 1] + parts[l].count * least_cycles;
  }
  const double incumbent = energy * cycles;
  std::vector<std::vector<Partial>> stages{{Partial{}}};
  for (std::size_t l = 0; l < count; ++l) {
    std::vector<Partial> next;
    for (std::size_t n = 0; n < stages[l].size(); ++n) {
      for (std::size_t k = 0; k < parts[l].front.size(); ++k) {
        const MapPoint& point = parts[l].front[k];
        const Partial sum{stages[l][n].energy + parts[l].count * point.energy_pj,
                          stages[l][n].cycles + parts[l].count * point.cycles, n,
                          static_cast<std::uint32_t>(k)};
        const double root = std::sqrt(sum.energy * sum.cycles) + roots[l + 1];
        const double product = (sum.energy + energies[l + 1]) * (sum.cycles + times[l + 1]);
        if (std::max(root * root, product) < incumbent * (1.0 - 1e-12)) next.push_back(sum);
      }
    }
    std::stable_sort(next.begin(), next.end(), [](const Partial& a, const Partial& b) {
      return a.energy != b.energy ? a.energy < b.energy : a.cycles < b.cycles;
    });
    std::vector<Partial> front;
    for (const Partial& sum : next) {
      if (front.empty() || sum.cycles < front.back().cycles) front.push_back(sum);
    }
    stages.push_back(std::move(front));
  }
  const Partial* best = nullptr;
  for (const Partial& sum : stages[count]) {
    if (best == nullptr || sum.energy * sum.cycles < best->energy * best->cycles) best = &sum;
  }
  if (best == nullptr) return;
  energy = best->energy;
  cycles = best->cycles;
  for (std::size_t l = count; l-- > 0;) {
    chosen[l] = best->point;
    best = &stages[l][best->previous];
  }
}

}  // namespace

NetworkMapResult map_network(const NetworkMapRequest& request) {
  const Stopwatch clock;
  NetworkMapResult result;
  const std::size_t count = request.layers.size();
  result.layers.resize(count);
  const auto layer_request = [&](std::size_t l) {
    MapRequest one;
    one.layer = request.layers[l].layer;
    one.architecture = request.architecture;
    one.rules = request.layers[l].rules;
    one.objective = request.objective;
    one.bypass = request.bypass;
    one.gap = request.gap;
    one.time_s = request.time_s;
    one.memory_mb = request.memory_mb;
    one.threads = request.threads;
    return one;
  };
  std::vector<std::unique_ptr<ExactSearch>> searches(count);
  std::vector<Part> parts(count);
  parallel_for(count, request.threads, [&](std::size_t l) {
    const MapRequest one = layer_request(l);
    try {
      searches[l] = std::make_unique<ExactSearch>(one);
      searches[l]->solve();
    } catch (const std::length_error&) {
      searches[l].reset();
      result.layers[l] = ExactMapper().map(one);
    }
  });
  bool exact = request.gap == 0.0;
  result.feasible = true;
  const double power = request.objective.energy_power + request.objective.cycles_power;
  double bound = 0.0, energy = 0.0, cycles = 0.0, roots = 0.0;
  for (std::size_t l = 0; l < count; ++l) {
    Part& part = parts[l];
    part.count = static_cast<double>(request.layers[l].count);
    MapResult& own = result.layers[l];
    if (searches[l]) {
      const std::optional<MapPoint>& best = searches[l]->best();
      own = answer(layer_request(l), best ? std::optional(best->mapping) : std::nullopt);
      own.lower_bound = std::min(searches[l]->lower_bound(), own.objective);
      own.stopped = searches[l]->stopped();
      own.proven = own.stopped == "proven";
      own.evaluations = searches[l]->evaluations();
      if (best) part.front.push_back(*best);
      part.least_energy = part.count * searches[l]->root_energy_pj();
      part.least_cycles = part.count * searches[l]->root_cycles();
    }
    exact = exact && own.proven && searches[l];
    result.evaluations += own.evaluations;
    if (!own.mapping) {
      result.feasible = false;
      continue;
    }
    // Hoelder: (sum E)^a (sum C)^b >= (sum of count x objective^(1 / (a + b)))^(a + b).
    bound += part.count * std::pow(own.lower_bound, 1.0 / power);
    part.root = part.count * std::sqrt(own.lower_bound);
    roots += part.root;
    energy += part.count * own.best.energy_pj;
    cycles += part.count * static_cast<double>(own.best.cycles);
  }
  if (!result.feasible) {
    result.seconds = clock.seconds();
    return result;
  }
  result.lower_bound = std::pow(bound, power);
  const bool edp = request.objective.energy_power == 1.0 && request.objective.cycles_power == 1.0;
  const bool separable = request.objective.energy_power == 0.0 || request.objective.cycles_power == 0.0;
  std::vector<std::uint32_t> chosen(count, 0);
  if (edp && exact) {
    double least_energy = 0.0, least_cycles = 0.0;
    for (const Part& part : parts) {
      least_energy += part.least_energy;
      least_cycles += part.least_cycles;
    }
    const double incumbent = energy * cycles * (1.0 + 1e-9);
    std::vector<char> complete(count, 0);
    parallel_for(count, request.threads, [&](std::size_t l) {
      Part& part = parts[l];
      const double room = (std::sqrt(incumbent) - (roots - part.root)) / part.count;
      complete[l] = searches[l]->front(
          (least_energy - part.least_energy) / part.count, (least_cycles - part.least_cycles) / part.count,
          incumbent / (part.count * part.count), room * room, unlimited, part.front);
    });
    for (std::size_t l = 0; l < count; ++l) {
      exact = exact && complete[l] != 0;
      result.points += parts[l].front.size();
      result.evaluations += searches[l]->evaluations() - result.layers[l].evaluations;
    }
    chosen = priced_choice(parts, energy, cycles);
    merge(parts, chosen, energy, cycles);
    for (std::size_t l = 0; l < count; ++l) {
      const MapPoint& point = parts[l].front[chosen[l]];
      MapResult own = answer(layer_request(l), point.mapping);
      own.lower_bound = result.layers[l].lower_bound;
      own.proven = result.layers[l].proven;
      own.evaluations = searches[l]->evaluations();
      own.stopped = result.layers[l].stopped;
      result.layers[l] = std::move(own);
    }
  }
  result.energy_pj = result.cycles = 0.0;
  for (std::size_t l = 0; l < count; ++l) {
    result.energy_pj += parts[l].count * result.layers[l].best.energy_pj;
    result.cycles += parts[l].count * static_cast<double>(result.layers[l].best.cycles);
  }
  result.objective = request.objective(result.energy_pj, result.cycles);
  result.proven = exact && (edp || separable);
  result.lower_bound = result.proven ? result.objective : std::min(result.lower_bound, result.objective);
  result.seconds = clock.seconds();
  return result;
}

}  // namespace dovetail
