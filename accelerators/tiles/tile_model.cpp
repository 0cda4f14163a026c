// Cycles and resources in closed form; one inlined function per edition serves one tile and batches alike.
#include <dovetail/accelerators/tiles/tile_model.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <cmath>

namespace dovetail {
namespace {

/// The least integer that is no less than a / b. Exact for integers below 2^53 held in doubles.
inline double ceil_div(double a, double b) {
  return std::ceil(a / b);
}

/// Cycles of the four activities of one tile, and how often they happen.
struct Parts {
  double input, weights, compute, store, rounds, tiles;
};

/// The words of a layer, as numbers that the formulas multiply.
struct Shape {
  double m, n, r, c, k, s, p, b;
  double kernel_words, kept_words;  ///< K^2, and how many of them are computed
  double weight_bits;               ///< 0: weights as wide as words
};

Shape shape_of(const TileLayer& layer, const TileCompression& compression) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  Shape shape{number(layer.out_channels),
              number(layer.in_channels),
              number(layer.rows),
              number(layer.columns),
              number(layer.kernel),
              number(layer.stride),
              number(layer.padding),
              number(layer.batch),
              number(layer.kernel) * number(layer.kernel),
              0.0,
              0.0};
  shape.kept_words = compression.kept ? static_cast<double>(*compression.kept) : shape.kernel_words;
  shape.weight_bits = compression.weight_bits ? static_cast<double>(*compression.weight_bits) : 0.0;
  return shape;
}

/// A tile in the numbers of the formulas.
struct Numbers {
  double tm, tn, tr, tc, wp, ip, op;
};

inline Numbers numbers(const Tile& tile) {
  const auto number = [](int value) { return static_cast<double>(value); };
  return {number(tile.out_channels), number(tile.in_channels), number(tile.rows),       number(tile.columns),
          number(tile.weight_port),  number(tile.input_port),  number(tile.output_port)};
}

template <TileEdition edition, bool depthwise>
inline Parts parts(const Shape& l, const Numbers& tile) {
  const double tm = tile.tm, tn = depthwise ? tm : tile.tn, tr = tile.tr, tc = tile.tc, ip = tile.ip, op = tile.op;
  const double wp = l.weight_bits > 0.0 ? std::floor(16.0 * tile.wp / l.weight_bits) : tile.wp;
  const double height = std::min(tr, l.r), width = std::min(tc, l.c);
  Parts out{};
  out.rounds = ceil_div(l.n, tn);
  out.tiles = l.b * ceil_div(l.r, tr) * ceil_div(l.c, tc) * ceil_div(l.m, tm);
  if constexpr (edition == TileEdition::geometric) {
    const double filters = std::min(tm, l.m), channels = depthwise ? filters : std::min(tn, l.n);
    out.input = channels * ((height - 1.0) * l.s + l.k) * ((width - 1.0) * l.s + l.k) / ip;
    out.weights = (depthwise ? filters : filters * channels) * l.kernel_words / wp;
    out.compute = l.kept_words * height * width;
    out.store = filters * height * width / op;
    if constexpr (depthwise) out.rounds = 1.0;
  } else {
    const double padded_r = l.r + 2.0 * l.p, padded_c = l.c + 2.0 * l.p;
    const double padded_height = std::min(tr, padded_r), padded_width = std::min(tc, padded_c);
    const double results = ceil_div(padded_height, l.s) * ceil_div(padded_width, l.s);
    out.weights = (depthwise ? tm : tm * tn) * l.kernel_words / wp;
    out.compute = l.kept_words * results;
    if constexpr (edition == TileEdition::padded) {
      out.input = tn * padded_height * padded_width / ip;
      out.store = tm * results / op;
      out.tiles = l.b * ceil_div(padded_r, tr) * ceil_div(padded_c, tc) * ceil_div(l.m, tm);
    } else {
      out.input = std::min(tn, l.n) * height * width / ip;
      out.store = std::min(tm, l.m) * ceil_div(height, l.s) * ceil_div(width, l.s) / op;
    }
  }
  return out;
}

template <TileEdition edition>
inline double total(const Parts& p) {
  const double load = std::max(p.input, p.weights);
  const double cycles = p.tiles * std::max(p.rounds * std::max(load, p.compute), p.store);
  return edition == TileEdition::geometric ? cycles + load + p.store : cycles;
}

template <TileEdition edition, bool depthwise>
TileCycles one(const Shape& layer, const Tile& tile) {
  const Parts p = parts<edition, depthwise>(layer, numbers(tile));
  const double round = std::max({p.input, p.weights, p.compute});
  TileCycles out{total<edition>(p), TileBottleneck::compute};
  out.bottleneck = std::max(p.rounds * round, p.store) == p.store ? TileBottleneck::store
                   : p.input == round                             ? TileBottleneck::input
                   : p.weights == round                           ? TileBottleneck::weights
                                                                  : TileBottleneck::compute;
  return out;
}

template <TileEdition edition, bool depthwise>
void many(const Shape& layer, std::span<const Tile> tiles, std::span<double> cycles) {
  for (std::size_t i = 0; i < tiles.size(); ++i)
    cycles[i] = total<edition>(parts<edition, depthwise>(layer, numbers(tiles[i])));
}

/// Calls `function` with the edition and whether the layer is depthwise as constants.
template <class Function>
auto dispatch(TileEdition edition, bool depthwise, Function function) {
  using enum TileEdition;
  switch (edition) {
    case padded:
      return depthwise ? function.template operator()<padded, true>() : function.template operator()<padded, false>();
    case clipped:
      return depthwise ? function.template operator()<clipped, true>() : function.template operator()<clipped, false>();
    case geometric:
      break;
  }
  return depthwise ? function.template operator()<geometric, true>() : function.template operator()<geometric, false>();
}

}  // namespace

const std::vector<std::pair<std::string, TileEdition>>& tile_editions() {
  static const std::vector<std::pair<std::string, TileEdition>> list = {
      {"padded", TileEdition::padded}, {"clipped", TileEdition::clipped}, {"geometric", TileEdition::geometric}};
  return list;
}

std::string_view to_string(TileEdition edition) {
  for (const auto& [name, value] : tile_editions()) {
    if (value == edition) return name;
  }
  return "";
}

std::string_view to_string(TileBottleneck bottleneck) {
  constexpr std::string_view names[] = {"input", "weights", "compute", "store"};
  return names[static_cast<std::size_t>(bottleneck)];
}

TileResources tile_resources(const TileBoard& board, const Tile& tile, bool depthwise) {
  const bool floating = board.word_bits == 32;
  const std::int64_t bits = board.word_bits, tm = tile.out_channels, tn = depthwise ? tm : tile.in_channels;
  const std::int64_t lanes = depthwise ? tm : tm * tn;
  const std::int64_t map_blocks = ceil_div(std::int64_t{tile.rows} * tile.columns * bits, board.bram_bits);
  const std::int64_t kernel_bits = std::int64_t{tile.kernel} * tile.kernel * bits;
  const std::int64_t weight_blocks =
      floating ? 2 * ceil_div(kernel_bits, board.bram_bits) : ceil_div(4 * kernel_bits, board.bram_bits);
  TileResources taken;
  taken.dsp = lanes * (floating ? 5 : 1);
  taken.bram = 2 * (tn + tm) * map_blocks + lanes * weight_blocks;
  taken.port_bits = bits * (std::int64_t{tile.weight_port} + tile.input_port + tile.output_port);
  return taken;
}

TileResources both(const TileResources& ordinary, const TileResources& depthwise) {
  return {ordinary.dsp + depthwise.dsp, ordinary.bram + depthwise.bram, ordinary.port_bits};
}

std::vector<std::string> tile_violations(const TileBoard& board, const TileResources& taken) {
  std::vector<std::string> names;
  if (taken.dsp > board.dsp) names.emplace_back("dsp");
  if (taken.port_bits > board.port_bits) names.emplace_back("ports");
  if (taken.bram > board.bram) names.emplace_back("bram");
  return names;
}

TileCycles tile_cycles(TileEdition edition, const TileLayer& layer, const Tile& tile,
                       const TileCompression& compression) {
  const Shape shape = shape_of(layer, compression);
  return dispatch(edition, layer.depthwise, [&]<TileEdition e, bool d>() { return one<e, d>(shape, tile); });
}

void tile_cycles(TileEdition edition, const TileLayer& layer, const TileCompression& compression,
                 std::span<const Tile> tiles, std::span<double> cycles) {
  const Shape shape = shape_of(layer, compression);
  dispatch(edition, layer.depthwise, [&]<TileEdition e, bool d>() { many<e, d>(shape, tiles, cycles); });
}

double tile_macs(const TileLayer& layer) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  return number(layer.batch) * number(layer.out_channels) * (layer.depthwise ? 1.0 : number(layer.in_channels)) *
         number(layer.rows) * number(layer.columns) * number(layer.kernel) * number(layer.kernel);
}

}  // namespace dovetail
