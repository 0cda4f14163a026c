// Regions of sums (see the header).
#include <dovetail/engine/map/network/sum_limits.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace dovetail {
namespace {

constexpr double slack = 1e-9;  // relative: what rounding may take from a sum that just keeps its limit
constexpr int cells = 2048;     // in which the upper edge of a region is looked at

double eased(double limit) {
  return limit * (1.0 + slack);
}

// The part [from, to] of a straight piece, 0 <= from <= to <= 1.
struct Piece {
  double from = 0.0, to = 1.0;
};

// Where the straight line from `at_0` to `at_1` is at most `most`.
void keep_below(Piece& piece, double at_0, double at_1, double most) {
  if (!(most < infinity)) return;
  if (at_0 <= most && at_1 <= most) return;
  if (at_0 > most && at_1 > most) {
    piece.to = -1.0;
    return;
  }
  const double cut = (most - at_0) / (at_1 - at_0);
  if (at_0 > most)
    piece.from = std::max(piece.from, cut);
  else
    piece.to = std::min(piece.to, cut);
}

CostPoint between(const CostPoint& a, const CostPoint& b, double t) {
  return {a.energy_pj + t * (b.energy_pj - a.energy_pj), a.cycles + t * (b.cycles - a.cycles)};
}

// The ends of the parts of a piece where energy x cycles of the sums is at most `most`: it is concave on the piece.
std::array<double, 4> ends_below(const Piece& piece, const CostPoint& a, const CostPoint& b, double most, int& count) {
  std::array<double, 4> ends{};
  count = 0;
  const auto add = [&](double t) { ends[static_cast<std::size_t>(count++)] = t; };
  const auto product = [&](double t) {
    const CostPoint at = between(a, b, t);
    return at.energy_pj * at.cycles;
  };
  const bool first = product(piece.from) <= most, last = product(piece.to) <= most;
  if (first) add(piece.from);
  if (last) add(piece.to);
  if (first == last && !(first && product(0.5 * (piece.from + piece.to)) > most)) return ends;
  // energy x cycles = most: q2 t^2 + q1 t + q0 = 0.
  const double de = b.energy_pj - a.energy_pj, dc = b.cycles - a.cycles;
  const double q2 = de * dc, q1 = a.energy_pj * dc + a.cycles * de, q0 = a.energy_pj * a.cycles - most;
  const double inside = q1 * q1 - 4.0 * q2 * q0;
  if (q2 == 0.0 || inside < 0.0) return ends;
  for (const double sign : {-1.0, 1.0}) {
    const double t = (-q1 + sign * std::sqrt(inside)) / (2.0 * q2);
    if (t > piece.from && t < piece.to && count < 4) add(t);
  }
  return ends;
}

}  // namespace

LeastPoint least_within(CostCurve curve, const MappingObjective& objective, const SumLimits& limits,
                        const NetworkPart& share) {
  LeastPoint least;
  const auto look = [&](const CostPoint& own, double price) {
    const double value = objective(own.energy_pj, own.cycles);
    if (value < least.objective) least = {value, own, price};
  };
  const double per_cycle = eased(limits.energy_per_cycle);
  const auto excess = [&](const CostPoint& sums) {  // of energy over what its cycles allow
    return per_cycle < infinity ? sums.energy_pj - per_cycle * sums.cycles : 0.0;
  };
  for (std::size_t k = 0; k < curve.size(); ++k) {
    const CostPoint a = curve[k], b = curve[std::min(k + 1, curve.size() - 1)];
    const CostPoint sum_a = share.sums(a), sum_b = share.sums(b);
    Piece piece;
    keep_below(piece, sum_a.energy_pj, sum_b.energy_pj, eased(limits.energy_pj));
    keep_below(piece, sum_a.cycles, sum_b.cycles, eased(limits.cycles));
    keep_below(piece, excess(sum_a), excess(sum_b), 0.0);
    if (piece.from > piece.to) continue;
    const double width = b.cycles - a.cycles;
    const auto look_at = [&](double t) {
      const bool inside = t > 0.0 && t < 1.0 && width > 0.0;
      look(between(a, b, t), inside ? (a.energy_pj - b.energy_pj) / width : 0.0);
    };
    if (!(limits.energy_times_cycles < infinity)) {
      look_at(piece.from);
      look_at(piece.to);
      continue;
    }
    int count = 0;
    const auto ends = ends_below(piece, sum_a, sum_b, eased(limits.energy_times_cycles), count);
    for (int n = 0; n < count; ++n) look_at(ends[static_cast<std::size_t>(n)]);
  }
  // On the level part only power asks for more cycles than the last corner has.
  if (!curve.empty() && per_cycle < infinity) {
    const CostPoint last = curve.back(), sums = share.sums(last);
    const double cycles = sums.energy_pj / per_cycle;
    if (cycles > sums.cycles && cycles <= eased(limits.cycles) && sums.energy_pj <= eased(limits.energy_pj) &&
        sums.energy_pj * cycles <= eased(limits.energy_times_cycles))
      look({last.energy_pj, (cycles - share.rest.cycles) / share.weight}, 0.0);
  }
  return least;
}

double most_within(CostCurve curve, const MappingObjective& objective, double best, const SumLimits& limits,
                   const NetworkPart& share, double price, const CostPoint& most_own) {
  if (curve.empty()) return infinity;
  const double a = objective.energy_power, b = objective.cycles_power;
  const CostPoint last = curve.back();
  const double least_sum = share.sums(last).energy_pj;
  double low = curve.front().cycles;
  double high = std::min({eased(most_own.cycles), (eased(limits.cycles) - share.rest.cycles) / share.weight,
                          (eased(limits.energy_times_cycles) / least_sum - share.rest.cycles) / share.weight});
  if (b > 0.0 && best < infinity) high = std::min(high, std::pow(eased(best) / std::pow(last.energy_pj, a), 1.0 / b));
  if (!(high < infinity)) return infinity;
  high = eased(high);
  if (high < low) return -infinity;
  // The largest energy that the limits allow somewhere between two numbers of cycles.
  const auto ceiling = [&](double from, double to) {
    const CostPoint sums = share.sums({0.0, from});
    double energy = std::min(eased(limits.energy_pj), eased(limits.energy_times_cycles) / sums.cycles);
    if (limits.energy_per_cycle < infinity)
      energy = std::min(energy, eased(limits.energy_per_cycle) * share.sums({0.0, to}).cycles);
    energy = std::min((energy - share.rest.energy_pj) / share.weight, eased(most_own.energy_pj));
    if (best < infinity) {
      if (a > 0.0)
        energy = std::min(energy, std::pow(eased(best) / std::pow(from, b), 1.0 / a));
      else if (std::pow(from, b) > eased(best))
        energy = -infinity;
    }
    return energy;
  };
  const auto floor = [&](double cycles) {
    if (cycles >= last.cycles) return last.energy_pj;
    std::size_t k = 1;
    while (k < curve.size() && curve[k].cycles < cycles) ++k;
    if (k == curve.size()) return last.energy_pj;
    const double width = curve[k].cycles - curve[k - 1].cycles;
    return width > 0.0
               ? between(curve[k - 1], curve[k], std::max(0.0, (cycles - curve[k - 1].cycles) / width)).energy_pj
               : curve[k].energy_pj;
  };
  double most = -infinity;
  for (int round = 0; round < 2; ++round) {  // the second looks closer at what the first left
    const double ratio = std::pow(high / low, 1.0 / cells);
    double from = low, first = infinity, end = 0.0;
    most = -infinity;
    for (int cell = 0; cell < cells; ++cell) {
      const double to = cell + 1 == cells ? high : from * ratio;
      const double energy = ceiling(from, to);
      if (energy * (1.0 + slack) >= floor(to)) {
        most = std::max(most, energy + price * to);
        first = std::min(first, from);
        end = to;
      }
      from = to;
    }
    if (!(first < infinity)) return -infinity;
    low = first;
    high = end;
  }
  return most;
}

}  // namespace dovetail
