// dovetail map for FPGA tilings: documents by file or line, networks by name.
#include "tiles.hpp"

#include <fmt/format.h>

#include <dovetail/engine/cases/compression_document.hpp>
#include <dovetail/engine/cases/grid_document.hpp>

#include "json_lines.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

Json answer(const Node& document) {
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

int compress_document(const Node& document, const Common& common) {
  Diagnostics diagnostics;
  const CompressionCase compression_case = read_compression(document, diagnostics);
  diagnostics.raise();
  if (common.dry_run) {
    say("{} layers would be pruned on {} tilings\n", compression_case.layers.size(),
               compression_case.hardware.size());
    return exit_done;
  }
  const CompressionResult result = compress(compression_case);
  if (common.format == "text")
    say("{}", to_text(compression_case, result));
  else if (common.format == "csv")
    throw UsageError("--format csv: a compression is printed as text or JSON");
  else
    print_json(common, to_json(compression_case, result));
  return result.feasible ? exit_done : exit_infeasible;
}

int print(const TileGridCase& grid_case, const TileGridResult& result, const Common& common) {
  if (common.format == "text") {
    say("{}", to_text(grid_case, result));
  } else if (common.format == "csv") {
    throw UsageError("--format csv: a tiling is printed as text or JSON");
  } else {
    Json json = {{"schema", "dovetail-tile-map/1"},
                 {"network", grid_case.network},
                 {"board", grid_case.request.board.name},
                 {"edition", to_string(grid_case.request.edition)}};
    json.update(to_json(grid_case, result));
    print_json(common, json);
  }
  return result.best.empty() ? exit_infeasible : exit_done;
}

}  // namespace

bool is_tile_request(const std::string& file) {
  if (file == "-") return true;
  const Node document = load_file(file);
  return is_tile_grid(document) || is_compression(document);
}

int map_tile_document(const std::string& file, const Common& common) {
  if (file == "-") return answer_lines(answer);
  Diagnostics diagnostics;
  const Node document = load_file(file);
  if (is_compression(document)) return compress_document(document, common);
  TileGridCase grid_case = read_tile_grid(document, diagnostics);
  diagnostics.raise();
  grid_case.request.spread = true;
  if (common.dry_run) {
    say("{} layers would be priced on every tiling of {}\n", grid_case.request.layers.size(),
               grid_case.request.board.name);
    return exit_done;
  }
  return print(grid_case, search_tiles(grid_case.request), common);
}

int map_tiles(const Network& network, const std::string& family_name, const Common& common) {
  const TileFamily family = load_tile_family(family_name, common.set);
  TileGridCase grid_case;
  grid_case.network = network.name;
  grid_case.request = {family.board, family.edition, family.grid, tile_network(network)};
  if (common.dry_run) {
    say("{} distinct layers would be priced on every tiling of {}\n", grid_case.request.layers.size(),
               family.board.name);
    return exit_done;
  }
  return print(grid_case, search_tiles(grid_case.request), common);
}

}  // namespace dovetail::cli
