// Branching of a space's parts (see the header).
#include <dovetail/engine/codesign/proof/part_branch.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <limits>
#include <variant>

namespace dovetail {
namespace {

std::size_t parameter_of(const CapacityChoice& choice) {
  return static_cast<std::size_t>(choice.parameter);
}

// Where to part those who want little from those who want much: what that costs the side that it costs less.
struct Cut {
  double score = 0.0, last = 0.0;
  std::size_t level = 0;
};

}  // namespace

double PartBranch::step(std::size_t parameter) const {
  const auto* integers = std::get_if<IntegerRange>(&space_.parameters()[parameter].domain);
  return integers != nullptr ? static_cast<double>(integers->step) : 1.0;
}

// The level whose capacity a parameter decides; -1: none.
int PartBranch::capacity_of(const SpacePart& part, std::size_t parameter) const {
  const ShapeClass& shape = part.costs->shape();
  for (std::size_t l = 0; l < shape.machine.levels.size(); ++l)
    if (!shape.capacity[l].steps.empty() && parameter_of(shape.capacity[l]) == parameter) return static_cast<int>(l);
  return -1;
}

// The most that any layer wants of a level, as its parameter.
double PartBranch::wanted(const SpacePart& part, std::size_t level) const {
  double most = part.box.low[parameter_of(part.costs->shape().capacity[level])];
  for (const Wish& wish : part.wishes)
    if (wish.found) most = std::max(most, wish.wants[level]);
  return most;
}

// Layers keep what they chose where the part has it.
void PartBranch::inherit(const SpacePart& part, Box box, std::shared_ptr<ClassCosts> costs, Branches& out) const {
  if (!shrink(space_, box)) return;
  const bool same = costs == part.costs;
  SpacePart own{std::move(costs), std::move(box), part.wishes, part.bound, 0, false};
  const ShapeClass& shape = own.costs->shape();
  for (std::size_t u = 0; u < own.wishes.size(); ++u) {
    Wish& wish = own.wishes[u];
    wish.stuck = false;
    if (!wish.found) continue;
    bool kept = same;  // what the mapping costs elsewhere is not known
    for (std::size_t l = 0; l < shape.machine.levels.size() && kept; ++l) {
      if (shape.capacity[l].steps.empty()) continue;
      const std::size_t p = parameter_of(shape.capacity[l]);
      kept = wish.wants[l] >= own.box.low[p] && wish.wants[l] <= own.box.high[p];
    }
    if (kept) continue;
    wish.expected = std::max(wish.expected, wish.found->cost(part.costs->price(u)));
    wish.found.reset();
    wish.settled = false;
  }
  if (!same) {
    own.glance();
    own.bound = std::max(own.bound, own.costs->glance());
  }
  out.parts.push_back(std::move(own));
}

// Two parts: a parameter up to `last`, and the rest.
void PartBranch::cut(const SpacePart& part, std::size_t parameter, double last, Branches& out) const {
  Box lower = part.box, upper = part.box;
  lower.high[parameter] = last;
  upper.low[parameter] = last + step(parameter);
  inherit(part, std::move(lower), part.costs, out);
  inherit(part, std::move(upper), part.costs, out);
}

// At the value that costs both sides most: those who want less pay for more, those who want more do without.
bool PartBranch::by_disagreement(const SpacePart& part, Branches& out) const {
  const ShapeClass& shape = part.costs->shape();
  Cut best;
  for (std::size_t l = 0; l < shape.machine.levels.size(); ++l) {
    if (shape.capacity[l].steps.empty()) continue;
    std::vector<double> values;
    for (const Wish& wish : part.wishes)
      if (wish.found) values.push_back(wish.wants[l]);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.size() < 2) continue;
    const double next = step(parameter_of(shape.capacity[l]));
    std::vector<double> up(values.size(), 0.0), down(values.size(), 0.0);  // at each value
    for (std::size_t u = 0; u < uses_.all.size(); ++u) {
      const Wish& wish = part.wishes[u];
      if (!wish.found) continue;
      const TollSearch& own = part.costs->search(u);
      const LevelToll toll = shape.toll(part.box, own.problem()).level[l];
      // What accesses that no mapping avoids cost with so much.
      const auto cost = [&](double number) {
        for (const CapacityStep& at : shape.capacity[l].steps)
          if (at.low <= number && number <= at.high) return own.charge(toll.rungs[toll.rung(at.words)], l);
        return 0.0;
      };
      const double weight = uses_.all[u].count * codesign_.work().networks[uses_.all[u].network].weight;
      const double here = cost(wish.wants[l]);
      for (std::size_t k = 0; k + 1 < values.size(); ++k) {
        if (wish.wants[l] <= values[k])
          up[k] += weight * std::max(0.0, cost(values[k] + next) - here);
        else
          down[k] += weight * std::max(0.0, here - cost(values[k]));
      }
    }
    for (std::size_t k = 0; k + 1 < values.size(); ++k)
      if (const double score = std::min(up[k], down[k]); score > best.score) best = {score, values[k], l};
  }
  if (!(best.score > 0.0)) return false;
  cut(part, parameter_of(shape.capacity[best.level]), best.last, out);
  return true;
}

std::optional<Point> PartBranch::machine(const SpacePart& part) const {
  const ShapeClass& shape = part.costs->shape();
  Point corner{part.box.high};
  for (std::size_t i = 0; i < corner.numbers.size(); ++i)
    if (codesign_.family().ruling()[i] != 0) corner.numbers[i] = part.box.low[i];
  for (std::size_t l = 0; l < shape.machine.levels.size(); ++l)
    if (!shape.capacity[l].steps.empty()) corner.numbers[parameter_of(shape.capacity[l])] = wanted(part, l);
  std::optional<Point> best;
  double least = infinity;
  for (const Box& member : shape.members) {
    Point point = corner;
    for (std::size_t i = 0; i < point.numbers.size(); ++i)
      point.numbers[i] = std::clamp(point.numbers[i], member.low[i], member.high[i]);
    if (!space_.contains(point)) continue;
    const double bound = codesign_.bound_within(point);
    if (bound < least) least = bound, best = point;
  }
  return best;
}

// No machine of the space holds what layers want: what holds it back shows when less than it is excluded.
void PartBranch::without_room(const SpacePart& part, Branches& out) const {
  const ShapeClass& shape = part.costs->shape();
  for (std::size_t l = 0; l < shape.machine.levels.size(); ++l) {
    if (shape.capacity[l].steps.empty()) continue;
    const std::size_t p = parameter_of(shape.capacity[l]);
    const double most = wanted(part, l);
    if (most <= part.box.low[p]) continue;
    cut(part, p, most - step(p), out);
    return;
  }
}

void PartBranch::narrow(const SpacePart& part, ShapeClass own, Branches& out) const {
  if (own.members.empty()) return;
  Box box = own.box;
  inherit(part, std::move(box), std::make_shared<ClassCosts>(codesign_, uses_, std::move(own), part.costs.get()), out);
}

void PartBranch::by_shape(const SpacePart& part, Branches& out) const {
  for (std::vector<Box>& half : by_price(codesign_, part.costs->shape().members))
    narrow(part, narrowed(codesign_, part.box, std::move(half)), out);
}

// Of one shape: first what rules and bandwidths depend on, then more of a capacity than is wanted.
void PartBranch::by_parameter(const SpacePart& part, Branches& out) const {
  for (std::size_t i = 0; i < part.box.low.size(); ++i) {
    if (capacity_of(part, i) >= 0 || !(choices(space_, part.box, static_cast<int>(i)) > 1.0)) continue;
    const auto [lower, upper] = halves(space_, part.box, static_cast<int>(i));
    for (const Box* half : {&lower, &upper}) narrow(part, narrowed(codesign_, *half, part.costs->shape().members), out);
    return;
  }
  for (std::size_t i = 0; i < part.box.low.size(); ++i) {
    if (part.box.low[i] == part.box.high[i]) continue;
    const int level = capacity_of(part, i);
    const double most = level >= 0 ? wanted(part, static_cast<std::size_t>(level)) : part.box.low[i];
    if (most < part.box.high[i]) {
      cut(part, i, most, out);
      return;
    }
    const auto [lower, upper] = halves(space_, part.box, static_cast<int>(i));
    inherit(part, lower, part.costs, out);
    inherit(part, upper, part.costs, out);
    return;
  }
}

Branches PartBranch::branch(SpacePart part, bool asks) const {
  Branches out;
  if (part.is_point()) {
    const Point point{part.box.low};
    if (!space_.contains(point)) return out;
    out.ask = point;
    out.parts.push_back(std::move(part));
    return out;
  }
  if (by_disagreement(part, out)) return out;
  const std::optional<Point> best = machine(part);
  if (asks && !part.asked && best) {
    part.asked = true;
    out.ask = best;
    out.parts.push_back(std::move(part));
    return out;
  }
  if (!best) without_room(part, out);
  if (!out.parts.empty()) return out;
  if (part.costs->shape().members.size() > 1)
    by_shape(part, out);
  else
    by_parameter(part, out);
  return out;
}

}  // namespace dovetail
