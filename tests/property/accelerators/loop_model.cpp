// The closed forms of the loop model equal a slow walk of the nest, and the fast plan equals the model bit for bit.
#include <doctest/doctest.h>

#include <rapidcheck.h>
#include <cmath>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>

#include "support/loop_draws.hpp"
#include "support/slow_loop_model.hpp"

using namespace dovetail;
using testing::Dice;
using testing::Draw;

namespace {

bool near(double a, double b) {
  return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

// The first difference, or nothing.
std::string difference(const Draw& draw, const Evaluation& fast, const Evaluation& slow) {
  if (fast.valid() != slow.valid()) {
    return fast.valid() ? "the slow walk finds it illegal" : "illegal: " + fast.violations[0].constraint;
  }
  if (!slow.valid()) return "";
  if (fast.macs != slow.macs) return "macs";
  if (fast.compute_cycles != slow.compute_cycles) return "compute_cycles";
  if (fast.cycles != slow.cycles) return "cycles";
  if (!near(fast.utilization, slow.utilization)) return "utilization";
  for (std::size_t i = 0; i < slow.levels.size(); ++i) {
    const std::string at = " at level " + std::to_string(i);
    if (fast.levels[i].cycles != slow.levels[i].cycles) return "cycles" + at;
    for (std::size_t t = 0; t < slow.levels[i].tensors.size(); ++t) {
      const TensorCounts &a = fast.levels[i].tensors[t], &b = slow.levels[i].tensors[t];
      const std::string of = at + " of " + draw.layer.tensors[t].name;
      if (a.utilized_capacity != b.utilized_capacity) return "capacity" + of;
      if (a.partition_size != b.partition_size) return "partition" + of;
      if (a.utilized_instances != b.utilized_instances) return "instances" + of;
      if (a.reads != b.reads) return "reads" + of;
      if (a.fills != b.fills) return "fills" + of;
      if (a.updates != b.updates) return "updates" + of;
      if (a.temporal_reductions != b.temporal_reductions) return "reductions" + of;
      if (!near(a.energy_pj, b.energy_pj)) return "energy" + of;
      const NetworkTensor &n = fast.networks[i].tensors[t], &m = slow.networks[i].tensors[t];
      if (n.fanout != m.fanout) return "fanout" + of;
      if (n.groups.size() != m.groups.size()) return "groups" + of;
      for (std::size_t g = 0; g < n.groups.size(); ++g) {
        if (n.groups[g].multicast != m.groups[g].multicast || n.groups[g].scatter != m.groups[g].scatter) {
          return "group" + of;
        }
        if (!near(n.groups[g].words, m.groups[g].words)) return "group words" + of;
      }
      if (!near(n.link_transfers, m.link_transfers)) return "link transfers" + of;
      if (!near(n.spatial_reductions, m.spatial_reductions)) return "spatial reductions" + of;
      if (!near(n.average_hops, m.average_hops)) return "hops" + of;
      // Rounding of a router's word count may differ by one when it is not whole (link transfers with bypass).
      const double router = draw.architecture.link_transfers ? draw.architecture.levels[i].network.router_energy_pj : 0;
      if (std::abs(n.energy_pj - m.energy_pj) > 8 * router + 1e-9 * std::max(1.0, m.energy_pj)) return "wires" + of;
    }
    if (!near(fast.levels[i].leakage_energy_pj, slow.levels[i].leakage_energy_pj)) return "leakage" + at;
    if (!near(fast.levels[i].energy_pj, slow.levels[i].energy_pj)) return "energy" + at;
  }
  if (!draw.architecture.link_transfers && !near(fast.energy_pj, slow.energy_pj)) return "energy";
  double sum = fast.compute_energy_pj;
  for (const LevelEvaluation& level : fast.levels) sum += level.energy_pj;
  for (const NetworkEvaluation& network : fast.networks) sum += network.energy_pj;
  if (sum != fast.energy_pj) return "the sum of energies";
  return "";
}

std::string difference(const Draw& draw) {
  const Evaluation fast = LoopModel().evaluate(draw.layer, draw.architecture, draw.mapping);
  const Evaluation slow = testing::SlowLoopModel(draw.layer, draw.architecture, draw.mapping).evaluate();
  if (std::string what = difference(draw, fast, slow); !what.empty()) return what;
  const Score score = LoopPlan(draw.layer, draw.architecture).score(pack(draw.layer, draw.mapping));
  if (score.valid != fast.valid()) return score.valid ? "the plan finds it legal" : "the plan finds it illegal";
  if (score.valid && score.energy_pj != fast.energy_pj) return "energy of the plan";
  if (score.valid && score.cycles != static_cast<double>(fast.cycles)) return "cycles of the plan";
  return "";
}

std::string show(const Draw& draw) {
  std::string text;
  for (const Dimension& d : draw.layer.dimensions) text += d.name + "=" + std::to_string(d.extent) + " ";
  for (const Tensor& tensor : draw.layer.tensors) {
    text += "| " + tensor.name + (tensor.written ? "(w)" : "");
    for (const Axis& axis : tensor.axes) {
      text += " [";
      for (const AxisTerm& term : axis) {
        text += std::to_string(term.coefficient) + draw.layer.dimensions[term.dimension].name + " ";
      }
      text += "]";
    }
  }
  auto loops = [&](const std::vector<Loop>& list) {
    std::string out;
    for (const Loop& loop : list) out += draw.layer.dimensions[loop.dimension].name + std::to_string(loop.factor) + " ";
    return out;
  };
  for (std::size_t i = 0; i < draw.mapping.levels.size(); ++i) {
    const MappingLevel& level = draw.mapping.levels[i];
    text += "\n  level " + std::to_string(i) + " keep " + std::to_string(level.keep) + " x: " + loops(level.spatial_x) +
            "y: " + loops(level.spatial_y) + "t: " + loops(level.temporal) + "depth:";
    for (std::size_t t = 0; t < draw.layer.tensors.size(); ++t) text += " " + std::to_string(level.depth[t]);
  }
  return text;
}

}  // namespace

TEST_CASE("the closed forms equal the walk: 100 000 draws") {
  int valid = 0, tuned = 0;
  const bool holds = rc::check("closed forms equal the walk", [&](std::uint64_t seed) {
    Dice dice(seed);
    for (int k = 0; k < 1000; ++k) {
      const Draw draw = testing::draw(dice, k % 50 == 0 ? 4 : k % 5 == 0 ? 2 : 1);
      const std::string what = difference(draw);
      if (!what.empty()) RC_FAIL(what + "\n" + show(draw));
      const LoopPlan plan(draw.layer, draw.architecture);
      tuned += plan.tuned() ? 1 : 0;
      valid += plan.score(pack(draw.layer, draw.mapping)).valid ? 1 : 0;
    }
  });
  CHECK(holds);
  MESSAGE(valid, " legal, ", tuned, " in the tuned form");
}

TEST_CASE("uneven placement equals the walk: 100 000 draws") {
  int valid = 0, uneven_ones = 0;
  const bool holds = rc::check("uneven placement equals the walk", [&](std::uint64_t seed) {
    Dice dice(seed);
    for (int k = 0; k < 1000; ++k) {
      Draw draw = testing::draw(dice, k % 50 == 0 ? 4 : k % 5 == 0 ? 2 : 1);
      testing::draw_depths(dice, draw.layer, draw.mapping);
      if (k % 50 == 1) draw.architecture.link_transfers = true;
      const std::string what = difference(draw);
      if (!what.empty()) RC_FAIL(what + "\n" + show(draw));
      const PackedMapping packed = pack(draw.layer, draw.mapping);
      RC_ASSERT(unpack(packed) == draw.mapping);
      const bool legal = LoopModel().evaluate(draw.layer, draw.architecture, packed).valid();
      valid += legal ? 1 : 0;
      uneven_ones += legal && uneven(packed) ? 1 : 0;
    }
  });
  CHECK(holds);
  MESSAGE(valid, " legal, ", uneven_ones, " of them uneven");
}

TEST_CASE("link transfers equal the walk") {
  int linked = 0;
  const bool holds = rc::check("link transfers equal the walk", [&](std::uint64_t seed) {
    Dice dice(seed);
    for (int k = 0; k < 30; ++k) {
      Draw draw = testing::draw(dice, k % 10 == 0 ? 2 : 1);
      draw.architecture.link_transfers = true;
      const std::string what = difference(draw);
      if (!what.empty()) RC_FAIL(what + "\n" + show(draw));
      const Evaluation evaluation = LoopModel().evaluate(draw.layer, draw.architecture, draw.mapping);
      bool any = false;
      for (const NetworkEvaluation& network : evaluation.networks) {
        for (const NetworkTensor& tensor : network.tensors) any = any || tensor.link_transfers > 0.0;
      }
      linked += any ? 1 : 0;
    }
  });
  CHECK(holds);
  MESSAGE(linked, " draws with link transfers");
}

TEST_CASE("a batch equals its mappings one by one, bit for bit") {
  int valid = 0;
  const bool holds = rc::check("batch equals scalar", [&](std::uint64_t seed) {
    Dice dice(seed);
    for (int k = 0; k < 100; ++k) {
      Draw draw = testing::draw(dice, dice.between(1, 6));
      draw.architecture.compute.adder_energy_pj = 0.0;
      for (Level& level : draw.architecture.levels) level.network = {};
      if (draw.layer.dimensions.size() > 8) continue;
      const LoopPlan plan(draw.layer, draw.architecture);
      const int levels = static_cast<int>(draw.mapping.levels.size());
      const PackedMapping first = pack(draw.layer, draw.mapping);
      std::array<PackedMapping, MappingBatch::width> mappings;
      MappingBatch batch;
      batch.fill(first);
      for (int lane = 0; lane < MappingBatch::width; ++lane) {
        PackedMapping& mapping = mappings[static_cast<std::size_t>(lane)];
        mapping = lane == 0 ? first : pack(draw.layer, testing::draw_mapping(dice, draw.layer, levels));
        for (std::size_t i = 0; i < static_cast<std::size_t>(levels); ++i) {
          mapping.levels[i].order = first.levels[i].order;
          mapping.levels[i].keep = first.levels[i].keep;
        }
        batch.set(lane, mapping);
      }
      const BatchScore scores = plan.score(batch);
      for (std::size_t lane = 0; lane < mappings.size(); ++lane) {
        const Score one = plan.score(mappings[lane]);
        valid += one.valid ? 1 : 0;
        if (one.energy_pj != scores.energy_pj[lane]) RC_FAIL("energy\n" + show(draw));
        if (one.cycles != scores.cycles[lane]) RC_FAIL("cycles\n" + show(draw));
      }
    }
  });
  CHECK(holds);
  MESSAGE(valid, " legal mappings");
}
