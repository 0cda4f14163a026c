// Options per layer, then the knapsack.
#include <dovetail/engine/explore/stage/exact_compression.hpp>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <dovetail/accelerators/tiles/tile_layer.hpp>
#include <dovetail/engine/compress/knapsack.hpp>

namespace dovetail {
namespace {

constexpr std::size_t most_known = 20'000;

// All ways to treat a layer; the whole layer first.
std::vector<LayerCompression> ways(const StudyCompression& study, const std::string& layer, int kernel) {
  std::vector<LayerCompression> list = {{}};
  if (!is_meant(study, layer)) return list;
  std::vector<std::optional<int>> keeps = {std::nullopt}, bits = {std::nullopt};
  for (const int keep : study.keep)
    if (keep < kernel * kernel) keeps.emplace_back(keep);
  for (const int width : study.weight_bits) bits.emplace_back(width);
  list.clear();
  for (const auto& keep : keeps)
    for (const auto& width : bits) list.push_back({keep, width, std::nullopt, 1.0});
  return list;
}

}  // namespace

struct ExactCompression::Layer {
  TileNetworkLayer layer;
  std::vector<LayerCompression> ways;
  std::vector<double> losses;
};

std::string ExactCompression::options(const Network& network, const std::string& name, std::vector<Layer>& all) const {
  const auto sensitivity = sensitivities_.find(name);
  for (const NetworkLayer* found : layers(network)) {
    if (convolutions_ && found->layer.kind != "conv") continue;
    const TileReading reading = tile_layer(found->layer);
    if (!reading.layer) return reading.refusal;
    const int kernel = static_cast<int>(reading.layer->kernel);
    Layer& one = all.emplace_back(Layer{{found->layer.name, *reading.layer, found->repeat, {}}, {}, {}});
    for (const LayerCompression& way : ways(study_, one.layer.name, kernel)) {
      PredictedLoss lost;
      if (!way.whole()) {
        if (sensitivity == sensitivities_.end()) continue;
        lost = predicted_loss(sensitivity->second.kinds, one.layer.name, kernel, way, sensitivity->second.drop);
      }
      if (!lost.failure.empty()) continue;  // never measured: no choice
      one.ways.push_back(way);
      one.losses.push_back(lost.loss);
    }
    if (one.ways.empty()) one.ways.emplace_back(), one.losses.push_back(0.0);
  }
  return "";
}

double ExactCompression::least_latency_ms(const CandidateSpace& space) const {
  const TileFamily& family = space.tiles->family;
  double least = std::numeric_limits<double>::infinity();
  const auto look = [&](const Network& network, const std::string& name) {
    std::vector<Layer> all;
    if (!options(network, name, all).empty()) return;
    TileGridRequest request{family.board, family.edition, family.grid, {}, 1, false};
    request.grid.kernel = space.tiles->kernel;
    for (const Layer& one : all) {
      TileNetworkLayer layer = one.layer;
      for (const LayerCompression& way : one.ways) {
        if (way.kept && family.skips_zeros)
          layer.compression.kept = std::min(layer.compression.kept.value_or(*way.kept), *way.kept);
        if (way.weight_bits)
          layer.compression.weight_bits =
              std::min(layer.compression.weight_bits.value_or(*way.weight_bits), *way.weight_bits);
      }
      request.layers.push_back(layer);
    }
    if (const auto cycles = search_tiles(request).best_cycles)
      least = std::min(least, *cycles / (1e3 * family.board.clock_mhz));
  };
  for (const NetworkSource& source : space.networks) {
    if (source.family) return 0.0;  // nothing is known of all its networks
    if (source.any.empty()) look(source.fixed, source.fixed.name);
    for (const Network& one : source.any) look(one, one.name);
  }
  return least;
}

ExactCompression::Answer ExactCompression::solve(const NetworkCandidate& candidate) const {
  std::string key;
  for (const CandidateNetwork& network : candidate.networks) key += network.text + ";";
  for (const double number : candidate.machine_point.numbers) key += fmt::format("{},", number);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
  }
  const TileDesign design = candidate.tiles->design(candidate.machine_point.numbers);
  const TileFamily& family = candidate.tiles->family;
  Answer answer;
  std::vector<Layer> all;
  for (const CandidateNetwork& part : candidate.networks) {
    answer.failure = options(part.plain(), part.name(), all);
    if (!answer.failure.empty()) return answer;
  }
  std::vector<std::vector<KnapsackOption>> groups;
  for (const Layer& one : all) {
    const Tile& tile = one.layer.shape.depthwise && design.depthwise ? *design.depthwise : design.ordinary;
    std::vector<KnapsackOption>& group = groups.emplace_back();
    for (std::size_t w = 0; w < one.ways.size(); ++w) {
      const TileCompression compression{family.skips_zeros ? one.ways[w].kept : std::nullopt, one.ways[w].weight_bits};
      group.push_back({one.losses[w], static_cast<double>(one.layer.count) *
                                          tile_cycles(family.edition, one.layer.shape, tile, compression).cycles});
    }
  }
  const double limit = latency_ms_ * 1e3 * family.board.clock_mhz;
  if (const auto choice = choose(groups, limit)) {
    answer.feasible = true;
    answer.loss = choice->loss;
    answer.cycles = choice->weight;
    for (std::size_t g = 0; g < groups.size(); ++g) answer.choice[all[g].layer.name] = all[g].ways[choice->options[g]];
  } else {
    answer.cycles = least_weight(groups);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (known_.size() < most_known) known_.emplace(key, answer);
  return answer;
}

}  // namespace dovetail
