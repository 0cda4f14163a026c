// Which extents a layer is best rounded up to, so that perfect factors fill a machine's meshes.
#pragma once

#include <cstdint>
#include <vector>

#include <dovetail/engine/map/mapper.hpp>

namespace dovetail {

/// Extents per dimension, each at least the layer's.
using PaddedExtents = std::vector<std::int64_t>;

/// At most `count` different choices of extents, those with the fewest steps in time first: of every way that was
/// looked at to spread dimensions over the meshes, each extent rounded up to a whole number of rounds; then the same
/// with awkward numbers of rounds (primes above 5) rounded up a little further. The layer's own extents come first.
std::vector<PaddedExtents> padded_extents(const MapRequest& request, std::size_t count);

/// The request on a layer with these extents, with perfect factors.
MapRequest padded_request(const MapRequest& request, const PaddedExtents& extents);

}  // namespace dovetail
