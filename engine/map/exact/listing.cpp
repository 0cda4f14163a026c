// Small map spaces, one mapping after the other (see the header).
#include <dovetail/engine/map/exact/listing.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/engine/map/factor_chains.hpp>
#include <dovetail/engine/map/keep_sets.hpp>
#include <dovetail/engine/map/session.hpp>
#include <dovetail/spaces/mapping/map_space.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

class Walk {
 public:
  Walk(const MapRequest& request, std::int64_t limit, const std::function<bool(const PackedMapping&)>& visit)
      : request_(request),
        left_(limit),
        visit_(visit),
        keep_(keep_choices(request)) {
    mapping_ = empty_packed_mapping(static_cast<int>(levels()), static_cast<int>(dimensions()));
    placed_ = request.architecture.link_transfers;
    for (const Level& level : request.architecture.levels) {
      placed_ = placed_ || level.network.energy_per_hop_pj != 0.0 || level.network.router_energy_pj != 0.0;
    }
  }
  bool run() { return keeps(0); }

 private:
  std::size_t levels() const { return request_.architecture.levels.size(); }
  std::size_t dimensions() const { return request_.layer.dimensions.size(); }

  bool keeps(std::size_t level) {
    if (level == levels()) return factors(0, 0, request_.layer.dimensions[0].extent);
    const KeepChoice& choice = keep_[level];
    for (unsigned subset = choice.optional;; subset = (subset - 1) & choice.optional) {
      mapping_.levels[level].keep = static_cast<std::uint8_t>(choice.must | subset);
      if (!keeps(level + 1)) return false;
      if (subset == 0) return true;
    }
  }

  bool imperfect() const { return request_.factors == Factors::imperfect; }

  // Slots of one dimension: time, x, y of level 0, then of level 1, ... `rest`: steps that outer slots cover; for
  // nested roundings up their order does not matter.
  bool factors(std::size_t dimension, std::size_t slot, std::int64_t rest) {
    if (slot == slot_count * levels()) {
      if (rest != 1) return true;
      if (imperfect() && !tight(mapping_, dimension, request_.layer.dimensions[dimension].extent, request_.rules))
        return true;
      if (dimension + 1 == dimensions()) return orders(0, Slot::temporal);
      return factors(dimension + 1, 0, request_.layer.dimensions[dimension + 1].extent);
    }
    const std::size_t at = slot / slot_count, kind = slot % slot_count;
    PackedLevel& level = mapping_.levels[at];
    auto& own = kind == 0 ? level.temporal : kind == 1 ? level.spatial_x : level.spatial_y;
    const LevelRules& rules = level_rules(request_.rules, at);
    std::int64_t most = rest;
    if (kind != 0) {
      most = kind == 1 ? fanout_x(request_.architecture, static_cast<int>(at))
                       : fanout_y(request_.architecture, static_cast<int>(at));
      for (std::size_t d = 0; d < dimension; ++d) most /= own[d];
    }
    for (std::int64_t f = 1; f <= std::min(rest, most); ++f) {
      if ((rest % f != 0 && !imperfect()) || f < rules.min_factor[kind][dimension]) continue;
      if (rules.max_factor[kind][dimension] != 0 && f > rules.max_factor[kind][dimension]) continue;
      own[dimension] = static_cast<std::int32_t>(f);
      if (!factors(dimension, slot + 1, (rest + f - 1) / f)) return false;
    }
    own[dimension] = 1;
    return true;
  }

  bool orders(std::size_t level, Slot kind) {
    if (level == levels()) {
      if (request_.placement == Placement::uneven) return depths(0, 0);
      return left_-- > 0 && visit_(mapping_);
    }
    PackedLevel& own = mapping_.levels[level];
    auto& order = kind == Slot::temporal ? own.order : kind == Slot::spatial_x ? own.order_x : own.order_y;
    const auto& factor = kind == Slot::temporal    ? own.temporal
                         : kind == Slot::spatial_x ? own.spatial_x
                                                   : own.spatial_y;
    std::vector<std::uint8_t> active, idle;
    for (std::size_t d = 0; d < dimensions(); ++d)
      (factor[d] > 1 ? active : idle).push_back(static_cast<std::uint8_t>(d));
    do {
      if (kind == Slot::temporal && !obeys(active, level)) continue;
      std::copy(active.begin(), active.end(), std::copy(idle.begin(), idle.end(), order.begin()));
      const bool on = kind == Slot::spatial_y   ? orders(level + 1, Slot::temporal)
                      : kind == Slot::spatial_x ? orders(level, Slot::spatial_y)
                                                : orders(level, Slot::spatial_x);
      if (!on) return false;
      if (kind != Slot::temporal && !placed_) break;
    } while (std::next_permutation(active.begin(), active.end()));
    return true;
  }

  // Every depth of every kept tensor in every memory but the outermost; here unit loops are outermost in `order`.
  bool depths(std::size_t level, std::size_t tensor) {
    if (level + 1 == levels()) {
      if (left_-- <= 0) return false;
      PackedMapping settled = mapping_;
      for (std::size_t i = 0; i + 1 < levels(); ++i) {
        std::uint8_t idle = 0;
        for (std::size_t d = 0; d < dimensions(); ++d)
          idle = static_cast<std::uint8_t>(idle + (settled.levels[i].temporal[d] == 1 ? 1 : 0));
        std::rotate(settled.levels[i].order.begin(), settled.levels[i].order.begin() + idle,
                    settled.levels[i].order.begin() + static_cast<std::ptrdiff_t>(dimensions()));
      }
      return visit_(settled);
    }
    if (tensor == request_.layer.tensors.size()) return depths(level + 1, 0);
    PackedLevel& own = mapping_.levels[level];
    int loops = 0;
    for (std::size_t d = 0; d < dimensions(); ++d) loops += own.temporal[d] > 1 ? 1 : 0;
    if ((own.keep >> tensor & 1U) == 0) loops = 0;
    for (int depth = loops; depth >= 0; --depth) {  // ends even
      own.depth[tensor] = static_cast<std::uint8_t>(depth);
      if (!depths(level, tensor + 1)) return false;
    }
    return true;
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
  std::int64_t left_;
  const std::function<bool(const PackedMapping&)>& visit_;
  std::vector<KeepChoice> keep_;
  bool placed_ = false;  // the places of children on the mesh cost something
  PackedMapping mapping_;
};

// Whether there may be as few as `limit` mappings: factors and keep sets are counted, orders only multiply.
bool may_be_few(const MapRequest& request, std::int64_t limit) {
  if (request.factors == Factors::imperfect || request.placement == Placement::uneven)
    return for_each_mapping(request, limit, [](const PackedMapping&) { return true; });
  const KeepSearch keeps = request.bypass == Bypass::search ? KeepSearch::search
                           : request.bypass == Bypass::none ? KeepSearch::all
                                                            : KeepSearch::fixed;
  const MapSpaceSize size = MapSpace(request.layer, request.architecture, request.rules, keeps).size();
  return !size.exact || size.log10_factors + size.log10_keeps <= std::log10(static_cast<double>(limit)) + 0.01;
}

}  // namespace

bool for_each_mapping(const MapRequest& request, std::int64_t limit,
                      const std::function<bool(const PackedMapping&)>& visit) {
  return Walk(request, limit, visit).run();
}

Listing list_mappings(const MapRequest& request, std::int64_t limit) {
  Listing listing;
  if (!may_be_few(request, limit)) return listing;
  MapRequest own = request;
  own.budget = limit + 1;
  MapSession session(own);
  listing.complete = for_each_mapping(own, limit, [&](const PackedMapping& mapping) {
    if (session.finished(limit + 1)) return false;
    session.evaluate(mapping);
    return true;
  });
  listing.best = session.best();
  listing.evaluations = session.evaluations();
  return listing;
}

bool rounded_up(const MapRequest& request, const PackedMapping& mapping) {
  const Evaluation cost = LoopModel().evaluate(request.layer, request.architecture, mapping);
  if (!cost.valid()) return false;
  auto needed = static_cast<double>(cost.compute_cycles), latency = 0.0;
  for (std::size_t i = 0; i < cost.levels.size(); ++i) {
    const Level& level = request.architecture.levels[i];
    latency += static_cast<double>(level.network.fill_latency_cycles + level.network.drain_latency_cycles);
    double read = 0.0, written = 0.0;
    for (std::size_t t = 0; t < request.layer.tensors.size(); ++t) {
      const TensorCounts& counts = cost.levels[i].tensors[t];
      const double rate = AccessCost(level, request.layer.tensors[t]).rate;
      read += static_cast<double>(counts.reads) * rate;
      written += static_cast<double>(counts.fills + counts.updates) * rate;
    }
    const Bandwidth bandwidth(level);
    const double cycles =
        std::max({read / bandwidth.read, written / bandwidth.write, (read + written) / bandwidth.shared});
    needed = std::max(needed, std::ceil(cycles * (1.0 - sum_rounding)));
  }
  return static_cast<double>(cost.cycles) > needed + latency + 0.5;
}

}  // namespace dovetail
