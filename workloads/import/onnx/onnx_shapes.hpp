// Shapes of all values of an ONNX graph, by ONNX's own inference fed with what is known of its inputs.
#pragma once
#ifdef DOVETAIL_ONNX

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace dovetail::onnx_import {

/// Extents along the axes; -1 where the model leaves one open.
using Shape = std::vector<std::int64_t>;

/// What is known of each value's type after inference.
using ValueTypes = std::unordered_map<std::string, onnx::TypeProto>;

/// Sets the symbolic sizes of a graph's inputs, outputs and values that `sizes` names, by their name
/// (`batch`) or by a tensor and an axis (`input.0`). Returns the keys of `sizes` that named nothing.
std::vector<std::string> bind_sizes(onnx::GraphProto& graph, const std::map<std::string, std::int64_t>& sizes);

/// The names of the symbolic sizes of a graph's inputs, sorted.
std::vector<std::string> symbolic_sizes(const onnx::GraphProto& graph);

/// Types of inputs, initializers and all values. `order` are positions of nodes, each after what it reads. A
/// node whose operator is not known, or to which ONNX's rules cannot be applied, keeps what the model's
/// value_info says.
ValueTypes infer_types(onnx::ModelProto& model, const std::vector<int>& order);

/// The shape of a value; none where not even its rank is known.
std::optional<Shape> shape_of(const ValueTypes& types, const std::string& value);

}  // namespace dovetail::onnx_import
#endif
