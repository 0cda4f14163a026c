// The closed form of traffic.hpp in double arithmetic on whole numbers below 2^53, eight dimensions side by side.
//
// The most interesting parts, in order: Constants (what is prepared once), Scoring (one evaluation: boxes, legality,
// moved words, energy, cycles), words_of (the reuse walk). Layers outside the tuned form take the road of LoopModel.
#include <dovetail/accelerators/loop/plan.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include <dovetail/accelerators/loop/constants.hpp>
#include <dovetail/accelerators/loop/loop_model.hpp>
#include <dovetail/accelerators/loop/mesh_groups.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>

namespace dovetail {

using lanes::Ints;
using lanes::Masks;
using lanes::Reals;
using namespace loop_plan;

// Whether the layer has the tuned form; fills the tensors.
bool LoopPlan::Constants::prepare_layer() {
  if (shape.dimensions > static_cast<int>(width)) return false;
  tensors = layer.tensors.size();
  extent = lanes::all(1.0);
  for (int d = 0; d < shape.dimensions; ++d) {
    int_lanes[d] = -1;
    extent[d] = static_cast<double>(shape.extent[static_cast<std::size_t>(d)]);
  }
  macs = 1.0;
  for (std::size_t d = 0; d < width; ++d) macs *= extent[static_cast<int>(d)];
  for (std::size_t t = 0; t < tensors; ++t) {
    const ShapeTensor& from = shape.tensor[t];
    PlanTensor& to = tensor[t];
    if (!from.separable) return false;
    everything |= 1U << t;
    to.relevant = from.relevant;
    for (std::size_t d = 0; d < width; ++d) {
      to.moves_above[d] = (from.relevant >> d & 1U) != 0 ? 1.0 : std::numeric_limits<double>::infinity();
    }
    double bound = macs;  // no count of this tensor is larger
    for (std::size_t a = 0; a < static_cast<std::size_t>(from.axes); ++a) {
      const ShapeAxis& axis = from.axis[a];
      if (axis.terms == 0) continue;
      const int d = axis.dimension[0];
      double reach = static_cast<double>(axis.coefficient[0]);
      to.relevant_lanes[d] = -1;
      if (axis.terms == 1 && axis.coefficient[0] == 1) {
        to.plain[d] = -1;
        to.axis[to.axes++] = static_cast<std::uint8_t>(d);
        continue;
      }
      if (from.written || to.windows == max_windows) return false;
      Window& window = to.window[to.windows++];
      window.d = window.e = static_cast<std::size_t>(d);
      window.c = reach;
      if (axis.terms == 2) {
        window.e = static_cast<std::size_t>(axis.dimension[1]);
        window.f = static_cast<double>(axis.coefficient[1]);
        window.dimensions = 1U << window.d | 1U << window.e;
        to.relevant_lanes[axis.dimension[1]] = -1;
        reach += window.f;
      }
      bound *= reach;
    }
    CheckedArithmetic exact;
    to.elements = static_cast<double>(volume(from, shape.extent, exact));
    if (exact.overflow || bound * 4096.0 >= exact_limit) return false;
    if (from.written) written = t;
  }
  return true;
}

void LoopPlan::Constants::prepare_machine() {
  levels = architecture.levels.size();
  adder_pj = architecture.compute.adder_energy_pj;
  compute_energy_pj = macs * compute_energy_per_op_pj(layer, architecture.compute);
  compute_idle_pj = idle_pj_per_cycle(architecture.compute);
  for (std::size_t i = 0; i < levels; ++i) {
    const Level& from = architecture.levels[i];
    PlanLevel& to = level[i];
    const Level* inner = i == 0 ? nullptr : &architecture.levels[i - 1];
    const std::int64_t mesh_x = inner != nullptr ? inner->mesh_x : architecture.compute.mesh_x;
    const std::int64_t mesh_y = inner != nullptr ? inner->mesh_y : architecture.compute.mesh_y;
    to.fan_x = static_cast<double>(fanout_x(architecture, static_cast<int>(i)));
    to.fan_y = static_cast<double>(fanout_y(architecture, static_cast<int>(i)));
    to.instances = static_cast<double>(inner != nullptr ? inner->instances : architecture.compute.instances);
    // A mesh never shrinks inwards, so only levels with spatial loops need a check.
    fast =
        fast && mesh_x >= from.mesh_x && mesh_y >= from.mesh_y && to.instances >= static_cast<double>(from.instances);
    if (const auto usable = usable_capacity(from)) {
      to.bounded = true;
      to.capacity = static_cast<double>(*usable);
      to.least = to.capacity * from.min_utilization;
    }
    to.clusters = cluster_count(from);
    to.shares_clusters = to.clusters < static_cast<double>(from.instances);
    to.leak_pj = from.energy.leak_pj_per_cycle;
    to.idle_pj = idle_pj_per_cycle(from);
    to.bandwidth = Bandwidth(from);
    to.per_read = 1.0 / to.bandwidth.read;
    to.per_write = 1.0 / to.bandwidth.write;
    to.per_shared = 1.0 / to.bandwidth.shared;
    to.word_bits = from.word_bits;
    for (std::size_t t = 0; t < tensors; ++t) {
      to.cost[t] = AccessCost(from, layer, t);
      to.bits[t] = layer.tensors[t].word_bits > 0 ? layer.tensors[t].word_bits : from.word_bits;
      to.narrow = to.narrow || to.bits[t] != to.word_bits;
    }
    to.is_dram = from.is_dram;
    to.network = from.network;
    to.wired = from.network.energy_per_hop_pj != 0.0 || from.network.router_energy_pj != 0.0;
    to.priced = to.wired || adder_pj != 0.0;
    any_priced = any_priced || to.priced;
    latency_cycles += static_cast<double>(from.network.fill_latency_cycles + from.network.drain_latency_cycles);
    to.mesh = {fanout_x(architecture, static_cast<int>(i)), fanout_y(architecture, static_cast<int>(i))};
  }
}

// One evaluation. `Levels` and `Tensors` are their numbers, or 0 when they are read from the plan.
// Fields in the order of the computation; a few bytes of padding around aligned vectors do not matter here.
template <std::size_t Levels, std::size_t Tensors>
class LoopPlan::Scoring {  // NOLINT(clang-analyzer-optin.performance.Padding)
 public:
  Scoring(const Constants& constants, const PackedMapping& packed)
      : plan(constants),
        mapping(packed),
        levels(Levels != 0 ? Levels : constants.levels),
        tensors(Tensors != 0 ? Tensors : constants.tensors) {}

  Score run() {
    if (!boxes() || !fits()) return {};
    share();
    for (std::size_t i = 0; i + 1 < levels; ++i) {
      for (std::size_t t = 0; t < tensors; ++t) {
        if ((mapping.levels[i].keep >> t & 1U) != 0) filled[i][t] = words_of(t, i);
      }
    }
    if (homed) {
      // What lives in a memory does not come from outside: from there on nothing is asked for.
      for (std::size_t i = 0; i < levels; ++i) {
        for (std::size_t t = 0; t < tensors; ++t) {
          if (lives(i, t)) filled[i][t] = 0.0;
        }
      }
    }
    asked[0].fill(steps);
    charge(0);
    return sum();
  }

  /// After a run on a legal mapping: the score when the order of temporal loops of one level above 0 has changed in the
  /// mapping. Tiles, legality and groups stay; only words below that level move.
  Score reordered(std::size_t changed) {
    arrange(changed, lanes::load<Ints>(mapping.levels[changed].temporal.data()));
    std::size_t lowest = levels;
    for (std::size_t i = changed; i-- > 0;) {
      for (std::size_t t = 0; t < tensors; ++t) {
        if ((mapping.levels[i].keep >> t & 1U) == 0 || lives(i, t)) continue;
        const double words = words_of(t, i);
        if (words == filled[i][t]) continue;
        filled[i][t] = words;
        lowest = i;
      }
    }
    if (lowest < levels) charge(lowest);
    return sum();
  }

 private:
  static constexpr std::size_t capacity = Levels != 0 ? Levels : max_levels;
  template <class T>
  using PerLevel = std::array<T, capacity>;
  using PerTensor = std::array<double, max_tensors>;

  const Constants& plan;
  const PackedMapping& mapping;
  const std::size_t levels, tensors;

  PerLevel<Reals> tiles;  // tile box
  PerLevel<Row> tile, before,
      running;  // the same; before the level's temporal loops; products of its temporal loops
                // from the outermost to each position
  PerLevel<Ints> order;
  PerLevel<unsigned> looping;       // positions of temporal loops with more than one trip
  PerLevel<double> trips, outside;  // product of the temporal loops of the level, of all levels above
  PerLevel<Reals> spatial;
  PerLevel<bool> fans;  // the level has spatial loops
  PerLevel<double> used_x, used_y,
      used;                                  // product of the level's spatial loops; instances of the level in use
  PerLevel<PerTensor> box, groups;           // volume of the tile; groups of children with different data
  PerLevel<PerTensor> filled;                // words that a tile receives over the run
  PerLevel<PerTensor> reads, writes, asked;  // memory words per run; words that each child asks for
  PerLevel<double> partition, read_words, write_words, level_energy;
  double steps = 1.0;
  bool homed = false;  // some tensor does not live in the outermost memory

  bool lives(std::size_t i, std::size_t t) const { return (living_in(mapping.levels[i].keep) >> t & 1U) != 0; }

  // Every tensor that the outermost memory does not keep has a home, one memory.
  bool housed() const {
    if (!consistent_homes(mapping, tensors)) return false;
    const Homes homes = homes_of(mapping);
    for (std::size_t t = 0; t < tensors; ++t) {
      if (!homes[t]) {
        if ((mapping.levels[levels - 1].keep >> t & 1U) == 0) return false;
        continue;
      }
      const auto home = static_cast<std::size_t>(*homes[t]);
      if (plan.architecture.levels[home].instances > 1) return false;
    }
    return true;
  }

  // Extents of all tiles; whether the factors of every dimension multiply to its extent.
  bool boxes() {
    Reals extents = lanes::all(1.0);
    const Ints one = Ints{} + 1;
    for (std::size_t i = 0; i < levels; ++i) {
      const PackedLevel& level = mapping.levels[i];
      const Ints temporal = plan.int_lanes ? lanes::load<Ints>(level.temporal.data()) : one;
      const Ints x = plan.int_lanes ? lanes::load<Ints>(level.spatial_x.data()) : one;
      const Ints y = plan.int_lanes ? lanes::load<Ints>(level.spatial_y.data()) : one;
      fans[i] = lanes::above_one(x | y) != 0;
      if (fans[i]) {
        const Reals real_x = lanes::to_reals(x), real_y = lanes::to_reals(y);
        spatial[i] = real_x * real_y;
        used_x[i] = lanes::product(real_x);
        used_y[i] = lanes::product(real_y);
        extents *= spatial[i];
      }
      std::memcpy(&before[i], &extents, sizeof extents);
      const Reals factors = lanes::to_reals(temporal);
      extents *= factors;
      tiles[i] = extents;
      std::memcpy(&tile[i], &extents, sizeof extents);
      if (i == 0 && !uneven(level)) {
        trips[0] = lanes::product(factors);
        continue;
      }
      arrange(i, temporal);
    }
    return !lanes::differ(extents, plan.extent);
  }

  // The temporal loops of a level by position.
  void arrange(std::size_t i, Ints temporal) {
    order[i] = __builtin_convertvector(lanes::load<lanes::Bytes>(mapping.levels[i].order.data()), Ints);
    const Ints ordered = plan.int_lanes ? lanes::permute(temporal, order[i]) : Ints{} + 1;
    looping[i] = lanes::above_one(ordered);
    const Reals products = lanes::running_product(lanes::to_reals(ordered));
    std::memcpy(&running[i], &products, sizeof products);
    trips[i] = products[width - 1];
  }

  // Whether meshes, instances, keep set and capacities allow the mapping.
  bool fits() {
    homed = (mapping.levels[levels - 1].keep & plan.everything) != plan.everything;
    if (uneven(mapping.levels[levels - 1])) return false;
    double x = 1.0, y = 1.0;
    steps = 1.0;
    for (std::size_t i = levels; i-- > 0;) {
      used[i] = x * y;
      outside[i] = steps;
      steps *= trips[i];
      if (!fans[i]) continue;
      x *= used_x[i];
      y *= used_y[i];
      const PlanLevel& level = plan.level[i];
      if (used_x[i] > level.fan_x || used_y[i] > level.fan_y || x * y > level.instances) return false;
    }
    for (std::size_t i = 0; i < levels; ++i) {
      const PlanLevel& level = plan.level[i];
      const unsigned keep = mapping.levels[i].keep;
      homed = homed || living_in(keep) != 0;
      double words = 0.0;
      for (std::size_t t = 0; t < tensors; ++t) {
        if (mapping.levels[i].depth[t] != 0 && (keep >> t & 1U) == 0) return false;
        box[i][t] = i + 1 == levels ? plan.tensor[t].elements : volume_of(plan.tensor[t], held(i, t));
        if ((keep >> t & 1U) != 0) {
          const double held = lives(i, t) ? plan.tensor[t].elements : box[i][t];
          words += level.narrow ? std::ceil(held * level.bits[t] / level.word_bits) : held;
        }
      }
      if (level.bounded && (words > level.capacity || words < level.least)) return false;
    }
    return !homed || housed();
  }

  // The tile of one tensor at a level: without the temporal loops outside its depth (whole numbers divide exactly).
  Reals held(std::size_t i, std::size_t t) const {
    Reals own = tiles[i];
    const PackedLevel& level = mapping.levels[i];
    const unsigned outside = outside_tile(level, t);
    for (std::size_t position = 0; position < outside; ++position) {
      const unsigned d = level.order[position];
      own[static_cast<int>(d)] /= static_cast<double>(level.temporal[d]);
    }
    return own;
  }

  static double length_of(const Window& window, const Reals& own) {
    return 1.0 + window.c * (own[static_cast<int>(window.d)] - 1.0) +
           window.f * (own[static_cast<int>(window.e)] - 1.0);
  }

  static double volume_of(const PlanTensor& tensor, const Reals& own) {
    double result = lanes::product(tensor.plain ? own : lanes::all(1.0));
    for (std::size_t w = 0; w < tensor.windows; ++w) result *= length_of(tensor.window[w], own);
    return result;
  }

  double groups_of(const PlanTensor& tensor, std::size_t i) const {
    double result = lanes::product(tensor.relevant_lanes ? spatial[i] : lanes::all(1.0));
    for (std::size_t w = 0; w < tensor.windows; ++w) {
      const Window& window = tensor.window[w];
      const double m = spatial[i][static_cast<int>(window.d)], n = spatial[i][static_cast<int>(window.e)];
      if (window.f == 0.0 || m == 1.0 || n == 1.0) continue;
      const double a = window.c * (i == 0 ? 1.0 : tile[i - 1][window.d]);
      const double b = window.f * (i == 0 ? 1.0 : tile[i - 1][window.e]);
      result = result / (m * n) * distinct_sums(m, n, a, b);
    }
    return result;
  }

  // Words that a tile of level i receives over the run: volume x trips of the loops from the innermost relevant one
  // outwards, less what a sliding window shares with itself while only its own loops have moved.
  double words_of(std::size_t t, std::size_t i) const {
    const PlanTensor& tensor = plan.tensor[t];
    const double whole = box[i][t];
    const unsigned outside_own = (1U << outside_tile(mapping.levels[i], t)) - 1U;
    for (std::size_t l = outside_own != 0 ? i : i + 1; l < levels; ++l) {
      const unsigned moving = lanes::members(tensor.relevant, order[l]) & looping[l] & (l == i ? outside_own : ~0U);
      if (moving == 0) continue;
      const unsigned position = 31U - static_cast<unsigned>(__builtin_clz(moving));
      const double words = whole * (running[l][position] * outside[l]);
      const unsigned innermost = mapping.levels[l].order[position];
      for (std::size_t w = 0; w < tensor.windows; ++w) {
        const Window& window = tensor.window[w];
        if ((window.dimensions >> innermost & 1U) != 0)
          return words - saved_by(window, tensor, whole, held(i, t), l, moving);
      }
      return words;
    }
    return whole;
  }

  // The loops of one window, from the innermost outwards, until a loop moves another axis: from there on every step
  // loads the whole tile.
  double saved_by(const Window& window, const PlanTensor& tensor, double whole, const Reals& own, std::size_t l,
                  unsigned moving) const {
    double saved = 0.0, wrapped = 0.0, shift = 0.0, shared = 0.0;
    for (;;) {
      while (moving != 0) {
        const unsigned position = 31U - static_cast<unsigned>(__builtin_clz(moving));
        moving &= ~(1U << position);
        const unsigned d = mapping.levels[l].order[position];
        if ((window.dimensions >> d & 1U) == 0) return saved;
        const double step = (d == window.d ? window.c : window.f) * before[l][d];
        const double jump = step - wrapped;
        wrapped += step;
        if (shift == 0.0) {
          shift = jump;
          const double length = length_of(window, own);
          shared = whole / length * std::max(0.0, length - shift);
        }
        const double repeats = (running[l][position] - (position > 0 ? running[l][position - 1] : 1.0)) * outside[l];
        if (jump == shift) saved += repeats * shared;
        if (jump == 0.0) saved += repeats * whole;
      }
      do {
        if (++l == levels) return saved;
        moving = lanes::members(tensor.relevant, order[l]) & looping[l];
      } while (moving == 0);
    }
  }

  // Groups of children under every fan-out, and the words of the result that one instance ever sees.
  void share() {
    double part = plan.tensor[plan.written].elements;
    for (std::size_t i = levels; i-- > 0;) {
      partition[i] = part;
      if (!fans[i]) continue;
      for (std::size_t t = 0; t < tensors; ++t) groups[i][t] = groups_of(plan.tensor[t], i);
      part /= groups[i][plan.written];
    }
  }

  // Reads, fills and updates with their energy, from a level outwards.
  void charge(std::size_t first) {
    PerTensor asking = asked[first];
    for (std::size_t i = first; i < levels; ++i) {
      const PlanLevel& level = plan.level[i];
      const unsigned keep = mapping.levels[i].keep;
      const bool outermost = i + 1 == levels;
      double energy = 0.0, all_reads = 0.0, all_writes = 0.0;
      for (std::size_t t = 0; t < tensors; ++t) {
        asked[i][t] = asking[t];
        const double accesses = fans[i] ? asking[t] * groups[i][t] : asking[t];
        if ((keep >> t & 1U) == 0) {
          asking[t] = accesses;
          reads[i][t] = writes[i][t] = 0.0;
          continue;
        }
        const double received = outermost ? 0.0 : filled[i][t];
        asking[t] = received;
        double read = accesses, fill = received, update = 0.0, reductions = 0.0;
        if (t == plan.written) {
          update = accesses;
          read = reductions = std::max(0.0, accesses - partition[i]);
          fill = std::max(0.0, received - partition[i]);
        }
        const AccessCost& cost = level.cost[t];
        energy += over_instances(cost.energy_pj(read, fill, update), used[i], level.clusters) +
                  reductions * used[i] * plan.adder_pj;
        reads[i][t] = read * cost.rate;
        writes[i][t] = (fill + update) * cost.rate;
        all_reads += reads[i][t];
        all_writes += writes[i][t];
      }
      level_energy[i] = energy;
      read_words[i] = all_reads;
      write_words[i] = all_writes;
    }
  }

  // The slowest level decides. Only levels that may be it are computed in the exact order of operations.
  double cycles() const {
    PerLevel<double> rough;
    double slowest = steps;
    for (std::size_t i = 0; i < levels; ++i) {
      const PlanLevel& level = plan.level[i];
      rough[i] = std::max(std::max(read_words[i] * level.per_read, write_words[i] * level.per_write),
                          (read_words[i] + write_words[i]) * level.per_shared);
      slowest = std::max(slowest, rough[i]);
    }
    double result = steps;
    for (std::size_t i = 0; i < levels; ++i) {
      if (rough[i] < slowest * tie) continue;
      double read_rate = 0.0, write_rate = 0.0;
      for (std::size_t t = 0; t < tensors; ++t) {
        read_rate += reads[i][t] / steps;
        write_rate += writes[i][t] / steps;
      }
      result = std::max(result, level_cycles(steps, read_rate, write_rate, plan.level[i].bandwidth));
    }
    return result;
  }

  Score sum() const {
    Score score;
    score.valid = true;
    score.cycles = cycles();
    score.energy_pj = plan.compute_energy_pj + plan.compute_idle_pj * score.cycles;
    for (std::size_t i = 0; i < levels; ++i) {
      const PlanLevel& level = plan.level[i];
      score.energy_pj += level_energy[i] + (level.leak_pj * score.cycles * used[i] + level.idle_pj * score.cycles);
    }
    if (plan.any_priced) {
      for (std::size_t i = 0; i < levels; ++i) score.energy_pj += network_energy(i);
    }
    score.cycles += plan.latency_cycles;
    return score;
  }

  double network_energy(std::size_t i) const;
  static void add(NetworkSums& sums, const GroupCensus& group, double words, double direct);
  bool children_of(std::size_t t, std::size_t i, MeshGroups& mesh) const;
};

// The network under level i, for all instances: the same sums as LoopModel.
template <std::size_t Levels, std::size_t Tensors>
double LoopPlan::Scoring<Levels, Tensors>::network_energy(std::size_t i) const {
  const PlanLevel& level = plan.level[i];
  double total = 0.0;
  if (!level.priced) return total;
  for (std::size_t t = 0; t < tensors; ++t) {
    NetworkSums sums(t == plan.written, level.is_dram, partition[i]);
    if (!fans[i]) {
      sums.add(1.0, asked[i][t], 0.0);
    } else if (!level.wired && t == plan.written) {
      const double children = used_x[i] * used_y[i];
      sums.add(children / groups[i][t], asked[i][t] * groups[i][t], 0.0);
    } else if (level.wired) {
      const double direct = i == 0 ? steps : words_of(t, i - 1);
      MeshGroups mesh;
      if (children_of(t, i, mesh)) {
        for (std::size_t g = 0; g < mesh.count; ++g) add(sums, mesh.group[g], asked[i][t], direct);
      } else {
        CheckedArithmetic exact;
        const Tiling tiling(plan.shape, mapping, exact);
        for (const GroupCensus& group :
             groups_of_children(plan.shape, plan.shape.tensor[t], mapping, tiling, static_cast<int>(i), level.mesh)) {
          add(sums, group, asked[i][t], direct);
        }
      }
    }
    total += sums.energy_pj(level.network, 0.0, plan.adder_pj) * used[i];
  }
  return total;
}

template <std::size_t Levels, std::size_t Tensors>
void LoopPlan::Scoring<Levels, Tensors>::add(NetworkSums& sums, const GroupCensus& group, double words, double direct) {
  sums.add(static_cast<double>(group.multicast), words * static_cast<double>(group.groups), direct * group.hops);
}

// Names the data of every child by its relevant spatial indices, or by the offset where a window makes them collide.
template <std::size_t Levels, std::size_t Tensors>
bool LoopPlan::Scoring<Levels, Tensors>::children_of(std::size_t t, std::size_t i, MeshGroups& mesh) const {
  const PlanTensor& tensor = plan.tensor[t];
  const PackedLevel& level = mapping.levels[i];
  const double count = used_x[i] * used_y[i];
  if (count > static_cast<double>(MeshChildren::limit)) return false;
  std::array<std::size_t, width> weight{};
  std::size_t keys = 1;
  unsigned done = 0;
  for (std::size_t w = 0; w < tensor.windows; ++w) {
    const Window& window = tensor.window[w];
    const double m = spatial[i][static_cast<int>(window.d)], n = spatial[i][static_cast<int>(window.e)];
    if (window.f == 0.0 || m == 1.0 || n == 1.0) continue;
    const double a = window.c * (i == 0 ? 1.0 : tile[i - 1][window.d]);
    const double b = window.f * (i == 0 ? 1.0 : tile[i - 1][window.e]);
    if (distinct_sums(m, n, a, b) == m * n) continue;
    const auto common = static_cast<double>(std::gcd(static_cast<std::int64_t>(a), static_cast<std::int64_t>(b)));
    weight[window.d] = keys * static_cast<std::size_t>(a / common);
    weight[window.e] = keys * static_cast<std::size_t>(b / common);
    keys *= static_cast<std::size_t>((m - 1.0) * (a / common) + (n - 1.0) * (b / common)) + 1;
    done |= window.dimensions;
  }
  for (std::size_t d = 0; d < static_cast<std::size_t>(plan.shape.dimensions); ++d) {
    if (((tensor.relevant & ~done) >> d & 1U) == 0) continue;
    weight[d] = keys;
    keys *= static_cast<std::size_t>(spatial[i][static_cast<int>(d)]);
  }
  if (keys > MeshChildren::limit) return false;
  MeshChildren children;
  children.keys = keys;
  // The id counts X loops fastest, then Y loops; the key of a longer prefix of loops repeats that of a shorter one.
  children.key[0] = 0;
  children.count = 1;
  const auto unroll = [&](std::size_t d, std::size_t factor, std::size_t step) {
    const std::size_t inner = children.count;
    for (std::size_t k = 1; k < factor; ++k) {
      for (std::size_t id = 0; id < inner; ++id) {
        children.key[children.count++] = static_cast<std::uint16_t>(children.key[id] + k * step * weight[d]);
      }
    }
  };
  for (std::size_t p = 0; p < static_cast<std::size_t>(plan.shape.dimensions); ++p) {
    const std::size_t d = level.order_x[p];
    unroll(d, static_cast<std::size_t>(level.spatial_x[d]), 1);
  }
  for (std::size_t p = 0; p < static_cast<std::size_t>(plan.shape.dimensions); ++p) {
    const std::size_t d = level.order_y[p];
    unroll(d, static_cast<std::size_t>(level.spatial_y[d]), static_cast<std::size_t>(level.spatial_x[d]));
  }
  const double rows = std::max(static_cast<double>(plan.level[i].mesh.y), used_y[i]);
  const auto row_length = static_cast<std::size_t>(std::max(static_cast<double>(plan.level[i].mesh.x), used_x[i]));
  return mesh.take(children, row_length, (rows - 1.0) / 2.0);
}

// What a session calls, whatever the numbers of levels and tensors.
class LoopSession::State {
 public:
  virtual ~State() = default;
  virtual Score run() = 0;
  virtual Score reordered(std::size_t level) = 0;
};

template <std::size_t Levels, std::size_t Tensors>
class LoopPlan::Stepping final : public LoopSession::State {
 public:
  Stepping(const Constants& constants, const PackedMapping& mapping) : scoring_(constants, mapping) {}
  Score run() override { return scoring_.run(); }
  Score reordered(std::size_t level) override { return scoring_.reordered(level); }

 private:
  Scoring<Levels, Tensors> scoring_;
};

LoopSession::LoopSession(const LoopPlan& plan, const PackedMapping& mapping)
    : plan_(plan),
      mapping_(std::make_unique<PackedMapping>(mapping)) {
  const LoopPlan::Constants& constants = *plan.constants_;
  if (constants.fast && mapping.level_count == constants.levels && !constants.options.imperfect_factors) {
    if (constants.tensors != 3) {
      state_ = std::make_unique<LoopPlan::Stepping<0, 0>>(constants, *mapping_);
    } else if (constants.levels == 3) {
      state_ = std::make_unique<LoopPlan::Stepping<3, 3>>(constants, *mapping_);
    } else {
      state_ = std::make_unique<LoopPlan::Stepping<0, 3>>(constants, *mapping_);
    }
  }
  rescore();
}

LoopSession::~LoopSession() = default;

void LoopSession::rescore() {
  score_ = state_ ? state_->run() : plan_.score(*mapping_);
}

const Score& LoopSession::reorder(int level, const std::array<std::uint8_t, max_dimensions>& order) {
  mapping_->levels[static_cast<std::size_t>(level)].order = order;
  // The order inside the innermost level moves no tile, unless tensors have depths there.
  const bool moves_tiles = uneven(mapping_->levels[static_cast<std::size_t>(level)]);
  if (!moves_tiles && (level == 0 || !score_.valid)) return score_;
  if (state_ && !moves_tiles) {
    score_ = state_->reordered(static_cast<std::size_t>(level));
  } else {
    rescore();
  }
  return score_;
}

const Score& LoopSession::replace(int level, const PackedLevel& loops) {
  mapping_->levels[static_cast<std::size_t>(level)] = loops;
  rescore();
  return score_;
}

const Score& LoopSession::move_factor(int dimension, std::int32_t factor, LoopSlot from, LoopSlot to) {
  const auto slot = [&](LoopSlot at) -> std::int32_t& {
    PackedLevel& level = mapping_->levels[static_cast<std::size_t>(at.level)];
    auto& factors = at.kind == LoopSlot::temporal    ? level.temporal
                    : at.kind == LoopSlot::spatial_x ? level.spatial_x
                                                     : level.spatial_y;
    return factors[static_cast<std::size_t>(dimension)];
  };
  slot(from) /= factor;
  slot(to) *= factor;
  rescore();
  return score_;
}

LoopPlan::LoopPlan(const Layer& layer, const Architecture& architecture, LoopOptions options)
    : constants_(std::make_unique<Constants>(layer, architecture, options)) {}
LoopPlan::~LoopPlan() = default;
LoopPlan::LoopPlan(LoopPlan&&) noexcept = default;
LoopPlan& LoopPlan::operator=(LoopPlan&&) noexcept = default;

namespace {

// Whether the factors of some dimension do not multiply to its extent.
template <class Constants>
bool ragged(const Constants& plan, const PackedMapping& mapping) {
  for (std::size_t d = 0; d < static_cast<std::size_t>(plan.shape.dimensions); ++d) {
    double product = 1.0;
    for (std::size_t i = 0; i < plan.levels; ++i) {
      const PackedLevel& level = mapping.levels[i];
      product *= static_cast<double>(level.temporal[d]) * level.spatial_x[d] * level.spatial_y[d];
    }
    if (product != static_cast<double>(plan.shape.extent[d])) return true;
  }
  return false;
}

}  // namespace

Score LoopPlan::score(const PackedMapping& mapping) const {
  const Constants& plan = *constants_;
  if (plan.fast && mapping.level_count == plan.levels && !(plan.options.imperfect_factors && ragged(plan, mapping))) {
    if (plan.tensors != 3) return Scoring<0, 0>(plan, mapping).run();
    if (plan.levels == 2) return Scoring<2, 3>(plan, mapping).run();
    if (plan.levels == 3) return Scoring<3, 3>(plan, mapping).run();
    if (plan.levels == 4) return Scoring<4, 3>(plan, mapping).run();
    return Scoring<0, 3>(plan, mapping).run();
  }
  const Evaluation full = LoopModel(plan.options).evaluate(plan.layer, plan.architecture, mapping);
  if (!full.valid()) return {};
  return {full.energy_pj, static_cast<double>(full.cycles), true};
}

bool LoopPlan::tuned() const {
  return constants_->fast;
}

}  // namespace dovetail
