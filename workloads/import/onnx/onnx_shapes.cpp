// One pass of ONNX's schemas over a graph; constants that shapes are computed from are folded on the way.
#ifdef DOVETAIL_ONNX
#include "onnx_shapes.hpp"

#include <onnx/checker.h>
#include <onnx/defs/schema.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <deque>
#include <set>
#include <string_view>

#include "onnx_values.hpp"

namespace dovetail::onnx_import {
namespace {

using onnx::NodeProto;
using onnx::TypeProto;

bool is_standard(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

// Operators that other domains and newer versions have, and that leave the shape of their first input.
bool keeps_shape(std::string_view name) {
  static const std::set<std::string_view> all = {"BiasGelu",
                                                 "FastGelu",
                                                 "Gelu",
                                                 "GroupNorm",
                                                 "GroupNormalization",
                                                 "HardSwish",
                                                 "LayerNormalization",
                                                 "Mish",
                                                 "QuickGelu",
                                                 "RMSNormalization",
                                                 "RotaryEmbedding",
                                                 "SimplifiedLayerNormalization",
                                                 "Silu",
                                                 "SkipLayerNormalization",
                                                 "SkipSimplifiedLayerNormalization",
                                                 "Swish"};
  return all.contains(name);
}

constexpr std::int64_t most_extent = 2'147'483'647;
constexpr std::int64_t most_expanded = 10'000;  // nodes of a local function with the functions that it calls

// Functions that call themselves have been refused.
std::int64_t expanded_nodes(const onnx::FunctionProto& function,
                            const onnx::shape_inference::ModelLocalFunctionsMap& all) {
  std::int64_t count = 0;
  for (const auto& node : function.node()) {
    const auto called = all.find(node.domain() + ":" + node.op_type());
    count += called == all.end() ? 1 : expanded_nodes(*called->second, all);
    if (count > most_expanded) break;
  }
  return count;
}

class Inference {
 public:
  explicit Inference(onnx::ModelProto& model) : graph_(*model.mutable_graph()) {
    for (const auto& import : model.opset_import()) {
      const int version = static_cast<int>(std::clamp<std::int64_t>(import.version(), 1, 1000));
      opsets_[is_standard(import.domain()) ? "" : import.domain()] = version;
    }
    opsets_.try_emplace("", 1);
    for (const auto& function : model.functions()) functions_[function.domain() + ":" + function.name()] = &function;
    for (const auto& value : graph_.value_info()) set_type(value.name(), value.type());
    for (const auto& value : graph_.output()) set_type(value.name(), value.type());
    for (const auto& tensor : graph_.initializer()) add_initializer(tensor);
    for (const auto& value : graph_.input()) set_type(value.name(), value.type());
  }

  void visit(NodeProto& node) {
    std::vector<TypeProto> results;
    if (ready(node)) results = infer(node);
    if (results.empty() && keeps_shape(node.op_type()) && node.input_size() > 0 && node.output_size() > 0) {
      if (const auto first = types_.find(node.input(0)); first != types_.end()) results = {*first->second};
    }
    for (int i = 0; i < node.output_size(); ++i) {
      if (node.output(i).empty()) continue;
      if (i < static_cast<int>(results.size()) && results[i].value_case() != TypeProto::VALUE_NOT_SET)
        merge_type(node.output(i), results[i]);
    }
    if (is_standard(node.domain()) && node.output_size() > 0) remember(node);
  }

  ValueTypes take() {
    ValueTypes all;
    for (const auto& [name, type] : types_) all[name] = *type;
    return all;
  }

 private:
  // ONNX wants pointers that stay; a deque keeps them.
  void set_type(const std::string& name, const TypeProto& type) {
    if (type.value_case() == TypeProto::VALUE_NOT_SET || types_.contains(name)) return;
    types_[name] = &kept_types_.emplace_back(type);
  }

  void merge_type(const std::string& name, const TypeProto& inferred) {
    const auto found = types_.find(name);
    if (found == types_.end()) return set_type(name, inferred);
    try {
      onnx::shape_inference::checkShapesAndTypes(inferred, *found->second);
      onnx::shape_inference::mergeShapesAndTypes(inferred, found->second);
    } catch (const std::exception&) {
      // The model and the rules disagree: the model may use a newer version of the operator than the rules
      // know.
    }
  }

  void add_initializer(const onnx::TensorProto& tensor) {
    TypeProto type;
    type.mutable_tensor_type()->set_elem_type(tensor.data_type());
    auto* shape = type.mutable_tensor_type()->mutable_shape();
    for (const std::int64_t size : tensor.dims()) shape->add_dim()->set_dim_value(size);
    set_type(tensor.name(), type);
    if (auto small = small_tensor(tensor)) keep(tensor.name(), std::move(*small));
  }

  void keep(const std::string& name, SmallTensor small) {
    if (small.known()) {
      data_[name] = &kept_data_.emplace_back(tensor_proto(small));
    } else if (small.sizes.size() == 1) {
      partial_[name] = shape_proto(small);
    }
    small_[name] = std::move(small);
  }

  const onnx::OpSchema* schema_of(const NodeProto& node) const {
    const std::string domain = is_standard(node.domain()) ? "" : node.domain();
    const auto version = opsets_.find(domain);
    return version == opsets_.end() ? nullptr : onnx::OpSchemaRegistry::Schema(node.op_type(), version->second, domain);
  }

  // Whether the rules may be applied: they read the types of their inputs without asking whether there are any, divide
  // by strides, and count extents down one stride at a time.
  bool ready(const NodeProto& node) const {
    if (node.op_type() == "SplitToSequence") return false;  // divides by an input
    for (const auto& attribute : node.attribute()) {
      std::int64_t least = 0;
      if (attribute.name() == "strides")
        least = 1;
      else if (attribute.name() == "pads")
        least = -most_extent;
      else if (attribute.name() != "dilations" && attribute.name() != "kernel_shape")
        continue;
      for (const std::int64_t each : attribute.ints())
        if (each < least || each > most_extent) return false;
    }
    std::vector<int> ranks;
    for (const std::string& name : node.input()) {
      if (name.empty()) continue;
      const auto found = types_.find(name);
      if (found == types_.end()) return false;
      const auto shape = sizes(*found->second);
      ranks.push_back(shape ? static_cast<int>(shape->size()) : -1);
      if (!shape) continue;
      for (const auto& size : found->second->tensor_type().shape().dim())
        if (size.has_dim_value() && (size.dim_value() < 0 || size.dim_value() > most_extent)) return false;
    }
    // The rule of convolutions walks the weights' axes along those of the input.
    const std::size_t weights = node.op_type() == "QLinearConv" ? 3 : 1;
    const bool convolution = node.op_type().find("Conv") != std::string::npos;
    return !convolution || (ranks.size() > weights && ranks[0] == ranks[weights]);
  }

  std::vector<TypeProto> infer(NodeProto& node) {
    namespace rules = onnx::shape_inference;
    const auto* registry = onnx::OpSchemaRegistry::Instance();
    NodeProto known = older(node);
    try {
      rules::GraphInferenceContext outer(types_, opsets_, &symbols_, functions_, registry, &partial_);
      rules::InferenceContextImpl context(known, types_, data_, {}, &partial_, &outer);
      if (const auto local = functions_.find(node.domain() + ":" + node.op_type()); local != functions_.end()) {
        if (expanded_nodes(*local->second, functions_) > most_expanded) return {};
        std::unordered_map<std::string, int> opsets;
        for (const auto& import : local->second->opset_import())
          opsets[import.domain()] = static_cast<int>(import.version());
        rules::InferShapeForFunctionNode(*local->second, opsets, registry, context, {}, functions_);
        return context.allOutputTypes_;
      }
      const onnx::OpSchema* schema = schema_of(node);
      if (schema == nullptr || node.input_size() < schema->min_input() || node.output_size() < schema->min_output())
        return {};
      if (schema->has_type_and_shape_inference_function()) {
        schema->GetTypeAndShapeInferenceFunction()(context);
      } else if (schema->HasFunction()) {
        rules::InferShapeForFunctionNode(*schema->GetFunction(), registry, context, {}, functions_);
      }
      return context.allOutputTypes_;
    } catch (const std::exception&) {
      return {};  // value_info may say it; who needs the shape reports that it is missing
    }
  }

  // Reductions of opset 18 take their axes as an input; the library's newest rules want them as an attribute.
  NodeProto older(const NodeProto& node) const {
    NodeProto changed = node;
    if (!node.op_type().starts_with("Reduce") || node.op_type() == "ReduceSum" || node.input_size() != 2)
      return changed;
    const auto axes = small_.find(node.input(1));
    if (axes == small_.end() || !axes->second.known()) return changed;
    changed.mutable_input()->RemoveLast();
    onnx::AttributeProto* attribute = changed.add_attribute();
    attribute->set_name("axes");
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const auto& axis : axes->second.elements) attribute->add_ints(static_cast<std::int64_t>(*axis));
    return changed;
  }

  void remember(const NodeProto& node) {
    const auto type = types_.find(node.output(0));
    if (node.output(0).empty() || type == types_.end() || small_.contains(node.output(0))) return;
    std::optional<Shape> first;
    if (node.input_size() > 0) {
      if (const auto input = types_.find(node.input(0)); input != types_.end()) first = sizes(*input->second);
    }
    if (auto small = fold(node, small_, first, *type->second)) keep(node.output(0), std::move(*small));
  }

  static std::optional<Shape> sizes(const TypeProto& type) {
    if (!type.has_tensor_type() || !type.tensor_type().has_shape()) return std::nullopt;
    Shape shape;
    for (const auto& size : type.tensor_type().shape().dim())
      shape.push_back(size.has_dim_value() ? size.dim_value() : -1);
    return shape;
  }

  onnx::GraphProto& graph_;
  std::unordered_map<std::string, int> opsets_;
  onnx::shape_inference::ModelLocalFunctionsMap functions_;
  onnx::shape_inference::SymbolTableImpl symbols_;
  std::deque<TypeProto> kept_types_;
  std::deque<onnx::TensorProto> kept_data_;
  std::unordered_map<std::string, TypeProto*> types_;
  std::unordered_map<std::string, const onnx::TensorProto*> data_;
  std::unordered_map<std::string, onnx::TensorShapeProto> partial_;
  SmallTensors small_;
};

template <class Values, class Visit>
void for_each_size(Values& values, Visit&& visit) {
  for (auto& value : values) {
    if (!value.type().has_tensor_type() || !value.type().tensor_type().has_shape()) continue;
    const auto& shape = value.type().tensor_type().shape();
    for (int axis = 0; axis < shape.dim_size(); ++axis) visit(value, axis);
  }
}

}  // namespace

std::vector<std::string> bind_sizes(onnx::GraphProto& graph, const std::map<std::string, std::int64_t>& sizes) {
  std::set<std::string> used;
  const auto bind = [&](onnx::ValueInfoProto& value, int axis) {
    auto& size = *value.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(axis);
    if (size.has_dim_value() && size.dim_value() > 0) return;
    for (const std::string& key : {size.dim_param(), value.name() + "." + std::to_string(axis)}) {
      if (const auto found = sizes.find(key); found != sizes.end()) {
        size.set_dim_value(found->second);
        used.insert(key);
        return;
      }
    }
  };
  for_each_size(*graph.mutable_input(), bind);
  for_each_size(*graph.mutable_output(), bind);
  for_each_size(*graph.mutable_value_info(), bind);
  std::vector<std::string> unused;
  for (const auto& entry : sizes)
    if (!used.contains(entry.first)) unused.push_back(entry.first);
  return unused;
}

std::vector<std::string> symbolic_sizes(const onnx::GraphProto& graph) {
  std::set<std::string> names;
  for_each_size(graph.input(), [&](const onnx::ValueInfoProto& value, int axis) {
    const auto& size = value.type().tensor_type().shape().dim(axis);
    if (!size.dim_param().empty())
      names.insert(size.dim_param());
    else if (!size.has_dim_value())
      names.insert(value.name() + "." + std::to_string(axis));
  });
  return {names.begin(), names.end()};
}

ValueTypes infer_types(onnx::ModelProto& model, const std::vector<int>& order) {
  Inference inference(model);
  for (const int node : order) inference.visit(*model.mutable_graph()->mutable_node(node));
  return inference.take();
}

std::optional<Shape> shape_of(const ValueTypes& types, const std::string& value) {
  const auto found = types.find(value);
  if (found == types.end() || !found->second.has_tensor_type() || !found->second.tensor_type().has_shape())
    return std::nullopt;
  Shape shape;
  for (const auto& size : found->second.tensor_type().shape().dim())
    shape.push_back(size.has_dim_value() ? size.dim_value() : -1);
  return shape;
}

}  // namespace dovetail::onnx_import
#endif
