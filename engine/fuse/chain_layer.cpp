#include <dovetail/engine/fuse/chain_layer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace dovetail {
namespace {

enum ChainDimension : std::size_t { rows, columns, channels, taps, dimensions };
using Box = std::array<std::int64_t, dimensions>;

constexpr std::array<bool, dimensions> moves_input = {true, false, true, true};
constexpr std::array<bool, dimensions> moves_weights = {false, true, true, true};
constexpr std::array<bool, dimensions> moves_output = {true, true, false, false};

std::vector<std::int64_t> divisors(std::int64_t n) {
  std::vector<std::int64_t> low, high;
  for (std::int64_t d = 1; d * d <= n; ++d) {
    if (n % d != 0) continue;
    low.push_back(d);
    if (d * d != n) high.push_back(n / d);
  }
  low.insert(low.end(), high.rbegin(), high.rend());
  return low;
}

ChainLayer tile_of(const ChainLayer& layer, const Box& tile) {
  ChainLayer part = layer;
  part.rows = tile[rows], part.columns = tile[columns];
  part.channels = tile[channels], part.taps = tile[taps];
  return part;
}

// The loops in DRAM, outermost first.
struct Order {
  std::array<std::size_t, dimensions> loop{};
  std::size_t count = 0;
};

// Trips of the loops down to the innermost one that moves the tensor, and that loop (`dimensions`: none does).
struct Trips {
  std::int64_t outer = 1, inner = 1;
  std::size_t innermost = dimensions;
};

Trips trips_of(const Order& order, const Box& trips, const std::array<bool, dimensions>& moves) {
  Trips found;
  std::int64_t product = 1;
  for (std::size_t at = 0; at < order.count; ++at) {
    const std::size_t d = order.loop[at];
    if (moves[d]) found = {product, trips[d], d};
    product *= trips[d];
  }
  return found;
}

// Words of inputs: a window that slides along its axis in the innermost loop brings only what is new.
std::int64_t input_words(const ChainLayer& tile, const Trips& trips) {
  const std::int64_t whole = tile.input_words();
  if (trips.innermost != rows && trips.innermost != taps) return whole * trips.outer * trips.inner;
  const std::int64_t length = tile.stride * (tile.rows - 1) + tile.taps;
  const std::int64_t step = trips.innermost == rows ? tile.stride * tile.rows : tile.taps;
  const std::int64_t fresh = tile.channels * std::min(length, step);
  return trips.outer * (whole + (trips.inner - 1) * fresh);
}

class LayerListing {
 public:
  LayerListing(const ChainMachine& machine, const ChainLayer& layer, const ChainRoom& room)
      : machine_(machine),
        layer_(layer),
        room_(room),
        whole_{layer.rows, layer.columns, layer.channels, layer.taps} {}

  std::vector<ChainCost> run() {
    std::array<std::vector<std::int64_t>, dimensions> parts;
    for (std::size_t d = 0; d < dimensions; ++d) parts[d] = divisors(whole_[d]);
    Box tile{};
    for (const std::int64_t row : parts[rows]) {
      for (const std::int64_t column : parts[columns]) {
        for (const std::int64_t channel : parts[channels]) {
          for (const std::int64_t tap : parts[taps]) {
            tile = {row, column, channel, tap};
            orders(tile);
          }
        }
      }
    }
    return front_of(std::move(costs_));
  }

 private:
  void orders(const Box& tile) {
    const ChainLayer part = tile_of(layer_, tile);
    const std::int64_t used = (room_.input ? 0 : part.input_words()) + (room_.weights ? 0 : part.weight_words()) +
                              (room_.output ? 0 : part.output_words());
    if (used > room_.capacity_words) return;
    Box trips{};
    Order order;
    for (std::size_t d = 0; d < dimensions; ++d) {
      trips[d] = whole_[d] / tile[d];
      if (trips[d] > 1) order.loop[order.count++] = d;
    }
    const auto end = order.loop.begin() + static_cast<std::ptrdiff_t>(order.count);
    do cost(part, order, trips);
    while (std::next_permutation(order.loop.begin(), end));
  }

  void cost(const ChainLayer& part, const Order& order, const Box& trips) {
    const auto moved = [&](const std::array<bool, dimensions>& moves) { return trips_of(order, trips, moves); };
    const Trips weight_trips = moved(moves_weights), output_trips = moved(moves_output);
    const std::int64_t inputs = room_.input ? 0 : input_words(part, moved(moves_input));
    const std::int64_t weights = room_.weights ? 0 : part.weight_words() * weight_trips.outer * weight_trips.inner;
    const std::int64_t written = room_.output ? 0 : part.output_words() * output_trips.outer * output_trips.inner;
    const std::int64_t read_back = room_.output ? 0 : written - layer_.output_words();
    const auto macs = static_cast<double>(layer_.macs());
    const auto dram = static_cast<double>(inputs + weights + written + read_back);
    const double accesses =
        4.0 * macs - static_cast<double>(layer_.output_words()) + static_cast<double>(inputs + weights + read_back);
    costs_.push_back({macs * machine_.mac_pj + accesses * machine_.buffer_pj + dram * machine_.dram_pj,
                      std::max(macs, dram / machine_.bandwidth_words_per_cycle)});
  }

  const ChainMachine& machine_;
  const ChainLayer& layer_;
  const ChainRoom& room_;
  Box whole_;
  std::vector<ChainCost> costs_;
};

}  // namespace

std::vector<ChainCost> front_of(std::vector<ChainCost> costs) {
  std::sort(costs.begin(), costs.end());
  std::vector<ChainCost> front;
  for (const ChainCost& cost : costs) {
    if (front.empty() || cost.cycles < front.back().cycles) front.push_back(cost);
  }
  return front;
}

std::vector<ChainCost> chain_layer_front(const ChainMachine& machine, const ChainLayer& layer, const ChainRoom& room) {
  return LayerListing(machine, layer, room).run();
}

}  // namespace dovetail
