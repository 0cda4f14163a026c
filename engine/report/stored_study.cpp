// Reading a study's record (see the header).
#include <dovetail/engine/report/stored_study.hpp>

#include <stdexcept>

#include <dovetail/engine/report/design/design_review.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/study_page.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

Json parse(const StudyRecord& record, const std::string& name) {
  const auto found = record.information.find(name);
  if (found == record.information.end()) return nullptr;
  return Json::parse(found->second, nullptr, false);
}

// A trial in the words of the report. A store keeps the parameters' values of a point as text beside it.
Json stored_trial_json(const StoredTrial& stored) {
  const Json detail = Json::parse(stored.detail, nullptr, false);
  return trial_json(stored.trial, detail.is_object() && detail.contains("point") ? detail["point"] : Json::object());
}

StoredStudy read(const Store& store, const std::string& path) {
  const StudyRecord& record = store.record();
  StoredStudy study;
  const Json header = parse(record, "header");
  ResultParts parts;
  parts.baseline = parse(record, "baseline");
  parts.baseline_free = parse(record, "baseline_free");
  double best = 0.0;
  if (record.information.count("start") != 0 && parts.baseline_free.is_object()) {
    parts.best = parts.baseline_free;
    best = parts.best["objective"].get<double>();
  }
  std::vector<Trial> trials;
  for (const StoredTrial& stored : store.trials()) {
    trials.push_back(stored.trial);
    Json trial = stored_trial_json(stored);
    const std::string outcome = trial["outcome"].get<std::string>();
    ++parts.trials;
    if (outcome == "feasible")
      ++parts.feasible;
    else if (outcome == "pruned")
      ++parts.pruned;
    else
      ++parts.infeasible[stored.trial.reason];
    parts.seconds += stored.seconds;
    if (outcome == "feasible" && (best <= 0.0 || stored.trial.metrics.at("objective") < best)) {
      const Json detail = Json::parse(stored.detail, nullptr, false);
      if (detail.is_object() && detail.contains("layers")) {
        parts.best = detail;
        best = stored.trial.metrics.at("objective");
      }
    }
    trial["seconds"] = json_number(stored.seconds);
    study.trials.push_back(std::move(trial));
  }
  const Json ending = parse(record, "result");
  parts.stopped = "running or cut off";
  if (ending.is_object()) {
    parts.stopped = ending["stopped"].get<std::string>();
    parts.lower_bound = ending["lower_bound"].is_number() ? ending["lower_bound"].get<double>() : 0.0;
    parts.proven = ending["proven"].get<bool>();
    if (const Json tried = ending.value("tried_lower_bound", Json(nullptr)); tried.is_number())
      parts.tried_lower_bound = tried.get<double>();
    parts.closest = ending.value("closest", Json(nullptr));
    parts.none_keeps = ending.value("none_keeps", false);
    parts.proof = ending.value("proof", Json(nullptr));
    if (ending.contains("best") && ending["best"].is_object()) parts.best = ending["best"];
    parts.seconds = ending["seconds"].is_number() ? ending["seconds"].get<double>() : parts.seconds;
  }
  if (!header.is_object())
    throw StorageError(path + ": this store holds no co-design study (kind: " +
                       (record.identity.count("kind") != 0 ? record.identity.at("kind") : "unknown") + ")");
  for (const Json& name : header["parameters"]) study.parameters.push_back(name.get<std::string>());
  parts.review = review_json(parts.best, study.trials, study.parameters);
  study.result = compose_result(header, parts);
  study.calibration = calibrate_surrogate(trials);
  return study;
}

}  // namespace

// A store whose texts are not what this program writes is damaged, or of another program.
StoredStudy stored_study(const Store& store, const std::string& name) {
  try {
    return read(store, name);
  } catch (const Json::exception& error) {
    throw StorageError(name + ": the store cannot be read: " + error.what());
  } catch (const std::out_of_range&) {
    throw StorageError(name + ": the store cannot be read: a trial lacks a metric");
  }
}

std::string kept_result(const Json& result) {
  return Json{{"best", result["best"]},
              {"lower_bound", result["lower_bound"]},
              {"proven", result["proven"]},
              {"tried_lower_bound", result["tried_lower_bound"]},
              {"stopped", result["stopped"]},
              {"closest", result.value("closest", Json(nullptr))},
              {"none_keeps", result.value("none_keeps", false)},
              {"proof", result.value("proof", Json(nullptr))},
              {"seconds", result["seconds"]}}
      .dump();
}

Json calibration_json(const SurrogateCalibration& calibration) {
  Json list = Json::array();
  for (const PredictedTrial& trial : calibration.trials) {
    list.push_back({{"id", trial.id},
                    {"observed", json_number(trial.observed)},
                    {"predicted", json_number(trial.predicted)},
                    {"low", json_number(trial.low)},
                    {"high", json_number(trial.high)}});
  }
  return list;
}

std::string study_page(const StoredStudy& study, const Json& work) {
  return html_page({{"result", study.result},
                    {"trials", study.trials},
                    {"work", work},
                    {"calibration", calibration_json(study.calibration)},
                    {"calibration_coverage", json_number(study.calibration.coverage)},
                    {"calibration_explained", json_number(study.calibration.explained)}});
}

}  // namespace dovetail
