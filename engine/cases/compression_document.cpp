// Reads compression cases, solves them, and writes the answers.
#include <dovetail/engine/cases/compression_document.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/cases/grid_document.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

const char* const least_rule = "least by uncompressed cycles of the BRAM-enforced grid";
const char* const ruled_space = "Tn also of 2 4 8 12 16, BRAM enforced";

struct CompressionFields {
  CompressionCase value;
  std::optional<int> count;  ///< of designs to take by the rule
  std::optional<std::string> rule;
  std::optional<std::string> sensitivity;
  bool has_board = false;
};

void read_hardware(const Node& node, CompressionFields& fields, Diagnostics& diagnostics) {
  if (node.is_scalar()) {
    read_value(node, "hardware", between(1, 1e5), diagnostics, fields.count.emplace(1));
    return;
  }
  if (!require_sequence(node, "hardware", diagnostics)) return;
  for (const Node& item : node.items()) {
    TileDesign& design = fields.value.hardware.emplace_back();
    const bool two = item.is_sequence() && item.items().size() == 2 && !item.items()[0].is_scalar();
    read_tile(two ? item.items()[1] : item, design.ordinary, diagnostics);
    if (two) read_tile(item.items()[0], design.depthwise.emplace(), diagnostics);
  }
  if (node.items().empty()) diagnostics.error(node.location(), "no tiling, allowed is one or more");
}

const Record<CompressionFields>& compression_fields_record() {
  const auto skip = [](const Node&, CompressionFields&, Diagnostics&) {};
  static const Record<CompressionFields> record = [&] {
    auto out =
        Record<CompressionFields>("compression", "Prune a network on given tilings until it meets a limit.")
            .custom("id", false, "names the case in its answer", any_form(), skip)
            .required(
                "network", [](CompressionFields& f) -> std::string& { return f.value.network; }, "a network of the zoo")
            .list(
                "layers", [](CompressionFields& f) -> std::vector<TileNetworkLayer>& { return f.value.layers; },
                tile_layer_record(), "its convolutions with their names; none: those of the zoo's network")
            .choice(
                "edition", [](CompressionFields& f) -> TileEdition& { return f.value.edition; },
                "how cycles are counted", tile_editions(), true)
            .choice(
                "drop", [](CompressionFields& f) -> Drop& { return f.value.drop; }, "how measurements become drops",
                std::vector<std::pair<std::string, Drop>>{{"envelope", Drop::envelope},
                                                          {"as measured", Drop::as_measured}})
            .custom("hardware", true, "tilings, or how many by the rule", any_form(), read_hardware)
            .optional("hardware_rule", &CompressionFields::rule, "which tilings are taken when hardware is a number")
            .required(
                "cycles_at_most", [](CompressionFields& f) -> double& { return f.value.cycles_at_most; }, "the limit",
                above_to(0, 1e18))
            .optional("sensitivity", &CompressionFields::sensitivity,
                      "dovetail-sensitivity/1 document or table; none: built in")
            .custom("board", false, "a mapping, or the name of a board", any_form(),
                    [](const Node& node, CompressionFields& f, Diagnostics& diagnostics) {
                      f.has_board = true;
                      read_board(node, f.value.board, diagnostics);
                    })
            .document("compression-case/1");
    for (const char* answer : {"uncompressed_cycles", "uncompressed_top1", "best_top1", "cycles", "best_hardware",
                               "sparsity", "random", "evolution", "infeasible", "least_cycles"})
      out = std::move(out).custom(answer, false, "an answer, not read", any_form(), skip);
    return out;
  }();
  return record;
}

/// What a layer may become on a tiling: the rows of its sensitivity, or only itself.
std::vector<KnapsackOption> options(const CompressionCase& c, const TileDesign& design, const TileNetworkLayer& layer) {
  const Tile& tile = layer.shape.depthwise && design.depthwise ? *design.depthwise : design.ordinary;
  const auto weight = [&](std::optional<int> kept) {
    return static_cast<double>(layer.count) * tile_cycles(c.edition, layer.shape, tile, {kept, std::nullopt}).cycles;
  };
  const LayerSensitivity* rows = find_layer(c.sensitivity, layer.name);
  if (rows == nullptr) return {{0.0, weight(std::nullopt)}};
  const std::vector<double> lost = drops(c.sensitivity, *rows, c.drop);
  std::vector<KnapsackOption> list;
  for (std::size_t r = 0; r < lost.size(); ++r)
    list.push_back({lost[r], weight(kept_weights(layer.shape.kernel, rows->rows[r].amount))});
  return list;
}

}  // namespace

int kept_weights(std::int64_t kernel, double sparsity) {
  return static_cast<int>(std::ceil(static_cast<double>(kernel * kernel) * (1.0 - sparsity)));
}

CompressionResult compress(const CompressionCase& c) {
  CompressionResult out;
  out.uncompressed_cycles = out.least_cycles = std::numeric_limits<double>::infinity();
  std::optional<KnapsackChoice> best;
  for (const TileDesign& design : c.hardware) {
    std::vector<std::vector<KnapsackOption>> groups;
    for (const TileNetworkLayer& layer : c.layers) groups.push_back(options(c, design, layer));
    out.uncompressed_cycles = std::min(out.uncompressed_cycles, total_cycles(c.edition, c.layers, design));
    out.least_cycles = std::min(out.least_cycles, least_weight(groups));
    std::optional<double> cutoff;
    if (best) cutoff = best->loss;
    if (std::optional<KnapsackChoice> choice = choose(groups, c.cycles_at_most, cutoff)) {
      best = std::move(choice);
      out.hardware = design;
    }
  }
  out.feasible = best.has_value();
  if (!best) return out;
  out.metric = c.sensitivity.base - best->loss;
  out.cycles = best->weight;
  for (std::size_t l = 0; l < c.layers.size(); ++l) {
    const LayerSensitivity* rows = find_layer(c.sensitivity, c.layers[l].name);
    out.amounts.push_back(rows == nullptr ? 0.0 : rows->rows[best->options[l]].amount);
    out.kept.push_back(kept_weights(c.layers[l].shape.kernel, out.amounts.back()));
  }
  return out;
}

bool is_compression(const Node& document) {
  if (!document.is_mapping()) return false;
  if (const Node* schema = document.find("schema")) return schema->text() == "compression-case/1";
  return document.find("drop") != nullptr && document.find("hardware") != nullptr;
}

CompressionCase read_compression(const Node& document, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  CompressionFields fields = compression_fields_record().read(document, diagnostics);
  CompressionCase& c = fields.value;
  if (diagnostics.errors() > before) return {};
  if (!fields.has_board) c.board = load_board("zcu102");
  if (c.layers.empty()) c.layers = zoo_convolutions(c.network, false);
  if (!fields.sensitivity) {
    const std::vector<std::string> names = sensitivity_names();
    if (std::find(names.begin(), names.end(), c.network) == names.end()) {
      diagnostics.error(document.find("network")->location(),
                        fmt::format("no sensitivity of {} is built in{}; 'sensitivity' may name a file",
                                    quote(c.network), suggestion(c.network, names)));
      return {};
    }
  }
  c.sensitivity = load_sensitivity(fields.sensitivity.value_or(c.network), c.network);
  if (fields.count) {
    if (!fields.rule || fields.rule->find(least_rule) == std::string::npos) {
      diagnostics.error(document.find("hardware")->location(),
                        fmt::format("a number of tilings needs hardware_rule: 'the N {}'", least_rule));
      return {};
    }
    TileGridRequest request{c.board, c.edition, recorded_grid(ruled_space, document.location(), diagnostics), c.layers};
    const bool depthwise =
        std::any_of(c.layers.begin(), c.layers.end(), [](const auto& l) { return l.shape.depthwise; });
    if (depthwise)
      request.grid = recorded_grid(std::string("two accelerators, ") + ruled_space, document.location(), diagnostics);
    for (auto& [cycles, design] : ranked_tiles(request)) {
      if (c.hardware.size() < static_cast<std::size_t>(*fields.count)) c.hardware.push_back(design);
    }
    if (c.hardware.empty())
      diagnostics.error(document.find("hardware")->location(), "no tiling of the grid fits the board");
  }
  return std::move(fields.value);
}

Json to_json(const CompressionCase& c, const CompressionResult& result) {
  Json out = {{"network", c.network},
              {"uncompressed_cycles", result.uncompressed_cycles},
              {"cycles_at_most", c.cycles_at_most},
              {"uncompressed_top1", c.sensitivity.base},
              {"infeasible", !result.feasible},
              {"least_cycles", result.least_cycles}};
  if (!result.feasible) {
    out["best_top1"] = out["cycles"] = out["best_hardware"] = out["sparsity"] = nullptr;
    return out;
  }
  out["best_top1"] = result.metric;
  out["cycles"] = result.cycles;
  out["best_hardware"] =
      result.hardware.depthwise
          ? Json::array({tile_list(*result.hardware.depthwise, true), tile_list(result.hardware.ordinary)})
          : tile_list(result.hardware.ordinary);
  for (std::size_t l = 0; l < c.layers.size(); ++l) {
    const LayerSensitivity* rows = find_layer(c.sensitivity, c.layers[l].name);
    if (rows != nullptr) out["sparsity"][rows->layer] = result.amounts[l];
  }
  out["prediction"] = "additive: base minus the layers' own drops, never measured jointly";
  out["proven"] = true;
  return out;
}

std::string to_text(const CompressionCase& c, const CompressionResult& result) {
  const auto ms = [&](double cycles) { return cycles / (1e3 * c.board.clock_mhz); };
  std::string text = fmt::format("{} on {} tiling{}, edition {}: {:.6f} ms uncompressed, at most {:.6f} ms wanted\n",
                                 c.network, c.hardware.size(), c.hardware.size() == 1 ? "" : "s", to_string(c.edition),
                                 ms(result.uncompressed_cycles), ms(c.cycles_at_most));
  if (!result.feasible)
    return text + fmt::format("infeasible: the least reachable latency is {:.6f} ms ({:.1f} cycles)\n",
                              ms(result.least_cycles), result.least_cycles);
  text += fmt::format(
      "top-1 {:.3f} (base {:.3f}), predicted, additive; {:.6f} ms ({:.1f} cycles), proven; least reachable "
      "{:.6f} ms\n\n",
      result.metric, c.sensitivity.base, ms(result.cycles), result.cycles, ms(result.least_cycles));
  Table table({"layer", "sparsity", "kept", "of", "predicted drop", "cycles", "bound by"});
  for (std::size_t l = 0; l < c.layers.size(); ++l) {
    const TileNetworkLayer& layer = c.layers[l];
    const Tile& tile =
        layer.shape.depthwise && result.hardware.depthwise ? *result.hardware.depthwise : result.hardware.ordinary;
    const TileCycles cycles = tile_cycles(c.edition, layer.shape, tile, {result.kept[l], std::nullopt});
    const LayerSensitivity* rows = find_layer(c.sensitivity, layer.name);
    double lost = 0.0;
    if (rows != nullptr) {
      const std::vector<double> all = drops(c.sensitivity, *rows, c.drop);
      for (std::size_t r = 0; r < all.size(); ++r)
        if (rows->rows[r].amount == result.amounts[l]) lost = all[r];
    }
    table.add({layer.name, fmt::format("{:g}", result.amounts[l]), fmt::format("{}", result.kept[l]),
               fmt::format("{}", layer.shape.kernel * layer.shape.kernel),
               rows == nullptr ? "not measured" : fmt::format("{:.3f}", lost), fmt::format("{:.1f}", cycles.cycles),
               std::string(to_string(cycles.bottleneck))});
  }
  return text + table.text();
}

}  // namespace dovetail
