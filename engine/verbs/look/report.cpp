// report: what a store knows, of a finished, a running or a cut-off study.
#include <dovetail/engine/verbs/look/report.hpp>

#include <algorithm>

#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/report/explore/exploration_report.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/stored_study.hpp>
#include <dovetail/engine/report/study_page.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/report/work_report.hpp>

namespace dovetail::verbs {
namespace {

// What remote workers do for the study; null: nothing is remote.
Json work_of(const Store& store) {
  const auto work = work_state(store);
  return work ? work_json(*work) : Json(nullptr);
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
  return "\nConvergence (trials that were better than all before; seconds of evaluation, summed)\n" + table.text(2);
}

std::string calibration_text(const SurrogateCalibration& calibration) {
  if (calibration.trials.empty()) return "";
  return fmt::format(
      "\nSurrogate: predicted from all others, {} of {} trials lie in their 90 % interval; {} of the "
      "variance "
      "of the logarithm of the objective is explained\n",
      percent(calibration.coverage), calibration.trials.size(), percent(std::max(0.0, calibration.explained)));
}

// A page that its browser loads again.
std::string reloading(std::string page, double every_s) {
  const std::size_t at = page.find("<meta name=");
  if (at != std::string::npos)
    page.insert(at, fmt::format("<meta http-equiv=\"refresh\" content=\"{:.0f}\">\n", std::max(1.0, every_s)));
  return page;
}

// A search over networks.
Answer report_exploration(const Store& store, const ReportOptions& options, const Asking& asking) {
  const StoredExploration study = stored_exploration(store);
  Answer out;
  if (asking.dry_run) {
    out.say("{} trials would be reported", study.trials.size());
  } else if (options.page) {
    out.text = exploration_page(study.result, study.trials);
  } else if (asking.format == "csv") {
    out.text = exploration_csv(study.trials, study.parameters);
  } else if (asking.as_text()) {
    out.say("{}\nstatus: {}\n", exploration_text(study.result), study.result["stopped"].get<std::string>());
  } else {
    out.record = study.result;
    out.record["trial_table"] = study.trials;
    out.lines.emplace(study.trials.begin(), study.trials.end());
  }
  return out;
}

}  // namespace

const Record<ReportOptions>& report_table() {
  static const Record<ReportOptions> table =
      Record<ReportOptions>("options", "The form of the report.")
          .optional("page", &ReportOptions::page, "one self-contained HTML page, as a text, in place of the record");
  return table;
}

LivePage live_page(const std::string& address, std::optional<double> every_s) {
  const std::unique_ptr<Store> store = read_store(address);
  LivePage page;
  if (is_exploration(*store)) {
    const StoredExploration study = stored_exploration(*store);
    page.text = exploration_page(study.result, study.trials);
  } else {
    page.text = study_page(stored_study(*store, address), work_of(*store));
  }
  page.ended = store->record().information.count("result") > 0;
  if (every_s && !page.ended) page.text = reloading(std::move(page.text), *every_s);
  return page;
}

Answer report(const std::string& address, const ReportOptions& options, const Asking& asking) {
  const std::unique_ptr<Store> store = read_store(address);
  tell_notes(asking, store->notes());
  if (is_exploration(*store)) return report_exploration(*store, options, asking);
  const StoredStudy study = stored_study(*store, address);
  Answer out;
  if (asking.dry_run) {
    out.say("{} trials would be reported", study.trials.size());
    return out;
  }
  if (options.page) {
    if (!html_charts_available()) asking.note("warning: built without the chart library: the page has tables only\n");
    out.text = study_page(study, work_of(*store));
    return out;
  }
  const Json work = work_of(*store);
  if (asking.format == "csv") {
    out.text = trials_csv(study.trials, study.parameters);
  } else if (asking.as_text()) {
    out.say("{}{}{}{}\nstatus: {}\n", result_text(study.result), convergence_text(study),
            calibration_text(study.calibration), work_text(work), study.result["stopped"].get<std::string>());
  } else {
    out.record = study.result;
    out.record["trial_table"] = study.trials;
    out.record["calibration"] = {{"coverage_90", json_number(study.calibration.coverage)},
                                 {"explained", json_number(study.calibration.explained)},
                                 {"trials", calibration_json(study.calibration)}};
    if (!work.is_null()) out.record["work"] = work;
    out.lines.emplace(study.trials.begin(), study.trials.end());
  }
  return out;
}

}  // namespace dovetail::verbs
