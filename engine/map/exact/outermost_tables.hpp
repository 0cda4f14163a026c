// What the loops of the outermost level cost around every tile of the level inside it, exactly.
#pragma once

#include <map>
#include <vector>

#include <dovetail/engine/map/exact/search_case.hpp>

namespace dovetail {

/// What the loops of the outermost level cost around every tile of the level inside it: the same for all choices of
/// keep sets that agree on that level.
struct OutermostCosts {
  std::vector<TileLattice::Id> tiles;  ///< that the level inside can hold, ascending
  std::vector<double> energy, cycles;  ///< per tile of the lattice; cycles: the least of its multiples
};

/// OutermostCosts by the keep set of the level inside, for the keep sets that some of `groups` have there.
using OutermostTables = std::map<unsigned, OutermostCosts>;
/// None under a fan-out, unless `spread` asks for them there as well.
OutermostTables outermost_tables(const MapProblem& problem, const std::vector<KeepGroup>& groups, bool spread = false);

}  // namespace dovetail
