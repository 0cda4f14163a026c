// A grid of tilings as a space: the same points as the enumeration, each once; compression and its predicted loss.
#include <doctest/doctest.h>

#include <set>

#include <dovetail/accelerators/tiles/tile_layer.hpp>
#include <dovetail/engine/compress/compression.hpp>
#include <dovetail/engine/tiles/tile_space.hpp>

using namespace dovetail;

namespace {

std::string text(const TileDesign& design) {
  std::string result;
  for (const Tile& t : {design.ordinary, design.depthwise.value_or(Tile{})})
    for (const int value :
         {t.out_channels, t.in_channels, t.rows, t.columns, t.kernel, t.weight_port, t.input_port, t.output_port})
      result += std::to_string(value) + " ";
  return result;
}

void same_points(const std::string& grid, const std::string& network) {
  CAPTURE(grid);
  Diagnostics diagnostics;
  TileGridRequest request{load_board("zcu102"),
                          TileEdition::clipped,
                          recorded_grid(grid, {}, diagnostics),
                          zoo_convolutions(network, true),
                          1,
                          false};
  std::int64_t kernel = 1;
  bool depthwise = false;
  for (const TileNetworkLayer& layer : request.layers) {
    kernel = std::max(kernel, layer.shape.kernel);
    depthwise = depthwise || layer.shape.depthwise;
  }
  const TileSpace tiles =
      tile_space({"t", request.board, request.edition, request.grid, false}, static_cast<int>(kernel), depthwise);
  std::set<std::string> wanted, found;
  for (const auto& [cycles, design] : ranked_tiles(request)) wanted.insert(text(design));
  const Space space = tiles.space();
  CHECK(space.count().feasible == static_cast<double>(wanted.size()));
  for (const Point& point : space.enumerate(100'000)) found.insert(text(tiles.design(point.numbers)));
  CHECK(found == wanted);
  const TileDesign best = tiles.design(tiles.best_numbers(request.layers));
  CHECK(total_cycles(request.edition, request.layers, best) ==
        doctest::Approx(*search_tiles(request).best_cycles).epsilon(1e-12));
}

Network two_convolutions(bool joined) {
  Network network;
  network.name = "two";
  const auto add = [&](const char* name, std::int64_t in, std::int64_t out) {
    boost::add_vertex(NetworkLayer{make_conv({.name = name,
                                              .in_channels = in,
                                              .out_channels = out,
                                              .out_height = 8,
                                              .out_width = 8,
                                              .kernel_height = 3,
                                              .kernel_width = 3,
                                              .padding_height = 1,
                                              .padding_width = 1})},
                      network.graph);
  };
  add("a", 8, 16);
  add("b", 16, 16);
  add("c", 16, 4);
  boost::add_edge(0, 1, network.graph);
  boost::add_edge(1, 2, network.graph);
  if (joined) boost::add_edge(0, 2, network.graph);
  return network;
}

std::int64_t extent(const Layer& layer, const char* name) {
  return layer.dimensions[static_cast<std::size_t>(find_dimension(layer, name))].extent;
}

}  // namespace

TEST_CASE("the points are those that enumeration finds feasible") {
  same_points("Tn = floor(dsp / Tm), no BRAM limit", "alexnet");
  same_points("Tn also of 2 4 8 12 16, BRAM enforced", "squeezenet1_1");
  same_points("Tn of 2 4 8, BRAM enforced", "alexnet");
  same_points("two accelerators, Tn = floor((dsp - Tm of depthwise) / Tm), no BRAM limit", "mobilenet_v2");
}

TEST_CASE("compression changes densities, word widths and channels") {
  const Network network = two_convolutions(false);
  const Network small =
      compressed(network, {{"a", {5, 8, std::nullopt, 0.5}}, {"b", {std::nullopt, std::nullopt, 4, 1.0}}});
  const Layer &a = small.graph[0].layer, &b = small.graph[1].layer, &c = small.graph[2].layer;
  CHECK(extent(a, "K") == 8);
  CHECK(extent(b, "C") == 8);
  CHECK(extent(b, "K") == 16);
  CHECK(extent(c, "C") == 16);
  CHECK(a.tensors[static_cast<std::size_t>(find_tensor(a, "Weights"))].density == doctest::Approx(5.0 / 9.0));
  CHECK(a.tensors[static_cast<std::size_t>(find_tensor(a, "Weights"))].word_bits == 8);
  CHECK(b.tensors[static_cast<std::size_t>(find_tensor(b, "Inputs"))].word_bits == 4);
  CHECK(totals(compressed(network, {})).macs == totals(network).macs);
  CHECK_THROWS_WITH_AS(compressed(two_convolutions(true), {{"a", {std::nullopt, std::nullopt, std::nullopt, 0.5}}}),
                       doctest::Contains("a: its channels cannot be cut: c joins them"), InputError);
  CHECK_THROWS_AS(compressed(network, {{"a", {10, std::nullopt, std::nullopt, 1.0}}}), InputError);
}

TEST_CASE("predicted drops: the next measured row, none beyond") {
  const Sensitivity pruned{"two", "element", 70.0, {{"a", {{0.0, 70.0}, {0.2, 69.0}, {0.5, 69.5}, {0.6, 60.0}}}}};
  CHECK(*predicted_drop(pruned, "a", 0.0, Drop::envelope) == 0.0);
  CHECK(*predicted_drop(pruned, "a", 0.1, Drop::envelope) == doctest::Approx(1.0));
  CHECK(*predicted_drop(pruned, "a", 0.3, Drop::envelope) == doctest::Approx(1.0));  // the envelope never falls
  CHECK(*predicted_drop(pruned, "a", 0.3, Drop::as_measured) == doctest::Approx(0.5));
  CHECK_FALSE(predicted_drop(pruned, "a", 0.7, Drop::envelope).has_value());
  CHECK_FALSE(predicted_drop(pruned, "b", 0.1, Drop::envelope).has_value());
  const Sensitivity bits{"two", "bits", 70.0, {{"a", {{4.0, 60.0}, {8.0, 69.0}, {16.0, 70.0}}}}};
  CHECK(*predicted_drop(bits, "a", 16, Drop::envelope) == doctest::Approx(0.0));
  CHECK(*predicted_drop(bits, "a", 12, Drop::envelope) == doctest::Approx(1.0));
  CHECK(*predicted_drop(bits, "a", 4, Drop::envelope) == doctest::Approx(10.0));
  CHECK_FALSE(predicted_drop(bits, "a", 2, Drop::envelope).has_value());
  const PredictedLoss both = predicted_loss({pruned, bits}, "a", 3, {8, 8, std::nullopt, 1.0}, Drop::envelope);
  CHECK(both.failure == "");
  CHECK(both.loss == doctest::Approx(2.0));
  CHECK(predicted_loss({pruned}, "a", 3, {8, 8, std::nullopt, 1.0}, Drop::envelope)
            .failure.find("a was never measured with weights of 8 bits") != std::string::npos);
}
