// From a network's layers to the trainer's nodes.
#include <dovetail/engine/train/train_graph.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dovetail/accelerators/tiles/tile_layer.hpp>

namespace dovetail {
namespace {

std::int64_t extent(const Layer& layer, const char* name) {
  const int at = find_dimension(layer, name);
  return at < 0 ? 1 : layer.dimensions[static_cast<std::size_t>(at)].extent;
}

constexpr std::int64_t largest = 1 << 20;  // of a size: products of four stay exact

struct Shape {
  int channels = 1, height = 1, width = 1;
};

class Reader {
 public:
  Reader(const Network& network, Shape image) : network_(network) {
    graph_.channels = image.channels;
    graph_.height = image.height;
    graph_.width = image.width;
  }

  TrainReading result() {
    const std::vector<std::size_t> order = topological_order(network_);
    std::vector<int> place(order.size(), -1);
    for (const std::size_t v : order) {
      const NetworkLayer& layer = network_.graph[v];
      std::vector<int> reads;
      for (auto [edge, end] = boost::in_edges(v, network_.graph); edge != end; ++edge)
        reads.push_back(place[boost::source(*edge, network_.graph)]);
      std::sort(reads.begin(), reads.end());
      if (reads.empty()) reads = {-1};
      if (!add(layer, reads)) return {std::nullopt, refusal_};
      place[v] = static_cast<int>(graph_.nodes.size()) - 1;
    }
    if (graph_.nodes.empty()) return {std::nullopt, "the network has no layer"};
    std::vector<char> read(graph_.nodes.size(), 0);
    for (const TrainNode& node : graph_.nodes)
      for (const TrainRead& one : node.reads)
        if (one.node >= 0) read[static_cast<std::size_t>(one.node)] = 1;
    for (std::size_t i = 0; i + 1 < graph_.nodes.size(); ++i)
      if (read[i] == 0)
        return {std::nullopt, fmt::format("{}: nothing reads it, and it is not the last layer", graph_.nodes[i].name)};
    graph_.classes = graph_.nodes.back().out_channels;
    if (graph_.classes < 2)
      return {std::nullopt, fmt::format("{}: a classifier has two classes or more", graph_.nodes.back().name)};
    return {graph_, ""};
  }

 private:
  bool refuse(const Layer& layer, const std::string& why) {
    refusal_ = fmt::format("{}: {}; the trainer runs chains, and sums, of convolutions and products", layer.name, why);
    return false;
  }

  Shape shape_of(int node) const {
    if (node < 0) return {graph_.channels, graph_.height, graph_.width};
    const TrainNode& at = graph_.nodes[static_cast<std::size_t>(node)];
    return {at.out_channels, at.out_height, at.out_width};
  }

  bool add(const NetworkLayer& network_layer, const std::vector<int>& reads) {
    const Layer& layer = network_layer.layer;
    if (network_layer.repeat != 1) return refuse(layer, "it stands several times in a row");
    if (!network_layer.has_parameters) return refuse(layer, "none of its operands is learned");
    const TileReading reading = tile_layer(layer);
    if (!reading.layer) return refuse(layer, reading.refusal);
    const TileLayer& t = *reading.layer;
    if (std::max({t.out_channels, t.in_channels, t.rows, t.columns, t.kernel, t.stride, t.padding}) > largest)
      return refuse(layer, "it is too large");
    if (extent(layer, "N") > 1 && layer.kind == "conv") return refuse(layer, "it computes several images");
    TrainNode node;
    node.name = layer.name;
    node.groups = layer.kind == "conv" ? static_cast<int>(t.depthwise ? t.in_channels : extent(layer, "G")) : 1;
    const int groups_of_channels = t.depthwise ? 1 : node.groups;
    node.in_channels = static_cast<int>(t.in_channels) * groups_of_channels;
    node.out_channels = static_cast<int>(t.out_channels) * groups_of_channels;
    if (layer.kind == "matmul") return add_product(layer, t, reads, node);
    node.kernel = static_cast<int>(t.kernel);
    node.stride = static_cast<int>(t.stride);
    node.padding = static_cast<int>(t.padding);
    node.out_height = static_cast<int>(t.rows);
    node.out_width = static_cast<int>(t.columns);
    for (const int read : reads) {
      const Shape from = shape_of(read);
      if (from.channels != node.in_channels)
        return refuse(layer, fmt::format("it reads {} channels, and {} has {}: a join of channels", node.in_channels,
                                         name_of(read), from.channels));
      const auto fits = [&](int size, int out) {
        return size + 2 * node.padding >= node.kernel &&
               (size + 2 * node.padding - node.kernel) / node.stride + 1 == out;
      };
      int pool = 1;
      while (pool <= from.height &&
             !(fits(from.height / pool, node.out_height) && fits(from.width / pool, node.out_width)))
        ++pool;
      if (pool > from.height)
        return refuse(layer, fmt::format("from {} of {} x {} its map of {} x {} does not follow by pooling",
                                         name_of(read), from.height, from.width, node.out_height, node.out_width));
      const int height = from.height / pool, width = from.width / pool;
      if (!node.reads.empty() && (height != node.in_height || width != node.in_width))
        return refuse(layer, "what it reads has different sizes");
      node.in_height = height;
      node.in_width = width;
      node.reads.push_back({read, pool});
    }
    graph_.nodes.push_back(node);
    return true;
  }

  bool add_product(const Layer& layer, const TileLayer& t, const std::vector<int>& reads, TrainNode node) {
    if (t.rows != 1 || t.batch != 1) return refuse(layer, "the product has several rows");
    for (const int read : reads) {
      const Shape from = shape_of(read);
      if (from.channels == node.in_channels) {
        node.reads.push_back({read, from.height == 1 && from.width == 1 ? 1 : 0});
        continue;
      }
      // The whole map, perhaps after windows: a convolution as large as the map.
      int pool = 1;
      while (pool <= from.height &&
             std::int64_t{from.channels} * (from.height / pool) * (from.width / pool) != node.in_channels)
        ++pool;
      if (pool > from.height || reads.size() > 1 || from.height / pool != from.width / pool)
        return refuse(
            layer, fmt::format("its {} inputs are neither the channels of {} ({}) nor all of its square map ({} x {})",
                               node.in_channels, name_of(read), from.channels, from.height, from.width));
      node.in_channels = from.channels;
      node.in_height = node.in_width = node.kernel = from.height / pool;
      node.reads.push_back({read, pool});
    }
    graph_.nodes.push_back(node);
    return true;
  }

  std::string name_of(int read) const {
    return read < 0 ? "the image" : graph_.nodes[static_cast<std::size_t>(read)].name;
  }

  const Network& network_;
  TrainGraph graph_;
  std::string refusal_;
};

}  // namespace

double TrainGraph::macs() const {
  double sum = 0.0;
  for (const TrainNode& node : nodes) sum += node.macs();
  return sum;
}

double TrainGraph::bytes(int batch) const {
  double results = 0.0, largest_map = static_cast<double>(channels) * height * width, parameters = 0.0;
  for (const TrainNode& node : nodes) {
    const double in = static_cast<double>(node.in_channels) * node.in_height * node.in_width,
                 out = static_cast<double>(node.out_channels) * node.out_height * node.out_width;
    results += out;
    largest_map = std::max({largest_map, in, out});
    parameters +=
        static_cast<double>(node.out_channels) * (node.in_channels / node.groups) * node.kernel * node.kernel +
        2.0 * node.out_channels;
  }
  return 4.0 * (batch * (results + 4.0 * largest_map) + 3.0 * parameters);
}

TrainReading train_graph(const Network& network, int channels, int height, int width) {
  return Reader(network, {channels, height, width}).result();
}

std::optional<ImageShape> image_shape(const Network& network) {
  for (const std::size_t v : topological_order(network)) {
    const Layer& layer = network.graph[v].layer;
    const TileReading reading = tile_layer(layer);
    if (!reading.layer || layer.kind != "conv") return std::nullopt;
    const TileLayer& t = *reading.layer;
    if (std::max({t.in_channels, t.rows, t.columns, t.kernel, t.stride}) > largest) return std::nullopt;
    const auto size = [&](std::int64_t out) {
      return static_cast<int>((out - 1) * t.stride + t.kernel - 2 * t.padding + t.stride - 1);
    };
    const std::int64_t groups = t.depthwise ? 1 : extent(layer, "G");
    return ImageShape{static_cast<int>(t.in_channels * groups), size(t.rows), size(t.columns)};
  }
  return std::nullopt;
}

}  // namespace dovetail
