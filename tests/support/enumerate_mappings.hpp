// Every mapping of a small layer on a small machine, one by one: the oracle of the exact mapper.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include <dovetail/engine/map/keep_sets.hpp>
#include <dovetail/engine/map/mapper.hpp>

namespace dovetail::tests {

/// Calls `visit` for every mapping with perfect factors: all factors over temporal and spatial slots within each
/// level's fan-out, all orders of the loops of each level, all allowed keep sets, and, when `spatial_orders`, all
/// orders of the spatial loops. Capacities are left to the evaluator. Returns false when there are more than `limit`.
class MappingEnumerator {
 public:
  MappingEnumerator(const MapRequest& request, bool spatial_orders, std::int64_t limit)
      : request_(request),
        spatial_orders_(spatial_orders),
        limit_(limit),
        keep_(keep_choices(request)) {}

  bool run(const std::function<void(const PackedMapping&)>& visit) {
    visit_ = visit;
    left_ = limit_;
    mapping_ = empty_packed_mapping(static_cast<int>(levels()), static_cast<int>(dimensions()));
    keeps(0);
    return left_ > 0;
  }

 private:
  std::size_t levels() const { return request_.architecture.levels.size(); }
  std::size_t dimensions() const { return request_.layer.dimensions.size(); }

  void keeps(std::size_t level) {
    if (level == levels()) {
      factors(0, 0, request_.layer.dimensions[0].extent);
      return;
    }
    for (unsigned set = 0; set < 16; ++set) {
      if ((set & keep_[level].must) != keep_[level].must || (set & ~(keep_[level].must | keep_[level].optional)) != 0)
        continue;
      mapping_.levels[level].keep = static_cast<std::uint8_t>(set);
      keeps(level + 1);
    }
  }

  // Slots of one dimension: temporal, x, y of level 0, then of level 1, ...
  void factors(std::size_t dimension, std::size_t slot, std::int64_t rest) {
    if (left_ <= 0) return;
    if (slot == 3 * levels()) {
      if (rest != 1) return;
      if (dimension + 1 < dimensions()) {
        factors(dimension + 1, 0, request_.layer.dimensions[dimension + 1].extent);
      } else if (fits()) {
        orders(0, 0);
      }
      return;
    }
    PackedLevel& level = mapping_.levels[slot / 3];
    auto& factor = slot % 3 == 0 ? level.temporal : slot % 3 == 1 ? level.spatial_x : level.spatial_y;
    const LevelRules& rules = level_rules(request_.rules, slot / 3);
    const int at = static_cast<int>(slot / 3);
    const std::int64_t fan = slot % 3 == 0   ? rest
                             : slot % 3 == 1 ? fanout_x(request_.architecture, at)
                                             : fanout_y(request_.architecture, at);
    for (std::int64_t f = 1; f <= std::min(rest, fan); ++f) {
      if (rest % f != 0 || f < rules.min_factor[slot % 3][dimension]) continue;
      if (rules.max_factor[slot % 3][dimension] != 0 && f > rules.max_factor[slot % 3][dimension]) continue;
      factor[dimension] = static_cast<std::int32_t>(f);
      factors(dimension, slot + 1, rest / f);
    }
    factor[dimension] = 1;
  }

  bool fits() const {
    for (std::size_t i = 0; i < levels(); ++i) {
      std::int64_t x = 1, y = 1;
      for (std::size_t d = 0; d < dimensions(); ++d) {
        x *= mapping_.levels[i].spatial_x[d];
        y *= mapping_.levels[i].spatial_y[d];
      }
      if (x > fanout_x(request_.architecture, static_cast<int>(i)) ||
          y > fanout_y(request_.architecture, static_cast<int>(i)))
        return false;
    }
    return true;
  }

  // kind 0: temporal, 1: x, 2: y
  void orders(std::size_t level, int kind) {
    if (left_ <= 0) return;
    if (level == levels()) {
      --left_;
      visit_(mapping_);
      return;
    }
    PackedLevel& own = mapping_.levels[level];
    auto& order = kind == 0 ? own.order : kind == 1 ? own.order_x : own.order_y;
    const auto& factor = kind == 0 ? own.temporal : kind == 1 ? own.spatial_x : own.spatial_y;
    std::vector<std::uint8_t> active, idle;
    for (std::size_t d = 0; d < dimensions(); ++d)
      (factor[d] > 1 ? active : idle).push_back(static_cast<std::uint8_t>(d));
    do {
      if (kind == 0 && !obeys(active, level)) continue;
      std::copy(active.begin(), active.end(), std::copy(idle.begin(), idle.end(), order.begin()));
      if (kind == 2 || !spatial_orders_) {
        orders(level + 1, 0);
      } else {
        orders(level, kind + 1);
      }
      if (kind != 0 && !spatial_orders_) break;
    } while (std::next_permutation(active.begin(), active.end()));
  }

  // `active` is outermost first; ruled loops must be innermost, in their order.
  bool obeys(const std::vector<std::uint8_t>& active, std::size_t level) const {
    std::vector<std::uint8_t> wanted;
    for (const int d : level_rules(request_.rules, level).inner_order) {
      if (std::find(active.begin(), active.end(), d) != active.end()) wanted.push_back(static_cast<std::uint8_t>(d));
    }
    return std::equal(wanted.begin(), wanted.end(), active.rbegin());
  }

  const MapRequest& request_;
  bool spatial_orders_;
  std::int64_t limit_, left_ = 0;
  std::vector<KeepChoice> keep_;
  PackedMapping mapping_;
  std::function<void(const PackedMapping&)> visit_;
};

}  // namespace dovetail::tests
