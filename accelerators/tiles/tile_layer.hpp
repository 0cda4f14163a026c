// Which layers a tile engine runs, and as what: convolutions, products as convolutions of kernel 1, groups as a batch.
#pragma once

#include <optional>
#include <string>

#include <dovetail/accelerators/tiles/tile_model.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

/// A layer in the engine's words, or why the engine does not run it.
struct TileReading {
  std::optional<TileLayer> layer;
  std::string refusal;  ///< names what the model lacks; empty when there is a layer
};

/// Convolutions with square kernels, strides and padding and without dilation are taken as they are; a grouped one is
/// its groups one after the other, a batch of smaller convolutions. A product M x K times K x N is a convolution of
/// kernel 1 from K to N channels over a map of M rows; a batch of products is a batch of those. Everything else is
/// refused by name.
TileReading tile_layer(const Layer& layer);

}  // namespace dovetail
