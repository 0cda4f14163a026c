// map --fusion homes|bands: a network whose results may stay on chip.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/verbs/map/map.hpp>

namespace dovetail::verbs {

/// Maps the networks layer by layer and with their results on chip, and answers with both. Throws UsageError and
/// InputError.
Answer map_fusion(const std::vector<std::string>& workloads, const MapOptions& options, const Asking& asking);

}  // namespace dovetail::verbs
