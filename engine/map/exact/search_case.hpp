// What an exact search looks at: keep sets, and what fan-outs may share.
#pragma once

#include <array>
#include <limits>
#include <vector>

#include <dovetail/engine/map/exact/search_tables.hpp>
#include <dovetail/engine/map/exact/toll.hpp>

namespace dovetail {

/// A group of keep sets: what each level must and may store. One choice of keep sets is a group without options.
using KeepGroup = std::array<KeepChoice, max_levels>;

/// The keep sets of a level that a group allows, the largest first.
std::vector<unsigned> keep_sets(const KeepChoice& choice);

/// Most children, over all fan-outs together, that hold equal data of a tensor.
using Multicast = std::array<double, max_tensors>;

/// What a search looks at: keep sets, and mappings that share no more than `multicast`. No fan-out shares every tensor
/// at once, so that bounds of cases are much closer than bounds of everything.
struct SearchCase {
  KeepGroup keep{};
  Multicast multicast{};
  bool net = false;            ///< bounds net of first-read elision: closer, for many cases at once
  const Toll* toll = nullptr;  ///< what capacities cost; outlives the search
  SearchCase() { multicast.fill(std::numeric_limits<double>::infinity()); }
};

/// What all choices of all fan-outs share: vectors that no other one covers.
std::vector<Multicast> multicasts(const MapProblem& problem);

/// Most children under the fan-out of one level that hold equal data, of each tensor.
Multicast most_shared(const MapProblem& problem, std::size_t level);

/// Tiles that a level which stores `keep` can hold, ascending.
std::vector<TileLattice::Id> fitting(const MapProblem& problem, int level, unsigned keep);

}  // namespace dovetail
