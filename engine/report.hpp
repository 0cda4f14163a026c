// What an architect reads after a search: evaluations, designs and whole studies as text, JSON and rows.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dovetail/engine/codesign.hpp>

namespace dovetail {

/// One evaluated design: totals, energy by level and tensor, access counts, or the broken constraints.
std::string evaluation_text(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                            const Evaluation& evaluation);

/// The machine as a tree, outermost memory first, with sizes, energies and areas.
std::string machine_text(const Architecture& architecture);

/// A hardware point with its machine, objective, and per layer the metrics and mapping.
nlohmann::ordered_json design_point_json(const Codesign& codesign, const DesignPoint& design);

/// The answer of `optimize`: best, baseline, improvement, lower_bound, gap, trials, feasible, infeasible, seconds.
nlohmann::ordered_json result_json(const Codesign& codesign, const CodesignResult& result);

/// The same for people: best beside the hand design, what the gain is made of, the machine, every layer.
std::string result_text(const Codesign& codesign, const CodesignResult& result);

/// The loop nest of every layer of a design.
std::string nests_text(const DesignPoint& design);

/// The trial table: id, parameters, state, metrics, reason. No seconds, so equal studies have equal tables.
std::string trials_csv(const Codesign& codesign, const std::vector<Trial>& trials);

/// Share by which `value` is below `reference`: (reference - value) / reference.
double reduction(double value, double reference);

}  // namespace dovetail
