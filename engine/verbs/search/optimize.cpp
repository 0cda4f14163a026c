// optimize: the co-design of an accelerator and the mappings of its networks.
#include <dovetail/engine/verbs/search/optimize.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <utility>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/codesign/joint_search.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/stored_study.hpp>
#include <dovetail/engine/report/text/duration.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/study/presets.hpp>
#include <dovetail/engine/verbs/search/explore.hpp>
#include <dovetail/engine/verbs/search/trial_progress.hpp>
#include <dovetail/engine/verbs/simulator.hpp>
#include <dovetail/workloads/text/printable.hpp>

namespace dovetail::verbs {
namespace {

// What would be searched, without searching.
Answer optimize_plan(Study study, const Asking& asking) {
  Answer out;
  const std::string simulator = std::exchange(study.evaluator, "");  // a plan runs nothing of the user's
  const Codesign codesign(std::move(study));
  const SpaceSize size = codesign.space().count();
  if (size.feasible == 0.0) {
    const auto closure = codesign.space().closure();
    out.fail(End::infeasible, "error: no hardware point satisfies the constraints{}\n",
             closure ? "; the space is closed by: " + closure->constraint : "");
    return out;
  }
  // One evaluation near the hand design tells how long a trial takes, and in how much memory.
  const auto start = std::chrono::steady_clock::now();
  const auto design = codesign.evaluate(codesign.nearest_to_hand(), Codesign::Dataflow::free,
                                        {asking.threads, 0.0, asking.stop, false});
  if (!design) {
    out.end = End::interrupted;
    return out;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::int64_t trials = codesign.study().trials;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double points = std::min(static_cast<double>(trials), 2000.0);  // the surrogate keeps no larger matrix
  const double memory_mb = static_cast<double>(usage.ru_maxrss) / 1024.0 + 4.0 * 8.0 * points * points / 1e6;
  if (!asking.as_text()) {
    return answer({{"points", json_number(size.points)},
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
  }
  out.say("space: {} points, {} feasible, a share of {:.2g}{}\n", short_number(size.points),
          short_number(size.feasible), size.share,
          size.exact ? " (counted)"
                     : fmt::format(" (estimated, {} to {})", short_number(size.feasible_low),
                                   short_number(size.feasible_high)));
  out.say(
      "{} distinct layer{} per trial, {} trials: about {} if none is pruned and each takes as long as the "
      "machine "
      "nearest to the hand design ({}); about {:.0f} MB\n",
      codesign.unique_layers(), codesign.unique_layers() == 1 ? "" : "s", trials,
      duration(seconds * static_cast<double>(trials)), duration(seconds), memory_mb);
  if (!simulator.empty())
    out.say("the evaluator is not started for this: the time of {} comes on top\n", printable_word(simulator));
  if (!design->feasible()) out.say("that machine is not feasible: {}\n", design->reason);
  out.say("parameters:");
  for (const Parameter& parameter : codesign.space().parameters()) out.say(" {}", parameter.name);
  out.say("\n");
  return out;
}

std::string trials_text(const Codesign& codesign, const CodesignResult& result) {
  Json trials = Json::array();
  for (const Trial& trial : result.trials) trials.push_back(trial_json(codesign, trial));
  return trials_csv(trials, codesign.space().names());
}

std::vector<OutputFile> study_files(const Codesign& codesign, const CodesignResult& result, const Json& json) {
  std::vector<OutputFile> files;
  files.push_back({"result.json", json.dump(2) + "\n"});
  files.push_back({"result.txt", result_text(json)});
  files.push_back({"trials.csv", trials_text(codesign, result)});
  if (result.best) files.push_back({"mappings.txt", nests_text(*result.best)});
  if (result.baseline && result.baseline->mapped) files.push_back({"hand_mappings.txt", nests_text(*result.baseline)});
  return files;
}

CodesignResult run_joint(const Codesign& codesign, std::int64_t evaluations, const Asking& asking) {
  const auto start = std::chrono::steady_clock::now();
  const auto out_of_time = [&] {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    return codesign.study().time_s && spent.count() > *codesign.study().time_s;
  };
  JointOptions options;
  options.evaluations = evaluations;
  options.interrupted = [&] { return asking.stop() || out_of_time(); };
  options.progress = [&](std::int64_t done, double best) {
    if (asking.progress)
      asking.progress(static_cast<double>(done), static_cast<double>(evaluations),
                      fmt::format("{}/{} evaluations  best {:.4e}", done, evaluations, best));
  };
  CodesignResult result = joint_search(codesign, options);
  if (result.stopped == "interrupt" && !asking.stop()) result.stopped = "time";
  return result;
}

CodesignResult run_nested(const Codesign& codesign, Store* store, Queue* queue, const Asking& asking) {
  CodesignOptions options;
  options.threads = asking.threads;
  options.store = store;
  options.queue = queue;
  options.interrupted = asking.stop;
  options.progress = [&](const CodesignProgress& state) {
    tell_trials(asking, state.done, state.total, state.seconds,
                fmt::format("best {}  mapping gap {}", state.best > 0 ? fmt::format("{:.4e}", state.best) : "none",
                            state.gap < 1 ? percent(state.gap) : "-"));
  };
  return dovetail::run(codesign, options);
}

// How the search ended, and why there is no best.
void conclude_study(const Codesign& codesign, const CodesignResult& result, Answer& out) {
  const bool in_time = result.stopped != "time";
  if (result.stopped == "interrupt") {
    out.fail(End::interrupted, "interrupted after {} trials{}\n", result.trials.size(),
             codesign.study().store.empty() ? "" : "; continue with --resume");
  } else if (!result.best) {
    out.fail(in_time ? End::infeasible : End::limit, "error: no feasible design{}\n",
             in_time ? "" : " within the time");
    if (const auto closure = codesign.space().closure())
      out.fail(out.end, "the space is closed by: {}\n", closure->constraint);
  } else if (!in_time) {
    out.end = End::limit;
  }
}

Answer search(const Study& study, const OptimizeOptions& options, const Asking& asking) {
  Simulators simulators(asking);
  const Codesign codesign(study, simulators.get(study));
  const std::string& path = codesign.study().store;
  if (options.joint > 0 && (!path.empty() || codesign.study().prove))
    throw UsageError("--joint keeps no store and proves nothing: leave out --store and --prove");
  if (options.joint > 0 && !codesign.terms().plain())
    throw UsageError(
        "--joint searches mappings with one tile a level and factors that divide: leave out factors and placement");
  if (options.joint > 0 && codesign.terms().fused())
    throw UsageError("--joint asks about one layer at a time: leave out --fusion " + codesign.study().fusion);
  if (options.joint > 0 && options.remote.workers == "remote")
    throw UsageError("--joint has no trials that workers could evaluate: leave out --workers");
  std::unique_ptr<Store> store;
  if (!path.empty())
    store = open_store(path, codesign.record(asking.command, DOVETAIL_VERSION), options.resume);
  else if (options.resume)
    throw UsageError("--resume continues a store: name it with --store FILE");
  const std::unique_ptr<Queue> queue = remote_queue(options.remote, study, codesign, store.get(), asking);
  const CodesignResult result = options.joint > 0 ? run_joint(codesign, options.joint, asking)
                                                  : run_nested(codesign, store.get(), queue.get(), asking);
  if (store) tell_notes(asking, store->notes());
  tell_notes(asking, result.notes);
  simulators.report();
  Json json = result_json(codesign, result);
  if (options.joint > 0) json["designer"] = json["mapper"] = "joint";
  if (store) store->put_information("result", kept_result(json));

  Answer out;
  if (asking.as_text())
    out.say("{}\ntime: {}{}\n", result_text(json), duration(result.seconds),
            result.stopped == "trials" ? "" : ", ended by: " + result.stopped);
  else if (asking.format == "csv")
    out.text = trials_text(codesign, result);
  if (asking.files) out.files = study_files(codesign, result, json);
  if (out.text.empty()) out.record = std::move(json);
  conclude_study(codesign, result, out);
  return out;
}

}  // namespace

const Record<OptimizeOptions>& optimize_table() {
  using Options = OptimizeOptions;
  static const Record<Options> table =
      Record<Options>("options", "How a study is run.")
          .optional("preset", &Options::preset,
                    "A published system as a study; STUDY and --set change it, --set variant=paper is its own strategy",
                    one_of(preset_names()))
          .optional("resume", &Options::resume, "Continue the study in --store; a missing or empty store starts")
          .optional(
              "workers", [](Options& options) -> std::string& { return options.remote.workers; },
              "Who evaluates: the threads of this command, or `dovetail worker` on any machine (a PostgreSQL --store)",
              one_of({"local", "remote"}))
          .optional(
              "attempts", [](Options& options) -> std::optional<int>& { return options.remote.attempts; },
              "With remote workers: a trial whose worker died so often is a failed trial (default 3); raise it where "
              "machines are taken away at any time",
              between(1, 1000000))
          .optional(
              "joint", &Options::joint,
              "Choose hardware and mappings together instead of nesting them, with at most so many evaluations of "
              "mappings: for a model or simulator that is expensive to ask",
              between(0, 1e9));
  return table;
}

Answer optimize(const StudyWords& words, const OptimizeOptions& options, const Asking& asking) {
  if (const auto exploration = exploring_study(words, asking)) {
    if (options.joint > 0 || exploration->prove)
      throw UsageError("--joint and --prove are of studies whose networks are given");
    return explore(
        *exploration, options.resume,
        [&](const Exploration& bound, Store* store) {
          return remote_queue(options.remote, *exploration, exploration_words(words, asking), bound, store, asking);
        },
        asking);
  }
  const Study study = plain_study(words, asking);
  return asking.dry_run ? optimize_plan(study, asking) : search(study, options, asking);
}

}  // namespace dovetail::verbs
