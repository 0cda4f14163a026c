// Are all drawn and stepped-to mappings legal for the loop model, and does the count equal listing them all?
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <map>
#include <set>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/spaces/mapping/map_space.hpp>
#include <dovetail/spaces/space/point_slot.hpp>

using namespace dovetail;

namespace {

struct Case {
  Layer layer;
  Architecture machine;
  MappingRules rules;
};

// A machine of two or three levels with one or two meshes, and a layer small enough to list.
Case random_case(Random& random) {
  Case result;
  ConvShape shape{.name = "conv"};
  const std::int64_t sizes[] = {1, 2, 3, 4, 6};
  shape.in_channels = sizes[random.below(5)];
  shape.out_channels = sizes[random.below(4)];
  shape.out_width = sizes[random.below(4)];
  shape.kernel_width = 1 + static_cast<std::int64_t>(random.below(3));
  shape.stride_width = 1 + static_cast<std::int64_t>(random.below(2));
  result.layer = make_conv(shape);
  Architecture& machine = result.machine;
  machine.name = "small";
  const int levels = 2 + static_cast<int>(random.below(2));
  std::int64_t x = 1 + static_cast<std::int64_t>(random.below(3)), y = 1 + static_cast<std::int64_t>(random.below(2));
  machine.levels.resize(static_cast<std::size_t>(levels));
  std::int64_t mesh_x = 1, mesh_y = 1;
  for (int l = levels; l-- > 0;) {
    Level& level = machine.levels[static_cast<std::size_t>(l)];
    level.name = "L" + std::to_string(l);
    level.mesh_x = mesh_x;
    level.mesh_y = mesh_y;
    level.instances = mesh_x * mesh_y;
    level.is_dram = l + 1 == levels;
    if (!level.is_dram) level.capacity_words = 3 + static_cast<std::int64_t>(random.below(60));
    if (!level.is_dram && random.below(6) == 0) level.min_utilization = 0.1;
    if (random.below(2)) {
      mesh_x *= x;
      mesh_y *= y;
    }
  }
  machine.compute.mesh_x = mesh_x;
  machine.compute.mesh_y = mesh_y;
  machine.compute.instances = mesh_x * mesh_y;
  if (random.below(2)) {
    result.rules.levels.resize(static_cast<std::size_t>(levels));
    const std::size_t dimensions = result.layer.dimensions.size();
    for (LevelRules& rules : result.rules.levels) {
      if (random.below(3) == 0) rules.must_keep = static_cast<unsigned>(random.below(8));
      if (random.below(3) == 0) rules.must_bypass = static_cast<unsigned>(random.below(8)) & ~rules.must_keep;
      if (random.below(2) == 0)
        rules.max_factor[random.below(3)][random.below(dimensions)] = 1 + static_cast<std::int64_t>(random.below(2));
      if (random.below(6) == 0) rules.min_factor[0][random.below(dimensions)] = 2;
      if (random.below(2) == 0) {
        const auto a = static_cast<int>(random.below(dimensions)), b = static_cast<int>(random.below(dimensions));
        rules.inner_order = a == b ? std::vector<int>{a} : std::vector<int>{a, b};
      }
    }
    result.rules.levels.back().must_bypass = 0;
  }
  return result;
}

using Key = std::vector<std::int32_t>;

Key factors_of(const PackedMapping& mapping, bool keeps) {
  Key key;
  for (int l = 0; l < mapping.level_count; ++l) {
    const PackedLevel& level = mapping.levels[static_cast<std::size_t>(l)];
    for (int d = 0; d < mapping.dimension_count; ++d)
      for (const auto* slot : {&level.temporal, &level.spatial_x, &level.spatial_y})
        key.push_back((*slot)[static_cast<std::size_t>(d)]);
    if (keeps) key.push_back(level.keep);
  }
  return key;
}

// All factor chains within meshes and factor rules.
void list(const Case& c, PackedMapping& mapping, int dimension, int slot, std::int64_t rest,
          std::vector<PackedMapping>& out) {
  const int levels = mapping.level_count;
  if (dimension == mapping.dimension_count) {
    for (int l = 0; l < levels; ++l) {
      std::int64_t x = 1, y = 1;
      for (int d = 0; d < mapping.dimension_count; ++d) {
        x *= mapping.levels[static_cast<std::size_t>(l)].spatial_x[static_cast<std::size_t>(d)];
        y *= mapping.levels[static_cast<std::size_t>(l)].spatial_y[static_cast<std::size_t>(d)];
      }
      if (x > fanout_x(c.machine, l) || y > fanout_y(c.machine, l)) return;
    }
    out.push_back(mapping);
    return;
  }
  if (slot == 3 * levels) {
    if (rest == 1)
      list(c, mapping, dimension + 1, 0,
           dimension + 1 < mapping.dimension_count ? c.layer.dimensions[static_cast<std::size_t>(dimension + 1)].extent
                                                   : 1,
           out);
    return;
  }
  const auto l = static_cast<std::size_t>(slot / 3), s = static_cast<std::size_t>(slot % 3),
             d = static_cast<std::size_t>(dimension);
  PackedLevel& level = mapping.levels[l];
  std::int32_t& factor = (s == 0 ? level.temporal : s == 1 ? level.spatial_x : level.spatial_y)[d];
  for (const std::int64_t divisor : divisors(rest)) {
    if (l < c.rules.levels.size()) {
      const LevelRules& rules = c.rules.levels[l];
      if (divisor < rules.min_factor[s][d] || (rules.max_factor[s][d] != 0 && divisor > rules.max_factor[s][d]))
        continue;
    }
    factor = static_cast<std::int32_t>(divisor);
    list(c, mapping, dimension, slot + 1, rest / divisor, out);
  }
  factor = 1;
}

}  // namespace

TEST_CASE("counts, draws and steps agree with listing everything") {
  CHECK(rc::check("map space agrees with brute force", [](std::uint64_t seed) {
    Random random(seed);
    const Case c = random_case(random);
    RC_PRE(check(c.machine).empty());
    const MapSpace space(c.layer, c.machine, c.rules);
    const LoopModel model;
    const int levels = static_cast<int>(c.machine.levels.size()),
              dimensions = static_cast<int>(c.layer.dimensions.size());
    std::vector<PackedMapping> chains;
    PackedMapping empty = empty_packed_mapping(levels, dimensions);
    list(c, empty, 0, 0, c.layer.dimensions[0].extent, chains);

    const MapSpaceSize size = space.size();
    RC_ASSERT(size.exact);
    RC_ASSERT(std::abs(std::pow(10.0, size.log10_factors) - static_cast<double>(chains.size())) <
              1e-6 * static_cast<double>(chains.size()) + 1e-9);

    // Legal (factors, kept sets), by the loop model's word.
    std::set<Key> legal;
    double pairs = 0.0;
    for (PackedMapping mapping : chains) {
      for (unsigned keeps = 0; keeps < (1U << (3 * (levels - 1))); ++keeps) {
        bool ruled = true;
        for (int l = 0; l < levels; ++l) {
          const unsigned keep = l + 1 == levels ? 7U : keeps >> (3 * l) & 7U;
          mapping.levels[static_cast<std::size_t>(l)].keep = static_cast<std::uint8_t>(keep);
          if (l + 1 < levels && !c.rules.levels.empty()) {
            const LevelRules& rules = c.rules.levels[static_cast<std::size_t>(l)];
            ruled = ruled && (keep & rules.must_keep) == rules.must_keep && (keep & rules.must_bypass) == 0;
          }
        }
        if (!ruled) continue;
        ++pairs;
        if (legal.size() < 3000 && model.evaluate(c.layer, c.machine, mapping).valid())
          legal.insert(factors_of(mapping, true));
      }
      if (pairs > 20000) break;
    }
    const bool listed = pairs <= 20000 && legal.size() < 3000;
    if (listed)
      RC_ASSERT(std::abs(pairs - std::pow(10.0, size.log10_factors + size.log10_keeps)) < 1e-6 * pairs + 1e-9);

    PackedMapping mapping;
    int found = 0;
    for (int i = 0; i < 40; ++i) {
      const bool uniform = i % 2 == 0;
      if ((uniform ? space.sample_uniform(random, mapping, 3000) : space.sample(random, mapping)) == 0) continue;
      ++found;
      RC_ASSERT(space.contains(mapping));
      RC_ASSERT(model.evaluate(c.layer, c.machine, mapping).valid());
      if (listed) RC_ASSERT(legal.count(factors_of(mapping, true)) == 1);
      PackedMapping next = mapping;
      for (int step = 0; step < 10 && space.neighbour(next, random); ++step) {
        RC_ASSERT(space.contains(next));
        RC_ASSERT(model.evaluate(c.layer, c.machine, next).valid());
      }
      if (i < 4)
        for (const PackedMapping& near : space.neighbours(mapping)) RC_ASSERT(space.contains(near));
    }
    if (listed && legal.empty()) RC_ASSERT(found == 0);
    if (listed && !legal.empty() && legal.size() * 500 > pairs) RC_ASSERT(found > 0);
    if (listed && legal.empty()) {
      const bool mins = std::any_of(c.machine.levels.begin(), c.machine.levels.end(),
                                    [](const Level& l) { return l.min_utilization > 0; });
      if (!mins && c.rules.levels.empty()) RC_ASSERT(!space.closest().empty());
    } else if (listed) {
      // Uniform draws: no legal pair comes far too often.
      std::map<Key, int> seen;
      int draws = 0;
      for (int i = 0; i < 400; ++i)
        if (space.sample_uniform(random, mapping, 3000) > 0) {
          ++seen[factors_of(mapping, true)];
          ++draws;
        }
      const double mean = draws / static_cast<double>(legal.size());
      for (const auto& [key, times] : seen) RC_ASSERT(times <= mean + 7 * std::sqrt(mean) + 7);
      const Share share = space.feasible_share(500, random);
      const double truth = static_cast<double>(legal.size()) / pairs;
      RC_ASSERT(share.low <= truth + 0.06);
      RC_ASSERT(share.high >= truth - 0.06);
    }
  }));
}
