// A co-design result as JSON, text and rows.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/record/outcome.hpp>
#include <dovetail/engine/report/design/cycle_report.hpp>
#include <dovetail/engine/report/design/design_review.hpp>
#include <dovetail/engine/report/design/fusion_report.hpp>
#include <dovetail/engine/report/limits_report.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

// Integers and numbers as such, words as text.
nlohmann::ordered_json value_json(const Space& space, const Point& point, int parameter) {
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

double real(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_number() ? object[key].get<double>() : 0.0;
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
    if (codesign.study().model == "cycle")
      one["cycle"] = cycle_json(layer.layer, design.architecture, layer.mapping, layer.screened_objective);
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
  Json json = {{"point", point_json(codesign.family().space(), design.point)},
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
               {"limits", binding_limits(codesign, design)},
               {"networks", std::move(networks)},
               {"layers", std::move(layers)}};
  if (!design.bound_by.empty()) json["bound_by"] = design.bound_by;
  const NetworkSum& sum = codesign.terms().sum;
  double objective = 0.0, energy_pj = 0.0, cycles = 0.0;  // layer by layer
  std::size_t compared = 0;
  for (std::size_t n = 0; n < design.fused.size(); ++n) {
    const FusedNetwork& fused = *design.fused[n];
    const double weight = design.networks[n].weight;
    if (fused.unfused) {
      ++compared;
      objective = sum.add(objective, weight * fused.unfused->objective);
      energy_pj += weight * fused.unfused->energy_pj;
      cycles += weight * fused.unfused->cycles;
    }
    Json network = {{"name", design.networks[n].name}};
    network.update(fused_network_json(fused.request, fused.result, fused.unfused ? &*fused.unfused : nullptr));
    if (fused.within) network["within_limits"] = known_within(*fused.within);
    json["fusion"].push_back(std::move(network));
  }
  if (compared > 0 && compared == design.fused.size())
    json["unfused"] = {
        {"objective", json_number(objective)}, {"energy_pj", json_number(energy_pj)}, {"cycles", json_number(cycles)}};
  return json;
}

Json header_json(const Codesign& codesign) {
  Json workloads = Json::array();
  for (const Network& network : codesign.networks()) workloads.push_back(network.name);
  Json parameters = Json::array();
  for (const Parameter& parameter : codesign.space().parameters()) parameters.push_back(parameter.name);
  const Study& study = codesign.study();
  Json json = {{"schema", "dovetail-result/1"},
               {"workloads", std::move(workloads)},
               {"family", codesign.family().name()},
               {"dataflow", codesign.family().baseline_name()},
               {"objective", objective_name(codesign.objective())},
               {"unit", objective_unit(codesign.objective())},
               {"designer", study.designer},
               {"mapper", study.mapper},
               {"model", codesign.terms().external ? "external" : study.model},
               {"seed", study.seed},
               {"parameters", std::move(parameters)}};
  if (study.factors != "perfect") json["factors"] = study.factors;
  if (study.placement != "even") json["placement"] = study.placement;
  if (codesign.terms().fused()) json["fusion"] = study.fusion;
  if (!codesign.goal().specs.empty()) json["specs"] = specs_json(codesign);
  return json;
}

Json compose_result(const Json& header, const ResultParts& parts) {
  Json json = header;
  if (json.contains("specs")) json["specs"] = reached_specs(json["specs"], parts.best, parts.baseline);
  json["best"] = parts.best;
  json["baseline"] = parts.baseline;
  json["baseline_free"] = parts.baseline_free;
  const auto objective = [](const Json& design) { return design.is_null() ? 0.0 : real(design, "objective"); };
  const double best = objective(parts.best);
  const auto improvement = [&](const Json& reference) {
    return best > 0.0 && objective(reference) > 0.0 ? json_number(reduction(best, objective(reference)))
                                                    : Json(nullptr);
  };
  json["improvement"] = improvement(parts.baseline);
  json["improvement_over_free"] = improvement(parts.baseline_free);
  json["lower_bound"] = json_number(parts.lower_bound);
  json["gap"] = best > 0.0 ? json_number(share_of_gap(best, parts.lower_bound)) : Json(nullptr);
  json["proven"] = parts.proven;
  json["settled"] = best > 0.0 && parts.tried_lower_bound >= best;
  json["tried_lower_bound"] = json_number(parts.tried_lower_bound);
  if (!parts.front.is_null()) json["front"] = parts.front;
  if (!parts.work.is_null()) json["work"] = parts.work;
  if (!parts.proof.is_null()) json["proof"] = parts.proof;
  if (!parts.review.is_null()) json["review"] = parts.review;
  json["trials"] = parts.trials;
  json["feasible"] = parts.feasible;
  json["pruned"] = parts.pruned;
  json["infeasible"] = Json::object();
  for (const auto& [reason, count] : parts.infeasible) json["infeasible"][reason] = count;
  if (!parts.closest.is_null()) json["closest"] = parts.closest;
  if (parts.none_keeps) json["none_keeps"] = true;
  json["stopped"] = parts.stopped;
  json["seconds"] = json_number(parts.seconds);
  return json;
}

Json work_json(const SpaceWork& work) {
  if (work.points == 0) return nullptr;
  return {{"points", work.points},
          {"untried", work.untried},
          {"cut", work.cut},
          {"mapped", work.mapped},
          {"settled", work.settled}};
}

// Best and bound of the space over time, where a proof raised it step by step.
Json proof_json(const std::vector<ProofStep>& steps) {
  if (steps.empty()) return nullptr;
  const auto known = [](double value) { return value > 0.0 ? json_number(value) : Json(nullptr); };
  Json json = Json::array();
  for (const ProofStep& step : steps)
    json.push_back(
        {{"seconds", json_number(step.seconds)}, {"best", known(step.best)}, {"lower_bound", known(step.lower_bound)}});
  return json;
}

Json front_json(const Codesign& codesign, const CodesignResult& result) {
  const std::vector<Objective>& objectives = codesign.goal().objectives;
  if (objectives.size() < 2) return nullptr;
  Json json = {{"objectives", Json::array()}, {"designs", Json::array()}, {"reference", Json::array()}};
  for (const Objective& objective : objectives) json["objectives"].push_back(objective.metric);
  for (const Trial& trial : result.front) json["designs"].push_back(trial_json(codesign, trial));
  for (const double value : result.reference) json["reference"].push_back(json_number(value));
  json["hypervolume"] = json_number(result.hypervolume);
  return json;
}

Json result_json(const Codesign& codesign, const CodesignResult& result) {
  const auto mapped = [&](const std::optional<DesignPoint>& design) {
    return design && design->mapped ? design_point_json(codesign, *design) : Json(nullptr);
  };
  const Json header = header_json(codesign);
  const Json best = mapped(result.best);
  Json trials = Json::array();
  for (const Trial& trial : result.trials) trials.push_back(trial_json(codesign, trial));
  return compose_result(
      header,
      {best, mapped(result.baseline), mapped(result.baseline_free), result.lower_bound, result.proven,
       result.tried_lower_bound, static_cast<std::int64_t>(result.trials.size()), result.feasible, result.pruned,
       result.infeasible, result.stopped, result.seconds, front_json(codesign, result), work_json(result.work),
       closest_json(codesign, result, result.closest ? point_json(codesign.space(), result.closest->point) : Json()),
       review_json(best, trials, header["parameters"].get<std::vector<std::string>>()), result.none_keeps,
       proof_json(result.proof)});
}

std::string nests_text(const DesignPoint& design) {
  std::string out;
  for (const MappedLayer& layer : design.layers) {
    out += fmt::format("{} ({} x in {})\n{}\n", layer.layer.name, layer.count, layer.network,
                       loop_nest(layer.layer, design.architecture, layer.mapping));
  }
  return out;
}

Json trial_json(const Trial& trial, Json point) {
  const bool unmapped = trial.metrics.count("energy_pj") == 0;
  Json metrics = Json::object();
  for (const auto& [name, value] : trial.metrics) {
    if (name != "pruned" && name != excluded_metric && !(unmapped && name == "objective"))
      metrics[name] = json_number(value);
  }
  return {{"id", trial.id},
          {"outcome", outcome_word(outcome_of(trial))},
          {"point", std::move(point)},
          {"metrics", std::move(metrics)},
          {"reason", trial.reason}};
}

Json trial_json(const Codesign& codesign, const Trial& trial) {
  return trial_json(trial, point_json(codesign.space(), trial.point));
}

std::string trials_csv(const Json& trials, const std::vector<std::string>& parameters) {
  const std::vector<std::string> metrics = {"objective", "lower_bound", "energy_pj", "cycles",
                                            "edp",       "area_um2",    "power_mw",  "latency_ms"};
  std::vector<std::string> titles = {"trial", "outcome"};
  titles.insert(titles.end(), parameters.begin(), parameters.end());
  titles.insert(titles.end(), metrics.begin(), metrics.end());
  titles.push_back("reason");
  Table table(titles);
  const auto cell = [](const Json& object, const std::string& key) {
    if (!object.contains(key) || object[key].is_null()) return std::string();
    return object[key].is_string() ? object[key].get<std::string>() : object[key].dump();
  };
  for (const Json& trial : trials) {
    std::vector<std::string> row = {cell(trial, "id"), cell(trial, "outcome")};
    for (const std::string& parameter : parameters) row.push_back(cell(trial["point"], parameter));
    for (const std::string& metric : metrics) row.push_back(cell(trial["metrics"], metric));
    row.push_back(cell(trial, "reason"));
    table.add(std::move(row));
  }
  return table.csv();
}

namespace {

std::string point_text(const Json& point) {
  std::string text;
  for (const auto& [name, value] : point.items()) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "  ", name,
                        value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

// The hand design beside the best one.
std::string summary_text(const Json& result) {
  Table table({"", fmt::format("{} ({})", result["objective"].get<std::string>(), result["unit"].get<std::string>()),
               "energy pJ", "cycles", "area um2", "power mW", "latency ms"});
  const auto row = [&](const std::string& name, const Json& design) {
    if (design.is_null()) {
      table.add({name, "-", "-", "-", "-", "-", "-"});
      return;
    }
    table.add({name, fmt::format("{:.4e}", real(design, "objective")), fmt::format("{:.4e}", real(design, "energy_pj")),
               fmt::format("{:.0f}", real(design, "cycles")), short_number(real(design, "area_um2")),
               short_number(real(design, "power_mw")), short_number(real(design, "latency_ms"))});
  };
  const std::string dataflow = result["dataflow"].get<std::string>();
  const auto marked = [&](std::string name, const Json& design) {
    return broken_limits(result, design).empty() ? name : name + " (breaks a limit)";
  };
  // Where results may stay on chip: the hand design runs as published, layer by layer.
  const std::string fusion = result.value("fusion", ""), by_layer = fusion.empty() ? "" : ", layer by layer",
                    on_chip = fusion.empty() ? "" : ", fusion " + fusion;
  row(marked((dataflow.empty() ? "hand design" : "hand design, " + dataflow) + by_layer, result["baseline"]),
      result["baseline"]);
  row(marked("hand design, freely mapped" + on_chip, result["baseline_free"]), result["baseline_free"]);
  const Json& best = result["best"];
  if (!best.is_null() && best.contains("unfused")) {
    const Json& unfused = best["unfused"];
    table.add({"best found, layer by layer", fmt::format("{:.4e}", real(unfused, "objective")),
               fmt::format("{:.4e}", real(unfused, "energy_pj")), fmt::format("{:.0f}", real(unfused, "cycles")), "",
               "", ""});
  }
  row("best found" + on_chip, best);
  return table.text(0);
}

// The limits that the bound of the space is within.
std::string bounding_limits(const Json& result) {
  std::string text;
  if (!result.contains("specs")) return text;
  for (const Json& spec : result["specs"])
    if (spec.value("in_bound", false)) text += (text.empty() ? "with " : ", ") + spec_text(spec);
  return text.empty() ? text : text + " ";
}

// How much better, what of it is mapping and what hardware, and how far from the bounds.
std::string judgement_text(const Json& result) {
  std::string out = comparison_text(result);
  const Json& best = result["best"];
  if (best.contains("unfused") && real(best["unfused"], "objective") > 0.0)
    out += fmt::format("what stays on chip makes {} {:.3f} of layer by layer on the best hardware\n",
                       result["objective"].get<std::string>(),
                       real(best, "objective") / real(best["unfused"], "objective"));
  const std::string within = result.contains("specs") ? " within the limits" : "";
  if (real(best, "lower_bound") > 0 && real(best, "lower_bound") >= real(best, "objective")) {
    out += fmt::format("proven: no mapping of the workload on {} is better{}\n",
                       result.value("settled", false) ? "any hardware that was tried" : "this hardware", within);
    const double tried = real(result, "tried_lower_bound");
    if (tried > 0.0 && !result.value("settled", false))
      out += fmt::format("on the other hardware that was tried no mapping is below {:.4e} ({} less)\n", tried,
                         percent(reduction(tried, real(best, "objective"))));
  } else if (real(best, "lower_bound") > 0) {
    out += fmt::format("on this hardware no mapping is below {:.4e} (gap {})\n", real(best, "lower_bound"),
                       percent(real(best, "gap")));
  }
  if (result["proven"] == true)
    out += "proven: no point of this space is better" + within + "\n";
  else if (real(result, "lower_bound") > 0) {
    out += fmt::format("in this space no design {}is below {:.4e} (gap {})\n", bounding_limits(result),
                       real(result, "lower_bound"), percent(real(result, "gap")));
  }
  if (result.contains("work")) {
    const Json& work = result["work"];
    out += fmt::format(
        "of its {} machines {} were mapped to the end, {} given up by a bound before or while mapping, {} "
        "not "
        "tried\n",
        work["points"].dump(), work["mapped"].dump(), work["cut"].dump(), work["untried"].dump());
  }
  return out;
}

// The designs among which the objectives alone do not decide.
std::string front_text(const Json& result) {
  if (!result.contains("front") || result["front"]["designs"].empty()) return "";
  const Json& front = result["front"];
  std::vector<std::string> titles = {"trial"};
  for (const auto& [name, value] : front["designs"][0]["point"].items()) titles.push_back(name);
  for (const Json& metric : front["objectives"]) titles.push_back(metric.get<std::string>());
  Table table(titles);
  for (const Json& design : front["designs"]) {
    std::vector<std::string> row = {design["id"].dump()};
    for (const auto& [name, value] : design["point"].items())
      row.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    for (const Json& metric : front["objectives"])
      row.push_back(fmt::format("{:.4e}", real(design["metrics"], metric.get<std::string>().c_str())));
    table.add(std::move(row));
  }
  return fmt::format(
      "\nFront: {} designs of the trials that no other beats in everything (each machine mapped for {}; "
      "trial -1 is "
      "the hand design)\n{}hypervolume below ten times the hand design: {:.4g} (product of powers of ten)\n",
      front["designs"].size(), result["objective"].get<std::string>(), table.text(2), real(front, "hypervolume"));
}

// Every layer of the best design: time, energy, the ratio to the hand design, and where the energy goes.
std::string layers_text(const Json& result) {
  const Json &best = result["best"], &hand = result["baseline"];
  const std::string objective = result["objective"].get<std::string>();
  std::vector<std::string> titles = {"layer", "x", "cycles", "util", "energy pJ", objective, "vs hand", "gap", "MAC"};
  for (const Json& level : best["architecture"]["levels"]) titles.push_back(level["name"].get<std::string>());
  titles.emplace_back("wires");
  Table table(titles);
  for (std::size_t i = 0; i < best["layers"].size(); ++i) {
    const Json &layer = best["layers"][i], &metrics = layer["metrics"];
    const double energy = real(metrics, "energy_pj");
    const auto share = [&](double part) { return fmt::format("{:.0f}%", energy > 0 ? 100.0 * part / energy : 0.0); };
    std::string ratio = "-";
    if (!hand.is_null() && i < hand["layers"].size()) {
      ratio = fmt::format("{:.2f}x", real(hand["layers"][i], "objective") / real(layer, "objective"));
    }
    std::vector<std::string> cells = {layer["name"].get<std::string>(),
                                      layer["count"].dump(),
                                      metrics["cycles"].dump(),
                                      fmt::format("{:.0f}%", 100.0 * real(metrics, "utilization")),
                                      fmt::format("{:.3e}", energy),
                                      fmt::format("{:.3e}", real(layer, "objective")),
                                      ratio,
                                      layer["proven"] == true          ? "proven"
                                      : real(layer, "lower_bound") > 0 ? percent(real(layer, "gap"))
                                                                       : "-",
                                      share(real(metrics, "compute_energy_pj"))};
    for (const Json& level : metrics["levels"]) cells.push_back(share(real(level, "energy_pj")));
    double wires = 0.0;
    for (const Json& network : metrics["networks"]) wires += real(network, "energy_pj");
    cells.push_back(share(wires));
    table.add(std::move(cells));
  }
  return fmt::format(
      "Layers (one occurrence each; vs hand: {} of the hand design over this one; then energy by place)\n{}", objective,
      table.text(2));
}

// What results that stay on chip bought on the best machine, and how its networks run there.
std::string schedules_text(const Json& result) {
  std::string text;
  for (const Json& network : result["best"]["fusion"])
    text += fmt::format("{}{} on the best accelerator, fusion {}\n{}", text.empty() ? "" : "\n",
                        network["name"].get<std::string>(), result.value("fusion", ""),
                        fused_network_text(network, result["objective"] == "edp"));
  return text;
}

}  // namespace

std::string result_text(const Json& result) {
  std::string names;
  for (const Json& name : result["workloads"]) names += (names.empty() ? "" : " + ") + name.get<std::string>();
  std::int64_t infeasible = 0;
  for (const Json& count : result["infeasible"]) infeasible += count.get<std::int64_t>();
  std::string out = fmt::format(
      "{} on {}: {} trials ({} mapped, {} pruned by bounds, {} infeasible), designer {}, mapper {}{}{}, {} "
      "model\n\n",
      names, result["family"].get<std::string>(), result["trials"].dump(), result["feasible"].dump(),
      result["pruned"].dump(), infeasible, result["designer"].get<std::string>(), result["mapper"].get<std::string>(),
      result.contains("factors") ? ", imperfect factors" : "", result.contains("placement") ? ", uneven placement" : "",
      result["model"].get<std::string>());
  out += summary_text(result) + "\n";
  const Json& best = result["best"];
  if (best.is_null()) {
    out += "no feasible design was found\n" + closest_text(result) + limits_text(result);
  } else {
    Diagnostics diagnostics;
    const auto machine = read_architecture(from_json(best["architecture"], "result"), diagnostics);
    out += judgement_text(result) + limits_text(result) + front_text(result) +
           "\nBest accelerator: " + point_text(best["point"]) + "\n";
    if (machine) out += tree(*machine);
    out += "\n" + (best.contains("fusion") ? schedules_text(result) : layers_text(result));
    if (const std::string text = disagreement_text(best["layers"]); !text.empty()) out += "\n" + text;
    out += review_text(result);
    if (!best.contains("fusion"))
      out += "\nEvery activation is assumed to pass through the outermost memory between layers.\n";
  }
  if (!result["infeasible"].empty()) {
    Table reasons({"trials", "reason"});
    for (const auto& [reason, count] : result["infeasible"].items()) reasons.add({count.dump(), reason});
    out += "\nInfeasible trials by reason\n" + reasons.text(2);
  }
  return out;
}

}  // namespace dovetail
