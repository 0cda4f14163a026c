// Searches on FPGA tilings, as the papers search (no exact inner search), against the known optima of the reference
// grids:
//     fpga [SHARED] [--seeds 20] [--trials 300] [--designer bayes] [--only N]
// Prints per grid the evaluations until the optimum: median, how many seeds reach it, and the best after all trials.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <dovetail/engine/cases/grid_document.hpp>
#include <dovetail/engine/design/designer.hpp>
#include <dovetail/engine/tiles/tile_space.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

int main(int argc, char** argv) {
  std::string shared = "../shared", designer_name = "bayes";
  int seeds = 20, trials = 300, only = -1;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto next = [&] { return std::string(i + 1 < argc ? argv[++i] : ""); };
    if (word == "--seeds")
      seeds = std::atoi(next().c_str());
    else if (word == "--trials")
      trials = std::atoi(next().c_str());
    else if (word == "--designer")
      designer_name = next();
    else if (word == "--only")
      only = std::atoi(next().c_str());
    else
      shared = word;
  }
  std::ifstream file(shared + "/reference/nas/cases/tile_grids.jsonl");
  if (!file) {
    fmt::print(stderr, "no cases in {}\n", shared);
    return 1;
  }
  fmt::print("{:14} {:10} {:>8} {:>8} {:>11} {:>8} {:>8} {:>12}\n", "network", "edition", "points", "fit", "optimum ms",
             "reached", "median", "best at end");
  int index = 0;
  for (std::string line; std::getline(file, line); ++index) {
    if (only >= 0 && index != only) continue;
    Diagnostics diagnostics;
    const TileGridCase one = read_tile_grid(from_json(nlohmann::ordered_json::parse(line), "case"), diagnostics);
    diagnostics.raise();
    const TileGridResult exact = search_tiles(one.request);
    std::int64_t kernel = 1;
    bool depthwise = false;
    for (const TileNetworkLayer& layer : one.request.layers) {
      kernel = std::max(kernel, layer.shape.kernel);
      depthwise = depthwise || layer.shape.depthwise;
    }
    const TileSpace tiles = tile_space({one.network, one.request.board, one.request.edition, one.request.grid, false},
                                       static_cast<int>(kernel), depthwise);
    const Space space = tiles.space();
    std::vector<double> needed, ends;
    int reached = 0;
    for (int seed = 0; seed < seeds; ++seed) {
      DesignerContext context;
      context.space = space;
      context.goal.objectives = {{"cycles", true}};
      context.seed = static_cast<std::uint64_t>(seed);
      auto designer = make_designer(designer_name, context);
      double best = std::numeric_limits<double>::infinity();
      int at = trials + 1;
      for (int t = 0; t < trials; ++t) {
        const std::vector<Point> points = designer->suggest(1);
        if (points.empty()) break;
        const double cycles = total_cycles(one.request.edition, one.request.layers, tiles.design(points[0].numbers));
        const Trial trial{t, points[0], TrialState::completed, {{"cycles", cycles}}, ""};
        designer->update(std::span(&trial, 1));
        best = std::min(best, cycles);
        if (best > *exact.best_cycles * (1.0 + 1e-9)) continue;
        at = t + 1;
        ++reached;
        break;
      }
      needed.push_back(at);
      ends.push_back(best);
    }
    std::sort(needed.begin(), needed.end());
    std::sort(ends.begin(), ends.end());
    const double median = 0.5 * (needed[(needed.size() - 1) / 2] + needed[needed.size() / 2]);
    fmt::print("{:14} {:10} {:8} {:8.0f} {:11.6f} {:5}/{:<2} {:>8} {:12.6f}\n", one.network,
               to_string(one.request.edition), exact.points, space.count().feasible, *exact.best_cycles / 1e5, reached,
               seeds, median > trials ? fmt::format(">{}", trials) : fmt::format("{:g}", median),
               ends[ends.size() / 2] / 1e5);
    std::fflush(stdout);
  }
  return 0;
}
