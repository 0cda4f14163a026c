// What a fused network is: groups, homes, the buffer over time, what crosses the outermost memory, and what it bought.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include <dovetail/engine/fuse/fused_limits.hpp>

namespace dovetail {

/// Energy of the outermost memory, by what it moved.
struct OutermostEnergy {
  double weights_pj = 0.0, activations_pj = 0.0;
};
OutermostEnergy outermost_energy(const RunningNetwork& network, const FusedMapResult& result);

/// A network's schedule: edp, energy_pj, cycles, lower_bound, gap, proven, groups, in_buffer as in fused-chain-case/1,
/// objective, compulsory_edp, home, `does_not_fit` (what lacks words of the home, with how many), `outermost` (energy by kind), `steps` (what runs, in words of the home level, over
/// time); with `unfused` also what layer by layer costs, in all and per step.
nlohmann::ordered_json fused_network_json(const FusedMapRequest& request, const FusedMapResult& result,
                                          const FusedMapResult* unfused);

/// What is known of the schedules within limits, in a word: "optimum", "all" or "convex front".
std::string known_within(FrontKnown known);

/// `network` as above, and `layers`: every run with its mapping, its homes and the words that are left to it.
nlohmann::ordered_json fusion_json(const FusedMapRequest& request, const FusedMapResult& result,
                                   const FusedMapResult& unfused);

/// A network's schedule for people, with the home level over time as a picture. `plain`: EDP is what was made small.
std::string fused_network_text(const nlohmann::ordered_json& network, bool plain);

/// One step in sentences: what runs how often, what stays where, what that saves against `unfused`.
std::string step_in_words(const FusedMapRequest& request, const FusedMapResult& result, const FusedStep& step,
                          const FusedMapResult& unfused);

}  // namespace dovetail
