// How the trials of a study are spread over workers, for reports.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <dovetail/engine/record/postgres/postgres_store.hpp>

namespace dovetail {

nlohmann::ordered_json work_json(const WorkState& state);

/// Who evaluates, how fast, and what had to be done again; empty for null.
std::string work_text(const nlohmann::ordered_json& work);

}  // namespace dovetail
