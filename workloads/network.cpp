#include <dovetail/workloads/network.hpp>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace dovetail {
namespace {

void add(std::int64_t& total, std::int64_t count, std::int64_t repeat, const std::string& name) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(count, repeat, &product) || __builtin_add_overflow(total, product, &total)) {
    throw std::overflow_error(name + ": a total of the network exceeds 2^63 - 1");
  }
}

}  // namespace

std::vector<const NetworkLayer*> layers(const Network& network) {
  std::vector<const NetworkLayer*> all;
  for (std::size_t i = 0; i < boost::num_vertices(network.graph); ++i) all.push_back(&network.graph[i]);
  return all;
}

std::vector<std::size_t> topological_order(const Network& network) {
  // Kahn's algorithm; networks are small, so the next free layer is simply looked for.
  const std::size_t count = boost::num_vertices(network.graph);
  std::vector<std::size_t> order, missing(count);
  std::vector<bool> done(count, false);
  for (std::size_t i = 0; i < count; ++i) missing[i] = boost::in_degree(i, network.graph);
  while (order.size() < count) {
    std::size_t next = 0;
    while (next < count && (done[next] || missing[next] > 0)) ++next;
    if (next == count) throw std::logic_error(network.name + ": the layers depend on each other in a cycle");
    done[next] = true;
    order.push_back(next);
    for (const auto& edge : boost::make_iterator_range(boost::out_edges(next, network.graph))) {
      --missing[boost::target(edge, network.graph)];
    }
  }
  return order;
}

std::vector<UniqueLayer> unique_layers(const Network& network) {
  std::vector<UniqueLayer> unique;
  std::unordered_map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < boost::num_vertices(network.graph); ++i) {
    const NetworkLayer& layer = network.graph[i];
    const auto [place, is_new] = seen.try_emplace(shape_key(layer.layer), unique.size());
    if (is_new) unique.push_back({layer.layer, 0, {}});
    unique[place->second].count += layer.repeat;
    unique[place->second].members.push_back(i);
  }
  return unique;
}

Totals totals(const NetworkLayer& layer) {
  Totals total{1, macs(layer.layer), 0, 0};
  for (const Tensor& tensor : layer.layer.tensors) {
    if (tensor.written) {
      total.activations = elements(layer.layer, tensor);
    } else if (layer.has_parameters && (tensor.name == "Weights" || tensor.name == "W")) {
      total.parameters = elements(layer.layer, tensor);
    }
  }
  return total;
}

Totals totals(const Network& network) {
  Totals total;
  for (const NetworkLayer* layer : layers(network)) {
    const Totals one = totals(*layer);
    const std::string& name = layer->layer.name;
    add(total.layers, one.layers, layer->repeat, name);
    add(total.macs, one.macs, layer->repeat, name);
    add(total.parameters, one.parameters, layer->repeat, name);
    add(total.activations, one.activations, layer->repeat, name);
  }
  return total;
}

Network single_layer(const Layer& layer) {
  Network network;
  network.name = layer.name;
  boost::add_vertex(NetworkLayer{layer, 1, true}, network.graph);
  return network;
}

}  // namespace dovetail
