// Which loop nests are convolutions or matrix products, whatever file they came from.
#pragma once

#include <optional>

#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// The convolution that the layer is: dimensions called N K C P Q R S (and G), tensors called Weights, Inputs
/// and Outputs; the order of dimensions, tensors and axes is free, and dimensions of extent 1 may be missing.
/// None for any other nest.
std::optional<ConvShape> as_convolution(const Layer& layer);

/// The matrix product that the layer is: dimensions called M N K (and B).
std::optional<MatmulShape> as_matmul(const Layer& layer);

/// Whether two layers are the same loop nest but for the order of dimensions, tensors and axes, dimensions of
/// extent 1, and information fields.
bool same_nest(const Layer& a, const Layer& b);

}  // namespace dovetail
