// The tile model by hand, batches against single tiles, and which layers of a network it takes.
#include <doctest/doctest.h>

#include <dovetail/accelerators/tiles/tile_document.hpp>
#include <dovetail/accelerators/tiles/tile_layer.hpp>
#include <dovetail/workloads/network.hpp>

using namespace dovetail;

TEST_CASE("a tile by hand") {
  // 8 x 8 outputs in tiles of 4 x 8, 6 of 6 filters in tiles of 4, 5 channels in tiles of 2, kernel 3, stride 2.
  const TileLayer layer{
      .out_channels = 6, .in_channels = 5, .rows = 8, .columns = 8, .kernel = 3, .stride = 2, .padding = 1};
  const Tile tile{4, 2, 4, 8, 3, 2, 4, 1};
  const double input = 2 * (3 * 2 + 3) * (7 * 2 + 3) / 4.0, weights = 4 * 2 * 9 / 2.0, compute = 9 * 4 * 8,
               store = 4 * 4 * 8;
  const TileCycles cycles = tile_cycles(TileEdition::geometric, layer, tile);
  CHECK(cycles.cycles == 2 * 2 * (3 * compute) + std::max(input, weights) + store);
  CHECK(cycles.bottleneck == TileBottleneck::compute);
  CHECK(tile_cycles(TileEdition::geometric, layer, tile, {.kept = 2, .weight_bits = {}}).cycles ==
        4 * std::max(3 * input, store) + input + store);
  const TileBoard board{.name = "b", .dsp = 7, .bram = 24, .port_bits = 112, .static_mw = {}, .dynamic_mw = {}};
  const TileResources taken = tile_resources(board, tile, false);
  CHECK(taken == TileResources{8, 2 * 2 + 2 * 4 + 8, 112});
  CHECK(tile_violations(board, taken) == std::vector<std::string>{"dsp"});
}

TEST_CASE("a batch of tiles costs what each costs") {
  for (const bool depthwise : {false, true}) {
    const TileLayer layer{.out_channels = 24,
                          .in_channels = 24,
                          .rows = 13,
                          .columns = 29,
                          .kernel = 5,
                          .stride = 3,
                          .padding = 2,
                          .batch = 2,
                          .depthwise = depthwise};
    std::vector<Tile> tiles;
    for (int i = 0; i < 200; ++i)
      tiles.push_back({1 + i % 37, 1 + i % 11, 1 + i % 17, 1 + i % 31, 5, 1 + i % 5, 1 + i % 7, 1 + i % 3});
    std::vector<double> cycles(tiles.size());
    for (const auto& [name, edition] : tile_editions()) {
      tile_cycles(edition, layer, {.kept = 7, .weight_bits = 12}, tiles, cycles);
      for (std::size_t i = 0; i < tiles.size(); ++i)
        CHECK(cycles[i] == tile_cycles(edition, layer, tiles[i], {.kept = 7, .weight_bits = 12}).cycles);
    }
  }
}

TEST_CASE("convolutions, groups, depthwise layers and products are taken; everything else is refused by name") {
  const auto conv = tile_layer(make_conv({.name = "c",
                                          .batch = 2,
                                          .in_channels = 8,
                                          .out_channels = 12,
                                          .groups = 2,
                                          .out_height = 5,
                                          .out_width = 7,
                                          .kernel_height = 3,
                                          .kernel_width = 3,
                                          .stride_height = 2,
                                          .stride_width = 2,
                                          .padding_height = 1,
                                          .padding_width = 1}));
  REQUIRE(conv.layer);
  CHECK(*conv.layer == TileLayer{.out_channels = 6,
                                 .in_channels = 4,
                                 .rows = 5,
                                 .columns = 7,
                                 .kernel = 3,
                                 .stride = 2,
                                 .padding = 1,
                                 .batch = 4});
  const auto depthwise = tile_layer(make_conv(
      {.name = "d", .in_channels = 8, .out_channels = 8, .groups = 8, .kernel_height = 3, .kernel_width = 3}));
  REQUIRE(depthwise.layer);
  CHECK(depthwise.layer->depthwise);
  CHECK(depthwise.layer->out_channels == 8);
  const auto product = tile_layer(make_matmul({.name = "p", .rows = 16, .columns = 32, .depth = 64, .batch = 3}));
  REQUIRE(product.layer);
  CHECK(*product.layer == TileLayer{.out_channels = 32, .in_channels = 64, .rows = 16, .batch = 3});
  const auto refused = [](const Layer& layer, const char* why) {
    const TileReading reading = tile_layer(layer);
    CHECK_FALSE(reading.layer);
    CHECK(reading.refusal.find(layer.name) != std::string::npos);
    CHECK(reading.refusal.find(why) != std::string::npos);
  };
  refused(make_conv({.name = "tall", .kernel_height = 7, .kernel_width = 1}), "7 x 1");
  refused(make_conv({.name = "skewed", .stride_height = 2, .stride_width = 1}), "strides");
  refused(
      make_conv({.name = "dilated", .kernel_height = 3, .kernel_width = 3, .dilation_height = 2, .dilation_width = 2}),
      "dilation");
  Layer odd = make_matmul({.name = "odd", .rows = 2, .columns = 2, .depth = 2});
  odd.kind = "einsum";
  refused(odd, "einsum");
  odd.kind = "conv";
  refused(odd, "convolution");
}

TEST_CASE("boards by name and by file") {
  CHECK(board_names() == std::vector<std::string>{"pynq-z1", "zc706", "zcu102"});
  CHECK(load_board("zcu102").dsp == 2520);
  CHECK_THROWS_AS(load_board("zcu103"), InputError);
}
