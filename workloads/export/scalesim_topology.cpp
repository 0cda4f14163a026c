#include <dovetail/workloads/export/scalesim_topology.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <variant>

#include <dovetail/workloads/export/forms.hpp>

namespace dovetail {
namespace {

// A row: a convolution without groups and dilation and with one stride.
struct Row {
  std::string name;
  std::int64_t batch = 1, height = 1, width = 1, kernel_height = 1, kernel_width = 1, channels = 1, filters = 1,
               stride = 1;
  int sparse_n = 1, sparse_m = 1;  // of the weights
};

// N:M with M up to 32, or none.
std::optional<std::pair<int, int>> ratio(double density) {
  for (int m = 1; m <= 32; ++m) {
    const double n = density * m;
    if (n >= 1 && std::abs(n - std::round(n)) < 1e-9) return std::pair(static_cast<int>(std::round(n)), m);
  }
  return std::nullopt;
}

using RowOrReason = std::variant<Row, std::string>;

RowOrReason convolution(const ConvShape& shape) {
  if (shape.groups > 1)
    return fmt::format("{} groups of channels{}", shape.groups,
                       shape.groups == shape.in_channels ? " (depthwise)" : "");
  if ((shape.dilation_height > 1 && shape.kernel_height > 1) || (shape.dilation_width > 1 && shape.kernel_width > 1))
    return "a dilation";
  // A stride along an axis with one output has no meaning.
  const std::int64_t down = shape.out_height > 1 ? shape.stride_height : 0;
  const std::int64_t across = shape.out_width > 1 ? shape.stride_width : 0;
  if (down > 0 && across > 0 && down != across) return fmt::format("two strides, {} and {}", down, across);
  Row row;
  row.stride = std::max<std::int64_t>({down, across, 1});
  row.batch = shape.batch;
  row.height = (shape.out_height - 1) * row.stride + shape.kernel_height;
  row.width = (shape.out_width - 1) * row.stride + shape.kernel_width;
  row.kernel_height = shape.kernel_height;
  row.kernel_width = shape.kernel_width;
  row.channels = shape.in_channels;
  row.filters = shape.out_channels;
  return row;
}

RowOrReason row_of(const Layer& layer) {
  RowOrReason made = "loops that are neither a convolution nor a matrix product";
  if (const auto conv = as_convolution(layer)) {
    made = convolution(*conv);
  } else if (const auto matmul = as_matmul(layer)) {
    if (matmul->batch > 1) return fmt::format("a batch of {} products whose operands all differ", matmul->batch);
    made = Row{.name = "", .height = matmul->rows, .channels = matmul->depth, .filters = matmul->columns};
  }
  Row* row = std::get_if<Row>(&made);
  if (row == nullptr) return made;
  for (const Tensor& tensor : layer.tensors) {
    if (tensor.word_bits != 0) return fmt::format("word_bits of {}", tensor.name);
    if (tensor.density == 1.0) continue;
    const auto share = ratio(tensor.density);
    if (tensor.name != "Weights" || !share) return fmt::format("density {} of {}", tensor.density, tensor.name);
    std::tie(row->sparse_n, row->sparse_m) = *share;
  }
  return made;
}

// What a cell can hold: no comma, no remark, no line end, and no DP, which splits a layer into its channels.
std::string cell_name(const std::string& name) {
  std::string cell;
  for (const char letter : name) {
    const bool held =
        std::isgraph(static_cast<unsigned char>(letter)) != 0 && letter != ',' && letter != '#' && letter != '"';
    cell += held ? letter : '_';
    if (cell.ends_with("DP")) cell.insert(cell.size() - 1, "_");
  }
  return cell.empty() ? "layer" : cell;
}

bool is_chain(const LayerGraph& graph) {
  for (std::size_t i = 0; i < boost::num_vertices(graph); ++i) {
    if (boost::in_degree(i, graph) != (i > 0 ? 1u : 0u)) return false;
    if (i > 0 && !boost::edge(i - 1, i, graph).second) return false;
  }
  return true;
}

std::string table(const std::vector<Row>& rows, bool products, bool batches, bool sparse) {
  std::string csv;
  if (products) {
    csv = "Layer,M,N,K,\n";
    for (const Row& row : rows) csv += fmt::format("{},{},{},{},\n", row.name, row.height, row.filters, row.channels);
    return csv;
  }
  csv = fmt::format("Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,{}{}\n",
                    batches ? "Batch Size," : "", sparse ? "Sparsity," : "");
  for (const Row& row : rows) {
    csv += fmt::format("{},{},{},{},{},{},{},{},", row.name, row.height, row.width, row.kernel_height, row.kernel_width,
                       row.channels, row.filters, row.stride);
    if (batches) csv += fmt::format("{},", row.batch);
    if (sparse) csv += fmt::format("{}:{},", row.sparse_n, row.sparse_m);
    csv += '\n';
  }
  return csv;
}

}  // namespace

ScalesimTopology scalesim_topology(const Network& network) {
  ScalesimTopology topology;
  Diagnostics diagnostics;
  std::vector<Row> rows;
  bool products = true;
  std::size_t renamed = 0;
  for (const NetworkLayer* each : layers(network)) {
    RowOrReason made = row_of(each->layer);
    if (const auto* reason = std::get_if<std::string>(&made)) {
      diagnostics.error({},
                        fmt::format("layer {}: a SCALE-Sim topology cannot say {}", quote(each->layer.name), *reason));
      continue;
    }
    Row row = std::get<Row>(made);
    products = products && as_matmul(each->layer).has_value() && row.sparse_n == row.sparse_m;
    row.name = cell_name(each->layer.name);
    renamed += row.name != each->layer.name ? 1 : 0;
    constexpr std::size_t most_rows = 10'000;
    if (rows.size() + static_cast<std::size_t>(each->repeat) > most_rows) {
      diagnostics.error({}, fmt::format("layer {}: more than {} rows", quote(each->layer.name), most_rows));
      break;
    }
    rows.push_back(row);
    for (std::int64_t occurrence = 2; occurrence <= each->repeat; ++occurrence) {
      rows.push_back(row);
      rows.back().name = fmt::format("{}_{}", row.name, occurrence);
    }
  }
  diagnostics.raise();
  const auto any = [&](auto&& holds) { return std::any_of(rows.begin(), rows.end(), holds); };
  topology.csv = table(rows, products, any([](const Row& row) { return row.batch > 1; }),
                       any([](const Row& row) { return row.sparse_n != row.sparse_m; }));
  if (renamed > 0)
    topology.notes.push_back(
        fmt::format("{} layers have names that a row cannot hold (a comma, #, a blank, DP): changed", renamed));
  if (!is_chain(network.graph))
    topology.notes.push_back("the layers follow each other in the file; which reads which is not said");
  return topology;
}

}  // namespace dovetail
