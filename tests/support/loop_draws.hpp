// Small but nasty random layers, machines and mappings for tests of the loop model.
#pragma once

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail::testing {

/// SplitMix64: enough for draws, the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  int below(int bound) { return static_cast<int>(next() % static_cast<std::uint64_t>(bound)); }
  int between(int low, int high) { return low + below(high - low + 1); }
  bool one_in(int n) { return below(n) == 0; }
  template <class T>
  T of(std::initializer_list<T> values) {
    return *(values.begin() + below(static_cast<int>(values.size())));
  }

 private:
  std::uint64_t state_;
};

struct Draw {
  Layer layer;
  Architecture architecture;
  Mapping mapping;
};

inline Layer draw_layer(Dice& dice, int prime_factors) {
  Layer layer;
  if (dice.below(5) < 3) {
    ConvShape shape;
    shape.groups = dice.one_in(4) ? 2 : 1;
    shape.in_channels = shape.groups * (dice.one_in(3) ? 1 : 2);
    shape.out_channels = dice.one_in(4) ? shape.in_channels : shape.groups * dice.of({1, 2, 3});
    shape.batch = dice.one_in(4) ? 2 : 1;
    shape.out_height = dice.of({1, 2, 3, 4});
    shape.out_width = dice.of({1, 2, 3, 4, 6});
    shape.kernel_height = dice.of({1, 2, 3, 4});
    shape.kernel_width = dice.of({1, 1, 2, 3});
    shape.stride_height = dice.of({1, 1, 2, 3});
    shape.stride_width = dice.of({1, 1, 2, 4});
    shape.dilation_height = dice.of({1, 1, 2});
    shape.dilation_width = dice.of({1, 1, 2, 3});
    layer = make_conv(shape);
  } else {
    const int dimensions = dice.one_in(10) ? dice.between(7, 10) : dice.between(1, 5);
    for (int d = 0; d < dimensions; ++d) {
      layer.dimensions.push_back({std::string(1, static_cast<char>('A' + d)), 1});
    }
    for (int k = dice.below(prime_factors + 1); k > 0; --k) {
      layer.dimensions[static_cast<std::size_t>(dice.below(dimensions))].extent *= dice.of({2, 2, 3, 5});
    }
    const int tensors = dice.between(1, 4);
    const int written = dice.below(tensors);
    for (int t = 0; t < tensors; ++t) {
      Tensor tensor{"T" + std::to_string(t), {}};
      tensor.written = t == written;
      for (int a = dice.below(5); a > 0; --a) {
        Axis axis;
        for (int k = dice.of({0, 1, 1, 1, 2, 2, 3}); k > 0; --k) {
          axis.push_back({dice.below(dimensions), dice.of<std::int64_t>({1, 1, 1, 2, 3})});
        }
        tensor.axes.push_back(axis);
      }
      layer.tensors.push_back(tensor);
    }
  }
  if (dice.one_in(6)) {
    for (Tensor& tensor : layer.tensors) tensor.word_bits = dice.of({0, 4, 8, 12, 16, 32});
  }
  if (dice.one_in(8)) {
    for (Tensor& tensor : layer.tensors) tensor.density = dice.of({1.0, 0.5, 0.3});
  }
  return layer;
}

inline Mapping draw_mapping(Dice& dice, const Layer& layer, int levels) {
  Mapping mapping;
  mapping.levels.resize(static_cast<std::size_t>(levels));
  const int favourite = dice.below(levels);  // most spatial loops sit at one level
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    std::int64_t rest = layer.dimensions[d].extent;
    for (std::int64_t prime = 2; rest > 1; ++prime) {
      while (rest % prime == 0) {
        rest /= prime;
        const bool spatial = dice.one_in(3);
        const int at = spatial && !dice.one_in(4) ? favourite : dice.below(levels);
        MappingLevel& level = mapping.levels[static_cast<std::size_t>(at)];
        std::vector<Loop>& loops = !spatial ? level.temporal : dice.one_in(2) ? level.spatial_x : level.spatial_y;
        bool merged = false;
        for (Loop& loop : loops) {
          if (loop.dimension != static_cast<int>(d)) continue;
          loop.factor *= prime;
          merged = true;
        }
        if (!merged) {
          loops.insert(loops.begin() + dice.below(static_cast<int>(loops.size()) + 1), {static_cast<int>(d), prime});
        }
      }
    }
  }
  const unsigned everything = (1U << layer.tensors.size()) - 1U;
  for (MappingLevel& level : mapping.levels) {
    level.keep = dice.one_in(3) ? everything : static_cast<unsigned>(dice.next()) & everything;
  }
  mapping.levels.back().keep = dice.one_in(200) ? everything >> 1U : everything;
  return mapping;
}

/// A machine on which the mapping is legal most of the time.
inline Architecture draw_machine(Dice& dice, const Layer& layer, const Mapping& mapping) {
  Architecture machine;
  const auto levels = static_cast<int>(mapping.levels.size());
  machine.levels.resize(mapping.levels.size());
  const bool slack = dice.one_in(2), wires = dice.one_in(2), leaky = dice.one_in(3), tight = dice.one_in(2);
  std::int64_t x = 1, y = 1;
  auto instances = [&](auto& part) {
    part.mesh_x = x;
    part.mesh_y = y;
    part.instances = x * y;
  };
  for (int i = levels - 1; i >= 0; --i) {
    Level& level = machine.levels[static_cast<std::size_t>(i)];
    const MappingLevel& loops = mapping.levels[static_cast<std::size_t>(i)];
    level.name = "L" + std::to_string(i);
    instances(level);
    for (const Loop& loop : loops.spatial_x) x *= loop.factor;
    for (const Loop& loop : loops.spatial_y) y *= loop.factor;
    if (slack && dice.one_in(3)) x *= dice.of({2, 3});
    if (slack && dice.one_in(3)) y *= dice.of({2, 3});
    level.word_bits = dice.of({8, 16, 16});
    level.block_size = dice.of({1, 1, 2, 3, 4, 8});
    level.cluster_size = dice.of({1, 1, 1, 2, 3});
    level.multiple_buffering = dice.of({1.0, 1.0, 2.0, 1.5});
    if (tight && i + 1 < levels) {
      level.capacity_words = dice.one_in(8) ? dice.between(0, 30) : dice.between(50, 3000);
      if (dice.one_in(8)) level.min_utilization = dice.of({0.01, 0.1, 0.5});
    }
    if (dice.one_in(2)) level.read_bandwidth = dice.of({0.25, 0.5, 1.0, 2.0, 3.0, 16.0});
    if (dice.one_in(2)) level.write_bandwidth = dice.of({0.25, 0.5, 1.0, 2.0, 3.0, 16.0});
    if (dice.one_in(5)) level.shared_bandwidth = dice.of({0.5, 1.0, 3.0, 7.0});
    level.energy = {0.5 + 0.1 * dice.below(40), 0.5 + 0.1 * dice.below(40), 0.5 + 0.1 * dice.below(40),
                    leaky ? 0.001 * dice.below(10) : 0.0};
    level.area_per_instance_um2 = dice.below(100);
    level.is_dram = i + 1 == levels ? !dice.one_in(4) : dice.one_in(10);
    if (wires) level.network = {0.1 * dice.below(3), 0.05 * dice.below(3)};
  }
  instances(machine.compute);
  if (dice.one_in(100)) {
    machine.compute.mesh_x = 1;
    machine.compute.instances = machine.compute.mesh_y;
  }
  machine.compute.energy_per_op_pj = 1.0;
  machine.compute.adder_energy_pj = dice.one_in(4) ? 0.05 : 0.0;
  (void)layer;
  return machine;
}

/// Whether a slow walk of the draw is affordable.
inline bool small(const Draw& draw, std::int64_t most_words, int most_loops) {
  if (!check(draw.layer).empty()) return false;
  for (const Tensor& tensor : draw.layer.tensors) {
    if (elements(draw.layer, tensor) > most_words) return false;
  }
  int loops = 0;
  for (const MappingLevel& level : draw.mapping.levels) loops += static_cast<int>(level.temporal.size());
  return loops <= most_loops;
}

/// Depths for the tensors that the levels keep (uneven placement); one in a hundred where none is allowed.
inline void draw_depths(Dice& dice, const Layer& layer, Mapping& mapping) {
  for (std::size_t i = 0; i < mapping.levels.size(); ++i) {
    MappingLevel& level = mapping.levels[i];
    for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
      const bool allowed = i + 1 < mapping.levels.size() && (level.keep >> t & 1U) != 0;
      if (!allowed && !dice.one_in(100)) continue;
      level.depth[t] = static_cast<std::uint8_t>(dice.below(static_cast<int>(level.temporal.size()) + 1));
    }
  }
}

/// One draw; `size` scales words and loops, 1 is the smallest.
inline Draw draw(Dice& dice, int size) {
  for (;;) {
    Draw out;
    out.layer = draw_layer(dice, 5 + size);
    const int levels = dice.one_in(12) ? dice.between(5, 8) : dice.between(1, 4);
    out.mapping = draw_mapping(dice, out.layer, levels);
    if (!small(out, 100 << size, 4 + size)) continue;
    out.architecture = draw_machine(dice, out.layer, out.mapping);
    if (dice.one_in(200)) out.layer.dimensions.front().extent += 1;  // factors that do not multiply to the extent
    return out;
  }
}

}  // namespace dovetail::testing
