// How much of a mesh whole factors of a layer can occupy (see the header).
#include <dovetail/engine/bound/mesh_tables.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <dovetail/accelerators/loop/cost.hpp>
#include <dovetail/engine/map/keep_sets.hpp>

namespace dovetail {
namespace {

// The most that mn children along an axis a m + b n can share of it.
double axis_overlap(std::int64_t first, std::int64_t first_step, std::int64_t second, std::int64_t second_step) {
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

LayerMesh::LayerMesh(const Layer& layer) {
  for (const Dimension& dimension : layer.dimensions) extents_.push_back(dimension.extent);
  for (const Tensor& tensor : layer.tensors) {
    unsigned moving = 0;
    bool windowed = false;
    for (const Axis& axis : tensor.axes) {
      const auto extent = [&](const AxisTerm& term) { return extents_[static_cast<std::size_t>(term.dimension)]; };
      double product = 1.0, longest = 1.0;
      unsigned dimensions = 0;
      int moved = 0;
      for (const AxisTerm& term : axis) {
        product *= static_cast<double>(extent(term));
        longest = std::max(longest, static_cast<double>(extent(term)));
        dimensions |= 1U << static_cast<unsigned>(term.dimension);
        moved += extent(term) > 1 ? 1 : 0;
      }
      moving |= dimensions;
      windowed = windowed || moved > 1;
      if (axis.size() < 2) continue;
      // Of m x n children along a window at least max(m, n) differ.
      double most = product / longest;
      if (axis.size() == 2) {
        most = std::min(most, axis_overlap(extent(axis[0]), axis[0].coefficient, extent(axis[1]), axis[1].coefficient));
      }
      if (most > 1.0) overlaps_.emplace_back(dimensions, most);
    }
    moving_.push_back(moving);
    windowed_.push_back(windowed);
  }
}

double LayerMesh::children(std::int64_t x, std::int64_t y, unsigned along_x, unsigned along_y) const {
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
      if (static_cast<double>(one * other) > most && std::binary_search(whole.begin(), whole.end(), one * other))
        most = static_cast<double>(one * other);
    }
  }
  return most;
}

// All products of factors of these dimensions, ascending.
const std::vector<std::int64_t>& LayerMesh::factors(unsigned dimensions) const {
  std::vector<std::int64_t>& all = products_[dimensions];
  if (!all.empty()) return all;
  std::set<std::int64_t> products{1};
  for (std::size_t d = 0; d < extents_.size(); ++d) {
    if ((dimensions >> d & 1U) == 0) continue;
    std::int64_t rest = extents_[d];
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

Sharing LayerMesh::sharing(const Architecture& machine, const MappingRules& rules) const {
  const std::size_t levels = machine.levels.size();
  Sharing found;
  auto& [mesh, share, fans, serves] = found;
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
    for (std::size_t d = 0; d < extents_.size(); ++d) {
      allowed[0] |= own.max_factor[static_cast<std::size_t>(Slot::spatial_x)][d] != 1 ? 1U << d : 0U;
      allowed[1] |= own.max_factor[static_cast<std::size_t>(Slot::spatial_y)][d] != 1 ? 1U << d : 0U;
    }
    double overlap = 1.0;
    for (const auto& [dimensions, sharing] : overlaps_) {
      if (((allowed[0] | allowed[1]) & dimensions) == dimensions) overlap *= sharing;
    }
    const double all = children(x, y, allowed[0], allowed[1]);
    mesh[i] = {all, allowed[0] != 0 ? x : 1, allowed[1] != 0 ? y : 1, 0U, 0U};
    if (mesh[i].x > 1) mesh[i].along_x = allowed[0];
    if (mesh[i].y > 1) mesh[i].along_y = allowed[1];
    fans[i] = all * std::min(overlap, std::sqrt(all));
    for (std::size_t t = 0; t < moving_.size(); ++t) {
      serves[i][t] = children(x, y, allowed[0] & ~moving_[t], allowed[1] & ~moving_[t]);
      if (windowed_[t]) serves[i][t] = std::min(fans[i], serves[i][t] * overlap);
    }
  }
  return found;
}

}  // namespace dovetail
