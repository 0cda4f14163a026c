// What a store says of a search over networks: the study in words, and the values behind each trial.
#pragma once

#include <nlohmann/json.hpp>

#include <dovetail/engine/explore/exploration.hpp>

namespace dovetail {

/// What is known before anything is searched: networks, objectives, limits, remarks.
nlohmann::ordered_json exploration_header(const Exploration& exploration);

/// What a store keeps beside a trial.
nlohmann::ordered_json exploration_trial_detail(const Exploration& exploration, const Trial& trial);

}  // namespace dovetail
