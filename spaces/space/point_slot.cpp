// Domains as numbered choices, and uniform draws from those that no condition touches.
#include <dovetail/spaces/space/point_slot.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dovetail {

double PointSlot::number(std::int64_t choice) const {
  return table.empty() ? first + static_cast<double>(choice) * step : table[static_cast<std::size_t>(choice)];
}

double PointSlot::stored(std::int64_t choice) const {
  return stores_position ? static_cast<double>(choice) : number(choice);
}

std::int64_t PointSlot::choice(double value) const {
  if (!std::isfinite(value)) return -1;
  if (stores_position || table.empty()) {
    const double position = stores_position ? value : (value - first) / step;
    if (position < 0.0 || position >= static_cast<double>(count) || position != std::floor(position)) return -1;
    return static_cast<std::int64_t>(position);
  }
  const auto found = std::lower_bound(table.begin(), table.end(), value);
  return found != table.end() && *found == value ? found - table.begin() : -1;
}

double PointSlot::number_of(double value) const {
  if (!stores_position || table.empty()) return value;
  const std::int64_t position = choice(value);
  return position < 0 ? std::numeric_limits<double>::quiet_NaN() : table[static_cast<std::size_t>(position)];
}

double PointSlot::real_at(double unit) const {
  if (unit <= 0.0) return low;
  if (unit >= 1.0) return high;
  const double value = log ? low * std::exp(unit * std::log(high / low)) : low + unit * (high - low);
  return std::clamp(value, low, high);
}

double PointSlot::unit_of(double value) const {
  if (high <= low) return 0.0;
  const double unit = log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return std::clamp(unit, 0.0, 1.0);
}

Interval PointSlot::range() const {
  if (real) return {low, high, false};
  return {number(0), number(count - 1), false};
}

std::vector<PrimePower> prime_factors(std::int64_t number) {
  std::vector<PrimePower> result;
  for (std::int64_t prime = 2; prime <= number / prime; prime += prime == 2 ? 1 : 2) {
    int exponent = 0;
    for (; number % prime == 0; number /= prime) ++exponent;
    if (exponent > 0) result.push_back({prime, exponent});
  }
  if (number > 1) result.push_back({number, 1});
  return result;
}

std::vector<std::int64_t> divisors(std::int64_t number) {
  std::vector<std::int64_t> result{1};
  for (const PrimePower& power : prime_factors(number)) {
    const std::size_t before = result.size();
    std::int64_t factor = 1;
    for (int e = 1; e <= power.exponent; ++e) {
      factor *= power.prime;
      for (std::size_t i = 0; i < before; ++i) result.push_back(result[i] * factor);
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

SlotTable::SlotTable(const std::vector<Parameter>& parameters) {
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    offsets.push_back(static_cast<int>(slots.size()));
    PointSlot slot;
    slot.parameter = static_cast<int>(p);
    const auto& domain = parameters[p].domain;
    if (const auto* real = std::get_if<RealRange>(&domain)) {
      slot.real = true;
      slot.low = real->low;
      slot.high = real->high;
      slot.log = real->log;
      slots.push_back(slot);
    } else if (const auto* integer = std::get_if<IntegerRange>(&domain)) {
      slot.first = static_cast<double>(integer->low);
      slot.step = static_cast<double>(integer->step);
      slot.count = (integer->high - integer->low) / integer->step + 1;
      slot.log = integer->log;
      slots.push_back(slot);
    } else if (const auto* ordinal = std::get_if<OrdinalValues>(&domain)) {
      slot.table = ordinal->values;
      slot.count = static_cast<std::int64_t>(ordinal->values.size());
      slot.stores_position = true;
      slots.push_back(slot);
    } else if (const auto* categorical = std::get_if<CategoricalValues>(&domain)) {
      slot.count = static_cast<std::int64_t>(categorical->values.size());
      slot.stores_position = true;
      slots.push_back(slot);
    } else {
      SlotGroup group;
      group.first = static_cast<int>(slots.size());
      slot.group = static_cast<int>(groups.size());
      if (const auto* permutation = std::get_if<PermutationItems>(&domain)) {
        group.count = static_cast<int>(permutation->items.size());
        slot.count = group.count;
      } else {
        const auto& factorization = std::get<Factorization>(domain);
        group.kind = SlotGroup::Kind::factorization;
        group.count = static_cast<int>(factorization.slots.size());
        group.product = factorization.product;
        for (const std::int64_t divisor : divisors(group.product)) slot.table.push_back(static_cast<double>(divisor));
        slot.count = static_cast<std::int64_t>(slot.table.size());
      }
      groups.push_back(group);
      for (int i = 0; i < group.count; ++i) slots.push_back(slot);
    }
  }
  offsets.push_back(static_cast<int>(slots.size()));
}

double SlotTable::group_count(int index) const {
  const SlotGroup& group = groups[static_cast<std::size_t>(index)];
  double result = 1.0;
  if (group.kind == SlotGroup::Kind::permutation) {
    for (int i = 2; i <= group.count; ++i) result *= i;
    return result;
  }
  // Every prime spreads its exponent over the slots: C(exponent + slots - 1, slots - 1) ways.
  for (const PrimePower& power : prime_factors(group.product)) {
    double ways = 1.0;
    for (int i = 1; i <= power.exponent; ++i) ways = std::round(ways * (group.count - 1 + i) / i);
    result *= ways;
  }
  return result;
}

void SlotTable::sample_group(int index, Random& random, std::span<double> stored) const {
  const SlotGroup& group = groups[static_cast<std::size_t>(index)];
  const std::span<double> own =
      stored.subspan(static_cast<std::size_t>(group.first), static_cast<std::size_t>(group.count));
  if (group.kind == SlotGroup::Kind::permutation) {
    std::iota(own.begin(), own.end(), 0.0);
    for (std::size_t i = own.size(); i > 1; --i) std::swap(own[i - 1], own[random.below(i)]);
    return;
  }
  std::fill(own.begin(), own.end(), 1.0);
  for (const PrimePower& power : prime_factors(group.product)) {
    // Stars and bars: walk a random word of `exponent` stars and `slots - 1` bars.
    auto stars = static_cast<std::uint64_t>(power.exponent);
    auto bars = static_cast<std::uint64_t>(group.count - 1);
    std::size_t slot = 0;
    while (stars > 0) {
      if (random.below(stars + bars) < stars) {
        own[slot] *= static_cast<double>(power.prime);
        --stars;
      } else {
        ++slot;
        --bars;
      }
    }
  }
}

void SlotTable::sample_slot(int index, Random& random, std::span<double> stored) const {
  const PointSlot& slot = slots[static_cast<std::size_t>(index)];
  stored[static_cast<std::size_t>(index)] =
      slot.real ? slot.real_at(random.uniform())
                : slot.stored(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(slot.count))));
}

bool SlotTable::legal(std::span<const double> stored) const {
  if (stored.size() != slots.size()) return false;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const PointSlot& slot = slots[i];
    if (slot.real ? !(stored[i] >= slot.low && stored[i] <= slot.high) : slot.choice(stored[i]) < 0) return false;
  }
  for (const SlotGroup& group : groups) {
    const std::span<const double> own =
        stored.subspan(static_cast<std::size_t>(group.first), static_cast<std::size_t>(group.count));
    if (group.kind == SlotGroup::Kind::factorization) {
      std::int64_t rest = group.product;
      for (const double factor : own) {
        const auto divisor = static_cast<std::int64_t>(factor);
        if (rest % divisor != 0) return false;
        rest /= divisor;
      }
      if (rest != 1) return false;
    } else {
      for (std::size_t i = 0; i < own.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
          if (own[i] == own[j]) return false;
    }
  }
  return true;
}

std::vector<Symbol> symbols(const std::vector<Parameter>& parameters) {
  std::vector<Symbol> result;
  for (const Parameter& parameter : parameters) {
    if (const auto* permutation = std::get_if<PermutationItems>(&parameter.domain)) {
      for (const std::string& item : permutation->items) result.push_back({parameter.name + "." + item, {}});
    } else if (const auto* factorization = std::get_if<Factorization>(&parameter.domain)) {
      for (const std::string& slot : factorization->slots) result.push_back({parameter.name + "." + slot, {}});
    } else if (const auto* categorical = std::get_if<CategoricalValues>(&parameter.domain)) {
      result.push_back({parameter.name, categorical->values});
    } else {
      result.push_back({parameter.name, {}});
    }
  }
  return result;
}

}  // namespace dovetail
