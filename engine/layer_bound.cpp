// A layer's energy and cycles on any machine, bounded from below (see the header).
#include <dovetail/engine/layer_bound.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>

#include <dovetail/accelerators/loop_cost.hpp>
#include <dovetail/engine/keep_sets.hpp>
#include <dovetail/engine/map_problem.hpp>

namespace dovetail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t tile_limit = 100'000, keep_limit = 64, memo_limit = 4096;

using Prices = std::array<double, max_tensors>;

// A sum of the words of some tensors may not exceed a capacity.
struct Limit {
  unsigned tensors = 0;
  double words = 0.0;
  bool operator<(const Limit& other) const {
    return std::tie(tensors, words) < std::tie(other.tensors, other.words);
  }
};
using Limits = std::array<Limit, 2>;

// What one level asks of the tables.
struct Boundary {
  unsigned stored = 0, crossing = 0;  // tensors with fills here; tensors that the level above delivers
  unsigned unheld = 0;  // crossing tensors that no level up to here stores: a word for each operation
  Limit capacity;
  std::array<Limit, max_tensors> inner{};  // of a tensor that is stored further in
  double fan = 1.0;
  Prices fill{}, read{}, update{};
  double fill_elided = 0.0,
         read_elided = 0.0;  // words of the written tensor that are not read the first time
};

// min of sum of terms_t / f_t over f_t >= 1 with product at most `share` (more than two terms: means' inequality).
double shared(const double* terms, int count, double share) {
  if (count == 0) return 0.0;
  if (count == 1) return terms[0] / share;
  if (count == 2) {
    const double a = std::max(terms[0], terms[1]), b = std::min(terms[0], terms[1]);
    return a >= b * share ? a / share + b : 2.0 * std::sqrt(a * b / share);
  }
  double product = 1.0 / share, least = infinity;
  for (int i = 0; i < count; ++i) {
    product *= terms[i];
    least = std::min(least, terms[i]);
  }
  return product > 0.0 ? count * std::pow(product, 1.0 / count) : least;
}

}  // namespace

struct LayerBound::Tables {
  Layer layer;
  bool usable = false;  // tiles can be listed, and at most one tensor is stationary at a time
  std::optional<MergedLayer> merged;
  std::optional<TileLattice> lattice;
  std::vector<std::array<double, max_tensors>> words,
      fresh;  // per tile: of the tile, and new ones per operation
  std::array<double, max_tensors> used{};
  double operations = 1.0, overlap = 1.0, whole_written = 0.0, written_reuse = 1.0;
  std::size_t tensors = 0, written = 0;

  using Tiles = std::shared_ptr<const std::vector<TileLattice::Id>>;
  explicit Tables(Layer asked);
  Tiles largest(const Limits& limits) const;
  double least(const Boundary& boundary) const;
  double children(std::int64_t most, unsigned dimensions) const;
  CompulsoryCost bound(const Architecture& machine, const std::vector<unsigned>& keep,
                       const std::array<double, max_levels>& occupied) const;

 private:
  mutable std::mutex mutex_;
  mutable std::map<Limits, Tiles> memo_;
  mutable std::map<unsigned, std::vector<double>> products_;
};

LayerBound::Tables::Tables(Layer asked) : layer(std::move(asked)) {
  tensors = layer.tensors.size();
  operations = static_cast<double>(macs(layer));
  merged = merge_dimensions(layer, {});
  std::vector<std::int64_t> extents;
  for (const Dimension& dimension : merged->layer.dimensions) extents.push_back(dimension.extent);
  try {
    lattice.emplace(extents, tile_limit);
  } catch (const std::length_error&) {
    return;
  }
  std::vector<TensorReuse> reuse;
  unsigned seen = 0;
  usable = true;
  for (std::size_t t = 0; t < tensors; ++t) {
    reuse.emplace_back(merged->layer, merged->layer.tensors[t]);
    if (reuse[t].written()) written = t;
    unsigned still = 0;
    for (std::size_t d = 0; d < extents.size(); ++d) {
      if (extents[d] > 1 && (reuse[t].relevant() >> d & 1U) == 0) still |= 1U << d;
    }
    usable = usable && (seen & still) == 0 && reuse[t].separable();
    seen |= still;
  }
  if (!usable) return;
  const TileExtents& whole = lattice->extents(lattice->whole());
  words.resize(lattice->size());
  fresh.resize(lattice->size());
  for (std::size_t t = 0; t < tensors; ++t) {
    used[t] = used_elements(merged->layer, merged->layer.tensors[t]);
    for (const Axis& axis : merged->layer.tensors[t].axes) {
      if (axis.size() < 2) continue;
      double product = 1.0, longest = 1.0;
      for (const AxisTerm& term : axis) {
        product *= static_cast<double>(whole[static_cast<std::size_t>(term.dimension)]);
        longest = std::max(longest, static_cast<double>(whole[static_cast<std::size_t>(term.dimension)]));
      }
      overlap *= product / longest;
    }
    std::vector<double> share(lattice->size());
    for (std::size_t id = 0; id < lattice->size(); ++id) {
      const TileExtents& tile = lattice->extents(static_cast<TileLattice::Id>(id));
      words[id][t] = reuse[t].volume(tile);
      share[id] = words[id][t] / lattice->volume(static_cast<TileLattice::Id>(id)) *
                  reuse[t].window_share(tile, whole);
    }
    // The least over all divisors of a tile: falls as tiles grow, so that only the largest ones matter.
    for (const TileLattice::Component& component : lattice->components()) {
      const std::size_t radix = static_cast<std::size_t>(component.exponent) + 1;
      for (std::size_t id = component.stride; id < lattice->size(); ++id) {
        if (id / component.stride % radix != 0) share[id] = std::min(share[id], share[id - component.stride]);
      }
    }
    for (std::size_t id = 0; id < lattice->size(); ++id) fresh[id][t] = share[id];
  }
  whole_written = words[lattice->whole()][written];
  for (std::size_t d = 0; d < extents.size(); ++d) {
    if ((reuse[written].relevant() >> d & 1U) == 0) written_reuse *= static_cast<double>(extents[d]);
  }
}

// Tiles within the limits of which no multiple is, and beside which no other moves less of every tensor.
LayerBound::Tables::Tiles LayerBound::Tables::largest(const Limits& limits) const {
  const std::scoped_lock lock(mutex_);
  const auto known = memo_.find(limits);
  if (known != memo_.end()) return known->second;
  if (memo_.size() >= memo_limit) memo_.clear();
  std::vector<char> fits(lattice->size(), 1);
  for (const Limit& limit : limits) {
    if (limit.tensors == 0) continue;
    for (std::size_t id = 0; id < lattice->size(); ++id) {
      double sum = 0.0;
      for (std::size_t t = 0; t < tensors; ++t) sum += (limit.tensors >> t & 1U) != 0 ? words[id][t] : 0.0;
      if (sum > limit.words) fits[id] = 0;
    }
  }
  auto found = std::make_shared<std::vector<TileLattice::Id>>();
  for (std::size_t id = 0; id < lattice->size(); ++id) {
    bool last = fits[id] != 0;
    for (const TileLattice::Component& component : lattice->components()) {
      const std::size_t radix = static_cast<std::size_t>(component.exponent) + 1;
      if (!last) break;
      if (id / component.stride % radix + 1 < radix && fits[id + component.stride] != 0) last = false;
    }
    if (!last) continue;
    const auto covers = [&](TileLattice::Id a, std::size_t b) {
      for (std::size_t t = 0; t < tensors; ++t) {
        if (fresh[a][t] > fresh[b][t]) return false;
      }
      return true;
    };
    if (std::any_of(found->begin(), found->end(), [&](TileLattice::Id other) { return covers(other, id); }))
      continue;
    std::erase_if(*found,
                  [&](TileLattice::Id other) { return covers(static_cast<TileLattice::Id>(id), other); });
    found->push_back(static_cast<TileLattice::Id>(id));
  }
  return memo_.emplace(limits, std::move(found)).first->second;
}

double LayerBound::Tables::least(const Boundary& b) const {
  double best = infinity;
  const unsigned output = 1U << written;
  // s = tensors: none is stationary.
  for (std::size_t s = 0; s <= tensors; ++s) {
    Limits limits{b.capacity, {}};
    if (s < tensors && (b.stored >> s & 1U) == 0) {
      if (b.inner[s].tensors == 0) continue;  // not stored, or not delivered
      limits[1] = b.inner[s];
    }
    for (const TileLattice::Id m : *largest(limits)) {
      double fills = 0.0, once = 0.0;
      double terms[max_tensors], updates[max_tensors];
      int count = 0;
      for (std::size_t t = 0; t < tensors; ++t) {
        const unsigned bit = 1U << t;
        const double moved = t == s ? used[t] : std::max(used[t], fresh[m][t] * operations);
        if ((b.stored & bit) != 0)
          fills += (t == written ? std::max(0.0, moved - b.fill_elided) : moved) * b.fill[t];
        if ((b.crossing & bit) == 0) continue;
        if (t == s) {
          once += used[t] * (t == written ? b.update[t] : b.read[t]);
          if (t == written) once += std::max(0.0, used[t] - b.read_elided) * b.read[t];
        } else {
          const double each = (b.unheld & bit) != 0 ? operations : moved;
          terms[count] = each * (b.read[t] + b.update[t]);
          updates[count++] = each * (t == written ? b.update[t] : b.read[t]);
        }
      }
      double delivered = shared(terms, count, b.fan);
      if ((b.crossing & output) != 0 && s != written) {
        // Without its first reads the output costs less, but never less than its updates.
        delivered = std::max(delivered - b.read_elided * b.read[written], shared(updates, count, b.fan));
      }
      best = std::min(best, fills + once + delivered);
    }
  }
  return best;
}

// The largest product of factors of these dimensions that is at most `most`.
double LayerBound::Tables::children(std::int64_t most, unsigned dimensions) const {
  if (most <= 1) return 1.0;
  const std::scoped_lock lock(mutex_);
  std::vector<double>& all = products_[dimensions];
  if (all.empty()) {
    std::set<std::int64_t> products{1};
    for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
      if ((dimensions >> d & 1U) == 0) continue;
      std::int64_t rest = layer.dimensions[d].extent;
      for (std::int64_t prime = 2; rest > 1; ++prime) {
        if (prime * prime > rest) prime = rest;
        for (; rest % prime == 0; rest /= prime) {
          std::set<std::int64_t> longer = products;
          for (const std::int64_t product : products) {
            if (product <= (std::int64_t{1} << 40)) longer.insert(product * prime);
          }
          products = std::move(longer);
        }
      }
    }
    all.assign(products.begin(), products.end());
  }
  return *std::prev(std::upper_bound(all.begin(), all.end(), static_cast<double>(most)));
}

CompulsoryCost LayerBound::Tables::bound(const Architecture& machine, const std::vector<unsigned>& keep,
                                         const std::array<double, max_levels>& occupied) const {
  const std::size_t levels = machine.levels.size();
  std::array<double, max_levels> above{}, fans{}, share{};
  double instances = 1.0;
  for (std::size_t i = levels; i-- > 0;) {
    above[i] = instances;  // most instances of the level
    fans[i] =
        static_cast<double>(fanout_x(machine, static_cast<int>(i)) * fanout_y(machine, static_cast<int>(i)));
    instances *= fans[i];
    const double clusters = cluster_count(machine.levels[i]);
    share[i] = above[i] > clusters ? clusters / above[i] : 1.0;
  }
  CompulsoryCost cost;
  for (std::size_t next = 0; next < levels; ++next) {  // the boundary between a level and the next one
    const Level& up = machine.levels[next];
    Boundary b;
    if (next > 0) {
      const Level& own = machine.levels[next - 1];
      b.stored = keep[next - 1];
      b.capacity = {b.stored, static_cast<double>(usable_capacity(own).value_or(0))};
      if (!usable_capacity(own)) b.capacity = {};
      double least_rate = infinity;
      for (std::size_t t = 0; t < tensors; ++t) {
        const AccessCost access(own, layer.tensors[t]);
        b.fill[t] = access.numerator / access.denominator * share[next - 1] * access.fill_pj;
        if ((b.stored >> t & 1U) != 0) least_rate = std::min(least_rate, access.rate);
      }
      if (b.capacity.tensors != 0)
        b.capacity.words = std::floor(b.capacity.words / least_rate * (1.0 + 1e-12));
      b.fill_elided = whole_written * std::min(occupied[next - 1], written_reuse);
    }
    b.read_elided = whole_written * std::min(occupied[next], written_reuse);
    Prices rates{};
    for (std::size_t t = 0; t < tensors; ++t) {
      if ((keep[next] >> t & 1U) == 0) continue;
      b.crossing |= 1U << t;
      const AccessCost access(up, layer.tensors[t]);
      const double word = access.numerator / access.denominator * share[next];
      b.read[t] = word * access.read_pj;
      b.update[t] = t == written ? word * access.update_pj : 0.0;
      rates[t] = access.rate;
      std::size_t held = next;
      while (held > 0 && (keep[held - 1] >> t & 1U) == 0) --held;
      if (held == 0) {
        b.unheld |= 1U << t;
      } else if (held < next) {
        double children = 1.0;
        for (std::size_t i = held; i < next; ++i) children *= fans[i];
        const auto capacity = usable_capacity(machine.levels[held - 1]);
        const double rate = AccessCost(machine.levels[held - 1], layer.tensors[t]).rate;
        b.inner[t] = {1U << t,
                      capacity ? std::floor(static_cast<double>(*capacity) / rate * (1.0 + 1e-12)) * children
                               : infinity};
      }
    }
    b.fan = fans[next];
    for (std::size_t i = 0; i < next; ++i) b.fan *= b.unheld != 0 ? fans[i] : 1.0;
    // Of m x n children along a window at least max(m, n) differ: they count as min(m, n) times as many, at most.
    b.fan *= std::min(overlap, std::sqrt(b.fan));
    if (b.stored == 0 && b.crossing == 0) continue;
    cost.energy_pj += least(b);
    // The same words in cycles of the next level's read port.
    const double port =
        std::min(up.read_bandwidth.value_or(infinity), up.shared_bandwidth.value_or(infinity));
    if (port < infinity && b.crossing != 0) {
      b.fill = {};
      b.update = {};
      for (std::size_t t = 0; t < tensors; ++t) b.read[t] = rates[t] / port / occupied[next];
      cost.cycles = std::max(cost.cycles, least(b));
    }
  }
  return cost;
}

LayerBound::LayerBound(Layer layer) : layer_(std::move(layer)) {}
LayerBound::~LayerBound() = default;

CompulsoryCost LayerBound::operator()(const Architecture& machine, const MappingRules& rules,
                                      Bypass bypass) const {
  std::call_once(built_, [&] { tables_ = std::make_unique<const Tables>(layer_); });
  const Tables& tables = *tables_;
  CompulsoryCost compulsory = compulsory_cost(tables.layer, machine, rules);
  if (machine.link_transfers) return compulsory;
  // Instances of each level, and compute units, that whole factors can occupy.
  double units = 1.0;
  std::array<double, max_levels> occupied{};
  for (std::size_t i = machine.levels.size(); i-- > 0;) {
    occupied[i] = units;
    const LevelRules& own = level_rules(rules, i);
    const auto along = [&](Slot slot, std::int64_t most) {
      unsigned dimensions = 0;
      for (std::size_t d = 0; d < tables.layer.dimensions.size(); ++d) {
        if (own.max_factor[static_cast<std::size_t>(slot)][d] != 1) dimensions |= 1U << d;
      }
      return tables.children(most, dimensions);
    };
    units *= along(Slot::spatial_x, fanout_x(machine, static_cast<int>(i))) *
             along(Slot::spatial_y, fanout_y(machine, static_cast<int>(i)));
  }
  constexpr double rounding = 1.0 - 1e-9;
  compulsory.cycles = std::max(compulsory.cycles, std::ceil(tables.operations / units * rounding));
  if (!tables.usable) return compulsory;
  const std::vector<KeepChoice> choices = keep_choices(tables.tensors, machine.levels.size(), rules, bypass);
  std::size_t sets = 1;
  for (const KeepChoice& choice : choices)
    sets = std::min(keep_limit + 1, sets << __builtin_popcount(choice.optional));
  if (sets > keep_limit) return compulsory;
  const double arithmetic = tables.operations * compute_energy_per_op_pj(tables.layer, machine.compute);
  CompulsoryCost least{infinity, infinity};
  std::vector<unsigned> keep(choices.size());
  for (std::size_t n = 0; n < sets; ++n) {
    std::size_t bits = n;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      keep[i] = choices[i].must;
      for (unsigned t = 0; t < tables.tensors; ++t) {
        if ((choices[i].optional >> t & 1U) == 0) continue;
        if ((bits & 1U) != 0) keep[i] |= 1U << t;
        bits >>= 1U;
      }
    }
    const CompulsoryCost one = tables.bound(machine, keep, occupied);
    least.energy_pj = std::min(least.energy_pj, one.energy_pj);
    least.cycles = std::min(least.cycles, one.cycles);
  }
  return {std::max(compulsory.energy_pj, (least.energy_pj + arithmetic) * rounding),
          std::max(compulsory.cycles, least.cycles * rounding)};
}

}  // namespace dovetail
