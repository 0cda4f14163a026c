// Changing extents, densities and word widths.
#include <dovetail/engine/compress/compression.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace dovetail {
namespace {

std::int64_t* extent(Layer& layer, const char* name) {
  const int at = find_dimension(layer, name);
  return at < 0 ? nullptr : &layer.dimensions[static_cast<std::size_t>(at)].extent;
}

Tensor* tensor(Layer& layer, const char* name) {
  const int at = find_tensor(layer, name);
  return at < 0 ? nullptr : &layer.tensors[static_cast<std::size_t>(at)];
}

bool is_depthwise(const Layer& layer) {
  return layer.kind == "conv" && find_dimension(layer, "K") < 0;
}

[[noreturn]] void impossible(const Network& network, const std::string& message) {
  throw InputError({network.name, 0, 0, ""}, message);
}

// Output channels of `v` become `channels`, of all that follow from it too.
void cut(Network& network, std::size_t v, std::int64_t channels) {
  Layer& layer = network.graph[v].layer;
  std::int64_t* out = extent(layer, layer.kind == "matmul" ? "N" : is_depthwise(layer) ? "C" : "K");
  if (out == nullptr || find_dimension(layer, "G") >= 0)
    impossible(network,
               fmt::format("{}: its channels cannot be cut: it is no plain convolution or product", layer.name));
  const std::int64_t before = *out;
  *out = channels;
  for (auto [edge, end] = boost::out_edges(v, network.graph); edge != end; ++edge) {
    const std::size_t reader = boost::target(*edge, network.graph);
    Layer& next = network.graph[reader].layer;
    if (boost::in_degree(reader, network.graph) != 1)
      impossible(network, fmt::format("{}: its channels cannot be cut: {} joins them with those of other layers",
                                      layer.name, next.name));
    if (is_depthwise(next)) {
      cut(network, reader, channels);
    } else {
      std::int64_t* in = extent(next, next.kind == "matmul" ? "K" : "C");
      if (in == nullptr || find_dimension(next, "G") >= 0 || *in % before != 0)
        impossible(network, fmt::format("{}: its channels cannot be cut: {} does not read them one by one", layer.name,
                                        next.name));
      *in = *in / before * channels;
    }
  }
}

const Sensitivity* of_kind(const std::vector<Sensitivity>& all, std::initializer_list<const char*> kinds) {
  for (const Sensitivity& one : all)
    if (std::any_of(kinds.begin(), kinds.end(), [&](const char* kind) { return one.kind == kind; })) return &one;
  return nullptr;
}

}  // namespace

int kernel_of(const Layer& layer) {
  if (layer.kind == "matmul") return 1;
  if (layer.kind != "conv") return 0;
  const int r = find_dimension(layer, "R"), s = find_dimension(layer, "S");
  const std::int64_t height = r < 0 ? 1 : layer.dimensions[static_cast<std::size_t>(r)].extent,
                     width = s < 0 ? 1 : layer.dimensions[static_cast<std::size_t>(s)].extent;
  return height == width && height < 1024 ? static_cast<int>(height) : 0;
}

Network compressed(const Network& network, const NetworkCompression& compression) {
  Network result = network;
  const std::size_t count = boost::num_vertices(result.graph);
  for (std::size_t v = 0; v < count; ++v) {
    Layer& layer = result.graph[v].layer;
    const auto found = compression.find(layer.name);
    if (found == compression.end() || found->second.whole()) continue;
    const LayerCompression& wanted = found->second;
    const int kernel = kernel_of(layer);
    Tensor *weights = tensor(layer, "Weights"), *inputs = tensor(layer, "Inputs");
    if (wanted.kept) {
      if (weights == nullptr || kernel == 0 || *wanted.kept < 1 || *wanted.kept > kernel * kernel)
        impossible(network, fmt::format("{}: its kernels cannot keep {} weights of {} x {}", layer.name, *wanted.kept,
                                        kernel, kernel));
      weights->density = static_cast<double>(*wanted.kept) / (kernel * kernel);
    }
    if (wanted.weight_bits && weights != nullptr) weights->word_bits = *wanted.weight_bits;
    if (wanted.activation_bits && inputs != nullptr) inputs->word_bits = *wanted.activation_bits;
    if (wanted.channels < 1.0 && boost::out_degree(v, result.graph) > 0) {
      const std::int64_t* out = extent(layer, layer.kind == "matmul" ? "N" : is_depthwise(layer) ? "C" : "K");
      if (is_depthwise(layer) || out == nullptr)
        impossible(network, fmt::format("{}: its channels follow from what it reads", layer.name));
      cut(result, v, std::max<std::int64_t>(1, std::llround(wanted.channels * static_cast<double>(*out))));
    }
  }
  return result;
}

std::optional<double> predicted_drop(const Sensitivity& sensitivity, const std::string& layer, double amount,
                                     Drop drop) {
  const bool bits = sensitivity.kind == "bits";
  if (!bits && amount <= 0.0) return 0.0;
  const LayerSensitivity* found = find_layer(sensitivity, layer);
  if (found == nullptr) return std::nullopt;
  LayerSensitivity rows = *found;
  if (bits) std::reverse(rows.rows.begin(), rows.rows.end());  // fewer bits are more compression
  const std::vector<double> lost = drops(sensitivity, rows, drop);
  for (std::size_t r = 0; r < lost.size(); ++r)
    if (bits ? rows.rows[r].amount <= amount : rows.rows[r].amount >= amount - 1e-9) return lost[r];
  return std::nullopt;
}

PredictedLoss predicted_loss(const std::vector<Sensitivity>& sensitivities, const std::string& layer, int kernel,
                             const LayerCompression& compression, Drop drop) {
  PredictedLoss result;
  const auto add = [&](const Sensitivity* sensitivity, double amount, const std::string& what) {
    if (!result.failure.empty()) return;
    const std::optional<double> lost =
        sensitivity == nullptr ? std::nullopt : predicted_drop(*sensitivity, layer, amount, drop);
    if (!lost)
      result.failure = fmt::format("{} was never measured with {}", layer, what);
    else
      result.loss += *lost;
  };
  if (compression.kept && *compression.kept < kernel * kernel)
    add(of_kind(sensitivities, {"element"}), 1.0 - static_cast<double>(*compression.kept) / (kernel * kernel),
        fmt::format("{} of {} weights", *compression.kept, kernel * kernel));
  if (compression.channels < 1.0)
    add(of_kind(sensitivities, {"channel", "filter"}), 1.0 - compression.channels,
        fmt::format("a share {:g} of its channels", compression.channels));
  constexpr int usual_bits = 16;  // fixed-point words of the engines: what is not measured at these loses nothing
  if (compression.weight_bits && (*compression.weight_bits < usual_bits || of_kind(sensitivities, {"bits"}) != nullptr))
    add(of_kind(sensitivities, {"bits"}), *compression.weight_bits,
        fmt::format("weights of {} bits", *compression.weight_bits));
  if (compression.activation_bits &&
      (*compression.activation_bits < usual_bits || of_kind(sensitivities, {"activation bits"}) != nullptr))
    add(of_kind(sensitivities, {"activation bits"}), *compression.activation_bits,
        fmt::format("inputs of {} bits", *compression.activation_bits));
  return result;
}

PredictedLoss predicted_loss(const std::vector<Sensitivity>& sensitivities, const Network& network,
                             const NetworkCompression& compression, Drop drop) {
  PredictedLoss all;
  for (const NetworkLayer* layer : layers(network)) {
    const auto found = compression.find(layer->layer.name);
    if (found == compression.end()) continue;
    const PredictedLoss one =
        predicted_loss(sensitivities, layer->layer.name, kernel_of(layer->layer), found->second, drop);
    if (!one.failure.empty()) return one;
    all.loss += one.loss;
  }
  return all;
}

}  // namespace dovetail
