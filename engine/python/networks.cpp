// Networks and layers.
#include <fstream>

#include <fmt/format.h>

#include <dovetail/workloads/export/native.hpp>
#include <dovetail/workloads/export/scalesim_topology.hpp>
#include <dovetail/workloads/export/timeloop_problem.hpp>
#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/document.hpp>

#include "errors.hpp"
#include "values.hpp"

namespace dovetail::python {
namespace {

NetworkValue load(const py::object& name, const std::map<std::string, std::int64_t>& dims) {
  const std::string name_or_path = path_text(name);
  const py::gil_scoped_release release;
  return {import_workload({name_or_path}, {"", dims}), name_or_path, dims};
}

NetworkValue read(const Json& document) {
  NetworkValue value;
  value.imported.network = read_workload(dovetail::from_json(document, "network"));
  return value;
}

NetworkValue from_layers(const py::list& layers, const std::string& name) {
  Json list = Json::array();
  for (const py::handle layer : layers) {
    const std::string place = fmt::format("layers[{}]", list.size());
    if (py::isinstance<LayerValue>(layer)) {
      const NetworkLayer& own = layer.cast<const LayerValue&>().layer;
      Imported one;
      one.network = single_layer(own.layer);
      one.network.graph[0] = own;
      list.push_back(native_workload(one)["layers"][0]);
    } else {
      list.push_back(to_json(layer, place));
    }
  }
  return read({{"schema", "dovetail-workload/1"}, {"name", name}, {"layers", list}});
}

py::list graph(const NetworkValue& value) {
  py::list edges;
  const LayerGraph& layers = value.imported.network.graph;
  for (auto [edge, end] = boost::edges(layers); edge != end; ++edge)
    edges.append(py::make_tuple(boost::source(*edge, layers), boost::target(*edge, layers)));
  return edges;
}

std::string text(const NetworkValue& value, const std::string& format) {
  if (format == "native") return to_yaml(native_workload(value.imported));
  if (format == "scalesim") return scalesim_topology(value.imported.network).csv;
  one_of("format", format, {"native", "scalesim", "timeloop"});
  std::string problems;
  for (const UniqueLayer& unique : unique_layers(value.imported.network)) {
    if (!problems.empty())
      throw std::invalid_argument("a Timeloop problem holds one layer: save a network of one, layer by layer");
    problems = timeloop_problem(unique.layer);
  }
  return problems;
}

Json layer_document(const LayerValue& value) {
  Json json = problem_json(value.layer.layer);
  if (value.layer.repeat != 1) json["repeat"] = value.layer.repeat;
  return json;
}

py::list tensors(const LayerValue& value) {
  py::list list;
  const Layer& layer = value.layer.layer;
  for (const Tensor& tensor : layer.tensors) {
    py::list axes;
    for (const Axis& axis : tensor.axes) axes.append(axis_text(layer, axis));
    py::dict one;
    one["name"] = tensor.name;
    one["axes"] = axes;
    one["written"] = tensor.written;
    one["elements"] = elements(layer, tensor);
    if (tensor.word_bits > 0) one["word_bits"] = tensor.word_bits;
    if (tensor.density < 1.0) one["density"] = tensor.density;
    list.append(one);
  }
  return list;
}

py::dict dims(const LayerValue& value) {
  py::dict dict;
  for (const Dimension& dimension : value.layer.layer.dimensions) dict[py::str(dimension.name)] = dimension.extent;
  return dict;
}

}  // namespace

LayerValue read_layer(py::handle value) {
  if (py::isinstance<LayerValue>(value)) return value.cast<const LayerValue&>();
  if (py::isinstance<NetworkValue>(value)) {
    const auto all = layers(value.cast<const NetworkValue&>().imported.network);
    if (all.size() == 1) return {*all.front()};
    throw py::type_error(fmt::format("a network of {} layers, allowed is one layer: network.layers[i]", all.size()));
  }
  if (!py::isinstance<py::dict>(value))
    throw py::type_error(
        "a layer is a dovetail.Layer, or a dict of its `dims` and `tensors`, or {'conv': ...}; found " +
        py::repr(py::type::of(value)).cast<std::string>());
  Json json = to_json(value, "layer");
  std::int64_t repeat = 1;
  if (json.contains("repeat")) {
    repeat = json["repeat"].get<std::int64_t>();
    json.erase("repeat");
  }
  LayerValue layer;
  if (json.contains("tensors")) {
    Diagnostics diagnostics;
    const std::optional<Layer> read = read_problem(dovetail::from_json(json, "layer"), diagnostics);
    diagnostics.raise();
    layer.layer.layer = *read;
  } else {
    layer.layer = *layers(read({{"schema", "dovetail-workload/1"}, {"name", "layer"}, {"layers", Json::array({json})}})
                              .imported.network)
                       .front();
  }
  layer.layer.repeat = repeat;
  return layer;
}

void register_networks(py::module_& module) {
  py::class_<LayerValue>(module, "Layer",
                         "A loop nest over named dimensions whose tensors are affine projections of the loop "
                         "indices: a convolution, a matrix product, any einsum. Immutable.")
      .def(py::init([](const py::dict& document) { return read_layer(document); }), py::arg("document"),
           "A layer from its dict: {'name', 'conv': '64x56x56 -> 64', 'kernel': 3}, {'matmul': '128x768 * 768x64'}, or "
           "`dims` "
           "with `tensors`. Raises InputError.")
      .def_property_readonly("name", [](const LayerValue& self) { return self.layer.layer.name; })
      .def_property_readonly(
          "kind", [](const LayerValue& self) { return self.layer.layer.kind; },
          "conv, matmul or einsum: information only.")
      .def_property_readonly("dims", dims, "Extents by dimension.")
      .def_property_readonly("tensors", tensors, "Per tensor name, axes, whether it is written, and its elements.")
      .def_property_readonly(
          "macs", [](const LayerValue& self) { return macs(self.layer.layer); },
          "Multiply-accumulates of one occurrence.")
      .def_property_readonly(
          "parameters", [](const LayerValue& self) { return totals(self.layer).parameters; },
          "Learned weights of one occurrence.")
      .def_property_readonly(
          "repeat", [](const LayerValue& self) { return self.layer.repeat; }, "Occurrences in a row.")
      .def_property_readonly(
          "einsum", [](const LayerValue& self) { return einsum_text(self.layer.layer); },
          "The layer as one line: Outputs[...] += Inputs[...] * Weights[...].")
      .def(
          "to_dict", [](const LayerValue& self) { return to_python(layer_document(self)); },
          "The layer as the `problem` of a design document.")
      .def("__eq__",
           [](const LayerValue& self, const py::object& other) {
             return py::isinstance<LayerValue>(other) && self == other.cast<const LayerValue&>();
           })
      .def(
          "__hash__",
          [](const LayerValue& self) { return py::hash(py::str(self.layer.layer.name + shape_key(self.layer.layer))); })
      .def("__repr__",
           [](const LayerValue& self) {
             return fmt::format("<Layer {}: {}>", self.layer.layer.name, einsum_text(self.layer.layer));
           })
      .def(py::pickle(
          [](const LayerValue& self) {
            return py::make_tuple(dump(problem_json(self.layer.layer)), self.layer.repeat, self.layer.has_parameters);
          },
          [](const py::tuple& state) {
            LayerValue value = read_layer(to_python(Json::parse(state[0].cast<std::string>())));
            value.layer.repeat = state[1].cast<std::int64_t>();
            value.layer.has_parameters = state[2].cast<bool>();
            return value;
          }));

  py::class_<NetworkValue>(module, "Network",
                           "Layers in a directed acyclic graph, each with a repeat count. Immutable.")
      .def_static(
          "load", load, py::arg("name_or_path"), py::kw_only(), py::arg("dims") = std::map<std::string, std::int64_t>{},
          "A network of the zoo by name, or a file of any format that the program reads (ONNX, SCALE-Sim, Timeloop, "
          "ZigZag, MAESTRO, our YAML). `dims` gives sizes that an ONNX model leaves open. Raises InputError with every "
          "mistake of the file.")
      .def_static("from_layers", from_layers, py::arg("layers"), py::arg("name") = "network",
                  "A network of dicts as in a workload descriptor ({'conv': '3x224x224 -> 64', 'kernel': 7, 'stride': "
                  "2}) or of "
                  "Layer values, each reading the one before it unless `after` says otherwise. Raises InputError.")
      .def_property_readonly("name", [](const NetworkValue& self) { return self.imported.network.name; })
      .def_property_readonly(
          "source", [](const NetworkValue& self) { return self.imported.network.source; },
          "Where the shapes were published.")
      .def_property_readonly(
          "origin", [](const NetworkValue& self) { return self.origin; },
          "The name or path that it was loaded from; empty where it was made from layers.")
      .def_property_readonly(
          "dims", [](const NetworkValue& self) { return self.dims; }, "The sizes that `load` was given.")
      .def_property_readonly(
          "layers",
          [](const NetworkValue& self) {
            std::vector<LayerValue> all;
            for (const NetworkLayer* layer : layers(self.imported.network)) all.push_back({*layer});
            return all;
          },
          "In the order of the file.")
      .def_property_readonly(
          "macs", [](const NetworkValue& self) { return totals(self.imported.network).macs; },
          "Multiply-accumulates, repeats counted.")
      .def_property_readonly(
          "parameters", [](const NetworkValue& self) { return totals(self.imported.network).parameters; },
          "Learned weights, repeats counted.")
      .def_property_readonly("graph", graph, "Pairs (i, j): layer j reads what layer i writes.")
      .def_property_readonly(
          "notes",
          [](const NetworkValue& self) {
            std::vector<std::string> notes;
            for (const Remark& remark : self.imported.remarks) notes.push_back(to_string(remark));
            return notes;
          },
          "What the reader of the file remarked, one text per kind.")
      .def(
          "to_dict", [](const NetworkValue& self) { return to_python(native_workload(self.imported)); },
          "The network as a workload descriptor, which `from_layers` and the program read.")
      .def("text", text, py::arg("format") = "native", "The text of a file: native, scalesim or timeloop.")
      .def(
          "save",
          [](const NetworkValue& self, const py::object& path, const std::string& format) {
            const std::string words = text(self, format), file = path_text(path);
            std::ofstream out(file, std::ios::binary);
            out << words;
            if (!out.flush()) {
              PyErr_SetString(PyExc_OSError, (file + " cannot be written").c_str());
              throw py::error_already_set();
            }
          },
          py::arg("path"), py::arg("format") = "native", "Writes that text.")
      .def("__len__", [](const NetworkValue& self) { return boost::num_vertices(self.imported.network.graph); })
      .def("__repr__",
           [](const NetworkValue& self) {
             const Totals all = totals(self.imported.network);
             return fmt::format("<Network {}: {} layers, {} MACs, {} parameters>", self.imported.network.name,
                                all.layers, all.macs, all.parameters);
           })
      .def(py::pickle(
          [](const NetworkValue& self) {
            return py::make_tuple(dump(native_workload(self.imported)), self.origin, self.dims);
          },
          [](const py::tuple& state) {
            NetworkValue value = read(Json::parse(state[0].cast<std::string>()));
            value.origin = state[1].cast<std::string>();
            value.dims = state[2].cast<std::map<std::string, std::int64_t>>();
            return value;
          }));
}

}  // namespace dovetail::python
