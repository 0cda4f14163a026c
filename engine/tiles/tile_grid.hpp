// The best tiling of a whole network on one board: every point of a grid, priced once per engine.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dovetail/accelerators/tiles/tile_document.hpp>
#include <dovetail/accelerators/tiles/tile_model.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail {

/// The values of a tiling. Networks with depthwise layers get a second engine for them, of the same positions and
/// ports.
struct TileGrid {
  std::vector<int> out_channels;   ///< Tm
  std::vector<int> in_channels;    ///< Tn, where the DSP slices allow it
  bool fill_dsp = true;            ///< Tn also the largest that the DSP slices allow
  std::vector<int> rows, columns;  ///< Tr, Tc
  std::vector<int> weight_port, input_port, output_port;
  std::vector<int> depthwise_channels;  ///< Tm of the second engine
  std::optional<int> kernel;            ///< Tk; none: the largest kernel of the network
  bool enforce_bram = true;
  bool operator==(const TileGrid&) const = default;
};

/// One engine, or two.
struct TileDesign {
  Tile ordinary;
  std::optional<Tile> depthwise;
  bool operator==(const TileDesign&) const = default;
};

TileResources tile_resources(const TileBoard& board, const TileDesign& design);

/// Cycles of a network, layer by layer; the depthwise layers on the engine for them where there is one.
std::vector<TileCycles> tile_cycles(TileEdition edition, std::span<const TileNetworkLayer> layers,
                                    const TileDesign& design);
double total_cycles(TileEdition edition, std::span<const TileNetworkLayer> layers, const TileDesign& design);

/// How the cycles of the feasible points are spread.
struct TileSpread {
  std::map<int, double> random_expected;  ///< exact expectation of the best of so many draws without replacement
  std::map<double, double> quantiles;     ///< the value below which that share of the points lies
};

struct TileGridResult {
  std::int64_t points = 0,
               feasible = 0;          ///< of the grid; what fits the ports and, where enforced, the memory blocks
  std::optional<double> best_cycles;  ///< none when nothing fits. Every point was priced: it is proven
  std::int64_t ties = 0;              ///< points that are as good
  std::vector<TileDesign> best;       ///< the first of them, in the order Tm Tn Tr Tc Wp Ip Op
  TileSpread spread;
  std::map<std::string, std::int64_t> too_many;  ///< how many points break each limit: dsp, ports, bram
};

struct TileGridRequest {
  TileBoard board;
  TileEdition edition = TileEdition::geometric;
  TileGrid grid;
  std::vector<TileNetworkLayer> layers;
  std::size_t keep = 4;  ///< how many of the best designs are listed
  bool spread = false;
};

/// Prices every point: an engine's share of the cycles depends on its own tile only, so that two engines cost no more
/// than their two grids.
TileGridResult search_tiles(const TileGridRequest& request);

/// All feasible points with their cycles, ascending; ties in the order of the designs.
std::vector<std::pair<double, TileDesign>> ranked_tiles(const TileGridRequest& request);

/// The layers of a network in the engine's words; equal ones once, with their count. Throws InputError that names every
/// layer that the engine does not run.
std::vector<TileNetworkLayer> tile_network(const Network& network, bool merge_equal = true);

}  // namespace dovetail
