// map of networks whose results may stay on chip (see the header).
#include <dovetail/engine/verbs/map/map_fusion.hpp>

#include <dovetail/engine/fuse/fused_mapper.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/map/session.hpp>
#include <dovetail/engine/report/design/fusion_report.hpp>
#include <dovetail/engine/report/text/duration.hpp>
#include <dovetail/engine/report/text/evaluation_json.hpp>
#include <dovetail/engine/verbs/named_machine.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail::verbs {
namespace {

void check_fusion(const MapOptions& options, const Asking& asking) {
  if (options.mapper != "exact")
    throw UsageError("--fusion is searched by the exact mapper; leave out --mapper " + options.mapper);
  if (options.model != "loop" || !options.evaluator.empty())
    throw UsageError("--fusion counts what lives on chip by the loop model: leave out --model and --evaluator");
  if (options.placement != "even" || options.factors != "perfect" || options.front || options.count_all ||
      options.nests)
    throw UsageError("--fusion finds one schedule: leave out --placement, --factors, --front, --count-all and --nests");
  if (options.bypass == "fixed") throw UsageError("--fusion takes --bypass search or none");
  if (!asking.as_text() && asking.format != "json") throw UsageError("--fusion prints --format text or json");
}

FusedMapRequest fused_request(const Network& network, const NamedMachine& machine, const MapOptions& options,
                              const Asking& asking) {
  FusedMapRequest request;
  request.network = running_network(network);
  request.architecture = machine.architecture;
  if (machine.family || !machine.keeps.empty()) {
    const bool baseline = options.dataflow == "baseline";
    request.rules = [&machine, baseline](const Layer& layer) {
      return baseline ? machine.family->baseline_rules(layer, machine.point) : machine.rules(layer);
    };
  }
  request.objective = *parse_objective(options.objective);
  if (request.objective.energy_power == 0.0)
    throw UsageError("--fusion makes energy, or a product with it, small: --objective " + options.objective +
                     " has no energy");
  request.fusion = options.fusion == "homes" ? Fusion::homes : Fusion::bands;
  request.bypass = options.bypass == "none" ? Bypass::none : Bypass::search;
  request.gap = options.gap;
  if (options.time_s > 0) request.time_s = options.time_s;
  if (options.memory_mb > 0) request.memory_mb = options.memory_mb;
  request.stop = asking.stop;
  request.threads = thread_count(asking.threads);
  return request;
}

// Where even the layers alone have no mapping.
Answer nothing_mapped(const std::string& title, const FusedMapRequest& request, double seconds, const Asking& asking) {
  Answer out;
  if (asking.stop()) {
    out.end = End::interrupted;
    return out;
  }
  if (request.time_s && seconds >= *request.time_s)
    return std::move(out.fail(End::limit, "error: {}: the time ended before every layer had a mapping\n", title));
  return std::move(out.fail(
      End::infeasible,
      "error: {}: some layer has no mapping on this machine; `dovetail map` without --fusion tells which\n", title));
}

}  // namespace

Answer map_fusion(const std::vector<std::string>& workloads, const MapOptions& options, const Asking& asking) {
  check_fusion(options, asking);
  const Network network = import_workload(workloads, options.import).network;
  const NamedMachine machine = named_machine(options.architecture, asking);
  if (options.dataflow == "baseline" && !machine.family)
    throw UsageError("--dataflow baseline needs a family as --architecture");
  FusedMapRequest request = fused_request(network, machine, options, asking);
  const std::string title = fmt::format("{} on {}", network.name, machine.architecture.name);
  Answer out;
  if (asking.dry_run) {
    out.say("{}: {} layers would be mapped with fusion {}\n", title, request.network.layers.size(), options.fusion);
    return out;
  }
  const Stopwatch clock;
  FusedMapRequest alone = request;
  alone.fusion = Fusion::none;
  const FusedMapResult unfused = map_fused(alone);
  if (!unfused.feasible) return nothing_mapped(title, request, clock.seconds(), asking);
  request.known.assign(request.network.layers.size(), std::nullopt);
  for (const FusedStep& step : unfused.steps)
    request.known[static_cast<std::size_t>(step.first)] = step.runs.front().mapping;
  if (request.time_s) request.time_s = std::max(0.1 * *request.time_s, *request.time_s - clock.seconds());
  const FusedMapResult result = map_fused(request);
  Json fusion = fusion_json(request, result, unfused);
  if (asking.as_text()) {
    const bool plain = request.objective.energy_power == 1.0 && request.objective.cycles_power == 1.0;
    out.say("{}: {} layers, fusion {}, objective {}, {}\n\n{}", title, request.network.layers.size(), options.fusion,
            options.objective, result.proven ? "proven" : fmt::format("gap {:.2f} %", 100.0 * result.gap()),
            fused_network_text(fusion["network"], plain));
    out.say("time: {} ({} prices, {} of {} layer problems searched)\n", duration(clock.seconds()), result.prices,
            result.searches, result.problems);
  } else {
    out.record = {{"schema", "dovetail-map/1"},
                  {"objective", options.objective},
                  {"mapper", "exact"},
                  {"model", "loop"},
                  {"fusion", options.fusion}};
    out.record.update(fusion);
    out.record["seconds"] = json_number(clock.seconds());
  }
  if (asking.stop())
    out.end = End::interrupted;
  else if ((request.time_s || request.memory_mb) && !result.proven && request.gap == 0.0)
    out.end = End::limit;
  return out;
}

}  // namespace dovetail::verbs
