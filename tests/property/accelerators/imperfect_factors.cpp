// Imperfect factors: the counting of tiles equals a walk over every iteration of the ragged nest.
#include <doctest/doctest.h>

#include <rapidcheck.h>
#include <algorithm>
#include <array>
#include <vector>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/accelerators/loop/ragged.hpp>

#include "support/loop_draws.hpp"

using namespace dovetail;
using testing::Dice;
using testing::Draw;

namespace {

using Point = std::array<long, max_axes>;

// Every iteration of the nest above one boundary, all instances, as stated in ragged.hpp.
class RaggedWalk {
 public:
  RaggedWalk(const Layer& layer, const Mapping& mapping, int tensor, int level)
      : layer_(layer),
        tensor_(layer.tensors[tensor]),
        tile_(layer.dimensions.size(), 1),
        level_(level) {
    for (int i = 0; i < level; ++i) {
      for (const auto* loops :
           {&mapping.levels[i].spatial_x, &mapping.levels[i].spatial_y, &mapping.levels[i].temporal}) {
        for (const Loop& loop : *loops) tile_[loop.dimension] *= loop.factor;
      }
    }
    std::vector<long> inner = tile_;
    for (std::size_t i = static_cast<std::size_t>(level); i < mapping.levels.size(); ++i) {
      const MappingLevel& at = mapping.levels[i];
      auto add = [&](const Loop& loop, bool temporal) {
        loops_.push_back(
            {loop.dimension, loop.factor, inner[loop.dimension], temporal, i == static_cast<std::size_t>(level)});
        inner[loop.dimension] *= loop.factor;
      };
      for (const Loop& loop : at.spatial_x) add(loop, false);
      for (const Loop& loop : at.spatial_y) add(loop, false);
      for (auto loop = at.temporal.rbegin(); loop != at.temporal.rend(); ++loop) add(*loop, true);
    }
    classify();
  }

  long delivered() { return total(false); }
  long injected() { return total(true); }

 private:
  struct NestLoop {
    int dimension;
    long factor, inner;
    bool temporal, own;
    int kind = 2;  // 0 nothing, 1 slide, 2 reload
  };

  Point project(const std::vector<long>& index) const {
    Point result{};
    for (std::size_t a = 0; a < tensor_.axes.size(); ++a) {
      for (const AxisTerm& term : tensor_.axes[a]) result[a] += term.coefficient * index[term.dimension];
    }
    return result;
  }

  // The reuse rule of the full factors: each loop at index 0 and 1, all inner loops wrapping from 1 to 0.
  void classify() {
    std::vector<long> wrapped(layer_.dimensions.size(), 0);
    bool moved = false;
    for (NestLoop& loop : loops_) {
      if (!loop.temporal) continue;
      std::vector<long> jump(wrapped.size());
      for (std::size_t d = 0; d < jump.size(); ++d) jump[d] = -wrapped[d];
      jump[loop.dimension] += loop.inner;
      wrapped[loop.dimension] += loop.inner;
      const Point moves = project(jump);
      if (level_ == 0) continue;
      if (moves == Point{}) {
        loop.kind = 0;
      } else if (!moved || moves == slide_) {
        loop.kind = 1;
        slide_ = moves;
        moved = true;
      }
    }
  }

  long total(bool shared) {
    long sum = 0;
    std::vector<long> index(loops_.size(), 0);
    for (;;) {
      std::vector<long> base(layer_.dimensions.size(), 0), extent = tile_;
      const NestLoop* stepped = nullptr;
      bool counts = true;
      for (std::size_t k = loops_.size(); k-- > 0;) {
        const NestLoop& loop = loops_[k];
        base[loop.dimension] += index[k] * loop.inner;
        if (loop.temporal && index[k] > 0) stepped = &loop;
        if (shared && loop.own && !loop.temporal && index[k] > 0 && !relevant(tensor_, loop.dimension)) counts = false;
      }
      for (std::size_t d = 0; d < base.size(); ++d) {
        extent[d] = std::min(extent[d], layer_.dimensions[d].extent - base[d]);
        counts = counts && extent[d] > 0;
      }
      if (counts) sum += new_words(base, extent, stepped);
      std::size_t k = 0;
      while (k < loops_.size() && ++index[k] == loops_[k].factor) index[k++] = 0;
      if (k == loops_.size()) return sum;
    }
  }

  long new_words(const std::vector<long>& base, const std::vector<long>& extent, const NestLoop* stepped) const {
    if (stepped != nullptr && stepped->kind == 0) return 0;
    const Point origin = project(base);
    std::vector<long> before_extent = extent;
    if (stepped != nullptr) before_extent[stepped->dimension] = tile_[stepped->dimension];
    const Point size = lengths(extent), before = lengths(before_extent);
    long count = 0;
    Point point = origin;
    for (;;) {
      bool had = stepped != nullptr && stepped->kind == 1;
      for (std::size_t a = 0; a < tensor_.axes.size(); ++a) {
        had = had && point[a] >= origin[a] - slide_[a] && point[a] < origin[a] - slide_[a] + before[a];
      }
      count += had ? 0 : 1;
      std::size_t a = 0;
      for (; a < tensor_.axes.size(); ++a) {
        if (++point[a] < origin[a] + size[a]) break;
        point[a] = origin[a];
      }
      if (a == tensor_.axes.size()) return count;
    }
  }

  Point lengths(const std::vector<long>& extent) const {
    std::vector<long> last = extent;
    for (long& value : last) --value;
    Point result = project(last);
    for (long& value : result) ++value;
    return result;
  }

  const Layer& layer_;
  const Tensor& tensor_;
  std::vector<long> tile_;
  int level_;
  std::vector<NestLoop> loops_;
  Point slide_{};
};

}  // namespace

TEST_CASE("counts of ragged nests equal a walk over all iterations") {
  int ragged = 0;
  const bool holds = rc::check("ragged counts", [&](std::uint64_t seed) {
    Dice dice(seed);
    for (int k = 0; k < 200; ++k) {
      Draw draw = testing::draw(dice, 1);
      for (Dimension& dimension : draw.layer.dimensions) {
        if (dice.one_in(2)) dimension.extent = std::max<std::int64_t>(1, dimension.extent - dice.between(0, 2));
      }
      if (macs(draw.layer) > 3000) continue;
      const LoopShape shape(draw.layer);
      const PackedMapping packed = pack(draw.layer, draw.mapping);
      bool legal = true, perfect = true;
      CheckedArithmetic exact;
      const Tiling tiling(shape, packed, exact);
      for (int d = 0; d < shape.dimensions; ++d) {
        legal = legal && covers(shape, packed, d);
        perfect = perfect && tiling.tile[packed.level_count - 1U][static_cast<std::size_t>(d)] ==
                                 shape.extent[static_cast<std::size_t>(d)];
      }
      if (!legal) continue;
      ragged += perfect ? 0 : 1;
      for (int t = 0; t < shape.tensors; ++t) {
        for (int level = 0; level < packed.level_count; ++level) {
          const ShapeTensor& tensor = shape.tensor[static_cast<std::size_t>(t)];
          const RaggedWords words = ragged_words(shape, tensor, packed, tiling, level, exact);
          RaggedWalk walk(draw.layer, draw.mapping, t, level);
          RC_ASSERT(words.delivered == walk.delivered());
          RC_ASSERT(words.injected == walk.injected());
          if (level == 0) RC_ASSERT(words.delivered == macs(draw.layer));
        }
      }
    }
  });
  CHECK(holds);
  MESSAGE(ragged, " ragged nests");
}

TEST_CASE("with perfect factors the ragged count is the perfect one, and the option changes nothing") {
  const bool holds = rc::check("perfect is a special case", [&](std::uint64_t seed) {
    Dice dice(seed);
    for (int k = 0; k < 200; ++k) {
      const Draw draw = testing::draw(dice, 2);
      const Evaluation strict = LoopModel().evaluate(draw.layer, draw.architecture, draw.mapping);
      if (!strict.valid()) continue;
      const Evaluation open =
          LoopModel({.imperfect_factors = true}).evaluate(draw.layer, draw.architecture, draw.mapping);
      RC_ASSERT(open.valid());
      RC_ASSERT(open.energy_pj == strict.energy_pj);
      RC_ASSERT(open.cycles == strict.cycles);
      const LoopShape shape(draw.layer);
      const PackedMapping packed = pack(draw.layer, draw.mapping);
      CheckedArithmetic exact;
      const Tiling tiling(shape, packed, exact);
      for (int t = 0; t < shape.tensors; ++t) {
        std::int64_t instances = 1;
        for (int level = packed.level_count - 1; level >= 0; --level) {
          const auto at = static_cast<std::size_t>(level);
          instances *= tiling.x[at] * tiling.y[at];
          const ShapeTensor& tensor = shape.tensor[static_cast<std::size_t>(t)];
          const std::int64_t each = words_to_child(shape, tensor, packed, tiling, level, exact);
          RC_ASSERT(ragged_words(shape, tensor, packed, tiling, level, exact).delivered == each * instances);
        }
      }
    }
  });
  CHECK(holds);
}

TEST_CASE("a ragged example on paper") {
  // Ten inputs in tiles of four: two whole tiles and one of two.
  Layer layer;
  layer.dimensions = {{"P", 10}};
  layer.tensors = {{"Inputs", {{{0, 1}}}}, {"Outputs", {{{0, 1}}}}};
  layer.tensors[1].written = true;
  Architecture machine;
  machine.levels.resize(2);
  machine.levels[0].name = "Buffer";
  machine.levels[1].name = "DRAM";
  machine.compute.energy_per_op_pj = 1.0;
  Mapping mapping;
  mapping.levels.resize(2);
  mapping.levels[0].keep = mapping.levels[1].keep = 3;
  mapping.levels[0].temporal = {{0, 4}};
  mapping.levels[1].temporal = {{0, 3}};
  CHECK_FALSE(LoopModel().evaluate(layer, machine, mapping).valid());
  const LoopModel model({.imperfect_factors = true});
  const Evaluation result = model.evaluate(layer, machine, mapping);
  REQUIRE(result.valid());
  CHECK(result.macs == 10);
  CHECK(result.compute_cycles == 12);  // three trips of four
  CHECK(result.levels[0].tensors[0].utilized_capacity == 4);
  CHECK(result.levels[0].tensors[0].fills == 10);
  CHECK(result.levels[0].tensors[0].reads == 10);
  CHECK(result.levels[1].tensors[1].updates == 10);
  CHECK(result.utilization == doctest::Approx(10.0 / 12.0));
  mapping.levels[1].temporal = {{0, 4}};  // the fourth trip would be empty
  const Evaluation spare = model.evaluate(layer, machine, mapping);
  REQUIRE(spare.violations.size() == 1);
  CHECK(spare.violations[0].constraint == "factors");
}
