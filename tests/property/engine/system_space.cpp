// Systems of several machines as a space: counts against listing, orders of equal slots, and moves of layers.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <dovetail/engine/explore/exploration.hpp>
#include <dovetail/spaces/space/random.hpp>
#include <dovetail/workloads/text/document.hpp>

using namespace dovetail;

namespace {

// One to three slots of narrowed families, some of which may stay empty, with ports given or not.
std::string draw_study(Random& random) {
  const int slots = 1 + static_cast<int>(random.below(3)),
            low = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(slots)));
  std::string text = fmt::format("networks: [mlp]\nsystem:\n  slots: {{low: {}, high: {}}}\n  families: {}\n", low,
                                 slots, random.below(2) == 0 ? "[nvdla]" : "[nvdla, shidiannao]");
  if (random.below(2) == 0) text += "  bandwidth_gb_s: [8, 32]\n";
  text += "space:\n";
  if (random.below(2) == 0 && text.find("shidiannao") != std::string::npos) text += "  hw.0.family: [nvdla]\n";
  text +=
      "  hw.nvdla.atomic_c: [8, 16]\n  hw.nvdla.atomic_k: [8]\n  hw.nvdla.buffer_kb: [64]\n  hw.nvdla.sums_words: "
      "[128]\n  hw.nvdla.dram_words: [8, 16, 32]\n";
  if (text.find("shidiannao") != std::string::npos)
    text +=
        "  hw.shidiannao.pe_x: [8, 16]\n  hw.shidiannao.pe_y: [8]\n  hw.shidiannao.sums_words: [1]\n  "
        "hw.shidiannao.input_kb: [32]\n"
        "  hw.shidiannao.output_kb: [32]\n  hw.shidiannao.weight_kb: [32]\n";
  return text;
}

}  // namespace

TEST_CASE("systems: the count is the number of different systems, and one point stands for each") {
  CHECK(rc::check([](std::uint64_t seed) {
    Random random(seed);
    Diagnostics diagnostics;
    const ExplorationStudy study = read_exploration_study(parse_yaml(draw_study(random), "study.yaml"), diagnostics);
    diagnostics.raise();
    const Exploration exploration(study);
    const MachineSystem& system = *exploration.candidates().system;
    std::set<std::multiset<std::string>> systems;
    std::size_t standing = 0;
    for (const Point& point : exploration.space().enumerate(100'000)) {
      std::multiset<std::string> machines;
      for (const SystemMachine& machine : system.machines(point.numbers))
        machines.insert(
            fmt::format("{}{}", system.slots()[static_cast<std::size_t>(machine.slot)].alike, machine.key()));
      systems.insert(machines);
      Point ordered = point;
      system.put_in_order(ordered.numbers);
      RC_ASSERT(exploration.space().contains(ordered));
      RC_ASSERT(system.in_order(ordered.numbers));
      if (!system.in_order(point.numbers)) continue;
      ++standing;
      RC_ASSERT(ordered == point);
    }
    const SpaceSize size = exploration.candidates().count();
    RC_ASSERT(size.exact);
    RC_ASSERT(size.feasible == static_cast<double>(systems.size()));
    RC_ASSERT(standing == systems.size());
    for (int i = 0; i < 5; ++i) {
      const auto point = exploration.candidates().draw(random);
      RC_ASSERT(point.has_value());
      RC_ASSERT(exploration.space().contains(*point));
      RC_ASSERT(system.in_order(point->numbers));
    }
  }));
}

TEST_CASE("systems: moves of good ones have their machines, in order, and the system of equal machines is among them") {
  CHECK(rc::check([](std::uint64_t seed) {
    Random random(seed);
    Diagnostics diagnostics;
    const ExplorationStudy study = read_exploration_study(parse_yaml(draw_study(random), "study.yaml"), diagnostics);
    diagnostics.raise();
    const Exploration exploration(study);
    const MachineSystem& system = *exploration.candidates().system;
    const auto one = exploration.candidates().draw(random), other = exploration.candidates().draw(random);
    RC_ASSERT(one && other);
    const std::vector<Point> best{*one, *other}, moves = exploration.system_moves(best, random);
    for (const Point& point : moves) RC_ASSERT(system.in_order(point.numbers));
    for (const std::vector<int>& group : system.groups()) {
      if (group.size() < 2) {
        continue;
      }
      for (const Point& point : best) {
        Point equal = point;
        const auto [first, count] = system.block(group.front());
        for (const int slot : group)
          std::copy_n(point.numbers.begin() + first, count, equal.numbers.begin() + system.block(slot).first);
        RC_ASSERT(std::find(moves.begin(), moves.end(), equal) != moves.end());
      }
    }
  }));
}
