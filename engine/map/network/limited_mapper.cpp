// Mappings of networks within limits (see the header).
#include <dovetail/engine/map/network/limited_mapper.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <stdexcept>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/network/supporting_lines.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail {
namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
constexpr double next_to_nothing = 1e-12;  // of a price: it decides between equal energies
constexpr double apart = 8.0;              // factor between the prices of the quick look
constexpr int most_prices = 16;

struct LimitedPart {
  MapRequest request;
  std::unique_ptr<ExactSearch> search;  // none: too large for tables
  SupportingLines lines{0.0, 0.0};
  std::vector<MapPoint> points;
  bool whole = false;  // `points` is the front
};

double priced(const MapPoint& point, double price) {
  return point.energy_pj + price * point.cycles;
}

// Points as the loop model prices them, which decides.
void settle_costs(LimitedPart& part) {
  for (MapPoint& point : part.points) {
    const Evaluation cost = LoopModel().evaluate(part.request.layer, part.request.architecture, unpack(point.mapping));
    point.energy_pj = cost.energy_pj;
    point.cycles = static_cast<double>(cost.cycles);
  }
  part.points = pareto_front(std::move(part.points));
}

void look(LimitedPart& part, const std::vector<Mapping>& known, std::size_t first_labels) {
  for (const Mapping& mapping : known) {
    const Evaluation cost = LoopModel().evaluate(part.request.layer, part.request.architecture, mapping);
    if (cost.valid())
      part.points.push_back({0.0, cost.energy_pj, static_cast<double>(cost.cycles), pack(part.request.layer, mapping)});
  }
  try {
    part.search = std::make_unique<ExactSearch>(part.request);
  } catch (const std::length_error&) {
    const double operations = static_cast<double>(macs(part.request.layer));
    part.lines =
        SupportingLines(operations * compute_energy_per_op_pj(part.request.layer, part.request.architecture.compute),
                        std::ceil(operations / static_cast<double>(part.request.architecture.compute.instances)));
    return;
  }
  part.lines = SupportingLines(part.search->root_energy_pj(), part.search->root_cycles());
  part.points = pareto_front(std::move(part.points));
  part.whole = part.search->front_below(0.0, infinity, first_labels, part.points);
  if (!part.whole && !part.points.empty()) {
    const MapPoint& middle = part.points[part.points.size() / 2];
    const double price = middle.energy_pj / middle.cycles;
    for (const double other : {price / apart, price, price * apart})
      part.search->front_below(other, infinity, 1, part.points);
  }
  settle_costs(part);
}

double least_at(const LimitedPart& part, double price) {
  double least = infinity;
  for (const MapPoint& point : part.points) least = std::min(least, priced(point, price));
  return least;
}

// The layer's bound at a price, proven as far as time and memory allow.
void ask(LimitedPart& part, double price) {
  if (part.whole) {
    part.lines.add(price, least_at(part, price) * (1.0 - sum_rounding));
    return;
  }
  if (!part.search) return;
  std::optional<MapPoint> best;
  for (const MapPoint& point : part.points)
    if (!best || priced(point, price) < priced(*best, price)) best = point;
  part.lines.add(price, part.search->cheapest(price, best) * (1.0 - sum_rounding));
  if (!best) return;
  part.points.push_back(*best);
  settle_costs(part);
}

// The largest energy and cycles of the layer's front: those of its fastest and of its cheapest point. At a price next
// to nothing, or dear beyond all, the other of the two decides among mappings that are equal in the one.
CostPoint ends(LimitedPart& part) {
  CostPoint most{infinity, infinity};
  if (part.points.empty() || !part.search) return most;
  const double middle = part.points.front().energy_pj / part.points.front().cycles;
  for (const double price : {middle * next_to_nothing, middle / next_to_nothing}) {
    if (!part.whole) ask(part, price);
    const MapPoint& end = price < middle ? part.points.front() : part.points.back();
    const bool proven = part.whole || part.lines.at(price) >= priced(end, price) * (1.0 - 10.0 * sum_rounding);
    if (!proven) continue;
    (price < middle ? most.cycles : most.energy_pj) = price < middle ? end.cycles : end.energy_pj;
  }
  return most;
}

class LimitedSearch {
 public:
  explicit LimitedSearch(const LimitedMapRequest& request) : request_(request), parts_(request.layers.size()) {
    parallel_for(parts_.size(), request.threads, [&](std::size_t l) {
      parts_[l].request = layer_request(request.layers[l]);
      look(parts_[l], request.layers[l].known, request.first_labels);
    });
    choose();
    bound();
  }

  void prove() {
    if (!choice_.found) {  // any mapping of layers that have none
      ask_all(1.0);
      choose();
      bound();
    }
    while (!decided() && !stopped() && static_cast<int>(prices_.size()) < most_prices && ask_next()) {
    }
    if (!decided() && !stopped()) list_what_is_left();
  }

  LimitedMapResult result() const {
    LimitedMapResult result;
    result.choice = choice_;
    result.lower_bound = choice_.kept() ? std::min(bound_, choice_.objective) : bound_;
    for (const LimitedPart& part : parts_) {
      if (!part.search) continue;
      result.evaluations += part.search->evaluations();
      result.labels += part.search->labels();
    }
    if (!choice_.found) return result;
    for (std::size_t n = 0; n < request_.networks.size(); ++n) {
      std::vector<LimitedMapping> own;
      const std::vector<LayerUse>& uses = request_.networks[n].uses;
      for (std::size_t u = 0; u < uses.size(); ++u) {
        const MapRequest& asked = parts_[uses[u].layer].request;
        Mapping mapping = unpack(chosen_[n][u]);
        Evaluation evaluation = LoopModel().evaluate(asked.layer, asked.architecture, mapping);
        own.push_back({std::move(mapping), std::move(evaluation)});
      }
      result.mappings.push_back(std::move(own));
    }
    return result;
  }

 private:
  MapRequest layer_request(const LimitedLayer& layer) const {
    MapRequest one;
    one.layer = layer.layer;
    one.architecture = request_.architecture;
    one.rules = layer.rules;
    one.objective = request_.goal.objective;
    one.bypass = request_.bypass;
    one.memory_mb = request_.memory_mb;
    one.stop = request_.stop;
    one.threads = request_.threads;
    one.front = true;
    return one;
  }

  bool stopped() const { return request_.stop && request_.stop(); }

  /// What a choice has to be below to be wanted.
  double target() const {
    const double known = choice_.kept() ? choice_.objective : infinity;
    return request_.cutoff > 0.0 ? std::min(known, request_.cutoff) : known;
  }
  bool decided() const { return !choice_.found || bound_ >= target() * (1.0 - sum_rounding); }

  // The best choice of the points known.
  void choose() {
    std::vector<std::vector<CostPoint>> fronts;
    bool whole = true;
    for (const LimitedPart& part : parts_) {
      std::vector<CostPoint> front;
      for (const MapPoint& point : part.points) front.push_back({point.energy_pj, point.cycles});
      fronts.push_back(std::move(front));
      whole = whole && part.whole;
    }
    NetworkChoice found = choose_points(fronts, request_.networks, request_.goal, request_.cutoff);
    const bool complete = found.complete;
    const bool better = !choice_.found || (found.kept() && !choice_.kept()) ||
                        (found.kept() && found.objective < choice_.objective) ||
                        (!choice_.kept() && found.found && found.violation < choice_.violation);
    if (better && found.found) {
      choice_ = std::move(found);
      chosen_.assign(request_.networks.size(), {});
      for (std::size_t n = 0; n < request_.networks.size(); ++n)
        for (std::size_t u = 0; u < request_.networks[n].uses.size(); ++u)
          chosen_[n].push_back(parts_[request_.networks[n].uses[u].layer].points[choice_.points[n][u]].mapping);
    }
    if (whole && complete) bound_ = std::max(bound_, target());
  }

  // What no choice within the limits is below, from the lines.
  void bound() {
    curves_.clear();
    std::vector<CostPoint> least;
    std::vector<double> objectives;
    for (const NetworkUses& network : request_.networks) {
      CostPoint corner{};
      for (const LayerUse& use : network.uses) {
        corner.energy_pj += use.count * parts_[use.layer].lines.at(0.0);
        corner.cycles += use.count * parts_[use.layer].lines.least_cycles();
      }
      SupportingLines lines(corner.energy_pj, corner.cycles);
      for (const double price : prices_) lines.add(price, line_at(network, price));
      curves_.push_back(lines.curve());
      least.push_back(corner);
      objectives.push_back(lines.least(request_.goal.objective).objective);
    }
    shares_.clear();
    leasts_.clear();
    double total = 0.0;
    for (std::size_t n = 0; n < request_.networks.size(); ++n) {
      shares_.push_back(share_of(n, request_.networks, request_.goal, target(), least, objectives));
      leasts_.push_back(least_within(curves_[n], request_.goal.objective, shares_[n].limits, shares_[n].share));
      total = request_.goal.add(total, request_.networks[n].weight * leasts_[n].objective);
    }
    bound_ = std::max(bound_, total);
  }

  double line_at(const NetworkUses& network, double price) const {
    double value = 0.0;
    for (const LayerUse& use : network.uses) value += use.count * parts_[use.layer].lines.at(price);
    return value;
  }

  // The price where some network's bound is least; false when it was asked before.
  bool ask_next() {
    std::vector<double> next;
    for (const LeastPoint& least : leasts_) {
      if (!(least.objective < infinity)) continue;
      const MappingObjective& objective = request_.goal.objective;
      double price = least.price;
      if (!(price > 0.0)) {
        const double tilt = objective.energy_power > 0.0 && objective.cycles_power > 0.0
                                ? objective.cycles_power / objective.energy_power
                            : objective.energy_power > 0.0 ? 1e-3
                                                           : 1e3;
        price = tilt * least.at.energy_pj / least.at.cycles;
      }
      const bool asked = std::any_of(prices_.begin(), prices_.end(),
                                     [&](double before) { return std::abs(before - price) <= 1e-6 * price; });
      if (!asked && price < infinity) next.push_back(price);
    }
    if (next.empty()) return false;
    for (const double price : next) ask_all(price);
    choose();
    bound();
    return true;
  }

  void ask_all(double price) {
    parallel_for(parts_.size(), request_.threads, [&](std::size_t l) { ask(parts_[l], price); });
    prices_.insert(price);
  }

  // Every mapping that a wanted choice may take, at the price that leaves least of them.
  void list_what_is_left() {
    struct Listing {
      double price = 0.0, below = 0.0;
    };
    std::vector<std::vector<Listing>> listings(parts_.size());
    std::vector<CostPoint> most_own(request_.networks.size(), {infinity, infinity});
    for (std::size_t n = 0; n < request_.networks.size(); ++n) {
      Room room = least_room(n, most_own[n]);
      if (!(room.share < infinity)) {
        most_own = ends_of_networks();
        room = least_room(n, most_own[n]);
      }
      if (!(room.share < infinity)) return;  // nothing bounds it: an answer without a proof
      const double spare = std::max(0.0, room.share) * line_at(request_.networks[n], room.price);
      for (const LayerUse& use : request_.networks[n].uses) {
        const double own = parts_[use.layer].lines.at(room.price);
        listings[use.layer].push_back({room.price, (own + spare / use.count) * (1.0 + 1e-9)});
      }
    }
    std::vector<char> listed(parts_.size(), 1);
    parallel_for(parts_.size(), request_.threads, [&](std::size_t l) {
      LimitedPart& part = parts_[l];
      if (part.whole) return;
      for (const Listing& listing : listings[l]) {
        const bool complete =
            part.search && part.search->front_below(listing.price, listing.below, unlimited, part.points);
        listed[l] = listed[l] != 0 && complete ? 1 : 0;
      }
      settle_costs(part);
    });
    const bool all_listed = std::count(listed.begin(), listed.end(), 1) == std::ssize(listed);
    const std::vector<char> before = whole_parts();
    if (all_listed)
      for (LimitedPart& part : parts_) part.whole = true;  // as far as it matters: below the target
    choose();
    for (std::size_t l = 0; l < parts_.size(); ++l) parts_[l].whole = before[l] != 0;
  }

  struct Room {
    double share = infinity, price = 0.0;
  };
  // The price at which what is wanted of a network lies closest above its line.
  Room least_room(std::size_t n, const CostPoint& most_own) const {
    Room least;
    for (const double price : prices_) {
      const double most = most_within(curves_[n], request_.goal.objective, shares_[n].most, shares_[n].limits,
                                      shares_[n].share, price, most_own);
      const double value = line_at(request_.networks[n], price);
      if ((most - value) / value < least.share) least = {(most - value) / value, price};
    }
    return least;
  }

  // The largest energy and cycles of each network's front.
  std::vector<CostPoint> ends_of_networks() {
    std::vector<CostPoint> own(parts_.size());
    parallel_for(parts_.size(), request_.threads, [&](std::size_t l) { own[l] = ends(parts_[l]); });
    std::vector<CostPoint> most;
    for (const NetworkUses& network : request_.networks) {
      CostPoint sum{};
      for (const LayerUse& use : network.uses) {
        sum.energy_pj += use.count * own[use.layer].energy_pj;
        sum.cycles += use.count * own[use.layer].cycles;
      }
      most.push_back(sum);
    }
    return most;
  }

  std::vector<char> whole_parts() const {
    std::vector<char> whole;
    for (const LimitedPart& part : parts_) whole.push_back(part.whole ? 1 : 0);
    return whole;
  }

  const LimitedMapRequest& request_;
  std::vector<LimitedPart> parts_;
  std::set<double> prices_;
  NetworkChoice choice_;
  std::vector<std::vector<PackedMapping>> chosen_;  // per network and use
  double bound_ = 0.0;
  std::vector<std::vector<CostPoint>> curves_;  // per network, like the next two
  std::vector<NetworkShare> shares_;
  std::vector<LeastPoint> leasts_;
};

}  // namespace

LimitedMapResult map_within(const LimitedMapRequest& request) {
  LimitedSearch search(request);
  if (request.prove) search.prove();
  return search.result();
}

}  // namespace dovetail
