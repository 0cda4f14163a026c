// dovetail report: what a store knows, of a finished, a running or a cut-off study.

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/report/design_review.hpp>
#include <dovetail/engine/report/evaluation_json.hpp>
#include <dovetail/engine/report/exploration_report.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/surrogate_check.hpp>
#include <dovetail/engine/report/table.hpp>

#include "command.hpp"
#include "html_report.hpp"
#include "notes.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string store, html;
};

// A study as its store tells it: no network, family or evaluator is needed to read it.
struct StoredStudy {
  Json result;
  Json trials = Json::array();
  std::vector<std::string> parameters;
  SurrogateCalibration calibration;
};

Json parse(const StudyRecord& record, const std::string& name) {
  const auto found = record.information.find(name);
  if (found == record.information.end()) return nullptr;
  return Json::parse(found->second, nullptr, false);
}

// A trial in the words of the report. A store keeps the parameters' values of a point as text beside it.
Json stored_trial_json(const StoredTrial& stored) {
  const Json detail = Json::parse(stored.detail, nullptr, false);
  return trial_json(stored.trial,
                    detail.is_object() && detail.contains("point") ? detail["point"] : Json::object());
}

StoredStudy read_study_store(const std::string& path) {
  const std::unique_ptr<Store> store = read_store(path);
  print_notes(store->notes());
  const StudyRecord& record = store->record();
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
  for (const StoredTrial& stored : store->trials()) {
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

// The trials that were better than all before, and how far they are below the hand design.
std::string convergence_text(const StoredStudy& study) {
  Table table({"trial", "seconds", study.result["objective"].get<std::string>(), "below hand"});
  const Json& hand = study.result["baseline"];
  const double reference = hand.is_object() ? hand["objective"].get<double>() : 0.0;
  double best = 0.0, seconds = 0.0;
  for (const Json& trial : study.trials) {
    if (trial["seconds"].is_number()) seconds += trial["seconds"].get<double>();
    if (trial["outcome"] != "feasible") continue;
    const double value = trial["metrics"]["objective"].get<double>();
    if (best > 0.0 && value >= best) continue;
    best = value;
    table.add({trial["id"].dump(), fmt::format("{:.2f}", seconds), fmt::format("{:.4e}", value),
               reference <= 0.0     ? "-"
               : value <= reference ? percent(reduction(value, reference))
                                    : fmt::format("{:.2f} x it", value / reference)});
  }
  if (table.rows() == 0) return "";
  return "\nConvergence (trials that were better than all before; seconds of evaluation, summed)\n" +
         table.text(2);
}

std::string calibration_text(const SurrogateCalibration& calibration) {
  if (calibration.trials.empty()) return "";
  return fmt::format(
      "\nSurrogate: predicted from all others, {} of {} trials lie in their 90 % interval; {} of the "
      "variance "
      "of the logarithm of the objective is explained\n",
      percent(calibration.coverage), calibration.trials.size(),
      percent(std::max(0.0, calibration.explained)));
}

// A store whose texts are not what this program writes is damaged, or of another program.
StoredStudy read_sound_store(const std::string& path) {
  try {
    return read_study_store(path);
  } catch (const Json::exception& error) {
    throw StorageError(path + ": the store cannot be read: " + error.what());
  } catch (const std::out_of_range&) {
    throw StorageError(path + ": the store cannot be read: a trial lacks a metric");
  }
}

// A search over networks.
int report_exploration(const Store& store, const Options& options, const Common& common) {
  const StoredExploration study = stored_exploration(store);
  if (common.dry_run) {
    say("{} trials would be reported{}\n", study.trials.size(),
               options.html.empty() ? "" : " in " + options.html);
  } else if (!options.html.empty()) {
    write_file("", options.html, exploration_page(study.result, study.trials));
    fmt::print(stderr, "wrote {}\n", options.html);
  } else if (common.format == "csv") {
    say("{}", exploration_csv(study.trials, study.parameters));
  } else if (common.format == "text") {
    say("{}\nstatus: {}\n", exploration_text(study.result),
               study.result["stopped"].get<std::string>());
  } else if (common.format == "jsonl") {
    for (const Json& trial : study.trials) print_json(common, trial);
  } else {
    Json json = study.result;
    json["trial_table"] = study.trials;
    print_json(common, json);
  }
  return exit_done;
}

int run(const CLI::App& command, const Options& options, const Common& common) {
  if (!options.html.empty() && command.count("--format") > 0)
    throw UsageError("--html writes a page and nothing else: leave out --format");
  if (const auto store = read_store(options.store); is_exploration(*store))
    return report_exploration(*store, options, common);
  const StoredStudy study = read_sound_store(options.store);
  if (common.dry_run) {
    say("{} trials would be reported{}\n", study.trials.size(),
               options.html.empty() ? "" : " in " + options.html);
    return exit_done;
  }
  if (!options.html.empty()) {
    if (!html_charts_available())
      warn("warning: built without the chart library: the page has tables only\n");
    write_file("", options.html,
               html_report({{"result", study.result},
                            {"trials", study.trials},
                            {"calibration", calibration_json(study.calibration)},
                            {"calibration_coverage", json_number(study.calibration.coverage)},
                            {"calibration_explained", json_number(study.calibration.explained)}}));
    warn("wrote {}\n", options.html);
    return exit_done;
  }
  if (common.format == "csv") {
    say("{}", trials_csv(study.trials, study.parameters));
  } else if (common.format == "text") {
    say("{}{}{}\nstatus: {}\n", result_text(study.result), convergence_text(study),
               calibration_text(study.calibration), study.result["stopped"].get<std::string>());
  } else if (common.format == "jsonl") {
    for (const Json& trial : study.trials) print_json(common, trial);
  } else {
    Json json = study.result;
    json["trial_table"] = study.trials;
    json["calibration"] = {{"coverage_90", json_number(study.calibration.coverage)},
                           {"explained", json_number(study.calibration.explained)},
                           {"trials", calibration_json(study.calibration)}};
    print_json(common, json);
  }
  return exit_done;
}

}  // namespace

void add_report(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(
      app, common, "report",
      "What a store knows about its study: the best design beside the hand design, bounds, every trial.\n"
      "Works on finished, running and cut-off studies. csv and jsonl give the trial table.",
      "dovetail report r18.db\n  dovetail report r18.db --format csv > trials.csv\n  dovetail report r18.db "
      "--html r18.html",
      {.formats = {"text", "json", "jsonl", "csv"}});
  const auto options = std::make_shared<Options>();
  command->add_option("store", options->store, "Store written by `optimize --store`")
      ->required()
      ->type_name("STORE");
  command->add_option("--html", options->html, "Write one self-contained page to this file")
      ->type_name("FILE");
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
