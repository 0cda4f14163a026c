// Why a space is empty: the constraint that closes it, and the point that comes nearest.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <dovetail/spaces/space/space_parts.hpp>

namespace dovetail {
namespace {

constexpr std::uint64_t seed = 0x636c6f73757265;  // the answer belongs to the space, not to a study
constexpr int draws = 400, climbs = 4, climb_steps = 60, climb_neighbours = 48;

double worst(const std::vector<Constraint>& removed, const Space& space, const Point& point) {
  std::vector<double> values(point.numbers.size());
  const SlotTable table(space.parameters());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = table.slots[i].number_of(point.numbers[i]);
  double result = 1.0;
  for (const Constraint& constraint : removed) result = std::min(result, constraint.predicate.margin(values));
  return result;
}

// The best worst margin of the removed constraints over the feasible points of `rest`: draws, then steepest
// ascent.
std::optional<std::pair<double, Point>> nearest_point(const Space& rest, const std::vector<Constraint>& removed) {
  Random random(seed);
  std::vector<std::pair<double, Point>> best;
  for (int i = 0; i < draws; ++i) {
    std::optional<Point> point = rest.sample(random);
    if (!point) break;
    const double margin = worst(removed, rest, *point);
    best.emplace_back(margin, *std::move(point));
  }
  if (best.empty()) return std::nullopt;
  std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  best.resize(std::min<std::size_t>(best.size(), climbs));
  for (auto& [margin, point] : best) {
    for (int step = 0, idle = 0; step < climb_steps && idle < 2; ++step) {
      ++idle;
      for (Point& next : rest.neighbours(point, random, climb_neighbours)) {
        const double found = worst(removed, rest, next);
        if (found <= margin) continue;
        margin = found;
        point = std::move(next);
        idle = 0;
      }
    }
  }
  return *std::max_element(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
}

Closure describe(const std::vector<Constraint>& removed, const std::pair<double, Point>& nearest,
                 const SlotTable& table) {
  Closure result;
  for (const Constraint& constraint : removed)
    result.constraint += (result.constraint.empty() ? "" : "; ") + constraint.text;
  result.best_margin = nearest.first;
  result.nearest = nearest.second;
  std::vector<double> values(nearest.second.numbers.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = table.slots[i].number_of(nearest.second.numbers[i]);
  if (removed.size() == 1) {
    if (const auto sides = removed[0].predicate.sides(values)) {
      result.left = sides->first;
      result.right = sides->second;
    }
  }
  return result;
}

}  // namespace

std::optional<Closure> Space::closure() const {
  Random random(seed);
  if (sample(random)) return std::nullopt;
  const bool proven = count().feasible_high == 0.0;
  const std::vector<Constraint>& all = impl_->constraints;

  // One constraint alone: the one whose nearest miss is smallest.
  std::optional<Closure> best;
  for (std::size_t c = 0; c < all.size(); ++c) {
    std::vector<Constraint> rest = all;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(c));
    const auto nearest = nearest_point(Space(impl_->parameters, std::move(rest)), {all[c]});
    if (!nearest) continue;
    if (!best || nearest->first > best->best_margin) best = describe({all[c]}, *nearest, impl_->table);
  }
  if (!best) {
    // Several close it: keep constraints one after the other while something stays feasible.
    std::vector<Constraint> kept, removed;
    for (const Constraint& constraint : all) {
      kept.push_back(constraint);
      Random probe(seed);
      if (Space(impl_->parameters, kept).sample(probe)) continue;
      removed.push_back(constraint);
      kept.pop_back();
    }
    if (const auto nearest = nearest_point(Space(impl_->parameters, kept), removed))
      best = describe(removed, *nearest, impl_->table);
  }
  if (!best) best.emplace();
  best->proven = proven;
  return best;
}

std::string explain(const Closure& closure, const Space& space) {
  std::string result =
      fmt::format("{}: `{}` closes the space", closure.proven ? "nothing is feasible" : "no feasible point was found",
                  closure.constraint);
  if (closure.left && closure.right)
    result +=
        fmt::format("; nearest it comes is {} on the left against {} on the right", *closure.left, *closure.right);
  else
    result += fmt::format("; its best margin is {:.3g}", closure.best_margin);
  if (closure.nearest) result += fmt::format(", at {}", space.text(*closure.nearest));
  return result;
}

}  // namespace dovetail
