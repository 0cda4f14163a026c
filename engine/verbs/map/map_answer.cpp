// What `map` says of the layers it mapped.
#include <algorithm>

#include <dovetail/accelerators/export/timeloop_design.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/report/design/cycle_report.hpp>
#include <dovetail/engine/report/design/map_json.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/text/duration.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/verbs/map/map_jobs.hpp>
#include <dovetail/engine/verbs/named_machine.hpp>
#include <dovetail/workloads/export/timeloop_problem.hpp>

namespace dovetail::verbs {
namespace {

Json to_json(const MapJob& job) {
  Json json = {{"name", job.name}, {"count", job.count}};
  json.update(dovetail::to_json(job.request, job.result));
  if (!job.screened.empty()) json["screened"] = {{"model", "loop"}, {"stopped", job.screened}};
  if (!job.failure.empty()) json["reason"] = job.failure;
  if (!job.cycle.is_null()) json["cycle"] = job.cycle;
  return json;
}

// How sure the answers are, in a word.
std::string certainty(const std::vector<MapJob>& jobs) {
  std::size_t proven = 0, bounded = 0, mapped = 0;
  double widest = 0.0;
  for (const MapJob& job : jobs) {
    if (!job.result.mapping) continue;
    ++mapped;
    proven += job.result.proven ? 1 : 0;
    bounded += job.result.lower_bound > 0.0 ? 1 : 0;
    widest = std::max(widest, job.result.gap());
  }
  if (mapped == 0) return "no mapping";
  if (proven == jobs.size()) return "proven";
  if (bounded < mapped) return "no bound";
  return fmt::format("{} of {} proven, widest gap {}", proven, jobs.size(), percent(widest));
}

// Words that the mapped layers move at the outermost memory.
double outermost_words(const std::vector<MapJob>& jobs) {
  double words = 0.0;
  for (const MapJob& job : jobs) {
    if (!job.result.mapping || job.result.best.levels.empty()) continue;
    double one = 0.0;
    for (const TensorCounts& counts : job.result.best.levels.back().tensors)
      one +=
          static_cast<double>(counts.reads) + static_cast<double>(counts.fills) + static_cast<double>(counts.updates);
    words +=
        static_cast<double>(job.count) * one * static_cast<double>(job.request.architecture.levels.back().instances);
  }
  return words;
}

// The share of all words at the outermost memory that are those of operators without multiply-accumulates.
double traffic_share(const Idle& idle, const std::vector<MapJob>& jobs) {
  const double words = static_cast<double>(idle.work.words_read) + static_cast<double>(idle.work.words_written);
  const double all = words + outermost_words(jobs);
  return all > 0 ? words / all : 0.0;
}

Json to_json(const Idle& idle, const std::vector<MapJob>& jobs, bool counted) {
  Json operations = Json::array();
  for (const IdleGroup& group : idle.groups) {
    operations.push_back({{"operation", group.operation},
                          {"count", group.count},
                          {"unsized", group.unsized},
                          {"words_read", group.work.words_read},
                          {"words_written", group.work.words_written},
                          {"operations", group.work.operations}});
  }
  Json json = {{"counted", counted},
               {"words_read", idle.work.words_read},
               {"words_written", idle.work.words_written},
               {"operations", idle.work.operations},
               {"traffic_share", json_number(traffic_share(idle, jobs))},
               {"by_operation", operations}};
  if (counted) {
    json["vector_unit"] = idle.vector_unit;
    json["energy_pj"] = json_number(idle.price.energy_pj);
    json["cycles"] = json_number(idle.price.cycles);
  }
  return json;
}

void say_idle(Answer& out, const Idle& idle, const std::vector<MapJob>& jobs, bool counted, double energy,
              double cycles) {
  if (idle.groups.empty()) return;
  std::int64_t count = 0;
  for (const IdleGroup& group : idle.groups) count += group.count;
  out.say(
      "{} operators without multiply-accumulates: {} words read, {} written, {} operations; {} of the words at the "
      "outermost memory, {}\n",
      count, idle.work.words_read, idle.work.words_written, idle.work.operations, percent(traffic_share(idle, jobs)),
      counted ? "counted" : "left out (--count-all counts them)");
  if (!counted) return;
  const double all_energy = energy + idle.price.energy_pj, all_cycles = cycles + idle.price.cycles;
  out.say(
      "they cost {:.4e} pJ and {:.0f} cycles at the outermost memory{}\nwith them: {:.4e} pJ, {:.0f} cycles, EDP "
      "{:.4e} "
      "pJ x cycles\n",
      idle.price.energy_pj, idle.price.cycles,
      idle.vector_unit ? " and at the vector unit"
                       : "; the machine declares no vector unit, so operations cost nothing",
      all_energy, all_cycles, all_energy * all_cycles);
}

void say_mapped(Answer& out, const MapWork& work, const MapOptions& options, double seconds, const Asking& asking) {
  const auto& [jobs, title, idle] = work;
  out.say("{}: {} distinct layer{}, {} mapper, objective {} ({}), {}\n\n", title, jobs.size(),
          jobs.size() == 1 ? "" : "s", options.mapper, options.objective,
          objective_unit(*parse_objective(options.objective)), certainty(jobs));
  Table table(
      {"layer", "x", "objective", "bound", "gap", "energy pJ", "cycles", "utilization", "evaluations", "ended by"});
  for (const MapJob& job : jobs) {
    if (!job.result.mapping) {
      table.add({job.name, fmt::format("{}", job.count), "-", "-", "-", "-", "-", "-",
                 fmt::format("{}", job.result.evaluations), "no mapping"});
      continue;
    }
    table.add({job.name, fmt::format("{}", job.count), fmt::format("{:.4e}", job.result.objective),
               fmt::format("{:.4e}", job.result.lower_bound),
               job.result.proven            ? "proven"
               : job.result.lower_bound > 0 ? percent(job.result.gap())
                                            : "-",
               fmt::format("{:.4e}", job.result.best.energy_pj), fmt::format("{}", job.result.best.cycles),
               percent(job.result.best.utilization), fmt::format("{}", job.result.evaluations), job.result.stopped});
  }
  out.say("{}", table.text());
  double energy = 0, cycles = 0;
  bool complete = true;
  for (const MapJob& job : jobs) {
    complete = complete && job.result.mapping.has_value();
    energy += static_cast<double>(job.count) * job.result.best.energy_pj;
    cycles += static_cast<double>(job.count) * static_cast<double>(job.result.best.cycles);
  }
  if (complete && !jobs.empty() && (jobs.size() > 1 || jobs.front().count > 1)) {
    out.say("\nall layers: {:.4e} pJ, {:.0f} cycles, EDP {:.4e} pJ x cycles\n", energy, cycles, energy * cycles);
  }
  if (complete) say_idle(out, idle, jobs, options.count_all, energy, cycles);
  Json decided = Json::array();
  for (const MapJob& job : jobs)
    decided.push_back(
        {{"name", job.name}, {"count", job.count}, {"objective", job.result.objective}, {"cycle", job.cycle}});
  if (const std::string text = disagreement_text(decided); !text.empty()) out.say("\n{}", text);
  if (std::any_of(jobs.begin(), jobs.end(), [](const MapJob& job) { return !job.screened.empty(); })) {
    const bool all = std::all_of(jobs.begin(), jobs.end(), [](const MapJob& job) { return job.screened == "proven"; });
    out.say(
        "\nThe loop model's best mappings were given to the {}, which decides: {}; nothing is proven of others under "
        "the "
        "{}.\n",
        jobs.front().result.stopped,
        all ? "the loop model's optimum is proven" : "not all layers are proven under the loop model",
        jobs.front().result.stopped);
  }
  out.say("time: {}\n", duration(seconds));
  for (const MapJob& job : jobs) {
    if (!job.failure.empty()) {
      out.say("\n{}: {}\n", job.name, job.failure);
    } else if (!job.result.mapping && asking.stop()) {
      out.say("\n{}: no mapping before the signal\n", job.name);
    } else if (!job.result.mapping) {
      out.say("\n{}: nothing fits. The nearest miss:\n", job.name);
      for (const Violation& violation : job.result.closest) out.say("  {}\n", to_text(violation));
    } else if (options.nests || jobs.size() == 1) {
      out.say("\n{}\n{}", job.name, loop_nest(job.request.layer, job.request.architecture, *job.result.mapping));
    }
  }
}

std::string csv_of(const std::vector<MapJob>& jobs) {
  Answer out;
  out.say("layer,count,objective,lower_bound,gap,proven,energy_pj,cycles,utilization,evaluations,seconds\n");
  for (const MapJob& job : jobs) {
    if (!job.result.mapping) {
      out.say("{},{},,,,,,,,{},{}\n", csv_cell(job.name), job.count, job.result.evaluations, job.result.seconds);
      continue;
    }
    out.say("{},{},{},{},{},{},{},{},{},{},{}\n", csv_cell(job.name), job.count, job.result.objective,
            job.result.lower_bound, job.result.gap(), job.result.proven ? "true" : "false", job.result.best.energy_pj,
            job.result.best.cycles, job.result.best.utilization, job.result.evaluations, job.result.seconds);
  }
  return out.text;
}

// The mappings as Timeloop's: one text for one layer; as files, with problems and the machine beside them.
void say_timeloop(Answer& out, const std::vector<MapJob>& jobs, const Asking& asking) {
  const Architecture& machine = jobs.front().request.architecture;
  tell_notes(asking, timeloop_differences(machine));
  if (asking.files) out.files.push_back({"architecture.yaml", timeloop_architecture(machine)});
  for (const MapJob& job : jobs) {
    if (!job.result.mapping) continue;
    const std::string text = timeloop_mapping(job.request.layer, machine, *job.result.mapping);
    if (asking.files) {
      out.files.push_back({file_name(job.name) + ".problem.yaml", timeloop_problem(job.request.layer)});
      out.files.push_back({file_name(job.name) + ".map.yaml", text});
    } else {
      out.say("{}", text);
    }
  }
}

// The loop nest and the design document of every mapped layer.
std::vector<OutputFile> mapping_files(const std::vector<MapJob>& jobs) {
  std::vector<OutputFile> files;
  for (const MapJob& job : jobs) {
    if (!job.result.mapping) continue;
    const MapRequest& request = job.request;
    files.push_back({file_name(job.name) + ".txt",
                     loop_nest(request.layer, request.architecture, *job.result.mapping) + "\n" +
                         evaluation_text(request.layer, request.architecture, *job.result.mapping, job.result.best)});
    files.push_back(
        {file_name(job.name) + ".json",
         to_json(Design{job.name, "", request.layer, request.architecture, job.result.mapping}).dump(2) + "\n"});
  }
  return files;
}

Json record_of(const MapWork& work, const MapOptions& options, double seconds) {
  const auto& [jobs, title, idle] = work;
  Json layers = Json::array();
  for (const MapJob& job : jobs) layers.push_back(to_json(job));
  Json json = {{"schema", "dovetail-map/1"},
               {"objective", options.objective},
               {"mapper", options.mapper},
               {"model", options.evaluator.empty() ? options.model : "external"},
               {"layers", std::move(layers)}};
  if (!idle.groups.empty()) json["idle"] = to_json(idle, jobs, options.count_all);
  json["seconds"] = json_number(seconds);
  return json;
}

// Whether all layers have a mapping, and whether a limit ended a search.
void conclude_mapping(const std::vector<MapJob>& jobs, const Asking& asking, Answer& out) {
  const auto mapped = std::count_if(jobs.begin(), jobs.end(), [](const MapJob& job) { return job.result.mapping; });
  if (asking.stop()) {
    out.fail(End::interrupted, "interrupted: {} of {} layers have a mapping\n", mapped, jobs.size());
    return;
  }
  for (const MapJob& job : jobs) {
    const std::string& ended = job.screened.empty() ? job.result.stopped : job.screened;
    if (ended == "time" || ended == "memory") out.end = End::limit;
  }
  for (const MapJob& job : jobs) {
    if (job.result.mapping) continue;
    out.fail(End::infeasible, "error: {}: no valid mapping", job.name);
    if (!job.failure.empty()) out.error += "; " + job.failure;
    for (const Violation& violation : job.result.closest) out.error += "; " + to_text(violation);
    out.error += "\n";
  }
}

}  // namespace

Answer mapped_answer(const MapWork& work, const MapOptions& options, double seconds, const Asking& asking) {
  Answer out;
  if (asking.as_text())
    say_mapped(out, work, options, seconds, asking);
  else if (asking.format == "timeloop")
    say_timeloop(out, work.jobs, asking);
  else if (asking.format == "csv")
    out.text = csv_of(work.jobs);
  else
    out.record = record_of(work, options, seconds);
  if (asking.format == "jsonl") {
    out.lines.emplace();
    for (const MapJob& job : work.jobs) out.lines->push_back(to_json(job));
  }
  if (asking.files && asking.format != "timeloop") out.files = mapping_files(work.jobs);
  conclude_mapping(work.jobs, asking, out);
  return out;
}

}  // namespace dovetail::verbs
