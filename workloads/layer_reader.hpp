// One layer of a native workload descriptor: a convolution, matmul or einsum in one line.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// Settings of the whole descriptor that a layer may override.
struct LayerDefaults {
  std::int64_t batch = 1;  ///< multiplies N of convolutions, the rows of a matmul, B of a batched matmul
  Node word_bits;          ///< of all tensors, or per tensor; null: not given
  Node density;
};

/// A layer as written, with the names of the layers that it reads.
struct ReadLayer {
  NetworkLayer layer;
  Node after;  ///< null: the layer before it
};

/// Reads the fields of one layer. Forms (exactly one of conv, depthwise, matmul, einsum, tensors):
///
///     {conv: 64x56x56 -> 128, kernel: 3, stride: 2, pad: 1}    input C x H x W -> output channels
///     {conv: 64 -> 128x28x28, kernel: 3, stride: 2}             input channels -> output K x P x Q
///     {depthwise: 32x112x112, kernel: 3, pad: 1}
///     {matmul: 128x768 * 768x3072}                              (M x K) * (K x N)
///     {matmul: 12x128x64 * 12x64x128}                           batch of 12 products
///     {einsum: "O[n,k,p] += I[n,c,2p+r] * W[k,c,r]", dims: {n: 1, k: 8, c: 4, p: 16, r: 3}}
///     {dims: {...}, tensors: {...}}                             as in the reference schema
///
/// kernel, stride, pad, dilation: a number, HxW, or [H, W]; pad also `same`. Sizes are those of whole tensors, over all
/// groups. None when there was an error.
std::optional<ReadLayer> read_layer(const std::string& name, const Node& node, const LayerDefaults& defaults,
                                    Diagnostics& diagnostics);

/// Checks word_bits or density given for all tensors or by tensor name, without a layer to apply them to.
nlohmann::ordered_json layer_schema();

}  // namespace dovetail
