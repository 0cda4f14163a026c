// map on FPGA tilings: documents, and networks by name.
#include <dovetail/engine/verbs/map/map_tiles.hpp>

#include <fmt/format.h>

#include <dovetail/engine/cases/compression_document.hpp>
#include <dovetail/engine/cases/grid_document.hpp>

#include <dovetail/engine/tiles/tile_family.hpp>

namespace dovetail::verbs {
namespace {

Answer compress_document(const Node& document, const Asking& asking) {
  Answer out;
  Diagnostics diagnostics;
  const CompressionCase compression_case = read_compression(document, diagnostics);
  diagnostics.raise();
  if (asking.dry_run) {
    out.say("{} layers would be pruned on {} tilings\n", compression_case.layers.size(),
            compression_case.hardware.size());
    return out;
  }
  const CompressionResult result = compress(compression_case);
  if (asking.as_text())
    out.text = to_text(compression_case, result);
  else if (asking.format == "csv")
    throw UsageError("--format csv: a compression is printed as text or JSON");
  else
    out.record = to_json(compression_case, result);
  out.end = result.feasible ? End::done : End::infeasible;
  return out;
}

Answer tiles_answer(const TileGridCase& grid_case, const TileGridResult& result, const Asking& asking) {
  Answer out;
  if (asking.as_text()) {
    out.text = to_text(grid_case, result);
  } else if (asking.format == "csv") {
    throw UsageError("--format csv: a tiling is printed as text or JSON");
  } else {
    out.record = {{"schema", "dovetail-tile-map/1"},
                  {"network", grid_case.network},
                  {"board", grid_case.request.board.name},
                  {"edition", to_string(grid_case.request.edition)}};
    out.record.update(to_json(grid_case, result));
  }
  out.end = result.best.empty() ? End::infeasible : End::done;
  return out;
}

}  // namespace

bool is_tile_request(const Node& document) {
  return is_tile_grid(document) || is_compression(document);
}

Json map_tile_line(const Node& document) {
  Diagnostics diagnostics;
  Json json = Json::object();
  if (is_compression(document)) {
    if (const Node* id = document.find("id")) json["id"] = to_json(*id);
    const CompressionCase compression_case = read_compression(document, diagnostics);
    diagnostics.raise();
    json.update(to_json(compression_case, compress(compression_case)));
    return json;
  }
  if (!is_tile_grid(document))
    throw InputError(document.location(), "the document is no fpga-tile-grid/1 and no compression-case/1");
  json = answer_tile_grid(document, diagnostics);
  diagnostics.raise();
  return json;
}

Answer map_tile_document(const Node& document, const Asking& asking) {
  Diagnostics diagnostics;
  if (is_compression(document)) return compress_document(document, asking);
  TileGridCase grid_case = read_tile_grid(document, diagnostics);
  diagnostics.raise();
  grid_case.request.spread = true;
  if (!asking.dry_run) return tiles_answer(grid_case, search_tiles(grid_case.request), asking);
  Answer out;
  out.say("{} layers would be priced on every tiling of {}\n", grid_case.request.layers.size(),
          grid_case.request.board.name);
  return out;
}

Answer map_tiles(const Network& network, const std::string& family_name, const Asking& asking) {
  const TileFamily family = load_tile_family(family_name, asking.set);
  TileGridCase grid_case;
  grid_case.network = network.name;
  grid_case.request = {family.board, family.edition, family.grid, tile_network(network)};
  if (!asking.dry_run) return tiles_answer(grid_case, search_tiles(grid_case.request), asking);
  Answer out;
  out.say("{} distinct layers would be priced on every tiling of {}\n", grid_case.request.layers.size(),
          family.board.name);
  return out;
}

}  // namespace dovetail::verbs
