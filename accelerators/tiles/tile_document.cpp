// Tables of the tile model's records, and the answers to its cases.
#include <dovetail/accelerators/tiles/tile_document.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr double most_tiled = 1 << 20, most_tile = 1 << 16, most_batch = 1 << 24;

Record<TileBoard> named_board_record() {
  return Record<TileBoard>("board", "What an FPGA board has.")
      .optional("name", &TileBoard::name, "how reports call it")
      .required("dsp", &TileBoard::dsp, "multiplier slices", between(0, 1e9))
      .required("bram", &TileBoard::bram, "memory blocks", between(0, 1e9))
      .optional("bram_bits", &TileBoard::bram_bits, "bits of a memory block", between(1, 1e9))
      .required("port_bits", &TileBoard::port_bits, "bits that all ports move in a cycle", between(0, 1e9))
      .custom(
          "bits", false, "width of a word: 16 (fixed point) or 32 (floating point)", {{"enum", {16, 32}}},
          [](const Node& node, TileBoard& board, Diagnostics& diagnostics) {
            const auto bits = node.as_integer();
            if (bits == 16 || bits == 32)
              board.word_bits = static_cast<int>(*bits);
            else
              diagnostics.error(node.location(), fmt::format("bits is {}, allowed are 16 and 32", node.describe()));
          },
          [](const TileBoard& board) -> Json { return board.word_bits; })
      .optional("clock_mhz", &TileBoard::clock_mhz, "cycles per microsecond", above_to(0, 1e6))
      .optional("static_mw", &TileBoard::static_mw, "power of a board that is on, mW", between(0, 1e9))
      .optional("dynamic_mw", &TileBoard::dynamic_mw, "further power while it computes, mW", between(0, 1e9));
}

struct CaseFields {
  TileCase value;
};

Record<CaseFields> case_record() {
  const Json any = {{"description", "not read"}};
  const auto skip = [](const Node&, CaseFields&, Diagnostics&) {};
  return Record<CaseFields>("case", "One layer on one tiling of a board.")
      .custom("id", false, "names the case in its answer", any, skip)
      .custom("note", false, "not read", any, skip)
      .custom("board", true, "a mapping, or the name of a board", any,
              [](const Node& node, CaseFields& fields, Diagnostics& diagnostics) {
                read_board(node, fields.value.board, diagnostics);
              })
      .record(
          "layer", [](CaseFields& f) -> TileNetworkLayer& { return f.value.layer; }, tile_layer_record(), true)
      .custom("tile", true, "Tm Tn Tr Tc Tk Wp Ip Op, as a mapping or a list", any,
              [](const Node& node, CaseFields& fields, Diagnostics& diagnostics) {
                read_tile(node, fields.value.tile, diagnostics);
              })
      .optional(
          "kept", [](CaseFields& f) -> std::optional<int>& { return f.value.compression.kept; },
          "weights kept of a kernel", between(0, 1e9))
      .optional(
          "weight_bits", [](CaseFields& f) -> std::optional<int>& { return f.value.compression.weight_bits; },
          "bits of a stored weight", between(1, 64))
      .custom("resources", false, "an answer, not read", any, skip)
      .custom("cycles", false, "an answer, not read", any, skip)
      .document("fpga-tile-case/1")
      .checked([](const Node& node, CaseFields& fields, Diagnostics& diagnostics) {
        const TileCase& c = fields.value;
        const std::int64_t kernel = c.layer.shape.kernel * c.layer.shape.kernel;
        if (c.compression.kept && *c.compression.kept > kernel)
          diagnostics.error(node.find("kept")->location(),
                            fmt::format("kept is {}, a kernel has {} weights", *c.compression.kept, kernel));
        if (c.compression.weight_bits && 16 * c.tile.weight_port < *c.compression.weight_bits)
          diagnostics.error(node.find("weight_bits")->location(),
                            fmt::format("weight_bits is {}, the weight port moves {} bits in a cycle",
                                        *c.compression.weight_bits, 16 * c.tile.weight_port));
      });
}

}  // namespace

const Record<TileNetworkLayer>& tile_layer_record() {
  using L = TileNetworkLayer;
  static const Record<L> record =
      Record<L>("layer", "A convolution in the letters of the tile model.")
          .optional("name", &L::name, "how reports call it")
          .required(
              "M", [](L& l) -> std::int64_t& { return l.shape.out_channels; }, "output channels",
              between(1, most_tiled))
          .required(
              "N", [](L& l) -> std::int64_t& { return l.shape.in_channels; }, "input channels", between(1, most_tiled))
          .required(
              "R", [](L& l) -> std::int64_t& { return l.shape.rows; }, "rows of the output", between(1, most_tiled))
          .required(
              "C", [](L& l) -> std::int64_t& { return l.shape.columns; }, "columns of the output",
              between(1, most_tiled))
          .required(
              "K", [](L& l) -> std::int64_t& { return l.shape.kernel; }, "side of the kernel", between(1, 1024))
          .optional(
              "S", [](L& l) -> std::int64_t& { return l.shape.stride; }, "stride", between(1, 1024))
          .optional(
              "P", [](L& l) -> std::int64_t& { return l.shape.padding; }, "padding of each side", between(0, 1024))
          .optional(
              "B", [](L& l) -> std::int64_t& { return l.shape.batch; }, "batch", between(1, most_batch))
          .choice(
              "kind", [](L& l) -> bool& { return l.shape.depthwise; }, "conv or depthwise",
              std::vector<std::pair<std::string, bool>>{{"conv", false}, {"depthwise", true}})
          .optional("count", &L::count, "how often it occurs in its network", between(1, 1e6))
          .checked([](const Node& node, L& l, Diagnostics& diagnostics) {
            if (l.shape.depthwise && l.shape.in_channels != l.shape.out_channels)
              diagnostics.error(node.find("N")->location(), fmt::format("N is {}, a depthwise layer has N = M = {}",
                                                                        l.shape.in_channels, l.shape.out_channels));
          });
  return record;
}

const Record<Tile>& tile_record() {
  static const Record<Tile> record =
      Record<Tile>("tile", "What the engine computes at a time, and its ports.")
          .required("Tm", &Tile::out_channels, "output channels of a tile", between(1, most_tile))
          .required("Tn", &Tile::in_channels, "input channels of a tile", between(1, most_tile))
          .required("Tr", &Tile::rows, "rows of a tile", between(1, most_tile))
          .required("Tc", &Tile::columns, "columns of a tile", between(1, most_tile))
          .required("Tk", &Tile::kernel, "largest kernel", between(1, 1024))
          .required("Wp", &Tile::weight_port, "weights per cycle", between(1, most_tile))
          .required("Ip", &Tile::input_port, "inputs per cycle", between(1, most_tile))
          .required("Op", &Tile::output_port, "outputs per cycle", between(1, most_tile));
  return record;
}

const Record<TileBoard>& board_record() {
  static const Record<TileBoard> record = named_board_record();
  return record;
}

bool read_tile(const Node& node, Tile& tile, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  if (!node.is_sequence()) {
    tile = tile_record().read(node, diagnostics);
    return diagnostics.errors() == before;
  }
  const std::vector<std::string> keys = tile_record().keys();
  if (node.items().size() != keys.size()) {
    diagnostics.error(
        node.location(),
        fmt::format("a tile is a list of {}, allowed is [Tm, Tn, Tr, Tc, Tk, Wp, Ip, Op]", node.items().size()));
    return false;
  }
  std::vector<Node::Entry> entries;
  for (std::size_t i = 0; i < keys.size(); ++i)
    entries.push_back({keys[i], node.items()[i].location(), node.items()[i]});
  tile = tile_record().read(Node::mapping(node.location(), std::move(entries)), diagnostics);
  return diagnostics.errors() == before;
}

bool read_board(const Node& node, TileBoard& board, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  if (node.is_scalar()) {
    const std::vector<std::string> names = board_names();
    if (std::find(names.begin(), names.end(), node.text()) != names.end())
      board = load_board(node.text());
    else
      diagnostics.error(node.location(),
                        fmt::format("no board is called {}{}", quote(node.text()), suggestion(node.text(), names)));
  } else {
    board = board_record().read(node, diagnostics);
  }
  return diagnostics.errors() == before;
}

TileBoard load_board(const std::string& name_or_path) {
  const embedded::File* file = embedded::find(embedded::boards(), name_or_path);
  if (file == nullptr && !std::filesystem::exists(name_or_path))
    throw InputError({.file = name_or_path}, fmt::format("no board is called so, and there is no such file{}",
                                                         suggestion(name_or_path, board_names())));
  const Node document = file != nullptr ? parse_yaml(std::string(file->text), name_or_path) : load_file(name_or_path);
  Diagnostics diagnostics;
  TileBoard board = named_board_record().document("dovetail-board/1").read(document, diagnostics);
  diagnostics.raise();
  if (board.name.empty()) board.name = std::filesystem::path(name_or_path).stem().string();
  return board;
}

std::vector<std::string> board_names() {
  return embedded::names(embedded::boards());
}

Json tile_list(const Tile& tile, bool depthwise) {
  return {tile.out_channels, depthwise ? 1 : tile.in_channels,
          tile.rows,         tile.columns,
          tile.kernel,       tile.weight_port,
          tile.input_port,   tile.output_port};
}

Json to_json(const TileBoard& board, const TileResources& taken) {
  return {{"dsp", taken.dsp},
          {"bram", taken.bram},
          {"port_bits", taken.port_bits},
          {"violations", tile_violations(board, taken)}};
}

bool is_tile_case(const Node& document) {
  if (!document.is_mapping()) return false;
  if (const Node* schema = document.find("schema")) return schema->text() == "fpga-tile-case/1";
  return document.find("board") != nullptr && document.find("tile") != nullptr;
}

TileCase read_tile_case(const Node& document, Diagnostics& diagnostics) {
  static const Record<CaseFields> record = case_record();
  return record.read(document, diagnostics).value;
}

Json evaluate_tile_case(const Node& document, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  const TileCase c = read_tile_case(document, diagnostics);
  if (diagnostics.errors() > before) return nullptr;
  Json answer = Json::object();
  if (const Node* id = document.find("id")) answer["id"] = to_json(*id);
  answer["resources"] = to_json(c.board, tile_resources(c.board, c.tile, c.layer.shape.depthwise));
  for (const auto& [name, edition] : tile_editions()) {
    const TileCycles cycles = tile_cycles(edition, c.layer.shape, c.tile, c.compression);
    answer["cycles"][name] = {{"cycles", cycles.cycles}, {"bottleneck", to_string(cycles.bottleneck)}};
  }
  return answer;
}

std::string tile_case_text(const TileCase& c) {
  const TileResources taken = tile_resources(c.board, c.tile, c.layer.shape.depthwise);
  const auto line = [](const char* what, std::int64_t used, std::int64_t there) {
    return fmt::format("  {:<10} {:>8} of {:>8}{}\n", what, used, there, used > there ? "   too many" : "");
  };
  std::string text = "resources\n" + line("DSP", taken.dsp, c.board.dsp) + line("BRAM", taken.bram, c.board.bram) +
                     line("port bits", taken.port_bits, c.board.port_bits) + "cycles\n";
  for (const auto& [name, edition] : tile_editions()) {
    const TileCycles cycles = tile_cycles(edition, c.layer.shape, c.tile, c.compression);
    text += fmt::format("  {:<10} {:>14.1f}   {:.6f} ms at {:g} MHz, bound by {}\n", name, cycles.cycles,
                        cycles.cycles / (1e3 * c.board.clock_mhz), c.board.clock_mhz, to_string(cycles.bottleneck));
  }
  return text;
}

}  // namespace dovetail
