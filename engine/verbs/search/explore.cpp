// Searches over networks (see the header).
#include <dovetail/engine/verbs/search/explore.hpp>

#include <dovetail/engine/explore/exploration_record.hpp>
#include <dovetail/engine/report/explore/exploration_report.hpp>
#include <dovetail/engine/report/explore/system_report.hpp>
#include <dovetail/engine/report/text/duration.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/verbs/search/trial_progress.hpp>

namespace dovetail::verbs {
namespace {

Json trials_json(const Exploration& exploration, const ExplorationResult& result) {
  Json trials = Json::array();
  for (const Trial& trial : result.trials) trials.push_back(exploration_trial_json(exploration, trial));
  return trials;
}

void say_unreachable(const ExplorationResult& result, Answer& out) {
  const Unreachable& found = *result.unreachable;
  if (!found.layer.empty()) {
    out.fail(End::infeasible, "{}: error: no feasible design: {}\n", to_string(found.where), found.layer);
  } else if (found.limit == nullptr) {
    out.fail(End::infeasible, "error: no feasible design: each limit can be met, {}\n",
             found.proven ? "but not all together" : "but none was found that meets all together");
  } else if (found.limit->follows) {
    out.fail(End::infeasible, "error: no feasible design: {} cannot be met: no schedule of {} is below {:.6g}\n",
             found.limit->text, found.proven ? "any candidate" : "the candidates that were looked at", found.nearest);
  } else {
    out.fail(End::infeasible, "error: no feasible design: {} cannot be met: the {} value {} is {:.6g}\n",
             found.limit->text, found.limit->spec.max ? "least" : "largest",
             found.proven ? "of all candidates" : "of those that were found", found.nearest);
  }
}

std::vector<OutputFile> exploration_files(const Exploration& exploration, const ExplorationResult& result,
                                          const Json& json) {
  std::vector<OutputFile> files;
  files.push_back({"result.json", json.dump(2) + "\n"});
  files.push_back({"result.txt", exploration_text(json)});
  files.push_back({"trials.csv", exploration_csv(trials_json(exploration, result), exploration.space().names())});
  if (!json["best"].is_object()) return files;
  if (const std::string designs = design_lines(exploration, *result.best); !designs.empty())
    files.push_back({"designs.jsonl", designs});
  if (json["best"].contains("system") && json["best"]["system"].is_object()) {
    const Json& system = json["best"]["system"];
    files.push_back({"placement.json", system["placement"].dump(2) + "\n"});
    for (const Json& machine : system["machines"])
      files.push_back({fmt::format("machine_{}.yaml", machine["slot"].get<int>()), to_yaml(machine["architecture"])});
  }
  for (const Json& network : json["best"]["networks"])
    files.push_back(
        {network.contains("task") ? fmt::format("network_{}.yaml", network["task"].get<std::string>()) : "network.yaml",
         to_yaml(network["workload"])});
  return files;
}

void say_result(const ExplorationResult& result, const Json& json, Answer& out) {
  out.say("{}", exploration_text(json));
  out.say("\ntime: {}{}\n", duration(result.seconds),
          result.stopped == "trials" ? "" : ", ended by: " + result.stopped);
  if (json.contains("slow_stage") && json["slow_stage"]["ran"].get<double>() > 0) {
    const double ran = json["slow_stage"]["ran"].get<double>(),
                 before = json["slow_stage"]["stopped_before"].get<double>();
    out.say("{} of work in trials that reached the stage {}", duration(result.slow_seconds),
            json["slow_stage"]["name"].get<std::string>());
    out.say("{}\n", before > 0 ? fmt::format("; stopping {:.0f} before it saved about {} at their mean", before,
                                             duration(before * result.slow_seconds / ran))
                               : "");
  }
  if (result.refused > 0 && result.slow_stage >= 0)
    out.say("known limits refused {} more candidates before they were suggested\n", result.refused);
}

}  // namespace

Answer explore_plan(const Exploration& exploration, const Asking& asking) {
  Answer out;
  const SpaceSize size = exploration.candidates().count();
  Json json = exploration_header(exploration);
  if (exploration.candidates().system) json["system"] = system_plan_json(exploration);
  json["points"] = json_number(size.feasible);
  json["exact"] = size.exact;
  json["stages"] = Json::array();
  for (const auto& stage : exploration.stages())
    json["stages"].push_back(
        {{"name", stage->name()}, {"metrics", stage->metrics()}, {"expected_seconds", stage->expected_seconds()}});
  json["trials"] = exploration.study().trials;
  if (!asking.as_text()) return answer(std::move(json));
  out.say("space: {} candidates ({}), {} parameters\n", short_number(size.feasible),
          size.exact ? "counted" : "estimated", json["parameters"].size());
  if (json.contains("system")) out.say("{}", system_plan_text(json["system"]));
  for (const Json& stage : json["stages"]) {
    std::string names;
    for (const Json& name : stage["metrics"]) names += " " + name.get<std::string>();
    out.say("stage {}:{}\n", stage["name"].get<std::string>(), names);
  }
  for (const Json& spec : json["specs"])
    out.say("limit {}: {}\n", spec["spec"].get<std::string>(),
            spec["known"].get<bool>() ? "holds by construction" : "learned");
  out.say("{} trials, designer {}\n", exploration.study().trials, exploration.study().designer);
  return out;
}

Answer explore(const ExplorationStudy& study, bool resume, const QueueOf& queue_of, const Asking& asking) {
  const Exploration exploration(study);
  if (asking.dry_run) return explore_plan(exploration, asking);
  std::unique_ptr<Store> store;
  const std::string path = study.store;
  if (!path.empty())
    store = open_store(path, exploration.record(asking.command, DOVETAIL_VERSION), resume);
  else if (resume)
    throw UsageError("--resume continues a store: name it with --store FILE");
  const std::unique_ptr<Queue> queue = queue_of ? queue_of(exploration, store.get()) : nullptr;
  ExplorationOptions options;
  options.threads = asking.threads;
  options.store = store.get();
  options.queue = queue.get();
  options.interrupted = asking.stop;
  options.progress = [&](const ExplorationProgress& state) {
    tell_trials(asking, state.done, state.total, state.seconds,
                "best " + (state.best ? fmt::format("{:.6g}", *state.best) : "none"));
  };
  const ExplorationResult result = run(exploration, options);
  Json json = exploration_json(exploration, result);
  if (exploration.candidates().system) {
    json["system"] = system_plan_json(exploration);
    for (const std::string& remark : system_remarks(exploration)) json["remarks"].push_back(remark);
  }
  if (store) store->put_information("result", json.dump());
  Answer out;
  if (asking.as_text())
    say_result(result, json, out);
  else if (asking.format == "csv")
    out.text = exploration_csv(trials_json(exploration, result), exploration.space().names());
  if (asking.files) out.files = exploration_files(exploration, result, json);
  if (out.text.empty()) out.record = std::move(json);
  if (result.stopped == "interrupt")
    out.fail(End::interrupted, "interrupted after {} trials{}\n", result.trials.size(),
             path.empty() ? "" : "; continue with --resume");
  else if (result.unreachable)
    say_unreachable(result, out);
  else if (!result.best)
    out.fail(result.stopped == "time" ? End::limit : End::infeasible, "error: no feasible design{}\n",
             result.stopped == "time" ? " within the time" : "");
  else if (result.stopped == "time")
    out.end = End::limit;
  return out;
}

}  // namespace dovetail::verbs
