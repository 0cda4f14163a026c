// The order and the meaning of an ONNX graph's nodes: what is learned, which operators multiply and accumulate.
#pragma once
#ifdef DOVETAIL_ONNX

#include <onnx/onnx_pb.h>

#include <string>
#include <unordered_set>
#include <vector>

#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail::onnx_import {

/// What an operator means to us.
enum class OperatorKind {
  layer,        ///< a convolution or matrix product that becomes a layer
  unsupported,  ///< products that are no single loop nest: recurrent and fused operators
  plain         ///< no product
};

OperatorKind operator_kind(const onnx::NodeProto& node);

/// `Conv node 'conv1'`; a node without a name goes by its first output.
std::string node_text(const onnx::NodeProto& node);
std::string node_name(const onnx::NodeProto& node);

/// Positions of the nodes such that each comes after what it reads. Reports values that nothing writes, that
/// two nodes write, and cycles.
std::vector<int> node_order(const onnx::GraphProto& graph, const Location& where, Diagnostics& diagnostics);

/// Reports nodes that hide products: in sub-graphs of control flow, in local functions, and in operators that
/// are no single loop nest; also functions that call themselves.
void refuse_hidden_products(const onnx::ModelProto& model, const Location& where, Diagnostics& diagnostics);

/// The names of all values that depend on a graph input without an initializer; all others are learned or
/// constant.
std::unordered_set<std::string> computed_values(const onnx::GraphProto& graph, const std::vector<int>& order);

}  // namespace dovetail::onnx_import
#endif
