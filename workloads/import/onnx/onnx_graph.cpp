// Walks over an ONNX graph that need no shapes.
#ifdef DOVETAIL_ONNX
#include "onnx_graph.hpp"

#include <fmt/format.h>

#include <queue>
#include <set>
#include <string_view>
#include <unordered_map>

namespace dovetail::onnx_import {
namespace {

using onnx::GraphProto;
using onnx::NodeProto;

const std::set<std::string_view>& layer_operators() {
  static const std::set<std::string_view> all = {"Conv",   "ConvInteger",   "QLinearConv",   "ConvTranspose", "Gemm",
                                                 "MatMul", "MatMulInteger", "QLinearMatMul", "Einsum"};
  return all;
}

// Recurrent operators of ONNX and the products that ONNX Runtime's domain and later versions fuse.
const std::set<std::string_view>& fused_operators() {
  static const std::set<std::string_view> all = {"LSTM",
                                                 "GRU",
                                                 "RNN",
                                                 "Attention",
                                                 "AttnLSTM",
                                                 "ConvTransposeWithDynamicPads",
                                                 "DecoderAttention",
                                                 "DecoderMaskedMultiHeadAttention",
                                                 "DecoderMaskedSelfAttention",
                                                 "DeformConv",
                                                 "DynamicQuantizeLSTM",
                                                 "DynamicQuantizeMatMul",
                                                 "FusedConv",
                                                 "FusedGemm",
                                                 "FusedMatMul",
                                                 "FusedMatMulActivation",
                                                 "GatedRelativePositionBias",
                                                 "GemmFastGelu",
                                                 "GemmFloat8",
                                                 "GroupQueryAttention",
                                                 "LongformerAttention",
                                                 "MatMulBnb4",
                                                 "MatMulFpQ4",
                                                 "MatMulInteger16",
                                                 "MatMulIntegerToFloat",
                                                 "MatMulNBits",
                                                 "MoE",
                                                 "MultiHeadAttention",
                                                 "NhwcConv",
                                                 "NhwcFusedConv",
                                                 "PackedAttention",
                                                 "PackedMultiHeadAttention",
                                                 "PagedAttention",
                                                 "QAttention",
                                                 "QGemm",
                                                 "QLinearConvTranspose",
                                                 "QMoE",
                                                 "QOrderedAttention",
                                                 "QOrderedLongformerAttention",
                                                 "QOrderedMatMul",
                                                 "SparseAttention",
                                                 "SparseToDenseMatMul",
                                                 "TransposeMatMul",
                                                 "WordConvEmbedding"};
  return all;
}

bool is_standard(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

template <class Visit>
void for_each_subgraph(const NodeProto& node, Visit&& visit) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) visit(attribute.g());
    for (const GraphProto& graph : attribute.graphs()) visit(graph);
  }
}

// Every name that a sub-graph reads; more than it takes from outside, which does no harm.
void add_reads(const GraphProto& graph, std::unordered_set<std::string>& names) {
  for (const NodeProto& node : graph.node()) {
    names.insert(node.input().begin(), node.input().end());
    for_each_subgraph(node, [&](const GraphProto& inner) { add_reads(inner, names); });
  }
  for (const auto& output : graph.output()) names.insert(output.name());
}

std::string function_key(const std::string& domain, const std::string& name) {
  return (is_standard(domain) ? "" : domain) + ":" + name;
}

// Looks for products behind nodes that are no product themselves.
class HiddenProducts {
 public:
  HiddenProducts(const onnx::ModelProto& model, const Location& where, Diagnostics& diagnostics)
      : where_(where),
        diagnostics_(diagnostics) {
    for (const auto& function : model.functions())
      functions_[function_key(function.domain(), function.name())] = {&function};
  }

  void check(const NodeProto& node) {
    if (Function* function = called(node)) {
      if (has_product(*function))
        report(node, fmt::format("calls the local function {} with products inside, which is not read (function)",
                                 quote(node.op_type())));
      return;
    }
    if (operator_kind(node) == OperatorKind::unsupported)
      report(node, "is not supported (unsupported-operator): its products are no single loop nest");
    bool inside = false;
    for_each_subgraph(node, [&](const GraphProto& graph) { inside = inside || any_product(graph.node()); });
    if (inside)
      report(node, "has products in a sub-graph that may run any number of times, which is not read (control-flow)");
  }

 private:
  enum class State { fresh, open, without, with };
  struct Function {
    const onnx::FunctionProto* proto = nullptr;
    State state = State::fresh;
  };

  Function* called(const NodeProto& node) {
    const auto found = functions_.find(function_key(node.domain(), node.op_type()));
    return found != functions_.end() ? &found->second : nullptr;
  }

  bool has_product(Function& function) {
    if (function.state == State::open) {
      if (!reported_cycle_)
        diagnostics_.error(where_, fmt::format("the local function {} calls itself", quote(function.proto->name())));
      reported_cycle_ = true;
      return false;
    }
    if (function.state == State::fresh) {
      function.state = State::open;
      function.state = any_product(function.proto->node()) ? State::with : State::without;
    }
    return function.state == State::with;
  }

  // All are visited, so that a function that calls itself is found.
  template <class Nodes>
  bool any_product(const Nodes& nodes) {
    bool any = false;
    for (const NodeProto& node : nodes) {
      if (Function* function = called(node)) {
        any |= has_product(*function);
        continue;
      }
      any |= operator_kind(node) != OperatorKind::plain;
      for_each_subgraph(node, [&](const GraphProto& graph) { any |= any_product(graph.node()); });
    }
    return any;
  }

  void report(const NodeProto& node, const std::string& what) {
    diagnostics_.error(where_, fmt::format("{} {}", node_text(node), what));
  }

  const Location& where_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, Function> functions_;
  bool reported_cycle_ = false;
};

}  // namespace

OperatorKind operator_kind(const NodeProto& node) {
  if (fused_operators().contains(node.op_type())) return OperatorKind::unsupported;
  if (!layer_operators().contains(node.op_type())) return OperatorKind::plain;
  if (node.op_type() == "Einsum" && node.input_size() == 1) return OperatorKind::plain;  // a sum, or a transpose
  return is_standard(node.domain()) ? OperatorKind::layer : OperatorKind::unsupported;
}

std::string node_name(const NodeProto& node) {
  if (!node.name().empty()) return node.name();
  for (const std::string& output : node.output())
    if (!output.empty()) return output;
  return node.op_type();
}

std::string node_text(const NodeProto& node) {
  return fmt::format("{} node {}", node.op_type(), quote(node_name(node)));
}

std::vector<int> node_order(const GraphProto& graph, const Location& where, Diagnostics& diagnostics) {
  std::unordered_map<std::string, int> writer;  // -1: an input or initializer
  for (const auto& input : graph.input()) writer.try_emplace(input.name(), -1);
  for (const auto& tensor : graph.initializer()) writer.try_emplace(tensor.name(), -1);
  for (const auto& tensor : graph.sparse_initializer()) writer.try_emplace(tensor.values().name(), -1);
  for (int n = 0; n < graph.node_size(); ++n) {
    for (const std::string& output : graph.node(n).output()) {
      if (!output.empty() && !writer.try_emplace(output, n).second)
        diagnostics.error(
            where, fmt::format("{} writes {}, which is written before", node_text(graph.node(n)), quote(output)));
    }
  }
  std::vector<std::vector<int>> readers(graph.node_size());
  std::vector<int> waiting(graph.node_size(), 0);
  for (int n = 0; n < graph.node_size(); ++n) {
    std::unordered_set<std::string> reads(graph.node(n).input().begin(), graph.node(n).input().end());
    for_each_subgraph(graph.node(n), [&](const GraphProto& inner) { add_reads(inner, reads); });
    for (const std::string& input : graph.node(n).input()) {
      if (!input.empty() && !writer.contains(input))
        diagnostics.error(where,
                          fmt::format("{} reads {}, which nothing writes", node_text(graph.node(n)), quote(input)));
    }
    for (const std::string& read : reads) {
      const auto found = writer.find(read);
      if (read.empty() || found == writer.end() || found->second < 0) continue;
      readers[found->second].push_back(n);
      ++waiting[n];
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int n = 0; n < graph.node_size(); ++n)
    if (waiting[n] == 0) ready.push(n);
  std::vector<int> order;
  while (!ready.empty()) {
    const int n = ready.top();
    ready.pop();
    order.push_back(n);
    for (const int reader : readers[n])
      if (--waiting[reader] == 0) ready.push(reader);
  }
  if (static_cast<int>(order.size()) < graph.node_size() && !diagnostics.failed()) {
    for (int n = 0; n < graph.node_size(); ++n) {
      if (waiting[n] == 0) continue;
      diagnostics.error(where,
                        fmt::format("{} reads what it writes: the nodes form a cycle", node_text(graph.node(n))));
      break;
    }
  }
  return order;
}

void refuse_hidden_products(const onnx::ModelProto& model, const Location& where, Diagnostics& diagnostics) {
  HiddenProducts hidden(model, where, diagnostics);
  for (const NodeProto& node : model.graph().node()) hidden.check(node);
}

std::unordered_set<std::string> computed_values(const GraphProto& graph, const std::vector<int>& order) {
  std::unordered_set<std::string> computed;
  for (const auto& input : graph.input()) computed.insert(input.name());
  for (const auto& tensor : graph.initializer()) computed.erase(tensor.name());
  for (const int n : order) {
    const NodeProto& node = graph.node(n);
    std::unordered_set<std::string> reads(node.input().begin(), node.input().end());
    for_each_subgraph(node, [&](const GraphProto& inner) { add_reads(inner, reads); });
    for (const std::string& read : reads) {
      if (!computed.contains(read)) continue;
      for (const std::string& output : node.output())
        if (!output.empty()) computed.insert(output);
      break;
    }
  }
  return computed;
}

}  // namespace dovetail::onnx_import
#endif
