// How many mappings a second the loop model scores on one core: scalar, batched, incremental, by levels and layer.
//
// Every figure is a full evaluation (energy, cycles, legality) of mappings that all differ. Times are CPU times of this
// thread, the best of several repetitions. Prints one table and, with --json, one object.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/spaces/space/random.hpp>

#include "clocks.hpp"

using namespace dovetail;

namespace {

Level level(const char* name, std::int64_t mesh_x, std::int64_t mesh_y, std::int64_t capacity, double bandwidth,
            double energy_pj, std::int64_t block = 1) {
  Level result;
  result.name = name;
  result.mesh_x = mesh_x;
  result.mesh_y = mesh_y;
  result.instances = mesh_x * mesh_y;
  if (capacity > 0) result.capacity_words = capacity;
  result.block_size = block;
  if (bandwidth > 0.0) result.read_bandwidth = result.write_bandwidth = bandwidth;
  result.energy = {energy_pj, energy_pj, energy_pj, 0.0};
  return result;
}

Architecture machine(std::int64_t mesh_x, std::int64_t mesh_y, std::vector<Level> levels) {
  Architecture result;
  result.compute.mesh_x = mesh_x;
  result.compute.mesh_y = mesh_y;
  result.compute.instances = mesh_x * mesh_y;
  result.compute.energy_per_op_pj = 1.0;
  result.levels = std::move(levels);
  result.levels.back().is_dram = true;
  return result;
}

Architecture eyeriss() {
  return machine(14, 12,
                 {level("Spad", 14, 12, 220, 2, 0.95), level("GlobalBuffer", 1, 1, 65536, 16, 26, 4),
                  level("DRAM", 1, 1, 0, 4, 800, 4)});
}
Architecture two_levels() {
  return machine(4, 4, {level("Buffer", 1, 1, 16384, 24, 6, 4), level("DRAM", 1, 1, 0, 4, 800, 4)});
}
Architecture clusters() {
  return machine(16, 16,
                 {level("Spad", 16, 16, 64, 3, 0.4), level("ClusterBuf", 4, 4, 4096, 8, 5, 4),
                  level("GlobalBuffer", 1, 1, 131072, 32, 40, 8), level("DRAM", 1, 1, 0, 8, 1600, 8)});
}
Architecture wired(Architecture of) {
  of.compute.adder_energy_pj = 0.05;
  for (Level& at : of.levels) at.network = {0.02, 0.0};
  return of;
}
Architecture simba() {
  return machine(32, 32,
                 {level("WReg", 32, 32, 1, 0, 0.01), level("AccBuf", 32, 4, 128, 4, 0.4),
                  level("WBuf", 4, 4, 4096, 64, 10, 8), level("InBuf", 4, 4, 8192, 32, 12, 8),
                  level("GlobalBuffer", 1, 1, 65536, 32, 50, 16), level("DRAM", 1, 1, 0, 16, 512, 8)});
}
const std::vector<unsigned> simba_keeps = {1, 4, 1, 2, 6, 7};

// Legal mappings: the prime factors of every dimension spread over the slots, orders at random.
class Draws {
 public:
  Draws(const Layer& layer, const Architecture& architecture, std::vector<unsigned> keeps)
      : layer_(layer),
        plan_(layer, architecture),
        architecture_(architecture),
        keeps_(std::move(keeps)) {}

  PackedMapping legal() {
    for (;;) {
      PackedMapping mapping = any();
      ++tried_;
      if (plan_.score(mapping).valid) return mapping;
    }
  }

  PackedMapping any() {
    const auto levels = static_cast<int>(architecture_.levels.size());
    PackedMapping mapping = empty_packed_mapping(levels, static_cast<int>(layer_.dimensions.size()));
    std::vector<int> slots;  // 3 x level + {temporal, x, y}
    for (int i = 0; i < levels; ++i) {
      slots.push_back(3 * i);
      if (fanout_x(architecture_, i) > 1) slots.push_back(3 * i + 1);
      if (fanout_y(architecture_, i) > 1) slots.push_back(3 * i + 2);
    }
    for (std::size_t d = 0; d < layer_.dimensions.size(); ++d) {
      std::int64_t rest = layer_.dimensions[d].extent;
      for (std::int64_t prime = 2; rest > 1; ++prime) {
        for (; rest % prime == 0; rest /= prime) {
          const int slot = slots[random_.below(slots.size())];
          PackedLevel& at = mapping.levels[static_cast<std::size_t>(slot / 3)];
          auto& factors = slot % 3 == 0 ? at.temporal : slot % 3 == 1 ? at.spatial_x : at.spatial_y;
          factors[d] *= static_cast<std::int32_t>(prime);
        }
      }
    }
    for (int i = 0; i < levels; ++i) {
      PackedLevel& at = mapping.levels[static_cast<std::size_t>(i)];
      for (std::size_t n = layer_.dimensions.size(); n > 1; --n) std::swap(at.order[n - 1], at.order[random_.below(n)]);
      at.keep = static_cast<std::uint8_t>(keeps_.empty() ? 7 : keeps_[static_cast<std::size_t>(i)]);
    }
    return mapping;
  }

  const LoopPlan& plan() const { return plan_; }
  double share() const { return static_cast<double>(1) / static_cast<double>(tried_); }

 private:
  Layer layer_;
  LoopPlan plan_;
  Architecture architecture_;
  std::vector<unsigned> keeps_;
  Random random_{1};
  std::int64_t tried_ = 0;
};

volatile double sink;

// Nanoseconds per evaluation: the best of some repetitions of at least `evaluations` each.
double nanoseconds(std::size_t evaluations_per_pass, const std::function<double()>& pass) {
  double best = 1e300;
  for (int repetition = 0; repetition < 7; ++repetition) {
    const double start = thread_seconds();
    std::size_t done = 0;
    while (done < 200000) {
      sink = pass();
      done += evaluations_per_pass;
    }
    best = std::min(best, (thread_seconds() - start) * 1e9 / static_cast<double>(done));
  }
  return best;
}

double scalar(const LoopPlan& plan, const std::vector<PackedMapping>& mappings) {
  return nanoseconds(mappings.size(), [&] {
    double sum = 0.0;
    for (const PackedMapping& mapping : mappings) {
      const Score score = plan.score(mapping);
      sum += score.valid ? score.energy_pj + score.cycles : 0.0;
    }
    return sum;
  });
}

// Batches of eight mappings with common orders and different factors.
std::vector<MappingBatch> batches(Draws& draws, int count) {
  std::vector<MappingBatch> result(static_cast<std::size_t>(count));
  for (MappingBatch& batch : result) {
    const PackedMapping first = draws.legal();
    batch.fill(first);
    for (int lane = 1; lane < MappingBatch::width; ++lane) batch.set(lane, draws.legal());
  }
  return result;
}

double batched(const LoopPlan& plan, const std::vector<MappingBatch>& all) {
  return nanoseconds(all.size() * MappingBatch::width, [&] {
    double sum = 0.0;
    for (const MappingBatch& batch : all) {
      const BatchScore score = plan.score(batch);
      sum += score.energy_pj[0] + score.cycles[7];
    }
    return sum;
  });
}

// The order of one level changes, everything else stays.
double reordered(const LoopPlan& plan, Draws& draws) {
  LoopSession session(plan, draws.legal());
  std::vector<std::pair<int, std::array<std::uint8_t, max_dimensions>>> orders;
  for (int k = 0; k < 64; ++k) {
    const PackedMapping other = draws.any();
    const int level = 1 + k % (other.level_count - 1);
    orders.emplace_back(level, other.levels[static_cast<std::size_t>(level)].order);
  }
  return nanoseconds(orders.size(), [&] {
    double sum = 0.0;
    for (const auto& [level, order] : orders) sum += session.reorder(level, order).cycles;
    return sum;
  });
}

struct Case {
  std::string name;
  Layer layer;
  Architecture architecture;
  std::vector<unsigned> keeps;
};

std::vector<Case> cases() {
  const Layer conv2 = make_conv({.name = "resnet18 conv2_x",
                                 .in_channels = 64,
                                 .out_channels = 64,
                                 .out_height = 56,
                                 .out_width = 56,
                                 .kernel_height = 3,
                                 .kernel_width = 3});
  const Layer strided = make_conv({.name = "resnet18 conv3_1 stride 2",
                                   .in_channels = 64,
                                   .out_channels = 128,
                                   .out_height = 28,
                                   .out_width = 28,
                                   .kernel_height = 3,
                                   .kernel_width = 3,
                                   .stride_height = 2,
                                   .stride_width = 2});
  const Layer gemm = make_matmul({.name = "matmul 512^3", .rows = 512, .columns = 512, .depth = 512});
  return {{"conv, 2 levels", conv2, two_levels(), {}},
          {"conv, 3 levels", conv2, eyeriss(), {}},
          {"conv stride 2, 3 levels", strided, eyeriss(), {}},
          {"matmul, 3 levels", gemm, eyeriss(), {}},
          {"conv, 4 levels", conv2, clusters(), {}},
          {"conv, 4 levels, hops and adders", conv2, wired(clusters()), {}},
          {"matmul, 4 levels", gemm, clusters(), {}},
          {"conv, 6 levels (Simba-like)", conv2, simba(), simba_keeps}};
}

}  // namespace

int main(int argc, char** argv) {
  const bool json = argc > 1 && std::string(argv[1]) == "--json";
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  fmt::print(stderr, "ns per full evaluation, one core; mappings differ; small: 64 mappings, large: 4096\n");
  for (const Case& of : cases()) {
    Draws draws(of.layer, of.architecture, of.keeps);
    std::vector<PackedMapping> large, mixed;
    for (int k = 0; k < 4096; ++k) large.push_back(draws.legal());
    for (int k = 0; k < 4096; ++k) mixed.push_back(draws.any());
    const std::vector<PackedMapping> small(large.begin(), large.begin() + 64);
    const double ns_small = scalar(draws.plan(), small), ns_large = scalar(draws.plan(), large);
    const double ns_mixed = scalar(draws.plan(), mixed);
    const std::vector<MappingBatch> groups = batches(draws, 64);
    const double ns_batch_small = batched(draws.plan(), {groups.begin(), groups.begin() + 4});
    const double ns_batch = batched(draws.plan(), groups);
    const double ns_order = reordered(draws.plan(), draws);
    fmt::print(stderr,
               "{:30} scalar {:6.1f} {:6.1f} large {:6.1f} any mapping   batch {:6.1f} {:6.1f} large   "
               "reorder {:6.1f}\n",
               of.name, ns_small, ns_large, ns_mixed, ns_batch_small, ns_batch, ns_order);
    nlohmann::ordered_json row;
    row["case"] = of.name;
    row["scalar_ns"] = ns_small;
    row["scalar_large_ns"] = ns_large;
    row["scalar_any_ns"] = ns_mixed;
    row["batch_ns"] = ns_batch_small;
    row["batch_large_ns"] = ns_batch;
    row["reorder_ns"] = ns_order;
    rows.push_back(row);
  }
  if (json) fmt::print("{}\n", rows.dump(1));
  return 0;
}
