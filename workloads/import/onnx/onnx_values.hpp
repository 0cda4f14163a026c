// Small tensors whose elements are known while a graph is read: sizes, axes and indices of shapes.
#pragma once
#ifdef DOVETAIL_ONNX

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace dovetail::onnx_import {

/// A number that holds every int64_t and every double exactly where `long double` has 64 bits of mantissa.
using Number = long double;

/// Elements of a small tensor; none where an element is not known (a size that the model leaves open).
struct SmallTensor {
  int type = onnx::TensorProto::INT64;  ///< TensorProto::DataType
  std::vector<std::int64_t> sizes;      ///< its shape
  std::vector<std::optional<Number>> elements;

  bool known() const;  ///< every element is
};

using SmallTensors = std::unordered_map<std::string, SmallTensor>;

/// The elements of a tensor of numbers or truth values with at most 1024 of them, where the data are at hand.
std::optional<SmallTensor> small_tensor(const onnx::TensorProto& tensor);

/// As ONNX writes it; known() must hold.
onnx::TensorProto tensor_proto(const SmallTensor& tensor);

/// A vector of sizes in which open ones have neither number nor name, as ONNX's inference wants partial data.
onnx::TensorShapeProto shape_proto(const SmallTensor& tensor);

/// The first output of a node whose operator computes shapes from shapes (Shape, Gather, Concat, Slice,
/// arithmetic, ...), where its inputs are known well enough. `shape_of` is the shape of the first input with
/// -1 for open sizes, if its rank is known; `result` the inferred type of the output, which gives its shape.
std::optional<SmallTensor> fold(const onnx::NodeProto& node, const SmallTensors& known,
                                const std::optional<std::vector<std::int64_t>>& shape_of,
                                const onnx::TypeProto& result);

}  // namespace dovetail::onnx_import
#endif
