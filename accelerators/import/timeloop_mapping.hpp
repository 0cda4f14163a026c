// Timeloop mappings on an imported machine.
#pragma once

#include <optional>

#include <dovetail/accelerators/import/timeloop_machine.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>

namespace dovetail {

/// The mapping of the directives of `mapping`. Permutations run from the innermost loop outwards; spatial loops of a
/// container belong to the level above it (or to its own, see TimeloopPlace), the first `split` of the permutation
/// (all, unless said) along X; what no directive says is kept is kept. None when there was an error.
std::optional<Mapping> read_timeloop_mapping(const Node& node, const Layer& layer, const TimeloopMachine& machine,
                                             Diagnostics& diagnostics);

/// The place that a directive names: itself, or the container C called inter_C_spatial. Null, with a message, when
/// there is none.
const TimeloopPlace* find_place(const TimeloopMachine& machine, const std::string& target, const Location& where,
                                Diagnostics& diagnostics);

}  // namespace dovetail
