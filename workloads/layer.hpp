// A layer: a perfect loop nest over named dimensions whose tensors are affine projections of the loop indices.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dovetail {

/// One summand of a data coordinate: coefficient x index of a dimension.
struct AxisTerm {
  int dimension = 0;             ///< position in Layer::dimensions
  std::int64_t coefficient = 1;  ///< >= 1: stride, dilation, or 1
  bool operator==(const AxisTerm&) const = default;
};

/// One data axis of a tensor: the coordinate is the sum of the terms. A sliding window is {P x stride, R x dilation}.
using Axis = std::vector<AxisTerm>;

/// A named loop of the layer.
struct Dimension {
  std::string name;
  std::int64_t extent = 1;  ///< trip count, >= 1
  bool operator==(const Dimension&) const = default;
};

/// An operand or the result of the layer.
struct Tensor {
  std::string name;
  std::vector<Axis> axes;
  bool written = false;  ///< accumulated (read-modify-write); exactly one tensor of a layer is
  int word_bits = 0;     ///< width of an element; 0: the width of whatever memory holds it
  double density = 1.0;  ///< expected share of nonzero elements, in (0, 1]
  bool operator==(const Tensor&) const = default;
};

/// A layer of a network: any loop nest with affine tensors. Every point of the iteration space is one
/// multiply-accumulate. Sizes are limited by limits.hpp; `check` in layer.cpp states what a legal layer is.
///
///     Layer conv = make_conv({.name = "conv2_x", .in_channels = 64, .out_channels = 64, .out_height = 56,
///                             .out_width = 56, .kernel_height = 3, .kernel_width = 3});
///     macs(conv);  // 115605504
struct Layer {
  std::string name;
  std::vector<Dimension> dimensions;
  std::vector<Tensor> tensors;
  std::string kind = "einsum";        ///< conv, matmul, einsum: information only
  std::vector<std::int64_t> padding;  ///< information only (the model has no padding): one number per spatial axis
  bool operator==(const Layer&) const = default;
};

/// A convolution in output coordinates. Dimensions are N K C P Q R S (and G with groups > 1), where P, R run along
/// height and Q, S along width. in_channels and out_channels are totals over all groups. Depthwise is
/// groups == in_channels == out_channels, and then K and C are dropped in favour of one dimension C.
struct ConvShape {
  std::string name;
  std::int64_t batch = 1;
  std::int64_t in_channels = 1, out_channels = 1, groups = 1;
  std::int64_t out_height = 1, out_width = 1;        ///< P, Q
  std::int64_t kernel_height = 1, kernel_width = 1;  ///< R, S
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t dilation_height = 1, dilation_width = 1;
  std::int64_t padding_height = 0, padding_width = 0;
};

/// C[M,N] += A[M,K] B[K,N], or a batch of such products with the extra dimension B. Dimensions M N K (and B);
/// tensors Inputs = A, Weights = B, Outputs = C.
struct MatmulShape {
  std::string name;
  std::int64_t rows = 1, columns = 1, depth = 1, batch = 1;  ///< M, N, K, B
};

Layer make_conv(const ConvShape& shape);
Layer make_matmul(const MatmulShape& shape);

/// Multiply-accumulates: the product of all extents. Throws std::overflow_error above 2^63 - 1.
std::int64_t macs(const Layer& layer);

/// Distinct elements of a tensor's bounding box: product over axes of 1 + sum coefficient x (extent - 1).
std::int64_t elements(const Layer& layer, const Tensor& tensor);

/// Position of the dimension or tensor with this name, or -1.
int find_dimension(const Layer& layer, std::string_view name);
int find_tensor(const Layer& layer, std::string_view name);

/// Whether the dimension moves the tensor (appears on one of its axes).
bool relevant(const Tensor& tensor, int dimension);

/// Position of the written tensor.
int written_tensor(const Layer& layer);

/// What is wrong with the layer, one message each; empty when it is legal.
std::vector<std::string> check(const Layer& layer);

/// Equal loop nests are evaluated once: the layer without its name and information fields, as a stable text key.
std::string shape_key(const Layer& layer);

}  // namespace dovetail
