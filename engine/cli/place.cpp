// dovetail place: stages of a pipeline on boards, layers of networks on machines.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/engine/cases/pipeline_document.hpp>
#include <dovetail/engine/cases/placement_document.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/place/priced_networks.hpp>
#include <dovetail/workloads/parallel.hpp>

#include "command.hpp"
#include "json_lines.hpp"
#include "place.hpp"
#include "search_options.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> files, workloads, architectures;
  std::string objective = "edp";
};

struct Answer {
  Json json;
  std::string text;
  bool feasible = true;
};

Answer answer(const Node& document, bool text) {
  Diagnostics diagnostics;
  Answer out;
  if (const Node* id = document.is_mapping() ? document.find("id") : nullptr) out.json["id"] = to_json(*id);
  if (is_pipeline(document)) {
    const PipelineCase pipeline_case = read_pipeline(document, diagnostics);
    diagnostics.raise();
    const Pipelines pipelines(pipeline_case.problem);
    out.json.update(answer_pipeline(pipeline_case, pipelines));
    if (text) out.text = pipeline_text(pipeline_case, pipelines);
    out.feasible = pipelines.least_period().has_value();
    return out;
  }
  if (!is_placement(document))
    throw InputError(document.location(), "the document is no placement-case/1 and no pipeline-case/1");
  const PlacementCase placement_case = read_placement(document, diagnostics);
  diagnostics.raise();
  const PlacementResult result = place(placement_case.problem);
  out.json.update(answer_placement(placement_case, result));
  if (text) out.text = placement_text(placement_case, result);
  out.feasible = !result.front.empty();
  return out;
}

PlacementMachine read_machine(const std::string& name) {
  const std::vector<std::string> families = family_names();
  if (std::find(families.begin(), families.end(), name) == families.end() && !is_family_file(name))
    return {name, load_architecture(name), {}};
  const auto [family, point] = family_point(name, {});
  return {name, family.instantiate(point),
          [family, point](const Layer& layer) { return family.rules(layer, point); }};
}

/// Networks on machines by name: every layer priced once per shape and machine, then placed.
int place_networks(const Options& options, const Common& common) {
  std::vector<Network> networks;
  std::vector<PlacementMachine> machines;
  for (const std::string& workload : options.workloads) networks.push_back(load_workload(workload));
  for (const std::string& architecture : options.architectures)
    machines.push_back(read_machine(architecture));
  if (machines.size() > 16) throw UsageError("--architecture: at most 16 machines");
  PlacementCase placement_case;
  for (const Network& network : networks) placement_case.networks.push_back(network.name);
  for (std::size_t m = 0; m < machines.size(); ++m)
    placement_case.machines.push_back(fmt::format("{} {}", m, machines[m].name));
  if (common.dry_run) {
    say("{} networks would be placed on {} machines\n", networks.size(), machines.size());
    return exit_done;
  }
  MapRequest base;
  base.objective = *parse_objective(options.objective);
  base.seed = common.seed;
  base.threads = thread_count(common.threads);
  PricedNetworks priced = price_networks(networks, machines, *make_mapper("exact"), base, common.threads);
  placement_case.problem = std::move(priced.problem);
  if (placement_case.problem.layers.size() > 512)
    throw UsageError(
        fmt::format("{} layers, allowed are 512 together", placement_case.problem.layers.size()));
  std::string unable;
  for (const PlacementLayer& layer : placement_case.problem.layers) {
    if (*std::min_element(layer.cycles.begin(), layer.cycles.end()) ==
        std::numeric_limits<double>::infinity())
      unable += fmt::format("error: no machine can run {} of {}\n", layer.name,
                            placement_case.networks[static_cast<std::size_t>(layer.network)]);
  }
  if (!unable.empty()) {
    warn("{}", unable);
    return exit_infeasible;
  }
  const PlacementResult result = place(placement_case.problem);
  if (common.format == "text") {
    say("{} distinct layers, each mapped exactly on every machine (objective {}); energy in pJ\n",
               priced.shapes, options.objective);
    say("{}", placement_text(placement_case, result));
    return exit_done;
  }
  Json json = {{"schema", "dovetail-place/1"},
               {"networks", placement_case.networks},
               {"architectures", options.architectures}};
  json.update(answer_placement(placement_case, result));
  json["layers"] = Json::array();
  for (const PlacementLayer& layer : placement_case.problem.layers)
    json["layers"].push_back({{"name", layer.name},
                              {"network", layer.network},
                              {"cycles", layer.cycles},
                              {"energy", layer.energy}});
  print_json(common, json);
  return exit_done;
}

int run(const Options& options, const Common& common) {
  const bool named = !options.workloads.empty() || !options.architectures.empty();
  if (options.files.empty() == !named)
    throw UsageError("place needs a FILE, '-' for JSON lines on stdin, or --workload with --architecture");
  if (named && (options.workloads.empty() || options.architectures.empty()))
    throw UsageError("--workload needs --architecture, and the reverse");
  if (named) return place_networks(options, common);
  const bool text = common.format == "text";
  Json list = Json::array();
  bool feasible = true;
  std::string mistakes;
  for (const std::string& file : options.files) {
    if (file == "-") {
      if (options.files.size() > 1)
        throw UsageError("'-' stands alone: JSON lines on stdin, one answer each");
      return answer_lines([](const Node& document) { return answer(document, false).json; });
    }
    try {
      Answer one = answer(load_file(file), text);
      feasible = feasible && one.feasible;
      if (text) say("{}{}", options.files.size() > 1 ? file + ":\n" : "", one.text);
      list.push_back(std::move(one.json));
    } catch (const InputError& error) {
      mistakes += fmt::format("{}\n", error.what());
      list.push_back({{"error", error.what()}});
    }
  }
  const bool single = options.files.size() == 1;
  if (common.format == "jsonl") {
    for (const Json& json : list) print_json(common, json);
  } else if (!text && (!single || mistakes.empty())) {
    print_json(common, single ? list.front() : list);
  }
  warn("{}", mistakes);
  if (!mistakes.empty()) return exit_input;
  return feasible ? exit_done : exit_infeasible;
}

}  // namespace

void add_place(CLI::App& app, Common& common, Action& action) {
  CLI::App* command =
      add_subcommand(app, common, "place",
                     "Layers of networks on several machines or boards: who runs what and when, with "
                     "every trade-off of makespan and energy, exact or with bounds.\n"
                     "Reads placement-case/1 and pipeline-case/1 documents.",
                     "dovetail place --workload resnet18 --workload mobilenetv2 --architecture nvdla "
                     "--architecture shidiannao\n  dovetail place pipeline.yaml\n  dovetail place - < "
                     "cases.jsonl > answers.jsonl",
                     {.seed = true, .threads = true});
  const auto options = std::make_shared<Options>();
  command
      ->add_option("files", options->files,
                   "Documents; '-' reads JSON lines from stdin and answers one line each")
      ->type_name("FILE");
  command->add_option("--workload", options->workloads, "Network: a zoo name or a descriptor; repeatable")
      ->type_name("NAME|FILE");
  command
      ->add_option("--architecture", options->architectures,
                   "Machine: a family (its hand design) or a document; repeatable")
      ->type_name("NAME|FILE");
  command
      ->add_option("--objective", options->objective, "By which a layer's mapping on a machine is the best")
      ->check(CLI::IsMember({"edp", "energy", "cycles"}))
      ->capture_default_str();
  command->callback([&common, &action, options] {
    action = [&common, options] { return run(*options, common); };
  });
}

}  // namespace dovetail::cli
