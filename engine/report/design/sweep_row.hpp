// One row of a sweep: a study searched, or the machine nearest to the hand design mapped, as figures.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <dovetail/engine/codesign/codesign.hpp>

namespace dovetail {

struct SweepRowOptions {
  bool hold = false;  ///< map the machine nearest to the hand design once, instead of searching
  int threads = 0;
  std::function<bool()> interrupted;
};

/// energy_pj, cycles, edp, area_um2, power_mw, latency_ms.
const std::vector<std::string>& sweep_metrics();

/// {point, status: done or failed, reason, objective, the metrics, lower_bound, gap, best (point), seconds}; figures
/// are null where nothing is feasible.
nlohmann::ordered_json sweep_row(const Codesign& codesign, nlohmann::ordered_json point,
                                 const SweepRowOptions& options);

}  // namespace dovetail
