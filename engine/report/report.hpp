// What an architect reads after a search: evaluations, designs and whole studies as text, JSON and rows.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <dovetail/engine/codesign/codesign.hpp>

namespace dovetail {

/// One evaluated design: totals, energy by level and tensor, access counts, or the broken constraints.
std::string evaluation_text(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                            const Evaluation& evaluation);

/// A hardware point with its machine, objective, and per layer the metrics and mapping.
nlohmann::ordered_json design_point_json(const Codesign& codesign, const DesignPoint& design);

/// The answer of `optimize`: best, baseline, improvement, lower_bound, gap, trials, feasible, infeasible, seconds.
nlohmann::ordered_json result_json(const Codesign& codesign, const CodesignResult& result);

/// What a result is made of: the designs are those of design_point_json, or null.
struct ResultParts {
  nlohmann::ordered_json best, baseline, baseline_free;
  double lower_bound = 0.0;
  bool proven = false;  ///< as in CodesignResult, like the next
  double tried_lower_bound = 0.0;
  std::int64_t trials = 0, feasible = 0, pruned = 0;
  std::map<std::string, std::int64_t> infeasible;
  std::string stopped;
  double seconds = 0.0;
  nlohmann::ordered_json front;    ///< {objectives, designs, reference, hypervolume} of several objectives
  nlohmann::ordered_json work;     ///< {points, untried, cut, mapped, settled} of a space that could be listed
  nlohmann::ordered_json closest;  ///< of closest_json where nothing is feasible
  nlohmann::ordered_json review;   ///< of review_json
  bool none_keeps = false;         ///< as in CodesignResult
  nlohmann::ordered_json proof =
      nullptr;  ///< [{seconds, best, lower_bound}], how best and bound of the space met over time
};

/// The result of a study whose header is known: of a search that just ended, or of a store.
nlohmann::ordered_json compose_result(const nlohmann::ordered_json& header, const ResultParts& parts);

/// What result_json says before anything is searched: the study in words.
nlohmann::ordered_json header_json(const Codesign& codesign);

/// A result of result_json for people: best beside the hand design, what the gain is made of, the machine, every layer.
std::string result_text(const nlohmann::ordered_json& result);

/// The loop nest of every layer of a design.
std::string nests_text(const DesignPoint& design);

/// One trial: `id`, `outcome` (feasible, infeasible, pruned, failed), `point`, `metrics`, `reason`.
nlohmann::ordered_json trial_json(const Trial& trial, nlohmann::ordered_json point);
nlohmann::ordered_json trial_json(const Codesign& codesign, const Trial& trial);

/// The table of such trials. No seconds, so equal studies have equal tables.
std::string trials_csv(const nlohmann::ordered_json& trials, const std::vector<std::string>& parameters);

/// Share by which `value` is below `reference`: (reference - value) / reference.
double reduction(double value, double reference);

}  // namespace dovetail
