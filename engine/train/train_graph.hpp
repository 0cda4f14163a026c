// What the trainer runs of a network: convolutions and products with what they read, pooling found from the sizes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <dovetail/workloads/network.hpp>

namespace dovetail {

/// What a node reads: a window's largest value (pool x pool, 1: as it is), or of the whole map its mean (0).
struct TrainRead {
  int node = -1;  ///< -1: the image
  int pool = 1;
};

/// A convolution; a product is one whose kernel is the whole map (or 1 after a mean). Each but the last is followed by
/// batch norm and ReLU; several reads are summed.
struct TrainNode {
  std::string name;
  int in_channels = 1, out_channels = 1, groups = 1, kernel = 1, stride = 1, padding = 0;
  int in_height = 1, in_width = 1, out_height = 1, out_width = 1;
  std::vector<TrainRead> reads;

  bool depthwise() const { return groups > 1 && groups == in_channels && groups == out_channels; }
  double macs() const {
    return static_cast<double>(out_channels) * (in_channels / groups) * kernel * kernel * out_height * out_width;
  }
};

/// Nodes in an order in which each comes after what it reads; the last one has the classes.
struct TrainGraph {
  int channels = 1, height = 1, width = 1, classes = 2;
  std::vector<TrainNode> nodes;

  double macs() const;
  /// Bytes that training takes with so many images at a time: convolutions' results, gradients, parameters with
  /// momentum.
  double bytes(int batch) const;
};

/// The graph, or why the network is not trained, by the name of the layer.
struct TrainReading {
  std::optional<TrainGraph> graph;
  std::string refusal;
};

/// Chains, and sums of equal shapes: convolutions with square kernels, strides and padding, no dilation; depthwise and
/// grouped ones; products of one row. What stands between two layers is told by their sizes: nothing, windows of max
/// pooling, or the mean over the map before a product. Layers joined by channels are refused.
TrainReading train_graph(const Network& network, int channels, int height, int width);

/// Channels, height and width of the image that the first layer reads, as far as its own sizes tell: the largest image
/// with these output sizes; none where the first layer is no convolution.
struct ImageShape {
  int channels = 1, height = 1, width = 1;
};
std::optional<ImageShape> image_shape(const Network& network);

}  // namespace dovetail
