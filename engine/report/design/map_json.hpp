// What a mapper was asked and what it answered, as JSON: the form of `map` and of the C API.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// `best` (an evaluation with its `mapping`, or null), `objective`, `lower_bound`, `gap`, `proven`, `evaluations`,
/// `seconds`, `stopped`; the `violations` of the nearest miss where nothing fits; the `front` where there is one.
nlohmann::ordered_json to_json(const MapRequest& request, const MapResult& result);

}  // namespace dovetail
