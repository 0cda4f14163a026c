// Small map spaces, one mapping after the other: the proof that needs no bound.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Every mapping that the rules allow, with the factors and the placement that the request asks for (imperfect ones:
/// chains of which no factor could be less): all factors over time, X and Y within each level's fan-out,
/// all orders of the loops of each level, all keep sets, and, where wires, routers or links see them, all orders of the
/// spatial loops. Capacities are left to the evaluator. A loop of one trip has one place.
///
/// Calls `visit` for each until it answers false. False when `visit` did, or when there are more than `limit`.
bool for_each_mapping(const MapRequest& request, std::int64_t limit,
                      const std::function<bool(const PackedMapping&)>& visit);

struct Listing {
  std::optional<PackedMapping> best;  ///< least objective; of equal ones the lexicographically least mapping
  std::int64_t evaluations = 0;
  bool complete = false;  ///< all were listed: `best` is proven, or nothing fits
};

/// Whether the evaluator's divisions (level_cycles) make a mapping's cycles more than its words need. Searches that
/// compare by words take two mappings of equal traffic for equally fast; where the best one was rounded up, another may
/// not be.
bool rounded_up(const MapRequest& request, const PackedMapping& mapping);

/// The best of at most `limit` mappings; not complete when there are more, or when the request's stop or time ends it.
Listing list_mappings(const MapRequest& request, std::int64_t limit);

}  // namespace dovetail
