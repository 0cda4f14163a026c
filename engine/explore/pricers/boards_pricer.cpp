// The pipeline of a network: cycles of its layers under all tilings, the best tiling of every run of layers, then the
// cuts.
#include <dovetail/engine/explore/pricers/boards_pricer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/tiles/tile_layer.hpp>
#include <dovetail/engine/place/pipeline.hpp>
#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/tiles/tile_family.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr double expected = 5e-4;  // seconds of a chain on three boards, measured by bench/tiles

// What a board of the pool may be built to.
struct PoolBoard {
  TileBoard board;
  std::vector<Tile> tiles;
  double ms_per_cycle = 1e-5;
};

TileGrid usual_grid() {
  TileGrid grid;
  grid.out_channels = {8, 16, 24, 32, 48, 64, 96};
  grid.in_channels = {1, 3, 8, 16, 24, 32, 48, 64};
  grid.rows = grid.columns = {8, 16, 32};
  grid.weight_port = grid.input_port = grid.output_port = {2, 4, 8, 12, 16, 20, 24};
  return grid;
}

std::string shape_of(const TileLayer& l) {
  return fmt::format("{} {} {} {} {} {} {} {} {}", l.out_channels, l.in_channels, l.rows, l.columns, l.kernel, l.stride,
                     l.padding, l.batch, l.depthwise);
}

// The tilings of a grid that fit the board; of the port widths those that could not be wider.
std::vector<Tile> fitting_tiles(const TileBoard& board, const TileGrid& grid, int kernel) {
  std::vector<std::array<int, 3>> ports;
  for (const int w : grid.weight_port)
    for (const int i : grid.input_port)
      for (const int o : grid.output_port)
        if (static_cast<std::int64_t>(board.word_bits) * (w + i + o) <= board.port_bits) ports.push_back({w, i, o});
  const auto narrower = [](const std::array<int, 3>& a, const std::array<int, 3>& b) {
    return a != b && a[0] <= b[0] && a[1] <= b[1] && a[2] <= b[2];
  };
  std::vector<std::array<int, 3>> widest;
  for (const auto& one : ports)
    if (std::none_of(ports.begin(), ports.end(), [&](const auto& other) { return narrower(one, other); }))
      widest.push_back(one);
  const std::int64_t lanes = board.dsp / (board.word_bits == 32 ? 5 : 1);
  std::vector<Tile> tiles;
  for (const int tm : grid.out_channels) {
    std::set<int> in;
    for (const int tn : grid.in_channels)
      if (std::int64_t{tm} * tn <= lanes) in.insert(tn);
    if (grid.fill_dsp && lanes / tm >= 1) in.insert(static_cast<int>(lanes / tm));
    for (const int tn : in)
      for (const int tr : grid.rows)
        for (const int tc : grid.columns)
          for (const auto& [w, i, o] : widest) {
            const Tile tile{tm, tn, tr, tc, grid.kernel.value_or(kernel), w, i, o};
            if (!grid.enforce_bram || tile_violations(board, tile_resources(board, tile, false)).empty())
              tiles.push_back(tile);
          }
  }
  return tiles;
}

class BoardsPricer final : public Stage {
 public:
  BoardsPricer(std::vector<PoolBoard> pool, TileEdition edition, const StudyBoards& study,
               std::optional<double> frames_per_s)
      : pool_(std::move(pool)),
        edition_(edition),
        study_(study) {
    if (frames_per_s) required_ms_ = 1e3 / *frames_per_s;
    for (const PoolBoard& board : pool_) energies_ = energies_ && board.board.static_mw && board.board.dynamic_mw;
  }

  std::string name() const override { return "price"; }
  std::vector<std::string> metrics() const override {
    std::vector<std::string> names = {"frames_per_s", "period_ms", "latency_ms", "utilization", "boards"};
    if (energies_) names.insert(names.begin() + 3, "energy_mj");
    return names;
  }
  double expected_seconds() const override { return expected; }
  std::map<std::string, std::string> identity() const override {
    std::string text;
    for (const PoolBoard& board : pool_) {
      text += fmt::format("{} {} {} {} {} {} {} ;", board.board.dsp, board.board.bram, board.board.bram_bits,
                          board.board.port_bits, board.board.word_bits, board.ms_per_cycle, board.tiles.size());
      for (const Tile& t : board.tiles)
        text += fmt::format("{} {} {} {} {} {} {} {},", t.out_channels, t.in_channels, t.rows, t.columns, t.kernel,
                            t.weight_port, t.input_port, t.output_port);
      text += fmt::format("{} {};", board.board.static_mw.value_or(-1), board.board.dynamic_mw.value_or(-1));
    }
    return {{"boards", fmt::format("{} of {}, {}, prefer {}, link {} bits, rate {}", study_.at_most, pool_.size(),
                                   study_.edition, study_.prefer, study_.link_bits, required_ms_.value_or(0.0))},
            {"boards digest", digest(text)}};
  }
  std::vector<std::string> remarks() const override {
    std::vector<std::string> list = {
        "partition and tilings are solved exactly for every network (dynamic programming over boards and cuts, all "
        "tilings of the grid)"};
    if (energies_) list.emplace_back("energies are the boards' assumed powers times time, for comparison only");
    return list;
  }

  StageAnswer run(const NetworkCandidate& candidate, const StageEffort&) const override {
    Found found;
    if (std::string why = solve(candidate, found); !why.empty()) return {{}, why, false};
    return {metrics_of(found), "", false};
  }

  std::string detail(const NetworkCandidate& candidate) const override {
    Found found;
    if (!solve(candidate, found).empty()) return "";
    Json stages = Json::array(), lines = Json::array();
    for (std::size_t s = 0; s < found.plan.size(); ++s) {
      const PipelineStage& stage = found.plan[s];
      const PoolBoard& board = pool_[stage.board];
      const Tile& tile = board.tiles[found.tiles[stage.board][stage.design]];
      const TileResources taken = tile_resources(board.board, tile, false);
      stages.push_back({{"stage", s},
                        {"board", board.board.name},
                        {"from", found.names[stage.first]},
                        {"to", found.names[stage.end - 1]},
                        {"layers", stage.end - stage.first},
                        {"tiling", tile_list(tile)},
                        {"dsp", fmt::format("{} of {}", taken.dsp, board.board.dsp)},
                        {"bram", fmt::format("{} of {}", taken.bram, board.board.bram)},
                        {"ms", stage.cycles},
                        {"busy", stage.cycles / found.bound}});
    }
    // Rows of boards over five periods: the digit of the frame that a board works on, a dot while it waits.
    constexpr std::size_t width = 12, periods = 5;
    for (std::size_t s = 0; s < found.plan.size(); ++s) {
      std::string line = fmt::format("{:>2} {:<10.10}", s, pool_[found.plan[s].board].board.name);
      const auto busy =
          static_cast<std::size_t>(std::lround(found.plan[s].cycles / found.bound * static_cast<double>(width)));
      for (std::size_t p = 0; p < periods; ++p) {
        line += "|";
        for (std::size_t i = 0; i < width; ++i)
          line += p < s || i >= busy ? '.' : static_cast<char>('0' + (p - s) % 10);
      }
      lines.push_back(line + "|");
    }
    return Json{
        {"title",
         fmt::format(
             "Pipeline of {} board{}: a frame every {:.6g} ms at most, {:.6g} ms reached; proven for this network",
             found.plan.size(), found.plan.size() == 1 ? "" : "s", found.bound, period(found.plan))},
        {"stages", std::move(stages)},
        {"timeline", std::move(lines)}}
        .dump();
  }

 private:
  struct Found {
    PipelinePlan plan;
    double bound = 0.0;                           ///< the required period, or the plan's
    std::vector<std::vector<std::size_t>> tiles;  ///< per board: of its designs
    std::vector<std::string> names;
  };

  static double period(const PipelinePlan& plan) {
    double longest = 0.0;
    for (const PipelineStage& stage : plan) longest = std::max(longest, stage.cycles);
    return longest;
  }

  std::map<std::string, double> metrics_of(const Found& found) const {
    const double reached = period(found.plan);
    double busy = 0.0, power = 0.0;
    for (const PipelineStage& stage : found.plan) {
      busy += stage.cycles;
      power += pool_[stage.board].board.static_mw.value_or(0.0) * reached +
               pool_[stage.board].board.dynamic_mw.value_or(0.0) * stage.cycles;
    }
    std::map<std::string, double> metrics = {
        {"frames_per_s", 1e3 / reached},
        {"period_ms", reached},
        {"latency_ms", busy},
        {"utilization", busy / static_cast<double>(found.plan.size()) / std::max(found.bound, reached)},
        {"boards", static_cast<double>(found.plan.size())}};
    if (energies_) metrics["energy_mj"] = power * 1e-3;
    return metrics;
  }

  std::string solve(const NetworkCandidate& candidate, Found& found) const {
    std::vector<TileLayer> layers_;
    PipelineProblem problem;
    for (const CandidateNetwork& part : candidate.networks) {
      const Network network = part.network();
      const std::size_t first = layers_.size();
      for (const NetworkLayer* layer : layers(network)) {
        const TileReading reading = tile_layer(layer->layer);
        if (!reading.layer) return reading.refusal;
        TileLayer shape = *reading.layer;
        shape.batch *= layer->repeat;
        layers_.push_back(shape);
        found.names.push_back(layer->layer.name);
      }
      for (auto [edge, end] = boost::edges(network.graph); edge != end; ++edge)
        problem.edges.emplace_back(first + boost::source(*edge, network.graph),
                                   first + boost::target(*edge, network.graph));
      for (const auto& [from, to] : problem.edges)
        if (from >= to) return fmt::format("{}: the layers do not stand in an order in which they run", network.name);
    }
    constexpr std::size_t most_layers = 200;
    if (layers_.empty() || layers_.size() > most_layers)
      return fmt::format("pipelines have 1 to {} layers, and this network has {}", most_layers, layers_.size());
    problem.layers = layers_.size();
    problem.most_boards = static_cast<std::size_t>(study_.at_most);
    for (const TileLayer& layer : layers_)
      problem.transfer_cycles.push_back(
          std::ceil(static_cast<double>(layer.out_channels * layer.rows * layer.columns * layer.batch) *
                    pool_.front().board.word_bits / study_.link_bits) *
          pool_.front().ms_per_cycle);
    for (const PoolBoard& board : pool_) add_board(board, layers_, problem, found);
    const Pipelines pipelines(problem);
    if (!pipelines.least_period()) return "no tiling of any board runs all layers";
    found.bound = required_ms_.value_or(*pipelines.least_period());
    found.plan = pipelines.period_plan();
    if (study_.prefer == "period" || found.bound < *pipelines.least_period()) return "";
    const BoundedPipeline best = pipelines.within(found.bound);
    found.plan = study_.prefer == "energy" ? best.energy_plan : best.utilisation_plan;
    return "";
  }

  // Of the tilings those that are the best of some run of layers: the others are in no best plan.
  void add_board(const PoolBoard& board, const std::vector<TileLayer>& layers_, PipelineProblem& problem,
                 Found& found) const {
    std::vector<const std::vector<double>*> cycles;
    for (const TileLayer& layer : layers_) cycles.push_back(&cycles_of(board, layer));
    const std::size_t count = board.tiles.size();
    std::set<std::size_t> chosen;
    std::vector<double> sums(count);
    for (std::size_t first = 0; first < layers_.size(); ++first) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::size_t end = first; end < layers_.size(); ++end) {
        const double* more = cycles[end]->data();
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t d = 0; d < count; ++d) {
          sums[d] += more[d];
          least = std::min(least, sums[d]);
        }
        if (least < std::numeric_limits<double>::infinity())
          chosen.insert(static_cast<std::size_t>(std::find(sums.begin(), sums.end(), least) - sums.begin()));
      }
    }
    PipelineBoard& out = problem.boards.emplace_back();
    out.type = board.board.name;
    out.static_mw = board.board.static_mw.value_or(0.0);
    out.dynamic_mw = board.board.dynamic_mw.value_or(0.0);
    found.tiles.emplace_back(chosen.begin(), chosen.end());
    for (const std::size_t d : found.tiles.back()) {
      std::vector<double>& row = out.cycles.emplace_back();
      for (const TileLayer& layer : layers_)
        row.push_back(std::ceil(tile_cycles(edition_, layer, board.tiles[d]).cycles) * board.ms_per_cycle);
    }
  }

  // Cycles of a layer under all tilings of a board, priced once over all networks.
  const std::vector<double>& cycles_of(const PoolBoard& board, const TileLayer& layer) const {
    const std::string key = fmt::format("{} {}", &board - pool_.data(), shape_of(layer));
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (const auto at = cycles_.find(key); at != cycles_.end()) return at->second;
    }
    std::vector<double> exact(board.tiles.size());
    tile_cycles(edition_, layer, {}, board.tiles, exact);
    std::vector<double> rounded(exact.size());
    for (std::size_t d = 0; d < exact.size(); ++d) rounded[d] = std::ceil(exact[d]);
    const std::lock_guard<std::mutex> lock(mutex_);
    return cycles_.emplace(key, std::move(rounded)).first->second;
  }

  std::vector<PoolBoard> pool_;
  TileEdition edition_;
  StudyBoards study_;
  std::optional<double> required_ms_;
  bool energies_ = true;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::vector<double>> cycles_;  // references stay valid
};

// The largest kernel that some network of the space has: engines are built for it.
int largest_kernel(const CandidateSpace& space) {
  std::int64_t kernel = 1;
  const auto look = [&](const Network& network) {
    for (const NetworkLayer* layer : layers(network))
      if (const TileReading reading = tile_layer(layer->layer); reading.layer)
        kernel = std::max(kernel, reading.layer->kernel);
  };
  for (const NetworkSource& source : space.networks) {
    if (!source.family) {
      look(source.fixed);
      continue;
    }
    look(source.family->instantiate(source.family->default_point()));
    constexpr std::uint64_t draws = 64;
    for (std::uint64_t i = 0; i < draws; ++i) {
      Random random(0, {0x6b65726e, i});
      if (const auto point = source.family->draw(random)) look(source.family->instantiate(*point));
    }
  }
  return static_cast<int>(std::min<std::int64_t>(kernel, 1024));
}

}  // namespace

std::unique_ptr<Stage> make_boards_pricer(const CandidateSpace& space, const StudyBoards& study,
                                          std::optional<double> frames_per_s, Diagnostics& diagnostics) {
  TileGrid grid = usual_grid();
  const std::size_t before = diagnostics.errors();
  if (study.grid) grid = grid_record().read(*study.grid, diagnostics);
  if (diagnostics.errors() > before) return nullptr;
  make_unique(grid);
  TileEdition edition = TileEdition::geometric;
  for (const auto& [name, value] : tile_editions())
    if (name == study.edition) edition = value;
  const int kernel = largest_kernel(space);
  std::vector<PoolBoard> pool;
  for (const Node& node : study.boards) {
    PoolBoard board;
    if (!read_board(node, board.board, diagnostics)) continue;
    board.ms_per_cycle = 1.0 / (1e3 * board.board.clock_mhz);
    board.tiles = fitting_tiles(board.board, grid, kernel);
    if (board.tiles.empty())
      diagnostics.error(node.location(), fmt::format("{}: no tiling of the grid fits this board", board.board.name));
    pool.push_back(std::move(board));
  }
  if (diagnostics.errors() > before) return nullptr;
  return std::make_unique<BoardsPricer>(std::move(pool), edition, study, frames_per_s);
}

}  // namespace dovetail
