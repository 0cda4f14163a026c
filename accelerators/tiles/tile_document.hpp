// Documents of the tile model: boards, tiles, layers in the model's letters, and `fpga-tile-case/1`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include <dovetail/accelerators/tiles/tile_model.hpp>
#include <dovetail/workloads/text/document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {

/// A layer of a network on tiles: how often it occurs, and what of its weights is left.
struct TileNetworkLayer {
  std::string name;
  TileLayer shape;
  std::int64_t count = 1;
  TileCompression compression;
};

/// The letters of the model: M N R C K S P B kind, and of a network's list also name and count.
const Record<TileNetworkLayer>& tile_layer_record();
/// Tm Tn Tr Tc Tk Wp Ip Op.
const Record<Tile>& tile_record();
/// dsp bram bram_bits port_bits bits, and optionally name, clock_mhz, static_mw, dynamic_mw.
const Record<TileBoard>& board_record();

/// A tile as the mapping of tile_record, or as the list [Tm, Tn, Tr, Tc, Tk, Wp, Ip, Op].
bool read_tile(const Node& node, Tile& tile, Diagnostics& diagnostics);

/// A board as a mapping, or by the name of a built-in one.
bool read_board(const Node& node, TileBoard& board, Diagnostics& diagnostics);

/// A board of the tree by name, or a `dovetail-board/1` file by path. Throws InputError.
TileBoard load_board(const std::string& name_or_path);
std::vector<std::string> board_names();

/// [Tm, Tn, Tr, Tc, Tk, Wp, Ip, Op]; Tn is 1 on a depthwise engine.
nlohmann::ordered_json tile_list(const Tile& tile, bool depthwise = false);
nlohmann::ordered_json to_json(const TileBoard& board, const TileResources& taken);

/// One layer on one tiling of a board, priced by every edition.
struct TileCase {
  TileBoard board;
  TileNetworkLayer layer;
  Tile tile;
  TileCompression compression;
};

/// Whether the document is a `fpga-tile-case/1`: it says so, or has no schema and both a board and a tile.
bool is_tile_case(const Node& document);

/// Keys `board`, `layer`, `tile`, `kept`, `weight_bits`; `id`, `note` and the answers are annotations.
TileCase read_tile_case(const Node& document, Diagnostics& diagnostics);

/// `id` where there is one, `resources` and, per edition, `cycles`; null when the document has errors.
nlohmann::ordered_json evaluate_tile_case(const Node& document, Diagnostics& diagnostics);

/// The same for people.
std::string tile_case_text(const TileCase& tile_case);

}  // namespace dovetail
