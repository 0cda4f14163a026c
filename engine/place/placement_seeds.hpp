// Good schedules in little time: assignments that prices of the machines suggest, started greedily, and moves of single
// layers.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include <dovetail/engine/place/placement.hpp>
#include <dovetail/engine/place/placement_graph.hpp>

namespace dovetail::detail {

/// Every layer on its machine: of the layers that may start, next comes the one that can start first, of equal ones the
/// one with the longest chain after it.
Schedule list_schedule(const PlacementProblem& problem, const PlacementGraph& graph,
                       const std::vector<std::size_t>& machine);

/// Tells `found` of schedules that no deadline forbids, until `schedules` have been tried.
void seed_schedules(const PlacementProblem& problem, const PlacementGraph& graph, const PlacementBounds& bounds,
                    std::size_t schedules, const std::function<void(const Schedule&)>& found);

/// Moves of single layers from an assignment, as long as makespan x energy falls.
class LocalMoves {
 public:
  LocalMoves(const PlacementProblem& problem, const PlacementGraph& graph, std::function<void(const Schedule&)> found)
      : problem_(problem),
        graph_(graph),
        found_(std::move(found)) {}

  /// Tries the assignment, and from there where its product is not far above `least`, the least known. Each is tried
  /// once.
  void improve(std::vector<std::size_t> machine, double least);

 private:
  const PlacementProblem& problem_;
  const PlacementGraph& graph_;
  std::function<void(const Schedule&)> found_;
  std::set<std::vector<std::size_t>> tried_;
  int improved_ = 0;
};

}  // namespace dovetail::detail
