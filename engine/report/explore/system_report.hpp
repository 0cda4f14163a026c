// A chip of several machines in a result: the machines, which layer runs where and when, and what moving one would
// cost.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <dovetail/engine/explore/exploration.hpp>

namespace dovetail {

/// What a study may build: slots with their choices, budgets, which slots are interchangeable.
nlohmann::ordered_json system_plan_json(const Exploration& exploration);
/// The same drawn for people.
std::string system_plan_text(const nlohmann::ordered_json& plan);
/// What to know of machines that differ in their technology.
std::vector<std::string> system_remarks(const Exploration& exploration);

/// machines, layers (slot, start, end, energy, mapping, and `elsewhere`: how the schedule's latency and energy would
/// change with the layer on another machine), front, exact, gap, chart, placement (a placement-case/1 document). The
/// schedule is computed again from the point; null where that was stopped.
nlohmann::ordered_json system_json(const Exploration& exploration, const Trial& trial, const StageEffort& effort);
std::string system_text(const nlohmann::ordered_json& system);
/// A chart of who runs what and when, as SVG.
std::string system_svg(const nlohmann::ordered_json& system);

/// Every layer with what moving it would cost, for people.
std::string moves_text(const nlohmann::ordered_json& system);

}  // namespace dovetail
