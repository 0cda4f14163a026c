// place: stages of a pipeline on boards, layers of networks on machines.
#include <dovetail/engine/verbs/look/place.hpp>

#include <algorithm>
#include <limits>

#include <dovetail/accelerators/import/machine_formats.hpp>
#include <dovetail/engine/cases/pipeline_document.hpp>
#include <dovetail/engine/cases/placement_document.hpp>
#include <dovetail/engine/map/objective.hpp>
#include <dovetail/engine/place/priced_networks.hpp>
#include <dovetail/engine/verbs/named_machine.hpp>
#include <dovetail/spaces/mapping/machine_rules.hpp>
#include <dovetail/workloads/parallel.hpp>

namespace dovetail::verbs {
namespace {

PlacementMachine placement_machine(const std::string& name) {
  if (!names_family(name)) {
    ImportedMachine machine = import_machine(name);
    if (machine.keeps.empty()) return {name, std::move(machine.architecture), {}};
    return {name, std::move(machine.architecture),
            [keeps = std::move(machine.keeps)](const Layer& layer) { return machine_rules(keeps, layer); }};
  }
  const auto [family, point] = family_point(name, {});
  return {name, family.instantiate(point), [family, point](const Layer& layer) { return family.rules(layer, point); }};
}

// Reads the document and nothing more.
void check_case(const Node& document) {
  Diagnostics diagnostics;
  if (is_pipeline(document))
    read_pipeline(document, diagnostics);
  else if (is_placement(document))
    read_placement(document, diagnostics);
  else
    throw InputError(document.location(), "the document is no placement-case/1 and no pipeline-case/1");
  diagnostics.raise();
}

}  // namespace

const Record<PlaceOptions>& place_table() {
  static const Record<PlaceOptions> table =
      Record<PlaceOptions>("options", "Which networks are placed on which machines.")
          .optional("workload", &PlaceOptions::workloads, "Network: a zoo name or a descriptor; repeatable")
          .optional("architecture", &PlaceOptions::architectures,
                    "Machine: a family (its hand design) or a document; repeatable")
          .optional("objective", &PlaceOptions::objective, "By which a layer's mapping on a machine is the best",
                    one_of({"edp", "energy", "cycles"}));
  return table;
}

Answer place_document(const Node& document, const Asking& asking) {
  Diagnostics diagnostics;
  Answer out;
  if (const Node* id = document.is_mapping() ? document.find("id") : nullptr) out.record["id"] = to_json(*id);
  if (is_pipeline(document)) {
    const PipelineCase pipeline_case = read_pipeline(document, diagnostics);
    diagnostics.raise();
    const Pipelines pipelines(pipeline_case.problem);
    out.record.update(answer_pipeline(pipeline_case, pipelines));
    if (asking.as_text()) out.text = pipeline_text(pipeline_case, pipelines);
    if (!pipelines.least_period()) out.end = End::infeasible;
    return out;
  }
  if (!is_placement(document))
    throw InputError(document.location(), "the document is no placement-case/1 and no pipeline-case/1");
  const PlacementCase placement_case = read_placement(document, diagnostics);
  diagnostics.raise();
  const PlacementResult result = dovetail::place(placement_case.problem);
  out.record.update(answer_placement(placement_case, result));
  if (asking.as_text()) out.text = placement_text(placement_case, result);
  if (result.front.empty()) out.end = End::infeasible;
  return out;
}

Answer place_documents(const std::vector<std::string>& files, const Asking& asking) {
  Answer out;
  Json list = Json::array();
  std::string mistakes;
  const bool single = files.size() == 1;
  for (const std::string& file : files) {
    try {
      if (asking.dry_run) {
        check_case(load_file(file));
        continue;
      }
      Answer one = place_document(load_file(file), asking);
      if (one.end == End::infeasible) out.end = End::infeasible;
      if (asking.as_text()) out.say("{}{}", single ? "" : file + ":\n", one.text);
      list.push_back(std::move(one.record));
    } catch (const InputError& error) {
      mistakes += fmt::format("{}\n", error.what());
      list.push_back({{"error", error.what()}});
    }
  }
  if (asking.dry_run && mistakes.empty()) out.say("{} document{} would be placed\n", files.size(), single ? "" : "s");
  if (!asking.dry_run && asking.as_json() && (!single || mistakes.empty() || asking.format == "jsonl")) {
    out.lines.emplace(list.begin(), list.end());
    out.record = single ? list.front() : std::move(list);
  }
  if (!mistakes.empty()) out.fail(End::input, "{}", mistakes);
  return out;
}

Answer place_networks(const PlaceOptions& options, const Asking& asking) {
  Answer out;
  std::vector<Network> networks;
  std::vector<PlacementMachine> machines;
  for (const std::string& workload : options.workloads) networks.push_back(load_workload(workload));
  for (const std::string& architecture : options.architectures) machines.push_back(placement_machine(architecture));
  if (machines.size() > 16) throw UsageError("--architecture: at most 16 machines");
  PlacementCase placement_case;
  for (const Network& network : networks) placement_case.networks.push_back(network.name);
  for (std::size_t m = 0; m < machines.size(); ++m)
    placement_case.machines.push_back(fmt::format("{} {}", m, machines[m].name));
  if (asking.dry_run) {
    out.say("{} networks would be placed on {} machines\n", networks.size(), machines.size());
    return out;
  }
  MapRequest base;
  base.objective = *parse_objective(options.objective);
  base.seed = asking.seed;
  base.threads = thread_count(asking.threads);
  PricedNetworks priced = price_networks(networks, machines, *make_mapper("exact"), base, asking.threads);
  placement_case.problem = std::move(priced.problem);
  if (placement_case.problem.layers.size() > 512)
    throw UsageError(fmt::format("{} layers, allowed are 512 together", placement_case.problem.layers.size()));
  std::string unable;
  for (const PlacementLayer& layer : placement_case.problem.layers) {
    if (*std::min_element(layer.cycles.begin(), layer.cycles.end()) == std::numeric_limits<double>::infinity())
      unable += fmt::format("error: no machine can run {} of {}\n", layer.name,
                            placement_case.networks[static_cast<std::size_t>(layer.network)]);
  }
  if (!unable.empty()) {
    out.fail(End::infeasible, "{}", unable);
    return out;
  }
  const PlacementResult result = dovetail::place(placement_case.problem);
  if (asking.as_text()) {
    out.say("{} distinct layers, each mapped exactly on every machine (objective {}); energy in pJ\n", priced.shapes,
            options.objective);
    out.say("{}", placement_text(placement_case, result));
    return out;
  }
  Json json = {
      {"schema", "dovetail-place/1"}, {"networks", placement_case.networks}, {"architectures", options.architectures}};
  json.update(answer_placement(placement_case, result));
  json["layers"] = Json::array();
  for (const PlacementLayer& layer : placement_case.problem.layers)
    json["layers"].push_back(
        {{"name", layer.name}, {"network", layer.network}, {"cycles", layer.cycles}, {"energy", layer.energy}});
  out.record = std::move(json);
  return out;
}

}  // namespace dovetail::verbs
