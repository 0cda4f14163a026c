// A network: layers in a directed acyclic graph, each with a repeat count.
#pragma once

#include <boost/graph/adjacency_list.hpp>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// A layer as it occurs in a network.
struct NetworkLayer {
  Layer layer;
  std::int64_t repeat = 1;     ///< occurrences in a row: energy and cycles count this often
  bool has_parameters = true;  ///< false when no operand is learned (attention products)
};

/// Vertices in the order of the descriptor; an edge u -> v says that v reads what u writes.
using LayerGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, NetworkLayer>;

/// A network. `graph[i]` is the i-th layer of the descriptor; boost::num_vertices(graph) is their number.
///
///     Network network = load_workload("resnet50");  // or a path
///     for (const UniqueLayer& unique : unique_layers(network)) ...
struct Network {
  std::string name;
  std::string source;  ///< where the layer shapes were published
  LayerGraph graph;
  std::vector<Diagnostic> notes;  ///< remarks of the reader, such as an input that the stride does not divide
};

/// Layers in the order of the descriptor.
std::vector<const NetworkLayer*> layers(const Network& network);

/// Positions of the layers such that each comes after what it reads; ties in the order of the descriptor.
std::vector<std::size_t> topological_order(const Network& network);

/// Equal loop nests are evaluated once.
struct UniqueLayer {
  Layer layer;                       ///< the first of its kind, with its name
  std::int64_t count = 0;            ///< sum of repeat over the members
  std::vector<std::size_t> members;  ///< positions in the graph
};

/// The layers by equal shape_key, in the order of first occurrence.
std::vector<UniqueLayer> unique_layers(const Network& network);

/// Totals of the network, repeats counted. Parameters: elements of the operand called Weights or W where it is
/// learned. Activations: elements of all results.
struct Totals {
  std::int64_t layers = 0, macs = 0, parameters = 0, activations = 0;
};

/// Throws std::overflow_error when a total exceeds 2^63 - 1 (a network that was read never does).
Totals totals(const Network& network);

/// Totals of a single layer, occurring once.
Totals totals(const NetworkLayer& layer);

/// The network in a document: `dovetail-workload/1`, or a single layer as a `timeloop-reference-case/1` document or a
/// bare problem. Throws InputError with all mistakes.
Network read_workload(const Node& document);

/// A network of the zoo by name, or a descriptor file by path. A misspelt name throws InputError with the nearest.
Network load_workload(const std::string& name_or_path);

/// The names of the zoo, sorted.
std::vector<std::string> zoo_names();

/// JSON Schema of dovetail-workload/1.
nlohmann::ordered_json workload_schema();

/// A network of one layer.
Network single_layer(const Layer& layer);

}  // namespace dovetail
