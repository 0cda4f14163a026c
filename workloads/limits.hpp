// How large a layer and a machine may be: every fixed-size table of the inner loops has these sizes.
#pragma once

namespace dovetail {

inline constexpr int max_dimensions = 10;  ///< named loops of a layer
inline constexpr int max_tensors = 4;      ///< operands and results of a layer
inline constexpr int max_axes = 6;         ///< data axes of one tensor
inline constexpr int max_levels = 8;       ///< storage levels of a machine, DRAM included

}  // namespace dovetail
