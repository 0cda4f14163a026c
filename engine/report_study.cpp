// A co-design result as JSON, text and rows.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/document.hpp>
#include <dovetail/engine/evaluation_json.hpp>
#include <dovetail/engine/objective.hpp>
#include <dovetail/engine/report.hpp>
#include <dovetail/engine/table.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

// Integers and numbers as such, words as text.
Json value_json(const Space& space, const Point& point, int parameter) {
  return std::visit([](const auto& value) { return Json(value); }, space.value(point, parameter));
}

Json point_json(const Space& space, const Point& point) {
  Json json = Json::object();
  for (int p = 0; p < static_cast<int>(space.parameters().size()); ++p) {
    json[space.parameters()[static_cast<std::size_t>(p)].name] = value_json(space, point, p);
  }
  return json;
}

double layer_objective(const Codesign& codesign, const MappedLayer& layer) {
  return codesign.objective()(layer.evaluation.energy_pj, static_cast<double>(layer.evaluation.cycles));
}

double share_of_gap(double best, double bound) {
  return best > 0.0 ? (best - bound) / best : 1.0;
}

}  // namespace

double reduction(double value, double reference) {
  return reference > 0.0 ? (reference - value) / reference : 0.0;
}

Json design_point_json(const Codesign& codesign, const DesignPoint& design) {
  Json layers = Json::array();
  for (const MappedLayer& layer : design.layers) {
    Json one = {{"name", layer.layer.name}, {"network", layer.network}, {"count", layer.count}};
    one["mapping"] = to_json(layer.layer, design.architecture, layer.mapping);
    one["objective"] = json_number(layer_objective(codesign, layer));
    one["lower_bound"] = json_number(layer.lower_bound);
    one["gap"] = json_number(share_of_gap(layer_objective(codesign, layer), layer.lower_bound));
    one["proven"] = layer.proven;
    one["evaluations"] = layer.evaluations;
    one["metrics"] = to_json(layer.layer, design.architecture, layer.evaluation);
    layers.push_back(std::move(one));
  }
  Json networks = Json::array();
  for (const MappedNetwork& network : design.networks) {
    networks.push_back({{"name", network.name},
                        {"weight", network.weight},
                        {"energy_pj", json_number(network.energy_pj)},
                        {"cycles", json_number(network.cycles)},
                        {"edp", json_number(network.energy_pj * network.cycles)},
                        {"objective", json_number(network.objective)},
                        {"lower_bound", json_number(network.lower_bound)}});
  }
  return {{"point", point_json(codesign.family().space(), design.point)},
          {"architecture", to_json(design.architecture)},
          {"objective", json_number(design.objective)},
          {"energy_pj", json_number(design.energy_pj)},
          {"cycles", json_number(design.cycles)},
          {"edp", json_number(design.edp)},
          {"area_um2", json_number(design.area_um2)},
          {"power_mw", json_number(design.power_mw)},
          {"latency_ms", json_number(design.latency_ms)},
          {"lower_bound", json_number(design.lower_bound)},
          {"gap", json_number(share_of_gap(design.objective, design.lower_bound))},
          {"networks", std::move(networks)},
          {"layers", std::move(layers)}};
}

Json result_json(const Codesign& codesign, const CodesignResult& result) {
  const auto mapped = [&](const std::optional<DesignPoint>& design) {
    return design && design->mapped ? design_point_json(codesign, *design) : Json(nullptr);
  };
  Json workloads = Json::array();
  for (const Network& network : codesign.networks()) workloads.push_back(network.name);
  Json json = {{"schema", "dovetail-result/1"},
               {"workloads", std::move(workloads)},
               {"family", codesign.family().name()},
               {"objective", codesign.study().objective},
               {"unit", objective_unit(codesign.objective())},
               {"model", codesign.study().model},
               {"seed", codesign.study().seed}};
  json["best"] = mapped(result.best);
  json["baseline"] = mapped(result.baseline);
  json["baseline_free"] = mapped(result.baseline_free);
  const auto improvement = [&](const std::optional<DesignPoint>& reference) {
    return result.best && reference && reference->mapped
               ? json_number(reduction(result.best->objective, reference->objective))
               : Json(nullptr);
  };
  json["improvement"] = improvement(result.baseline);
  json["improvement_over_free"] = improvement(result.baseline_free);
  json["lower_bound"] = json_number(result.lower_bound);
  json["gap"] = result.best ? json_number(result.gap()) : Json(nullptr);
  json["proven"] = result.proven;
  json["trials"] = result.trials.size();
  json["feasible"] = result.feasible;
  json["pruned"] = result.pruned;
  json["infeasible"] = Json::object();
  for (const auto& [reason, count] : result.infeasible) json["infeasible"][reason] = count;
  json["stopped"] = result.stopped;
  json["seconds"] = json_number(result.seconds);
  return json;
}

std::string nests_text(const DesignPoint& design) {
  std::string out;
  for (const MappedLayer& layer : design.layers) {
    out += fmt::format("{} ({} x in {})\n{}\n", layer.layer.name, layer.count, layer.network,
                       loop_nest(layer.layer, design.architecture, layer.mapping));
  }
  return out;
}

std::string trials_csv(const Codesign& codesign, const std::vector<Trial>& trials) {
  const std::vector<std::string> metrics = {"objective", "lower_bound", "energy_pj", "cycles",
                                            "edp",       "area_um2",    "power_mw",  "latency_ms"};
  std::vector<std::string> titles = {"trial", "outcome"};
  for (const Parameter& parameter : codesign.space().parameters()) titles.push_back(parameter.name);
  titles.insert(titles.end(), metrics.begin(), metrics.end());
  titles.push_back("reason");
  Table table(titles);
  for (const Trial& trial : trials) {
    const bool pruned = trial.metrics.count("pruned") != 0;
    const bool failed = trial.state == TrialState::failed;
    std::vector<std::string> row = {fmt::format("{}", trial.id), failed                  ? "failed"
                                                                 : !trial.reason.empty() ? "infeasible"
                                                                 : pruned                ? "pruned"
                                                                                         : "feasible"};
    const std::map<std::string, std::string> values = named_values(codesign.space(), trial.point);
    for (const Parameter& parameter : codesign.space().parameters()) row.push_back(values.at(parameter.name));
    for (const std::string& metric : metrics) {
      const auto found = trial.metrics.find(metric);
      const bool known = found != trial.metrics.end() && !(pruned && metric == "objective");
      row.push_back(known ? fmt::format("{}", found->second) : "");
    }
    row.push_back(trial.reason);
    table.add(std::move(row));
  }
  return table.csv();
}

std::string result_text(const Codesign& codesign, const CodesignResult& result) {
  const Study& study = codesign.study();
  const std::string unit = objective_unit(codesign.objective());
  std::string names;
  for (const Network& network : codesign.networks()) names += (names.empty() ? "" : " + ") + network.name;
  std::string out = fmt::format(
      "{} on {}: {} trials ({} evaluated, {} pruned by bounds, {} infeasible), designer {}, {} model\n\n",
      names, codesign.family().name(), result.trials.size(), result.feasible, result.pruned,
      static_cast<std::int64_t>(result.trials.size()) - result.feasible - result.pruned, study.designer,
      study.model);

  // The hand design beside the best one.
  Table summary(
      {"", study.objective + " (" + unit + ")", "energy pJ", "cycles", "area um2", "power mW", "latency ms"});
  const auto row = [&](const std::string& name, const std::optional<DesignPoint>& design) {
    if (!design || !design->mapped) {
      summary.add({name, design ? design->reason : "-", "-", "-", "-", "-", "-"});
      return;
    }
    summary.add({name, fmt::format("{:.4e}", design->objective), fmt::format("{:.4e}", design->energy_pj),
                 fmt::format("{:.0f}", design->cycles), short_number(design->area_um2),
                 short_number(design->power_mw), short_number(design->latency_ms)});
  };
  const std::string dataflow = codesign.family().baseline_name();
  row(dataflow.empty() ? "hand design" : "hand design, " + dataflow, result.baseline);
  row("hand design, freely mapped", result.baseline_free);
  row("best found", result.best);
  out += summary.text(0) + "\n";

  if (!result.best) {
    out += "no feasible design was found\n";
  } else {
    const DesignPoint& best = *result.best;
    const bool have_hand = result.baseline && result.baseline->mapped,
               have_free = result.baseline_free && result.baseline_free->mapped;
    if (have_hand) {
      out += fmt::format("{} is {} below the hand design ({:.2f} x better)", study.objective,
                         percent(reduction(best.objective, result.baseline->objective)),
                         result.baseline->objective / best.objective);
      if (have_free) {
        out += fmt::format(":\nmapping alone gives {}, the hardware another {} of what remains",
                           percent(reduction(result.baseline_free->objective, result.baseline->objective)),
                           percent(reduction(best.objective, result.baseline_free->objective)));
      }
      out += "\n";
    }
    out += fmt::format("on this hardware no mapping is below {:.4e} (gap {})\n", best.lower_bound,
                       percent(share_of_gap(best.objective, best.lower_bound)));
    if (result.proven)
      out += "proven: no other point of the space is better\n";
    else if (result.lower_bound > 0)
      out += fmt::format("in this space no design is below {:.4e} (gap {})\n", result.lower_bound,
                         percent(result.gap()));
    out += "\nBest accelerator: ";
    std::string values;
    for (const auto& [name, value] : named_values(codesign.family().space(), best.point))
      values += fmt::format("{}{}={}", values.empty() ? "" : "  ", name, value);
    out += values + "\n\n" + machine_text(best.architecture) + "\n";

    Table layers(
        {"layer", "x", "cycles", "util", "energy pJ", study.objective, "hand " + study.objective, "MAC"});
    std::vector<std::string> titles = {"layer",         "x",       "cycles", "util", "energy pJ",
                                       study.objective, "vs hand", "gap",    "MAC"};
    for (const Level& level : best.architecture.levels) titles.push_back(level.name);
    titles.push_back("wires");
    layers = Table(titles);
    for (std::size_t i = 0; i < best.layers.size(); ++i) {
      const MappedLayer& layer = best.layers[i];
      const Evaluation& evaluation = layer.evaluation;
      const double objective = layer_objective(codesign, layer);
      const auto share = [&](double energy) {
        return fmt::format("{:.0f}%", 100.0 * energy / evaluation.energy_pj);
      };
      std::string hand = "-";
      if (have_hand && i < result.baseline->layers.size()) {
        hand = fmt::format("{:.2f}x", layer_objective(codesign, result.baseline->layers[i]) / objective);
      }
      std::vector<std::string> cells = {
          layer.layer.name,
          fmt::format("{}", layer.count),
          fmt::format("{}", evaluation.cycles),
          fmt::format("{:.0f}%", 100.0 * evaluation.utilization),
          fmt::format("{:.3e}", evaluation.energy_pj),
          fmt::format("{:.3e}", objective),
          hand,
          layer.proven ? "0" : percent(share_of_gap(objective, layer.lower_bound)),
          share(evaluation.compute_energy_pj)};
      for (const LevelEvaluation& level : evaluation.levels) cells.push_back(share(level.energy_pj));
      double wires = 0.0;
      for (const NetworkEvaluation& network : evaluation.networks) wires += network.energy_pj;
      cells.push_back(share(wires));
      layers.add(std::move(cells));
    }
    out += "Layers (one occurrence each; vs hand: the hand design's " + study.objective +
           " over this one; then energy by place)\n" + layers.text(2) + "\n";
    out += "Every activation is assumed to pass through the outermost memory between layers.\n";
  }
  if (!result.infeasible.empty()) {
    out += "\nInfeasible trials by reason\n";
    Table reasons({"trials", "reason"});
    for (const auto& [reason, count] : result.infeasible) reasons.add({fmt::format("{}", count), reason});
    out += reasons.text(2);
  }
  return out;
}

}  // namespace dovetail
