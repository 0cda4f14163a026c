// What is known of a whole hardware space after a search: a bound of every point, and the proof that none is better.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include <dovetail/engine/codesign/box_search.hpp>
#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/codesign/proof/space_proof.hpp>

namespace dovetail {

/// How the points of a finite space were dealt with, and what is known of the best.
struct SpaceBound {
  double lower_bound = 0.0;         ///< of the objective over the space; 0: none known
  bool proven = false;              ///< no point of the space is better than the best
  std::optional<DesignPoint> best;  ///< a better one that settling found
  SpaceWork work;
};

/// A search of the whole space that was begun: the one that is there.
struct SpaceSearch {
  SpaceProof* proof = nullptr;
  BoxSearch* boxes = nullptr;
  std::function<void(double bound)> rose = {};  ///< told of bounds of a proof that begins here
};

/// Whether the space is finite and of so few points (2^17) that each is bounded on its own.
bool can_be_listed(const Space& space);

/// What a trial proved of its point: no design there has less.
double proven_bound(const Codesign& codesign, const Trial& trial);

/// The least of the bounds of all points of a space that can be listed: what a trial proved of its machine, or what
/// no mapping can avoid within the specs. Points of which it is known that no mapping keeps the specs, or on which the
/// exact mapper finds no mapping, are no designs and have no bound.
///
/// With `settle`, machines whose layers are mapped one by one and whose bound is still below the best are mapped as
/// whole networks (see map_network): the sum over layers of energies times the sum of cycles is then exact, and so is
/// the bound. In the order of their bounds, until the least is not below the best or `stop` says so.
///
/// A larger space is bounded by what its layers would choose (space_proof.hpp), or where that is not known by boxes of
/// its machines: by those of `search` as far as it went, else by a short one.
SpaceBound bound_space(const Codesign& codesign, std::span<const Trial> trials, const DesignPoint& best, bool settle,
                       int threads, const std::function<bool()>& stop = {}, const SpaceSearch& search = {});

}  // namespace dovetail
