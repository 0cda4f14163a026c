// The best mappings of a whole network (see the header).
#include <dovetail/engine/map/network/network_mapper.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/network/supporting_lines.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

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
      part.points.push_back({0.0, cost.energy_pj, static_cast<double>(cost.cycles), pack(part.request.layer, *known)});
  }
  try {
    part.search = std::make_unique<ExactSearch>(part.request);
    part.lines = SupportingLines(part.search->root_energy_pj(), part.search->root_cycles());
  } catch (const std::length_error&) {
    const double operations = static_cast<double>(macs(part.request.layer));
    part.lines =
        SupportingLines(operations * compute_energy_per_op_pj(part.request.layer, part.request.architecture.compute),
                        std::ceil(operations / static_cast<double>(part.request.architecture.compute.instances)));
  }
}

// A mapping by other means, when there are no tables or no time.
void find_any(Part& part) {
  MapRequest quick = part.request;
  if (part.search) quick.time_s = 0.0;
  const MapResult found = ExactMapper().map(quick);
  if (!found.mapping) return;
  part.points.push_back(
      {0.0, found.best.energy_pj, static_cast<double>(found.best.cycles), pack(part.request.layer, *found.mapping)});
}

// The least known point at a price.
void pick(Part& part, double price) {
  part.chosen = 0;
  for (std::size_t k = 1; k < part.points.size(); ++k) {
    if (cost(part.points[k], price) < cost(part.points[part.chosen], price)) part.chosen = k;
  }
  part.bound = part.lines.at(price);
}

// The layer's best point at a price, or a bound that is `enough`. Between two prices with one answer, the answer is
// known.
void ask(Part& part, double price, double enough) {
  pick(part, price);
  const double known = part.points.empty() ? infinity : cost(part.points[part.chosen], price);
  if (std::min(known, enough) <= part.bound * (1.0 + sum_rounding)) return;
  if (part.search) {
    std::optional<MapPoint> best;
    if (!part.points.empty()) best = part.points[part.chosen];
    part.lines.add(price, part.search->cheapest(price, best, enough));
    if (best && best->objective < known) part.points.push_back(*best);
  }
  if (part.points.empty() && part.lines.at(price) < infinity) find_any(part);
  pick(part, price);
}

// The least value of a line at a price whose corners are not below the cutoff, or as high as those of a line of the
// value `most`.
double demanded(const SupportingLines& lines, const MappingObjective& objective, double price, double most,
                double cutoff) {
  const auto corners = [&](double value) {
    SupportingLines with = lines;
    with.add(price, value);
    return with.beside(price, objective);
  };
  const double reached = std::min(cutoff, corners(most));
  double low = lines.at(price), high = most;
  while (high > low * (1.0 + sum_rounding)) {
    const double middle = 0.5 * (low + high);
    (corners(middle) < reached ? low : high) = middle;
  }
  return high;
}

double sum_at(const std::vector<Part>& parts, double price) {
  double sum = 0.0;
  for (const Part& part : parts) {
    double least = infinity;
    for (const MapPoint& point : part.points) least = std::min(least, cost(point, price));
    sum += part.count * least;
  }
  return sum;
}

// How far each layer must be searched at a price so that all together are proven to cost `goal`. What the known
// mappings cost above it is to spare: it is spent where it saves most search, first whole layers at their bounds, then
// a share of what lies open of each of the others.
std::vector<double> plan(std::vector<Part>& parts, double price, double goal) {
  const std::size_t count = parts.size();
  std::vector<double> known(count), open(count), enough(count, infinity);
  if (!(goal < infinity)) return enough;
  double all_known = 0.0, all_open = 0.0;
  for (std::size_t l = 0; l < count; ++l) {
    pick(parts[l], price);
    known[l] = cost(parts[l].points[parts[l].chosen], price);
    open[l] = std::max(0.0, known[l] - parts[l].bound);
    all_known += parts[l].count * known[l];
    all_open += parts[l].count * open[l];
  }
  double spare = all_known - goal;
  if (!(spare > 0.0 && spare < all_open * (1.0 - sum_rounding))) return enough;
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  const auto price_of_saving = [&](std::size_t l) {
    const double effort = parts[l].search ? static_cast<double>(parts[l].search->size()) : 1.0;
    return parts[l].count * open[l] / effort;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return price_of_saving(a) < price_of_saving(b); });
  std::size_t next = 0;
  for (; next < count; ++next) {
    const std::size_t l = order[next];
    const double whole = parts[l].count * open[l];
    if (whole > spare) break;
    enough[l] = parts[l].bound;
    spare -= whole;
    all_open -= whole;
  }
  for (; next < count; ++next) {
    const std::size_t l = order[next];
    enough[l] = known[l] - open[l] * spare / all_open;
  }
  return enough;
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

// What the chosen points add up to; nothing when a layer has none.
std::optional<MapPoint> sum_of_chosen(const std::vector<Part>& parts, const MappingObjective& objective) {
  MapPoint sum;
  for (const Part& part : parts) {
    if (part.points.empty()) return std::nullopt;
    sum.energy_pj += part.count * part.points[part.chosen].energy_pj;
    sum.cycles += part.count * part.points[part.chosen].cycles;
  }
  sum.objective = objective(sum.energy_pj, sum.cycles);
  return sum;
}

SupportingLines root_lines(const std::vector<Part>& parts) {
  double energy = 0.0, cycles = 0.0;
  for (const Part& part : parts) {
    energy += part.count * part.lines.at(0.0);
    cycles += part.count * part.lines.least_cycles();
  }
  return {energy, cycles};
}

// A layer's answer, from the point that the best sum chose.
MapResult layer_answer(const Part& part, std::size_t chosen, const MappingObjective& objective) {
  MapResult own = answer(part.request, part.points.empty() ? std::nullopt : std::optional(part.points[chosen].mapping));
  if (own.mapping) own.lower_bound = std::min(part.lines.least(objective).objective, own.objective);
  own.proven = own.mapping && own.lower_bound == own.objective;
  own.stopped = own.proven ? "proven" : own.mapping ? "bound" : "infeasible";
  own.evaluations = part.search ? part.search->evaluations() : 0;
  return own;
}

// Prices at which a layer that has run out of memory is asked again.
constexpr int most_shortfalls = 4;

// The search for the best sum by prices.
class PriceSearch {
 public:
  PriceSearch(const NetworkMapRequest& request, std::vector<Part>& parts)
      : request_(request),
        parts_(parts),
        lines_(root_lines(parts)),
        corner_(lines_.least(request.objective)),
        chosen_(parts.size(), 0) {
    remember(sum_of_chosen(parts_, request_.objective));
  }

  // Until no corner is below the best sum or the cutoff, a layer has no mapping, or time and memory leave bounds open.
  void run() {
    bool exactly = false;  // the last step, asked for less, got nowhere
    while (prices_ == 0 || corner_.objective < target()) {
      Step step = next();
      if (exactly) step.value = infinity;
      ++prices_;
      if (step.value < infinity) loose_.push_back(step.price);
      const std::vector<double> enough = plan(parts_, step.price, step.value);
      parallel_for(parts_.size(), request_.threads, [&](std::size_t l) { ask(parts_[l], step.price, enough[l]); });
      const std::optional<MapPoint> sum = sum_of_chosen(parts_, request_.objective);
      if (!sum) return;
      remember(sum);
      double bound = 0.0;
      for (const Part& part : parts_) bound += part.count * part.bound;
      const double before = lines_.at(step.price);
      lines_.add(step.price, bound);
      corner_ = lines_.least(request_.objective);
      if (fell_short(step.price, enough) && ++shortfalls_ == most_shortfalls) return;
      if (request_.stop && request_.stop()) return;
      const bool nowhere = step.at_corner && !(bound > before * (1.0 + sum_rounding));
      if (nowhere && !(step.value < infinity)) return;
      exactly = nowhere;
    }
  }

  const std::optional<MapPoint>& best() const { return best_; }
  double lower_bound() const { return corner_.objective; }
  std::size_t chosen(std::size_t layer) const { return chosen_[layer]; }
  std::size_t prices() const { return prices_; }

 private:
  double target() const {
    const double wanted = best_->objective * (1.0 - std::max(request_.gap, sum_rounding));
    return request_.cutoff > 0.0 ? std::min(wanted, request_.cutoff) : wanted;
  }

  // A layer's search ended, for want of memory, before it was as far as asked. At other prices it may still get on a
  // little, again and again.
  bool fell_short(double price, const std::vector<double>& enough) const {
    for (std::size_t l = 0; l < parts_.size(); ++l) {
      const double known = cost(parts_[l].points[parts_[l].chosen], price);
      if (parts_[l].bound < std::min(enough[l], known) * (1.0 - sum_rounding)) return true;
    }
    return false;
  }

  void remember(const std::optional<MapPoint>& sum) {
    if (!sum || (best_ && best_->objective <= sum->objective)) return;
    best_ = sum;
    for (std::size_t l = 0; l < parts_.size(); ++l) chosen_[l] = parts_[l].chosen;
  }

  struct Step {
    double price, value;  // and what a line there should reach
    bool at_corner;
  };

  // First at the tangent of what is known, which separates better than one at bounds that may be far away; then at the
  // least corner. Under a cutoff the first line takes half of what there is to spare, and the others lift their corners
  // above it. Once a better sum is known, these lines are made exact.
  Step next() {
    const bool cutting = request_.cutoff > 0.0 && best_ && request_.cutoff < best_->objective;
    if (prices_ == 0 && best_) {
      const double tangent =
          request_.objective.cycles_power * best_->energy_pj / (request_.objective.energy_power * best_->cycles);
      const double power = request_.objective.energy_power + request_.objective.cycles_power;
      const double shrunk = std::pow(request_.cutoff / best_->objective, 0.5 / power);
      return {tangent, cutting ? shrunk * cost(*best_, tangent) : infinity, false};
    }
    if (!cutting && !loose_.empty()) {
      const double again = loose_.back();
      loose_.pop_back();
      return {again, infinity, false};
    }
    const double price = corner_.price > 0.0 && corner_.price < infinity ? corner_.price : 1.0;
    if (!cutting) return {price, infinity, prices_ > 0};
    return {price,
            demanded(lines_, request_.objective, price, sum_at(parts_, price),
                     request_.cutoff * (1.0 + 100.0 * sum_rounding)),
            true};
  }

  const NetworkMapRequest& request_;
  std::vector<Part>& parts_;
  SupportingLines lines_;
  SupportingLines::Corner corner_;
  std::optional<MapPoint> best_;
  std::vector<double> loose_;  // prices of lines that are not exact
  std::vector<std::size_t> chosen_;
  std::size_t prices_ = 0;
  int shortfalls_ = 0;
};

void map_together(const NetworkMapRequest& request, std::vector<Part>& parts, NetworkMapResult& result) {
  const std::size_t count = parts.size();
  parallel_for(count, request.threads, [&](std::size_t l) { prepare(parts[l], request.layers[l].known); });
  PriceSearch search(request, parts);
  search.run();
  result.prices = search.prices();
  result.feasible = std::all_of(parts.begin(), parts.end(), [](const Part& part) { return !part.points.empty(); });
  for (std::size_t l = 0; l < count; ++l) {
    result.layers[l] = layer_answer(parts[l], search.chosen(l), request.objective);
    result.evaluations += result.layers[l].evaluations;
    if (parts[l].search) result.labels += parts[l].search->labels();
  }
  if (!result.feasible) return;
  result.lower_bound = std::min(search.lower_bound(), search.best()->objective);
  result.proven = result.lower_bound >= search.best()->objective * (1.0 - 10.0 * sum_rounding);
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
