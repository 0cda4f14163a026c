// LoopPlan for eight mappings at once: lane m of every number belongs to mapping m.
//
// The same arithmetic as the scalar plan, element by element in the same order, so that results are equal bit for bit
// on every machine. What differs between lanes (which loops have one trip, where a window stops sliding, which level is
// the slowest) is chosen by masks instead of branches.
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include <dovetail/accelerators/loop/constants.hpp>
#include <dovetail/accelerators/loop/plan.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>

namespace dovetail {

using lanes::Masks;
using lanes::Reals;
using namespace loop_plan;

template <std::size_t Levels, std::size_t Tensors>
class LoopPlan::BatchScoring {
 public:
  BatchScoring(const Constants& constants, const MappingBatch& mappings)
      : plan(constants),
        batch(mappings),
        levels(Levels != 0 ? Levels : constants.levels),
        tensors(Tensors != 0 ? Tensors : constants.tensors),
        dimensions(static_cast<std::size_t>(constants.shape.dimensions)) {}

  BatchScore run() {
    boxes();
    trips();
    check();
    BatchScore score;
    const Reals infinite = lanes::all(std::numeric_limits<double>::infinity());
    if (!lanes::any(legal)) {
      store(score.energy_pj, infinite);
      store(score.cycles, infinite);
      return score;
    }
    move_words();
    const Reals longest = cycles();
    Reals energy = lanes::all(plan.compute_energy_pj) + plan.compute_idle_pj * longest;
    for (std::size_t i = 0; i < levels; ++i) {
      const PlanLevel& level = plan.level[i];
      energy += level_energy[i] + (level.leak_pj * longest * used[i] + level.idle_pj * longest);
    }
    store(score.energy_pj, legal ? energy : infinite);
    store(score.cycles, legal ? longest + plan.latency_cycles : infinite);
    return score;
  }

 private:
  static constexpr std::size_t capacity = Levels != 0 ? Levels : max_levels;
  template <class T>
  using PerLevel = std::array<T, capacity>;
  using PerDimension = std::array<Reals, loop_plan::width>;
  using PerTensor = std::array<Reals, max_tensors>;

  const Constants& plan;
  const MappingBatch& batch;
  const std::size_t levels, tensors, dimensions;

  PerLevel<PerDimension> tile, before;  // tile box; the same before the level's temporal loops
  PerLevel<PerDimension> running;       // product of all temporal loops from the outermost down to a position
  PerLevel<PerDimension> spatial;
  PerLevel<Reals> outside, used, used_x, used_y;
  PerLevel<PerTensor> box, groups;
  PerLevel<PerTensor> visits;  // trips of the loops above a level from the innermost relevant one outwards
  PerLevel<PerTensor> reads, writes;
  PerLevel<Reals> partition, read_words, write_words, level_energy;
  Masks legal;
  Reals steps;

  static void store(MappingBatch::Lane& to, Reals from) { std::memcpy(to.data(), &from, sizeof from); }
  static Reals load(const MappingBatch::Lane& from) { return lanes::load<Reals>(from.data()); }
  static Reals one() { return lanes::all(1.0); }

  void boxes() {
    PerDimension extents;
    for (std::size_t d = 0; d < dimensions; ++d) extents[d] = one();
    for (std::size_t i = 0; i < levels; ++i) {
      const MappingBatch::BatchLevel& level = batch.levels[i];
      if (level.fans) {
        Reals x = one(), y = one();
        for (std::size_t d = 0; d < dimensions; ++d) {
          const Reals along_x = load(level.spatial_x[d]), along_y = load(level.spatial_y[d]);
          x *= along_x;
          y *= along_y;
          spatial[i][d] = along_x * along_y;
          extents[d] *= spatial[i][d];
        }
        used_x[i] = x;
        used_y[i] = y;
      }
      for (std::size_t d = 0; d < dimensions; ++d) {
        before[i][d] = extents[d];
        extents[d] *= load(level.temporal[d]);
        tile[i][d] = extents[d];
      }
    }
    legal = Masks{} - 1;
    for (std::size_t d = 0; d < dimensions; ++d) {
      legal &= extents[d] == lanes::all(plan.extent[static_cast<int>(d)]);
    }
  }

  // From the outermost loop inwards: products of trips, and for every boundary and tensor the product down to the
  // innermost relevant loop with more than one trip.
  void trips() {
    Reals trips = one();
    PerTensor down_to;
    for (std::size_t t = 0; t < tensors; ++t) down_to[t] = one();
    for (std::size_t i = levels; i-- > 1;) {
      const MappingBatch::BatchLevel& level = batch.levels[i];
      outside[i] = trips;
      for (std::size_t position = 0; position < dimensions; ++position) {
        const unsigned d = level.order[position];
        const Reals factor = load(level.temporal[d]);
        trips *= factor;
        running[i][position] = trips;
        for (std::size_t t = 0; t < tensors; ++t) {
          down_to[t] = factor > plan.tensor[t].moves_above[d] ? trips : down_to[t];
        }
      }
      visits[i - 1] = down_to;
    }
    outside[0] = trips;
    for (std::size_t d = 0; d < dimensions; ++d) trips *= load(batch.levels[0].temporal[d]);
    steps = trips;
  }

  void check() {
    Reals x = one(), y = one();
    for (std::size_t i = levels; i-- > 0;) {
      used[i] = x * y;
      if (!batch.levels[i].fans) continue;
      x *= used_x[i];
      y *= used_y[i];
      const PlanLevel& level = plan.level[i];
      legal &= (used_x[i] <= level.fan_x) & (used_y[i] <= level.fan_y) & (x * y <= level.instances);
    }
    for (std::size_t i = 0; i < levels; ++i) {
      const PlanLevel& level = plan.level[i];
      const unsigned keep = batch.levels[i].keep;
      Reals words = Reals{};
      for (std::size_t t = 0; t < tensors; ++t) {
        box[i][t] = i + 1 == levels ? lanes::all(plan.tensor[t].elements) : volume_of(plan.tensor[t], i);
        if ((keep >> t & 1U) == 0) continue;
        words += level.narrow ? lanes::ceil(box[i][t] * level.bits[t] / level.word_bits) : box[i][t];
      }
      if (level.bounded) legal &= (words <= level.capacity) & (words >= level.least);
    }
    if ((batch.levels[levels - 1].keep & plan.everything) != plan.everything) legal = Masks{};
  }

  Reals length_of(const Window& window, std::size_t i) const {
    return 1.0 + window.c * (tile[i][window.d] - 1.0) + window.f * (tile[i][window.e] - 1.0);
  }

  Reals volume_of(const PlanTensor& tensor, std::size_t i) const {
    Reals result = one();
    for (std::size_t a = 0; a < tensor.axes; ++a) result *= tile[i][tensor.axis[a]];
    for (std::size_t w = 0; w < tensor.windows; ++w) result *= length_of(tensor.window[w], i);
    return result;
  }

  Reals groups_of(const PlanTensor& tensor, std::size_t i) const {
    Reals result = one();
    for (std::size_t a = 0; a < tensor.axes; ++a) result *= spatial[i][tensor.axis[a]];
    for (std::size_t w = 0; w < tensor.windows; ++w) {
      const Window& window = tensor.window[w];
      const Reals m = spatial[i][window.d];
      if (window.f == 0.0) {
        result *= m;
        continue;
      }
      const Reals n = spatial[i][window.e];
      const Masks both = (m > 1.0) & (n > 1.0);
      Reals sums = m * n;
      if (lanes::any(both)) {
        const Reals a = i == 0 ? lanes::all(window.c) : window.c * tile[i - 1][window.d];
        const Reals b = i == 0 ? lanes::all(window.f) : window.f * tile[i - 1][window.e];
        for (int p = 0; p < lanes::width; ++p) {
          if (both[p] != 0) sums[p] = distinct_sums(m[p], n[p], a[p], b[p]);
        }
      }
      result *= sums;
    }
    return result;
  }

  Reals words_of(std::size_t t, std::size_t i) const {
    const PlanTensor& tensor = plan.tensor[t];
    Reals words = box[i][t] * visits[i][t];
    for (std::size_t w = 0; w < tensor.windows; ++w) {
      if (tensor.window[w].dimensions != 0) words -= saved_by(tensor.window[w], tensor, t, i);
    }
    return words;
  }

  // What the tile shares with itself while, from the innermost loop outwards, only loops of this window have moved it.
  Reals saved_by(const Window& window, const PlanTensor& tensor, std::size_t t, std::size_t i) const {
    Masks alone = Masks{} - 1;
    Reals wrapped = Reals{}, shift = Reals{}, slides = Reals{}, rests = Reals{};
    bool moved = false;
    for (std::size_t l = i + 1; l < levels; ++l) {
      for (std::size_t position = dimensions; position-- > 0;) {
        const unsigned d = batch.levels[l].order[position];
        if ((tensor.relevant >> d & 1U) == 0) continue;
        const Masks looping = load(batch.levels[l].temporal[d]) > 1.0;
        if ((window.dimensions >> d & 1U) == 0) {
          alone &= ~looping;
          if (!lanes::any(alone)) return saved(window, t, i, shift, slides, rests, moved);
          continue;
        }
        const Masks moves = alone & looping;
        const Reals step = (d == window.d ? window.c : window.f) * before[l][d];
        const Reals jump = step - wrapped;
        shift = (moves & (shift == 0.0)) ? jump : shift;
        wrapped += moves ? step : Reals{};
        const Reals repeats = running[l][position] - (position > 0 ? running[l][position - 1] : outside[l]);
        slides += (moves & (jump == shift)) ? repeats : Reals{};
        rests += (moves & (jump == 0.0)) ? repeats : Reals{};
        moved = true;
      }
    }
    return saved(window, t, i, shift, slides, rests, moved);
  }

  Reals saved(const Window& window, std::size_t t, std::size_t i, Reals shift, Reals slides, Reals rests,
              bool moved) const {
    if (!moved) return Reals{};
    const Reals length = length_of(window, i), whole = box[i][t];
    return slides * (whole / length * lanes::larger(Reals{}, length - shift)) + rests * whole;
  }

  static Reals accesses(const AccessCost& cost, Reals words) {
    if (cost.denominator == 1.0) return words * cost.scale;
    return lanes::ceil(cost.divides ? words * cost.numerator / cost.denominator : words * cost.scale);
  }

  void move_words() {
    Reals part = lanes::all(plan.tensor[plan.written].elements);
    for (std::size_t i = levels; i-- > 0;) {
      partition[i] = part;
      if (!batch.levels[i].fans) continue;
      for (std::size_t t = 0; t < tensors; ++t) groups[i][t] = groups_of(plan.tensor[t], i);
      part /= groups[i][plan.written];
    }
    PerTensor asking;
    for (std::size_t t = 0; t < tensors; ++t) asking[t] = steps;
    for (std::size_t i = 0; i < levels; ++i) {
      const PlanLevel& level = plan.level[i];
      const bool outermost = i + 1 == levels;
      Reals energy = Reals{}, all_reads = Reals{}, all_writes = Reals{};
      for (std::size_t t = 0; t < tensors; ++t) {
        const Reals asked = batch.levels[i].fans ? asking[t] * groups[i][t] : asking[t];
        if ((batch.levels[i].keep >> t & 1U) == 0) {
          asking[t] = asked;
          reads[i][t] = writes[i][t] = Reals{};
          continue;
        }
        const Reals filled = outermost ? Reals{} : words_of(t, i);
        asking[t] = filled;
        const AccessCost& cost = level.cost[t];
        Reals read = asked, written = filled, own;
        if (t == plan.written) {
          read = lanes::larger(Reals{}, asked - partition[i]);
          const Reals fill = lanes::larger(Reals{}, filled - partition[i]);
          own = accesses(cost, read) * cost.read_pj + accesses(cost, fill) * cost.fill_pj +
                accesses(cost, asked) * cost.update_pj;
          written = fill + asked;
        } else {
          own = accesses(cost, read) * cost.read_pj + accesses(cost, filled) * cost.fill_pj;
        }
        if (level.shares_clusters) {
          energy += used[i] > level.clusters ? own / (used[i] / level.clusters) * used[i] : own * used[i];
        } else {
          energy += own * used[i];
        }
        reads[i][t] = read * cost.rate;
        writes[i][t] = written * cost.rate;
        all_reads += reads[i][t];
        all_writes += writes[i][t];
      }
      level_energy[i] = energy;
      read_words[i] = all_reads;
      write_words[i] = all_writes;
    }
  }

  // The cycles of one level in the exact order of operations.
  Reals level_cycles_of(std::size_t i) const {
    Reals read = Reals{}, write = Reals{}, slowdown = one();
    for (std::size_t t = 0; t < tensors; ++t) {
      read += reads[i][t] / steps;
      write += writes[i][t] / steps;
    }
    const Bandwidth& bandwidth = plan.level[i].bandwidth;
    const auto limit = [&](double words_per_cycle, Reals demand) {
      if (std::isinf(words_per_cycle)) return;
      const Reals slow = words_per_cycle / demand;
      slowdown = words_per_cycle < demand ? lanes::smaller(slowdown, slow) : slowdown;
    };
    limit(bandwidth.read, read);
    limit(bandwidth.write, write);
    limit(bandwidth.shared, read + write);
    return lanes::ceil(steps / slowdown);
  }

  // The slowest limit of each lane is found roughly and then computed exactly; lanes with two equally slow limits
  // decide between them exactly.
  Reals cycles() const {
    Reals slowest = steps, limit = one();
    PerTensor words;
    for (std::size_t t = 0; t < tensors; ++t) words[t] = Reals{};
    Masks tied = Masks{};
    bool shared = false;
    const auto consider = [&](std::size_t i, Reals demand, double per_word, double bandwidth, const PerTensor& parts) {
      if (per_word == 0.0) return;
      const Reals rough = demand * per_word;
      tied = rough > slowest * (1.0 / tie) ? Masks{} : tied | (rough >= slowest * tie);
      const Masks wins = rough > slowest;
      slowest = wins ? rough : slowest;
      limit = wins ? lanes::all(bandwidth) : limit;
      for (std::size_t t = 0; t < tensors; ++t) words[t] = wins ? parts[t] : words[t];
      (void)i;
    };
    for (std::size_t i = 0; i < levels; ++i) {
      const PlanLevel& level = plan.level[i];
      consider(i, read_words[i], level.per_read, level.bandwidth.read, reads[i]);
      consider(i, write_words[i], level.per_write, level.bandwidth.write, writes[i]);
      shared = shared || level.per_shared != 0.0;
    }
    if (shared || lanes::any(tied & legal)) {
      Reals longest = steps;
      for (std::size_t i = 0; i < levels; ++i) longest = lanes::larger(longest, level_cycles_of(i));
      return longest;
    }
    Reals demand = Reals{};
    for (std::size_t t = 0; t < tensors; ++t) demand += words[t] / steps;
    const Reals slow = limit / demand;
    const Reals slowdown = limit < demand ? lanes::smaller(one(), slow) : one();
    return lanes::larger(steps, lanes::ceil(steps / slowdown));
  }
};

namespace {

// Scored lane by lane: uneven placement, and tensors that live in an inner memory.
bool special(const MappingBatch& batch) {
  for (std::size_t i = 0; i < batch.level_count; ++i) {
    if (living_in(batch.levels[i].keep) != 0) return true;
    if (batch.levels[i].depth != std::array<std::uint8_t, max_tensors>{}) return true;
  }
  return false;
}

}  // namespace

BatchScore LoopPlan::score(const MappingBatch& batch) const {
  const Constants& plan = *constants_;
  if (plan.fast && !plan.any_priced && !plan.options.imperfect_factors && batch.level_count == plan.levels &&
      !special(batch)) {
    if (plan.tensors != 3) return BatchScoring<0, 0>(plan, batch).run();
    if (plan.levels == 2) return BatchScoring<2, 3>(plan, batch).run();
    if (plan.levels == 3) return BatchScoring<3, 3>(plan, batch).run();
    if (plan.levels == 4) return BatchScoring<4, 3>(plan, batch).run();
    return BatchScoring<0, 3>(plan, batch).run();
  }
  BatchScore scores;
  for (int lane = 0; lane < MappingBatch::width; ++lane) {
    const Score one = score(batch.get(lane));
    scores.energy_pj[static_cast<std::size_t>(lane)] = one.energy_pj;
    scores.cycles[static_cast<std::size_t>(lane)] = one.cycles;
  }
  return scores;
}

void MappingBatch::fill(const PackedMapping& mapping) {
  level_count = mapping.level_count;
  dimension_count = mapping.dimension_count;
  for (std::size_t i = 0; i < level_count; ++i) {
    const PackedLevel& from = mapping.levels[i];
    BatchLevel& to = levels[i];
    to.keep = from.keep;
    to.depth = from.depth;
    to.fans = false;
    for (std::size_t d = 0; d < to.order.size(); ++d) to.order[d] = from.order[d];
  }
  for (int lane = 0; lane < width; ++lane) set(lane, mapping);
}

void MappingBatch::set(int lane, const PackedMapping& mapping) {
  const auto m = static_cast<std::size_t>(lane);
  for (std::size_t i = 0; i < level_count; ++i) {
    const PackedLevel& from = mapping.levels[i];
    BatchLevel& to = levels[i];
    for (std::size_t d = 0; d < to.temporal.size() && d < dimension_count; ++d) {
      to.temporal[d][m] = from.temporal[d];
      to.spatial_x[d][m] = from.spatial_x[d];
      to.spatial_y[d][m] = from.spatial_y[d];
      to.fans = to.fans || from.spatial_x[d] > 1 || from.spatial_y[d] > 1;
    }
  }
}

PackedMapping MappingBatch::get(int lane) const {
  const auto m = static_cast<std::size_t>(lane);
  PackedMapping mapping = empty_packed_mapping(level_count, dimension_count);
  for (std::size_t i = 0; i < level_count; ++i) {
    const BatchLevel& from = levels[i];
    PackedLevel& to = mapping.levels[i];
    to.keep = from.keep;
    to.depth = from.depth;
    for (std::size_t d = 0; d < from.temporal.size() && d < dimension_count; ++d) {
      to.temporal[d] = static_cast<std::int32_t>(from.temporal[d][m]);
      to.spatial_x[d] = static_cast<std::int32_t>(from.spatial_x[d][m]);
      to.spatial_y[d] = static_cast<std::int32_t>(from.spatial_y[d][m]);
      to.order[d] = from.order[d];
    }
  }
  return mapping;
}

}  // namespace dovetail
