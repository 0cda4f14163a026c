// A fused network in words, tables and JSON (see the header).
#include <dovetail/engine/report/design/fusion_report.hpp>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include <dovetail/accelerators/machine/numbers_text.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;
using detail::thousands;

constexpr int picture_width = 40;

CostPoint cost_of(const FusedStep& step) {
  CostPoint sum = step.more;
  for (const FusedRun& run : step.runs) {
    sum.energy_pj += run.runs * run.evaluation.energy_pj;
    sum.cycles += run.runs * static_cast<double>(run.evaluation.cycles);
  }
  return sum;
}

const RunningLayer& layer_of(const FusedMapRequest& request, int i) {
  return request.network.layers[static_cast<std::size_t>(i)];
}

std::string name_of(const FusedMapRequest& request, int i) {
  return layer_of(request, i).layer.name;
}

// The steps of layer by layer that a fused step stands for.
CostPoint unfused_cost(const FusedMapResult& unfused, int first, int last) {
  CostPoint sum;
  for (const FusedStep& step : unfused.steps) {
    if (step.first < first || step.last > last) continue;
    const CostPoint own = cost_of(step);
    sum.energy_pj += own.energy_pj;
    sum.cycles += own.cycles;
  }
  return sum;
}

std::string dimension_name(const FusedMapRequest& request, const FusedStep& step) {
  const Layer& layer = layer_of(request, step.last).layer;
  return step.dimension < 0 ? "" : layer.dimensions[static_cast<std::size_t>(step.dimension)].name;
}

std::string home_name(const FusedMapRequest& request, const FusedMapResult& result) {
  return result.home ? request.architecture.levels[static_cast<std::size_t>(result.home->level)].name : "";
}

std::string layers_text(const FusedMapRequest& request, const FusedStep& step) {
  const std::string first = name_of(request, step.first);
  return step.first == step.last ? first : fmt::format("{} .. {}", first, name_of(request, step.last));
}

std::string how(const FusedMapRequest& request, const FusedStep& step) {
  if (step.first == step.last) return step.result_lives ? "result stays" : "";
  return fmt::format("{} bands of {}, weights {}, halo {}", step.bands, dimension_name(request, step),
                     step.pinned ? "pinned" : "read anew", step.retain ? "retained" : "recomputed");
}

double share_of_home(const FusedMapResult& result, std::int64_t words) {
  return result.home ? static_cast<double>(words) / static_cast<double>(result.home->capacity_words) : 0.0;
}

// Reserved words as filled cells, those that tiles use on top as lighter ones.
std::string bar(const FusedMapResult& result, const FusedStep& step) {
  std::int64_t used = step.reserved_words;
  for (const FusedRun& run : step.runs) {
    std::int64_t tiles = 0;
    const auto& counts = run.evaluation.levels[static_cast<std::size_t>(result.home->level)].tensors;
    for (std::size_t t = 0; t < counts.size(); ++t) {
      if ((run.living >> t & 1U) == 0) tiles += counts[t].utilized_capacity;
    }
    used = std::max(used, result.home->capacity_words - run.room + tiles);
  }
  const auto cells = [&](std::int64_t words) {
    return static_cast<std::size_t>(std::lround(std::min(1.0, share_of_home(result, words)) * picture_width));
  };
  const std::size_t reserved = cells(step.reserved_words), all = std::max(reserved, cells(used));
  return std::string(reserved, '#') + std::string(all - reserved, '+') + std::string(picture_width - all, '.');
}

Json step_json(const FusedMapRequest& request, const FusedStep& step) {
  const CostPoint cost = cost_of(step);
  Json json = {{"first", name_of(request, step.first)},
               {"last", name_of(request, step.last)},
               {"bands", step.bands},
               {"dimension", dimension_name(request, step)},
               {"pinned", step.pinned},
               {"halo", step.first == step.last ? "" : step.retain ? "retain" : "recompute"},
               {"result_in_buffer", step.result_lives},
               {"energy_pj", json_number(cost.energy_pj)},
               {"cycles", json_number(cost.cycles)},
               {"reserved_words", step.reserved_words}};
  json["alive"] = Json::array();
  for (const int writer : step.alive) json["alive"].push_back(name_of(request, writer));
  return json;
}

Json run_json(const FusedMapRequest& request, const FusedRun& run) {
  Json json = {{"name", name_of(request, run.layer)}, {"count", run.runs}, {"room_words", run.room}};
  json["best"] = to_json(run.request.layer, run.request.architecture, run.evaluation);
  json["best"]["mapping"] = to_json(run.request.layer, run.request.architecture, *run.mapping);
  Json extents = Json::object();
  for (const Dimension& dimension : run.request.layer.dimensions) extents[dimension.name] = dimension.extent;
  json["extents"] = std::move(extents);
  return json;
}

}  // namespace

OutermostEnergy outermost_energy(const RunningNetwork& network, const FusedMapResult& result) {
  OutermostEnergy energy;
  for (const FusedStep& step : result.steps) {
    energy.weights_pj += step.pinning.energy_pj;
    energy.activations_pj += step.more.energy_pj - step.pinning.energy_pj;
    for (const FusedRun& run : step.runs) {
      const RunningLayer& layer = network.layers[static_cast<std::size_t>(run.layer)];
      const auto& tensors = run.evaluation.levels.back().tensors;
      for (std::size_t t = 0; t < tensors.size(); ++t) {
        const bool learned = static_cast<int>(t) == layer.weights && !layer.activations_only;
        (learned ? energy.weights_pj : energy.activations_pj) += run.runs * tensors[t].energy_pj;
      }
    }
  }
  return energy;
}

Json fusion_json(const FusedMapRequest& request, const FusedMapResult& result, const FusedMapResult& unfused) {
  Json network;
  const auto number = [&](bool known, double value) { return known ? json_number(value) : Json(nullptr); };
  network["edp"] = number(result.feasible, result.energy_pj * result.cycles);
  network["energy_pj"] = number(result.feasible, result.energy_pj);
  network["cycles"] = number(result.feasible, result.cycles);
  network["objective"] = number(result.feasible, result.objective);
  network["lower_bound"] = json_number(result.lower_bound);
  network["gap"] = number(result.feasible, result.gap());
  network["proven"] = result.proven;
  network["groups"] = Json::array();
  network["in_buffer"] = Json::array();
  for (const FusedStep& step : result.steps) {
    if (step.last > step.first) network["groups"].push_back(group_name(step));
    if (step.result_lives) network["in_buffer"].push_back(step.first);
  }
  network["unfused_edp"] = number(unfused.feasible, unfused.energy_pj * unfused.cycles);
  network["unfused_proven"] = unfused.proven;
  network["compulsory_edp"] = json_number(result.compulsory);
  if (result.home) {
    network["home"] = {{"level", home_name(request, result)}, {"words", result.home->capacity_words}};
  } else {
    network["home"] = nullptr;
    network["no_home"] = result.no_home;
  }
  const OutermostEnergy outer = outermost_energy(request.network, result),
                        before = outermost_energy(request.network, unfused);
  network["outermost"] = {{"weights_pj", json_number(outer.weights_pj)},
                          {"activations_pj", json_number(outer.activations_pj)},
                          {"unfused_weights_pj", json_number(before.weights_pj)},
                          {"unfused_activations_pj", json_number(before.activations_pj)}};
  network["problems"] = result.problems;
  network["searches"] = result.searches;
  network["prices"] = result.prices;
  network["steps"] = Json::array();
  Json layers = Json::array();
  for (const FusedStep& step : result.steps) {
    network["steps"].push_back(step_json(request, step));
    for (const FusedRun& run : step.runs) layers.push_back(run_json(request, run));
  }
  return {{"layers", std::move(layers)}, {"network", std::move(network)}};
}

std::string step_in_words(const FusedMapRequest& request, const FusedMapResult& result, const FusedStep& step,
                          const FusedMapResult& unfused) {
  const std::string home = home_name(request, result);
  std::string text;
  if (step.first == step.last) {
    text = fmt::format("{} runs once.", name_of(request, step.first));
    if (step.result_lives)
      text += fmt::format(" Its result of {} words stays in {} until its last reader has run.",
                          thousands(layer_of(request, step.first).output_words), home);
  } else {
    text = fmt::format("{} run in {} bands: each band of {} rows of {} of {} goes through all {} layers before the next one "
                       "starts.",
                       layers_text(request, step), step.bands,
                       step.runs.back().request.layer.dimensions[static_cast<std::size_t>(step.dimension)].extent,
                       dimension_name(request, step), name_of(request, step.last), step.last - step.first + 1);
    text += fmt::format(" The results between them live in {}, one band at a time, and never cross the outermost memory.", home);
    text += step.pinned ? fmt::format(" All weights of the group are read once and stay in {}.", home)
                        : std::string(" Weights are read anew in every band.");
    text += step.retain ? " Rows that two bands share stay from band to band." : " Rows that two bands share are computed again.";
    text += fmt::format(" At most {} of {} words are reserved; tiles of other tensors use the rest.",
                        thousands(step.reserved_words), thousands(result.home->capacity_words));
  }
  const CostPoint now = cost_of(step), before = unfused_cost(unfused, step.first, step.last);
  if (before.energy_pj > 0.0 && before.cycles > 0.0)
    text += fmt::format(" Energy is {:.3f} and cycles are {:.3f} of layer by layer.", now.energy_pj / before.energy_pj,
                        now.cycles / before.cycles);
  return text;
}

std::string fusion_text(const FusedMapRequest& request, const FusedMapResult& result, const FusedMapResult& unfused) {
  Table totals({"", "edp (pJ x cycles)", "over layer by layer", "energy pJ", "cycles", ""});
  const double reference = unfused.energy_pj * unfused.cycles, edp = result.energy_pj * result.cycles;
  totals.add({"layer by layer", fmt::format("{:.4e}", reference), "1", fmt::format("{:.4e}", unfused.energy_pj),
              fmt::format("{:.0f}", unfused.cycles), unfused.proven ? "proven" : ""});
  totals.add({"results on chip", fmt::format("{:.4e}", edp), fmt::format("{:.4f}", edp / reference),
              fmt::format("{:.4e}", result.energy_pj), fmt::format("{:.0f}", result.cycles),
              result.proven ? "proven" : fmt::format("gap {}", percent(result.gap()))});
  const bool plain = request.objective.energy_power == 1.0 && request.objective.cycles_power == 1.0;
  if (plain) {
    totals.add({"no schedule with groups and homes is below", fmt::format("{:.4e}", result.lower_bound),
                fmt::format("{:.4f}", result.lower_bound / reference), "", "", ""});
    totals.add({"no schedule of any kind is below", fmt::format("{:.4e}", result.compulsory),
                fmt::format("{:.4f}", result.compulsory / reference), "", "", ""});
  }
  std::string text = totals.text();
  if (!result.home) return text + fmt::format("\nno result can stay on chip: {}\n", result.no_home);

  text += fmt::format("\nIn the order they run; {} over time: # reserved, + tiles of the others, of {} words\n",
                      home_name(request, result), thousands(result.home->capacity_words));
  Table steps({"layers", "how", "energy pJ", "cycles", "over layer by layer", "reserved", home_name(request, result)});
  const FusedStep* most = nullptr;
  double saved = 0.0;
  for (const FusedStep& step : result.steps) {
    const CostPoint now = cost_of(step), before = unfused_cost(unfused, step.first, step.last);
    steps.add({layers_text(request, step), how(request, step), fmt::format("{:.3e}", now.energy_pj),
               fmt::format("{:.0f}", now.cycles),
               before.energy_pj > 0.0 ? fmt::format("{:.3f}", now.energy_pj * now.cycles / (before.energy_pj * before.cycles)) : "-",
               thousands(step.reserved_words), bar(result, step)});
    if (step.last > step.first && before.energy_pj - now.energy_pj > saved) {
      saved = before.energy_pj - now.energy_pj;
      most = &step;
    }
  }
  text += steps.text();
  const OutermostEnergy outer = outermost_energy(request.network, result),
                        before = outermost_energy(request.network, unfused);
  const auto share = [](double part, double whole) { return whole > 0.0 ? percent(part / whole) : std::string("-"); };
  text += fmt::format("\n{}: weights {} and activations {} of all energy; layer by layer {} and {}\n",
                      request.architecture.levels.back().name, share(outer.weights_pj, result.energy_pj),
                      share(outer.activations_pj, result.energy_pj), share(before.weights_pj, unfused.energy_pj),
                      share(before.activations_pj, unfused.energy_pj));
  if (most != nullptr)
    text += fmt::format("\nThe group that saves most energy: {}\n", step_in_words(request, result, *most, unfused));
  return text;
}

}  // namespace dovetail
