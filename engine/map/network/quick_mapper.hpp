// What a layer is worth on a machine that is only being explored: a good mapping soon, and a bound, without a proof.
#pragma once

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Evolution finds a first mapping, one run of labels cut off by it improves it. Where evolution finds none, or the
/// layer is too large for tables, the answer is the exact mapper's. With imperfect factors or uneven placement a climb
/// in the larger space starts from that, and nothing bounds what it answers. A pure function of the request for any
/// number of threads.
MapResult explore_layer(const MapRequest& request);

}  // namespace dovetail
