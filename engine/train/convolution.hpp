// Convolution over images whose channels lie together, forward and backward: windows copied to columns, products of
// matrices.
#pragma once

#include <vector>

namespace dovetail {

/// Sizes of one convolution over a map. Weights are, group by group, a matrix of output channels x (kernel row, kernel
/// column, input channel), the output channels together; a depthwise convolution's are (kernel row, kernel column) x
/// channel.
struct ConvSizes {
  int in_channels = 1, out_channels = 1, groups = 1, kernel = 1, stride = 1, padding = 0;
  int in_height = 1, in_width = 1, out_height = 1, out_width = 1;

  bool depthwise() const { return groups > 1 && groups == in_channels && groups == out_channels; }
  std::size_t weights() const;
};

/// y = w * x for `images` maps. `scratch` keeps its memory between calls.
template <class S>
void conv_forward(const ConvSizes& sizes, int images, const S* x, const S* w, S* y, std::vector<S>& scratch);

/// dw += the gradient of the weights; dx = that of the input where dx is not null.
template <class S>
void conv_backward(const ConvSizes& sizes, int images, const S* x, const S* w, const S* dy, S* dw, S* dx,
                   std::vector<S>& scratch);

}  // namespace dovetail
