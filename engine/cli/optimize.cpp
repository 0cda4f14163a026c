// dovetail optimize: the co-design of an accelerator and the mappings of its networks.
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/codesign/joint_search.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/report/evaluation_json.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/stored_study.hpp>
#include <dovetail/engine/report/table.hpp>
#include <dovetail/workloads/text/printable.hpp>
#include <dovetail/engine/study/presets.hpp>

#include "command.hpp"
#include "explore.hpp"
#include "notes.hpp"
#include "remote.hpp"
#include "search_options.hpp"
#include "signals.hpp"
#include "simulator.hpp"
#include "study_options.hpp"
#include "terminal.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options : StudyOptions {
  std::string preset;
  bool resume = false;
  std::int64_t joint = 0;
  RemoteOptions remote;
};

// What would be searched, without searching.
int print_plan(Study study, const Common& common) {
  const std::string simulator = std::exchange(study.evaluator, "");  // a plan runs nothing of the user's
  const Codesign codesign(std::move(study));
  const SpaceSize size = codesign.space().count();
  if (size.feasible == 0.0) {
    const auto closure = codesign.space().closure();
    warn("error: no hardware point satisfies the constraints{}\n",
               closure ? "; the space is closed by: " + closure->constraint : "");
    return exit_infeasible;
  }
  // One evaluation near the hand design tells how long a trial takes, and in how much memory.
  const auto start = std::chrono::steady_clock::now();
  const auto design = codesign.evaluate(codesign.nearest_to_hand(), Codesign::Dataflow::free,
                                        {common.threads, 0.0, interrupted, false});
  if (!design) return interrupt_exit_code();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::int64_t trials = codesign.study().trials;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double points =
      std::min(static_cast<double>(trials), 2000.0);  // the surrogate keeps no larger matrix
  const double memory_mb = static_cast<double>(usage.ru_maxrss) / 1024.0 + 4.0 * 8.0 * points * points / 1e6;
  if (common.format != "text") {
    print_json(common, {{"points", json_number(size.points)},
                        {"feasible", json_number(size.feasible)},
                        {"feasible_low", json_number(size.feasible_low)},
                        {"feasible_high", json_number(size.feasible_high)},
                        {"feasible_share", json_number(size.share)},
                        {"exact", size.exact},
                        {"unique_layers", codesign.unique_layers()},
                        {"trials", trials},
                        {"seconds_per_trial", json_number(seconds)},
                        {"estimated_seconds", json_number(seconds * static_cast<double>(trials))},
                        {"estimated_without", simulator.empty() ? Json(nullptr) : Json("evaluator")},
                        {"estimated_memory_mb", json_number(std::round(memory_mb))},
                        {"hand_design_feasible", design->feasible()}});
    return exit_done;
  }
  say("space: {} points, {} feasible, a share of {:.2g}{}\n", short_number(size.points),
             short_number(size.feasible), size.share,
             size.exact ? " (counted)"
                        : fmt::format(" (estimated, {} to {})", short_number(size.feasible_low),
                                      short_number(size.feasible_high)));
  say(
      "{} distinct layer{} per trial, {} trials: about {} if none is pruned and each takes as long as the "
      "machine "
      "nearest to the hand design ({}); about {:.0f} MB\n",
      codesign.unique_layers(), codesign.unique_layers() == 1 ? "" : "s", trials,
      duration(seconds * static_cast<double>(trials)), duration(seconds), memory_mb);
  if (!simulator.empty())
    say("the evaluator is not started for this: the time of {} comes on top\n", printable_word(simulator));
  if (!design->feasible()) say("that machine is not feasible: {}\n", design->reason);
  say("parameters:");
  for (const Parameter& parameter : codesign.space().parameters()) say(" {}", parameter.name);
  say("\n");
  return exit_done;
}

void write_files(const Codesign& codesign, const CodesignResult& result, const Json& json,
                 const std::string& directory) {
  write_file(directory, "result.json", json.dump(2) + "\n");
  write_file(directory, "result.txt", result_text(json));
  Json trials = Json::array();
  for (const Trial& trial : result.trials) trials.push_back(trial_json(codesign, trial));
  write_file(directory, "trials.csv", trials_csv(trials, codesign.space().names()));
  if (result.best) write_file(directory, "mappings.txt", nests_text(*result.best));
  if (result.baseline && result.baseline->mapped)
    write_file(directory, "hand_mappings.txt", nests_text(*result.baseline));
}

CodesignResult run_joint(const Codesign& codesign, std::int64_t evaluations, Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const auto out_of_time = [&] {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    return codesign.study().time_s && spent.count() > *codesign.study().time_s;
  };
  JointOptions options;
  options.evaluations = evaluations;
  options.interrupted = [&] { return interrupted() || out_of_time(); };
  options.progress = [&](std::int64_t done, double best) {
    progress.show(static_cast<double>(done), static_cast<double>(evaluations),
                  fmt::format("{}/{} evaluations  best {:.4e}", done, evaluations, best));
  };
  CodesignResult result = joint_search(codesign, options);
  if (result.stopped == "interrupt" && !interrupted()) result.stopped = "time";
  return result;
}

int run(const CLI::App& command, const Options& options, const Common& common) {
  if (const auto exploration = make_exploration_study(command, options, options.preset, common)) {
    if (options.joint > 0 || exploration->prove)
      throw UsageError("--joint and --prove are of studies whose networks are given");
    return run_exploration(*exploration, options.resume, common, [&](const Exploration& bound, Store* store) {
      return remote_queue(command, options.remote, *exploration, exploration_words(command, options, options.preset, common), bound,
                          store);
    });
  }
  const Study study = make_study(command, options, common);
  if (common.dry_run) return print_plan(study, common);
  Simulators simulators;
  const Codesign codesign(study, simulators.get(study));
  if (options.joint > 0 && (!codesign.study().store.empty() || codesign.study().prove))
    throw UsageError("--joint keeps no store and proves nothing: leave out --store and --prove");
  if (options.joint > 0 && options.remote.workers == "remote")
    throw UsageError("--joint has no trials that workers could evaluate: leave out --workers");
  std::unique_ptr<Store> store;
  const std::string path = codesign.study().store;
  if (!path.empty())
    store = open_store(path, codesign.record(common.command_line, DOVETAIL_VERSION), options.resume);
  else if (options.resume)
    throw UsageError("--resume continues a store: name it with --store FILE");
  const std::unique_ptr<Queue> queue = remote_queue(command, options.remote, study, codesign, store.get());

  Progress progress;
  CodesignOptions run_options;
  run_options.threads = common.threads;
  run_options.store = store.get();
  run_options.queue = queue.get();
  run_options.interrupted = interrupted;
  run_options.progress = [&](const CodesignProgress& state) {
    const double rate = state.seconds > 0 ? static_cast<double>(state.done) / state.seconds : 0;
    const double left = rate > 0 ? static_cast<double>(state.total - state.done) / rate : 0;
    progress.show(static_cast<double>(state.done), static_cast<double>(state.total),
                  fmt::format("{}/{} trials  {:.2g}/s  best {}  mapping gap {}  {} left", state.done,
                              state.total, rate, state.best > 0 ? fmt::format("{:.4e}", state.best) : "none",
                              state.gap < 1 ? percent(state.gap) : "-", duration(left)));
  };
  const CodesignResult result =
      options.joint > 0 ? run_joint(codesign, options.joint, progress) : dovetail::run(codesign, run_options);
  progress.clear();
  if (store) print_notes(store->notes());
  print_notes(result.notes);
  simulators.report();
  Json json = result_json(codesign, result);
  if (options.joint > 0) json["designer"] = json["mapper"] = "joint";
  if (store)
    store->put_information("result", kept_result(json));

  if (common.format == "text") {
    say("{}", result_text(json));
    say("\ntime: {}{}\n", duration(result.seconds),
               result.stopped == "trials" ? "" : ", ended by: " + result.stopped);
  } else if (common.format == "csv") {
    Json trials = Json::array();
    for (const Trial& trial : result.trials) trials.push_back(trial_json(codesign, trial));
    say("{}", trials_csv(trials, codesign.space().names()));
  } else {
    print_json(common, json);
  }
  if (!common.out.empty()) write_files(codesign, result, json, common.out);
  if (result.stopped == "interrupt") {
    warn("interrupted after {} trials{}\n", result.trials.size(),
               path.empty() ? "" : "; continue with --resume");
    return interrupt_exit_code();
  }
  if (!result.best) {
    warn("error: no feasible design{}\n", result.stopped == "time" ? " within the time" : "");
    if (const auto closure = codesign.space().closure())
      warn("the space is closed by: {}\n", closure->constraint);
    return result.stopped == "time" ? exit_limit : exit_infeasible;
  }
  return result.stopped == "time" ? exit_limit : exit_done;
}

}  // namespace

void add_optimize(CLI::App& app, Common& common, Action& action) {
  CLI::App* command =
      add_subcommand(app, common, "optimize",
                     "Searches the accelerator of a family, and the mapping of every layer on it, with the "
                     "best objective within your limits.",
                     "dovetail optimize --workload resnet18 --family eyeriss --trials 40 --store r18.db\n"
                     "  dovetail optimize study.yaml --set 'specs.area_um2=4e6' --resume --store r18.db",
      {.formats = {"text", "json", "jsonl", "csv"}, .seed = true, .threads = true, .out = true, .set = true});
  const auto options = std::make_shared<Options>();
  add_study_options(*command, *options);
  command
      ->add_option("--preset", options->preset,
                   "A published system as a study; STUDY and --set change it, --set variant=paper is its own strategy")
      ->check(CLI::IsMember(preset_names()));
  command->add_flag("--resume", options->resume,
                    "Continue the study in --store; a missing or empty store starts");
  add_remote_options(*command, options->remote);
  command
      ->add_option("--joint", options->joint,
                   "Choose hardware and mappings together instead of nesting them, with at most so many "
                   "evaluations of mappings: for a model or simulator that is expensive to ask")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000000}))
      ->type_name("EVALUATIONS");
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
