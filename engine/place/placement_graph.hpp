// Who waits for whom, in an order in which everything comes after what it waits for.
#pragma once

#include <vector>

#include <dovetail/engine/place/placement.hpp>

namespace dovetail {

struct PlacementGraph {
  std::vector<std::vector<std::size_t>> before, after;
  std::vector<std::size_t> order;    ///< topological, ties by number
  std::vector<std::size_t> cycle;    ///< layers that wait for each other, in a ring; empty when there is none
  std::vector<double> least_cycles;  ///< on the fastest machine
  std::vector<double> least_energy;  ///< on the thriftiest
  std::vector<double> tail;          ///< cycles that must follow after a layer's end, without transfers
  std::vector<double> due;           ///< by when a layer must have ended so that no deadline is missed

  explicit PlacementGraph(const PlacementProblem& problem);
};

}  // namespace dovetail
