// Boards with grids of tilings: `dovetail-tile-family/1`, and the recorded grids in words.
#pragma once

#include <string>
#include <vector>

#include <dovetail/engine/tiles/tile_grid.hpp>

namespace dovetail {

/// The lists of a grid: Tm Tn fill_dsp Tr Tc Wp Ip Op depthwise_Tm Tk enforce_bram.
const Record<TileGrid>& grid_record();

/// Values ascending and once, so that points count once.
void make_unique(TileGrid& grid);

/// The grid of HotNAS' published space logs: Tm 10 40 ... 220, Tr and Tc of 32 64 256, ports of 2 6 10 14 18; depthwise
/// Tm 64 192 ... 960. `space` is its description, clauses separated by commas: "Tn = floor(dsp / Tm)", "Tn also of 2 4
/// 8", "Tn of 2 4 8", "two accelerators", "BRAM enforced", "no BRAM limit". Two accelerators have Tr = Tc = 32.
TileGrid recorded_grid(const std::string& space, const Location& where, Diagnostics& diagnostics);

/// A board with a grid of tilings: what `--architecture fpga-tiles` names.
struct TileFamily {
  std::string name;
  TileBoard board;
  TileEdition edition = TileEdition::geometric;
  TileGrid grid;
  bool skips_zeros = false;  ///< whether kernels that keep fewer weights take fewer cycles
};

/// Whether the word names the built-in tile family or a file of `dovetail-tile-family/1`.
bool is_tile_family(const std::string& name_or_path);

/// The family with values replaced by `name=value` words (board, board.dsp, edition, or a key of the grid; a prefix hw.
/// is allowed). Throws InputError.
TileFamily load_tile_family(const std::string& name_or_path, const std::vector<std::string>& changes);

/// The convolutions of a zoo network, in the order of its layers: the torchvision form where the zoo has two.
std::vector<TileNetworkLayer> zoo_convolutions(const std::string& network, bool merge_equal);

}  // namespace dovetail
