// Documents of schema fpga-tile-grid/1: a network, an edition and a grid of tilings.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include <dovetail/engine/tiles/tile_family.hpp>

namespace dovetail {

/// A search that a document asks for.
struct TileGridCase {
  std::string network;
  TileGridRequest request;
};

/// Whether the document says `schema: fpga-tile-grid/1`, or has no schema and both a space and an edition.
bool is_tile_grid(const Node& document);

/// Keys `network`, `layers`, `edition`, `space` as in the reference cases; `board` (default: zcu102), `grid` in place
/// of `space`; without `layers` the convolutions of the zoo's network. Answers in the document are not read.
TileGridCase read_tile_grid(const Node& document, Diagnostics& diagnostics);

/// `points`, `feasible`, `best_cycles`, `best_ms`, `ties`, `best_designs`, `random_expected_ms`, `quantiles_ms` as in
/// the reference cases, and `proven`, `resources`, `layers` of the best design.
nlohmann::ordered_json to_json(const TileGridCase& grid_case, const TileGridResult& result);

/// The answer for people: the tiling, what it takes of the board, and what binds each layer.
std::string to_text(const TileGridCase& grid_case, const TileGridResult& result);

/// Reads and answers; null when the document has errors.
nlohmann::ordered_json answer_tile_grid(const Node& document, Diagnostics& diagnostics);

}  // namespace dovetail
