// Schedules within limits (see the header).
#include <dovetail/engine/fuse/fused_limits.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include <dovetail/engine/fuse/schedule_search.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr int most_limit_prices = 16;
constexpr double beyond = 16.0;         // times the prices so far
constexpr double extreme_price = 1e-9;  // of energy over cycles, and its inverse: for the ends of a front

struct LimitedNetwork {
  std::unique_ptr<ScheduleSearch> search;
  FusedMapResult alone;  // without limits
  std::vector<KnownSchedule> schedules;
  std::set<double> prices;
  bool complete = false;  // `schedules` has all that may be wanted
};

class LimitedSchedules {
 public:
  explicit LimitedSchedules(const FusedLimitedRequest& request) : request_(request), networks_(request.weights.size()) {
    for (std::size_t n = 0; n < networks_.size(); ++n) {
      FusedMapRequest asked = request.networks[n];
      asked.cutoff = asked.gap = 0.0;
      networks_[n].search = std::make_unique<ScheduleSearch>(asked);
      std::optional<KnownSchedule> best;
      networks_[n].alone = networks_[n].search->solve(best);
      found_ = found_ && best.has_value();
      if (best) networks_[n].schedules.push_back(std::move(*best));
      uses_.push_back({request.weights[n], {{n, 1.0}}});
    }
    if (!found_) return;
    choose();
    if (choice_.kept()) {
      for (const LimitedNetwork& network : networks_)
        total_bound_ = goal().add(total_bound_, weight(network) * network.alone.lower_bound);
      return;
    }
    known_ = FrontKnown::convex;
    bound();
    while (!decided() && !stopped() && asked_ < most_limit_prices && ask_next()) {
    }
    if (!decided() && !stopped()) list_what_is_left();
  }

  FusedLimitedResult result() const {
    FusedLimitedResult result;
    result.found = found_;
    result.known = known_;
    for (const LimitedNetwork& network : networks_) result.alone.push_back(network.alone);
    if (known_ == FrontKnown::optimum) result.networks = result.alone;
    if (!found_) {
      const bool none = std::any_of(networks_.begin(), networks_.end(), [](const LimitedNetwork& network) {
        return !network.alone.feasible && !network.alone.stopped;
      });
      result.lower_bound = none ? infinity : 0.0;
      return result;
    }
    result.violation = choice_.violation;
    result.objective = choice_.objective;
    result.lower_bound = choice_.kept() ? std::min(total_bound_, choice_.objective) : total_bound_;
    if (choice_.kept() && result.lower_bound >= choice_.objective * (1.0 - 10.0 * sum_rounding))
      result.lower_bound = choice_.objective;
    for (std::size_t n = 0; n < networks_.size() && known_ != FrontKnown::optimum; ++n) {
      const KnownSchedule& chosen = chosen_[n];
      FusedMapResult own = networks_[n].search->frame();
      own.feasible = true;
      own.energy_pj = chosen.cost.energy_pj;
      own.cycles = chosen.cost.cycles;
      own.objective = goal().objective(own.energy_pj, own.cycles);
      own.proven = result.proven();
      own.lower_bound = own.proven && networks_.size() == 1
                            ? own.objective
                            : std::min(own.objective, std::max(networks_[n].alone.lower_bound, leasts_[n].objective));
      own.steps = networks_[n].search->steps(chosen);
      result.networks.push_back(std::move(own));
    }
    return result;
  }

 private:
  const NetworkGoal& goal() const { return request_.goal; }
  double weight(const LimitedNetwork& network) const {
    return request_.weights[static_cast<std::size_t>(&network - networks_.data())];
  }
  bool stopped() const {
    return std::any_of(networks_.begin(), networks_.end(),
                       [](const LimitedNetwork& network) { return network.search->expired(); });
  }
  // What a choice has to be below to be wanted.
  double target() const {
    const double known = choice_.kept() ? choice_.objective : infinity;
    return request_.cutoff > 0.0 ? std::min(known, request_.cutoff) : known;
  }
  bool decided() const { return total_bound_ >= target() * (1.0 - sum_rounding); }

  // The best choice of the schedules known.
  void choose() {
    std::vector<std::vector<CostPoint>> fronts;
    bool whole = true;
    for (const LimitedNetwork& network : networks_) {
      fronts.emplace_back();
      for (const KnownSchedule& schedule : network.schedules) fronts.back().push_back(schedule.cost);
      whole = whole && network.complete;
    }
    NetworkChoice found = choose_points(fronts, uses_, goal(), request_.cutoff);
    const bool complete = found.complete;
    const bool better = !choice_.found || (found.kept() && !choice_.kept()) ||
                        (found.kept() && found.objective < choice_.objective) ||
                        (!choice_.kept() && found.found && found.violation < choice_.violation);
    if (better && found.found) {
      choice_ = std::move(found);
      chosen_.clear();
      for (std::size_t n = 0; n < networks_.size(); ++n)
        chosen_.push_back(networks_[n].schedules[choice_.points[n].front()]);
    }
    if (whole && complete) total_bound_ = std::max(total_bound_, target());
  }

  // What no schedules within the limits are below, from the curves.
  void bound() {
    curves_.clear();
    shares_.clear();
    leasts_.clear();
    std::vector<CostPoint> least;
    std::vector<double> objectives;
    for (const LimitedNetwork& network : networks_) {
      curves_.push_back(network.search->lines().curve());
      least.push_back({network.search->lines().at(0.0), network.search->lines().least_cycles()});
      objectives.push_back(network.search->lines().least(goal().objective).objective);
    }
    double total = 0.0;
    for (std::size_t n = 0; n < networks_.size(); ++n) {
      shares_.push_back(share_of(n, uses_, goal(), target(), least, objectives));
      leasts_.push_back(least_within(curves_[n], goal().objective, shares_[n].limits, shares_[n].share));
      total = goal().add(total, request_.weights[n] * leasts_[n].objective);
    }
    total_bound_ = std::max(total_bound_, total);
  }

  // Each network at the price where its bound is least; false when all were asked before.
  bool ask_next() {
    bool new_price = false;
    for (std::size_t n = 0; n < networks_.size(); ++n) {
      const LeastPoint& least = leasts_[n];
      if (!(least.objective < infinity)) continue;
      const MappingObjective& objective = goal().objective;
      double price = least.price;
      if (!(price > 0.0)) {
        const double tilt = objective.cycles_power > 0.0 ? objective.cycles_power / objective.energy_power : 1e-3;
        price = tilt * least.at.energy_pj / least.at.cycles;
      }
      new_price = ask(networks_[n], price) || ask_across(n) || new_price;
    }
    if (!new_price) return false;
    choose();
    bound();
    return true;
  }

  // Where the bound asks for no other price: between schedules of which one keeps the limits and the next one does not,
  // or beyond all prices so far while none does.
  bool ask_across(std::size_t n) {
    LimitedNetwork& network = networks_[n];
    std::vector<CostPoint> costs;
    for (const KnownSchedule& schedule : network.schedules) costs.push_back(schedule.cost);
    std::sort(costs.begin(), costs.end(), [](const CostPoint& a, const CostPoint& b) {
      return a.cycles != b.cycles ? a.cycles < b.cycles : a.energy_pj < b.energy_pj;
    });
    const auto keeps = [&](const CostPoint& cost) {
      return goal().limits.violation(shares_[n].share.sums(cost)) <= 0.0;
    };
    for (std::size_t k = 1; k < costs.size(); ++k) {
      const double energy = costs[k - 1].energy_pj - costs[k].energy_pj, cycles = costs[k].cycles - costs[k - 1].cycles;
      if (keeps(costs[k]) == keeps(costs[k - 1]) || !(energy > 0.0) || !(cycles > 0.0)) continue;
      if (ask(network, energy / cycles)) return true;
    }
    if (network.prices.empty() || std::any_of(costs.begin(), costs.end(), keeps)) return false;
    const double high = *network.prices.rbegin() * beyond, low = *network.prices.begin() / beyond;
    return ask(network, network.prices.size() % 2 == 0 ? low : high);
  }

  bool ask(LimitedNetwork& network, double price) {
    const bool before = std::any_of(network.prices.begin(), network.prices.end(),
                                    [&](double other) { return std::abs(other - price) <= 1e-6 * price; });
    if (before || !(price < infinity)) return false;
    network.prices.insert(price);
    ++asked_;
    ScheduleSearch::Answer answer = network.search->ask(price);
    if (answer.best) network.schedules.push_back(std::move(*answer.best));
    return true;
  }

  // Every schedule that a wanted choice may take, at the price that leaves least of them.
  void list_what_is_left() {
    std::vector<CostPoint> most_own(networks_.size(), {infinity, infinity});
    for (std::size_t n = 0; n < networks_.size(); ++n) {
      std::vector<PricedLimit> limits = open_limits(n, most_own[n]);
      if (limits.empty()) {
        most_own[n] = ends(networks_[n]);
        bound();
        limits = open_limits(n, most_own[n]);
      }
      if (limits.empty()) continue;  // nothing bounds it: an answer without a proof
      std::vector<KnownSchedule> front;
      networks_[n].complete = networks_[n].search->front(limits, true, front);
      networks_[n].schedules.insert(networks_[n].schedules.end(), front.begin(), front.end());
    }
    if (std::all_of(networks_.begin(), networks_.end(), [](const LimitedNetwork& own) { return own.complete; }))
      known_ = FrontKnown::all;
    choose();
  }

  // What is wanted of a network at most, per price, the closest to its line first.
  std::vector<PricedLimit> open_limits(std::size_t n, const CostPoint& most_own) const {
    std::vector<std::pair<double, PricedLimit>> all;
    const SupportingLines& lines = networks_[n].search->lines();
    for (const double price : lines.prices()) {
      const double most = most_within(curves_[n], goal().objective, shares_[n].most, shares_[n].limits,
                                      shares_[n].share, price, most_own);
      if (most < infinity) all.push_back({(most - lines.at(price)) / lines.at(price), {price, most}});
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<PricedLimit> limits;
    for (const auto& [room, limit] : all) limits.push_back(limit);
    return limits;
  }

  // The largest energy and cycles of a network's front: those of its fastest and of its cheapest schedule, as far as
  // these are known.
  CostPoint ends(LimitedNetwork& network) {
    CostPoint most{infinity, infinity};
    const CostPoint middle = network.schedules.front().cost;
    for (const bool cheapest : {true, false}) {
      const double price = middle.energy_pj / middle.cycles * (cheapest ? extreme_price : 1.0 / extreme_price);
      ScheduleSearch::Answer answer = network.search->ask(price);
      if (!answer.best) continue;
      const CostPoint end = answer.best->cost;
      const bool proven = answer.bound >= (end.energy_pj + price * end.cycles) * (1.0 - 10.0 * sum_rounding);
      network.schedules.push_back(std::move(*answer.best));
      if (proven) (cheapest ? most.cycles : most.energy_pj) = cheapest ? end.cycles : end.energy_pj;
    }
    return most;
  }

  const FusedLimitedRequest& request_;
  std::vector<LimitedNetwork> networks_;
  std::vector<NetworkUses> uses_;
  bool found_ = true;
  FrontKnown known_ = FrontKnown::optimum;
  NetworkChoice choice_;
  std::vector<KnownSchedule> chosen_;  // per network
  double total_bound_ = 0.0;
  int asked_ = 0;
  std::vector<std::vector<CostPoint>> curves_;  // per network, like the next two
  std::vector<NetworkShare> shares_;
  std::vector<LeastPoint> leasts_;
};

}  // namespace

FusedLimitedResult map_fused_within(const FusedLimitedRequest& request) {
  return LimitedSchedules(request).result();
}

}  // namespace dovetail
