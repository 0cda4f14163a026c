// The tilings of a board as a space: parameters of the grid, the board's limits as known constraints.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <dovetail/engine/tiles/tile_family.hpp>
#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// hw.Tm hw.Tn hw.Tr hw.Tc hw.Wp hw.Ip hw.Op, and hw.Tm_depthwise of a second engine. Without a list of Tn there is no
/// hw.Tn: it is what the DSP slices allow; with one, and `fill_dsp`, the value `dsp` of hw.Tn means that. DSP slices,
/// ports and, where enforced, memory blocks are constraints, so the points are exactly the feasible ones of
/// `search_tiles`, each once.
struct TileSpace {
  TileFamily family;
  int kernel = 1;  ///< Tk
  bool two_engines = false;
  std::vector<Parameter> parameters;
  std::vector<std::string> constraints;

  int numbers() const { return static_cast<int>(parameters.size()); }
  Space space() const;  ///< of these parameters alone
  TileDesign design(std::span<const double> numbers) const;
  /// The design with the least cycles of these layers, as numbers; the first values where none is feasible.
  std::vector<double> best_numbers(const std::vector<TileNetworkLayer>& layers) const;
};

/// `kernel`: the largest of the networks; `depthwise`: whether they have depthwise layers.
TileSpace tile_space(const TileFamily& family, int kernel, bool depthwise);

}  // namespace dovetail
