// dovetail map: the best mapping of every layer on one machine, with its proven bound.
#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/accelerators/export/timeloop_design.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/map/exact/uneven_mapper.hpp>
#include <dovetail/engine/map/mapper.hpp>
#include <dovetail/engine/map/network/second_opinion.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/report/cycle_report.hpp>
#include <dovetail/engine/report/evaluation_json.hpp>
#include <dovetail/engine/report/idle_price.hpp>
#include <dovetail/engine/report/map_json.hpp>
#include <dovetail/engine/report/report.hpp>
#include <dovetail/engine/report/table.hpp>
#include <dovetail/engine/tiles/tile_family.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/export/timeloop_problem.hpp>
#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/spaces/mapping/timeloop_rules.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/parallel.hpp>

#include "command.hpp"
#include "import_options.hpp"
#include "map_chain.hpp"
#include "search_options.hpp"
#include "signals.hpp"
#include "simulator.hpp"
#include "terminal.hpp"
#include "tiles.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options : SearchOptions {
  std::string architecture;
  std::vector<std::string> files, workload;
  ImportOptions import;
  std::string dataflow = "free";
  std::string fusion;
  std::string placement = "even";
  double memory_mb = 0.0;
  bool front = false, nests = false, count_all = false;
};

// The operators without multiply-accumulates of the network, and their price on the machine.
struct Idle {
  std::vector<IdleGroup> groups;
  IdleWork work;
  IdlePrice price;
  bool vector_unit = false;  // that computes them
};

// A layer to be mapped, and what it is mapped on.
struct Job {
  std::string name;
  std::int64_t count = 1;
  MapRequest request;
  MapResult result;
  std::string failure;   ///< why the model that decides took no mapping
  std::string screened;  ///< how the search of the loop model ended, where another evaluator then decided
  Json cycle;           ///< of cycle_json, when the cycle model decided
};

// Rules that keep exactly what a mapping keeps.
MappingRules keep_rules(const Layer& layer, const Mapping& mapping) {
  MappingRules rules;
  const unsigned all = (1U << layer.tensors.size()) - 1U;
  for (const MappingLevel& level : mapping.levels) {
    LevelRules one;
    one.must_keep = level.keep;
    one.must_bypass = all & ~level.keep;
    rules.levels.push_back(one);
  }
  return rules;
}

// The machine of --architecture: a document, or the hand design of a family with --set hw.name=value.
struct Machine {
  Architecture architecture;
  std::optional<Family> family;
  Point point;
};

Machine read_machine(const std::string& name, const Common& common) {
  const std::vector<std::string> families = family_names();
  const bool is_family = std::find(families.begin(), families.end(), name) != families.end();
  Machine machine;
  if (!is_family && !is_family_file(name)) {
    if (!common.set.empty())
      throw UsageError("--set changes the parameters of a family; " + name + " is an architecture");
    machine.architecture = load_architecture(name);
    return machine;
  }
  std::tie(machine.family, machine.point) = family_point(name, common.set);
  machine.architecture = machine.family->instantiate(machine.point);
  return machine;
}

std::vector<Job> read_jobs(const Options& options, const Common& common, std::string& title, Idle& idle) {
  std::vector<Job> jobs;
  if (!options.files.empty()) {
    const bool timeloop = are_timeloop_documents(options.files);
    TimeloopDesign read;
    if (timeloop)
      read = read_timeloop_design(options.files);
    else if (options.files.size() == 1)
      read.design = load_design(options.files.front());
    else
      throw UsageError("map takes one design document, or the files of one Timeloop design");
    const Design& design = read.design;
    Job job;
    job.name = design.layer.name;
    job.request.layer = design.layer;
    job.request.architecture = design.architecture;
    if (options.bypass == "fixed") {
      if (!design.mapping)
        throw UsageError("--bypass fixed takes the keep sets of the document's mapping, and it has none");
      job.request.rules = keep_rules(design.layer, *design.mapping);
    } else if (timeloop) {
      Diagnostics diagnostics;
      job.request.rules = timeloop_rules(read, read.remarks, diagnostics);
      diagnostics.raise();
    }
    print_remarks(read.remarks);
    jobs.push_back(std::move(job));
    title = fmt::format("{} on {}", design.layer.name, design.architecture.name);
    return jobs;
  }
  const Imported imported = import_workload(options.workload, options.import);
  const Network& network = imported.network;
  const Machine machine = read_machine(options.architecture, common);
  if (options.bypass == "fixed" && !machine.family) {
    throw UsageError("--bypass fixed takes the keep sets of a design document or of a family; " +
                     options.architecture + " is an architecture");
  }
  if (options.dataflow == "baseline" && !machine.family)
    throw UsageError("--dataflow baseline needs a family as --architecture");
  const std::optional<VectorUnit> unit = machine.family ? std::nullopt : load_vector_unit(options.architecture);
  idle.groups = idle_groups(imported.idle);
  idle.work = idle_total(idle.groups);
  idle.price = idle_price(idle.work, machine.architecture, unit);
  idle.vector_unit = unit.has_value();
  for (const UniqueLayer& unique : unique_layers(network)) {
    Job job;
    job.name = unique.layer.name;
    job.count = unique.count;
    job.request.layer = unique.layer;
    job.request.architecture = machine.architecture;
    if (machine.family) {
      job.request.rules = options.dataflow == "baseline"
                              ? machine.family->baseline_rules(unique.layer, machine.point)
                              : machine.family->rules(unique.layer, machine.point);
    }
    jobs.push_back(std::move(job));
  }
  title = fmt::format("{} on {}", network.name, machine.architecture.name);
  return jobs;
}

// The mapper's answer, or that of another evaluator, which then decides between the mapper's mappings.
void settle(Job& job, const Evaluator* evaluator, const Options& options) {
  if (evaluator == nullptr || !job.result.mapping) return;
  const bool foreign = !options.evaluator.empty();
  Decision decision =
      decide(job.request, job.result, *evaluator,
             foreign ? Screening{options.candidates} : cycle_screening(job.request.architecture));
  if (decision.mapping && !foreign)
    job.cycle = cycle_json(job.request.layer, job.request.architecture, *decision.mapping,
                           decision.screened_objective);
  job.result.mapping = std::move(decision.mapping);
  job.result.best = std::move(decision.evaluation);
  job.result.objective = decision.objective;
  job.result.evaluations += decision.asked;
  job.failure = std::move(decision.failure);
  // The loop model's bounds hold for the cycle model on some machines; nothing is known of a user's simulator.
  if (foreign || !loop_model_bounds(job.request.architecture)) job.result.lower_bound = 0.0;
  job.screened = std::exchange(job.result.stopped, foreign ? "simulator" : "cycle model");
  job.result.proven = false;
}

Json to_json(const Job& job) {
  Json json = {{"name", job.name}, {"count", job.count}};
  json.update(dovetail::to_json(job.request, job.result));
  if (!job.screened.empty()) json["screened"] = {{"model", "loop"}, {"stopped", job.screened}};
  if (!job.failure.empty()) json["reason"] = job.failure;
  if (!job.cycle.is_null()) json["cycle"] = job.cycle;
  return json;
}

// How sure the answers are, in a word.
std::string certainty(const std::vector<Job>& jobs) {
  std::size_t proven = 0, bounded = 0, mapped = 0;
  double widest = 0.0;
  for (const Job& job : jobs) {
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
double outermost_words(const std::vector<Job>& jobs) {
  double words = 0.0;
  for (const Job& job : jobs) {
    if (!job.result.mapping || job.result.best.levels.empty()) continue;
    double one = 0.0;
    for (const TensorCounts& counts : job.result.best.levels.back().tensors)
      one += static_cast<double>(counts.reads) + static_cast<double>(counts.fills) + static_cast<double>(counts.updates);
    words += static_cast<double>(job.count) * one * static_cast<double>(job.request.architecture.levels.back().instances);
  }
  return words;
}

// The share of all words at the outermost memory that are those of operators without multiply-accumulates.
double traffic_share(const Idle& idle, const std::vector<Job>& jobs) {
  const double words = static_cast<double>(idle.work.words_read) + static_cast<double>(idle.work.words_written);
  const double all = words + outermost_words(jobs);
  return all > 0 ? words / all : 0.0;
}

Json to_json(const Idle& idle, const std::vector<Job>& jobs, bool counted) {
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

void print_idle(const Idle& idle, const std::vector<Job>& jobs, bool counted, double energy, double cycles) {
  if (idle.groups.empty()) return;
  std::int64_t count = 0;
  for (const IdleGroup& group : idle.groups) count += group.count;
  say("{} operators without multiply-accumulates: {} words read, {} written, {} operations; {} of the words at the "
             "outermost memory, {}\n",
             count, idle.work.words_read, idle.work.words_written, idle.work.operations, percent(traffic_share(idle, jobs)),
             counted ? "counted" : "left out (--count-all counts them)");
  if (!counted) return;
  const double all_energy = energy + idle.price.energy_pj, all_cycles = cycles + idle.price.cycles;
  say("they cost {:.4e} pJ and {:.0f} cycles at the outermost memory{}\nwith them: {:.4e} pJ, {:.0f} cycles, EDP {:.4e} "
             "pJ x cycles\n",
             idle.price.energy_pj, idle.price.cycles,
             idle.vector_unit ? " and at the vector unit" : "; the machine declares no vector unit, so operations cost nothing",
             all_energy, all_cycles, all_energy * all_cycles);
}

void print_text(const std::vector<Job>& jobs, const std::string& title, const Options& options, const Idle& idle,
                double seconds) {
  say("{}: {} distinct layer{}, {} mapper, objective {} ({}), {}\n\n", title, jobs.size(),
             jobs.size() == 1 ? "" : "s", options.mapper, options.objective,
             objective_unit(*parse_objective(options.objective)), certainty(jobs));
  Table table({"layer", "x", "objective", "bound", "gap", "energy pJ", "cycles", "utilization", "evaluations",
               "ended by"});
  for (const Job& job : jobs) {
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
               percent(job.result.best.utilization), fmt::format("{}", job.result.evaluations),
               job.result.stopped});
  }
  say("{}", table.text());
  double energy = 0, cycles = 0;
  bool complete = true;
  for (const Job& job : jobs) {
    complete = complete && job.result.mapping.has_value();
    energy += static_cast<double>(job.count) * job.result.best.energy_pj;
    cycles += static_cast<double>(job.count) * static_cast<double>(job.result.best.cycles);
  }
  if (complete && !jobs.empty() && (jobs.size() > 1 || jobs.front().count > 1)) {
    say("\nall layers: {:.4e} pJ, {:.0f} cycles, EDP {:.4e} pJ x cycles\n", energy, cycles,
               energy * cycles);
  }
  if (complete) print_idle(idle, jobs, options.count_all, energy, cycles);
  Json decided = Json::array();
  for (const Job& job : jobs)
    decided.push_back({{"name", job.name},
                       {"count", job.count},
                       {"objective", job.result.objective},
                       {"cycle", job.cycle}});
  if (const std::string text = disagreement_text(decided); !text.empty()) say("\n{}", text);
  if (std::any_of(jobs.begin(), jobs.end(), [](const Job& job) { return !job.screened.empty(); })) {
    const bool all = std::all_of(jobs.begin(), jobs.end(), [](const Job& job) { return job.screened == "proven"; });
    say("\nThe loop model's best mappings were given to the {}, which decides: {}; nothing is proven of others under the "
        "{}.\n",
        jobs.front().result.stopped, all ? "the loop model's optimum is proven" : "not all layers are proven under the loop model",
        jobs.front().result.stopped);
  }
  say("time: {}\n", duration(seconds));
  for (const Job& job : jobs) {
    if (!job.failure.empty()) {
      say("\n{}: {}\n", job.name, job.failure);
    } else if (!job.result.mapping && interrupted()) {
      say("\n{}: no mapping before the signal\n", job.name);
    } else if (!job.result.mapping) {
      say("\n{}: nothing fits. The nearest miss:\n", job.name);
      for (const Violation& violation : job.result.closest) say("  {}\n", to_text(violation));
    } else if (options.nests || jobs.size() == 1) {
      say("\n{}\n{}", job.name,
                 loop_nest(job.request.layer, job.request.architecture, *job.result.mapping));
    }
  }
}

// The mappings as Timeloop's: on stdout for one layer; with --out, files with problems and the machine beside them.
void write_timeloop(const std::vector<Job>& jobs, const Common& common) {
  for (const std::string& difference : timeloop_differences(jobs.front().request.architecture))
    warn("note: {}\n", difference);
  if (!common.out.empty())
    write_file(common.out, "architecture.yaml", timeloop_architecture(jobs.front().request.architecture));
  for (const Job& job : jobs) {
    if (!job.result.mapping) continue;
    const std::string text = timeloop_mapping(job.request.layer, job.request.architecture, *job.result.mapping);
    if (common.out.empty()) {
      say("{}", text);
    } else {
      write_file(common.out, file_name(job.name) + ".problem.yaml", timeloop_problem(job.request.layer));
      write_file(common.out, file_name(job.name) + ".map.yaml", text);
    }
  }
}

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void check_options(const CLI::App& command, const Options& options, const Common& common) {
  refuse_unless(!options.evaluator.empty(), command, {"--evaluator-timeout", "--candidates"}, "--evaluator");
  refuse_unless(!options.workload.empty(), command, {"--architecture", "--dataflow", "--set"},
                "--workload: a design FILE has its machine");
  refuse_unless(common.format == "text", command, {"--nests"}, "--format text");
  refuse_unless(common.format.rfind("json", 0) == 0, command, {"--front"}, "--format json, which shows it");
}

int run(const CLI::App& command, const Options& options, const Common& common) {
  check_options(command, options, common);
  if (options.files.empty() == options.workload.empty())
    throw UsageError("map needs either a design FILE or --workload with --architecture");
  if (!options.workload.empty() && options.architecture.empty())
    throw UsageError("--workload needs --architecture: a document or a family");
  const bool single = options.files.size() == 1;
  if (single && is_tile_request(options.files.front())) return map_tile_document(options.files.front(), common);
  if (!options.workload.empty() && is_tile_family(options.architecture))
    return map_tiles(import_workload(options.workload, options.import).network, options.architecture, common);
  if (single && is_chain_file(options.files.front())) return map_chain(options.files.front(), options.fusion, common);
  if (!options.fusion.empty())
    throw UsageError("--fusion reads chains of layers: documents of schema fused-chain-case/1");
  if (options.count_all && options.workload.empty())
    throw UsageError("--count-all counts the operators of a network: it goes with --workload");
  std::string title;
  Idle idle;
  std::vector<Job> jobs = read_jobs(options, common, title, idle);
  if (common.format == "timeloop" && jobs.size() > 1 && common.out.empty())
    throw UsageError(fmt::format("{} layers, and a Timeloop file holds one mapping: give --out DIR", jobs.size()));
  if (!options.evaluator.empty() && options.model != "loop")
    throw UsageError("both --evaluator and --model cycle would decide: keep one");
  Simulators simulators;
  std::shared_ptr<const Evaluator> evaluator = simulators.get(options.evaluator, options.evaluator_timeout_s);
  if (options.model == "cycle") evaluator = make_evaluator("cycle");
  const bool uneven = options.placement == "uneven";
  if (uneven && options.mapper != "exact")
    throw UsageError("--placement uneven is searched by the exact mapper; leave out --mapper " + options.mapper);
  if (uneven && (options.front || evaluator != nullptr))
    throw UsageError("--placement uneven finds one best mapping by the loop model: leave out --front, --model and --evaluator");
  const std::unique_ptr<Mapper> mapper = uneven ? std::make_unique<UnevenMapper>() : make_mapper(options.mapper);
  const auto start = std::chrono::steady_clock::now();
  for (Job& job : jobs) {
    job.request.objective = *parse_objective(options.objective);
    job.request.bypass = options.bypass == "none"    ? Bypass::none
                         : options.bypass == "fixed" ? Bypass::fixed
                                                     : Bypass::search;
    job.request.budget = options.budget;
    job.request.gap = options.gap;
    if (options.time_s > 0) job.request.time_s = options.time_s;
    if (options.memory_mb > 0) job.request.memory_mb = options.memory_mb;
    job.request.seed = common.seed;
    job.request.threads = thread_count(common.threads);
    job.request.front = options.front || evaluator != nullptr;
    job.request.stop = interrupted;
  }
  if (common.dry_run) {
    say("{}: {} distinct layer{} would be mapped by the {} mapper\n", title, jobs.size(),
               jobs.size() == 1 ? "" : "s", options.mapper);
    return exit_done;
  }
  Progress progress;
  std::mutex counting;
  std::size_t done = 0;
  double worst_gap = 0.0;
  parallel_for(jobs.size(), common.threads, [&](std::size_t i) {
    if (interrupted()) return;
    if (options.time_s > 0)  // of the whole command; who comes late still gets a mapping
      jobs[i].request.time_s = std::max(0.01 * options.time_s, options.time_s - since(start));
    jobs[i].result = mapper->map(jobs[i].request);
    settle(jobs[i], evaluator.get(), options);
    const std::lock_guard<std::mutex> lock(counting);
    ++done;
    worst_gap = std::max(worst_gap, jobs[i].result.gap());
    const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double rate = spent > 0 ? static_cast<double>(done) / spent : 0;
    progress.show(static_cast<double>(done), static_cast<double>(jobs.size()),
                  fmt::format("{}/{} layers  {:.2g}/s  last {} {:.4e}  widest gap {}  {} left", done,
                              jobs.size(), rate, jobs[i].name, jobs[i].result.objective, percent(worst_gap),
                              duration(rate > 0 ? static_cast<double>(jobs.size() - done) / rate : 0)));
  });
  progress.clear();
  simulators.report();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  bool complete = true, limited = false;
  for (const Job& job : jobs) {
    complete = complete && job.result.mapping.has_value();
    const std::string& ended = job.screened.empty() ? job.result.stopped : job.screened;
    limited = limited || ended == "time" || ended == "memory";
  }
  if (common.format == "text") {
    print_text(jobs, title, options, idle, seconds);
  } else if (common.format == "timeloop") {
    write_timeloop(jobs, common);
  } else if (common.format == "csv") {
    say(
        "layer,count,objective,lower_bound,gap,proven,energy_pj,cycles,utilization,evaluations,seconds\n");
    for (const Job& job : jobs) {
      if (!job.result.mapping) {
        say("{},{},,,,,,,,{},{}\n", csv_cell(job.name), job.count, job.result.evaluations,
                   job.result.seconds);
        continue;
      }
      say("{},{},{},{},{},{},{},{},{},{},{}\n", csv_cell(job.name), job.count, job.result.objective,
                 job.result.lower_bound, job.result.gap(), job.result.proven ? "true" : "false",
                 job.result.best.energy_pj, job.result.best.cycles, job.result.best.utilization,
                 job.result.evaluations, job.result.seconds);
    }
  } else if (common.format == "jsonl") {
    for (const Job& job : jobs) print_json(common, to_json(job));
  } else {
    Json layers = Json::array();
    for (const Job& job : jobs) layers.push_back(to_json(job));
    Json json = {{"schema", "dovetail-map/1"},
                 {"objective", options.objective},
                 {"mapper", options.mapper},
                 {"model", options.evaluator.empty() ? options.model : "external"},
                 {"layers", std::move(layers)}};
    if (!idle.groups.empty()) json["idle"] = to_json(idle, jobs, options.count_all);
    json["seconds"] = json_number(seconds);
    print_json(common, json);
  }
  if (!common.out.empty() && common.format != "timeloop") {
    for (const Job& job : jobs) {
      if (!job.result.mapping) continue;
      write_file(common.out, file_name(job.name) + ".txt",
                 loop_nest(job.request.layer, job.request.architecture, *job.result.mapping) + "\n" +
                     evaluation_text(job.request.layer, job.request.architecture, *job.result.mapping,
                                     job.result.best));
      write_file(
          common.out, file_name(job.name) + ".json",
          to_json(Design{job.name, "", job.request.layer, job.request.architecture, job.result.mapping})
                  .dump(2) +
              "\n");
    }
  }
  if (interrupted()) {
    const auto mapped = std::count_if(jobs.begin(), jobs.end(), [](const Job& job) { return job.result.mapping; });
    warn("interrupted: {} of {} layers have a mapping\n", mapped, jobs.size());
    return interrupt_exit_code();
  }
  if (!complete) {
    for (const Job& job : jobs) {
      if (job.result.mapping) continue;
      warn("error: {}: no valid mapping", job.name);
      if (!job.failure.empty()) warn("; {}", job.failure);
      for (const Violation& violation : job.result.closest) warn("; {}", to_text(violation));
      warn("\n");
    }
    return exit_infeasible;
  }
  return limited ? exit_limit : exit_done;
}

}  // namespace

void add_map(CLI::App& app, Common& common, Action& action) {
  CLI::App* command = add_subcommand(app, common, "map",
                                     "The best mapping (schedule) of every layer on one machine, with a "
                                     "lower bound of what any mapping can reach.",
                                     "dovetail map --workload resnet18 --architecture eyeriss --objective "
                                     "edp\n  dovetail map design.yaml --format json\n  dovetail map "
                                     "--workload alexnet --architecture fpga-tiles --set board=zc706",
      {.formats = {"text", "json", "jsonl", "csv", "timeloop"}, .seed = true, .threads = true, .out = true, .set = true});
  const auto options = std::make_shared<Options>();
  CLI::Option* format = command->get_option("--format");
  format->description("Form of the result on stdout; timeloop: the mapping as Timeloop's (with --out DIR also problem and machine)");
  command
      ->add_option("file", options->files,
                   "Design document (layer + architecture), or the files of a Timeloop design (problem, architecture, ERT, "
                   "constraints); its mapping, if any, is ignored. Or a fpga-tile-grid/1 document; '-' reads those as JSON "
                   "lines and answers one line each")
      ->type_name("FILE");
  command
      ->add_option("--workload", options->workload,
                   "Network: a zoo name, a file of any format, or a folder; given several times, one network in this order")
      ->allow_extra_args(false)
      ->type_name("NAME|FILE");
  add_import_options(*command, options->import);
  command
      ->add_option(
          "--architecture", options->architecture,
          "Machine: an architecture document, or a family (its hand design; --set hw.name=value changes it)")
      ->type_name("NAME|FILE");
  command
      ->add_option("--dataflow", options->dataflow,
                   "Of a family: free (whatever the machine allows) or baseline (the hand design's own)")
      ->check(CLI::IsMember({"free", "baseline"}))
      ->capture_default_str();
  command
      ->add_option("--fusion", options->fusion,
                   "Of a fused-chain-case/1 document: which results may stay on chip (default: the document's mode)")
      ->check(CLI::IsMember({"none", "homes", "bands"}));
  add_search_options(*command, *options);
  command
      ->add_option("--placement", options->placement,
                   "even: one tile per level for all tensors; uneven: in every memory each tensor has its own depth in "
                   "the memory's loops")
      ->check(CLI::IsMember({"even", "uneven"}))
      ->capture_default_str();
  command
      ->add_option("--memory", options->memory_mb,
                   "Megabytes the mapper may use; at the cap it answers with what it has")
      ->type_name("MB");
  command->add_flag("--front", options->front, "Also the Pareto front of energy and cycles of each layer");
  command->add_flag("--count-all", options->count_all,
                    "Also count operators without multiply-accumulates (softmax, additions, pooling, moves of data): their "
                    "words at the outermost memory, their operations at the machine's vector unit, if it declares one");
  command->add_flag("--nests", options->nests, "Print the loop nest of every layer");
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run(*command, *options, common); };
  });
}

}  // namespace dovetail::cli
