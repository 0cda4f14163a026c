// Export then import is the identity: native descriptors, SCALE-Sim topologies, Timeloop problems.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include <dovetail/workloads/export/forms.hpp>
#include <dovetail/workloads/export/native.hpp>
#include <dovetail/workloads/export/scalesim_topology.hpp>
#include <dovetail/workloads/export/timeloop_problem.hpp>
#include <dovetail/workloads/import/formats.hpp>

using namespace dovetail;

namespace {

Imported reread(const std::string& name, const std::string& text) {
  return import_source(Source(name, text));
}

std::int64_t draw(std::int64_t low, std::int64_t high) {
  return *rc::gen::inRange<std::int64_t>(low, high + 1);
}

Layer random_conv(bool plain) {
  const std::int64_t groups = plain ? 1 : draw(1, 3);
  const std::int64_t stride = draw(1, 3);
  return make_conv({.name = "conv",
                    .batch = draw(1, 2),
                    .in_channels = groups * draw(1, 4),
                    .out_channels = groups * draw(1, 4),
                    .groups = groups,
                    .out_height = draw(1, 9),
                    .out_width = draw(1, 9),
                    .kernel_height = draw(1, 4),
                    .kernel_width = draw(1, 4),
                    .stride_height = stride,
                    .stride_width = plain ? stride : draw(1, 3),
                    .dilation_height = plain ? 1 : draw(1, 2),
                    .dilation_width = plain ? 1 : draw(1, 2)});
}

Layer random_matmul() {
  return make_matmul(
      {.name = "product", .rows = draw(1, 9), .columns = draw(1, 9), .depth = draw(1, 9), .batch = draw(1, 3)});
}

// Any nest: three tensors over up to six dimensions with random coefficients.
Layer random_einsum() {
  Layer layer;
  layer.name = "nest";
  const std::int64_t count = draw(1, 6);
  for (std::int64_t d = 0; d < count; ++d)
    layer.dimensions.push_back({std::string(1, static_cast<char>('A' + d)), draw(1, 5)});
  for (const char* name : {"Left", "Right", "Result"}) {
    Tensor tensor{name, {}};
    tensor.written = tensor.name == "Result";
    for (int d = 0; d < static_cast<int>(count); ++d) {
      const std::int64_t kind = draw(0, 3);
      if (kind == 0) continue;
      if (kind == 1 && !tensor.axes.empty())
        tensor.axes.back().push_back({d, draw(1, 3)});
      else if (tensor.axes.size() < 6)
        tensor.axes.push_back({{d, draw(1, 3)}});
    }
    layer.tensors.push_back(tensor);
  }
  return layer;
}

bool same_network(const Network& a, const Network& b) {
  if (boost::num_vertices(a.graph) != boost::num_vertices(b.graph) ||
      boost::num_edges(a.graph) != boost::num_edges(b.graph))
    return false;
  for (std::size_t v = 0; v < boost::num_vertices(a.graph); ++v) {
    const NetworkLayer &x = a.graph[v], &y = b.graph[v];
    if (x.layer.name != y.layer.name || x.repeat != y.repeat || x.has_parameters != y.has_parameters) return false;
    if (shape_key(x.layer) != shape_key(y.layer)) return false;
    for (const auto& edge : boost::make_iterator_range(boost::in_edges(v, a.graph)))
      if (!boost::edge(boost::source(edge, a.graph), v, b.graph).second) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a native descriptor reads back the same network, on the zoo and on random layers") {
  for (const std::string& name : zoo_names()) {
    CAPTURE(name);
    Imported imported;
    imported.network = load_workload(name);
    imported.idle = {{"softmax", "Softmax", 100, 100}, {"pool", "MaxPool", 64, 16}};
    const Imported again = reread("again.yaml", native_workload(imported).dump());
    CHECK(same_network(imported.network, again.network));
    REQUIRE(again.idle.size() == 2);
    CHECK(again.idle[1].elements_written == 16);
    CHECK(again.idle[0].elements_read == 100);
  }
  CHECK(rc::check([] {
    const Layer layer = draw(0, 2) == 0 ? random_einsum() : draw(0, 1) == 0 ? random_matmul() : random_conv(false);
    Imported imported;
    imported.network = single_layer(layer);
    imported.network.graph[0].repeat = draw(1, 3);
    imported.network.graph[0].has_parameters = draw(0, 1) == 1;
    imported.network.graph[0].layer.tensors[0].word_bits = static_cast<int>(draw(0, 16));
    imported.network.graph[0].layer.tensors[1].density = draw(0, 1) == 1 ? 0.25 : 1.0;
    RC_ASSERT(same_network(imported.network, reread("again.yaml", native_workload(imported).dump()).network));
  }));
}

TEST_CASE("a Timeloop problem reads back the same loop nest") {
  const auto round_trip = [](const Layer& layer) {
    const Network again = reread("problem.yaml", timeloop_problem(layer)).network;
    return boost::num_vertices(again.graph) == 1 && shape_key(again.graph[0].layer) == shape_key(layer);
  };
  for (const std::string& name : zoo_names()) {
    for (const UniqueLayer& unique : unique_layers(load_workload(name))) {
      CAPTURE(name);
      CAPTURE(unique.layer.name);
      CHECK(round_trip(unique.layer));
    }
  }
  CHECK(rc::check([&] {
    RC_ASSERT(round_trip(draw(0, 2) == 0 ? random_einsum() : draw(0, 1) == 0 ? random_matmul() : random_conv(false)));
  }));
}

TEST_CASE("a SCALE-Sim topology reads back the same convolutions and products, or refuses a layer by name") {
  CHECK(rc::check([] {
    const Layer layer = random_conv(true);
    Network network = single_layer(layer);
    network.graph[0].repeat = draw(1, 3);
    const Network again = reread("topology.csv", scalesim_topology(network).csv).network;
    RC_ASSERT(static_cast<std::int64_t>(boost::num_vertices(again.graph)) == network.graph[0].repeat);
    RC_ASSERT(same_nest(again.graph[0].layer, layer));
  }));
  for (const std::string& name : zoo_names()) {
    CAPTURE(name);
    const Network network = load_workload(name);
    const Totals before = totals(network);
    try {
      const Totals after = totals(reread("topology.csv", scalesim_topology(network).csv).network);
      CHECK(after.layers == before.layers);
      CHECK(after.macs == before.macs);
      CHECK(after.parameters == before.parameters);
      CHECK(after.activations == before.activations);
    } catch (const InputError& error) {
      CHECK(std::string(error.what()).find("a SCALE-Sim topology cannot say") != std::string::npos);
      CHECK(name != "resnet18");
      CHECK(name != "vgg16");
    }
  }
  Network names = single_layer(make_matmul({.name = "a, b #1 DP", .rows = 2, .columns = 3, .depth = 4}));
  const ScalesimTopology topology = scalesim_topology(names);
  CHECK(topology.notes.size() == 1);
  CHECK(boost::num_vertices(reread("topology.csv", topology.csv).network.graph) == 1);
  const auto reason = [](const Layer& layer) {
    try {
      scalesim_topology(single_layer(layer));
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(reason(make_conv({.name = "c", .in_channels = 4, .out_channels = 4, .groups = 2, .out_height = 3})) ==
        "layer 'c': a SCALE-Sim topology cannot say 2 groups of channels");
  CHECK(reason(make_conv({.name = "c", .in_channels = 2, .out_height = 3, .out_width = 3, .stride_height = 2})) ==
        "layer 'c': a SCALE-Sim topology cannot say two strides, 2 and 1");
}
