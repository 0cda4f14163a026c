// All orders of tensors in all memories, each by an exact search (see the header).
#include <dovetail/engine/map/exact/uneven_mapper.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include <dovetail/engine/map/exact/exact_mapper.hpp>
#include <dovetail/engine/map/exact/listing.hpp>
#include <dovetail/engine/map/exact/stacked_machine.hpp>
#include <dovetail/engine/map/sampling/incumbent.hpp>

namespace dovetail {
namespace {

constexpr double even_share = 0.3;  // of the time, for the mapping with one tile per level
constexpr std::int64_t listed_uneven = 100'000;
constexpr std::int64_t climbed = 4'000;  // evaluations around the best where no proof is possible

// Short spaces are listed. Where stacks do not say everything and a list would be long: a climb with depths.
bool settle_by_evaluation(const MapRequest& request, bool open, std::optional<MapPoint>& best,
                          std::int64_t& evaluations) {
  const Listing listing = list_mappings(request, listed_uneven);
  evaluations += listing.evaluations;
  std::optional<PackedMapping> found = listing.complete ? listing.best : std::nullopt;
  if (!listing.complete && open && best) {
    const Incumbent near = climb_around(request, best->mapping, climbed);
    evaluations += near.evaluations;
    found = near.mapping;
  }
  if (!found) return listing.complete;
  const Score score = LoopPlan(request.layer, request.architecture).score(*found);
  const double objective = request.objective(score.energy_pj, score.cycles);
  if (score.valid && (!best || objective < best->objective)) best = {objective, score.energy_pj, score.cycles, *found};
  return listing.complete;
}

}  // namespace

MapResult UnevenMapper::map(const MapRequest& asked) const {
  const Stopwatch clock;
  MapRequest even = asked;
  even.placement = Placement::even;
  even.front = false;
  if (asked.time_s) even.time_s = even_share * *asked.time_s;
  MapResult result = ExactMapper().map(even);
  if (!result.mapping && result.stopped != "infeasible") return result;
  std::optional<MapPoint> best;
  if (result.mapping)
    best = MapPoint{result.objective, result.best.energy_pj, static_cast<double>(result.best.cycles),
                    pack(asked.layer, *result.mapping)};
  std::int64_t evaluations = result.evaluations;
  StackedMachines machines = stacked_machines(asked);
  const auto search_of = [&](StackedMachine& machine) {
    if (asked.time_s) machine.request.time_s = std::max(0.0, *asked.time_s - clock.seconds());
    return std::make_unique<ExactSearch>(machine, asked);
  };
  struct Part {
    StackedMachine* machine = nullptr;
    double bound = 0.0;
  };
  std::vector<Part> parts;
  std::string stopped;
  try {
    for (StackedMachine& machine : machines.all) machine.request.front = false;
    for (StackedMachine& machine : machines.all) parts.push_back({&machine, search_of(machine)->root_bound()});
  } catch (const std::length_error&) {
    stopped = "tables";
  }
  std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.bound < b.bound; });
  double lower_bound = std::numeric_limits<double>::infinity();
  for (Part& part : parts) {
    const double target = best ? best->objective * (1.0 - asked.gap) : std::numeric_limits<double>::infinity();
    if (part.bound < target && stopped.empty()) {
      const auto search = search_of(*part.machine);
      if (best) search->start_from(*best);
      search->solve();
      evaluations += search->evaluations();
      best = search->best();
      part.bound = std::max(part.bound, search->lower_bound());
      const std::string& why = search->stopped();
      if (why == "time" || why == "memory" || why == "budget") stopped = why;
    }
    lower_bound = std::min(lower_bound, part.bound);
  }
  bool listed = false;
  const bool rounded = best && rounded_up(asked, best->mapping);
  if (asked.budget == 0) {
    MapRequest left = asked;
    left.front = false;
    left.placement = Placement::uneven;
    if (asked.time_s) left.time_s = std::max(0.0, *asked.time_s - clock.seconds());
    listed = settle_by_evaluation(left, stopped == "tables" || !machines.whole || rounded, best, evaluations);
  }
  if (listed) {
    if (best) lower_bound = best->objective;
  } else if (stopped == "tables" || !machines.whole) {
    const auto operations = static_cast<double>(macs(asked.layer));
    lower_bound = asked.objective(operations * compute_energy_per_op_pj(asked.layer, asked.architecture.compute),
                                  std::ceil(operations / static_cast<double>(asked.architecture.compute.instances)));
    if (stopped.empty()) stopped = "levels";
  }
  const double seconds = result.seconds;
  result = answer(asked, best ? std::optional(best->mapping) : std::nullopt);
  result.lower_bound = std::isfinite(lower_bound) ? lower_bound : 0.0;
  if (best) result.lower_bound = std::min(result.lower_bound, result.objective);
  result.proven = best && result.lower_bound >= result.objective;
  result.stopped = result.proven      ? "proven"
                   : !best            ? "infeasible"
                   : !stopped.empty() ? stopped
                   : asked.gap > 0.0  ? "gap"
                                      : "bound";
  result.evaluations = evaluations;
  result.seconds = std::max(seconds, clock.seconds());
  return result;
}

}  // namespace dovetail
