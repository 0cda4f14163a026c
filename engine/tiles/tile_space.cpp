// Grids as parameters and constraints.
#include <dovetail/engine/tiles/tile_space.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace dovetail {
namespace {

std::int64_t lanes_of(const TileBoard& board) {
  return board.dsp / (board.word_bits == 32 ? 5 : 1);
}

double value_of(const Parameter& parameter, double number) {
  return std::get<OrdinalValues>(parameter.domain).values[static_cast<std::size_t>(number)];
}

double place_of(const Parameter& parameter, int value) {
  const auto& values = std::get<OrdinalValues>(parameter.domain).values;
  const auto at = std::find(values.begin(), values.end(), static_cast<double>(value));
  return at == values.end() ? static_cast<double>(values.size() - 1) : static_cast<double>(at - values.begin());
}

}  // namespace

TileSpace tile_space(const TileFamily& family, int kernel, bool depthwise) {
  TileSpace result;
  result.family = family;
  result.kernel = family.grid.kernel.value_or(kernel);
  result.two_engines = depthwise && !family.grid.depthwise_channels.empty();
  const TileGrid& grid = family.grid;
  const TileBoard& board = family.board;
  const std::int64_t lanes = lanes_of(board);
  const auto add = [&](const char* name, const std::vector<int>& values) {
    OrdinalValues list;
    list.values.assign(values.begin(), values.end());
    result.parameters.push_back({fmt::format("hw.{}", name), std::move(list)});
  };
  add("Tm", grid.out_channels);
  const std::string second = result.two_engines ? "hw.Tm_depthwise" : "0";
  const std::string most = fmt::format("floor(({} - {}) / hw.Tm)", lanes, second);
  std::string in = most;
  std::vector<std::string>& constraints = result.constraints;
  if (!grid.in_channels.empty()) {
    std::vector<int> values;
    for (const int value : grid.in_channels)
      if (value < lanes || !grid.fill_dsp) values.push_back(value);
    if (grid.fill_dsp) values.push_back(static_cast<int>(lanes));
    add("Tn", values);
    in = "hw.Tn";
    constraints.push_back(fmt::format("hw.Tm * hw.Tn + {} <= {}", second, lanes));
    if (grid.fill_dsp) {
      in = fmt::format("min(hw.Tn, {})", most);
      constraints.back() = fmt::format("hw.Tn == {1} or hw.Tn < {0}", most, lanes);  // a full engine has one name
    }
  }
  if (grid.fill_dsp) constraints.push_back(fmt::format("{} >= 1", most));
  add("Tr", grid.rows);
  add("Tc", grid.columns);
  add("Wp", grid.weight_port);
  add("Ip", grid.input_port);
  add("Op", grid.output_port);
  if (result.two_engines) add("Tm_depthwise", grid.depthwise_channels);
  constraints.push_back(fmt::format("{} * (hw.Wp + hw.Ip + hw.Op) <= {}", board.word_bits, board.port_bits));
  if (grid.enforce_bram) {
    // Blocks of a map's tile, and of a pair's weights, as in tile_resources.
    const std::string map = fmt::format("ceil(hw.Tr * hw.Tc * {} / {})", board.word_bits, board.bram_bits);
    const std::int64_t weights = std::int64_t{result.kernel} * result.kernel * board.word_bits;
    const auto blocks = [&](std::int64_t bits) { return (bits + board.bram_bits - 1) / board.bram_bits; };
    const std::int64_t pair = board.word_bits == 32 ? 2 * blocks(weights) : blocks(4 * weights);
    std::string text = fmt::format("2 * ({0} + hw.Tm) * {1} + hw.Tm * {0} * {2}", in, map, pair);
    if (result.two_engines) text += fmt::format(" + 4 * hw.Tm_depthwise * {} + hw.Tm_depthwise * {}", map, pair);
    constraints.push_back(fmt::format("{} <= {}", text, board.bram));
  }
  return result;
}

Space TileSpace::space() const {
  std::vector<Constraint> compiled;
  for (const std::string& text : constraints) compiled.push_back(make_constraint(text, parameters));
  return Space(parameters, std::move(compiled));
}

TileDesign TileSpace::design(std::span<const double> numbers) const {
  std::size_t next = 0;
  const auto take = [&] {
    const std::size_t at = next++;
    return static_cast<int>(value_of(parameters[at], numbers[at]));
  };
  TileDesign result;
  Tile& tile = result.ordinary;
  tile.kernel = kernel;
  tile.out_channels = take();
  const int in = family.grid.in_channels.empty() ? 0 : take();
  tile.rows = take();
  tile.columns = take();
  tile.weight_port = take();
  tile.input_port = take();
  tile.output_port = take();
  const int second = two_engines ? take() : 0;
  const int most = static_cast<int>((lanes_of(family.board) - second) / tile.out_channels);
  tile.in_channels = in == 0 || family.grid.fill_dsp ? std::min(in == 0 ? most : in, most) : in;
  if (two_engines) {
    result.depthwise = tile;
    result.depthwise->out_channels = result.depthwise->in_channels = second;
  }
  return result;
}

std::vector<double> TileSpace::best_numbers(const std::vector<TileNetworkLayer>& layers) const {
  std::vector<double> numbers(parameters.size(), 0.0);
  TileGridRequest request{family.board, family.edition, family.grid, layers, 1, false};
  request.grid.kernel = kernel;
  // Where the second engine has nothing to do, one channel stands for it: it is on the board all the same.
  if (two_engines &&
      std::none_of(layers.begin(), layers.end(), [](const TileNetworkLayer& layer) { return layer.shape.depthwise; }))
    request.layers.push_back({"", {.depthwise = true}, 1, {}});
  const TileGridResult found = search_tiles(request);
  if (found.best.empty()) return numbers;
  const TileDesign& best = found.best.front();
  std::size_t next = 0;
  const auto put = [&](int value) {
    numbers[next] = place_of(parameters[next], value);
    ++next;
  };
  put(best.ordinary.out_channels);
  if (!family.grid.in_channels.empty()) {
    const std::int64_t second = best.depthwise ? best.depthwise->out_channels : 0;
    const bool full = family.grid.fill_dsp &&
                      best.ordinary.in_channels == (lanes_of(family.board) - second) / best.ordinary.out_channels;
    put(full ? static_cast<int>(lanes_of(family.board)) : best.ordinary.in_channels);
  }
  put(best.ordinary.rows);
  put(best.ordinary.columns);
  put(best.ordinary.weight_port);
  put(best.ordinary.input_port);
  put(best.ordinary.output_port);
  if (two_engines) put(best.depthwise ? best.depthwise->out_channels : 0);
  return numbers;
}

}  // namespace dovetail
