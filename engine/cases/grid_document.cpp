// Reads grid cases and writes what the search found.
#include <dovetail/engine/cases/grid_document.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

struct CaseFields {
  TileGridCase value;
  std::string space;
  std::optional<Location> space_at;
  bool has_board = false, has_layers = false, has_grid = false;
};

Record<CaseFields> case_record() {
  const auto skip = [](const Node&, CaseFields&, Diagnostics&) {};
  auto record =
      Record<CaseFields>("grid case", "The least latency of a network over a grid of tilings.")
          .optional(
              "network", [](CaseFields& f) -> std::string& { return f.value.network; }, "name of the network")
          .list(
              "layers", [](CaseFields& f) -> std::vector<TileNetworkLayer>& { return f.value.request.layers; },
              tile_layer_record(), "its layers; none: the convolutions of the zoo's network")
          .choice(
              "edition", [](CaseFields& f) -> TileEdition& { return f.value.request.edition; },
              "how cycles are counted", tile_editions())
          .custom("space", false, "the grid in words", any_form(),
                  [](const Node& node, CaseFields& f, Diagnostics& diagnostics) {
                    f.space_at = node.location();
                    read_value(node, "space", {}, diagnostics, f.space);
                  })
          .custom("grid", false, "the grid as lists", any_form(),
                  [](const Node& node, CaseFields& f, Diagnostics& diagnostics) {
                    f.has_grid = true;
                    f.value.request.grid = grid_record().read(node, diagnostics);
                  })
          .custom("board", false, "a mapping, or the name of a board", any_form(),
                  [](const Node& node, CaseFields& f, Diagnostics& diagnostics) {
                    f.has_board = true;
                    read_board(node, f.value.request.board, diagnostics);
                  })
          .custom("id", false, "names the case in its answer", any_form(), skip)
          .document("fpga-tile-grid/1");
  for (const char* answer :
       {"points", "feasible", "best_cycles", "best_ms", "ties", "best_designs", "random_expected_ms", "quantiles_ms"})
    record = std::move(record).custom(answer, false, "an answer, not read", any_form(), skip);
  return record;
}

Json to_json(const TileDesign& design) {
  if (!design.depthwise) return tile_list(design.ordinary);
  return Json::array({tile_list(*design.depthwise, true), tile_list(design.ordinary)});
}

std::string engine_text(const char* name, const Tile& t, bool depthwise) {
  return fmt::format("  {}: Tm {}{}, Tr {}, Tc {}, Tk {}; ports: weights {}, inputs {}, outputs {}\n", name,
                     t.out_channels, depthwise ? "" : fmt::format(", Tn {}", t.in_channels), t.rows, t.columns,
                     t.kernel, t.weight_port, t.input_port, t.output_port);
}

/// Power of a board that computes x time: none without powers. mW x ms = uJ.
std::optional<double> energy_mj(const TileBoard& board, double ms) {
  if (!board.static_mw || !board.dynamic_mw) return std::nullopt;
  return (*board.static_mw + *board.dynamic_mw) * ms * 1e-3;
}

double milliseconds(const TileBoard& board, double cycles) {
  return cycles / (1e3 * board.clock_mhz);
}

}  // namespace

bool is_tile_grid(const Node& document) {
  if (!document.is_mapping()) return false;
  if (const Node* schema = document.find("schema")) return schema->text() == "fpga-tile-grid/1";
  return document.find("space") != nullptr && document.find("edition") != nullptr;
}

TileGridCase read_tile_grid(const Node& document, Diagnostics& diagnostics) {
  static const Record<CaseFields> record = case_record();
  const std::size_t before = diagnostics.errors();
  CaseFields fields = record.read(document, diagnostics);
  if (diagnostics.errors() > before) return {};
  TileGridCase& out = fields.value;
  if (!fields.has_board) out.request.board = load_board("zcu102");
  if (fields.has_grid == fields.space_at.has_value())
    diagnostics.error(document.location(), "either 'space' or 'grid' says which tilings there are");
  else if (fields.space_at)
    out.request.grid = recorded_grid(fields.space, *fields.space_at, diagnostics);
  make_unique(out.request.grid);
  if (out.request.layers.empty() && out.network.empty())
    diagnostics.error(document.location(), "neither 'layers' nor 'network' says what is computed");
  else if (out.request.layers.empty())
    out.request.layers = zoo_convolutions(out.network, true);
  return out;
}

Json to_json(const TileGridCase& grid_case, const TileGridResult& result) {
  const TileBoard& board = grid_case.request.board;
  const auto ms = [&](double cycles) { return milliseconds(board, cycles); };
  Json out = {{"points", result.points}, {"feasible", result.feasible}};
  out["best_cycles"] = result.best_cycles ? Json(*result.best_cycles) : Json(nullptr);
  out["best_ms"] = result.best_cycles ? Json(ms(*result.best_cycles)) : Json(nullptr);
  out["ties"] = result.ties;
  out["best_designs"] = Json::array();
  for (const TileDesign& design : result.best) out["best_designs"].push_back(to_json(design));
  if (!result.spread.quantiles.empty()) {
    for (const auto& [draws, cycles] : result.spread.random_expected)
      out["random_expected_ms"][fmt::format("{}", draws)] = ms(cycles);
    for (const auto& [share, cycles] : result.spread.quantiles)
      out["quantiles_ms"][fmt::format("{:g}", share)] = ms(cycles);
  }
  out["proven"] = true;
  if (const auto energy = result.best_cycles ? energy_mj(board, ms(*result.best_cycles)) : std::nullopt)
    out["energy_mj"] = *energy;  // board power x time
  for (const auto& [limit, count] : result.too_many) out["beyond"][limit] = count;
  if (result.best.empty()) return out;
  const TileDesign& best = result.best.front();
  out["resources"] = to_json(board, tile_resources(board, best));
  const std::vector<TileCycles> cycles = tile_cycles(grid_case.request.edition, grid_case.request.layers, best);
  out["layers"] = Json::array();
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    const TileNetworkLayer& layer = grid_case.request.layers[i];
    out["layers"].push_back({{"name", layer.name},
                             {"count", layer.count},
                             {"kind", layer.shape.depthwise ? "depthwise" : "conv"},
                             {"cycles", cycles[i].cycles},
                             {"bottleneck", to_string(cycles[i].bottleneck)}});
  }
  return out;
}

std::string to_text(const TileGridCase& grid_case, const TileGridResult& result) {
  const TileGridRequest& request = grid_case.request;
  std::string text = fmt::format("{} on {}, edition {}: {} tilings, {} fit\n", grid_case.network, request.board.name,
                                 to_string(request.edition), result.points, result.feasible);
  if (result.best.empty()) {
    text += "nothing fits:";
    for (const auto& [limit, count] : result.too_many)
      text += fmt::format(" {} tilings need more {} than there is;", count, limit);
    return text + "\n";
  }
  const TileDesign& best = result.best.front();
  text += fmt::format("best {:.6f} ms at {:g} MHz ({:.1f} cycles), proven: every tiling was priced{}\n",
                      milliseconds(request.board, *result.best_cycles), request.board.clock_mhz, *result.best_cycles,
                      result.ties > 1 ? fmt::format("; {} are as good", result.ties) : "");
  text += engine_text(best.depthwise ? "ordinary " : "engine", best.ordinary, false);
  if (best.depthwise) text += engine_text("depthwise", *best.depthwise, true);
  const TileResources taken = tile_resources(request.board, best);
  text += fmt::format("  DSP {} of {}, BRAM {} of {}{}, port bits {} of {}\n", taken.dsp, request.board.dsp, taken.bram,
                      request.board.bram, taken.bram > request.board.bram ? " (not enforced)" : "", taken.port_bits,
                      request.board.port_bits);
  if (const auto energy = energy_mj(request.board, milliseconds(request.board, *result.best_cycles)))
    text += fmt::format("  {:.4g} mJ: the board's power (given or assumed) x time\n", *energy);
  Table table({"layer", "x", "kind", "cycles", "share", "bound by", "MACs per cycle"});
  const std::vector<TileCycles> cycles = tile_cycles(request.edition, request.layers, best);
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    const TileNetworkLayer& layer = request.layers[i];
    table.add({layer.name, fmt::format("{}", layer.count), layer.shape.depthwise ? "depthwise" : "conv",
               fmt::format("{:.1f}", cycles[i].cycles),
               percent(static_cast<double>(layer.count) * cycles[i].cycles / *result.best_cycles),
               std::string(to_string(cycles[i].bottleneck)),
               fmt::format("{:.1f}", tile_macs(layer.shape) / cycles[i].cycles)});
  }
  return text + "\n" + table.text();
}

Json answer_tile_grid(const Node& document, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  TileGridCase grid_case = read_tile_grid(document, diagnostics);
  if (diagnostics.errors() > before) return nullptr;
  grid_case.request.spread = true;
  Json answer = Json::object();
  if (const Node* id = document.find("id")) answer["id"] = to_json(*id);
  if (!grid_case.network.empty()) answer["network"] = grid_case.network;
  answer.update(to_json(grid_case, search_tiles(grid_case.request)));
  return answer;
}

}  // namespace dovetail
