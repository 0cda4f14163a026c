// Where the cycle model and the loop model disagree, layer by layer, and what the lost cycles wait for.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dovetail/accelerators/cycle/cycle_model.hpp>

namespace dovetail {

/// `machine`, `cycles`, `loop_cycles`, `busy`, `fill`, `drain`, `level_bound`, `stalls` (largest first: `tensor`,
/// `boundary`, `cause`, `cycles`), `steps`, `executed_steps`. Times in cycles.
nlohmann::ordered_json to_json(const CycleReport& report);

/// The same for a layer that a search mapped; `screened_objective` is what the loop model's own choice is worth under
/// the cycle model, `objective` the mapping chosen in its place: `screened_objective` joins the object, null when
/// refused (0).
nlohmann::ordered_json cycle_json(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                                  double screened_objective);

/// A table of layers {name, count, objective, cycle: cycle_json}: cycles of both models, their ratio, what the array
/// waits for, and how much worse the loop model's own choice would have been. Empty when no layer has `cycle`.
std::string disagreement_text(const nlohmann::ordered_json& layers);

}  // namespace dovetail
