// A good mapping by evaluation alone: what an exact search starts from and never answers with more than.
#pragma once

#include <cstdint>
#include <optional>

#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

struct Incumbent {
  std::optional<PackedMapping> mapping;
  double objective = 0.0;
  std::int64_t evaluations = 0;
};

/// A few thousand evaluations of a climb and of evolution: what a proof of a small space starts from.
Incumbent quick_mapping(const MapRequest& request);

/// The best of hill climbing, annealing and evolution, each with its own default budget (or a quarter of the request's,
/// if it has one), and then of a climb around it. The same for any number of threads unless time ends it.
Incumbent good_mapping(const MapRequest& request);

/// First improvements around a mapping, again and again from a few changes away: iterated local search (Lourenço,
/// Martin, Stützle 2003) for so many evaluations.
Incumbent climb_around(const MapRequest& request, const PackedMapping& from, std::int64_t evaluations);

}  // namespace dovetail
