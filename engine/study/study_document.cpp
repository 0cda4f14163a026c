// A study as a document (see the header).
#include <dovetail/engine/study/study_document.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/export/native.hpp>
#include <dovetail/workloads/import/formats.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* packed_study_schema = "dovetail-packed-study/1";

Json entries(const std::vector<StudyEntry>& list) {
  Json json = Json::object();
  for (const StudyEntry& entry : list) json[entry.name] = to_json(entry.value);
  return json;
}

// Where a name of a study leads; none when it is a name of the program's own.
std::optional<std::string> file_of(const std::string& folder, const std::string& name) {
  const bool path = name.find('/') != std::string::npos || name.find('.') != std::string::npos;
  const std::string full = folder.empty() || !path || name.front() == '/' ? name : folder + "/" + name;
  std::error_code error;
  if (!std::filesystem::exists(full, error)) return std::nullopt;
  return full;
}

}  // namespace

Json study_document(const Study& study) {
  Json json = study_values(study);  // whatever has no form of its own below
  for (const char* proposers : {"time", "store", "evaluator", "batch", "lag"}) json.erase(proposers);
  for (const StudyWorkload& workload : study.workloads) json["workloads"][workload.name] = workload.weight;
  if (!study.family.empty()) json["family"] = study.family;
  json["fixed"] = entries(study.fixed);
  json["space"] = entries(study.space);
  json["objective"] = study.objective;
  json["specs"] = Json::array();
  for (const StudySpec& spec : study.specs) {
    if (spec.spec.max) json["specs"].push_back(fmt::format("{} <= {}", spec.spec.metric, *spec.spec.max));
    if (spec.spec.min) json["specs"].push_back(fmt::format("{} >= {}", spec.spec.metric, *spec.spec.min));
  }
  json["combine"] = study.combine == Combine::sum ? "sum" : "worst";
  json["designer"] = {{"name", study.designer}};
  for (const auto& [name, value] : study.designer_options) json["designer"][name] = value;
  json["mapper"] = {{"name", study.mapper}};
  json["budget"] = study.budget;
  json["gap"] = study.gap;
  json["bypass"] = study.bypass;
  json["model"] = study.model;
  if (!study.evaluator.empty())
    json["evaluator"] = {{"timeout", study.evaluator_timeout_s}, {"candidates", study.candidates}};
  if (study.clock_mhz) json["clock_mhz"] = *study.clock_mhz;
  json["trials"] = study.trials;
  json["prove"] = study.prove;
  if (study.lag)
    json["lag"] = *study.lag;
  else
    json["batch"] = study.batch;
  json["seed"] = study.seed;
  return json;
}

std::string pack_study(const Study& study) {
  Json document = study_document(study), files = Json::object();
  Json workloads = Json::object();
  const std::vector<std::string> own = family_names();
  for (const StudyWorkload& workload : study.workloads) {
    std::string name = workload.name;
    if (const auto file = file_of(study.folder, name)) {
      std::vector<std::string> paths = {*file};
      for (const std::string& more : workload.more) paths.push_back(file_of(study.folder, more).value_or(more));
      name = fmt::format("workload{}.json", files.size());
      files[name] = native_workload(import_workload(paths, study.import)).dump();
      name = "./" + name;
    }
    workloads[name] = workload.weight;
  }
  document["workloads"] = std::move(workloads);
  const bool built_in = std::find(own.begin(), own.end(), study.family) != own.end();
  if (const auto file = built_in ? std::nullopt : file_of(study.folder, study.family)) {
    files["family.yaml"] = read_text(*file);
    document["family"] = "./family.yaml";
  }
  return Json{{"schema", packed_study_schema}, {"study", std::move(document)}, {"files", std::move(files)}}.dump();
}

Study unpack_study(const std::string& text, const std::string& folder, const std::string& name) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("schema", "") != packed_study_schema || !json.contains("study") ||
      !json.contains("files") || !json["files"].is_object())
    throw InputError({name, 0, 0, ""}, fmt::format("expected a document of schema {}", packed_study_schema));
  for (const auto& [file, content] : json["files"].items()) {
    if (file.find('/') != std::string::npos || file.front() == '.' || !content.is_string())
      throw InputError({name, 0, 0, ""}, "a file of the study has a name or a content that none can have");
    std::ofstream(std::filesystem::path(folder) / file, std::ios::binary) << content.get<std::string>();
  }
  Diagnostics diagnostics;
  Study study = read_study(from_json(json["study"], name), diagnostics);
  diagnostics.raise();
  study.folder = folder;
  return study;
}

}  // namespace dovetail
