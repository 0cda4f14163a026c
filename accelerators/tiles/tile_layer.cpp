// Recognises the layers that make_conv and make_matmul make, by their dimensions and tensors.
#include <dovetail/accelerators/tiles/tile_layer.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace dovetail {
namespace {

std::int64_t extent(const Layer& layer, const char* name) {
  const int at = find_dimension(layer, name);
  return at < 0 ? 1 : layer.dimensions[static_cast<std::size_t>(at)].extent;
}

/// The coefficient of a dimension on the axes of the inputs, or 1.
std::int64_t coefficient(const Layer& layer, const char* name) {
  const int at = find_dimension(layer, name), inputs = find_tensor(layer, "Inputs");
  if (at < 0 || inputs < 0) return 1;
  for (const Axis& axis : layer.tensors[static_cast<std::size_t>(inputs)].axes) {
    for (const AxisTerm& term : axis) {
      if (term.dimension == at) return term.coefficient;
    }
  }
  return 1;
}

TileReading refused(const Layer& layer, const std::string& why) {
  return {std::nullopt, fmt::format("{}: {}; the tile model prices convolutions with square kernels and strides and "
                                    "products of two matrices",
                                    layer.name, why)};
}

/// Whether the loops and axes are those of `model`, whatever the widths and densities of the words.
bool same_nest(Layer layer, const Layer& model) {
  for (Tensor& tensor : layer.tensors) tensor.word_bits = 0, tensor.density = 1.0;
  return shape_key(layer) == shape_key(model);
}

TileReading convolution(const Layer& layer) {
  const std::int64_t height = extent(layer, "R"), width = extent(layer, "S");
  const std::int64_t down = coefficient(layer, "P"), across = coefficient(layer, "Q");
  const std::int64_t spread =
      std::max(height > 1 ? coefficient(layer, "R") : 1, width > 1 ? coefficient(layer, "S") : 1);
  if (height != width) return refused(layer, fmt::format("the kernel is {} x {}", height, width));
  if (down != across) return refused(layer, fmt::format("the strides are {} and {}", down, across));
  if (spread > 1) return refused(layer, fmt::format("the dilation is {}", spread));
  const std::int64_t padding = layer.padding.empty() ? 0 : layer.padding.front();
  if (layer.padding.size() > 1 && layer.padding[1] != padding)
    return refused(layer, fmt::format("the padding is {} and {}", padding, layer.padding[1]));
  TileLayer out{.out_channels = extent(layer, "K"),
                .in_channels = extent(layer, "C"),
                .rows = extent(layer, "P"),
                .columns = extent(layer, "Q"),
                .kernel = height,
                .stride = down,
                .padding = padding,
                .batch = extent(layer, "N") * extent(layer, "G")};
  const std::int64_t groups = extent(layer, "G"), channels = extent(layer, "C");
  out.depthwise = find_dimension(layer, "K") < 0;
  if (out.depthwise) out.out_channels = channels;
  const Layer model = make_conv({.name = layer.name,
                                 .batch = extent(layer, "N"),
                                 .in_channels = channels * groups,
                                 .out_channels = out.out_channels * groups,
                                 .groups = out.depthwise ? channels : groups,
                                 .out_height = out.rows,
                                 .out_width = out.columns,
                                 .kernel_height = height,
                                 .kernel_width = width,
                                 .stride_height = down,
                                 .stride_width = across});
  if (!same_nest(layer, model)) return refused(layer, "its loops are not those of a convolution");
  return {out, ""};
}

TileReading product(const Layer& layer) {
  const TileLayer out{.out_channels = extent(layer, "N"),
                      .in_channels = extent(layer, "K"),
                      .rows = extent(layer, "M"),
                      .batch = extent(layer, "B")};
  const Layer model = make_matmul({layer.name, out.rows, out.out_channels, out.in_channels, out.batch});
  if (!same_nest(layer, model)) return refused(layer, "its loops are not those of a product of two matrices");
  return {out, ""};
}

}  // namespace

TileReading tile_layer(const Layer& layer) {
  if (layer.kind == "conv") return convolution(layer);
  if (layer.kind == "matmul") return product(layer);
  return refused(layer, fmt::format("it is a loop nest of kind {}", layer.kind));
}

}  // namespace dovetail
