// FPGA tiles: evaluations per second of the model, times of grids, pipelines, placements and compressions of the
// reference cases, and of larger placements with their gaps. CPU seconds of one thread.
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/cases/compression_document.hpp>
#include <dovetail/engine/cases/grid_document.hpp>
#include <dovetail/engine/cases/pipeline_document.hpp>
#include <dovetail/engine/cases/placement_document.hpp>
#include <dovetail/spaces/space/random.hpp>

using namespace dovetail;

namespace {

template <class Work>
double milliseconds(Work work) {
  const std::clock_t start = std::clock();
  work();
  return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::vector<Node> cases(const char* file) {
  std::vector<Node> list;
  std::ifstream stream(std::filesystem::path(DOVETAIL_SHARED_DIR) / "reference/nas/cases" / file);
  for (std::string line; std::getline(stream, line);) list.push_back(parse_json(line, file));
  return list;
}

void model() {
  std::vector<Tile> tiles;
  for (int i = 0; i < 4096; ++i)
    tiles.push_back({10 + i % 220, 1 + i % 40, 7 + i % 64, 7 + i % 128, 3, 2 + i % 16, 2 + i % 12, 2 + i % 9});
  std::vector<double> cycles(tiles.size());
  for (const auto& [name, edition] : tile_editions()) {
    const TileLayer layer{.out_channels = 128, .in_channels = 64, .rows = 56, .columns = 56, .kernel = 3, .padding = 1};
    double sum = 0.0;
    const double time = milliseconds([&] {
      for (int i = 0; i < 1000; ++i)
        tile_cycles(edition, layer, {}, tiles, cycles), sum += cycles[static_cast<std::size_t>(i)];
    });
    fmt::print("tile model, {:<10} {:7.1f} M evaluations per second (checksum {:.6g})\n", name, 4.096e6 / time / 1e3,
               sum);
  }
}

/// Chains of blocks on machines that are good at one of two kinds of layers.
PlacementProblem chains(std::size_t networks, std::size_t length, std::size_t machines, std::uint64_t seed) {
  Random random(seed);
  PlacementProblem problem;
  problem.machines = machines;
  for (std::size_t n = 0; n < networks; ++n) {
    const std::size_t first = problem.layers.size();
    for (std::size_t l = 0; l < length; ++l) {
      PlacementLayer layer;
      layer.network = static_cast<std::int64_t>(n);
      const auto base = static_cast<double>(50 + random.below(400));
      for (std::size_t m = 0; m < machines; ++m) {
        const bool good = m % 2 == (l + n) % 2;
        layer.cycles.push_back(good ? base : base * static_cast<double>(2 + random.below(3)));
        layer.energy.push_back(base * (good ? 1.0 : 1.3) + static_cast<double>(random.below(100)));
      }
      problem.layers.push_back(std::move(layer));
      if (l > 0) problem.edges.emplace_back(first + l - 1, first + l);
    }
  }
  return problem;
}

void place_chains(std::size_t networks, std::size_t length, std::size_t machines) {
  const PlacementProblem problem = chains(networks, length, machines, 7);
  PlacementResult result;
  const double time = milliseconds([&] { result = place(problem); });
  const PlacementBounds bounds(problem);
  fmt::print(
      "placement of {} x {} layers on {} machines: {:8.1f} ms, {} labels, front of {}, {}; makespan {} bound "
      "{:.0f}\n",
      networks, length, machines, time, result.labels, result.front.size(), result.exact ? "exact" : "not exact",
      result.front.front().makespan, bounds.makespan());
}

}  // namespace

int main() {
  model();
  for (const Node& one : cases("tile_grids.jsonl")) {
    Diagnostics diagnostics;
    const TileGridCase grid_case = read_tile_grid(one, diagnostics);
    TileGridResult result;
    const double time = milliseconds([&] { result = search_tiles(grid_case.request); });
    fmt::print("grid of {:<14} {:<10} {:6} points: {:6.2f} ms, best {:.4f} ms\n", grid_case.network,
               to_string(grid_case.request.edition), result.points, time, result.best_cycles.value_or(0.0) / 1e5);
  }
  for (const Node& one : cases("pipelines.jsonl")) {
    Diagnostics diagnostics;
    const PipelineCase pipeline_case = read_pipeline(one, diagnostics);
    const double time = milliseconds([&] { answer_pipeline(pipeline_case, Pipelines(pipeline_case.problem)); });
    fmt::print("pipeline of {:2} layers, {} boards: {:6.2f} ms\n", pipeline_case.problem.layers,
               pipeline_case.problem.boards.size(), time);
  }
  for (const Node& one : cases("compression.jsonl")) {
    Diagnostics diagnostics;
    const CompressionCase compression_case = read_compression(one, diagnostics);
    CompressionResult result;
    const double time = milliseconds([&] { result = compress(compression_case); });
    fmt::print("compression of {}, {} tilings: {:6.2f} ms, top-1 {:.3f}\n", compression_case.network,
               compression_case.hardware.size(), time, result.metric);
  }
  for (const Node& one : cases("heterogeneous.jsonl")) {
    Diagnostics diagnostics;
    const PlacementCase placement_case = read_placement(one, diagnostics);
    const double time = milliseconds([&] { place(placement_case.problem); });
    fmt::print("placement of {:2} layers on {} machines: {:6.2f} ms\n", placement_case.problem.layers.size(),
               placement_case.problem.machines, time);
  }
  place_chains(3, 4, 3);
  place_chains(4, 3, 3);
  place_chains(2, 20, 2);
  place_chains(3, 60, 3);
}
