// A tighter bound of makespan x energy: branching on the machines of the layers that a relaxation would divide.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <dovetail/engine/place/placement.hpp>
#include <dovetail/engine/place/placement_graph.hpp>

namespace dovetail::detail {

/// The relaxation lets layers be divided among machines, and asks only that the cycles of every machine, and those
/// along one chain of every network, fit the makespan. With a price on each of these resources, energy >= value - slope
/// x makespan for every schedule (Lagrange); the least of makespan x energy over the upper envelope of such lines is a
/// bound. Each node holds some layers on machines; the most hopeful one is opened first, its prices improved by
/// Polyak's steps, and its best assignment tried.
///
/// `tried` starts an assignment as a schedule and answers the least product of any schedule known. Ends after `nodes`,
/// or once nothing better can be left. What is returned no schedule undercuts.
double least_product_by_branching(const PlacementProblem& problem, const PlacementGraph& graph,
                                  const PlacementBounds& bounds, std::size_t nodes,
                                  const std::function<double(const std::vector<std::size_t>& machine)>& tried);

}  // namespace dovetail::detail
