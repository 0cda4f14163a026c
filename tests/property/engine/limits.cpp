// Limits are judged on the best that a machine can do: beside enumeration, with any limits, alone and together.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include <dovetail/engine/codesign/codesign.hpp>
#include <dovetail/engine/map/network/limited_mapper.hpp>
#include <dovetail/workloads/text/document.hpp>

#include "support/network_draws.hpp"

using namespace dovetail;
using namespace dovetail::tests;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Limits at a share of the way between two sums of a front, so that they are sometimes kept and sometimes not.
SumLimits draw_limits(Random& random, const CostPoint& cheap, const CostPoint& fast) {
  SumLimits limits;
  const auto between = [&](double a, double b) { return a + random.uniform(-0.2, 1.1) * (b - a); };
  const unsigned which = 1 + static_cast<unsigned>(random.below(31));
  double least_cycles = 0.0;
  if (which & 1U) limits.energy_pj = between(cheap.energy_pj, fast.energy_pj);
  if (which & 2U) limits.cycles = between(fast.cycles, cheap.cycles);
  if (which & 4U) limits.energy_times_cycles = between(cheap.energy_pj * cheap.cycles, fast.energy_pj * fast.cycles);
  if (which & 8U) limits.energy_per_cycle = between(cheap.energy_pj / cheap.cycles, fast.energy_pj / fast.cycles);
  if (which & 16U) {
    least_cycles = between(fast.cycles, cheap.cycles);
    limits.falling = false;
  }
  if (which & 8U) limits.falling = false;
  const SumLimits most = limits;
  limits.violation = [most, least_cycles](const CostPoint& sums) {
    const auto over = [](double value, double limit) {
      return limit < infinity ? (value - limit) / std::abs(limit) : -infinity;
    };
    return std::max({over(sums.energy_pj, most.energy_pj), over(sums.cycles, most.cycles),
                     over(sums.energy_pj * sums.cycles, most.energy_times_cycles),
                     over(sums.energy_pj / sums.cycles, most.energy_per_cycle),
                     least_cycles > 0.0 ? (least_cycles - sums.cycles) / least_cycles : -infinity});
  };
  return limits;
}

struct Truth {
  double objective = infinity, violation = infinity;
};

// Every combination of points of the networks' own fronts.
Truth enumerate_choices(const std::vector<Sums>& networks, const std::vector<double>& weights,
                        const NetworkGoal& goal) {
  Truth truth;
  const std::function<void(std::size_t, CostPoint, double)> add = [&](std::size_t n, CostPoint sums, double objective) {
    if (n == networks.size()) {
      const double violation = goal.limits.violation(sums);
      truth.violation = std::min(truth.violation, violation);
      if (violation <= 0.0) truth.objective = std::min(truth.objective, objective);
      return;
    }
    for (const auto& [energy, cycles] : networks[n])
      add(n + 1, {sums.energy_pj + weights[n] * energy, sums.cycles + weights[n] * cycles},
          goal.add(objective, weights[n] * goal.objective(energy, cycles)));
  };
  add(0, {}, 0.0);
  return truth;
}

const MappingObjective objectives[] = {{1, 1}, {1, 2}, {2, 1}, {1, 0}, {0, 1}};

}  // namespace

TEST_CASE("the choice of points within limits is the best of all combinations") {
  int kept = 0, broken = 0;
  for (std::uint64_t number = 0; number < 2000; ++number) {
    CAPTURE(number);
    Random random(5, {number});
    const std::size_t networks = 1 + random.below(2);
    std::vector<std::vector<CostPoint>> fronts;
    for (std::size_t l = 0; l < 3; ++l) {
      std::vector<CostPoint> front;
      const std::size_t points = 1 + random.below(6);
      for (std::size_t k = 0; k < points; ++k)
        front.push_back({std::round(random.uniform(5.0, 60.0)), std::round(random.uniform(3.0, 40.0))});
      fronts.push_back(front);
    }
    std::vector<NetworkUses> uses;
    std::vector<Sums> merged;
    std::vector<double> weights;
    for (std::size_t n = 0; n < networks; ++n) {
      NetworkUses own{n == 0 ? 1.0 : 0.5, {}};
      Sums sums{{0.0, 0.0}};
      for (std::size_t l = 0; l < (n == 0 ? 3U : 2U); ++l) {
        const double count = static_cast<double>(1 + random.below(3));
        own.uses.push_back({l, count});
        Sums next;
        for (const auto& [e, c] : sums)
          for (const CostPoint& point : fronts[l])
            next.emplace_back(e + count * point.energy_pj, c + count * point.cycles);
        sums = uncovered(next);
      }
      uses.push_back(own);
      merged.push_back(sums);
      weights.push_back(own.weight);
    }
    NetworkGoal goal{objectives[random.below(std::size(objectives))], random.below(3) == 0, {}};
    CostPoint cheap{}, fast{};
    for (std::size_t n = 0; n < networks; ++n) {
      cheap = {cheap.energy_pj + weights[n] * merged[n].front().first,
               cheap.cycles + weights[n] * merged[n].front().second};
      fast = {fast.energy_pj + weights[n] * merged[n].back().first, fast.cycles + weights[n] * merged[n].back().second};
    }
    goal.limits = draw_limits(random, cheap, fast);
    const Truth truth = enumerate_choices(merged, weights, goal);
    const NetworkChoice choice = choose_points(fronts, uses, goal);
    REQUIRE(choice.found);
    CHECK(choice.complete);
    CHECK(choice.kept() == (truth.objective < infinity));
    if (choice.kept()) {
      CHECK(choice.objective == doctest::Approx(truth.objective).epsilon(1e-12));
      ++kept;
    } else {
      CHECK(choice.violation == doctest::Approx(truth.violation).epsilon(1e-12));
      ++broken;
    }
  }
  CHECK(kept > 300);
  CHECK(broken > 300);
}

TEST_CASE("networks within limits: the least of all combinations of mappings, proven, or proven that there is none") {
  int cases = 0, kept = 0, cut = 0;
  for (std::uint64_t number = 0; cases < 40 && number < 600; ++number) {
    const NetworkMapRequest drawn = draw(number);
    const std::optional<Sums> sums = enumerate(drawn);
    if (!sums || sums->size() < 2) continue;
    ++cases;
    CAPTURE(number);
    Random random(9, {number});
    for (int turn = 0; turn < 6; ++turn) {
      CAPTURE(turn);
      LimitedMapRequest request;
      request.architecture = drawn.architecture;
      request.bypass = drawn.bypass;
      NetworkUses network;
      for (const NetworkMapLayer& layer : drawn.layers) {
        network.uses.push_back({request.layers.size(), static_cast<double>(layer.count)});
        request.layers.push_back({layer.layer, layer.rules, {}});
      }
      request.networks = {network};
      request.goal.objective = objectives[random.below(std::size(objectives))];
      request.goal.limits =
          draw_limits(random, {sums->front().first, sums->front().second}, {sums->back().first, sums->back().second});
      const Truth truth = enumerate_choices({*sums}, {1.0}, request.goal);
      // At first sight, with a proof on top, and by prices, lines and lists alone.
      for (const auto& [prove, labels] : {std::pair(false, 20'000), {true, 20'000}, {true, 30}}) {
        CAPTURE(labels);
        request.prove = prove;
        request.first_labels = static_cast<std::size_t>(labels);
        const LimitedMapResult found = map_within(request);
        REQUIRE(found.choice.found);
        CHECK(found.choice.kept() == (truth.objective < infinity));
        const bool whole = labels > 30;
        if (found.choice.kept()) {
          CHECK(found.lower_bound <= found.choice.objective);
          CHECK(found.lower_bound == doctest::Approx(found.choice.objective).epsilon(1e-9));
          // Limits that waste helps to keep may be kept by a mapping that is not on the front.
          CHECK(found.choice.objective <= truth.objective * (1.0 + 1e-9));
          if (whole || request.goal.limits.falling)
            CHECK(found.choice.objective == doctest::Approx(truth.objective).epsilon(1e-9));
        } else {
          CHECK(found.lower_bound == infinity);
          if (whole) CHECK(found.choice.violation == doctest::Approx(truth.violation).epsilon(1e-9));
        }
      }
      kept += truth.objective < infinity ? 1 : 0;
      cut += truth.objective < infinity && truth.objective > 1.0001 * least(*sums, request.goal.objective);
    }
  }
  CHECK(cases == 40);
  CHECK(kept > 60);
  CHECK(cut > 20);
}

namespace {

const char* const family_text = R"(
schema: dovetail-family/1
name: tiny
about: "an array with a buffer"
source: "test"
technology: {node_nm: 45, voltage: 1.0, clock_mhz: 500}
parameters:
  n: {values: [1, 2, 4], meaning: "array side"}
  words: {values: [24, 96], meaning: "buffer"}
constraints: []
architecture:
  compute: {name: MAC, mesh: [n, 1], word_bits: 8, mac: int8, accumulator: int32}
  levels:
    - {name: Buf, memory: sram, mesh: [n, 1], words: words, word_bits: 8, block: 1, read_bandwidth: 2, write_bandwidth: 1}
    - {name: DRAM, memory: lpddr4, mesh: [1, 1], word_bits: 8, block: 8, read_bandwidth: 2, write_bandwidth: 2}
rules:
  any:
    - {level: Buf, keep: [Inputs, Weights, Outputs]}
    - {level: DRAM, keep: [Inputs, Weights, Outputs]}
default: {n: 2, words: 24}
default_source: "test"
)";

const char* const first_network = R"(
schema: dovetail-workload/1
name: first
source: test
layers:
- a: {conv: 2x4x4 -> 4, kernel: 3, repeat: 2}
- b: {matmul: 4x6 * 6x8}
)";

const char* const second_network = R"(
schema: dovetail-workload/1
name: second
source: test
layers:
- c: {matmul: 2x12 * 12x4}
)";

// Files of a test, gone with it.
struct Files {
  std::filesystem::path path;
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "dovetail-limits-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Files() {
    std::error_code error;
    std::filesystem::remove_all(path, error);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  std::string write(const std::string& name, const char* text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
};

// Everything that a machine of the family can do, network by network.
struct Machine {
  Point point;
  double area_um2 = 0.0;
  std::vector<Sums> networks;
};

std::vector<Machine> enumerate_machines(const Codesign& codesign) {
  std::vector<Machine> machines;
  for (const Point& point : codesign.space().enumerate(100)) {
    Machine machine{point, 0.0, {}};
    const Architecture architecture = codesign.family().instantiate(point);
    machine.area_um2 = area_um2(architecture);
    for (const Network& network : codesign.networks()) {
      NetworkMapRequest request;
      request.architecture = architecture;
      for (const UniqueLayer& unique : unique_layers(network))
        request.layers.push_back({unique.layer, unique.count, codesign.family().rules(unique.layer, point)});
      const std::optional<Sums> sums = enumerate(request);
      REQUIRE(sums);
      machine.networks.push_back(*sums);
    }
    machines.push_back(machine);
  }
  return machines;
}

// The least objective over all machines within the specs of a study.
double enumerated(const Codesign& codesign, const std::vector<Machine>& machines) {
  double least = infinity;
  for (const Machine& machine : machines) {
    NetworkGoal goal{codesign.objective(), codesign.study().combine == Combine::worst, {}};
    goal.limits.violation = [&](const CostPoint& sums) {
      return spec_violation(codesign.goal().specs, {sums.energy_pj, sums.cycles, machine.area_um2, 500e6});
    };
    std::vector<double> weights;
    for (const StudyWorkload& workload : codesign.study().workloads) weights.push_back(workload.weight);
    least = std::min(least, enumerate_choices(machine.networks, weights, goal).objective);
  }
  return least;
}

double metric_of(const Machine& machine, const char* metric, double share, const std::vector<double>& weights) {
  CostPoint cheap{}, fast{};
  for (std::size_t n = 0; n < weights.size(); ++n) {
    cheap = {cheap.energy_pj + weights[n] * machine.networks[n].front().first,
             cheap.cycles + weights[n] * machine.networks[n].front().second};
    fast = {fast.energy_pj + weights[n] * machine.networks[n].back().first,
            fast.cycles + weights[n] * machine.networks[n].back().second};
  }
  const auto value = [&](const CostPoint& sums) {
    return find_metric(metric)->value({sums.energy_pj, sums.cycles, machine.area_um2, 500e6});
  };
  return value(cheap) + share * (value(fast) - value(cheap));
}

}  // namespace

TEST_CASE("studies with limits on energy, cycles, power, latency, EDP and area find and prove the enumerated best") {
  const Files folder;
  const std::string family = folder.write("tiny.yaml", family_text);
  const std::string first = folder.write("first.yaml", first_network);
  const std::string second = folder.write("second.yaml", second_network);
  int kept = 0, none = 0;
  for (const bool two : {false, true}) {
    Study study;
    study.workloads = {{first, 1.0, {}}};
    if (two) study.workloads.push_back({second, 0.5, {}});
    study.family = family;
    study.designer = "exhaustive";
    study.trials = 100;
    const std::vector<Machine> machines = enumerate_machines(Codesign(study));
    REQUIRE(machines.size() == 6);
    std::vector<double> weights{1.0};
    if (two) weights.push_back(0.5);
    Random random(3, {two ? 1U : 0U});
    for (int turn = 0; turn < 18; ++turn) {
      CAPTURE(two);
      CAPTURE(turn);
      Study asked = study;
      asked.objective = std::vector<std::string>{"edp", "energy", "cycles", "energy^2*cycles"}[random.below(4)];
      if (two && random.below(3) == 0) asked.combine = Combine::worst;
      const std::size_t limits = 1 + random.below(2);
      for (std::size_t l = 0; l < limits; ++l) {
        const Metric& metric = metrics()[(static_cast<std::size_t>(turn) + l) % metrics().size()];
        const Machine& machine = machines[random.below(machines.size())];
        const double bound = metric_of(machine, metric.name, random.uniform(0.0, 1.0), weights);
        StudySpec limit;
        limit.spec.metric = limit.text = metric.name;
        limit.spec.max = bound * (1.0 + 1e-9);
        asked.specs.push_back(limit);
        CAPTURE(metric.name);
      }
      for (const bool prove : {false, true}) {
        asked.prove = prove;
        asked.designer = prove ? "random" : "exhaustive";
        asked.trials = prove ? 2 : 100;
        const Codesign codesign(asked);
        const double truth = enumerated(codesign, machines);
        CodesignOptions options;
        options.threads = 1;
        const CodesignResult result = run(codesign, options);
        CAPTURE(asked.objective);
        CHECK(result.best.has_value() == (truth < infinity));
        if (result.best && truth < infinity) {
          CHECK(result.best->objective == doctest::Approx(truth).epsilon(1e-9));
          CHECK(result.lower_bound <= result.best->objective);
          if (prove) CHECK(result.proven);
          ++kept;
        } else if (!result.best) {
          CHECK(result.none_keeps);
          ++none;
        }
      }
    }
  }
  CHECK(kept > 25);
  CHECK(none > 2);
}
