// How many layers a second the cycle model answers on one core: ResNet-50 on gemmini and eyeriss, by preset.
//
// usage: cycle [--mappings N] [--threads T] [--only FAMILY/PRESET]
// Nests: per layer of the network N legal mappings of the family's rules, drawn at random. Every nest is timed alone
// (thread CPU time, the least of three repetitions; the first of them is reported as well), then beside the driver that
// goes step by step, whose answers must be equal; nests with more steps than it can walk are extrapolated from its
// steps per second. Last, all nests once more on several threads. Prints one table per machine.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/cycle/cycle_model.hpp>
#include <dovetail/accelerators/cycle/naive_timeline.hpp>
#include <dovetail/accelerators/cycle/nest_events.hpp>
#include <dovetail/accelerators/cycle/skip_ahead.hpp>
#include <dovetail/accelerators/gemmini/gemmini.hpp>
#include <dovetail/engine/map/sampling/moves.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/parallel.hpp>

#include "clocks.hpp"

using namespace dovetail;

namespace {

struct Nest {
  const Layer* layer = nullptr;
  PackedMapping mapping;
  Mapping unpacked;
};

struct Answer {
  double cycles = 0.0, steps = 0.0, executed = 0.0;
};

Answer fast(const Machine& machine, const Architecture& architecture, const Nest& nest) {
  if (machine.gemmini) {
    const auto job = gemmini_job(*nest.layer, architecture, nest.mapping);
    const GemminiResult r = run_gemmini(*job, machine.constants);
    return {r.cycles, r.tiles, static_cast<double>(r.executed_tiles)};
  }
  const EventTable table = nest_events(*nest.layer, architecture, nest.mapping, machine);
  const TimelineResult r = run_skip_ahead(table);
  return {static_cast<double>(r.makespan), static_cast<double>(table.steps()), static_cast<double>(r.executed_steps)};
}

Answer naive(const Machine& machine, const Architecture& architecture, const Nest& nest) {
  if (machine.gemmini) {
    const auto job = gemmini_job(*nest.layer, architecture, nest.mapping);
    GemminiDriver every;
    every.step_by_step = true;
    const GemminiResult r = run_gemmini(*job, machine.constants, every);
    return {r.cycles, r.tiles, static_cast<double>(r.executed_tiles)};
  }
  const EventTable table = nest_events(*nest.layer, architecture, nest.mapping, machine);
  const TimelineResult r = run_naive(table);
  return {static_cast<double>(r.makespan), static_cast<double>(table.steps()), static_cast<double>(r.executed_steps)};
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

void measure(const std::string& family_name, const std::string& preset, std::size_t mappings, int threads) {
  const Network network = load_workload("resnet50");
  const Family family = load_family(family_name);
  Architecture architecture = family.instantiate(family.default_point());
  architecture.machine = preset;
  const Machine& machine = *find_machine(preset);
  const CycleModel model;
  const std::vector<UniqueLayer> layers = unique_layers(network);
  std::vector<Nest> nests;
  for (const UniqueLayer& unique : layers) {
    MapRequest request;
    request.layer = unique.layer;
    request.architecture = architecture;
    request.rules = family.rules(unique.layer, family.default_point());
    const MapMoves moves(request);
    std::size_t found = 0;
    for (std::uint64_t draw = 0; found < mappings && draw < 100 * mappings; ++draw) {
      Random random(1, {draw});
      const auto mapping = moves.sample(random);
      if (!mapping) continue;
      Nest nest{&unique.layer, *mapping, unpack(*mapping)};
      if (!model.evaluate(unique.layer, architecture, nest.unpacked).valid()) continue;
      nests.push_back(std::move(nest));
      ++found;
    }
  }
  std::vector<double> first, least, whole, equal_fast, equal_naive;
  double cycles = 0.0, steps = 0.0, executed = 0.0, walked = 0.0, differing = 0.0;
  for (const Nest& nest : nests) {
    double best = 1e9;
    Answer answer;
    for (int repeat = 0; repeat < 3; ++repeat) {
      const double start = thread_seconds();
      answer = fast(machine, architecture, nest);
      const double seconds = thread_seconds() - start;
      if (repeat == 0) first.push_back(seconds);
      best = std::min(best, seconds);
    }
    least.push_back(best);
    double all = 1e9;
    for (int repeat = 0; repeat < 3; ++repeat) {
      const double start = thread_seconds();
      model.evaluate(*nest.layer, architecture, nest.unpacked);
      all = std::min(all, thread_seconds() - start);
    }
    whole.push_back(all);
    cycles += answer.cycles, steps += answer.steps, executed += answer.executed;
    if (answer.steps > 2e5) continue;
    const double start = thread_seconds();
    const Answer slow = naive(machine, architecture, nest);
    equal_naive.push_back(thread_seconds() - start);
    equal_fast.push_back(best);
    walked += slow.steps;
    differing += slow.cycles != answer.cycles ? 1.0 : 0.0;
  }
  const auto sum = [](const std::vector<double>& values) {
    double total = 0.0;
    for (const double value : values) total += value;
    return total;
  };
  const double count = static_cast<double>(nests.size());
  fmt::print("ResNet-50 on {}, machine {}: {} nests, {:.3g} steps each, {:.3g} simulated\n", family_name, preset,
             nests.size(), steps / count, executed / count);
  const auto line = [&](const char* what, const std::vector<double>& values) {
    fmt::print("  {:<34} {:>9.0f} /s   median {:7.1f} us  p99 {:7.1f} us  largest {:8.1f} us\n", what,
               count / sum(values), 1e6 * quantile(values, 0.5), 1e6 * quantile(values, 0.99),
               1e6 * *std::max_element(values.begin(), values.end()));
  };
  line("cycles, least of three", least);
  line("cycles, first time", first);
  line("whole evaluation, least of three", whole);
  if (walked > 0.0) {
    const double steps_per_second = walked / sum(equal_naive);
    fmt::print(
        "  step by step: {} nests of at most 2e5 steps, {:.3g} steps/s, {:.1f} x slower on them; all nests "
        "would "
        "take {:.3g} s, {:.3g} x; {:.0f} answers differ\n",
        equal_naive.size(), steps_per_second, sum(equal_naive) / sum(equal_fast), steps / steps_per_second,
        steps / steps_per_second / sum(least), differing);
  }
  fmt::print("  {:.3g} cycles per second of simulation\n",
             cycles / (machine.gemmini ? 1.0 : static_cast<double>(machine.units_per_cycle)) / sum(least));
  double alone = 0.0;
  for (int t = 1; t <= threads; t *= 2) {
    double best = 1e9;
    for (int repeat = 0; repeat < 3; ++repeat) {
      const double start = wall_seconds();
      parallel_for(nests.size(), t,
                   [&](std::size_t i) { model.evaluate(*nests[i].layer, architecture, nests[i].unpacked); });
      best = std::min(best, wall_seconds() - start);
    }
    if (t == 1) alone = best;
    fmt::print("  {} thread{}: {:>9.0f} whole evaluations/s by the clock, {:.2f} x one thread\n", t, t == 1 ? " " : "s",
               count / best, alone / best);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t mappings = 60;
  int threads = 2;
  std::string only;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string(argv[i]) == "--only") only = argv[i + 1];
    if (std::string(argv[i]) == "--mappings") mappings = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::string(argv[i]) == "--threads") threads = static_cast<int>(std::strtol(argv[i + 1], nullptr, 10));
  }
  constexpr std::pair<const char*, const char*> machines[] = {
      {"gemmini", "gemmini"}, {"eyeriss", "eyeriss"}, {"eyeriss", "ideal"}, {"gemmini", "ideal"}};
  for (const auto& [family, preset] : machines)
    if (only.empty() || only == std::string(family) + "/" + preset) measure(family, preset, mappings, threads);
  return 0;
}
