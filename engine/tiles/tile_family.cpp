// Reads grids of tilings and families.
#include <dovetail/engine/tiles/tile_family.hpp>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr double most_points = 2e7;  ///< of a grid: a few seconds

std::vector<int> steps(int first, int step, int last) {
  std::vector<int> values;
  for (int value = first; value <= last; value += step) values.push_back(value);
  return values;
}

/// The numbers in a clause, none when anything else follows `start`.
std::optional<std::vector<int>> numbers_after(const std::string& clause, const std::string& start) {
  if (clause.rfind(start, 0) != 0) return std::nullopt;
  std::istringstream stream(clause.substr(start.size()));
  std::vector<int> values;
  for (int value = 0; stream >> value;) {
    if (value < 1 || value > 65536) return std::nullopt;
    values.push_back(value);
  }
  if (values.empty() || !stream.eof()) return std::nullopt;
  return values;
}

Record<TileFamily> family_record() {
  return Record<TileFamily>("family", "A board and the tilings that may be chosen.")
      .optional("name", &TileFamily::name, "how reports call it")
      .custom("board", true, "a mapping, or the name of a board", any_form(),
              [](const Node& node, TileFamily& family, Diagnostics& diagnostics) {
                read_board(node, family.board, diagnostics);
              })
      .choice("edition", &TileFamily::edition, "how cycles are counted", tile_editions())
      .record("grid", &TileFamily::grid, grid_record(), true)
      .optional("skips_zeros", &TileFamily::skips_zeros, "kernels that keep fewer weights take fewer cycles")
      .document("dovetail-tile-family/1");
}

const embedded::File* built_in(const std::string& name) {
  return embedded::find(embedded::tile_families(), name);
}

/// The document with `path=value` words applied: keys of the grid may stand without `grid.`.
Json changed(Json document, const std::vector<std::string>& changes) {
  const std::vector<std::string> top = {"board", "edition", "name", "skips_zeros"};
  for (const std::string& change : changes) {
    const std::size_t at = change.find('=');
    std::string path = change.substr(0, at);
    if (at == std::string::npos) throw InputError({.file = "--set " + change}, "allowed is NAME=VALUE");
    for (const char* prefix : {"hw.", "grid."}) {
      if (path.rfind(prefix, 0) == 0) path = path.substr(std::string(prefix).size());
    }
    const bool is_top = std::find(top.begin(), top.end(), path) != top.end();
    const std::string board_part = path.rfind("board.", 0) == 0 ? path.substr(6) : "";
    std::vector<std::string> allowed = grid_record().keys();
    allowed.insert(allowed.end(), top.begin(), top.end());
    Json value = to_json(parse_yaml(change.substr(at + 1), "--set " + change));
    if (!board_part.empty()) {
      if (document["board"].is_string()) document["board"] = board_record().write(load_board(document["board"]));
      document["board"][board_part] = std::move(value);
    } else if (is_top) {
      document[path] = std::move(value);
    } else if (std::find(allowed.begin(), allowed.end(), path) != allowed.end()) {
      const bool list = path != "fill_dsp" && path != "enforce_bram" && path != "Tk";
      document["grid"][path] = list && !value.is_array() ? Json::array({value}) : value;
    } else {
      throw InputError({.file = "--set " + change},
                       fmt::format("unknown name {}{}", quote(path), suggestion(path, allowed)));
    }
  }
  return document;
}

}  // namespace

const Record<TileGrid>& grid_record() {
  const Bounds one = between(1, 65536), none = between(0, 65536);
  static const Record<TileGrid> record =
      Record<TileGrid>("grid", "The values of a tiling.")
          .required("Tm", &TileGrid::out_channels, "output channels of a tile", one)
          .optional("Tn", &TileGrid::in_channels, "input channels of a tile, where the DSP slices allow it", one)
          .optional("fill_dsp", &TileGrid::fill_dsp, "Tn also the largest that the DSP slices allow")
          .required("Tr", &TileGrid::rows, "rows of a tile", one)
          .required("Tc", &TileGrid::columns, "columns of a tile", one)
          .required("Wp", &TileGrid::weight_port, "weights per cycle", one)
          .required("Ip", &TileGrid::input_port, "inputs per cycle", one)
          .required("Op", &TileGrid::output_port, "outputs per cycle", one)
          .optional("depthwise_Tm", &TileGrid::depthwise_channels, "channels of a second engine for depthwise layers",
                    one)
          .optional("Tk", &TileGrid::kernel, "largest kernel; none: the network's", between(1, 1024))
          .optional("enforce_bram", &TileGrid::enforce_bram, "designs must fit the memory blocks")
          .checked([](const Node& node, TileGrid& grid, Diagnostics& diagnostics) {
            double points = static_cast<double>(std::max<std::size_t>(grid.depthwise_channels.size(), 1)) *
                            static_cast<double>(grid.in_channels.size() + 1);
            for (const auto* values : {&grid.out_channels, &grid.rows, &grid.columns, &grid.weight_port,
                                       &grid.input_port, &grid.output_port}) {
              points *= static_cast<double>(values->size());
              if (values->empty())
                diagnostics.error(node.location(), "a list of the grid is empty, allowed is one value or more");
            }
            if (points > most_points)
              diagnostics.error(node.location(), fmt::format("the grid has up to {:.3g} points, allowed are {:.3g}",
                                                             points, most_points));
          });
  return record;
}

void make_unique(TileGrid& grid) {
  for (auto* values : {&grid.out_channels, &grid.in_channels, &grid.rows, &grid.columns, &grid.weight_port,
                       &grid.input_port, &grid.output_port, &grid.depthwise_channels}) {
    std::sort(values->begin(), values->end());
    values->erase(std::unique(values->begin(), values->end()), values->end());
  }
}

TileGrid recorded_grid(const std::string& space, const Location& where, Diagnostics& diagnostics) {
  TileGrid grid{.out_channels = steps(10, 30, 220),
                .in_channels = {},
                .fill_dsp = true,
                .rows = {32, 64, 256},
                .columns = {32, 64, 256},
                .weight_port = steps(2, 4, 18),
                .input_port = steps(2, 4, 18),
                .output_port = steps(2, 4, 18),
                .depthwise_channels = {},
                .kernel = std::nullopt,
                .enforce_bram = true};
  std::istringstream stream(space);
  for (std::string clause; std::getline(stream, clause, ',');) {
    clause.erase(0, clause.find_first_not_of(' '));
    clause.erase(clause.find_last_not_of(' ') + 1);
    if (clause == "two accelerators") {
      grid.depthwise_channels = steps(64, 128, 960);
      grid.rows = grid.columns = {32};
    } else if (clause == "Tn = floor(dsp / Tm)" || clause == "Tn = floor((dsp - Tm of depthwise) / Tm)") {
      grid.fill_dsp = true;
    } else if (const auto also = numbers_after(clause, "Tn also of ")) {
      grid.in_channels = *also;
    } else if (const auto only = numbers_after(clause, "Tn of ")) {
      grid.in_channels = *only, grid.fill_dsp = false;
    } else if (clause == "no BRAM limit" || clause == "BRAM enforced") {
      grid.enforce_bram = clause == "BRAM enforced";
    } else {
      diagnostics.error(where,
                        fmt::format("{} is no part of a grid, allowed are 'two accelerators', 'Tn = floor(dsp / Tm)', "
                                    "'Tn also of 2 4 8', 'Tn of 2 4 8', 'BRAM enforced', 'no BRAM limit'",
                                    quote(clause)));
    }
  }
  make_unique(grid);
  return grid;
}

bool is_tile_family(const std::string& name_or_path) {
  if (built_in(name_or_path) != nullptr) return true;
  std::error_code error;
  if (!std::filesystem::is_regular_file(name_or_path, error)) return false;
  const Node document = load_file(name_or_path);
  const Node* schema = document.is_mapping() ? document.find("schema") : nullptr;
  return schema != nullptr && schema->text() == "dovetail-tile-family/1";
}

TileFamily load_tile_family(const std::string& name_or_path, const std::vector<std::string>& changes) {
  const embedded::File* file = built_in(name_or_path);
  Node document = file != nullptr ? parse_yaml(file->text, name_or_path) : load_file(name_or_path);
  if (!changes.empty() && document.is_mapping())
    document = from_json(changed(to_json(document), changes), name_or_path + " with --set");
  Diagnostics diagnostics;
  TileFamily family = family_record().read(document, diagnostics);
  diagnostics.raise();
  make_unique(family.grid);
  if (family.name.empty()) family.name = std::filesystem::path(name_or_path).stem().string();
  return family;
}

std::vector<TileNetworkLayer> zoo_convolutions(const std::string& network, bool merge_equal) {
  std::string name = network;
  const std::vector<std::string> zoo = zoo_names();
  const auto known = [&](const std::string& word) { return std::find(zoo.begin(), zoo.end(), word) != zoo.end(); };
  // torchvision's names have underscores where the zoo's have dots, dashes or nothing.
  std::string joined = name, dotted = name, dashed = name;
  joined.erase(std::remove(joined.begin(), joined.end(), '_'), joined.end());
  std::replace(dotted.begin(), dotted.end(), '_', '.');
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  for (const std::string& word : {name + "-torchvision", name, joined, dotted, dashed}) {
    if (!known(word)) continue;
    name = word;
    break;
  }
  Network all = load_workload(name), convolutions;
  convolutions.name = all.name;
  for (const NetworkLayer* layer : layers(all)) {
    if (layer->layer.kind == "conv") boost::add_vertex(*layer, convolutions.graph);
  }
  return tile_network(convolutions, merge_equal);
}

}  // namespace dovetail
