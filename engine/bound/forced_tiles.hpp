// Whether the tiles that a machine's rules demand fit: what a space can know of mappings before any search.
#pragma once

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// False proves that the layer has no mapping on the machine: with every factor at the least that the rules allow and
/// only what must be stored, some level already holds more than its capacity, and tiles only grow from there.
/// Microseconds.
bool demanded_tiles_fit(const Layer& layer, const Architecture& architecture, const MappingRules& rules, Bypass bypass);

}  // namespace dovetail
