// A layer's energy and cycles on any machine, bounded from below (see the header).
#include <dovetail/engine/layer_bound.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
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

// Words of a tensor by their way through a level's ports: cycles = the largest of three sums.
struct Ports {
  double read = 0.0, write = 0.0, both = 0.0;
  double most() const { return std::max({read, write, both}); }
};

// What the boundary under one level asks of the tables. Its tile is that of the next level inside, the child.
struct Boundary {
  unsigned stored = 0, crossing = 0;  // tensors with fills in the child; tensors that are delivered
  unsigned unheld = 0;     // crossing tensors that no level up to the child stores: a word for each operation
  bool outermost = false;  // all loops outside belong to one level
  Limit capacity;
  std::array<Limit, max_tensors> inner{};    // of a tensor that is stored further in
  std::array<Limit, max_tensors> beneath{};  // of a tensor that the children of the child hold all of at once
  double fan = 1.0;
  Prices served{};  // most children that one word of a tensor can serve
  Prices fill{}, read{}, update{};
  double fill_elided = 0.0;                  // words of the written tensor that are not read the first time
  std::array<double, max_tensors> elided{};  // the same at the level that delivers
  // Cycles that a word takes: of the child's ports as a fill or an update from below, of the parent's ports.
  std::array<Ports, max_tensors> into{}, from{};
  std::array<int, max_tensors> parent{};
  Ports busy{};  // of the parent, whatever the tile is
};

// Of each level: the share of accesses that its clusters pay, children that whole factors can occupy (times the overlap
// of windows), and how many of them one word of a tensor can serve.
struct Sharing {
  std::array<double, max_levels> clusters{}, fans{};
  std::array<Prices, max_levels> serves{};
};

// The least energy of a boundary alone, and of everything inside up to it.
struct Inside {
  double energy = 0.0, energy_inside = 0.0, cycles_inside = 0.0;
};

// min of sum of terms_t / f_t over 1 <= f_t <= most_t with product at most `share`: as much of the product as each can
// use goes first where it saves most, which is where terms_t / f_t is largest.
double shared(const double* terms, const double* most, int count, double share) {
  double product = 1.0, sum = 0.0;
  for (int i = 0; i < count; ++i) {
    product *= most[i];
    sum += terms[i] / most[i];
  }
  if (product <= share) return sum;
  if (!(sum > 0.0)) return 0.0;
  // Level the largest terms: f_t = clamp(terms_t / level, 1, most_t), the product of all falls with the level.
  double marks[2 * max_tensors];
  int marked = 0;
  for (int i = 0; i < count; ++i) {
    marks[marked++] = terms[i];
    marks[marked++] = terms[i] / most[i];
  }
  std::sort(marks, marks + marked);
  // From the lowest mark up: the first at which the product is within the share ends the piece with the answer.
  double low = marks[0];
  for (int m = 0; m < marked; ++m) {
    const double level = marks[m];
    product = 1.0;
    for (int i = 0; i < count; ++i)
      product *= level > 0.0 ? std::clamp(terms[i] / level, 1.0, most[i]) : most[i];
    if (product > share) {
      low = level;
      continue;
    }
    // Within the piece the free terms are those between their marks.
    double free_product = 1.0, fixed = 1.0, total = 0.0;
    int free = 0;
    const double middle = 0.5 * (low + level);
    for (int i = 0; i < count; ++i) {
      if (terms[i] <= middle) {
        total += terms[i];
      } else if (terms[i] / most[i] >= middle) {
        fixed *= most[i];
        total += terms[i] / most[i];
      } else {
        free_product *= terms[i];
        ++free;
      }
    }
    if (free == 0) return total;
    const double room = free_product * fixed / share;
    return total + free * (free == 1 ? room : free == 2 ? std::sqrt(room) : std::pow(room, 1.0 / free));
  }
  return sum;
}

// Whether a tensor passes the level under the outermost one by, on its way to one further in.
bool passes(const std::vector<unsigned>& keep) {
  unsigned inner = 0;
  for (std::size_t i = 0; i + 2 < keep.size(); ++i) inner |= keep[i];
  return keep.size() > 1 && (keep.back() & ~keep[keep.size() - 2] & inner) != 0;
}

// The most that mn children along an axis a m + b n can share of it.
double axis_overlap(std::int64_t first, std::int64_t first_step, std::int64_t second,
                    std::int64_t second_step) {
  double most = 1.0;
  for (std::int64_t m = 2; m <= first; ++m) {
    if (first % m != 0) continue;
    for (std::int64_t p = 1; p <= first / m; ++p) {
      if (first / m % p != 0) continue;
      for (std::int64_t n = 2; n <= second; ++n) {
        if (second % n != 0) continue;
        for (std::int64_t r = 1; r <= second / n; ++r) {
          if (second / n % r != 0) continue;
          std::int64_t a = first_step * p, b = second_step * r;
          const std::int64_t common = std::gcd(a, b);
          a /= common;
          b /= common;
          const double all = static_cast<double>(m) * static_cast<double>(n);
          const double twice = static_cast<double>(std::max<std::int64_t>(0, m - b)) *
                               static_cast<double>(std::max<std::int64_t>(0, n - a));
          most = std::max(most, all / (all - twice));
        }
      }
    }
  }
  return most;
}

}  // namespace

struct LayerBound::Tables {
  Layer layer;
  bool usable = false;  // tiles can be listed, and at most one tensor is stationary at a time
  std::optional<MergedLayer> merged;
  std::optional<TileLattice> lattice;
  using Words = std::vector<std::array<double, max_tensors>>;
  Words words, fresh;  // per tile: of the tile, and new ones per operation
  std::vector<Words>
      around;  // [s]: new ones per operation when one level loops over the tile, s stationary (or none)
  std::array<double, max_tensors> used{};
  std::array<bool, max_tensors> windowed{};
  std::vector<std::pair<unsigned, double>> overlaps;  // dimensions of a shared axis, most sharing of it
  double operations = 1.0, whole_written = 0.0, written_reuse = 1.0;
  std::size_t tensors = 0, written = 0;

  using Tiles = std::shared_ptr<const std::vector<TileLattice::Id>>;
  using Question = std::pair<Limits, std::size_t>;
  using Seen =
      std::array<std::array<Tiles, 2 * max_tensors + 1>, max_levels>;  // tiles of earlier ways to count
  explicit Tables(Layer asked);
  Tiles largest(const Limits& limits, std::size_t around_of) const;
  Inside least(const std::vector<Boundary>& boundaries, std::size_t at, const std::vector<Inside>& inside,
               const std::array<Prices, max_levels>& serves, Seen& seen) const;
  double children(std::int64_t x, std::int64_t y, unsigned along_x, unsigned along_y) const;
  Sharing sharing(const Architecture& machine, const MappingRules& rules) const;
  CompulsoryCost bound(const Architecture& machine, const Sharing& sharing, const std::vector<unsigned>& keep,
                       const std::array<double, max_levels>& occupied, bool nearby, Seen& seen) const;

 private:
  void falling(std::vector<double>& share) const;
  void loops_around(const std::vector<TensorReuse>& reuse);
  mutable std::mutex mutex_;
  mutable std::map<Question, Tiles> memo_;
  const std::vector<std::int64_t>& factors(unsigned dimensions) const;
  mutable std::map<std::tuple<std::int64_t, std::int64_t, unsigned, unsigned>, double> children_;
  mutable std::map<unsigned, std::vector<std::int64_t>> products_;
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
    windowed[t] = reuse[t].windowed() != 0;
    std::vector<double> share(lattice->size());
    for (std::size_t id = 0; id < lattice->size(); ++id) {
      const TileExtents& tile = lattice->extents(static_cast<TileLattice::Id>(id));
      words[id][t] = reuse[t].volume(tile);
      share[id] = words[id][t] / lattice->volume(static_cast<TileLattice::Id>(id)) *
                  reuse[t].window_share(tile, whole);
    }
    falling(share);
    for (std::size_t id = 0; id < lattice->size(); ++id) fresh[id][t] = share[id];
    for (const Axis& axis : layer.tensors[t].axes) {
      if (axis.size() < 2) continue;
      const auto extent = [&](const AxisTerm& term) {
        return layer.dimensions[static_cast<std::size_t>(term.dimension)].extent;
      };
      double product = 1.0, longest = 1.0;
      unsigned dimensions = 0;
      for (const AxisTerm& term : axis) {
        product *= static_cast<double>(extent(term));
        longest = std::max(longest, static_cast<double>(extent(term)));
        dimensions |= 1U << static_cast<unsigned>(term.dimension);
      }
      // Of m x n children along a window at least max(m, n) differ.
      double most = product / longest;
      if (axis.size() == 2) {
        most = std::min(
            most, axis_overlap(extent(axis[0]), axis[0].coefficient, extent(axis[1]), axis[1].coefficient));
      }
      if (most > 1.0) overlaps.emplace_back(dimensions, most);
    }
  }
  loops_around(reuse);
  whole_written = words[lattice->whole()][written];
  for (std::size_t d = 0; d < extents.size(); ++d) {
    if ((reuse[written].relevant() >> d & 1U) == 0) written_reuse *= static_cast<double>(extents[d]);
  }
}

// The least over all divisors of a tile: falls as tiles grow, so that only the largest ones matter.
void LayerBound::Tables::falling(std::vector<double>& share) const {
  for (const TileLattice::Component& component : lattice->components()) {
    const std::size_t radix = static_cast<std::size_t>(component.exponent) + 1;
    for (std::size_t id = component.stride; id < share.size(); ++id) {
      if (id / component.stride % radix != 0) share[id] = std::min(share[id], share[id - component.stride]);
    }
  }
}

// The outermost level's loops around a tile: the innermost loop that moves a window decides what it keeps, and a second
// loop of the same axis may keep some more; all further loops reload. Loops that leave s where it is come first.
void LayerBound::Tables::loops_around(const std::vector<TensorReuse>& reuse) {
  const TileExtents& whole = lattice->extents(lattice->whole());
  const std::size_t dimensions = merged->layer.dimensions.size();
  if (std::none_of(windowed.begin(), windowed.end(), [](bool any) { return any; })) return;
  around.assign(tensors + 1, fresh);
  for (std::size_t t = 0; t < tensors; ++t) {
    if (!windowed[t]) continue;
    std::array<unsigned, max_dimensions> partners{};
    bool pairs = true;
    for (const Axis& axis : merged->layer.tensors[t].axes) {
      pairs = pairs && axis.size() <= 2;
      for (const AxisTerm& a : axis) {
        for (const AxisTerm& b : axis) {
          if (a.dimension != b.dimension)
            partners[static_cast<std::size_t>(a.dimension)] |= 1U << static_cast<unsigned>(b.dimension);
        }
      }
    }
    if (!pairs) continue;
    std::vector<std::vector<double>> share(tensors + 1, std::vector<double>(lattice->size()));
    for (std::size_t id = 0; id < lattice->size(); ++id) {
      const TileExtents& tile = lattice->extents(static_cast<TileLattice::Id>(id));
      unsigned active = 0;
      double idle = 1.0;
      for (std::size_t d = 0; d < dimensions; ++d) {
        if (whole[d] == tile[d]) continue;
        if ((reuse[t].relevant() >> d & 1U) != 0)
          active |= 1U << d;
        else
          idle *= static_cast<double>(whole[d]) / static_cast<double>(tile[d]);
      }
      const auto walk = [&](int first, int second) {
        std::array<ReuseLoop, max_dimensions> loops;
        int count = 0;
        const auto push = [&](std::size_t d) {
          loops[static_cast<std::size_t>(count++)] = {static_cast<int>(d), whole[d] / tile[d], tile[d]};
        };
        if (first >= 0) push(static_cast<std::size_t>(first));
        if (second >= 0) push(static_cast<std::size_t>(second));
        for (std::size_t d = 0; d < dimensions; ++d) {
          if ((active >> d & 1U) != 0 && static_cast<int>(d) != first && static_cast<int>(d) != second)
            push(d);
        }
        return reuse[t].walk(tile, loops.data(), count).closed_words() / operations;
      };
      std::array<double, max_dimensions> starting;
      starting.fill(infinity);
      for (std::size_t d = 0; d < dimensions; ++d) {
        if ((active >> d & 1U) == 0) continue;
        starting[d] = walk(static_cast<int>(d), -1);
        for (std::size_t e = 0; e < dimensions; ++e) {
          if ((active & partners[d]) >> e & 1U)
            starting[d] = std::min(starting[d], walk(static_cast<int>(d), static_cast<int>(e)));
        }
      }
      for (std::size_t s = 0; s <= tensors; ++s) {
        unsigned first = active;
        if (s < tensors && s != t && (active & ~reuse[s].relevant()) != 0)
          first = active & ~reuse[s].relevant();
        double least = infinity;
        for (std::size_t d = 0; d < dimensions; ++d) {
          if ((first >> d & 1U) != 0) least = std::min(least, starting[d]);
        }
        if (active == 0) least = words[id][t] / operations;
        share[s][id] = s == t ? least : least * (active == 0 ? 1.0 : idle);
      }
    }
    for (std::size_t s = 0; s <= tensors; ++s) {
      falling(share[s]);
      for (std::size_t id = 0; id < lattice->size(); ++id)
        around[s][id][t] = std::max(fresh[id][t] * (s == t ? 0.0 : 1.0), share[s][id]);
    }
  }
}

// Tiles within the limits of which no multiple is, and beside which no other moves less of every tensor.
LayerBound::Tables::Tiles LayerBound::Tables::largest(const Limits& limits, std::size_t around_of) const {
  const std::scoped_lock lock(mutex_);
  const auto known = memo_.find({limits, around_of});
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
  const auto covers = [&](TileLattice::Id a, std::size_t b) {
    for (std::size_t t = 0; t < tensors; ++t) {
      if (fresh[a][t] > fresh[b][t]) return false;
      if (around_of < around.size() && around[around_of][a][t] > around[around_of][b][t]) return false;
    }
    return true;
  };
  auto found = std::make_shared<std::vector<TileLattice::Id>>();
  for (std::size_t id = 0; id < lattice->size(); ++id) {
    bool last = fits[id] != 0;
    for (const TileLattice::Component& component : lattice->components()) {
      const std::size_t radix = static_cast<std::size_t>(component.exponent) + 1;
      if (!last) break;
      if (id / component.stride % radix + 1 < radix && fits[id + component.stride] != 0) last = false;
    }
    if (!last) continue;
    if (std::any_of(found->begin(), found->end(), [&](TileLattice::Id other) { return covers(other, id); }))
      continue;
    std::erase_if(*found,
                  [&](TileLattice::Id other) { return covers(static_cast<TileLattice::Id>(id), other); });
    found->push_back(static_cast<TileLattice::Id>(id));
  }
  return memo_.emplace(Question{limits, around_of}, std::move(found)).first->second;
}

Inside LayerBound::Tables::least(const std::vector<Boundary>& boundaries, std::size_t at,
                                 const std::vector<Inside>& inside,
                                 const std::array<Prices, max_levels>& serves, Seen& seen) const {
  const Boundary& b = boundaries[at];
  const std::size_t none = around.size();  // no such table
  const Inside before = inside.empty() ? Inside{} : inside.back();
  Inside best{infinity, infinity, infinity};
  // Words that start further out and are counted inside: one may serve several tiles.
  std::array<Prices, max_levels> reach;
  for (std::size_t c = 1; c < at; ++c) {
    for (std::size_t t = 0; t < tensors; ++t) {
      reach[c][t] = 1.0;
      if ((boundaries[c].crossing >> t & 1U) == 0) continue;
      for (auto i = static_cast<int>(at); i <= boundaries[c].parent[t]; ++i)
        reach[c][t] /= serves[static_cast<std::size_t>(i)][t];
    }
  }
  const auto look = [&](std::size_t s, const Limits& limits, bool held) {
    const std::size_t table = b.outermost && !around.empty() ? s : none;
    Tiles& tiles = seen[at][held ? s : max_tensors + 1 + s];
    if (!tiles) tiles = largest(limits, table);
    for (const TileLattice::Id m : *tiles) {
      // Words that cross, and those that at least cross every boundary inside: all of the tile at every step.
      Prices moved, swept;
      for (std::size_t t = 0; t < tensors; ++t) {
        const bool looped = table < none && windowed[t] && (b.stored >> t & 1U) != 0;
        const double each = looped ? around[table][m][t] : fresh[m][t];
        moved[t] = t == s && !looped ? used[t] : std::max(used[t], each * operations);
        swept[t] = t == s && (held || windowed[t]) ? used[t] : std::max(used[t], fresh[m][t] * operations);
      }
      double own = 0.0, cycles = 0.0;
      Ports child;
      for (std::size_t t = 0; t < tensors; ++t) {
        if ((b.stored >> t & 1U) == 0) continue;
        const double fills = t == written ? std::max(0.0, moved[t] - b.fill_elided) : moved[t];
        own += fills * b.fill[t];
        child.write += fills * b.into[t].write;
        child.both += fills * b.into[t].both;
      }
      double terms[max_tensors], updates[max_tensors], most[max_tensors];
      double reads[max_tensors], writes[max_tensors], both[max_tensors], near_most[max_tensors];
      int count = 0, near = 0;
      double elided = 0.0, elided_read = 0.0, elided_both = 0.0;
      for (std::size_t t = 0; t < tensors; ++t) {
        const unsigned bit = 1U << t;
        if ((b.crossing & bit) == 0) continue;
        const double each = (b.unheld & bit) != 0 ? operations : moved[t];
        const bool output = t == written;
        // Every used word is delivered at least once, whoever shares it.
        const double sharers = t == s ? 1.0 : std::clamp(each / used[t], 1.0, b.served[t]);
        terms[count] = each * (b.read[t] + b.update[t]);
        updates[count] = each * (output ? b.update[t] : b.read[t]);
        most[count] = sharers;
        ++count;
        if (output) elided = b.elided[t] * b.read[t];
        if (b.parent[t] != static_cast<int>(at)) {
          // Delivered from further out: its own ports alone.
          const double words_out = each / sharers;
          const double back = output ? std::max(0.0, words_out - b.elided[t]) : words_out;
          cycles = std::max({cycles, back * b.from[t].read, output ? words_out * b.from[t].write : 0.0,
                             (back + (output ? words_out : 0.0)) * b.from[t].both});
          continue;
        }
        reads[near] = each * b.from[t].read;
        writes[near] = output ? each * b.from[t].write : 0.0;
        both[near] = each * b.from[t].both * (output ? 2.0 : 1.0);
        near_most[near++] = sharers;
        if (output) {
          elided_read = b.elided[t] * b.from[t].read;
          elided_both = b.elided[t] * b.from[t].both;
        }
      }
      // Inside: each boundary's own least, or what sweeping this tile costs there.
      double within = 0.0;
      for (std::size_t c = 1; c < at; ++c) {
        const Boundary& lower = boundaries[c];
        double energy = 0.0;
        Ports ports = lower.busy;
        Ports& used_ports = c + 1 == at ? child : ports;
        for (std::size_t t = 0; t < tensors; ++t) {
          if ((lower.crossing & ~lower.unheld) >> t & 1U) {
            const double words_out = std::max(used[t], swept[t] * reach[c][t]);
            const double back = t == written ? std::max(0.0, words_out - lower.elided[t]) : words_out;
            const double up = t == written ? words_out : 0.0;
            energy += back * lower.read[t] + up * lower.update[t];
            if (lower.parent[t] == static_cast<int>(c)) {
              used_ports.read += back * lower.from[t].read;
              used_ports.write += up * lower.from[t].write;
              used_ports.both += (back + up) * lower.from[t].both;
            } else {
              cycles = std::max({cycles, back * lower.from[t].read, up * lower.from[t].write,
                                 (back + up) * lower.from[t].both});
            }
          }
          if (lower.stored >> t & 1U)
            energy += (t == written ? std::max(0.0, swept[t] - lower.fill_elided) : swept[t]) * lower.fill[t];
        }
        if (c + 1 != at) cycles = std::max(cycles, ports.most());
        within += std::max(energy, inside[c].energy);
      }
      within = std::max(within + (inside.empty() ? 0.0 : inside[0].energy), before.energy_inside);
      // As if every word served as many children as it can: most tiles need no closer look.
      double cheap = 0.0;
      for (int i = 0; i < count; ++i) cheap += terms[i] / most[i];
      cheap = own + std::max(0.0, cheap - elided);
      if (cheap < best.energy || cheap + within < best.energy_inside) {
        // Without its first reads the output costs less, but never less than its updates.
        double delivered = shared(terms, most, count, b.fan);
        if (elided > 0.0) delivered = std::max(delivered - elided, shared(updates, most, count, b.fan));
        best.energy = std::min(best.energy, own + delivered);
        best.energy_inside = std::min(best.energy_inside, own + delivered + within);
      }
      cycles = std::max({cycles, child.most(), before.cycles_inside});
      for (int i = 0; i < near; ++i) cycles = std::max(cycles, b.busy.write + writes[i] / near_most[i]);
      if (cycles >= best.cycles_inside) continue;
      cycles = std::max({cycles, b.busy.read + shared(reads, near_most, near, b.fan) - elided_read,
                         b.busy.both + shared(both, near_most, near, b.fan) - elided_both});
      best.cycles_inside = std::min(best.cycles_inside, cycles);
    }
  };
  look(tensors, {b.capacity, {}}, true);  // none is stationary
  for (std::size_t s = 0; s < tensors; ++s) {
    if ((b.stored >> s & 1U) == 0) {
      if (b.inner[s].tensors != 0)
        look(s, {b.capacity, b.inner[s]}, true);  // else not stored, or not delivered
    } else if (at > 1 && b.beneath[s].tensors != 0 && !windowed[s]) {
      look(s, {b.capacity, b.beneath[s]}, true);
      look(s, {b.capacity, {}}, false);
    } else {
      look(s, {b.capacity, {}}, true);
    }
  }
  return best;
}

// The most children on a mesh of x by y when these dimensions may be spread along X and those along Y: a product of
// factors at most x times one at most y, which together divide the product of all.
double LayerBound::Tables::children(std::int64_t x, std::int64_t y, unsigned along_x,
                                    unsigned along_y) const {
  if (along_x == 0) x = 1;
  if (along_y == 0) y = 1;
  if (x <= 1 && y <= 1) return 1.0;
  const std::scoped_lock lock(mutex_);
  const auto [known, added] = children_.try_emplace({x, y, along_x, along_y}, 1.0);
  if (!added) return known->second;
  const std::vector<std::int64_t>&first = factors(along_x), &second = factors(along_y);
  const std::vector<std::int64_t>& whole = factors(along_x | along_y);
  double& most = known->second;
  for (const std::int64_t one : first) {
    if (one > x) break;
    for (const std::int64_t other : second) {
      if (other > y) break;
      if (static_cast<double>(one * other) > most &&
          std::binary_search(whole.begin(), whole.end(), one * other))
        most = static_cast<double>(one * other);
    }
  }
  return most;
}

// All products of factors of these dimensions, ascending.
const std::vector<std::int64_t>& LayerBound::Tables::factors(unsigned dimensions) const {
  std::vector<std::int64_t>& all = products_[dimensions];
  if (!all.empty()) return all;
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
  return all;
}

Sharing LayerBound::Tables::sharing(const Architecture& machine, const MappingRules& rules) const {
  const std::size_t levels = machine.levels.size();
  Sharing found;
  auto& [share, fans, serves] = found;
  std::array<double, max_levels> above{};
  double most = 1.0;
  for (std::size_t i = levels; i-- > 0;) {
    above[i] = most;  // instances of the level
    const std::int64_t x = fanout_x(machine, static_cast<int>(i)), y = fanout_y(machine, static_cast<int>(i));
    most *= static_cast<double>(x * y);
    const double clusters = cluster_count(machine.levels[i]);
    share[i] = above[i] > clusters ? clusters / above[i] : 1.0;
    fans[i] = 1.0;
    serves[i].fill(1.0);
    if (x * y == 1) continue;
    const LevelRules& own = level_rules(rules, i);
    unsigned allowed[2] = {0, 0};
    for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
      allowed[0] |= own.max_factor[static_cast<std::size_t>(Slot::spatial_x)][d] != 1 ? 1U << d : 0U;
      allowed[1] |= own.max_factor[static_cast<std::size_t>(Slot::spatial_y)][d] != 1 ? 1U << d : 0U;
    }
    double overlap = 1.0;
    for (const auto& [dimensions, sharing] : overlaps) {
      if (((allowed[0] | allowed[1]) & dimensions) == dimensions) overlap *= sharing;
    }
    const double all = children(x, y, allowed[0], allowed[1]);
    fans[i] = all * std::min(overlap, std::sqrt(all));
    for (std::size_t t = 0; t < tensors; ++t) {
      unsigned moving = 0;
      for (const Axis& axis : layer.tensors[t].axes) {
        for (const AxisTerm& term : axis) moving |= 1U << static_cast<unsigned>(term.dimension);
      }
      serves[i][t] = children(x, y, allowed[0] & ~moving, allowed[1] & ~moving);
      if (windowed[t]) serves[i][t] = std::min(fans[i], serves[i][t] * overlap);
    }
  }
  return found;
}

CompulsoryCost LayerBound::Tables::bound(const Architecture& machine, const Sharing& sharing,
                                         const std::vector<unsigned>& keep,
                                         const std::array<double, max_levels>& occupied, bool nearby,
                                         Seen& seen) const {
  const std::size_t levels = machine.levels.size();
  const auto& [share, fans, serves] = sharing;
  std::vector<Boundary> boundaries(levels);
  const auto port = [&](const Level& level, std::size_t i, double rate) {
    const double each = rate / occupied[i];
    return Ports{level.read_bandwidth ? each / *level.read_bandwidth : 0.0,
                 level.write_bandwidth ? each / *level.write_bandwidth : 0.0,
                 level.shared_bandwidth ? each / *level.shared_bandwidth : 0.0};
  };
  for (std::size_t next = 0; next < levels; ++next) {  // the boundary between a level and the next one
    const Level& up = machine.levels[next];
    Boundary& b = boundaries[next];
    b.outermost = next + 1 == levels && next > 0 &&
                  fanout_x(machine, static_cast<int>(next)) * fanout_y(machine, static_cast<int>(next)) == 1;
    b.fan = std::max(b.fan, 1.0);
    if (next > 0) {
      const Level& own = machine.levels[next - 1];
      b.stored = keep[next - 1];
      b.capacity = {b.stored, static_cast<double>(usable_capacity(own).value_or(0))};
      if (!usable_capacity(own)) b.capacity = {};
      double least_rate = infinity;
      for (std::size_t t = 0; t < tensors; ++t) {
        const AccessCost access(own, layer.tensors[t]);
        b.fill[t] = access.numerator / access.denominator * share[next - 1] * access.fill_pj;
        b.into[t] = port(own, next - 1, access.rate);
        if ((b.stored >> t & 1U) != 0) least_rate = std::min(least_rate, access.rate);
      }
      if (b.capacity.tensors != 0)
        b.capacity.words = std::floor(b.capacity.words / least_rate * (1.0 + 1e-12));
      b.fill_elided = whole_written * std::min(occupied[next - 1], written_reuse);
      // The nearest keeper inside, and what all of its instances under one child hold.
      for (std::size_t t = 0; t < tensors; ++t) {
        std::size_t held = next - 1;
        double children = 1.0;
        while (held > 0) {
          children *= static_cast<double>(fanout_x(machine, static_cast<int>(held)) *
                                          fanout_y(machine, static_cast<int>(held)));
          if ((keep[held - 1] >> t & 1U) != 0) break;
          --held;
        }
        if (held == 0) continue;
        const auto capacity = usable_capacity(machine.levels[held - 1]);
        const double rate = AccessCost(machine.levels[held - 1], layer.tensors[t]).rate;
        const Limit all{
            1U << t, capacity ? std::floor(static_cast<double>(*capacity) / rate * (1.0 + 1e-12)) * children
                              : infinity};
        ((b.stored >> t & 1U) != 0 ? b.beneath : b.inner)[t] = all;
      }
    }
    for (std::size_t t = 0; t < tensors; ++t) {
      if ((keep[next] >> t & 1U) == 0) continue;
      std::size_t held = next;
      while (held > 0 && (keep[held - 1] >> t & 1U) == 0) --held;
      // A word of the outermost level that passes levels by may be counted where it arrives.
      const std::size_t at = nearby && next + 1 == levels && held > 0 ? held : next;
      Boundary& counted = boundaries[at];
      const unsigned bit = 1U << t;
      counted.crossing |= bit;
      counted.parent[t] = static_cast<int>(next);
      const AccessCost access(up, layer.tensors[t]);
      const double word = access.numerator / access.denominator * share[next];
      counted.read[t] = word * access.read_pj;
      counted.update[t] = t == written ? word * access.update_pj : 0.0;
      counted.from[t] = port(up, next, access.rate);
      counted.elided[t] = whole_written * std::min(occupied[next], written_reuse);
      counted.served[t] = 1.0;
      double fan = 1.0;
      for (std::size_t i = held == 0 ? 0 : at; i <= next; ++i) {
        counted.served[t] *= serves[i][t];
        fan *= fans[i];
      }
      counted.fan = std::max(counted.fan, fan);
      if (held == 0) counted.unheld |= bit;
      if (next + 1 < levels) {
        // Its own fills, once at least.
        const Ports own = port(up, next, access.rate);
        const double words_in = t == written ? 0.0 : used[t];
        boundaries[next].busy.write += words_in * own.write;
        boundaries[next].busy.both += words_in * own.both;
      }
    }
  }
  std::vector<Inside> inside;
  inside.reserve(levels);
  for (std::size_t at = 0; at < levels; ++at) {
    if (boundaries[at].stored == 0 && boundaries[at].crossing == 0) {
      inside.push_back({0.0, inside.empty() ? 0.0 : inside.back().energy_inside,
                        inside.empty() ? 0.0 : inside.back().cycles_inside});
      continue;
    }
    inside.push_back(least(boundaries, at, inside, serves, seen));
  }
  return {inside.back().energy_inside, inside.back().cycles_inside};
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
    const auto along = [&](Slot slot) {
      unsigned dimensions = 0;
      for (std::size_t d = 0; d < tables.layer.dimensions.size(); ++d) {
        if (own.max_factor[static_cast<std::size_t>(slot)][d] != 1) dimensions |= 1U << d;
      }
      return dimensions;
    };
    units *= tables.children(fanout_x(machine, static_cast<int>(i)), fanout_y(machine, static_cast<int>(i)),
                             along(Slot::spatial_x), along(Slot::spatial_y));
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
  const Sharing sharing = tables.sharing(machine, rules);
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
    // Each way of counting is a bound: the largest one.
    CompulsoryCost one{0.0, 0.0};
    Tables::Seen seen;
    for (const bool nearby : {false, true}) {
      if (nearby && !passes(keep)) continue;
      const CompulsoryCost way = tables.bound(machine, sharing, keep, occupied, nearby, seen);
      one.energy_pj = std::max(one.energy_pj, way.energy_pj);
      one.cycles = std::max(one.cycles, way.cycles);
    }
    least.energy_pj = std::min(least.energy_pj, one.energy_pj);
    least.cycles = std::min(least.cycles, one.cycles);
  }
  return {std::max(compulsory.energy_pj, (least.energy_pj + arithmetic) * rounding),
          std::max(compulsory.cycles, least.cycles * rounding)};
}

}  // namespace dovetail
