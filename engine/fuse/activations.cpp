// A network as a list of runs: who reads whose result, as it was written or otherwise (see the header).
#include <dovetail/engine/fuse/activations.hpp>

#include <algorithm>
#include <boost/range/iterator_range.hpp>
#include <set>

namespace dovetail {
namespace {

std::int64_t extent(const Layer& layer, const char* name) {
  const int d = find_dimension(layer, name);
  return d < 0 ? 1 : layer.dimensions[static_cast<std::size_t>(d)].extent;
}

bool is_conv(const Layer& layer) {
  return find_dimension(layer, "P") >= 0 && find_dimension(layer, "C") >= 0 && find_dimension(layer, "M") < 0;
}
bool is_product(const Layer& layer) {
  return find_dimension(layer, "M") >= 0 && find_dimension(layer, "N") >= 0;
}
bool depthwise(const Layer& layer) {
  return is_conv(layer) && find_dimension(layer, "K") < 0;
}

// Channels of the result and of the input, over all groups; of products, columns.
std::int64_t channels_out(const Layer& layer) {
  if (is_product(layer)) return extent(layer, "N") * extent(layer, "B");
  return extent(layer, depthwise(layer) ? "C" : "K") * extent(layer, "G");
}
std::int64_t channels_in(const Layer& layer) {
  if (is_product(layer)) return extent(layer, "K") * extent(layer, "B");
  return extent(layer, "C") * extent(layer, "G");
}

// The row axis of a dimension, from the tensor that it slides over.
std::optional<RowAxis> row_axis(const Layer& layer, const Tensor& input, const char* name, std::size_t spatial) {
  const int d = find_dimension(layer, name);
  if (d < 0 || !relevant(layer.tensors[static_cast<std::size_t>(written_tensor(layer))], d)) return std::nullopt;
  RowAxis axis;
  axis.dimension = d;
  axis.rows = layer.dimensions[static_cast<std::size_t>(d)].extent;
  if (spatial < layer.padding.size()) axis.padding = layer.padding[spatial];
  bool found = false;
  for (const Axis& terms : input.axes) {
    const bool own = std::any_of(terms.begin(), terms.end(), [&](const AxisTerm& term) { return term.dimension == d; });
    if (!own) continue;
    if (found) return std::nullopt;
    found = true;
    axis.window = 1;
    for (const AxisTerm& term : terms) {
      if (term.dimension == d) {
        axis.stride = term.coefficient;
      } else {
        axis.window += term.coefficient * (layer.dimensions[static_cast<std::size_t>(term.dimension)].extent - 1);
      }
    }
  }
  if (!found) return std::nullopt;
  return axis;
}

// Whether the stored rows of an input are exactly the rows of a result.
bool same_rows(const RowAxis& reader, std::int64_t rows) {
  const std::int64_t stored = reader.need(reader.rows) - 2 * reader.padding;
  return rows >= stored && rows < stored + std::max<std::int64_t>(reader.stride, reader.padding + 1);
}

// Whether a result is the input of a layer, word by word.
bool as_written(const RunningLayer& writer, const RunningLayer& reader) {
  if (writer.repeat != reader.repeat || reader.inputs < 0) return false;
  const Tensor& input = reader.layer.tensors[static_cast<std::size_t>(reader.inputs)];
  if (is_product(reader.layer)) return writer.output_words == elements(reader.layer, input);
  if (!is_conv(reader.layer) || !is_conv(writer.layer)) return false;
  if (channels_out(writer.layer) != channels_in(reader.layer) || extent(writer.layer, "N") != extent(reader.layer, "N"))
    return false;
  for (const auto& [name, spatial] : {std::pair("P", 0UL), std::pair("Q", 1UL)}) {
    const auto axis = row_axis(reader.layer, input, name, spatial);
    if (!axis || !same_rows(*axis, extent(writer.layer, name))) return false;
  }
  return true;
}

RunningLayer running_layer(const NetworkLayer& from, std::size_t vertex) {
  RunningLayer run;
  run.vertex = vertex;
  run.layer = from.layer;
  run.repeat = from.repeat;
  run.activations_only = !from.has_parameters;
  run.inputs = find_tensor(run.layer, "Inputs");
  run.weights = find_tensor(run.layer, "Weights");
  run.outputs = written_tensor(run.layer);
  run.output_words = elements(run.layer, run.layer.tensors[static_cast<std::size_t>(run.outputs)]);
  if (run.inputs < 0) return run;
  const Tensor& input = run.layer.tensors[static_cast<std::size_t>(run.inputs)];
  const std::vector<const char*> names = is_conv(run.layer)      ? std::vector<const char*>{"P"}
                                         : is_product(run.layer) ? std::vector<const char*>{"B", "M"}
                                                                 : std::vector<const char*>{};
  for (const char* name : names) {
    if (const auto axis = row_axis(run.layer, input, name, 0)) run.axes.push_back(*axis);
  }
  return run;
}

}  // namespace

RunningNetwork running_network(const Network& network) {
  RunningNetwork running;
  const std::vector<std::size_t> order = topological_order(network);
  std::vector<int> place(order.size(), -1);
  for (std::size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = static_cast<int>(i);
    running.layers.push_back(running_layer(network.graph[order[i]], order[i]));
  }
  const auto count = static_cast<int>(order.size());
  running.may_live.assign(order.size(), 1);
  running.last_reader.resize(order.size());
  std::vector<std::vector<int>> readers(order.size());
  for (int i = 0; i < count; ++i) running.last_reader[static_cast<std::size_t>(i)] = i;
  std::set<std::pair<int, int>> added;
  const auto at = [&](int i) -> RunningLayer& { return running.layers[static_cast<std::size_t>(i)]; };
  const auto read_by = [&](int from, int reader, bool as_it_is) {
    const auto f = static_cast<std::size_t>(from);
    running.last_reader[f] = std::max(running.last_reader[f], reader);
    readers[f].push_back(reader);
    if (!as_it_is) running.may_live[f] = 0;
  };
  for (int i = 0; i < count; ++i) {
    RunningLayer& layer = at(i);
    std::vector<int> before;  // in the order that the descriptor names them
    for (const auto& edge : boost::make_iterator_range(boost::in_edges(layer.vertex, network.graph)))
      before.push_back(place[boost::source(edge, network.graph)]);
    if (before.empty()) continue;
    if (layer.activations_only && before.size() == 2 && layer.weights >= 0) {
      const auto words = elements(layer.layer, layer.layer.tensors[static_cast<std::size_t>(layer.weights)]);
      const bool inputs = as_written(at(before[0]), layer);
      const bool weights = at(before[1]).output_words == words && at(before[1]).repeat == layer.repeat;
      if (inputs) layer.reads = before[0];
      if (weights) layer.reads_weights = before[1];
      read_by(before[0], i, inputs);
      read_by(before[1], i, weights);
      continue;
    }
    const int last = *std::max_element(before.begin(), before.end());
    const bool sum =
        std::all_of(before.begin(), before.end(),
                    [&](int b) {
                      return channels_out(at(b).layer) == channels_out(at(last).layer) &&
                             at(b).repeat == at(last).repeat;
                    }) &&
        (before.size() == 1 || channels_out(at(last).layer) == channels_in(layer.layer) || is_product(layer.layer));
    if (!sum) {
      for (const int b : before) read_by(b, i, false);
      continue;
    }
    const bool as_it_is = as_written(at(last), layer);
    if (as_it_is) layer.reads = last;
    read_by(last, i, as_it_is);
    for (const int b : before) {
      if (b == last) continue;
      const auto f = static_cast<std::size_t>(b);
      running.last_reader[f] = std::max(running.last_reader[f], last);
      // A result of another size is pooled on its way to the sum.
      if (at(b).output_words != at(last).output_words) running.may_live[f] = 0;
      if (added.emplace(b, last).second) running.adds.push_back({b, last, at(last).output_words});
    }
  }
  running.for_next_only.assign(order.size(), 0);
  for (int i = 0; i < count; ++i) {
    const auto f = static_cast<std::size_t>(i);
    const bool adds =
        std::any_of(running.adds.begin(), running.adds.end(), [&](const RunningAdd& add) { return add.from == i; });
    running.for_next_only[f] = !adds && readers[f].size() == 1 && readers[f].front() == i + 1;
    if (readers[f].empty() && !adds) running.may_live[f] = 0;  // a result of the network
  }
  return running;
}

unsigned residents(const RunningNetwork& network, int layer) {
  const auto i = static_cast<std::size_t>(layer);
  const RunningLayer& run = network.layers[i];
  const auto bit = [](int tensor) { return tensor < 0 ? 0U : 1U << static_cast<unsigned>(tensor); };
  return (run.reads ? bit(run.inputs) : 0U) | (run.reads_weights ? bit(run.weights) : 0U) |
         (network.last_reader[i] > layer ? bit(run.outputs) : 0U);
}

unsigned cut_dimensions(const RunningLayer& layer) {
  unsigned cut = 0;
  for (const RowAxis& axis : layer.axes) cut |= 1U << static_cast<unsigned>(axis.dimension);
  return cut;
}

Layer with_rows(const Layer& layer, const RowAxis& axis, std::int64_t rows) {
  Layer part = layer;
  part.dimensions[static_cast<std::size_t>(axis.dimension)].extent = rows;
  return part;
}

std::optional<RowAxis> axis_fed_by(const RunningLayer& before, const RowAxis& axis, const RunningLayer& reader) {
  const std::string& name = before.layer.dimensions[static_cast<std::size_t>(axis.dimension)].name;
  if (is_conv(before.layer) != is_conv(reader.layer)) return std::nullopt;
  if (is_product(reader.layer) && (extent(before.layer, "M") != extent(reader.layer, "M") ||
                                   extent(before.layer, "B") != extent(reader.layer, "B")))
    return std::nullopt;
  for (const RowAxis& own : reader.axes) {
    if (reader.layer.dimensions[static_cast<std::size_t>(own.dimension)].name != name) continue;
    if (own.window < own.stride) return std::nullopt;
    return own;
  }
  return std::nullopt;
}

}  // namespace dovetail
