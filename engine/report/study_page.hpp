// A study as one self-contained HTML page: data, charts and drawing inside, nothing fetched when it is read.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace dovetail {

/// Whether the chart library was there when the program was built (`./dev` fetches it where npm is installed).
bool html_charts_available();

/// The page for a study. `data` has `result` (as `optimize` prints it), `trials` (each `id`, `outcome` feasible |
/// infeasible | pruned | failed, `point`, `metrics`, `reason`, `seconds`) and, where known, `calibration` (each
/// `observed`, `predicted`, `low`, `high`) with `calibration_coverage`. Text in the data cannot end the page's script.
std::string html_page(const nlohmann::ordered_json& data);

}  // namespace dovetail
