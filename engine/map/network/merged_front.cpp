// Sums of fronts (see the header).
#include <dovetail/engine/map/network/merged_front.hpp>

#include <algorithm>
#include <cmath>

#include <dovetail/engine/map/network/supporting_lines.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr double front_rounding = 1e-9;
constexpr int curve_prices = 12;

struct State {
  CostPoint sum;
  std::uint32_t parent = 0, choice = 0;
};

// Of equal sums the first stays.
void keep_front(std::vector<State>& states) {
  std::stable_sort(states.begin(), states.end(), [](const State& a, const State& b) {
    return a.sum.cycles != b.sum.cycles ? a.sum.cycles < b.sum.cycles : a.sum.energy_pj < b.sum.energy_pj;
  });
  double least = infinity;
  std::erase_if(states, [&](const State& state) {
    if (state.sum.energy_pj >= least) return true;
    least = state.sum.energy_pj;
    return false;
  });
}

double least_at(const FrontPart& part, double price) {
  double least = infinity;
  for (const CostPoint& point : part.points) least = std::min(least, point.energy_pj + price * point.cycles);
  return least;
}

// Prices over the whole range that the layers' fronts span.
std::vector<double> spread_prices(std::span<const FrontPart> parts) {
  double low = infinity, high = 0.0;
  for (const FrontPart& part : parts) {
    for (std::size_t i = 1; i < part.points.size(); ++i) {
      const double cycles = std::abs(part.points[i].cycles - part.points[i - 1].cycles);
      const double price = std::abs(part.points[i].energy_pj - part.points[i - 1].energy_pj) / cycles;
      if (!(cycles > 0.0) || !(price > 0.0)) continue;
      low = std::min(low, price);
      high = std::max(high, price);
    }
  }
  std::vector<double> prices;
  if (!(high > 0.0)) return prices;
  for (int k = 0; k < curve_prices; ++k) prices.push_back(low * std::pow(high / low, k / (curve_prices - 1.0)));
  prices.erase(std::unique(prices.begin(), prices.end()), prices.end());
  return prices;
}

}  // namespace

std::vector<CostPoint> sum_curve(std::span<const FrontPart> parts, std::span<const double> prices) {
  double energy = 0.0, cycles = 0.0;
  for (const FrontPart& part : parts) {
    double least_cycles = infinity;
    for (const CostPoint& point : part.points) least_cycles = std::min(least_cycles, point.cycles);
    energy += part.count * least_at(part, 0.0);
    cycles += part.count * least_cycles;
  }
  SupportingLines lines(energy, cycles);
  for (const double price : prices) {
    double value = 0.0;
    for (const FrontPart& part : parts) value += part.count * least_at(part, price);
    lines.add(price, value);
  }
  return lines.curve();
}

MergedFront merge_fronts(std::span<const FrontPart> parts, const Wanted& wanted, std::size_t most) {
  MergedFront merged;
  if (parts.empty()) return merged;
  const std::vector<double> prices = spread_prices(parts);
  std::vector<std::vector<State>> stages(1, {State{}});
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const std::vector<CostPoint> rest =
        p + 1 < parts.size() ? sum_curve(parts.subspan(p + 1), prices) : std::vector<CostPoint>{CostPoint{}};
    std::vector<CostPoint> curve(rest.size());
    const auto promising = [&](const CostPoint& sum) {
      for (std::size_t k = 0; k < rest.size(); ++k)
        curve[k] = {(sum.energy_pj + rest[k].energy_pj) * (1.0 - front_rounding),
                    (sum.cycles + rest[k].cycles) * (1.0 - front_rounding)};
      const double least = least_within(curve, wanted.objective, wanted.limits, wanted.share).objective;
      return least < infinity && (!(wanted.best < infinity) || least < wanted.best);
    };
    std::vector<State> next;
    const std::vector<State>& from = stages.back();
    for (std::uint32_t s = 0; s < from.size(); ++s) {
      for (std::uint32_t k = 0; k < parts[p].points.size(); ++k) {
        const CostPoint& point = parts[p].points[k];
        next.push_back({{from[s].sum.energy_pj + parts[p].count * point.energy_pj,
                         from[s].sum.cycles + parts[p].count * point.cycles},
                        s,
                        k});
      }
      if (next.size() > 16 * most) keep_front(next);
    }
    keep_front(next);
    std::erase_if(next, [&](const State& state) { return !promising(state.sum); });
    if (next.size() > most) {
      merged.complete = false;
      for (std::size_t k = 0; k < most; ++k) next[k] = next[k * (next.size() - 1) / (most - 1)];
      next.resize(most);
    }
    stages.push_back(std::move(next));
  }
  for (std::uint32_t s = 0; s < stages.back().size(); ++s) {
    MergedPoint point{stages.back()[s].sum, std::vector<std::uint32_t>(parts.size())};
    std::uint32_t at = s;
    for (std::size_t p = parts.size(); p-- > 0;) {
      point.choice[p] = stages[p + 1][at].choice;
      at = stages[p + 1][at].parent;
    }
    merged.points.push_back(std::move(point));
  }
  return merged;
}

}  // namespace dovetail
