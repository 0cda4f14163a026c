// From an ONNX file to a network: order, shapes, layers, and the edges between them.
#include <dovetail/workloads/import/onnx/onnx.hpp>

#ifdef DOVETAIL_ONNX
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "onnx_file.hpp"
#include "onnx_graph.hpp"
#include "onnx_layers.hpp"
#include "onnx_shapes.hpp"
#endif

namespace dovetail {

bool is_onnx(const Source& source) {
  if (source.suffix() == ".onnx") return true;
  // Field 1, a varint below 32 (ir_version), then a field with content: producer, domain, graph.
  const std::string_view head = source.head();
  return head.size() > 4 && head[0] == 0x08 && head[1] > 0 && head[1] < 32 &&
         (head[2] == 0x12 || head[2] == 0x3a || head[2] == 0x42);
}

#ifdef DOVETAIL_ONNX

namespace {

using namespace onnx_import;

// Elements of a value; 0 where they are not known, or where it is known before the network runs.
std::int64_t element_count(const ValueTypes& types, const std::string& value,
                           const std::unordered_set<std::string>& computed) {
  if (!computed.contains(value)) return 0;
  const auto shape = shape_of(types, value);
  std::int64_t count = shape ? 1 : 0;
  if (shape)
    for (const std::int64_t size : *shape)
      if (size < 0 || __builtin_mul_overflow(count, size, &count)) return 0;
  return count;
}

IdleOperator idle_operator(const onnx::NodeProto& node, const ValueTypes& types,
                           const std::unordered_set<std::string>& computed) {
  IdleOperator idle{node_name(node), node.op_type()};
  for (const std::string& value : node.input()) {
    if (__builtin_add_overflow(idle.elements_read, element_count(types, value, computed), &idle.elements_read))
      idle.elements_read = 0;
  }
  for (const std::string& value : node.output()) {
    if (__builtin_add_overflow(idle.elements_written, element_count(types, value, computed), &idle.elements_written))
      idle.elements_written = 0;
  }
  return idle;
}

// Sets the open sizes that the user says.
void set_sizes(onnx::GraphProto& graph, const std::map<std::string, std::int64_t>& sizes, const Location& where,
               Diagnostics& diagnostics) {
  for (const auto& [key, size] : sizes)
    if (size < 1) diagnostics.error(where, fmt::format("--dim {}={}: a size must be 1 or more", key, size));
  const std::vector<std::string> names = symbolic_sizes(graph);
  const std::vector<std::string> unused = bind_sizes(graph, sizes);
  for (const std::string& key : unused) {
    diagnostics.error(where, fmt::format("--dim {} names no open size of the model{}", quote(key),
                                         names.empty() ? "; it has none" : suggestion(key, names)));
  }
}

// Adds every node to the network, in order; edges follow the values.
void add_nodes(const onnx::GraphProto& graph, const std::vector<int>& order, const ValueTypes& types,
               const Location& where, Imported& imported, Diagnostics& diagnostics) {
  const std::unordered_set<std::string> computed = computed_values(graph, order);
  NetworkBuilder builder(imported, diagnostics);
  std::unordered_map<std::string, NetworkBuilder::Place> writers;
  for (const int n : order) {
    const onnx::NodeProto& node = graph.node(n);
    NetworkBuilder::Place place = 0;
    if (operator_kind(node) == OperatorKind::layer) {
      try {
        OnnxLayer made = onnx_layer(node, types, computed, where);
        if (made.transposed)
          add_remark(imported.remarks, "transposed", "layer",
                     "a transposed convolution, as loops over its input; outputs that pads cut off are counted", where);
        place = builder.add(std::move(made.layer), where);
      } catch (const InputError& error) {
        for (const Diagnostic& each : error.diagnostics()) diagnostics.error(each.where, each.message);
        continue;
      }
    } else if (node.op_type() == "Constant") {
      continue;
    } else {
      add_remark(imported.remarks, "no-mac", "operator", "no multiply-accumulates: listed, not counted as layers",
                 where);
      const auto is_computed = [&](const std::string& value) { return computed.contains(value); };
      if (std::none_of(node.output().begin(), node.output().end(), is_computed))
        continue;  // done before the network runs
      place = builder.add_idle(idle_operator(node, types, computed), where);
    }
    for (const std::string& value : node.input())
      if (const auto writer = writers.find(value); writer != writers.end()) builder.read(place, writer->second);
    for (const std::string& value : node.output())
      if (!value.empty()) writers[value] = place;
  }
  builder.finish(where);
}

}  // namespace

void read_onnx(const Source& source, const ImportOptions& options, Imported& imported, Diagnostics& diagnostics) {
  const Location where{source.path(), 0, 0, ""};
  onnx::ModelProto model = load_onnx(source.path());
  onnx::GraphProto& graph = *model.mutable_graph();
  set_sizes(graph, options.sizes, where, diagnostics);
  refuse_hidden_products(model, where, diagnostics);
  const std::vector<int> order = node_order(graph, where, diagnostics);
  if (diagnostics.failed()) return;
  const ValueTypes types = infer_types(model, order);
  imported.network.source = source.path();
  add_nodes(graph, order, types, where, imported, diagnostics);
}

std::string_view onnx_unavailable() {
  return {};
}

#else

void read_onnx(const Source& source, const ImportOptions&, Imported&, Diagnostics& diagnostics) {
  diagnostics.error({source.path(), 0, 0, ""}, std::string(onnx_unavailable()));
}

std::string_view onnx_unavailable() {
  return "this program reads no ONNX: install libonnx-dev and libprotobuf-dev, configure again with "
         "-DDOVETAIL_ONNX=ON and "
         "build";
}

#endif

}  // namespace dovetail
