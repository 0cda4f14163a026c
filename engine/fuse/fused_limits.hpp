// The best schedules of networks on one machine within limits on what they cost together, with a proof where there is
// one.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <dovetail/engine/fuse/fused_mapper.hpp>
#include <dovetail/engine/map/network/network_choice.hpp>

namespace dovetail {

struct FusedLimitedRequest {
  std::vector<FusedMapRequest> networks;  ///< their objective is the goal's; cutoff and gap are not used
  std::vector<double> weights;
  NetworkGoal goal;
  double cutoff = 0.0;  ///< > 0: only what is below it is wanted
};

/// How much is known of the schedules that limits leave.
enum class FrontKnown : std::uint8_t {
  optimum,  ///< the networks' best schedules keep the limits: nothing else was asked
  convex,   ///< schedules on the convex front of energy and cycles, and what the mappings known there make
  all       ///< every schedule that could be better was listed
};

struct FusedLimitedResult {
  /// Per network the schedule chosen. Lower bounds are of its own objective within the limits; `proven` is of them all.
  std::vector<FusedMapResult> networks;
  std::vector<FusedMapResult> alone;  ///< per network: its best schedule without limits
  bool found = false;                 ///< every network has a schedule
  double violation = 0.0;             ///< of the limits; <= 0: kept
  double objective = 0.0;
  /// No schedules within the limits are below; infinite: proven that none keep them; at least the cutoff: none below
  /// it do.
  double lower_bound = 0.0;
  FrontKnown known = FrontKnown::optimum;
  bool kept() const { return found && violation <= 0.0; }
  bool proven() const { return kept() && lower_bound >= objective; }
};

/// First each network's best schedule; where these keep the limits, they are the answer. Otherwise prices as in
/// map_fused, each where the bound within the limits is least: convex curves that no schedule is below. Between the
/// bound and the best choice of schedules are those that no price finds: every mapping is listed that a schedule there
/// may take, and the front of their sums is made along the graph (constrained shortest paths by a Lagrangian bound and
/// what it leaves; Handler & Zang, Networks 10, 1980). Where the listing is too long the bound keeps its gap.
FusedLimitedResult map_fused_within(const FusedLimitedRequest& request);

}  // namespace dovetail
