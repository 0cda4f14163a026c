// map: the best mapping of every layer on one machine, with its proven bound.
#include <dovetail/engine/verbs/map/map.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <utility>

#include <dovetail/accelerators/evaluators.hpp>
#include <dovetail/engine/fuse/chain_document.hpp>
#include <dovetail/engine/map/network/second_opinion.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/report/design/cycle_report.hpp>
#include <dovetail/engine/report/text/duration.hpp>
#include <dovetail/engine/report/text/table.hpp>
#include <dovetail/engine/tiles/tile_family.hpp>
#include <dovetail/engine/verbs/map/map_chain.hpp>
#include <dovetail/engine/verbs/map/map_fusion.hpp>
#include <dovetail/engine/verbs/map/map_jobs.hpp>
#include <dovetail/engine/verbs/map/map_tiles.hpp>
#include <dovetail/engine/verbs/simulator.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail::verbs {
namespace {

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The mapper's answer, or that of another evaluator, which then decides between the mapper's mappings.
void settle(MapJob& job, const Evaluator* evaluator, const MapOptions& options) {
  if (evaluator == nullptr || !job.result.mapping) return;
  const bool foreign = !options.evaluator.empty();
  Decision decision =
      decide(job.request, job.result, *evaluator,
             foreign ? Screening{options.candidates.value_or(8)} : cycle_screening(job.request.architecture));
  if (decision.mapping && !foreign)
    job.cycle = cycle_json(job.request.layer, job.request.architecture, *decision.mapping, decision.screened_objective);
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

void complete(MapRequest& request, const MapOptions& options, bool decided_elsewhere, const Asking& asking) {
  request.objective = *parse_objective(options.objective);
  request.bypass = options.bypass == "none" ? Bypass::none : options.bypass == "fixed" ? Bypass::fixed : Bypass::search;
  request.budget = options.budget;
  request.gap = options.gap;
  if (options.time_s > 0) request.time_s = options.time_s;
  if (options.memory_mb > 0) request.memory_mb = options.memory_mb;
  request.seed = asking.seed;
  request.threads = thread_count(asking.threads);
  request.front = options.front || decided_elsewhere;
  request.stop = asking.stop;
}

// "3/7 layers …" after each of them.
class LayersDone {
 public:
  LayersDone(std::size_t total, const Asking& asking) : total_(total), asking_(asking) {}

  void add(const MapJob& job) {
    if (!asking_.progress) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    ++done_;
    worst_gap_ = std::max(worst_gap_, job.result.gap());
    const double spent = since(start_);
    const double rate = spent > 0 ? static_cast<double>(done_) / spent : 0;
    asking_.progress(static_cast<double>(done_), static_cast<double>(total_),
                     fmt::format("{}/{} layers  {:.2g}/s  last {} {:.4e}  widest gap {}  {} left", done_, total_, rate,
                                 job.name, job.result.objective, percent(worst_gap_),
                                 duration(rate > 0 ? static_cast<double>(total_ - done_) / rate : 0)));
  }

 private:
  const std::size_t total_;
  const Asking& asking_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::size_t done_ = 0;
  double worst_gap_ = 0.0;
  std::mutex mutex_;
};

Answer map_work(MapWork work, const MapOptions& options, const Asking& asking) {
  std::vector<MapJob>& jobs = work.jobs;
  if (asking.format == "timeloop" && jobs.size() > 1 && !asking.files)
    throw UsageError(fmt::format("{} layers, and a Timeloop file holds one mapping: give --out DIR", jobs.size()));
  if (!options.evaluator.empty() && options.model != "loop")
    throw UsageError("both --evaluator and --model cycle would decide: keep one");
  Simulators simulators(asking);
  std::shared_ptr<const Evaluator> evaluator =
      simulators.get(options.evaluator, options.evaluator_timeout_s.value_or(60.0));
  if (options.model == "cycle") evaluator = make_evaluator("cycle");
  const bool uneven = options.placement == "uneven", imperfect = options.factors == "imperfect";
  if ((uneven || imperfect) && (options.front || evaluator != nullptr))
    throw UsageError(
        fmt::format("--{} finds one best mapping by the loop model: leave out --front, --model and --evaluator",
                    uneven ? "placement uneven" : "factors imperfect"));
  const std::unique_ptr<Mapper> mapper = make_mapper(options.mapper);
  const auto start = std::chrono::steady_clock::now();
  for (MapJob& job : jobs) {
    complete(job.request, options, evaluator != nullptr, asking);
    job.request.placement = uneven ? Placement::uneven : Placement::even;
    job.request.factors = imperfect ? Factors::imperfect : Factors::perfect;
  }
  if (asking.dry_run) {
    Answer out;
    out.say("{}: {} distinct layer{} would be mapped by the {} mapper\n", work.title, jobs.size(),
            jobs.size() == 1 ? "" : "s", options.mapper);
    return out;
  }
  LayersDone layers(jobs.size(), asking);
  parallel_for(jobs.size(), asking.threads, [&](std::size_t i) {
    if (asking.stop()) return;
    if (options.time_s > 0)  // of the whole work; who comes late still gets a mapping
      jobs[i].request.time_s = std::max(0.01 * options.time_s, options.time_s - since(start));
    jobs[i].result = mapper->map(jobs[i].request);
    settle(jobs[i], evaluator.get(), options);
    layers.add(jobs[i]);
  });
  simulators.report();
  return mapped_answer(work, options, since(start), asking);
}

void refuse(bool given, const char* option, const char* because) {
  if (given) throw UsageError(fmt::format("{} means nothing without {}", option, because));
}

// Options that mean nothing to any request with these others.
void check_options(const MapOptions& options, const Asking& asking) {
  refuse(options.evaluator.empty() && options.evaluator_timeout_s, "--evaluator-timeout", "--evaluator");
  refuse(options.evaluator.empty() && options.candidates, "--candidates", "--evaluator");
  refuse(!asking.as_text() && options.nests, "--nests", "--format text");
  refuse(!asking.as_json() && options.front, "--front", "--format json, which shows it");
}

// Those that only networks have.
void check_no_networks(const MapOptions& options) {
  if (options.count_all) throw UsageError("--count-all counts the operators of a network: it goes with --workload");
}

void check_no_chain(const MapOptions& options) {
  if (!options.fusion.empty())
    throw UsageError(
        "--fusion reads networks (--workload) and chains of layers, documents of schema fused-chain-case/1");
}

// What is no design: tilings of FPGAs, and chains of layers. None for all others.
std::optional<Answer> map_other(const Node& document, const MapOptions& options, const Asking& asking) {
  if (is_tile_request(document)) return map_tile_document(document, asking);
  if (is_fused_chain(document)) return map_chain(document, options.fusion, asking);
  return std::nullopt;
}

}  // namespace

const Record<MapOptions>& map_table() {
  using Options = MapOptions;
  static const Record<Options> table =
      Record<Options>("options", "How mappings are searched.")
          .optional("architecture", &Options::architecture,
                    "Machine: an architecture document, or a family (its hand design; --set hw.name=value changes it)")
          .optional("dataflow", &Options::dataflow,
                    "Of a family: free (whatever the machine allows) or baseline (the hand design's own)",
                    one_of({"free", "baseline"}))
          .optional("fusion", &Options::fusion,
                    "Which results may stay on chip between layers: none, whole ones (homes), also bands of them "
                    "through groups "
                    "of layers (bands). Default: none; of a fused-chain-case/1 document its mode",
                    one_of({"none", "homes", "bands"}))
          .custom(
              "objective", false, "What to make small: " + objective_help(), {{"type", "string"}},
              [](const Node& node, Options& options, Diagnostics& diagnostics) {
                if (node.is_scalar() && parse_objective(node.text()))
                  options.objective = node.text();
                else
                  diagnostics.error(node.location(),
                                    node.describe() + " is no objective; allowed are " + objective_help());
              },
              [](const Options& options) { return Json(options.objective); })
          .optional("model", &Options::model,
                    "Evaluator that decides: loop (closed form), or cycle (cycle level; the loop model screens)",
                    one_of(evaluator_names()))
          .optional("evaluator", &Options::evaluator,
                    "Your own simulator decides: a command for the shell, started once per thread, that is sent a "
                    "design (the "
                    "document of `evaluate`) as one JSON line and answers one: {\"cycles\": n, \"energy_pj\": x}, "
                    "{\"valid\": false} or {\"failed\": \"why\"}")
          .optional("evaluator_timeout", &Options::evaluator_timeout_s,
                    "Seconds for one answer of --evaluator (default 60); without an answer the design counts as failed",
                    above(0))
          .optional("candidates", &Options::candidates,
                    "Mappings per layer that --evaluator is asked about, best first (default 8); 0: the whole front",
                    at_least(0))
          .optional("mapper", &Options::mapper, "How mappings are found; exact also proves its optimum",
                    one_of(mapper_names()))
          .optional("budget", &Options::budget, "Mapping evaluations per layer, 0: the mapper's own default",
                    at_least(0))
          .optional("bypass", &Options::bypass,
                    "Which levels may be skipped by a tensor: search (any), none (every level keeps every tensor), "
                    "fixed (as the "
                    "document or family says)",
                    one_of({"search", "none", "fixed"}))
          .optional("gap", &Options::gap, "Mappers may stop within this share of their bound: (best - bound) / best",
                    between(0, 1))
          .optional("time", &Options::time_s,
                    "Seconds after which to end with the best so far (exit code 5); 0: no limit", at_least(0))
          .optional(
              "placement", &Options::placement,
              "even: one tile per level for all tensors; uneven: in every memory each tensor has its own depth in the "
              "memory's loops",
              one_of({"even", "uneven"}))
          .optional("factors", &Options::factors,
                    "perfect: factors multiply to the extents; imperfect: they cover them, and the last round of a "
                    "loop may be "
                    "shorter",
                    one_of({"perfect", "imperfect"}))
          .optional("memory", &Options::memory_mb,
                    "Megabytes the mapper may use; at the cap it answers with what it has", at_least(0))
          .optional("front", &Options::front, "Also the Pareto front of energy and cycles of each layer")
          .optional("count_all", &Options::count_all,
                    "Also count operators without multiply-accumulates (softmax, additions, pooling, moves of data): "
                    "their words "
                    "at the outermost memory, their operations at the machine's vector unit, if it declares one")
          .optional("nests", &Options::nests, "Print the loop nest of every layer");
  return table;
}

Answer map_networks(const std::vector<std::string>& workloads, const MapOptions& options, const Asking& asking) {
  check_options(options, asking);
  if (options.architecture.empty()) throw UsageError("--workload needs --architecture: a document or a family");
  if (is_tile_family(options.architecture))
    return map_tiles(import_workload(workloads, options.import).network, options.architecture, asking);
  if (!options.fusion.empty() && options.fusion != "none") return map_fusion(workloads, options, asking);
  return map_work(work_of_networks(workloads, options, asking), options, asking);
}

Answer map_document(const Node& document, const MapOptions& options, const Asking& asking) {
  check_options(options, asking);
  if (auto out = map_other(document, options, asking)) return std::move(*out);
  check_no_chain(options);
  check_no_networks(options);
  return map_work(work_of_document(document, options, asking), options, asking);
}

Answer map_files(const std::vector<std::string>& files, const MapOptions& options, const Asking& asking) {
  check_options(options, asking);
  if (files.size() == 1)
    if (auto out = map_other(load_file(files.front()), options, asking)) return std::move(*out);
  check_no_chain(options);
  check_no_networks(options);
  return map_work(work_of_files(files, options, asking), options, asking);
}

}  // namespace dovetail::verbs
