// The layers that `map` maps (see the header).
#include <dovetail/engine/verbs/map/map_jobs.hpp>

#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/engine/verbs/named_machine.hpp>
#include <dovetail/engine/verbs/remarks.hpp>
#include <dovetail/spaces/mapping/timeloop_rules.hpp>
#include <dovetail/workloads/network.hpp>

namespace dovetail::verbs {
namespace {

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

// The machine of the networks: a document, or the hand design of a family with hw.name=value words.
MapWork work_of_design(const Design& design, const MapOptions& options) {
  MapWork work;
  MapJob job;
  job.name = design.layer.name;
  job.request.layer = design.layer;
  job.request.architecture = design.architecture;
  if (options.bypass == "fixed") {
    if (!design.mapping)
      throw UsageError("--bypass fixed takes the keep sets of the document's mapping, and it has none");
    job.request.rules = keep_rules(design.layer, *design.mapping);
  }
  work.jobs.push_back(std::move(job));
  work.title = fmt::format("{} on {}", design.layer.name, design.architecture.name);
  return work;
}

}  // namespace

MapWork work_of_document(const Node& document, const MapOptions& options, const Asking&) {
  return work_of_design(read_design(document), options);
}

MapWork work_of_files(const std::vector<std::string>& files, const MapOptions& options, const Asking& asking) {
  if (!are_timeloop_documents(files)) {
    if (files.size() > 1) throw UsageError("map takes one design document, or the files of one Timeloop design");
    return work_of_design(load_design(files.front()), options);
  }
  TimeloopDesign read = read_timeloop_design(files);
  MapWork work = work_of_design(read.design, options);
  if (options.bypass != "fixed") {
    Diagnostics diagnostics;
    work.jobs.front().request.rules = timeloop_rules(read, read.remarks, diagnostics);
    diagnostics.raise();
  }
  tell_remarks(asking, read.remarks);
  return work;
}

MapWork work_of_networks(const std::vector<std::string>& workloads, const MapOptions& options, const Asking& asking) {
  const Imported imported = import_workload(workloads, options.import);
  const Network& network = imported.network;
  const NamedMachine machine = named_machine(options.architecture, asking);
  if (options.bypass == "fixed" && !machine.family && machine.keeps.empty()) {
    throw UsageError("--bypass fixed takes the keep sets of a design document or of a family; " + options.architecture +
                     " is an architecture");
  }
  if (options.dataflow == "baseline" && !machine.family)
    throw UsageError("--dataflow baseline needs a family as --architecture");
  const bool ours = !machine.family && machine.keeps.empty();
  const std::optional<VectorUnit> unit = ours ? load_vector_unit(options.architecture) : std::nullopt;
  MapWork work;
  work.idle.groups = idle_groups(imported.idle);
  work.idle.work = idle_total(work.idle.groups);
  work.idle.price = idle_price(work.idle.work, machine.architecture, unit);
  work.idle.vector_unit = unit.has_value();
  for (const UniqueLayer& unique : unique_layers(network)) {
    MapJob job;
    job.name = unique.layer.name;
    job.count = unique.count;
    job.request.layer = unique.layer;
    job.request.architecture = machine.architecture;
    job.request.rules = options.dataflow == "baseline" ? machine.family->baseline_rules(unique.layer, machine.point)
                                                       : machine.rules(unique.layer);
    work.jobs.push_back(std::move(job));
  }
  work.title = fmt::format("{} on {}", network.name, machine.architecture.name);
  return work;
}

}  // namespace dovetail::verbs
