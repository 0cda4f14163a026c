// The boundaries between the levels of a machine as LayerBound prices them: what one costs at least, by the tiles
// inside.
#pragma once

#include <array>
#include <vector>

#include <dovetail/engine/bound/mesh_tables.hpp>
#include <dovetail/engine/bound/tile_tables.hpp>

namespace dovetail {

// Words of a tensor by their way through a level's ports: cycles = the largest of three sums.
struct Ports {
  double read = 0.0, write = 0.0, both = 0.0;
  double most() const { return std::max({read, write, both}); }
};

// What the boundary under one level asks of the tables. Its tile is that of the next level inside, the child.
struct Boundary {
  unsigned stored = 0, crossing = 0;  // tensors with fills in the child; tensors that are delivered
  unsigned unheld = 0;     // crossing tensors that no level up to the child stores: a word for each operation
  bool outermost = false;  // all loops outside belong to one level
  Limit capacity;
  Limit beyond;  // of all that the children of the child hold, where it has no loops of its own
  std::array<Limit, max_tensors> inner{};    // of a tensor that is stored further in
  std::array<Limit, max_tensors> beneath{};  // of a tensor that the children of the child hold all of at once
  double fan = 1.0;
  TensorValues served{};  // most children that one word of a tensor can serve
  TensorValues fill{}, read{}, update{};
  double fill_elided = 0.0;                  // words of the written tensor that are not read the first time
  std::array<double, max_tensors> elided{};  // the same at the level that delivers
  // Cycles that a word takes: of the child's ports as a fill or an update from below, of the parent's ports.
  std::array<Ports, max_tensors> into{}, from{};
  std::array<int, max_tensors> parent{};
  Spread spread{};  // of the restricted axes of the fan-outs inside
  Ports busy{};     // of the parent, whatever the tile is
};

// The least energy of a boundary alone, and of everything inside up to it.
struct Inside {
  double energy = 0.0, energy_inside = 0.0, cycles_inside = 0.0;
};

/// Tiles of each level that one question has looked up: by the stationary tensor, and whether its limit inside counts.
using SeenTiles = std::array<std::array<LayerTiles::Tiles, 2 * max_tensors + 1>, max_levels>;

/// The least cost of boundaries[at], given that of those inside it, over its tiles and over what is stationary.
Inside least_inside(const LayerTiles& tables, const std::vector<Boundary>& boundaries, std::size_t at,
                    const std::vector<Inside>& inside, const Sharing& sharing, SeenTiles& seen);

}  // namespace dovetail
