#include <dovetail/workloads/export/native.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include <dovetail/workloads/export/forms.hpp>
#include <dovetail/workloads/import/idle_document.hpp>
#include <dovetail/workloads/layer_document.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

// Whether a made layer is the layer but for word widths and densities, which are written beside it.
bool is_same(Layer made, const Layer& layer) {
  if (made.tensors.size() != layer.tensors.size()) return false;
  for (std::size_t t = 0; t < made.tensors.size(); ++t) {
    made.tensors[t].word_bits = layer.tensors[t].word_bits;
    made.tensors[t].density = layer.tensors[t].density;
  }
  return made == layer;
}

void pair(Json& json, const char* key, std::int64_t height, std::int64_t width, std::int64_t usual) {
  if (height == usual && width == usual) return;
  if (height == width)
    json[key] = height;
  else
    json[key] = fmt::format("{}x{}", height, width);
}

std::optional<Json> convolution(const Layer& layer) {
  std::optional<ConvShape> shape = as_convolution(layer);
  if (!shape) return std::nullopt;
  if (layer.padding.size() == 2) {
    shape->padding_height = layer.padding[0];
    shape->padding_width = layer.padding[1];
  }
  if (!is_same(make_conv(*shape), layer)) return std::nullopt;
  const bool depthwise =
      shape->groups > 1 && shape->groups == shape->in_channels && shape->groups == shape->out_channels;
  Json json =
      depthwise
          ? Json{{"depthwise", fmt::format("{} -> {}x{}", shape->in_channels, shape->out_height, shape->out_width)}}
          : Json{{"conv", fmt::format("{} -> {}x{}x{}", shape->in_channels, shape->out_channels, shape->out_height,
                                      shape->out_width)}};
  pair(json, "kernel", shape->kernel_height, shape->kernel_width, 1);
  pair(json, "stride", shape->stride_height, shape->stride_width, 1);
  pair(json, "dilation", shape->dilation_height, shape->dilation_width, 1);
  pair(json, "pad", shape->padding_height, shape->padding_width, 0);
  if (shape->groups > 1 && !depthwise) json["groups"] = shape->groups;
  if (shape->batch > 1) json["batch"] = shape->batch;
  return json;
}

std::optional<Json> matmul(const Layer& layer) {
  const std::optional<MatmulShape> shape = as_matmul(layer);
  if (!shape || !is_same(make_matmul(*shape), layer)) return std::nullopt;
  const std::string batch = shape->batch > 1 ? fmt::format("{}x", shape->batch) : "";
  return Json{{"matmul", fmt::format("{}{}x{} * {}{}x{}", batch, shape->rows, shape->depth, batch, shape->depth,
                                     shape->columns)}};
}

Json general(const Layer& layer) {
  Layer plain = layer;
  for (Tensor& tensor : plain.tensors) {
    tensor.word_bits = 0;
    tensor.density = 1.0;
  }
  const Json problem = problem_json(plain);
  return {{"dims", problem.at("dims")}, {"tensors", problem.at("tensors")}};
}

// Whether the reader takes an operand of these words as learned unless told otherwise.
bool learned_by_default(const Json& json) {
  const auto matmul = json.find("matmul");
  if (matmul == json.end()) return true;
  const auto form = matmul->get<std::string>();
  return std::count(form.begin(), form.end(), 'x') < 4;
}

Json layer_json(const NetworkLayer& each) {
  const Layer& layer = each.layer;
  Json json;
  if (const auto conv = convolution(layer))
    json = *conv;
  else if (const auto product = matmul(layer))
    json = *product;
  else
    json = general(layer);
  for (const Tensor& tensor : layer.tensors) {
    if (tensor.word_bits != 0) json["word_bits"][tensor.name] = tensor.word_bits;
    if (tensor.density != 1.0) json["density"][tensor.name] = tensor.density;
  }
  if (each.repeat > 1) json["repeat"] = each.repeat;
  if (each.has_parameters != learned_by_default(json)) json["parameters"] = each.has_parameters;
  return json;
}

Json after(const LayerGraph& graph, std::size_t vertex) {
  std::vector<std::size_t> read;
  for (const auto& edge : boost::make_iterator_range(boost::in_edges(vertex, graph)))
    read.push_back(boost::source(edge, graph));
  if (vertex > 0 ? read == std::vector{vertex - 1} : read.empty()) return nullptr;
  Json names = Json::array();
  for (const std::size_t each : read) names.push_back(graph[each].layer.name);
  return names;
}

}  // namespace

Json native_workload(const Imported& imported) {
  const LayerGraph& graph = imported.network.graph;
  Json document = {{"schema", "dovetail-workload/1"}, {"name", imported.network.name}};
  if (!imported.network.source.empty()) document["source"] = imported.network.source;
  Json list = Json::array();
  for (std::size_t vertex = 0; vertex < boost::num_vertices(graph); ++vertex) {
    Json json = layer_json(graph[vertex]);
    if (Json names = after(graph, vertex); !names.is_null()) json["after"] = std::move(names);
    list.push_back({{graph[vertex].layer.name, std::move(json)}});
  }
  document["layers"] = std::move(list);
  if (!imported.idle.empty()) document["idle"] = idle_document(imported.idle);
  return document;
}

}  // namespace dovetail
