// Writing the result of a search over networks.
#include <dovetail/engine/report/explore/exploration_report.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/explore/exploration_record.hpp>
#include <dovetail/engine/explore/stage/candidate_json.hpp>
#include <dovetail/engine/report/explore/system_report.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/spaces/space/point_json.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

Json metrics_json(const Trial& trial) {
  Json json = Json::object();
  for (const auto& [name, value] : trial.metrics)
    if (name != Exploration::stages_metric) json[name] = json_number(value);
  return json;
}

Json network_json(const CandidateNetwork& network) {
  const Network built = network.network();
  const Totals all = totals(built);
  Json json = Json::object();
  if (!network.source->task.empty()) json["task"] = network.source->task;
  json["name"] = built.name;
  json["key"] = network.text;
  json["layers"] = all.layers;
  json["macs"] = all.macs;
  json["parameters"] = all.parameters;
  json["workload"] = network_document(network);
  return json;
}

std::vector<PricedLayer> all_priced(const Exploration& exploration, const NetworkCandidate& candidate) {
  for (const auto& stage : exploration.stages())
    if (std::vector<PricedLayer> layers = stage->priced_layers(candidate, {}); !layers.empty()) return layers;
  return {};
}

// Costs are of one occurrence, as those of the design that `evaluate` reads.
Json layers_json(const NetworkCandidate& candidate, const std::vector<PricedLayer>& layers) {
  Json list = Json::array();
  for (const PricedLayer& layer : layers) {
    Json one = {{"layer", layer.layer.name}};
    if (candidate.networks.size() > 1) one["network"] = candidate.networks[layer.network].source->task;
    one["count"] = layer.count;
    one["cycles"] = json_number(layer.cycles);
    one["energy_pj"] = json_number(layer.energy_pj);
    if (layer.mapping) one["mapping"] = to_json(layer.layer, layer.architecture, *layer.mapping);
    list.push_back(std::move(one));
  }
  return list;
}

Json best_json(const Exploration& exploration, const Trial& trial) {
  const NetworkCandidate candidate = exploration.candidates().candidate(trial.point);
  const std::vector<Objective>& objectives = exploration.goal().objectives;
  Json json = {{"id", trial.id},
               {"point", to_json(exploration.space(), trial.point)},
               {"objective", json_number(trial.metrics.at(objectives.front().metric))}};
  json["objectives"] = Json::object();
  for (const Objective& objective : objectives)
    json["objectives"][objective.metric] = json_number(trial.metrics.at(objective.metric));
  json["metrics"] = metrics_json(trial);
  json["specs"] = Json::array();
  for (const MeasuredLimit& limit : exploration.measures().limits()) {
    if (limit.follows) continue;
    const double found = trial.metrics.at(limit.spec.metric);
    Json one = {{"spec", limit.text}, {"metric", limit.spec.metric}, {"found", json_number(found)}};
    if (limit.spec.max) one["max"] = *limit.spec.max;
    if (limit.spec.min) one["min"] = *limit.spec.min;
    one["slack"] = json_number(limit.spec.max ? *limit.spec.max - found : found - *limit.spec.min);
    json["specs"].push_back(std::move(one));
  }
  json["networks"] = Json::array();
  for (const CandidateNetwork& network : candidate.networks) json["networks"].push_back(network_json(network));
  json["key"] = candidate.networks.front().text;
  if (candidate.machine != nullptr) json["architecture"] = to_json(candidate.architecture());
  for (const auto& stage : exploration.stages())
    if (const std::string detail = stage->detail(candidate); !detail.empty())
      json["details"][stage->name()] = Json::parse(detail);
  if (exploration.system_pricer() != nullptr)
    json["system"] = system_json(exploration, trial, {});
  else if (const std::vector<PricedLayer> layers = all_priced(exploration, candidate); !layers.empty())
    json["layers"] = layers_json(candidate, layers);
  return json;
}

std::string objective_title(const Json& objective) {
  return (objective["minimize"].get<bool>() ? "minimize " : "maximize ") + objective["metric"].get<std::string>();
}

// "12.345", without noise of binary fractions.
std::string number(const Json& value) {
  if (!value.is_number()) return "-";
  const double x = value.get<double>();
  if (x == std::round(x) && std::abs(x) < 1e15) return fmt::format("{:.0f}", x);
  return fmt::format("{:.6g}", x);
}

// Whether a parameter is of a family that does not stand in its slot.
bool stands_aside(const std::string& name, const Json& best) {
  if (!best.contains("system") || !best["system"].is_object() || name.rfind("hw.", 0) != 0) return false;
  const std::size_t dot = name.find('.', 3);
  if (dot == std::string::npos || name.compare(dot, std::string::npos, ".family") == 0) return false;
  for (const Json& machine : best["system"]["machines"]) {
    if (name.substr(3, dot - 3) != machine["slot"].dump()) continue;
    const std::string rest = name.substr(dot + 1);
    return rest.find('.') != std::string::npos && rest.rfind(machine["family"].get<std::string>() + ".", 0) != 0;
  }
  return true;
}

std::string candidate_text(const Json& best) {
  std::string text;
  for (const auto& [name, value] : best["point"].items())
    if (!stands_aside(name, best))
      text += fmt::format("{}{}={}", text.empty() ? "" : "  ", name,
                          value.is_string() ? value.get<std::string>() : value.dump());
  return text;
}

std::string wrapped(const std::string& text, std::size_t width) {
  std::string result;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = text.find("  ", i);
    if (end == std::string::npos) end = text.size();
    const std::string word = text.substr(i, end - i);
    if (column > 0 && column + word.size() + 2 > width) {
      result += "\n  ";
      column = 0;
    } else if (column > 0) {
      result += "  ";
      column += 2;
    }
    result += word;
    column += word.size();
    i = end;
    while (i < text.size() && text[i] == ' ') ++i;
  }
  return result;
}

// A stage's own words on the best candidate: a table of its rows, then its lines.
std::string detail_text(const Json& detail) {
  std::string text = fmt::format("\n{}\n", detail.value("title", ""));
  const Json rows = detail.value("stages", Json::array());
  if (!rows.empty()) {
    std::vector<std::string> titles;
    for (const auto& entry : rows[0].items()) titles.push_back(entry.key());
    Table table(titles);
    for (const Json& row : rows) {
      std::vector<std::string> cells;
      for (const auto& entry : row.items())
        cells.push_back(entry.value().is_string()         ? entry.value().get<std::string>()
                        : entry.value().is_number_float() ? number(entry.value())
                                                          : entry.value().dump());
      table.add(std::move(cells));
    }
    text += table.text();
  }
  for (const Json& line : detail.value("timeline", Json::array())) text += "  " + line.get<std::string>() + "\n";
  return text;
}

std::string best_text(const Json& result) {
  const Json& best = result["best"];
  std::string text;
  for (const auto& [metric, value] : best["objectives"].items())
    text += fmt::format("best {}: {}\n", metric, number(value));
  for (const Json& spec : best["specs"])
    text += fmt::format("  {}: found {}, slack {}\n", spec["spec"].get<std::string>(), number(spec["found"]),
                        number(spec["slack"]));
  Table metrics({"metric", "value"});
  for (const auto& [name, value] : best["metrics"].items()) metrics.add({name, number(value)});
  text += "\n" + metrics.text();
  text += fmt::format("\nBest candidate (trial {}):\n  {}\n", best["id"].dump(), wrapped(candidate_text(best), 108));
  for (const Json& network : best["networks"])
    text += fmt::format("network {}{} {}: {} layers, {} MACs, {} parameters\n",
                        network.contains("task") ? network["task"].get<std::string>() + ", " : "",
                        network["name"].get<std::string>(),
                        network["key"].get<std::string>().size() <= 60 ? network["key"].get<std::string>() : "",
                        network["layers"].dump(), network["macs"].dump(), network["parameters"].dump());
  if (best.contains("details"))
    for (const auto& detail : best["details"].items()) text += detail_text(detail.value());
  if (best.contains("system") && best["system"].is_object()) text += system_text(best["system"]);
  return text;
}

std::string candidates_text(const Json& result) {
  std::vector<std::string> titles = {"trial"};
  for (const Json& objective : result["objectives"]) titles.push_back(objective_title(objective));
  titles.emplace_back("network");
  Table table(titles);
  for (const Json& design : result["front"]["designs"]) {
    std::vector<std::string> row = {design["id"].dump()};
    for (const Json& objective : result["objectives"])
      row.push_back(number(design["metrics"][objective["metric"].get<std::string>()]));
    row.push_back(design.value("key", ""));
    table.add(std::move(row));
  }
  return fmt::format("\nFront ({} candidates that none is better than in all)\n{}", table.rows(), table.text());
}

std::string stages_text(const Json& result) {
  Table table({"stage", "ran", "ended there", "makes"});
  for (const Json& stage : result["stages"]) {
    std::string makes;
    for (const Json& name : stage["metrics"]) makes += (makes.empty() ? "" : " ") + name.get<std::string>();
    table.add({stage["name"].get<std::string>(), stage["reached"].dump(), stage["ended"].dump(), makes});
  }
  std::string text = "\nStages (a trial ends at the first limit that it breaks)\n" + table.text();
  for (const Json& stage : result["stages"]) {
    if (!stage.contains("reuse")) continue;
    text += fmt::format("  {}: {} x {}, {} different ({} taken from memory)\n", stage["name"].get<std::string>(),
                        stage["reuse"]["asked"].dump(), stage["reuse"]["of"].get<std::string>(),
                        stage["reuse"]["distinct"].dump(), percent(stage["reuse"]["share"].get<double>()));
  }
  return text;
}

}  // namespace

std::string design_lines(const Exploration& exploration, const Trial& trial) {
  const NetworkCandidate candidate = exploration.candidates().candidate(trial.point);
  std::string text;
  std::set<std::string> written;
  for (const PricedLayer& layer : all_priced(exploration, candidate)) {
    if (!layer.mapping) continue;
    const std::string& task = candidate.networks[layer.network].source->task;
    Design design;
    if (layer.slot >= 0) design.id = fmt::format("slot {}, ", layer.slot);
    design.id += task.empty() ? layer.layer.name : task + ", " + layer.layer.name;
    if (!written.insert(fmt::format("{} {}", layer.slot, shape_key(layer.layer))).second) continue;
    design.layer = layer.layer;
    design.architecture = layer.architecture;
    design.mapping = *layer.mapping;
    text += to_json(design).dump() + "\n";
  }
  return text;
}

Json exploration_trial_json(const Exploration& exploration, const Trial& trial) {
  Json json = trial_json(trial, to_json(exploration.space(), trial.point));
  json["outcome"] = is_feasible(trial) ? "feasible" : trial.state == TrialState::completed ? "infeasible" : "failed";
  json["key"] = exploration.candidates().candidate(trial.point).networks.front().text;
  return json;
}

Json exploration_json(const Exploration& exploration, const ExplorationResult& result) {
  Json json = exploration_header(exploration);
  json["best"] = result.best ? best_json(exploration, *result.best) : Json(nullptr);
  json["baseline"] = nullptr;
  json["improvement"] = nullptr;
  json["lower_bound"] = nullptr;
  json["gap"] = nullptr;
  if (exploration.goal().objectives.size() > 1) {
    json["front"] = {{"objectives", json["objectives"]}, {"designs", Json::array()}};
    for (const Trial& trial : result.front)
      json["front"]["designs"].push_back(exploration_trial_json(exploration, trial));
  }
  json["stages"] = Json::array();
  for (std::size_t s = 0; s < exploration.stages().size(); ++s) {
    const Stage& stage = *exploration.stages()[s];
    Json one = {{"name", stage.name()},
                {"metrics", stage.metrics()},
                {"reached", result.reached.empty() ? 0 : result.reached[s]},
                {"ended", result.ended.empty() ? 0 : result.ended[s]}};
    if (const StageReuse reuse = stage.reuse(); reuse.asked > 0)
      one["reuse"] = {{"of", reuse.of},
                      {"asked", reuse.asked},
                      {"distinct", reuse.distinct},
                      {"share", 1.0 - static_cast<double>(reuse.distinct) / static_cast<double>(reuse.asked)}};
    json["stages"].push_back(std::move(one));
  }
  if (!result.start.empty()) {
    json["start"] = Json::array();
    for (const Trial& trial : result.start) json["start"].push_back(exploration_trial_json(exploration, trial));
  }
  json["trials"] = result.trials.size();
  json["feasible"] = result.feasible;
  json["infeasible"] = Json::object();
  for (const auto& [reason, count] : result.infeasible) json["infeasible"][reason] = count;
  if (result.closest) {
    json["closest"] = exploration_trial_json(exploration, *result.closest);
  }
  if (result.unreachable) {
    const Unreachable& found = *result.unreachable;
    json["unreachable"] = {{"spec", found.limit != nullptr ? Json(found.limit->text) : Json(nullptr)},
                           {"proven", found.proven}};
    if (!found.layer.empty()) json["unreachable"]["layer"] = found.layer;
    if (found.limit != nullptr)
      json["unreachable"][found.limit->spec.max ? "least" : "largest"] = json_number(found.nearest);
  }
  json["stopped"] = result.stopped;
  json["seconds"] = json_number(result.seconds);
  if (result.slow_stage >= 0 && !result.reached.empty()) {
    const auto slow = static_cast<std::size_t>(result.slow_stage);
    const std::int64_t ran = result.reached[slow], before = static_cast<std::int64_t>(result.trials.size()) - ran;
    json["slow_stage"] = {{"name", exploration.stages()[slow]->name()}, {"ran", ran}, {"stopped_before", before}};
  }
  return json;
}

std::string exploration_text(const Json& result) {
  std::string names;
  for (const Json& name : result["networks"]) names += (names.empty() ? "" : ", ") + name.get<std::string>();
  std::string wanted;
  for (const Json& objective : result["objectives"])
    wanted += (wanted.empty() ? "" : ", ") + objective_title(objective);
  std::string machine = result["family"].is_string() ? " on " + result["family"].get<std::string>() : "";
  if (result.contains("system"))
    machine = fmt::format(" on a system of {} slot{}", result["system"]["slots"].size(),
                          result["system"]["slots"].size() == 1 ? "" : "s");
  std::string text =
      fmt::format("{}{}: {}; {} trials ({} feasible), designer {}\n", names, machine, wanted, result["trials"].dump(),
                  result["feasible"].dump(), result["designer"].get<std::string>());
  for (const Json& spec : result["specs"])
    text += fmt::format("limit {} ({})\n", spec["spec"].get<std::string>(),
                        spec["known"].get<bool>() ? "known: holds by construction" : "learned");
  text += "\n";
  if (result["best"].is_object()) text += best_text(result);
  if (result.contains("front")) text += candidates_text(result);
  text += stages_text(result);
  if (result.contains("slow_stage"))
    text += fmt::format("\ntrials: {} suggested, {} stopped before the stage {}, {} reached it\n",
                        result["trials"].dump(), result["slow_stage"]["stopped_before"].dump(),
                        result["slow_stage"]["name"].get<std::string>(), result["slow_stage"]["ran"].dump());
  if (!result["infeasible"].empty()) {
    Table table({"not feasible because", "trials"});
    for (const auto& [reason, count] : result["infeasible"].items()) table.add({reason, count.dump()});
    text += "\n" + table.text();
  }
  for (const Json& remark : result["remarks"]) text += "\n" + remark.get<std::string>() + "\n";
  return text;
}

std::string exploration_csv(const Json& trials, const std::vector<std::string>& parameters) {
  std::set<std::string> metrics;
  for (const Json& trial : trials)
    for (const auto& entry : trial["metrics"].items()) metrics.insert(entry.key());
  std::vector<std::string> titles = {"trial", "outcome", "network"};
  titles.insert(titles.end(), parameters.begin(), parameters.end());
  titles.insert(titles.end(), metrics.begin(), metrics.end());
  titles.emplace_back("reason");
  Table table(titles);
  const auto cell = [](const Json& object, const std::string& key) {
    if (!object.contains(key) || object[key].is_null()) return std::string();
    return object[key].is_string() ? object[key].get<std::string>() : object[key].dump();
  };
  for (const Json& trial : trials) {
    std::vector<std::string> row = {cell(trial, "id"), cell(trial, "outcome"), cell(trial, "key")};
    for (const std::string& parameter : parameters) row.push_back(cell(trial["point"], parameter));
    for (const std::string& metric : metrics) row.push_back(cell(trial["metrics"], metric));
    row.push_back(cell(trial, "reason"));
    table.add(std::move(row));
  }
  return table.csv();
}

namespace {

// A trial of a store in the words of the report.
Json stored_trial(const StoredTrial& stored) {
  const Json detail = Json::parse(stored.detail, nullptr, false);
  const bool whole = detail.is_object() && detail.contains("point");
  Json json = trial_json(stored.trial, whole ? detail["point"] : Json::object());
  json["outcome"] = is_feasible(stored.trial)                     ? "feasible"
                    : stored.trial.state == TrialState::completed ? "infeasible"
                                                                  : "failed";
  json["key"] = whole ? detail.value("key", "") : "";
  json["seconds"] = json_number(stored.seconds);
  return json;
}

// What trials alone tell of a study that has not ended.
void sum_up(const std::vector<StoredTrial>& trials, Json& result) {
  const std::string metric = result["objective"].get<std::string>();
  const bool minimize = result["objectives"][0]["minimize"].get<bool>();
  std::int64_t counted = 0, feasible = 0;
  std::vector<std::int64_t> reached(result["stages"].size(), 0), ended(result["stages"].size(), 0);
  const StoredTrial* best = nullptr;
  result["infeasible"] = Json::object();
  for (const StoredTrial& stored : trials) {
    const Trial& trial = stored.trial;
    if (is_feasible(trial) && trial.metrics.count(metric) != 0) {
      const double value = trial.metrics.at(metric);
      if (best == nullptr ||
          (minimize ? value < best->trial.metrics.at(metric) : value > best->trial.metrics.at(metric)))
        best = &stored;
    }
    if (trial.id < 0) continue;  // told before the first suggestion
    ++counted;
    if (is_feasible(trial))
      ++feasible;
    else
      result["infeasible"][trial.reason] = result["infeasible"].value(trial.reason, std::int64_t{0}) + 1;
    const auto passed = trial.metrics.find(Exploration::stages_metric);
    if (passed == trial.metrics.end()) continue;
    for (std::size_t s = 0; s < reached.size() && static_cast<double>(s) <= passed->second; ++s) ++reached[s];
    if (passed->second < static_cast<double>(ended.size())) ++ended[static_cast<std::size_t>(passed->second)];
  }
  for (std::size_t s = 0; s < reached.size(); ++s) {
    result["stages"][s]["reached"] = reached[s];
    result["stages"][s]["ended"] = ended[s];
  }
  result["trials"] = counted;
  result["feasible"] = feasible;
  result["best"] = nullptr;
  if (best != nullptr) {
    const Json trial = stored_trial(*best);
    result["best"] = {{"id", trial["id"]},
                      {"point", trial["point"]},
                      {"objective", trial["metrics"][metric]},
                      {"objectives", {{metric, trial["metrics"][metric]}}},
                      {"metrics", trial["metrics"]},
                      {"specs", Json::array()},
                      {"networks", Json::array()},
                      {"key", trial["key"]}};
  }
  result["stopped"] = "running or cut off";
}

}  // namespace

bool is_exploration(const Store& store) {
  const auto found = store.record().identity.find("kind");
  return found != store.record().identity.end() && found->second == "explore";
}

StoredExploration stored_exploration(const Store& store) {
  StoredExploration study;
  const auto read = [&](const char* name) {
    const auto found = store.record().information.find(name);
    return found == store.record().information.end() ? Json(nullptr) : Json::parse(found->second, nullptr, false);
  };
  const Json header = read("header"), result = read("result");
  if (!header.is_object()) throw StorageError("this store has no header: the study never started");
  const std::vector<StoredTrial> trials = store.trials();
  for (const StoredTrial& trial : trials)
    if (trial.trial.id >= 0) study.trials.push_back(stored_trial(trial));
  study.result = header;
  if (result.is_object() && result.value("trials", std::size_t{0}) == study.trials.size())
    study.result = result;
  else
    sum_up(trials, study.result);
  for (const Json& name : header["parameters"]) study.parameters.push_back(name.get<std::string>());
  return study;
}

}  // namespace dovetail
