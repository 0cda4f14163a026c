// What one boundary between two levels costs at least (see the header).
#include <dovetail/engine/bound/boundary_cost.hpp>
#include <dovetail/workloads/numbers.hpp>

#include <algorithm>
#include <cmath>

namespace dovetail {
namespace {

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
  double marks[2 * max_tensors] = {};
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
    for (int i = 0; i < count; ++i) product *= level > 0.0 ? std::clamp(terms[i] / level, 1.0, most[i]) : most[i];
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

// A sum over tensors, linear in the words that cross a boundary.
struct Sum {
  double fixed = 0.0;
  TensorValues each{};
  double at(const TensorValues& words) const {
    static_assert(max_tensors == 4);
    return fixed + ((each[0] * words[0] + each[1] * words[1]) + (each[2] * words[2] + each[3] * words[3]));
  }
};

// What a tile costs at least, from the words alone: as if every word served as many children as it can.
class Floor {
 public:
  Floor(const LayerTiles& tables, const Boundary& b, std::size_t at, std::size_t stationary) {
    read_.fixed = b.busy.read;
    both_.fixed = b.busy.both;
    for (std::size_t t = 0; t < tables.tensors; ++t) {
      const bool output = t == tables.written;
      if (b.stored >> t & 1U) {
        energy_.each[t] += b.fill[t];
        fill_.each[t] += b.into[t].write;
        filled_.each[t] += b.into[t].both;
        if (output) {
          energy_.fixed -= b.fill_elided * b.fill[t];
          fill_.fixed -= b.fill_elided * b.into[t].write;
          filled_.fixed -= b.fill_elided * b.into[t].both;
        }
      }
      if ((b.crossing >> t & 1U) == 0) continue;
      const double served = t == stationary ? 1.0 : b.served[t];
      const auto add = [&](Sum& sum, double price) {
        if ((b.unheld >> t & 1U) != 0)
          sum.fixed += tables.operations * price / served;
        else
          sum.each[t] += price / served;
      };
      add(energy_, b.read[t] + b.update[t]);
      if (output) energy_.fixed -= b.elided[t] * b.read[t];
      if (b.parent[t] != static_cast<int>(at)) continue;
      add(read_, b.from[t].read);
      add(both_, b.from[t].both * (output ? 2.0 : 1.0));
      if (output) {
        read_.fixed -= b.elided[t] * b.from[t].read;
        both_.fixed -= b.elided[t] * b.from[t].both;
      }
    }
  }
  double energy(const TensorValues& moved) const { return energy_.at(moved); }
  double cycles(const TensorValues& moved) const {
    return std::max({read_.at(moved), both_.at(moved), fill_.at(moved), filled_.at(moved)});
  }

 private:
  Sum energy_, read_, both_, fill_, filled_;
};

}  // namespace

namespace {

// The largest divisor of a number that is at most `limit`.
std::int64_t largest_divisor(std::int64_t number, std::int64_t limit) {
  for (std::int64_t divisor = std::min(number, limit); divisor > 1; --divisor) {
    if (number % divisor == 0) return divisor;
  }
  return 1;
}

// Compute units that work at a time, at most: the spatial factors of fan-outs inside a tile of level `at` - 1 divide
// it.
double units(const LayerTiles& tables, const Sharing& sharing, std::size_t at, TileLattice::Id tile) {
  double units = 1.0;
  for (std::size_t i = 0; i < sharing.mesh.size(); ++i) {
    const Sharing::Fan& fan = sharing.mesh[i];
    double children = fan.children;
    if (i < at && fan.bound()) {
      const std::int64_t x = fan.along_x != 0 ? largest_divisor(tables.product(tile, fan.along_x), fan.x) : fan.x;
      const std::int64_t y = fan.along_y != 0 ? largest_divisor(tables.product(tile, fan.along_y), fan.y) : fan.y;
      children = std::min(children, static_cast<double>(x * y));
    }
    units *= children;
  }
  return units;
}

// Children of a fan-out inside a tile that one word of a tensor can serve, at most: their factors divide the tile where
// it does not move the tensor.
double serving(const LayerTiles& tables, const Sharing& sharing, std::size_t fan_out, std::size_t t,
               TileLattice::Id tile) {
  const Sharing::Fan& fan = sharing.mesh[fan_out];
  const double most = sharing.serves[fan_out][t];
  if (most == 1.0 || !fan.bound() || tables.windowed[t]) return most;
  const auto along = [&](std::int64_t children, unsigned dimensions) {
    return dimensions == 0 ? children : std::min(children, tables.product(tile, dimensions & ~tables.moving[t]));
  };
  return std::min(most, static_cast<double>(along(fan.x, fan.along_x) * along(fan.y, fan.along_y)));
}

}  // namespace

Inside least_inside(const LayerTiles& tables, const std::vector<Boundary>& boundaries, std::size_t at,
                    const std::vector<Inside>& inside, const Sharing& sharing, SeenTiles& seen) {
  const std::size_t tensors = tables.tensors, written = tables.written;
  const double operations = tables.operations;
  const auto& used = tables.used;
  const auto& windowed = tables.windowed;
  const auto& around = tables.around;
  const auto& fresh = tables.fresh;
  const Boundary& b = boundaries[at];
  const std::size_t none = around.size();  // no such table
  const Inside before = inside.empty() ? Inside{} : inside.back();
  Inside best{infinity, infinity, infinity};
  // Words that start further out and are counted inside: one may serve several tiles.
  std::array<TensorValues, max_levels> reach;
  for (std::size_t c = 1; c < at; ++c) {
    for (std::size_t t = 0; t < tensors; ++t) {
      reach[c][t] = 1.0;
      if ((boundaries[c].crossing >> t & 1U) == 0) continue;
      for (auto i = static_cast<int>(at); i <= boundaries[c].parent[t]; ++i)
        reach[c][t] /= sharing.serves[static_cast<std::size_t>(i)][t];
    }
  }
  const auto look = [&](std::size_t s, const Limits& limits, bool held) {
    const std::size_t table = b.outermost && !around.empty() ? s : none;
    LayerTiles::Tiles& tiles = seen[at][held ? s : max_tensors + 1 + s];
    if (!tiles) tiles = tables.largest(limits, table, b.spread);
    const Floor floor(tables, b, at, s);
    // Words that cross: of a stationary tensor those that are used, once. And words of the tile at every step, which
    // cross every boundary inside.
    TensorValues crossing{}, sweeping{};
    std::array<bool, max_tensors> looped{};
    for (std::size_t t = 0; t < tensors; ++t) {
      looped[t] = table < none && windowed[t] && (b.stored >> t & 1U) != 0;
      crossing[t] = t == s && !looped[t] ? 0.0 : operations;
      sweeping[t] = t == s && (held || windowed[t]) ? 0.0 : operations;
    }
    for (const TileLattice::Id m : *tiles) {
      const TensorValues& still = fresh[m];
      const TensorValues& moving = table < none ? around[table][m] : still;
      TensorValues moved;
      for (std::size_t t = 0; t < max_tensors; ++t)
        moved[t] = std::max(used[t], (looped[t] ? moving[t] : still[t]) * crossing[t]);
      // Most tiles need no closer look.
      const double least = floor.energy(moved) * (1.0 - 1e-12);
      if (least >= best.energy && least + before.energy_inside >= best.energy_inside &&
          std::max(before.cycles_inside, floor.cycles(moved) * (1.0 - 1e-12)) >= best.cycles_inside) {
        continue;
      }
      TensorValues swept;
      for (std::size_t t = 0; t < max_tensors; ++t) swept[t] = std::max(used[t], still[t] * sweeping[t]);
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
          if (lower.crossing >> t & 1U) {
            double words_out = swept[t] * reach[c][t];
            if (lower.unheld >> t & 1U) {
              words_out = operations * reach[c][t];
              for (std::size_t i = 0; i < at; ++i) words_out /= serving(tables, sharing, i, t, m);
            }
            words_out = std::max(used[t], words_out);
            const double back = t == written ? std::max(0.0, words_out - lower.elided[t]) : words_out;
            const double up = t == written ? words_out : 0.0;
            energy += back * lower.read[t] + up * lower.update[t];
            if (lower.parent[t] == static_cast<int>(c)) {
              used_ports.read += back * lower.from[t].read;
              used_ports.write += up * lower.from[t].write;
              used_ports.both += (back + up) * lower.from[t].both;
            } else {
              cycles = std::max(
                  {cycles, back * lower.from[t].read, up * lower.from[t].write, (back + up) * lower.from[t].both});
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
      if (b.spread[0] != 0) cycles = std::max(cycles, operations / units(tables, sharing, at, m) * (1.0 - 1e-12));
      if (cycles >= best.cycles_inside) continue;
      cycles = std::max({cycles, b.busy.read + shared(reads, near_most, near, b.fan) - elided_read,
                         b.busy.both + shared(both, near_most, near, b.fan) - elided_both});
      best.cycles_inside = std::min(best.cycles_inside, cycles);
    }
  };
  for (std::size_t s = 0; s < tensors; ++s) {
    if ((b.stored >> s & 1U) == 0) {
      if (b.inner[s].tensors != 0)
        look(s, {b.capacity, b.beyond, b.inner[s]}, true);  // else not stored, or not delivered
    } else if (at > 1 && b.beneath[s].tensors != 0 && !windowed[s]) {
      look(s, {b.capacity, b.beyond, b.beneath[s]}, true);
      look(s, {b.capacity, b.beyond, {}}, false);
    } else {
      look(s, {b.capacity, b.beyond, {}}, true);
    }
  }
  look(tensors, {b.capacity, b.beyond, {}},
       true);  // none is stationary: seldom the best, so that the floor rules most out
  return best;
}

}  // namespace dovetail
