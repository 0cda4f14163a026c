// Reads pipelines and writes their answers and timelines.
#include <dovetail/engine/cases/pipeline_document.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/tiles/tile_document.hpp>
#include <dovetail/engine/cases/numbers.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_chain_layers = 300;
constexpr double most_states = 2e6;  ///< sets of boards x layers
constexpr double default_bounds[] = {1.0, 1.15, 1.5, 2.5};

struct BoardFields {
  PipelineBoard board;
  std::vector<Tile> tiles;
  bool has_cycles = false;
  Location where;
};

struct PipelineFields {
  std::vector<TileNetworkLayer> layers;
  std::vector<BoardFields> boards;
  std::vector<double> transfer_cycles;
  std::vector<std::vector<std::int64_t>> edges;
  std::vector<double> bounds;
  double clock_mhz = 100.0;
};

const Record<BoardFields>& board_fields() {
  static const Record<BoardFields> record =
      Record<BoardFields>("board", "A board with the designs that it may carry.")
          .optional(
              "type", [](BoardFields& f) -> std::string& { return f.board.type; },
              "how reports call it; a built-in board to price tiles")
          .required(
              "static_mw", [](BoardFields& f) -> double& { return f.board.static_mw; }, "power while it is on",
              between(0, 1e12))
          .required(
              "dynamic_mw", [](BoardFields& f) -> double& { return f.board.dynamic_mw; },
              "further power while it works", between(0, 1e12))
          .custom("tiles", false, "the designs as tiles", any_form(),
                  [](const Node& node, BoardFields& f, Diagnostics& diagnostics) {
                    if (!require_sequence(node, "tiles", diagnostics)) return;
                    for (const Node& item : node.items()) read_tile(item, f.tiles.emplace_back(), diagnostics);
                  })
          .custom("cycles", false, "cycles of every layer, a list per design; null where it cannot run", any_form(),
                  [](const Node& node, BoardFields& f, Diagnostics& diagnostics) {
                    f.has_cycles = true;
                    read_cycle_table(node, f.board.cycles, diagnostics);
                  });
  return record;
}

const Record<PipelineFields>& pipeline_fields_record() {
  const auto skip = [](const Node&, PipelineFields&, Diagnostics&) {};
  static const Record<PipelineFields> record = [&] {
    auto out =
        Record<PipelineFields>("pipeline", "A chain of layers over several boards.")
            .custom("id", false, "names the case in its answer", any_form(), skip)
            .custom("note", false, "not read", any_form(), skip)
            .list("layers", &PipelineFields::layers, tile_layer_record(), "in the order in which they are cut", true)
            .custom("boards", true, "the boards", any_form(),
                    [](const Node& node, PipelineFields& f, Diagnostics& diagnostics) {
                      if (!require_sequence(node, "boards", diagnostics)) return;
                      for (const Node& item : node.items()) {
                        f.boards.push_back(board_fields().read(item, diagnostics));
                        f.boards.back().where = item.location();
                      }
                    })
            .optional("transfer_cycles", &PipelineFields::transfer_cycles, "of a layer's output to another board",
                      between(0, 1e15))
            .optional("edges", &PipelineFields::edges, "[from, to] of a network that is no chain",
                      between(0, most_chain_layers))
            .optional("clock_mhz", &PipelineFields::clock_mhz, "cycles per microsecond", above_to(0, 1e6))
            .optional("period_at_most", &PipelineFields::bounds, "bounds on the period", above_to(0, 1e18))
            .custom("with_bound", false, "bounds as in the answers", any_form(),
                    [](const Node& node, PipelineFields& f, Diagnostics& diagnostics) {
                      read_bounds(node, "with_bound", "period_at_most", f.bounds, diagnostics);
                    })
            .document("pipeline-case/1");
    for (const char* answer : {"least_period", "fewest_boards_at_it", "period_plan"})
      out = std::move(out).custom(answer, false, "an answer, not read", any_form(), skip);
    return out;
  }();
  return record;
}

/// The cycles of the tiles that fit the board, by the geometric edition, rounded up.
void price_tiles(const std::vector<TileNetworkLayer>& layers, BoardFields& fields, Diagnostics& diagnostics) {
  const std::vector<std::string> names = board_names();
  if (std::find(names.begin(), names.end(), fields.board.type) == names.end()) {
    diagnostics.error(fields.where,
                      fmt::format("the board has no cycles, and to price its tiles there is no board called {}{}",
                                  quote(fields.board.type), suggestion(fields.board.type, names)));
    return;
  }
  const TileBoard board = load_board(fields.board.type);
  const bool any_depthwise = std::any_of(layers.begin(), layers.end(), [](const auto& l) { return l.shape.depthwise; });
  for (const Tile& tile : fields.tiles) {
    std::vector<double>& cycles = fields.board.cycles.emplace_back();
    const bool fits = tile_violations(board, tile_resources(board, tile, false)).empty() &&
                      (!any_depthwise || tile_violations(board, tile_resources(board, tile, true)).empty());
    for (const TileNetworkLayer& layer : layers)
      cycles.push_back(fits && layer.shape.kernel <= tile.kernel
                           ? static_cast<double>(layer.count) *
                                 std::ceil(tile_cycles(TileEdition::geometric, layer.shape, tile).cycles)
                           : std::numeric_limits<double>::infinity());
  }
}

void check(const Node& document, const PipelineFields& fields, Diagnostics& diagnostics) {
  const std::size_t layers = fields.layers.size();
  const auto error = [&](const char* key, const std::string& message) {
    const Node* at = document.find(key);
    diagnostics.error(at != nullptr ? at->location() : document.location(), message);
  };
  if (layers < 1 || layers > most_chain_layers)
    error("layers", fmt::format("{} layers, allowed are 1 to {}", layers, most_chain_layers));
  if (fields.boards.empty()) error("boards", "no board, allowed is one or more");
  if (!fields.transfer_cycles.empty() && fields.transfer_cycles.size() != layers)
    error("transfer_cycles", fmt::format("transfer_cycles has {} numbers, allowed is one for each of {} layers",
                                         fields.transfer_cycles.size(), layers));
  for (const BoardFields& board : fields.boards) {
    if (board.board.cycles.empty()) diagnostics.error(board.where, "the board has no design");
    for (const auto& design : board.board.cycles) {
      if (design.size() != layers)
        diagnostics.error(board.where,
                          fmt::format("a design has cycles of {} layers, allowed is one for each of {} layers",
                                      design.size(), layers));
    }
  }
  for (const auto& edge : fields.edges) {
    if (edge.size() != 2 || edge[0] >= edge[1] || edge[1] >= static_cast<std::int64_t>(layers))
      error("edges",
            "an edge is [from, to] with from < to below the number of layers: layers stand in the order of "
            "their cuts");
  }
}

Json plan_json(const PipelinePlan& plan) {
  Json list = Json::array();
  for (const PipelineStage& stage : plan)
    list.push_back({{"board", stage.board},
                    {"layers", {stage.first, stage.end}},
                    {"cycles", number(stage.cycles)},
                    {"design", stage.design}});
  return list;
}

std::vector<double> bounds_of(const PipelineCase& pipeline_case, const Pipelines& pipelines) {
  if (!pipeline_case.bounds.empty() || !pipelines.least_period()) return pipeline_case.bounds;
  std::vector<double> bounds;
  for (double factor : default_bounds) bounds.push_back(std::floor(factor * *pipelines.least_period()));
  bounds.front() = *pipelines.least_period();
  return bounds;
}

/// Rows of boards over four periods: the digit of the frame that a board works on, a dot while it waits.
std::string timeline(const PipelineCase& pipeline_case, const PipelinePlan& plan, double period) {
  constexpr std::size_t width = 16, periods = 5;
  std::string text = fmt::format("{:>20}", "");
  for (std::size_t p = 0; p < periods; ++p)
    text += fmt::format("|{:<{}}", p == 0 ? "0" : fmt::format("{:.4g}", static_cast<double>(p) * period), width - 1);
  text += "|\n";
  for (std::size_t s = 0; s < plan.size(); ++s) {
    const PipelineStage& stage = plan[s];
    text += fmt::format("  board {:<2} {:<10.10}", stage.board, pipeline_case.problem.boards[stage.board].type);
    for (std::size_t p = 0; p < periods; ++p) {
      const auto busy = static_cast<std::size_t>(std::lround(stage.cycles / period * width));
      for (std::size_t i = 0; i < width; ++i) text += p < s || i >= busy ? '.' : static_cast<char>('0' + (p - s) % 10);
    }
    text += fmt::format("|  {:.1f} % of its time\n", 100.0 * stage.cycles / period);
  }
  return text;
}

std::string stages_text(const PipelineCase& pipeline_case, const PipelinePlan& plan) {
  Table table({"stage", "board", "type", "design", "layers", "from", "to", "cycles"});
  for (std::size_t s = 0; s < plan.size(); ++s) {
    const PipelineStage& stage = plan[s];
    table.add({fmt::format("{}", s), fmt::format("{}", stage.board), pipeline_case.problem.boards[stage.board].type,
               fmt::format("{}", stage.design), fmt::format("{}", stage.end - stage.first),
               pipeline_case.layer_names[stage.first], pipeline_case.layer_names[stage.end - 1],
               fmt::format("{:.0f}", stage.cycles)});
  }
  return table.text();
}

}  // namespace

bool is_pipeline(const Node& document) {
  if (!document.is_mapping()) return false;
  if (const Node* schema = document.find("schema")) return schema->text() == "pipeline-case/1";
  return document.find("boards") != nullptr;
}

PipelineCase read_pipeline(const Node& document, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  PipelineFields fields = pipeline_fields_record().read(document, diagnostics);
  if (diagnostics.errors() > before) return {};
  for (BoardFields& board : fields.boards) {
    if (!board.has_cycles) price_tiles(fields.layers, board, diagnostics);
  }
  if (diagnostics.errors() == before) check(document, fields, diagnostics);
  if (diagnostics.errors() > before) return {};
  PipelineCase out;
  out.clock_mhz = fields.clock_mhz;
  out.bounds = fields.bounds;
  out.problem.layers = fields.layers.size();
  out.problem.transfer_cycles = std::move(fields.transfer_cycles);
  for (BoardFields& board : fields.boards) out.problem.boards.push_back(std::move(board.board));
  for (const auto& edge : fields.edges) out.problem.edges.emplace_back(edge[0], edge[1]);
  for (std::size_t l = 0; l < fields.layers.size(); ++l)
    out.layer_names.push_back(fields.layers[l].name.empty() ? fmt::format("{}", l) : fields.layers[l].name);
  if (const double states = Pipelines::states(out.problem); states > most_states)
    diagnostics.error(document.find("boards")->location(),
                      fmt::format("{:.3g} sets of boards times layers, allowed are {:.3g}; equal boards count once",
                                  states, most_states));
  return out;
}

Json answer_pipeline(const PipelineCase& pipeline_case, const Pipelines& pipelines) {
  Json out = Json::object();
  out["least_period"] = pipelines.least_period() ? number(*pipelines.least_period()) : Json(nullptr);
  out["fewest_boards_at_it"] = pipelines.least_period() ? Json(pipelines.fewest_boards()) : Json(nullptr);
  out["period_plan"] = plan_json(pipelines.period_plan());
  out["with_bound"] = Json::array();
  for (double bound : bounds_of(pipeline_case, pipelines)) {
    const BoundedPipeline best = pipelines.within(bound);
    out["with_bound"].push_back(
        {{"period_at_most", number(bound)},
         {"least_energy", best.least_energy ? number(*best.least_energy) : Json(nullptr)},
         {"energy_plan", plan_json(best.energy_plan)},
         {"most_utilisation", best.most_utilisation ? Json(*best.most_utilisation) : Json(nullptr)},
         {"utilisation_plan", plan_json(best.utilisation_plan)}});
  }
  return out;
}

std::string pipeline_text(const PipelineCase& pipeline_case, const Pipelines& pipelines) {
  const auto frames = [&](double period) { return 1e6 * pipeline_case.clock_mhz / period; };
  std::string text =
      fmt::format("{} layers on {} boards, exact\n", pipeline_case.problem.layers, pipeline_case.problem.boards.size());
  if (!pipelines.least_period()) return text + "no plan: some layer runs on no board\n";
  const double period = *pipelines.least_period();
  text += fmt::format("least period {:.0f} cycles ({:.1f} frames per second at {:g} MHz), fewest boards for it {}\n\n",
                      period, frames(period), pipeline_case.clock_mhz, pipelines.fewest_boards());
  text += stages_text(pipeline_case, pipelines.period_plan()) + "\n" +
          timeline(pipeline_case, pipelines.period_plan(), period);
  for (double bound : bounds_of(pipeline_case, pipelines)) {
    const BoundedPipeline best = pipelines.within(bound);
    text += fmt::format("\nperiod at most {:.0f} cycles ({:.1f} frames per second)", bound, frames(bound));
    if (!best.least_energy) {
      text += ": no plan\n";
      continue;
    }
    text += fmt::format("\nleast energy of a frame {:.6g} mJ, with assumed or given board powers\n",
                        *best.least_energy / (1e6 * pipeline_case.clock_mhz));
    text += stages_text(pipeline_case, best.energy_plan);
    text += fmt::format("most utilisation {}\n", percent(*best.most_utilisation)) +
            stages_text(pipeline_case, best.utilisation_plan);
  }
  return text;
}

}  // namespace dovetail
