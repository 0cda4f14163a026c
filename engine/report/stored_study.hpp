// A co-design study as its record tells it: what every report of it is made from.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/report/surrogate_check.hpp>

namespace dovetail {

/// No network, family or evaluator is needed to read it; the study may be finished, running or cut off.
struct StoredStudy {
  nlohmann::ordered_json result;                                    ///< as of result_json
  nlohmann::ordered_json trials = nlohmann::ordered_json::array();  ///< as of trial_json, with `seconds`
  std::vector<std::string> parameters;
  SurrogateCalibration calibration;
};

/// `name` stands for the store in messages. Throws StorageError where it holds another kind of record, or a damaged
/// one.
StoredStudy stored_study(const Store& store, const std::string& name);

/// What a store keeps of a result, beside its trials: the record's information `result`.
std::string kept_result(const nlohmann::ordered_json& result);

/// The predictions of a calibration, one object per trial.
nlohmann::ordered_json calibration_json(const SurrogateCalibration& calibration);

/// A study as one self-contained HTML page.
/// `work`: what remote workers do for it, null where nothing is remote.
std::string study_page(const StoredStudy& study, const nlohmann::ordered_json& work = nullptr);

}  // namespace dovetail
