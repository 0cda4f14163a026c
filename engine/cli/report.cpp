// dovetail report: what a store knows, of a finished, a running or a cut-off study.

#include <fmt/format.h>

#include <dovetail/engine/record/store.hpp>
#include <dovetail/engine/report/evaluation_json.hpp>
#include <dovetail/engine/report/exploration_report.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/stored_study.hpp>
#include <dovetail/engine/report/study_page.hpp>
#include <dovetail/engine/report/table.hpp>

#include "command.hpp"
#include "notes.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string store, html;
};

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
  const std::unique_ptr<Store> store = read_store(options.store);
  if (is_exploration(*store)) return report_exploration(*store, options, common);
  print_notes(store->notes());
  const StoredStudy study = stored_study(*store, options.store);
  if (common.dry_run) {
    say("{} trials would be reported{}\n", study.trials.size(),
               options.html.empty() ? "" : " in " + options.html);
    return exit_done;
  }
  if (!options.html.empty()) {
    if (!html_charts_available())
      warn("warning: built without the chart library: the page has tables only\n");
    write_file("", options.html, study_page(study));
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
