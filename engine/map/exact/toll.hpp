// Capacities as outcomes of a mapping: the more words a tile takes of a level, the more its accesses cost.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <vector>

#include <dovetail/workloads/limits.hpp>

namespace dovetail {

/// What a level costs above the problem's own prices. Of all machines that a search stands for, those whose level holds
/// a tile of n words charge at least the first rung of `capacity` n or more.
struct LevelToll {
  struct Rung {
    double capacity = std::numeric_limits<double>::infinity();          ///< usable words
    std::array<double, max_tensors> read_pj{}, fill_pj{}, update_pj{};  ///< per tensor word, none negative
  };
  std::vector<Rung> rungs;  ///< ascending capacity, prices not falling; at least one
  bool free = true;         ///< no rung charges anything

  std::size_t rung(double words) const {
    if (rungs.size() < 2) return 0;
    const auto at = std::lower_bound(rungs.begin(), rungs.end(), words,
                                     [](const Rung& rung, double own) { return rung.capacity < own; });
    return at == rungs.end() ? rungs.size() - 1 : static_cast<std::size_t>(at - rungs.begin());
  }
};

/// A search with tolls answers bounds: the least cost of a mapping at the prices of what its own tiles need. Mapping
/// and machine are then found together, for one layer: capacities cost exactly what they are priced at.
struct Toll {
  std::array<LevelToll, max_levels> level;
  Toll() {
    for (LevelToll& own : level) own.rungs.resize(1);
  }
};

}  // namespace dovetail
