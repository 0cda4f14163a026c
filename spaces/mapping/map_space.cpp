// What is legal, what is counted, and what stands in the way.
#include <dovetail/spaces/mapping/map_space.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <dovetail/spaces/mapping/map_space_parts.hpp>
#include <dovetail/spaces/space/point_slot.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t no_bound = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t max_starts = 4096;

}  // namespace

double MapSpaceSize::total() const {
  return std::pow(10.0, log10_total());
}

MapSpace::MapSpace(const Layer& layer, const Architecture& architecture, const MappingRules& rules, KeepSearch keeps)
    : levels_(static_cast<int>(architecture.levels.size())),
      dimensions_(static_cast<int>(layer.dimensions.size())),
      tensors_(static_cast<int>(layer.tensors.size())),
      counted_(std::make_shared<Counted>()) {
  if (levels_ < 1 || levels_ > max_levels || dimensions_ > max_dimensions || tensors_ > max_tensors)
    throw std::invalid_argument("a layer or machine beyond limits.hpp");
  const unsigned all = (1U << tensors_) - 1U;
  for (int d = 0; d < dimensions_; ++d) {
    extent_[at(d)] = layer.dimensions[at(d)].extent;
    if (extent_[at(d)] > no_bound)
      throw std::invalid_argument("dimension " + layer.dimensions[at(d)].name + " exceeds 2^31 - 1");
    dimension_names_.push_back(layer.dimensions[at(d)].name);
    for (const PrimePower& power : prime_factors(extent_[at(d)]))
      for (int e = 0; e < power.exponent; ++e)
        primes_.emplace_back(static_cast<std::uint8_t>(d), static_cast<std::int32_t>(power.prime));
  }
  for (int t = 0; t < tensors_; ++t) {
    const Tensor& tensor = layer.tensors[at(t)];
    tensor_names_.push_back(tensor.name);
    TensorShape& shape = shape_[at(t)];
    shape.axes = static_cast<int>(tensor.axes.size());
    for (std::size_t a = 0; a < tensor.axes.size(); ++a) {
      shape.terms[a] = static_cast<int>(tensor.axes[a].size());
      for (std::size_t k = 0; k < tensor.axes[a].size(); ++k) {
        shape.axis[a][k] = {tensor.axes[a][k].dimension, tensor.axes[a][k].coefficient};
        touched_[at(tensor.axes[a][k].dimension)] |= 1U << t;
      }
    }
    for (int l = 0; l < levels_; ++l) {
      const int word = architecture.levels[at(l)].word_bits;
      if (tensor.word_bits == 0 || tensor.word_bits == word) continue;
      shape.bits[at(l)] = tensor.word_bits;
      shape.word[at(l)] = word;
    }
  }
  static const LevelRules no_rules;
  for (int l = 0; l < levels_; ++l) {
    const Level& machine = architecture.levels[at(l)];
    const LevelRules& rule = at(l) < rules.levels.size() ? rules.levels[at(l)] : no_rules;
    LevelInfo& level = level_[at(l)];
    level_names_.push_back(machine.name);
    if (const auto usable = usable_capacity(machine)) {
      level.usable = *usable;
      level.least = static_cast<double>(*usable) * machine.min_utilization;
    }
    level.fan = {1, fanout_x(architecture, l), fanout_y(architecture, l)};
    const unsigned must = rule.must_keep & all, never = rule.must_bypass & all & ~must;
    level.must = must;
    level.optional = all & ~must & ~never;
    const bool everything = keeps == KeepSearch::all || (keeps == KeepSearch::fixed && (must | never) != all);
    if (everything) level.must = all & ~never;
    if (keeps != KeepSearch::search) level.optional = 0;
    if (l + 1 == levels_) {
      level.must = all;
      level.optional = 0;
    }
    for (int t = 0; t < tensors_; ++t)
      if ((level.optional >> t & 1U) != 0)
        flips_.emplace_back(static_cast<std::uint8_t>(l), static_cast<std::uint8_t>(t));
    for (const int d : rule.inner_order)
      if (d >= 0 && d < dimensions_) level.inner[at(level.ruled++)] = static_cast<std::uint8_t>(d);
    for (const Slot slot : {Slot::temporal, Slot::spatial_x, Slot::spatial_y}) {
      least_[at(l)][at(slot)] = rule.min_factor[at(slot)];
      most_[at(l)][at(slot)] = rule.max_factor[at(slot)];
      for (int d = 0; d < dimensions_; ++d) {
        std::int64_t& most = most_[at(l)][at(slot)][at(d)];
        if (most == 0) most = no_bound;
        if (slot != Slot::temporal) most = std::min(most, level.fan[at(slot)]);
      }
      const Extents& most = most_[at(l)][at(slot)];
      if (std::any_of(most.begin(), most.begin() + dimensions_, [](std::int64_t m) { return m > 1; }))
        places_.push_back({static_cast<std::uint8_t>(l), slot});
    }
  }
  prepare_starts();
}

// All ways to give the slots that demand more than one a legal smallest factor.
void MapSpace::prepare_starts() {
  for (int d = 0; d < dimensions_; ++d) {
    std::vector<Place> demanding;
    for (int l = 0; l < levels_; ++l)
      for (const Slot slot : {Slot::temporal, Slot::spatial_x, Slot::spatial_y})
        if (least_[at(l)][at(slot)][at(d)] > 1) demanding.push_back({static_cast<std::uint8_t>(l), slot});
    std::vector<std::pair<Start, std::int64_t>> open{{Start{}, extent_[at(d)]}};
    for (const Place place : demanding) {
      std::vector<std::pair<Start, std::int64_t>> next;
      for (const auto& [start, rest] : open) {
        for (const std::int64_t divisor : divisors(rest)) {
          if (!allowed(place, d, divisor) || next.size() >= max_starts) continue;
          Start longer = start;
          longer.factors.emplace_back(place, static_cast<std::int32_t>(divisor));
          next.emplace_back(std::move(longer), rest / divisor);
        }
      }
      open = std::move(next);
    }
    for (auto& [start, rest] : open) {
      for (const PrimePower& power : prime_factors(rest))
        start.primes.insert(start.primes.end(), at(power.exponent), static_cast<std::int32_t>(power.prime));
      starts_[at(d)].push_back(std::move(start));
    }
  }
}

std::int32_t& MapSpace::factor(PackedMapping& mapping, Place place, int dimension) {
  PackedLevel& level = mapping.levels[place.level];
  return (place.slot == Slot::temporal    ? level.temporal
          : place.slot == Slot::spatial_x ? level.spatial_x
                                          : level.spatial_y)[at(dimension)];
}

std::int32_t MapSpace::factor(const PackedMapping& mapping, Place place, int dimension) {
  const PackedLevel& level = mapping.levels[place.level];
  return (place.slot == Slot::temporal    ? level.temporal
          : place.slot == Slot::spatial_x ? level.spatial_x
                                          : level.spatial_y)[at(dimension)];
}

bool MapSpace::allowed(Place place, int dimension, std::int64_t value) const {
  return value >= least_[place.level][at(place.slot)][at(dimension)] &&
         value <= most_[place.level][at(place.slot)][at(dimension)];
}

// Words of a tensor's tile: product over axes of 1 + sum coefficient x (extent - 1). Saturates far above any capacity.
std::int64_t MapSpace::words(int level, int tensor, const Extents& extent) const {
  const TensorShape& shape = shape_[at(tensor)];
  std::int64_t volume = 1;
  for (int a = 0; a < shape.axes; ++a) {
    std::int64_t length = 1;
    for (int k = 0; k < shape.terms[at(a)]; ++k) {
      const Term& term = shape.axis[at(a)][at(k)];
      length += term.coefficient * (extent[at(term.dimension)] - 1);
    }
    if (__builtin_mul_overflow(volume, length, &volume)) return std::numeric_limits<std::int64_t>::max() / 8;
  }
  if (shape.bits[at(level)] == 0) return volume;
  std::int64_t bits = 0;
  if (__builtin_mul_overflow(volume, shape.bits[at(level)], &bits)) return std::numeric_limits<std::int64_t>::max() / 8;
  return (bits + shape.word[at(level)] - 1) / shape.word[at(level)];
}

std::int64_t MapSpace::words_kept(int level, unsigned keep, const Extents& extent) const {
  std::int64_t sum = 0;
  for (int t = 0; t < tensors_; ++t)
    if ((keep >> t & 1U) != 0) sum += words(level, t, extent);
  return sum;
}

bool MapSpace::fits(int level, unsigned keep, const Extents& extent) const {
  return level_[at(level)].usable < 0 || words_kept(level, keep, extent) <= level_[at(level)].usable;
}

bool MapSpace::capacities_hold(const PackedMapping& mapping) const {
  Extents extent;
  extent.fill(1);
  for (int l = 0; l < levels_; ++l) {
    const PackedLevel& level = mapping.levels[at(l)];
    for (int d = 0; d < dimensions_; ++d)
      extent[at(d)] *=
          static_cast<std::int64_t>(level.temporal[at(d)]) * level.spatial_x[at(d)] * level.spatial_y[at(d)];
    if (level_[at(l)].usable < 0) continue;
    const std::int64_t used = words_kept(l, level.keep, extent);
    if (used > level_[at(l)].usable || static_cast<double>(used) < level_[at(l)].least) return false;
  }
  return true;
}

bool MapSpace::meshes_hold(const PackedMapping& mapping) const {
  for (int l = 0; l < levels_; ++l) {
    const LevelInfo& info = level_[at(l)];
    std::int64_t x = 1, y = 1;
    for (int d = 0; d < dimensions_; ++d) {
      x *= mapping.levels[at(l)].spatial_x[at(d)];
      y *= mapping.levels[at(l)].spatial_y[at(d)];
      if (x > info.fan[1] || y > info.fan[2]) return false;
    }
  }
  return true;
}

bool MapSpace::order_holds(const PackedMapping& mapping, int index) const {
  const LevelInfo& info = level_[at(index)];
  const PackedLevel& level = mapping.levels[at(index)];
  int expected = 0;
  for (int p = dimensions_; p-- > 0;) {
    while (expected < info.ruled && level.temporal[info.inner[at(expected)]] == 1) ++expected;
    if (expected >= info.ruled) return true;
    const std::uint8_t d = level.order[at(p)];
    if (level.temporal[d] == 1) continue;
    if (d != info.inner[at(expected)]) return false;
    ++expected;
  }
  return true;
}

bool MapSpace::legal(const PackedMapping& mapping) const {
  if (!meshes_hold(mapping) || !capacities_hold(mapping)) return false;
  for (int l = 0; l < levels_; ++l)
    if (level_[at(l)].ruled > 0 && !order_holds(mapping, l)) return false;
  return true;
}

bool MapSpace::contains(const PackedMapping& mapping) const {
  if (mapping.level_count != levels_ || mapping.dimension_count != dimensions_) return false;
  for (int d = 0; d < dimensions_; ++d) {
    std::int64_t product = 1;
    for (int l = 0; l < levels_; ++l)
      for (const Slot slot : {Slot::temporal, Slot::spatial_x, Slot::spatial_y}) {
        const Place place{static_cast<std::uint8_t>(l), slot};
        const std::int64_t value = factor(mapping, place, d);
        if (value < 1 || !allowed(place, d, value) || extent_[at(d)] % value != 0) return false;
        product *= value;
        if (product > extent_[at(d)]) return false;
      }
    if (product != extent_[at(d)]) return false;
  }
  for (int l = 0; l < levels_; ++l) {
    const PackedLevel& level = mapping.levels[at(l)];
    const LevelInfo& info = level_[at(l)];
    if ((level.keep & info.must) != info.must || (level.keep & ~(info.must | info.optional)) != 0) return false;
    unsigned seen = 0;
    for (int p = 0; p < dimensions_; ++p) seen |= level.order[at(p)] < dimensions_ ? 1U << level.order[at(p)] : 0U;
    if (seen != (1U << dimensions_) - 1U) return false;
  }
  return legal(mapping);
}

MapSpaceSize MapSpace::size() const {
  MapSpaceSize size;
  const Counted& chains = counted();
  size.log10_factors = std::log10(chains.total());
  size.exact = chains.meshed;
  for (int l = 0; l < levels_; ++l) {
    for (int k = 2; k <= dimensions_ - level_[at(l)].ruled; ++k) size.log10_orders += std::log10(k);
  }
  size.log10_keeps = static_cast<double>(flips_.size()) * std::log10(2.0);
  return size;
}

std::vector<Violation> MapSpace::closest() const {
  std::vector<Violation> result;
  PackedMapping mapping = empty_packed_mapping(levels_, dimensions_);
  for (int d = 0; d < dimensions_; ++d) {
    if (!starts_[at(d)].empty()) {
      for (const auto& [place, value] : starts_[at(d)].front().factors) factor(mapping, place, d) = value;
      continue;
    }
    // No factors of this dimension satisfy all lower bounds: name the largest demand.
    Violation worst{"family rule", "", dimension_names_[at(d)], 0.0, static_cast<double>(extent_[at(d)])};
    for (int l = 0; l < levels_; ++l)
      for (const Slot slot : {Slot::temporal, Slot::spatial_x, Slot::spatial_y}) {
        const auto least = static_cast<double>(least_[at(l)][at(slot)][at(d)]);
        if (least <= std::max(1.0, worst.needed)) continue;
        const auto most = static_cast<double>(most_[at(l)][at(slot)][at(d)]);
        worst = {"family rule", level_names_[at(l)], dimension_names_[at(d)], least,
                 std::min(most, static_cast<double>(extent_[at(d)]))};
      }
    result.push_back(worst);
  }
  Extents extent;
  extent.fill(1);
  for (int l = 0; l < levels_; ++l) {
    const LevelInfo& info = level_[at(l)];
    const PackedLevel& level = mapping.levels[at(l)];
    double x = 1.0, y = 1.0;
    for (int d = 0; d < dimensions_; ++d) {
      x *= level.spatial_x[at(d)];
      y *= level.spatial_y[at(d)];
      extent[at(d)] *=
          static_cast<std::int64_t>(level.temporal[at(d)]) * level.spatial_x[at(d)] * level.spatial_y[at(d)];
    }
    if (x > static_cast<double>(info.fan[1]))
      result.push_back({"mesh_x", level_names_[at(l)], "", x, static_cast<double>(info.fan[1])});
    if (y > static_cast<double>(info.fan[2]))
      result.push_back({"mesh_y", level_names_[at(l)], "", y, static_cast<double>(info.fan[2])});
    if (l + 1 == levels_) extent = extent_;
    const std::int64_t used = words_kept(l, info.must, extent);
    if (info.usable >= 0 && used > info.usable) {
      int largest = -1;
      for (int t = 0; t < tensors_; ++t)
        if ((info.must >> t & 1U) != 0 && (largest < 0 || words(l, t, extent) > words(l, largest, extent))) largest = t;
      result.push_back({"capacity", level_names_[at(l)], tensor_names_[at(largest)], static_cast<double>(used),
                        static_cast<double>(info.usable)});
    }
    const auto most = static_cast<double>(words_kept(l, info.must | info.optional, extent_));
    if (info.usable >= 0 && most < info.least)
      result.push_back({"min_utilization", level_names_[at(l)], "", info.least, most});
  }
  return result;
}

}  // namespace dovetail
