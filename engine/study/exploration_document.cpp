// A search over networks as a text (see the header).
#include <dovetail/engine/study/exploration_document.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/study/study_document.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/network/network_family.hpp>
#include <dovetail/workloads/export/native.hpp>
#include <dovetail/workloads/import/formats.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* packed_exploration_schema = "dovetail-packed-exploration/1";

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Every name in the study that may be a file's, with what it is of.
enum class Holds { workload, text };
void each_file(ExplorationStudy& study, const std::function<void(std::string& name, Holds holds)>& visit) {
  for (StudyNetwork& network : study.explore.networks) {
    if (!network.workload.empty()) visit(network.workload, Holds::workload);
    if (!network.family.empty() && !has(network_family_names(), network.family)) visit(network.family, Holds::text);
  }
  if (!study.family.empty() && !has(family_names(), study.family)) visit(study.family, Holds::text);
  if (study.explore.cost.kind == StudyCost::Kind::table) visit(study.explore.cost.path, Holds::text);
  for (StudyAccuracy& accuracy : study.explore.accuracies)
    if (accuracy.kind == StudyAccuracy::Kind::table) visit(accuracy.path, Holds::text);
}

// Workloads are networks like the others, under the names that they have as tasks.
void gather_networks(ExplorationStudy& study) {
  for (const StudyWorkload& workload : study.workloads) {
    StudyNetwork network;
    network.workload = workload.name;
    network.weight = workload.weight;
    network.where = workload.where;
    if (study.workloads.size() > 1) network.task = workload.name;
    study.explore.networks.push_back(std::move(network));
  }
  study.workloads.clear();
}

std::string path_of(const std::string& folder, const std::string& name) {
  return folder.empty() || name.front() == '/' ? name : folder + "/" + name;
}

}  // namespace

std::string pack_exploration(const ExplorationStudy& study, const ExplorationWords& words) {
  ExplorationStudy copy = study;
  gather_networks(copy);
  Json files = Json::object();
  each_file(copy, [&](std::string& name, Holds holds) {
    const std::string path = path_of(study.folder, name);
    std::error_code error;
    if (files.contains(name) || !std::filesystem::exists(path, error)) return;
    files[name] =
        holds == Holds::workload ? native_workload(import_workload({path}, study.import)).dump() : read_text(path);
  });
  Study plain = study;
  plain.workloads.clear();
  return Json{{"schema", packed_exploration_schema},
              {"document", to_json(words.document)},
              {"assignments", words.assignments},
              {"study", study_document(plain)},
              {"files", std::move(files)}}
      .dump();
}

ExplorationStudy unpack_exploration(const std::string& text, const std::string& folder, const std::string& name) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("schema", "") != packed_exploration_schema || !json.contains("document") ||
      !json.contains("study") || !json.contains("assignments") || !json["assignments"].is_array() ||
      !json.contains("files") || !json["files"].is_object())
    throw InputError({name, 0, 0, ""}, fmt::format("expected a document of schema {}", packed_exploration_schema));
  Diagnostics diagnostics;
  ExplorationStudy study = read_exploration_study(from_json(json["document"], name), diagnostics);
  for (const Json& assignment : json["assignments"])
    if (assignment.is_string()) set_exploration_value(study, assignment.get<std::string>(), name, diagnostics);
  // Options count over both, and are in the values that they led to.
  Study plain = read_study(from_json(json["study"], name), diagnostics);
  diagnostics.raise();
  plain.workloads = study.workloads;
  plain.import = {};
  plain.evaluator = study.evaluator;
  static_cast<Study&>(study) = std::move(plain);
  study.store.clear();
  study.folder.clear();
  gather_networks(study);
  int number = 0;
  each_file(study, [&](std::string& file, Holds holds) {
    const auto content = json["files"].find(file);
    if (content == json["files"].end() || !content->is_string()) return;
    const std::string suffix = holds == Holds::workload ? ".json" : std::filesystem::path(file).extension().string();
    const std::string path = fmt::format("{}/file{}{}", folder, number++, suffix);
    std::ofstream(path, std::ios::binary) << content->get<std::string>();
    file = path;
  });
  return study;
}

std::vector<std::string> commands_of(const ExplorationStudy& study) {
  std::vector<std::string> commands;
  const auto add = [&](const std::string& command) {
    if (!command.empty() && !has(commands, command)) commands.push_back(command);
  };
  add(study.evaluator);
  if (study.explore.cost.kind == StudyCost::Kind::command) add(study.explore.cost.command);
  for (const StudyAccuracy& accuracy : study.explore.accuracies)
    if (accuracy.kind == StudyAccuracy::Kind::command) add(accuracy.command);
  return commands;
}

}  // namespace dovetail
