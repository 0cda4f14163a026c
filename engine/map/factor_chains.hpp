// Imperfect factors: chains of factors that cover an extent, none of them larger than needed.
#pragma once

#include <cstddef>
#include <cstdint>

#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// Product of all factors of a dimension; at most 2^62.
std::int64_t chain_product(const PackedMapping& mapping, std::size_t dimension);

/// The least that a factor may be while the chain covers `extent`: ceil(extent / product of the others).
std::int64_t least_factor(const PackedMapping& mapping, std::size_t dimension, std::int64_t extent,
                          std::int64_t factor);

/// Makes the chain of a dimension cover its extent, if need be by the outermost level's loop in time, and lowers every
/// factor as far as cover and the rules' least factors allow, from the inside out. False when the rules allow no cover.
bool tighten(PackedMapping& mapping, std::size_t dimension, std::int64_t extent, const MappingRules& rules);

/// Whether the chain covers the extent and no factor could be one less.
bool tight(const PackedMapping& mapping, std::size_t dimension, std::int64_t extent, const MappingRules& rules);

/// The same for all dimensions of a layer.
bool tighten(PackedMapping& mapping, const Layer& layer, const MappingRules& rules);
bool tight(const PackedMapping& mapping, const Layer& layer, const MappingRules& rules);

/// Uneven placement: loops of one trip go innermost, depths of tensors that a level does not keep become 0, and no
/// depth is more than the loops there are.
void settle_depths(PackedMapping& mapping);

}  // namespace dovetail
