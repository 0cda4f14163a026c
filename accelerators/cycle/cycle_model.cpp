#include <dovetail/accelerators/cycle/cycle_model.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/cycle/nest_events.hpp>
#include <dovetail/accelerators/cycle/skip_ahead.hpp>
#include <dovetail/accelerators/gemmini/gemmini.hpp>
#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>

namespace dovetail {
namespace {

std::int64_t whole_cycles(std::int64_t units, std::int64_t units_per_cycle) {
  return (units + units_per_cycle - 1) / units_per_cycle;
}

/// The loop model's evaluation with other cycles: what is paid per cycle and utilization follow, the sum keeps its
/// order.
void set_cycles(Evaluation& e, const Layer& layer, const Architecture& architecture, std::int64_t cycles) {
  e.cycles = cycles;
  e.compute_energy_pj = static_cast<double>(e.macs) * compute_energy_per_op_pj(layer, architecture.compute) +
                        idle_pj_per_cycle(architecture.compute) * static_cast<double>(cycles);
  e.energy_pj = e.compute_energy_pj;
  for (std::size_t i = 0; i < e.levels.size(); ++i) {
    LevelEvaluation& level = e.levels[i];
    std::int64_t instances = 1;
    for (const TensorCounts& t : level.tensors) instances = std::max(instances, t.utilized_instances);
    level.leakage_energy_pj =
        architecture.levels[i].energy.leak_pj_per_cycle * static_cast<double>(cycles) * static_cast<double>(instances) +
        idle_pj_per_cycle(architecture.levels[i]) * static_cast<double>(cycles);
    level.energy_pj = 0.0;
    for (const TensorCounts& t : level.tensors) level.energy_pj += t.energy_pj;
    level.energy_pj += level.leakage_energy_pj;
    e.energy_pj += level.energy_pj;
  }
  for (const NetworkEvaluation& network : e.networks) e.energy_pj += network.energy_pj;
  e.utilization =
      static_cast<double>(e.macs) / static_cast<double>(architecture.compute.instances) / static_cast<double>(cycles);
}

/// Times in units must stay far from 2^63: coarser units for long layers. 0: too long altogether.
std::int64_t units_for(const Machine& machine, std::int64_t loop_cycles) {
  if (loop_cycles > (std::int64_t{1} << 55)) return 0;
  return loop_cycles > (std::int64_t{1} << 38) ? 1 : machine.units_per_cycle;
}

/// Cycles of a legal mapping; negative when they cannot be counted.
std::int64_t cycles_of(const Layer& layer, const Architecture& architecture, const PackedMapping& mapping,
                       const Machine& machine, std::int64_t loop_cycles) {
  const std::int64_t units = units_for(machine, loop_cycles);
  if (units == 0) return -1;
  if (machine.gemmini)
    return std::llround(run_gemmini(*gemmini_job(layer, architecture, mapping), machine.constants).cycles);
  Machine own = machine;
  own.units_per_cycle = units;
  const EventTable table = nest_events(layer, architecture, mapping, own);
  const std::int64_t cycles = whole_cycles(run_skip_ahead(table).makespan, units);
  return machine.bandwidths_of_document ? std::max(cycles, loop_cycles) : cycles;
}

CycleReport explain_gemmini(const GemminiResult& g, std::int64_t loop_cycles) {
  CycleReport r;
  r.machine = "gemmini";
  r.cycles = std::llround(g.cycles);
  r.loop_cycles = loop_cycles;
  r.busy = g.execute, r.fill = g.fill, r.drain = g.drain;
  r.level_bound = static_cast<double>(r.cycles) - g.cycles;  // rounding to whole cycles
  r.steps = static_cast<std::int64_t>(g.tiles);
  r.executed_steps = g.executed_tiles;
  const auto add = [&](const char* tensor, StallCause cause, double cycles) {
    if (cycles != 0.0)
      r.stalls.push_back({tensor, cause == StallCause::host ? "" : "memory -> scratchpad", cause, cycles});
  };
  add("Inputs", StallCause::bandwidth, g.wait_inputs);
  add("Weights", StallCause::bandwidth, g.wait_weights);
  add("Outputs", StallCause::depth, g.wait_slot);
  add("", StallCause::host, g.wait_host);
  std::stable_sort(r.stalls.begin(), r.stalls.end(),
                   [](const CycleReport::Stall& a, const CycleReport::Stall& b) { return a.cycles > b.cycles; });
  return r;
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

Evaluation CycleModel::evaluate(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const {
  const Machine* machine = find_machine(architecture.machine);
  if (machine == nullptr) return violation(architecture.machine);
  Evaluation e = LoopModel(options_).evaluate(layer, architecture, mapping);
  if (!e.valid()) return e;
  const PackedMapping packed = pack(layer, mapping);
  if (uneven(packed)) return violation("uneven placement: the cycle model moves one tile per level");
  if (any(homes_of(packed))) return violation("homes: the cycle model brings every tensor from the outermost memory");
  if (machine->gemmini && !gemmini_job(layer, architecture, packed))
    return violation("gemmini: dimensions other than R S P Q C K N");
  if (machine->gemmini && covered_layer(layer, packed) != layer)
    return violation("gemmini: factors that do not divide");
  const std::int64_t cycles = cycles_of(layer, architecture, packed, *machine, e.cycles);
  if (cycles < 0) {
    Evaluation failed;
    failed.violations.push_back({"overflow", "", "", static_cast<double>(e.cycles), 0x1p55});
    return failed;
  }
  set_cycles(e, layer, architecture, cycles);
  return e;
}

CycleReport CycleModel::explain(const Layer& layer, const Architecture& architecture, const Mapping& mapping) const {
  const Machine* machine = find_machine(architecture.machine);
  if (machine == nullptr) throw std::invalid_argument("no machine " + architecture.machine);
  const Evaluation e = LoopModel(options_).evaluate(layer, architecture, mapping);
  if (!e.valid()) throw std::invalid_argument("an illegal mapping has no cycles");
  const PackedMapping packed = pack(layer, mapping);
  if (machine->gemmini) {
    const auto job = gemmini_job(layer, architecture, packed);
    if (!job) throw std::invalid_argument("gemmini runs dimensions R S P Q C K N only");
    return explain_gemmini(run_gemmini(*job, machine->constants), e.cycles);
  }
  Machine own = *machine;
  own.units_per_cycle = units_for(own, e.cycles);
  if (own.units_per_cycle == 0) throw std::invalid_argument("the layer takes too many cycles to count");
  const EventTable table = nest_events(layer, architecture, packed, own);
  const TimelineResult run = run_skip_ahead(table, true);
  const auto in_cycles = [&](std::int64_t units) {
    return static_cast<double>(units) / static_cast<double>(table.units_per_cycle);
  };
  CycleReport r;
  r.machine = machine->name;
  r.loop_cycles = e.cycles;
  r.cycles = whole_cycles(run.makespan, table.units_per_cycle);
  if (machine->bandwidths_of_document) r.cycles = std::max(r.cycles, e.cycles);
  r.busy = in_cycles(run.busy), r.fill = in_cycles(run.fill), r.drain = in_cycles(run.drain);
  r.level_bound = static_cast<double>(r.cycles) - in_cycles(run.makespan);
  r.steps = table.steps();
  r.executed_steps = run.executed_steps;
  for (std::size_t i = 0; i < run.stalls.size(); ++i) {
    if (run.stalls[i] == 0) continue;
    CycleReport::Stall stall;
    stall.cycles = in_cycles(run.stalls[i]);
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
  std::stable_sort(r.stalls.begin(), r.stalls.end(),
                   [](const CycleReport::Stall& a, const CycleReport::Stall& b) { return a.cycles > b.cycles; });
  return r;
}

bool loses_partial_sums(const Layer& layer, const Architecture& architecture, const Mapping& mapping) {
  const Machine* machine = find_machine(architecture.machine);
  if (machine == nullptr || machine->spill) return false;
  unsigned written = 0;  // tensors
  for (std::size_t t = 0; t < layer.tensors.size(); ++t)
    if (layer.tensors[t].written) written |= 1U << t;
  const auto moves_output = [&](std::size_t dimension) {
    for (const Tensor& tensor : layer.tensors)
      if (tensor.written)
        for (const Axis& axis : tensor.axes)
          for (const AxisTerm& term : axis)
            if (static_cast<std::size_t>(term.dimension) == dimension) return true;
    return false;
  };
  // From the outside in, above the innermost level that keeps outputs: a loop over outputs within one over a reduction.
  const PackedMapping packed = pack(layer, mapping);
  bool reduces = false;
  for (std::size_t l = packed.level_count; l-- > 0;) {
    unsigned kept_below = 0;
    for (std::size_t i = 0; i < l; ++i) kept_below |= packed.levels[i].keep & written;
    if (kept_below == 0) return false;
    for (std::size_t i = 0; i < packed.dimension_count; ++i) {
      const std::size_t d = packed.levels[l].order[i];
      if (packed.levels[l].temporal[d] <= 1) continue;
      if (!moves_output(d))
        reduces = true;
      else if (reduces)
        return true;
    }
  }
  return false;
}

std::string to_text(const CycleReport& r) {
  const double total = static_cast<double>(r.cycles);
  std::string text = fmt::format("machine {}: {} cycles (loop model {}), {} of {} steps simulated\n", r.machine,
                                 r.cycles, r.loop_cycles, r.executed_steps, r.steps);
  const auto line = [&](const std::string& what, double cycles) {
    text += fmt::format("  {:6.2f} %  {:>14.0f}  {}\n", 100.0 * cycles / total, cycles, what);
  };
  line("busy", r.busy);
  for (const CycleReport::Stall& s : r.stalls)
    line(s.cause == StallCause::host ? std::string("stall: host issue")
                                     : fmt::format("stall: {} {}, {}", s.tensor, s.boundary, to_string(s.cause)),
         s.cycles);
  line("fill", r.fill);
  line("drain", r.drain);
  if (r.level_bound >= 1.0) line("a level's total bandwidth", r.level_bound);
  return text;
}

}  // namespace dovetail
