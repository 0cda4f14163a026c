#include <dovetail/accelerators/cycle_model.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

#include <dovetail/accelerators/loop_model.hpp>
#include <dovetail/accelerators/machine.hpp>
#include <dovetail/accelerators/nest_events.hpp>
#include <dovetail/accelerators/skip_ahead.hpp>

namespace dovetail {
namespace {

std::int64_t whole_cycles(std::int64_t units, std::int64_t units_per_cycle) {
  return (units + units_per_cycle - 1) / units_per_cycle;
}

/// The loop model's evaluation with other cycles: leakage and utilization follow, the sum keeps its order.
void set_cycles(Evaluation& e, const Architecture& architecture, std::int64_t cycles) {
  e.cycles = cycles;
  e.energy_pj = e.compute_energy_pj;
  for (std::size_t i = 0; i < e.levels.size(); ++i) {
    LevelEvaluation& level = e.levels[i];
    std::int64_t instances = 1;
    for (const TensorCounts& t : level.tensors) instances = std::max(instances, t.utilized_instances);
    level.leakage_energy_pj = architecture.levels[i].energy.leak_pj_per_cycle * static_cast<double>(cycles) *
                              static_cast<double>(instances);
    level.energy_pj = 0.0;
    for (const TensorCounts& t : level.tensors) level.energy_pj += t.energy_pj;
    level.energy_pj += level.leakage_energy_pj;
    e.energy_pj += level.energy_pj;
  }
  for (const NetworkEvaluation& network : e.networks) e.energy_pj += network.energy_pj;
  e.utilization = static_cast<double>(e.macs) / static_cast<double>(architecture.compute.instances) /
                  static_cast<double>(cycles);
}

Evaluation violation(std::string what) {
  Evaluation e;
  e.violations.push_back({"machine", std::move(what), "", 0.0, 0.0});
  return e;
}

}  // namespace

const char* to_string(StallCause cause) {
  switch (cause) {
    case StallCause::bandwidth:
      return "bandwidth";
    case StallCause::port:
      return "port busy with another tensor";
    case StallCause::depth:
      return "buffer too shallow";
    case StallCause::latency:
      return "latency";
    case StallCause::update:
      return "partial sum not back yet";
    case StallCause::host:
      return "host issue";
    case StallCause::causes:
      break;
  }
  return "";
}

Evaluation CycleModel::evaluate(const Layer& layer, const Architecture& architecture,
                                const Mapping& mapping) const {
  const Machine* machine = find_machine(architecture.machine);
  if (machine == nullptr) return violation(architecture.machine);
  Evaluation e = LoopModel().evaluate(layer, architecture, mapping);
  if (!e.valid()) return e;
  const EventTable table = nest_events(layer, architecture, pack(layer, mapping), *machine);
  const TimelineResult run = run_skip_ahead(table);
  std::int64_t cycles = whole_cycles(run.makespan, table.units_per_cycle);
  if (machine->bandwidths_of_document) cycles = std::max(cycles, e.cycles);
  set_cycles(e, architecture, cycles);
  return e;
}

CycleReport CycleModel::explain(const Layer& layer, const Architecture& architecture,
                                const Mapping& mapping) const {
  const Machine* machine = find_machine(architecture.machine);
  if (machine == nullptr) throw std::invalid_argument("no machine " + architecture.machine);
  const Evaluation e = LoopModel().evaluate(layer, architecture, mapping);
  if (!e.valid()) throw std::invalid_argument("an illegal mapping has no cycles");
  const EventTable table = nest_events(layer, architecture, pack(layer, mapping), *machine);
  const TimelineResult run = run_skip_ahead(table, true);
  const auto cycles_of = [&](std::int64_t units) {
    return static_cast<double>(units) / static_cast<double>(table.units_per_cycle);
  };
  CycleReport r;
  r.machine = machine->name;
  r.loop_cycles = e.cycles;
  r.cycles = whole_cycles(run.makespan, table.units_per_cycle);
  if (machine->bandwidths_of_document) r.cycles = std::max(r.cycles, e.cycles);
  r.busy = cycles_of(run.busy), r.fill = cycles_of(run.fill), r.drain = cycles_of(run.drain);
  r.level_bound = static_cast<double>(r.cycles) - cycles_of(run.makespan);
  r.steps = table.steps();
  r.executed_steps = run.executed_steps;
  for (std::size_t i = 0; i < run.stalls.size(); ++i) {
    if (run.stalls[i] == 0) continue;
    CycleReport::Stall stall;
    stall.cycles = cycles_of(run.stalls[i]);
    const std::size_t s = i / stall_causes;
    if (s == table.streams.size()) {
      stall.cause = StallCause::host;
    } else {
      const Stream& stream = table.streams[s];
      stall.cause = static_cast<StallCause>(i % stall_causes);
      stall.tensor = layer.tensors[static_cast<std::size_t>(stream.tensor)].name;
      stall.boundary = architecture.levels[static_cast<std::size_t>(stream.parent_level)].name + " -> " +
                       architecture.levels[static_cast<std::size_t>(stream.child_level)].name;
    }
    r.stalls.push_back(std::move(stall));
  }
  std::stable_sort(
      r.stalls.begin(), r.stalls.end(),
      [](const CycleReport::Stall& a, const CycleReport::Stall& b) { return a.cycles > b.cycles; });
  return r;
}

std::string to_text(const CycleReport& r) {
  const double total = static_cast<double>(r.cycles);
  std::string text = fmt::format("machine {}: {} cycles (loop model {}), {} of {} steps simulated\n",
                                 r.machine, r.cycles, r.loop_cycles, r.executed_steps, r.steps);
  const auto line = [&](const std::string& what, double cycles) {
    text += fmt::format("  {:6.2f} %  {:>14.0f}  {}\n", 100.0 * cycles / total, cycles, what);
  };
  line("busy", r.busy);
  for (const CycleReport::Stall& s : r.stalls)
    line(s.cause == StallCause::host
             ? std::string("stall: host issue")
             : fmt::format("stall: {} {}, {}", s.tensor, s.boundary, to_string(s.cause)),
         s.cycles);
  line("fill", r.fill);
  line("drain", r.drain);
  if (r.level_bound >= 1.0) line("a level's total bandwidth", r.level_bound);
  return text;
}

}  // namespace dovetail
