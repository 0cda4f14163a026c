// The FPGA tile model: what a tiled convolution engine takes of a board, and the cycles of a layer on it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dovetail {

/// Which recorded or own reading of the model counts cycles.
enum class TileEdition : std::uint8_t {
  geometric,  ///< ours, in output coordinates: for designs
  padded,     ///< reproduces recorded runs of HotNAS' first code version
  clipped,    ///< reproduces recorded runs of its last code version
};

const std::vector<std::pair<std::string, TileEdition>>& tile_editions();  ///< by name
std::string_view to_string(TileEdition edition);

/// A convolution as the engine sees it. Depthwise: one filter per channel, and in_channels == out_channels.
struct TileLayer {
  std::int64_t out_channels = 1, in_channels = 1;               ///< M, N
  std::int64_t rows = 1, columns = 1;                           ///< R, C: of the output
  std::int64_t kernel = 1, stride = 1, padding = 0, batch = 1;  ///< K, S, P, B
  bool depthwise = false;
  bool operator==(const TileLayer&) const = default;
};

/// What the engine computes at a time, and what its three ports move in a cycle, in words of 16 bits.
struct Tile {
  int out_channels = 1, in_channels = 1;                 ///< Tm, Tn
  int rows = 1, columns = 1;                             ///< Tr, Tc
  int kernel = 1;                                        ///< Tk: the largest kernel that its weight buffers hold
  int weight_port = 1, input_port = 1, output_port = 1;  ///< Wp, Ip, Op
  bool operator==(const Tile&) const = default;
};

/// Pruned kernels and quantised weights of a layer.
struct TileCompression {
  std::optional<int> kept;         ///< weights that a kernel keeps of its kernel x kernel
  std::optional<int> weight_bits;  ///< of a stored weight
  bool operator==(const TileCompression&) const = default;
};

/// A board: multipliers, memory blocks, pins. Powers are the user's own figures, for energies that are labelled so.
struct TileBoard {
  std::string name;
  std::int64_t dsp = 0, bram = 0;  ///< slices and blocks that there are
  std::int64_t bram_bits = 18'000;
  std::int64_t port_bits = 0;  ///< that all ports move in a cycle together
  int word_bits = 16;          ///< 16: fixed point, 32: floating point
  double clock_mhz = 100.0;
  std::optional<double> static_mw, dynamic_mw;
  bool operator==(const TileBoard&) const = default;
};

/// What an engine takes of its board.
struct TileResources {
  std::int64_t dsp = 0, bram = 0, port_bits = 0;
  bool operator==(const TileResources&) const = default;
};

/// Zhang et al., "Optimizing FPGA-based accelerator design for deep convolutional neural networks" (FPGA 2015) for the
/// form; block counts as in HotNAS (Jiang et al., CODES+ISSS 2020). A depthwise engine has one lane per channel.
TileResources tile_resources(const TileBoard& board, const Tile& tile, bool depthwise);

/// The engines' sum: they share the ports of the first.
TileResources both(const TileResources& ordinary, const TileResources& depthwise);

/// The names `dsp`, `ports`, `bram`, in this order, of what is taken beyond what there is.
std::vector<std::string> tile_violations(const TileBoard& board, const TileResources& taken);

enum class TileBottleneck : std::uint8_t { input, weights, compute, store };
std::string_view to_string(TileBottleneck bottleneck);

struct TileCycles {
  double cycles = 0.0;  ///< infinite when the weight port is too narrow for one stored weight
  TileBottleneck bottleneck = TileBottleneck::compute;
};

/// Cycles of a layer and what binds a tile. Loads, computation and stores of successive tiles overlap (double buffers):
/// tiles x max(rounds x max(input, weights, compute), store); the geometric edition adds the first load and the last
/// store.
TileCycles tile_cycles(TileEdition edition, const TileLayer& layer, const Tile& tile,
                       const TileCompression& compression = {});

/// The cycles of one layer for many tiles: the same numbers, without the bottlenecks. cycles.size() == tiles.size().
void tile_cycles(TileEdition edition, const TileLayer& layer, const TileCompression& compression,
                 std::span<const Tile> tiles, std::span<double> cycles);

/// Multiply-accumulates of the layer, without pruning.
double tile_macs(const TileLayer& layer);

}  // namespace dovetail
