// Widths and checks of typed parameters.
#include <dovetail/spaces/space/parameter.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <dovetail/spaces/space/space.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t exact_integer = std::int64_t{1} << 53;
constexpr std::size_t max_choices = 1'000'000;
constexpr std::int64_t max_product = std::int64_t{1} << 40;  // of a factorization: its primes are found by trial

std::string doubled(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names)
    if (!seen.insert(name).second) return name;
  return "";
}

struct Check {
  std::string operator()(const RealRange& range) const {
    if (!std::isfinite(range.low) || !std::isfinite(range.high)) return "low and high must be finite";
    if (!(range.low <= range.high)) return fmt::format("low {} is above high {}", range.low, range.high);
    if (!std::isfinite(range.high - range.low)) return "the range is wider than a number can hold";
    if (range.log && range.low <= 0.0) return fmt::format("log needs low above 0, found {}", range.low);
    return "";
  }
  std::string operator()(const IntegerRange& range) const {
    if (range.low > range.high) return fmt::format("low {} is above high {}", range.low, range.high);
    if (range.step < 1) return fmt::format("step must be 1 or more, found {}", range.step);
    if (std::max(range.high, -range.low) > exact_integer || range.low < -exact_integer || range.high > exact_integer)
      return fmt::format("integers beyond 2^53 are not kept exactly, found {} to {}", range.low, range.high);
    if (range.log && range.low <= 0) return fmt::format("log needs low above 0, found {}", range.low);
    return "";
  }
  std::string operator()(const OrdinalValues& ordinal) const {
    if (ordinal.values.empty()) return "has no values";
    if (ordinal.values.size() > max_choices) return fmt::format("has more than {} values", max_choices);
    for (std::size_t i = 0; i < ordinal.values.size(); ++i) {
      if (!std::isfinite(ordinal.values[i])) return "values must be finite";
      if (i > 0 && !(ordinal.values[i - 1] < ordinal.values[i]))
        return fmt::format("values must ascend, found {} after {}", ordinal.values[i], ordinal.values[i - 1]);
    }
    return "";
  }
  std::string operator()(const CategoricalValues& categorical) const {
    if (categorical.values.empty()) return "has no values";
    if (categorical.values.size() > max_choices) return fmt::format("has more than {} values", max_choices);
    const std::string twice = doubled(categorical.values);
    return twice.empty() ? "" : fmt::format("has the value '{}' twice", twice);
  }
  std::string operator()(const PermutationItems& permutation) const {
    if (permutation.items.empty()) return "has no items";
    if (permutation.items.size() > 1000) return "has more than 1000 items";
    const std::string twice = doubled(permutation.items);
    return twice.empty() ? "" : fmt::format("has the item '{}' twice", twice);
  }
  std::string operator()(const Factorization& factorization) const {
    if (factorization.product < 1 || factorization.product > max_product)
      return fmt::format("product must lie in 1 ... 2^40, found {}", factorization.product);
    if (factorization.slots.empty()) return "has no slots";
    if (factorization.slots.size() > 1000) return "has more than 1000 slots";
    const std::string twice = doubled(factorization.slots);
    return twice.empty() ? "" : fmt::format("has the slot '{}' twice", twice);
  }
};

}  // namespace

int width(const Parameter& parameter) {
  if (const auto* permutation = std::get_if<PermutationItems>(&parameter.domain))
    return static_cast<int>(permutation->items.size());
  if (const auto* factorization = std::get_if<Factorization>(&parameter.domain))
    return static_cast<int>(factorization->slots.size());
  return 1;
}

std::vector<std::string> check(const std::vector<Parameter>& parameters) {
  std::vector<std::string> result;
  std::set<std::string> seen;
  for (const Parameter& parameter : parameters) {
    if (parameter.name.empty()) result.emplace_back("a parameter has no name");
    if (!seen.insert(parameter.name).second)
      result.push_back(fmt::format("parameter {} is there twice", parameter.name));
    const std::string wrong = std::visit(Check{}, parameter.domain);
    if (!wrong.empty()) result.push_back(fmt::format("parameter {}: {}", parameter.name, wrong));
  }
  return result;
}

}  // namespace dovetail
