// A tensor that lives in an inner memory: the same machine and mapping with everything of it already there.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

#include "support/loop_draws.hpp"

using namespace dovetail;
using testing::Dice;

namespace {

// Levels between a level and the outermost memory let a tensor pass.
void keep_here(Mapping& mapping, std::size_t level, std::size_t tensor) {
  const auto bit = 1U << tensor;
  mapping.levels[level].keep |= bit;
  mapping.levels[level].depth = {};
  for (std::size_t i = level + 1; i + 1 < mapping.levels.size(); ++i) {
    mapping.levels[i].keep &= ~bit;
    mapping.levels[i].depth = {};
  }
}

struct Homed {
  testing::Draw draw;
  std::size_t level = 0, tensor = 0;
};

std::optional<Homed> draw_home(Dice& dice) {
  Homed homed{testing::draw(dice, dice.between(1, 6)), 0, 0};
  Architecture& machine = homed.draw.architecture;
  std::vector<std::size_t> single;
  for (std::size_t i = 0; i + 1 < machine.levels.size(); ++i) {
    if (machine.levels[i].instances == 1) single.push_back(i);
  }
  if (single.empty() || machine.link_transfers) return std::nullopt;
  homed.level = single[static_cast<std::size_t>(dice.below(static_cast<int>(single.size())))];
  homed.tensor = static_cast<std::size_t>(dice.below(static_cast<int>(homed.draw.layer.tensors.size())));
  for (Level& level : machine.levels) {
    level.capacity_words.reset();
    level.min_utilization = 0.0;
  }
  keep_here(homed.draw.mapping, homed.level, homed.tensor);
  return homed;
}

}  // namespace

// The same machine with an explicit home: a level inside the outermost memory with the prices of the home, which keeps
// this tensor alone and has all loops of the outermost memory. What it does not save is every word once, in or out.
bool explicitly(const Layer& layer, const Architecture& machine, const Mapping& mapping, const Evaluation& own,
                std::size_t home, std::size_t t) {
  if (machine.levels.size() + 1 > static_cast<std::size_t>(max_levels)) return false;
  Architecture deeper = machine;
  Mapping through = mapping;
  Level level = machine.levels[home];
  level.name = "Home";
  level.mesh_x = machine.levels.back().mesh_x, level.mesh_y = machine.levels.back().mesh_y;
  level.instances = machine.levels.back().instances;
  if (level.instances != 1) return false;
  deeper.levels.insert(deeper.levels.end() - 1, level);
  MappingLevel loops = through.levels.back();
  loops.keep = 1U << t;
  through.levels.insert(through.levels.end() - 1, loops);
  through.levels.back().temporal.clear();
  through.levels.back().spatial_x.clear();
  through.levels.back().spatial_y.clear();
  through.levels[home].keep &= ~(1U << t);
  const Evaluation whole = LoopModel().evaluate(layer, deeper, through);
  REQUIRE(whole.valid());
  const TensorCounts &at_home = own.levels[home].tensors[t],
                     &there = whole.levels[machine.levels.size() - 1].tensors[t];
  CHECK(at_home.reads == there.reads);
  CHECK(at_home.updates == there.updates);
  const std::int64_t words = elements(layer, layer.tensors[t]);
  CHECK(at_home.utilized_capacity == there.utilized_capacity);
  CHECK(there.fills == (layer.tensors[t].written ? 0 : words));
  const TensorCounts& outside = whole.levels.back().tensors[t];
  CHECK(outside.reads + outside.updates == words);
  return true;
}

TEST_CASE("a home costs what an explicit level costs, without the way into it") {
  Dice dice(28);
  int compared = 0, written = 0, compared_explicitly = 0;
  for (int k = 0; k < 20000; ++k) {
    const auto homed = draw_home(dice);
    if (!homed) continue;
    const auto& [layer, machine, mapping] = homed->draw;
    const std::size_t home = homed->level, t = homed->tensor;
    const Evaluation plain = LoopModel().evaluate(layer, machine, mapping);
    if (!plain.valid()) continue;
    Mapping settled = mapping;
    Homes homes;
    homes[t] = static_cast<int>(home);
    settle(settled, homes);
    CAPTURE(k);
    const Evaluation own = LoopModel().evaluate(layer, machine, settled);
    REQUIRE(own.valid());
    CHECK(own.compute_energy_pj == plain.compute_energy_pj);
    CHECK(own.cycles <= plain.cycles);
    for (std::size_t i = 0; i < machine.levels.size(); ++i) {
      for (std::size_t s = 0; s < layer.tensors.size(); ++s) {
        const TensorCounts &now = own.levels[i].tensors[s], &then = plain.levels[i].tensors[s];
        const bool gone = s == t && i > home;
        CHECK(now.reads == (gone ? 0 : then.reads));
        CHECK(now.updates == (gone ? 0 : then.updates));
        CHECK(now.fills == (s == t && i >= home ? 0 : then.fills));
        if (s != t || i != home) CHECK(now.utilized_capacity == (gone ? 0 : then.utilized_capacity));
        if (s != t || i < home) CHECK(now.energy_pj == then.energy_pj);
      }
    }
    compared_explicitly += explicitly(layer, machine, mapping, own, home, t) ? 1 : 0;
    ++compared;
    written += layer.tensors[t].written ? 1 : 0;

    const Score score = LoopPlan(layer, machine).score(pack(layer, settled));
    CHECK(score.valid);
    CHECK(score.energy_pj == own.energy_pj);
    CHECK(score.cycles == static_cast<double>(own.cycles));
    if (layer.dimensions.size() <= 8) {
      MappingBatch batch;
      batch.fill(pack(layer, settled));
      const LoopPlan plan(layer, machine);
      CHECK(plan.score(batch).energy_pj[2] == plan.score(batch.get(2)).energy_pj);
    }
    // The document reads back equal.
    Diagnostics diagnostics;
    const auto read =
        read_mapping(parse_json(to_json(layer, machine, settled).dump(), "mapping"), layer, machine, diagnostics);
    REQUIRE(read);
    CHECK(homes_of(*read) == homes);
    CHECK(LoopModel().evaluate(layer, machine, *read).energy_pj == own.energy_pj);
  }
  CHECK(compared > 2000);
  CHECK(written > 200);
  CHECK(compared_explicitly > 1000);
}

TEST_CASE("steps of a session keep homes") {
  Dice dice(281);
  int compared = 0;
  for (int k = 0; k < 4000; ++k) {
    const auto homed = draw_home(dice);
    if (!homed) continue;
    const auto& [layer, machine, mapping] = homed->draw;
    PackedMapping packed = pack(layer, mapping);
    Homes homes;
    homes[homed->tensor] = static_cast<int>(homed->level);
    settle(packed, homes);
    const LoopPlan plan(layer, machine);
    if (!plan.score(packed).valid) continue;
    LoopSession session(plan, packed);
    const int level = dice.below(packed.level_count);
    auto order = packed.levels[static_cast<std::size_t>(level)].order;
    std::swap(order[0], order[static_cast<std::size_t>(dice.below(packed.dimension_count))]);
    const Score stepped = session.reorder(level, order);
    packed.levels[static_cast<std::size_t>(level)].order = order;
    const Score whole = plan.score(packed);
    CHECK(stepped.energy_pj == whole.energy_pj);
    CHECK(stepped.cycles == whole.cycles);
    ++compared;
  }
  CHECK(compared > 400);
}

TEST_CASE("what is no home is a violation") {
  Dice dice(282);
  int many = 0;
  for (int k = 0; k < 5000; ++k) {
    testing::Draw draw = testing::draw(dice, dice.between(1, 6));
    for (Level& level : draw.architecture.levels) level.capacity_words.reset(), level.min_utilization = 0.0;
    if (draw.architecture.levels.size() < 2 ||
        !LoopModel().evaluate(draw.layer, draw.architecture, draw.mapping).valid())
      continue;
    const int home = dice.below(static_cast<int>(draw.architecture.levels.size()) - 1);
    Homes homes;
    homes[0] = home;
    settle(draw.mapping, homes);
    const Evaluation own = LoopModel().evaluate(draw.layer, draw.architecture, draw.mapping);
    const auto breaks = [&](const char* constraint) {
      return std::any_of(own.violations.begin(), own.violations.end(),
                         [&](const Violation& violation) { return violation.constraint == constraint; });
    };
    CHECK(breaks("home_instances") == (draw.architecture.levels[static_cast<std::size_t>(home)].instances > 1));
    many += breaks("home_instances") ? 1 : 0;
    CHECK(LoopPlan(draw.layer, draw.architecture).score(pack(draw.layer, draw.mapping)).valid == own.valid());
  }
  CHECK(many > 100);
}

TEST_CASE("contradictions of a document are located") {
  const Layer layer = make_matmul({.name = "product", .rows = 4, .columns = 4, .depth = 4});
  Architecture machine;
  machine.levels.resize(2);
  machine.levels[0].name = "Buffer";
  machine.levels[0].capacity_words = 100;
  machine.levels[1].name = "DRAM";
  machine.levels[1].is_dram = true;
  const auto mistakes = [&](const char* text) {
    Diagnostics diagnostics;
    read_mapping(parse_json(text, "mapping"), layer, machine, diagnostics);
    return diagnostics.errors();
  };
  CHECK(
      mistakes(
          R"({"levels": [{"level": "Buffer", "temporal": "M4 N4 K4"}, {"level": "DRAM"}], "homes": {"Inputs": "Buffer"}})") ==
      0);
  CHECK(mistakes(R"({"levels": [{"level": "Buffer"}, {"level": "DRAM"}], "homes": {"Inputs": "DRAM"}})") == 0);
  CHECK(
      mistakes(
          R"({"levels": [{"level": "Buffer"}, {"level": "DRAM"}], "homes": {"Inputs": "Bufer", "Input": "Buffer"}})") ==
      2);
  CHECK(
      mistakes(
          R"({"levels": [{"level": "Buffer", "keep": ["Weights"]}, {"level": "DRAM"}], "homes": {"Inputs": "Buffer"}})") ==
      1);
  CHECK(mistakes(R"({"levels": [{"level": "Buffer"}, {"level": "DRAM"}], "homes": ["Inputs"]})") == 1);
}
