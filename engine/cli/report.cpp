// dovetail report: what a store knows, of a finished, a running or a cut-off study.

#include <chrono>
#include <thread>

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
#include "remote.hpp"
#include "signals.hpp"
#include "work_report.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string store, html;
  double every_s = 0.0;
};

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

// A page that its browser loads again.
std::string reloading(std::string page, double every_s) {
  const std::size_t at = page.find("<meta name=");
  if (at != std::string::npos)
    page.insert(at, fmt::format("<meta http-equiv=\"refresh\" content=\"{:.0f}\">\n", std::max(1.0, every_s)));
  return page;
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

// The page of what the store has now. Whether the study has ended.
bool write_page(const Options& options, bool refresh) {
  const std::unique_ptr<Store> store = read_store(options.store);
  std::string page;
  if (is_exploration(*store)) {
    const StoredExploration study = stored_exploration(*store);
    page = exploration_page(study.result, study.trials);
  } else {
    page = study_page(stored_study(*store, options.store), work_of(*store));
  }
  const bool ended = store->record().information.count("result") > 0;
  if (refresh && !ended) page = reloading(std::move(page), options.every_s);
  write_file("", options.html, page);
  return ended;
}

// Keeps the page current until the study has ended.
int keep_page(const Options& options) {
  using Clock = std::chrono::steady_clock;
  warn("{} is kept current every {} s; Ctrl-C ends that\n", options.html, options.every_s);
  for (;;) {
    const Clock::time_point start = Clock::now();
    if (write_page(options, true)) {
      warn("the study has ended; wrote {}\n", options.html);
      return exit_done;
    }
    while (std::chrono::duration<double>(Clock::now() - start).count() < options.every_s) {
      if (interrupted()) return interrupt_exit_code();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

int run(const CLI::App& command, const Options& options, const Common& common) {
  if (!options.html.empty() && command.count("--format") > 0)
    throw UsageError("--html writes a page and nothing else: leave out --format");
  refuse_unless(!options.html.empty(), command, {"--every"}, "--html, the page that it keeps current");
  const std::unique_ptr<Store> store = read_store(options.store);
  print_notes(store->notes());
  if (options.every_s > 0.0 && !common.dry_run) return keep_page(options);
  if (is_exploration(*store)) return report_exploration(*store, options, common);
  const StoredStudy study = stored_study(*store, options.store);
  if (common.dry_run) {
    say("{} trials would be reported{}\n", study.trials.size(),
               options.html.empty() ? "" : " in " + options.html);
    return exit_done;
  }
  if (!options.html.empty()) {
    if (!html_charts_available())
      warn("warning: built without the chart library: the page has tables only\n");
    write_page(options, false);
    warn("wrote {}\n", options.html);
    return exit_done;
  }
  const Json work = work_of(*store);
  if (common.format == "csv") {
    say("{}", trials_csv(study.trials, study.parameters));
  } else if (common.format == "text") {
    say("{}{}{}{}\nstatus: {}\n", result_text(study.result), convergence_text(study),
               calibration_text(study.calibration), work_text(work), study.result["stopped"].get<std::string>());
  } else if (common.format == "jsonl") {
    for (const Json& trial : study.trials) print_json(common, trial);
  } else {
    Json json = study.result;
    json["trial_table"] = study.trials;
    json["calibration"] = {{"coverage_90", json_number(study.calibration.coverage)},
                           {"explained", json_number(study.calibration.explained)},
                           {"trials", calibration_json(study.calibration)}};
    if (!work.is_null()) json["work"] = work;
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
  command->add_option("store", options->store, "Store written by `optimize --store`: a file, or postgresql://HOST/DATABASE#STUDY")
      ->required()
      ->type_name("STORE");
  command->add_option("--html", options->html, "Write one self-contained page to this file")
      ->type_name("FILE");
  command
      ->add_option("--every", options->every_s,
                   "Write the page of --html again every so many seconds until the study has ended; a browser that has it open "
                   "follows")
      ->transform(seconds_word())
      ->check(CLI::Range(0.1, 1e6))
      ->type_name("SECONDS");
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
