// Choices of mappings for networks (see the header).
#include <dovetail/engine/map/network/network_choice.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <cmath>

namespace dovetail {
namespace {

constexpr std::size_t quick_sums = std::size_t{1} << 12;  // partial sums per stage: of the look for a good choice,
constexpr std::size_t most_sums = std::size_t{1} << 17;   // and of the one that is meant to be complete
constexpr std::size_t most_pairs = std::size_t{1} << 20;  // of networks' points that are combined

// A choice of the networks so far.
struct Total {
  CostPoint sums{};
  double objective = 0.0;
  std::uint32_t parent = 0, point = 0;
};

// The part of a front that is looked at where all combinations are too many: evenly.
std::vector<MergedPoint> thinned(std::vector<MergedPoint> points, std::size_t most) {
  if (points.size() <= most) return points;
  std::vector<MergedPoint> some;
  for (std::size_t k = 0; k < most; ++k) some.push_back(std::move(points[k * (points.size() - 1) / (most - 1)]));
  return some;
}

class Chooser {
 public:
  Chooser(std::span<const std::vector<CostPoint>> fronts, std::span<const NetworkUses> networks,
          const NetworkGoal& goal)
      : networks_(networks),
        goal_(goal) {
    for (const NetworkUses& network : networks) {
      std::vector<FrontPart> parts;
      CostPoint least{};
      for (const LayerUse& use : network.uses) {
        const std::vector<CostPoint>& front = fronts[use.layer];
        parts.push_back({use.count, front});
        CostPoint corner{infinity, infinity};
        for (const CostPoint& point : front)
          corner = {std::min(corner.energy_pj, point.energy_pj), std::min(corner.cycles, point.cycles)};
        least.energy_pj += use.count * corner.energy_pj;
        least.cycles += use.count * corner.cycles;
      }
      parts_.push_back(std::move(parts));
      least_.push_back(least);
      objectives_.push_back(goal.objective(least.energy_pj, least.cycles));
    }
  }

  NetworkChoice operator()(double best) const {
    NetworkChoice choice = look(best > 0.0 ? best : infinity, quick_sums);
    if (!choice.complete) {
      const double target = choice.kept() ? choice.objective : infinity;
      NetworkChoice whole = look(std::min(best > 0.0 ? best : infinity, target), most_sums);
      const bool complete = whole.complete;
      if (whole.kept() && (!choice.kept() || whole.objective < choice.objective)) choice = std::move(whole);
      choice.complete = complete;
    }
    if (choice.kept()) return choice;
    NetworkChoice nearest = least_violation();
    nearest.complete = choice.complete;
    return nearest;
  }

 private:
  // The best choice below `best`, at most so many partial sums per stage. Nothing found and complete: there is none.
  NetworkChoice look(double best, std::size_t most) const {
    std::vector<std::vector<MergedPoint>> points;
    bool complete = true;
    for (std::size_t n = 0; n < parts_.size(); ++n) {
      const NetworkShare own = share_of(n, networks_, goal_, best, least_, objectives_);
      const double inside = own.most < infinity ? own.most * (1.0 + 1e-12) : infinity;
      MergedFront front = merge_fronts(parts_[n], {goal_.objective, inside, own.limits, own.share}, most);
      complete = complete && front.complete;
      points.push_back(std::move(front.points));
    }
    NetworkChoice choice = combine(points, true, complete);
    choice.complete = complete;
    return choice;
  }

  NetworkChoice least_violation() const {
    std::vector<std::vector<MergedPoint>> points;
    bool complete = true;
    for (const std::vector<FrontPart>& parts : parts_)
      points.push_back(merge_fronts(parts, {goal_.objective, infinity, {}, {}}, quick_sums).points);
    return combine(points, false, complete);
  }

  // Of all combinations the least objective that keeps the limits (`keeping`), or the least violation.
  NetworkChoice combine(std::vector<std::vector<MergedPoint>>& points, bool keeping, bool& complete) const {
    std::vector<std::vector<Total>> stages(1, {Total{}});
    for (std::size_t n = 0; n < points.size(); ++n) {
      if (points[n].empty()) return {};
      if (stages.back().size() * points[n].size() > most_pairs) {
        complete = false;
        points[n] = thinned(std::move(points[n]), std::max<std::size_t>(2, most_pairs / stages.back().size()));
      }
      std::vector<Total> next;
      for (std::uint32_t s = 0; s < stages.back().size(); ++s) {
        const Total& so_far = stages.back()[s];
        for (std::uint32_t k = 0; k < points[n].size(); ++k) {
          const CostPoint& own = points[n][k].sum;
          const double weight = networks_[n].weight;
          next.push_back({{so_far.sums.energy_pj + weight * own.energy_pj, so_far.sums.cycles + weight * own.cycles},
                          goal_.add(so_far.objective, weight * goal_.objective(own.energy_pj, own.cycles)),
                          s,
                          k});
        }
      }
      if (keeping && n + 1 < points.size() && goal_.limits.falling) keep_uncovered(next);
      if (n + 1 < points.size() && next.size() > most_sums) {
        complete = false;
        std::stable_sort(next.begin(), next.end(),
                         [](const Total& a, const Total& b) { return a.objective < b.objective; });
        next.resize(most_sums);
      }
      stages.push_back(std::move(next));
    }
    return best_of(points, stages, keeping);
  }

  // Covered in energy, cycles and objective: nothing that follows makes up for it.
  static void keep_uncovered(std::vector<Total>& totals) {
    std::stable_sort(totals.begin(), totals.end(), [](const Total& a, const Total& b) {
      if (a.objective != b.objective) return a.objective < b.objective;
      return a.sums.energy_pj != b.sums.energy_pj ? a.sums.energy_pj < b.sums.energy_pj : a.sums.cycles < b.sums.cycles;
    });
    std::vector<Total> kept;
    std::vector<CostPoint> stairs;  // rising energy, falling cycles, of all before
    for (const Total& total : totals) {
      const auto at = std::upper_bound(stairs.begin(), stairs.end(), total.sums.energy_pj,
                                       [](double e, const CostPoint& p) { return e < p.energy_pj; });
      if (at != stairs.begin() && std::prev(at)->cycles <= total.sums.cycles) continue;
      kept.push_back(total);
      auto end = at;
      while (end != stairs.end() && end->cycles >= total.sums.cycles) ++end;
      stairs.insert(stairs.erase(at, end), total.sums);
    }
    totals = std::move(kept);
  }

  NetworkChoice best_of(const std::vector<std::vector<MergedPoint>>& points,
                        const std::vector<std::vector<Total>>& stages, bool keeping) const {
    NetworkChoice choice;
    std::uint32_t best = 0;
    for (std::uint32_t s = 0; s < stages.back().size(); ++s) {
      const Total& total = stages.back()[s];
      const double violation = goal_.limits.violation ? goal_.limits.violation(total.sums) : 0.0;
      if (keeping && violation > 0.0) continue;
      const double over = keeping ? 0.0 : std::max(0.0, violation);
      const double over_best = keeping ? 0.0 : std::max(0.0, choice.violation);
      if (choice.found && (over > over_best || (over == over_best && total.objective >= choice.objective))) continue;
      choice.found = true;
      choice.sums = total.sums;
      choice.objective = total.objective;
      choice.violation = violation;
      best = s;
    }
    if (!choice.found) return choice;
    choice.points.resize(points.size());
    for (std::size_t n = points.size(); n-- > 0;) {
      const Total& total = stages[n + 1][best];
      choice.points[n] = points[n][total.point].choice;
      best = total.parent;
    }
    return choice;
  }

  std::span<const NetworkUses> networks_;
  const NetworkGoal& goal_;
  std::vector<std::vector<FrontPart>> parts_;  // per network
  std::vector<CostPoint> least_;
  std::vector<double> objectives_;
};

}  // namespace

double NetworkGoal::add(double so_far, double weighted) const {
  return worst ? std::max(so_far, weighted) : so_far + weighted;
}

NetworkShare share_of(std::size_t network, std::span<const NetworkUses> networks, const NetworkGoal& goal, double best,
                      std::span<const CostPoint> least, std::span<const double> objectives) {
  NetworkShare own{{networks[network].weight, {}}, best, goal.limits};
  double others = 0.0;
  for (std::size_t n = 0; n < networks.size(); ++n) {
    if (n == network) continue;
    own.share.rest.energy_pj += networks[n].weight * least[n].energy_pj;
    own.share.rest.cycles += networks[n].weight * least[n].cycles;
    others += networks[n].weight * objectives[n];
  }
  if (best < std::numeric_limits<double>::infinity())
    own.most = (goal.worst ? best : best - others) / networks[network].weight;
  if (networks.size() > 1) own.limits.energy_per_cycle = std::numeric_limits<double>::infinity();
  return own;
}

NetworkChoice choose_points(std::span<const std::vector<CostPoint>> fronts, std::span<const NetworkUses> networks,
                            const NetworkGoal& goal, double best) {
  if (std::any_of(fronts.begin(), fronts.end(), [](const auto& front) { return front.empty(); })) return {};
  return Chooser(fronts, networks, goal)(best);
}

}  // namespace dovetail
