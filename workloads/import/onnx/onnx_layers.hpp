// Loop nests of ONNX's convolutions and matrix products.
#pragma once
#ifdef DOVETAIL_ONNX

#include <onnx/onnx_pb.h>

#include <string>
#include <unordered_set>
#include <vector>

#include <dovetail/workloads/network.hpp>

#include "onnx_shapes.hpp"

namespace dovetail::onnx_import {

/// A node as a layer and the values that it reads as Inputs and as Weights.
struct OnnxLayer {
  NetworkLayer layer;
  bool transposed = false;  ///< a transposed convolution: in input coordinates, uncropped
};

/// The loop nest of a node whose operator_kind is `layer`. `computed` are the values that depend on an input:
/// the second operand is the learned one where it is none of them. Throws InputError with a message that
/// names the node (and the tensor whose size is not known).
OnnxLayer onnx_layer(const onnx::NodeProto& node, const ValueTypes& types,
                     const std::unordered_set<std::string>& computed, const Location& where);

}  // namespace dovetail::onnx_import
#endif
