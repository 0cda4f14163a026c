// An Evaluation as the JSON object of the command line.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include <dovetail/accelerators/evaluation.hpp>
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// `valid`, `violations`, the metrics, `levels` (innermost first) and `networks` with the names of the reference
/// schema; counts are words per instance. An invalid design has its violations and null metrics.
nlohmann::ordered_json to_json(const Layer& layer, const Architecture& architecture, const Evaluation& evaluation);

/// A finite number as itself; NaN and infinities as null.
nlohmann::ordered_json json_number(double value);

/// One broken constraint in words: "capacity of Spad: 412 words needed, 220 available".
std::string to_text(const Violation& violation);

}  // namespace dovetail
