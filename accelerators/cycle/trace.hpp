// The timeline of a mapping as trace events that the Perfetto viewer (ui.perfetto.dev) and chrome://tracing open.
#pragma once

#include <cstdint>
#include <string>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// JSON trace events of the first `most_steps` steps (tiles, on gemmini): one track per port and one for the array; one
/// microsecond of the viewer is one cycle. The run is step by step. Throws std::invalid_argument for an illegal mapping
/// or a preset that cannot run it.
std::string trace_json(const Layer& layer, const Architecture& architecture, const Mapping& mapping,
                       std::int64_t most_steps = 2000);

}  // namespace dovetail
