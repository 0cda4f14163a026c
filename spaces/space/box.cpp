// Boxes of a space: interval bounds, shaving, halving.
#include <dovetail/spaces/space/box.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dovetail {
namespace {

const Parameter& parameter_of(const Space& space, int parameter) {
  return space.parameters()[static_cast<std::size_t>(parameter)];
}

bool is_real(const Space& space, int parameter) {
  return std::holds_alternative<RealRange>(parameter_of(space, parameter).domain);
}

double step_of(const Space& space, int parameter) {
  const auto* integers = std::get_if<IntegerRange>(&parameter_of(space, parameter).domain);
  return integers != nullptr ? static_cast<double>(integers->step) : 1.0;
}

Interval interval(const Space& space, int parameter, double low, double high) {
  if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter_of(space, parameter).domain))
    return {ordinal->values[static_cast<std::size_t>(low)], ordinal->values[static_cast<std::size_t>(high)]};
  return {low, high};
}

bool excluded(const Space& space, const std::vector<Interval>& bounds) {
  return std::any_of(space.constraints().begin(), space.constraints().end(),
                     [&](const Constraint& constraint) { return constraint.predicate.bounds(bounds).high < 0.0; });
}

// Cuts slabs off one end of a parameter, the largest first. True when something was cut.
bool shave(const Space& space, Box& box, std::vector<Interval>& bounds, int parameter, bool from_above) {
  const auto i = static_cast<std::size_t>(parameter);
  const double step = step_of(space, parameter);
  double &low = box.low[i], &high = box.high[i];
  bool cut = false;
  double slab = std::floor((high - low) / step / 2.0) * step;
  while (high > low) {
    slab = std::min(slab, high - low - step);
    const double first = from_above ? high - slab : low, last = from_above ? high : low + slab;
    bounds[i] = interval(space, parameter, first, last);
    if (excluded(space, bounds)) {
      (from_above ? high : low) = from_above ? first - step : last + step;
      cut = true;
    } else if (slab == 0.0) {
      break;
    } else {
      slab = std::floor(slab / step / 2.0) * step;
    }
  }
  bounds[i] = interval(space, parameter, low, high);
  return cut;
}

}  // namespace

std::optional<Box> whole_box(const Space& space) {
  Box box;
  for (const Parameter& parameter : space.parameters()) {
    if (const auto* reals = std::get_if<RealRange>(&parameter.domain)) {
      box.low.push_back(reals->low);
      box.high.push_back(reals->high);
    } else if (const auto* integers = std::get_if<IntegerRange>(&parameter.domain)) {
      const std::int64_t steps = (integers->high - integers->low) / integers->step;
      box.low.push_back(static_cast<double>(integers->low));
      box.high.push_back(static_cast<double>(integers->low + steps * integers->step));
    } else if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain)) {
      box.low.push_back(0.0);
      box.high.push_back(static_cast<double>(ordinal->values.size()) - 1.0);
    } else if (const auto* names = std::get_if<CategoricalValues>(&parameter.domain)) {
      box.low.push_back(0.0);
      box.high.push_back(static_cast<double>(names->values.size()) - 1.0);
    } else {
      return std::nullopt;
    }
  }
  return box;
}

double choices(const Space& space, const Box& box, int parameter) {
  const auto i = static_cast<std::size_t>(parameter);
  if (box.low[i] == box.high[i]) return 1.0;
  if (is_real(space, parameter)) return std::numeric_limits<double>::infinity();
  return std::round((box.high[i] - box.low[i]) / step_of(space, parameter)) + 1.0;
}

std::vector<Interval> intervals(const Space& space, const Box& box) {
  std::vector<Interval> bounds;
  for (std::size_t i = 0; i < box.low.size(); ++i)
    bounds.push_back(interval(space, static_cast<int>(i), box.low[i], box.high[i]));
  return bounds;
}

bool shrink(const Space& space, Box& box) {
  std::vector<Interval> bounds = intervals(space, box);
  if (excluded(space, bounds)) return false;
  bool cut = true;
  while (cut) {
    cut = false;
    for (int i = 0; i < static_cast<int>(box.low.size()); ++i) {
      if (is_real(space, i) || choices(space, box, i) <= 1.0) continue;
      const bool above = shave(space, box, bounds, i, true);
      const bool below = shave(space, box, bounds, i, false);
      cut = cut || above || below;
    }
    if (excluded(space, bounds)) return false;
  }
  return true;
}

std::pair<Box, Box> halves(const Space& space, const Box& box, int parameter) {
  const auto i = static_cast<std::size_t>(parameter);
  Box lower = box, upper = box;
  if (is_real(space, parameter)) {
    const bool log = std::get<RealRange>(parameter_of(space, parameter).domain).log && box.low[i] > 0.0;
    lower.high[i] = upper.low[i] =
        log ? std::sqrt(box.low[i] * box.high[i]) : box.low[i] + (box.high[i] - box.low[i]) / 2.0;
  } else {
    const double step = step_of(space, parameter);
    const double below = std::floor((choices(space, box, parameter) - 2.0) / 2.0);
    lower.high[i] = box.low[i] + below * step;
    upper.low[i] = lower.high[i] + step;
  }
  return {lower, upper};
}

}  // namespace dovetail
