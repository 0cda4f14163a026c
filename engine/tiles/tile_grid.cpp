// Enumerates a tile grid in groups of equal positions and ports, with the cycles of each engine priced in batches.
#include <dovetail/engine/tiles/tile_grid.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include <dovetail/accelerators/tiles/tile_layer.hpp>

namespace dovetail {
namespace {

/// Sums in another order differ in the last bits: designs this close are as good.
constexpr double tie = 1e-12;

/// Channels of one or two engines that the DSP slices allow.
struct Channels {
  int out_channels, in_channels;
  int depthwise;  ///< 0: one engine
};

std::vector<Channels> channels(const TileGridRequest& request, bool two) {
  const std::int64_t lanes = request.board.dsp / (request.board.word_bits == 32 ? 5 : 1);
  std::vector<Channels> list;
  for (int depthwise : two ? request.grid.depthwise_channels : std::vector<int>{0}) {
    for (int tm : request.grid.out_channels) {
      const std::int64_t most = (lanes - depthwise) / tm;
      std::set<int> values;
      for (int tn : request.grid.in_channels) {
        if (tn <= most) values.insert(tn);
      }
      if (request.grid.fill_dsp && most >= 1) values.insert(static_cast<int>(most));
      for (int tn : values) list.push_back({tm, tn, depthwise});
    }
  }
  return list;
}

int largest_kernel(const TileGridRequest& request) {
  std::int64_t kernel = 1;
  for (const TileNetworkLayer& layer : request.layers) kernel = std::max(kernel, layer.shape.kernel);
  return request.grid.kernel.value_or(static_cast<int>(kernel));
}

/// The cycles of the layers of one engine, for many tiles.
void price(const TileGridRequest& request, bool depthwise, std::span<const Tile> tiles, std::vector<double>& totals) {
  totals.assign(tiles.size(), 0.0);
  std::vector<double> one(tiles.size());
  for (const TileNetworkLayer& layer : request.layers) {
    if (layer.shape.depthwise != depthwise) continue;
    tile_cycles(request.edition, layer.shape, layer.compression, tiles, one);
    for (std::size_t i = 0; i < tiles.size(); ++i) totals[i] += static_cast<double>(layer.count) * one[i];
  }
}

auto order(const TileDesign& design) {
  const auto key = [](const Tile& t) {
    return std::tuple(t.out_channels, t.in_channels, t.rows, t.columns, t.weight_port, t.input_port, t.output_port);
  };
  return std::tuple(design.depthwise ? key(*design.depthwise) : key(Tile{}), key(design.ordinary));
}

/// The best designs seen so far.
class Best {
 public:
  Best(TileGridResult& result, std::size_t keep) : result_(result), keep_(keep) {}

  void offer(double cycles, const TileDesign& design) {
    double& best = result_.best_cycles ? *result_.best_cycles
                                       : result_.best_cycles.emplace(std::numeric_limits<double>::infinity());
    if (cycles < best * (1.0 - tie) || result_.ties == 0) {
      best = cycles, result_.ties = 1;
      result_.best = {design};
    } else if (cycles <= best * (1.0 + tie)) {
      ++result_.ties;
      best = std::min(best, cycles);
      insert(design);
    }
  }

 private:
  void insert(const TileDesign& design) {
    const auto less = [](const TileDesign& a, const TileDesign& b) { return order(a) < order(b); };
    result_.best.insert(std::upper_bound(result_.best.begin(), result_.best.end(), design, less), design);
    if (result_.best.size() > keep_) result_.best.pop_back();
  }
  TileGridResult& result_;
  std::size_t keep_;
};

/// Calls `visit(design, cycles)` for every feasible point, and counts all of them.
template <class Visit>
void enumerate(const TileGridRequest& request, TileGridResult& result, Visit visit) {
  const bool two =
      !request.grid.depthwise_channels.empty() &&
      std::any_of(request.layers.begin(), request.layers.end(), [](const auto& l) { return l.shape.depthwise; });
  const std::vector<Channels> choices = channels(request, two);
  std::vector<std::pair<int, int>> pairs;  // of the ordinary engine; several depthwise engines share one
  for (const Channels& c : choices) pairs.emplace_back(c.out_channels, c.in_channels);
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  std::vector<std::size_t> pair_of, depthwise_of;
  for (const Channels& c : choices) {
    pair_of.push_back(static_cast<std::size_t>(
        std::lower_bound(pairs.begin(), pairs.end(), std::pair(c.out_channels, c.in_channels)) - pairs.begin()));
    const auto& values = request.grid.depthwise_channels;
    depthwise_of.push_back(
        two ? static_cast<std::size_t>(std::find(values.begin(), values.end(), c.depthwise) - values.begin()) : 0);
  }
  const int kernel = largest_kernel(request);
  std::vector<Tile> ordinary(pairs.size()), depthwise(two ? request.grid.depthwise_channels.size() : 0);
  std::vector<double> ordinary_cycles, shared_cycles, depthwise_cycles;
  for (int rows : request.grid.rows) {
    for (int columns : request.grid.columns) {
      for (int weight_port : request.grid.weight_port) {
        for (int input_port : request.grid.input_port) {
          for (int output_port : request.grid.output_port) {
            result.points += static_cast<std::int64_t>(choices.size());
            const std::int64_t port_bits =
                request.board.word_bits * (std::int64_t{weight_port} + input_port + output_port);
            if (port_bits > request.board.port_bits) {
              result.too_many["ports"] += static_cast<std::int64_t>(choices.size());
              continue;
            }
            for (std::size_t i = 0; i < pairs.size(); ++i)
              ordinary[i] = {pairs[i].first, pairs[i].second, rows,       columns,
                             kernel,         weight_port,     input_port, output_port};
            for (std::size_t i = 0; i < depthwise.size(); ++i) {
              const int channels = request.grid.depthwise_channels[i];
              depthwise[i] = {channels, channels, rows, columns, kernel, weight_port, input_port, output_port};
            }
            price(request, false, ordinary, ordinary_cycles);
            price(request, true, two ? depthwise : ordinary, two ? depthwise_cycles : shared_cycles);
            for (std::size_t i = 0; i < choices.size(); ++i) {
              TileDesign design{ordinary[pair_of[i]], std::nullopt};
              double cycles = ordinary_cycles[pair_of[i]];
              if (two) {
                design.depthwise = depthwise[depthwise_of[i]];
                cycles += depthwise_cycles[depthwise_of[i]];
              } else {
                cycles += shared_cycles[pair_of[i]];
              }
              if (request.grid.enforce_bram && tile_resources(request.board, design).bram > request.board.bram) {
                ++result.too_many["bram"];
                continue;
              }
              ++result.feasible;
              visit(design, cycles);
            }
          }
        }
      }
    }
  }
}

/// E[least of n draws without replacement] = sum over the ascending values v_k of v_k P(the k-th is the least drawn),
/// and that has C(N - 1 - k, n - 1) of C(N, n) draws.
double expected_least(const std::vector<double>& ascending, int draws) {
  const auto size = static_cast<double>(ascending.size());
  if (draws >= static_cast<int>(ascending.size())) return ascending.front();
  double probability = draws / size, sum = 0.0;
  for (std::size_t k = 0; k < ascending.size() && probability > 0.0; ++k) {
    sum += ascending[k] * probability;
    const double left = size - 1.0 - static_cast<double>(k);
    probability *= left > 0.0 ? (left - (draws - 1.0)) / left : 0.0;
  }
  return sum;
}

}  // namespace

TileResources tile_resources(const TileBoard& board, const TileDesign& design) {
  const TileResources ordinary = tile_resources(board, design.ordinary, false);
  return design.depthwise ? both(ordinary, tile_resources(board, *design.depthwise, true)) : ordinary;
}

std::vector<TileCycles> tile_cycles(TileEdition edition, std::span<const TileNetworkLayer> layers,
                                    const TileDesign& design) {
  std::vector<TileCycles> list;
  for (const TileNetworkLayer& layer : layers) {
    const Tile& tile = layer.shape.depthwise && design.depthwise ? *design.depthwise : design.ordinary;
    list.push_back(tile_cycles(edition, layer.shape, tile, layer.compression));
  }
  return list;
}

double total_cycles(TileEdition edition, std::span<const TileNetworkLayer> layers, const TileDesign& design) {
  const std::vector<TileCycles> list = tile_cycles(edition, layers, design);
  double total = 0.0;
  for (std::size_t i = 0; i < list.size(); ++i) total += static_cast<double>(layers[i].count) * list[i].cycles;
  return total;
}

TileGridResult search_tiles(const TileGridRequest& request) {
  TileGridResult result;
  Best best(result, std::max<std::size_t>(request.keep, 1));
  std::vector<double> all;
  enumerate(request, result, [&](const TileDesign& design, double cycles) {
    best.offer(cycles, design);
    if (request.spread) all.push_back(cycles);
  });
  if (!all.empty()) {
    std::sort(all.begin(), all.end());
    for (int draws : {20, 50, 100, 200, 500}) result.spread.random_expected[draws] = expected_least(all, draws);
    for (double share : {0.0, 0.01, 0.1, 0.5})
      result.spread.quantiles[share] = all[static_cast<std::size_t>(share * static_cast<double>(all.size()))];
  }
  return result;
}

std::vector<std::pair<double, TileDesign>> ranked_tiles(const TileGridRequest& request) {
  TileGridResult counts;
  std::vector<std::pair<double, TileDesign>> list;
  enumerate(request, counts, [&](const TileDesign& design, double cycles) { list.emplace_back(cycles, design); });
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : order(a.second) < order(b.second);
  });
  return list;
}

std::vector<TileNetworkLayer> tile_network(const Network& network, bool merge_equal) {
  std::vector<TileNetworkLayer> list;
  Diagnostics diagnostics;
  for (const NetworkLayer* layer : layers(network)) {
    const TileReading reading = tile_layer(layer->layer);
    if (!reading.layer) {
      diagnostics.error({.file = network.name}, reading.refusal);
      continue;
    }
    const auto equal =
        std::find_if(list.begin(), list.end(), [&](const auto& other) { return other.shape == *reading.layer; });
    if (merge_equal && equal != list.end())
      equal->count += layer->repeat;
    else
      list.push_back({layer->layer.name, *reading.layer, layer->repeat, {}});
  }
  diagnostics.raise();
  return list;
}

}  // namespace dovetail
