// What LoopPlan prepares once for a layer on a machine: flat numbers, read by the scalar and the batched evaluation.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/accelerators/loop/lanes.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/accelerators/loop/shape.hpp>
#include <dovetail/accelerators/loop/traffic.hpp>

namespace dovetail {

namespace loop_plan {

inline constexpr std::size_t width = lanes::width;
inline constexpr std::size_t max_windows = 4;
inline constexpr double exact_limit = 0x1p53;
// Ratios closer than this are told apart by the exact order of operations; rounding is some 1e-15.
inline constexpr double tie = 1.0 - 1e-12;

using Row = std::array<double, width>;

// An axis that is not simply the index of one dimension: length = 1 + c (m_d - 1) + f (m_e - 1).
struct Window {
  std::size_t d = 0, e = 0;
  double c = 1.0, f = 0.0;  // f = 0: one term
  unsigned dimensions = 0;  // bits d and e of a sliding window, none for one term
};

struct PlanTensor {
  std::array<std::uint8_t, width> axis{};  // dimensions that are an axis of their own
  std::size_t axes = 0;
  lanes::Masks plain{};  // the same as lanes
  lanes::Masks relevant_lanes{};
  unsigned relevant = 0;
  std::array<double, width> moves_above{};  // 1 where the dimension is relevant, infinite elsewhere
  std::array<Window, max_windows> window{};
  std::size_t windows = 0;
  double elements = 1.0;
};

struct PlanLevel {
  double fan_x = 1, fan_y = 1;         // children of an instance
  double instances = 1;                // of what lies under this level
  double capacity = 0.0, least = 0.0;  // usable words, least legal words
  bool bounded = false;
  double clusters = 1.0;
  bool shares_clusters = false;  // fewer clusters than instances
  double leak_pj = 0.0;          // per cycle and used instance
  double idle_pj = 0.0;          // per cycle, of all instances
  Bandwidth bandwidth;
  double per_read = 0.0, per_write = 0.0, per_shared = 0.0;  // 1 / bandwidth, 0 without limit
  std::array<AccessCost, max_tensors> cost;
  std::array<double, max_tensors> bits{};  // width of a word of each tensor
  double word_bits = 1.0;
  bool narrow = false;  // some tensor has another word width than the memory
  bool wired = false;   // hops or routers cost energy
  bool priced = false;  // so do they, or additions: the network below costs energy
  bool is_dram = false;
  LevelNetwork network;
  ChildMesh mesh;
};

// Distinct values of i a + j b for i < m, j < n.
inline double distinct_sums(double m, double n, double a, double b) {
  const double small = std::min(a, b), ratio = std::max(a, b) / small;
  if (ratio == std::floor(ratio)) {  // one step divides the other: the usual case, without a gcd
    return m * n - std::max(0.0, m - b / small) * std::max(0.0, n - a / small);
  }
  const auto whole_a = static_cast<std::int64_t>(a), whole_b = static_cast<std::int64_t>(b);
  const auto common = static_cast<double>(std::gcd(whole_a, whole_b));
  return m * n - std::max(0.0, m - b / common) * std::max(0.0, n - a / common);
}

}  // namespace loop_plan

struct LoopPlan::Constants {  // NOLINT(clang-analyzer-optin.performance.Padding): in the order of use
  Layer layer;
  Architecture architecture;
  LoopOptions options;
  LoopShape shape;
  bool fast = false;
  std::size_t levels = 0, tensors = 0, written = 0;
  lanes::Ints int_lanes{};  // dimensions of the layer
  lanes::Reals extent{};
  std::array<loop_plan::PlanTensor, max_tensors> tensor{};
  std::array<loop_plan::PlanLevel, max_levels> level{};
  unsigned everything = 0;  // all tensors
  double macs = 0.0, compute_energy_pj = 0.0, compute_idle_pj = 0.0, adder_pj = 0.0;
  bool any_priced = false;
  double latency_cycles = 0.0;  ///< of all networks, on top of the longest level

  Constants(const Layer& of, const Architecture& on, LoopOptions with)
      : layer(of),
        architecture(on),
        options(with),
        shape(of) {
    fast = !on.link_transfers && !on.levels.empty() && prepare_layer();
    if (fast) prepare_machine();
  }

 private:
  bool prepare_layer();
  void prepare_machine();
};

}  // namespace dovetail
