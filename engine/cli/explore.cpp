// Searches over networks on the command line.
#include "explore.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/engine/explore/exploration_record.hpp>
#include <dovetail/engine/report/exploration_report.hpp>
#include <dovetail/engine/report/evaluation_json.hpp>
#include <dovetail/engine/report/system_report.hpp>
#include <dovetail/engine/report/table.hpp>
#include <dovetail/engine/study/presets.hpp>
#include <dovetail/spaces/space/point_json.hpp>
#include <dovetail/workloads/text/embedded.hpp>

#include "signals.hpp"
#include "terminal.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

Json trials_json(const Exploration& exploration, const ExplorationResult& result) {
  Json trials = Json::array();
  for (const Trial& trial : result.trials) trials.push_back(exploration_trial_json(exploration, trial));
  return trials;
}

void print_unreachable(const ExplorationResult& result) {
  const Unreachable& found = *result.unreachable;
  if (!found.layer.empty()) {
    fmt::print(stderr, "{}: error: no feasible design: {}\n", to_string(found.where), found.layer);
    return;
  }
  if (found.limit != nullptr && found.limit->follows) {
    fmt::print(stderr, "error: no feasible design: {} cannot be met: no schedule of {} is below {:.6g}\n", found.limit->text,
               found.proven ? "any candidate" : "the candidates that were looked at", found.nearest);
    return;
  }
  const char* how = found.proven ? "of all candidates" : "of those that were found";
  if (found.limit == nullptr) {
    fmt::print(stderr, "error: no feasible design: each limit can be met, {}\n", found.proven ? "but not all together" : "but none was found that meets all together");
    return;
  }
  fmt::print(stderr, "error: no feasible design: {} cannot be met: the {} value {} is {:.6g}\n", found.limit->text,
             found.limit->spec.max ? "least" : "largest", how, found.nearest);
}

int print_plan(const Exploration& exploration, const Common& common) {
  const SpaceSize size = exploration.candidates().count();
  Json json = exploration_header(exploration);
  if (exploration.candidates().system) json["system"] = system_plan_json(exploration);
  json["points"] = json_number(size.feasible);
  json["exact"] = size.exact;
  json["stages"] = Json::array();
  for (const auto& stage : exploration.stages())
    json["stages"].push_back({{"name", stage->name()}, {"metrics", stage->metrics()}, {"expected_seconds", stage->expected_seconds()}});
  json["trials"] = exploration.study().trials;
  if (common.format != "text") {
    print_json(common, json);
    return exit_done;
  }
  say("space: {} candidates ({}), {} parameters\n", short_number(size.feasible), size.exact ? "counted" : "estimated", json["parameters"].size());
  if (json.contains("system")) say("{}", system_plan_text(json["system"]));
  for (const Json& stage : json["stages"]) {
    std::string names;
    for (const Json& name : stage["metrics"]) names += " " + name.get<std::string>();
    say("stage {}:{}\n", stage["name"].get<std::string>(), names);
  }
  for (const Json& spec : json["specs"])
    say("limit {}: {}\n", spec["spec"].get<std::string>(), spec["known"].get<bool>() ? "holds by construction" : "learned");
  say("{} trials, designer {}\n", exploration.study().trials, exploration.study().designer);
  return exit_done;
}

void write_files(const Exploration& exploration, const ExplorationResult& result, const Json& json, const std::string& directory) {
  write_file(directory, "result.json", json.dump(2) + "\n");
  write_file(directory, "result.txt", exploration_text(json));
  write_file(directory, "trials.csv", exploration_csv(trials_json(exploration, result), exploration.space().names()));
  if (!json["best"].is_object()) return;
  if (const std::string designs = design_lines(exploration, *result.best); !designs.empty()) write_file(directory, "designs.jsonl", designs);
  if (json["best"].contains("system") && json["best"]["system"].is_object()) {
    const Json& system = json["best"]["system"];
    write_file(directory, "placement.json", system["placement"].dump(2) + "\n");
    for (const Json& machine : system["machines"]) write_file(directory, fmt::format("machine_{}.yaml", machine["slot"].get<int>()), to_yaml(machine["architecture"]));
  }
  for (const Json& network : json["best"]["networks"])
    write_file(directory, network.contains("task") ? fmt::format("network_{}.yaml", network["task"].get<std::string>()) : "network.yaml", to_yaml(network["workload"]));
}

// The study file with what it is based on.
Node study_document_of(const StudyOptions& options, const std::string& preset, const Common& common) {
  std::string variant;
  for (const std::string& assignment : common.set)
    if (assignment.rfind("variant=", 0) == 0) variant = assignment.substr(8);
  Node document = options.file.empty() ? Node() : load_file(options.file);
  return document.is_mapping() || !preset.empty() ? with_preset(document, preset, variant) : document;
}

}  // namespace

ExplorationWords exploration_words(const CLI::App& command, const StudyOptions& options, const std::string& preset, const Common& common) {
  ExplorationWords words{study_document_of(options, preset, common), {}};
  if (command.count("--objective") > 0) words.assignments.push_back("objective='" + options.objective + "'");
  for (const std::string& spec : options.specs) words.assignments.push_back("specs='" + spec + "'");
  for (const std::string& assignment : common.set)
    if (assignment.rfind("variant=", 0) != 0) words.assignments.push_back(assignment);
  return words;
}

std::optional<ExplorationStudy> make_exploration_study(const CLI::App& command, const StudyOptions& options, const std::string& preset,
                                                       const Common& common) {
  if (options.file.empty() && preset.empty()) return std::nullopt;
  const Node document = study_document_of(options, preset, common);
  if (!explores(document)) return std::nullopt;
  Diagnostics diagnostics;
  ExplorationStudy study = read_exploration_study(document, diagnostics);
  apply_options(command, options, common, study);
  if (command.count("--workload") > 0) throw UsageError("--workload: this study names its networks itself");
  if (command.count("--family") > 0) study.family = options.family;
  if (command.count("--objective") > 0) set_exploration_value(study, "objective='" + options.objective + "'", "--objective", diagnostics);
  for (const std::string& spec : options.specs) set_exploration_value(study, "specs='" + spec + "'", "--spec", diagnostics);
  for (const std::string& assignment : common.set)
    if (assignment.rfind("variant=", 0) != 0) set_exploration_value(study, assignment, "--set", diagnostics);
  diagnostics.raise();
  return study;
}

int run_exploration(const ExplorationStudy& study, bool resume, const Common& common, const QueueOf& queue_of) {
  const Exploration exploration(study);
  if (common.dry_run) return print_plan(exploration, common);
  std::unique_ptr<Store> store;
  const std::string path = study.store;
  if (!path.empty())
    store = open_store(path, exploration.record(common.command_line, DOVETAIL_VERSION), resume);
  else if (resume)
    throw UsageError("--resume continues a store: name it with --store FILE");
  const std::unique_ptr<Queue> queue = queue_of ? queue_of(exploration, store.get()) : nullptr;
  Progress progress;
  ExplorationOptions options;
  options.threads = common.threads;
  options.store = store.get();
  options.queue = queue.get();
  options.interrupted = interrupted;
  options.progress = [&](const ExplorationProgress& state) {
    const double rate = state.seconds > 0 ? static_cast<double>(state.done) / state.seconds : 0;
    const double left = rate > 0 ? static_cast<double>(state.total - state.done) / rate : 0;
    progress.show(static_cast<double>(state.done), static_cast<double>(state.total),
                  fmt::format("{}/{} trials  {:.2g}/s  best {}  {} left", state.done, state.total, rate,
                              state.best ? fmt::format("{:.6g}", *state.best) : "none", duration(left)));
  };
  const ExplorationResult result = run(exploration, options);
  progress.clear();
  Json json = exploration_json(exploration, result);
  if (exploration.candidates().system) {
    json["system"] = system_plan_json(exploration);
    for (const std::string& remark : system_remarks(exploration)) json["remarks"].push_back(remark);
  }
  if (store) store->put_information("result", json.dump());
  if (common.format == "text") {
    say("{}", exploration_text(json));
    say("\ntime: {}{}\n", duration(result.seconds), result.stopped == "trials" ? "" : ", ended by: " + result.stopped);
    if (json.contains("slow_stage") && json["slow_stage"]["ran"].get<double>() > 0) {
      const double ran = json["slow_stage"]["ran"].get<double>(), before = json["slow_stage"]["stopped_before"].get<double>();
      say("{} of work in trials that reached the stage {}", duration(result.slow_seconds), json["slow_stage"]["name"].get<std::string>());
      say("{}\n", before > 0 ? fmt::format("; stopping {:.0f} before it saved about {} at their mean", before, duration(before * result.slow_seconds / ran)) : "");
    }
    if (result.refused > 0 && result.slow_stage >= 0) say("known limits refused {} more candidates before they were suggested\n", result.refused);
  } else if (common.format == "csv") {
    say("{}", exploration_csv(trials_json(exploration, result), exploration.space().names()));
  } else {
    print_json(common, json);
  }
  if (!common.out.empty()) write_files(exploration, result, json, common.out);
  if (result.stopped == "interrupt") {
    fmt::print(stderr, "interrupted after {} trials{}\n", result.trials.size(), path.empty() ? "" : "; continue with --resume");
    return interrupt_exit_code();
  }
  if (result.unreachable) {
    print_unreachable(result);
    return exit_infeasible;
  }
  if (!result.best) {
    fmt::print(stderr, "error: no feasible design{}\n", result.stopped == "time" ? " within the time" : "");
    return result.stopped == "time" ? exit_limit : exit_infeasible;
  }
  return result.stopped == "time" ? exit_limit : exit_done;
}

bool is_network_family(const std::string& name_or_path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(name_or_path, error)) return embedded::find(embedded::network_families(), name_or_path) != nullptr;
  try {
    const Node* schema = nullptr;
    const Node document = load_file(name_or_path);
    schema = document.find("schema");
    return schema != nullptr && schema->text().rfind("dovetail-network-family/", 0) == 0;
  } catch (const InputError&) {
    return false;
  }
}

int describe_network_family(const std::string& name_or_path, const Common& common) {
  const NetworkFamily family = load_network_family(name_or_path);
  const SpaceSize size = family.space().count();
  Random random(common.seed, {0x73616d70});
  const Point sample = family.draw(random).value_or(family.default_point());
  const Totals all = totals(family.instantiate(sample));
  if (common.format != "text") {
    Json parameters = Json::array(), constraints = Json::array();
    for (std::size_t p = 0; p < family.space().parameters().size(); ++p)
      parameters.push_back({{"name", family.space().parameters()[p].name}, {"meaning", family.meanings()[p]}});
    for (const Constraint& constraint : family.space().constraints()) constraints.push_back(constraint.text);
    print_json(common, {{"kind", "network family"},
                        {"name", family.name()},
                        {"about", family.about()},
                        {"source", family.source()},
                        {"from_memory", family.from_memory()},
                        {"parameters", parameters},
                        {"constraints", constraints},
                        {"networks", json_number(size.feasible)},
                        {"exact", size.exact},
                        {"sample", {{"point", to_json(family.space(), sample)}, {"key", family.key(sample)}, {"layers", all.layers}, {"macs", all.macs},
                                    {"parameters", all.parameters}, {"workload", family.document(sample)}}}});
    return exit_done;
  }
  say("network family {}: {}\nsource: {}\n", family.name(), family.about(), family.source());
  if (!family.from_memory().empty()) say("from memory, not looked up: {}\n", family.from_memory());
  for (const NetworkSetting& setting : family.settings()) say("setting {} = {}: {}\n", setting.name, setting.value, setting.meaning);
  Table table({"parameter", "values", "meaning"});
  for (std::size_t p = 0; p < family.space().parameters().size(); ++p) {
    const Parameter& parameter = family.space().parameters()[p];
    std::string values;
    if (const auto* range = std::get_if<IntegerRange>(&parameter.domain)) values = fmt::format("{} to {}", range->low, range->high);
    if (const auto* list = std::get_if<OrdinalValues>(&parameter.domain))
      for (const double value : list->values) values += fmt::format("{}{}", values.empty() ? "" : " ", value);
    if (const auto* list = std::get_if<CategoricalValues>(&parameter.domain))
      for (const std::string& value : list->values) values += (values.empty() ? "" : " ") + value;
    table.add({parameter.name, values, family.meanings()[p]});
  }
  say("\n{}", table.text());
  say("networks: {}{}\n", size.exact && size.feasible < 9e15 ? fmt::format("{:.0f}", size.feasible) : fmt::format("{:.4g}", size.feasible),
             size.exact ? ", counted" : fmt::format(", estimated: {:.4g} to {:.4g}", size.feasible_low, size.feasible_high));
  say("\na sample: {}\n{}: {} layers, {} MACs, {} parameters\n", family.space().text(sample), family.key(sample), all.layers, all.macs, all.parameters);
  return exit_done;
}

int convert_network_of_family(const std::string& name_or_path, const std::string& at, const Common& common) {
  const NetworkFamily family = load_network_family(name_or_path);
  Diagnostics diagnostics;
  std::vector<std::pair<std::string, std::string>> values;
  for (std::size_t start = 0; start < at.size();) {
    std::size_t end = at.find(',', start);
    if (end == std::string::npos) end = at.size();
    const std::string word = at.substr(start, end - start);
    start = end + 1;
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      diagnostics.error({"--at " + word, 0, 0, ""}, "expected name=value");
    else
      values.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  const Point point = network_point(family, values, "--at", diagnostics);
  diagnostics.raise();
  const Json document = family.document(point);
  if (common.format == "json" || common.format == "jsonl")
    print_json(common, document);
  else
    say("{}", to_yaml(document));
  return exit_done;
}

}  // namespace dovetail::cli
