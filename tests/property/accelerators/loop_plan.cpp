// Properties of scores: the same bits on every instruction set, and never better with less.
#include <doctest/doctest.h>

#include <rapidcheck.h>
#include <cstring>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>

#include "support/loop_draws.hpp"

using namespace dovetail;
using testing::Dice;
using testing::Draw;

namespace {

std::uint64_t mix(std::uint64_t hash, double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return (hash ^ bits) * 0x100000001b3ULL;
}

}  // namespace

TEST_CASE("scores have the same bits whatever the instruction set") {
  Dice dice(20260101);
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  int valid = 0;
  for (int k = 0; k < 20000; ++k) {
    const Draw draw = testing::draw(dice, dice.between(1, 8));
    const LoopPlan plan(draw.layer, draw.architecture);
    const PackedMapping mapping = pack(draw.layer, draw.mapping);
    const Score score = plan.score(mapping);
    hash = mix(mix(hash, score.energy_pj), score.cycles);
    valid += score.valid ? 1 : 0;
    if (draw.layer.dimensions.size() <= 8) {
      MappingBatch batch;
      batch.fill(mapping);
      const BatchScore scores = plan.score(batch);
      hash = mix(mix(hash, scores.energy_pj[3]), scores.cycles[5]);
    }
  }
  CHECK(valid > 10000);
  CHECK(hash == 5483113380322819259ULL);
}

TEST_CASE("more bandwidth never costs cycles or energy") {
  const bool holds = rc::check("bandwidth is monotone", [](std::uint64_t seed) {
    Dice dice(seed);
    for (int k = 0; k < 100; ++k) {
      Draw draw = testing::draw(dice, 3);
      const PackedMapping mapping = pack(draw.layer, draw.mapping);
      const Score before = LoopPlan(draw.layer, draw.architecture).score(mapping);
      Level& level = draw.architecture.levels[static_cast<std::size_t>(dice.below(mapping.level_count))];
      for (auto* bandwidth : {&level.read_bandwidth, &level.write_bandwidth, &level.shared_bandwidth}) {
        if (!*bandwidth || dice.one_in(2)) continue;
        if (dice.one_in(4)) {
          bandwidth->reset();
        } else {
          **bandwidth *= dice.of({1.1, 2.0, 3.7});
        }
      }
      const Score after = LoopPlan(draw.layer, draw.architecture).score(mapping);
      RC_ASSERT(after.valid == before.valid);
      // Timeloop's order of operations rounds ceil(compute / (bandwidth / rate)) up by at most one cycle.
      RC_ASSERT(!before.valid || after.cycles <= before.cycles + 1.0);
      RC_ASSERT(!before.valid || after.energy_pj <= before.energy_pj * (1.0 + 1e-6) + 1.0);
    }
  });
  CHECK(holds);
}

TEST_CASE("more capacity never makes a mapping illegal, and never changes what it costs") {
  const bool holds = rc::check("capacity is monotone", [](std::uint64_t seed) {
    Dice dice(seed);
    for (int k = 0; k < 100; ++k) {
      Draw draw = testing::draw(dice, 3);
      for (Level& level : draw.architecture.levels) level.min_utilization = 0.0;
      const PackedMapping mapping = pack(draw.layer, draw.mapping);
      const Score before = LoopPlan(draw.layer, draw.architecture).score(mapping);
      for (Level& level : draw.architecture.levels) {
        if (level.capacity_words) *level.capacity_words += dice.below(500);
        if (dice.one_in(5)) level.capacity_words.reset();
      }
      const Score after = LoopPlan(draw.layer, draw.architecture).score(mapping);
      RC_ASSERT(after.valid || !before.valid);
      RC_ASSERT(!before.valid || (after.energy_pj == before.energy_pj && after.cycles == before.cycles));
    }
  });
  CHECK(holds);
}

TEST_CASE("a mapping that changes step by step scores as if scored anew") {
  const bool holds = rc::check("sessions equal scores", [](std::uint64_t seed) {
    Dice dice(seed);
    for (int k = 0; k < 20; ++k) {
      const Draw draw = testing::draw(dice, dice.between(1, 6));
      const LoopPlan plan(draw.layer, draw.architecture);
      LoopSession session(plan, pack(draw.layer, draw.mapping));
      const int dimensions = static_cast<int>(draw.layer.dimensions.size());
      for (int step = 0; step < 20; ++step) {
        const int level = dice.below(session.mapping().level_count);
        const PackedLevel& at = session.mapping().levels[static_cast<std::size_t>(level)];
        if (!dice.one_in(4)) {
          auto order = at.order;
          std::swap(order[static_cast<std::size_t>(dice.below(dimensions))],
                    order[static_cast<std::size_t>(dice.below(dimensions))]);
          session.reorder(level, order);
        } else {
          const int d = dice.below(dimensions);
          const std::int32_t factor = at.temporal[static_cast<std::size_t>(d)];
          const LoopSlot to{dice.below(session.mapping().level_count),
                            dice.of({LoopSlot::temporal, LoopSlot::spatial_x})};
          session.move_factor(d, factor, {level, LoopSlot::temporal}, to);
        }
        const Score anew = plan.score(session.mapping());
        RC_ASSERT(session.score().valid == anew.valid);
        RC_ASSERT(session.score().energy_pj == anew.energy_pj);
        RC_ASSERT(session.score().cycles == anew.cycles);
      }
    }
  });
  CHECK(holds);
}
