// What a search over networks found, as JSON, text and rows.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <dovetail/engine/explore/exploration.hpp>

namespace dovetail {

/// One trial: id, outcome (feasible, infeasible, failed), point, metrics, reason.
nlohmann::ordered_json exploration_trial_json(const Exploration& exploration, const Trial& trial);

/// The layers of a candidate as they were priced, a design per line that `dovetail evaluate` reads: each shape once per
/// machine. Empty where nothing was mapped.
std::string design_lines(const Exploration& exploration, const Trial& trial);

/// best (point, objective, metrics, networks, architecture, the layers with their mappings), front, stages, reuse,
/// trials, feasible, infeasible, stopped, seconds.
nlohmann::ordered_json exploration_json(const Exploration& exploration, const ExplorationResult& result);

/// A study as its store tells it, finished, running or cut off: no family or table is needed to read it.
struct StoredExploration {
  nlohmann::ordered_json result, trials = nlohmann::ordered_json::array();
  std::vector<std::string> parameters;
};
bool is_exploration(const Store& store);
StoredExploration stored_exploration(const Store& store);

/// The table of trials: trial, outcome, network, parameters, metrics, reason. No seconds, so equal studies have equal
/// tables.
std::string exploration_csv(const nlohmann::ordered_json& trials, const std::vector<std::string>& parameters);

/// One page without scripts: the first two metrics that are wanted against each other with the front, the stages, the
/// best network drawn as a graph, and the trials.
std::string exploration_page(const nlohmann::ordered_json& result, const nlohmann::ordered_json& trials);

/// The result for people.
std::string exploration_text(const nlohmann::ordered_json& result);

}  // namespace dovetail
