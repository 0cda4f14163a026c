// The closed form of the reuse walk (see the header), after the loop model's rules 1-5.
#include <dovetail/spaces/mapping/tensor_reuse.hpp>

#include <algorithm>
#include <numeric>
#include <set>

namespace dovetail {

TensorReuse::TensorReuse(const Layer& layer, const Tensor& tensor) : written_(tensor.written) {
  unsigned seen = 0;
  for (const Axis& axis : tensor.axes) {
    Axis kept;
    for (const AxisTerm& term : axis) {
      if (layer.dimensions[static_cast<std::size_t>(term.dimension)].extent == 1) continue;
      kept.push_back(term);
      if ((seen >> term.dimension & 1U) != 0) separable_ = false;
      seen |= 1U << term.dimension;
      if (term.coefficient != 1) plain_ = false;
      vector_[static_cast<std::size_t>(term.dimension)][axes_.size()] += term.coefficient;
    }
    if (kept.size() > 1) {
      plain_ = false;
      for (const AxisTerm& term : kept) windowed_ |= 1U << term.dimension;
    }
    if (!kept.empty()) axes_.push_back(kept);
  }
  if (!separable_) plain_ = false;
  relevant_ = seen;
}

double TensorReuse::volume(const TileExtents& tile) const {
  double words = 1.0;
  for (const Axis& axis : axes_) {
    std::int64_t length = 1;
    for (const AxisTerm& term : axis) length += term.coefficient * (tile[static_cast<std::size_t>(term.dimension)] - 1);
    words *= static_cast<double>(length);
  }
  return words;
}

double TensorReuse::fresh(const TileExtents& tile, int dimension, std::int64_t step) const {
  double words = 1.0, shared = 1.0;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    std::int64_t length = 1;
    for (const AxisTerm& term : axes_[a])
      length += term.coefficient * (tile[static_cast<std::size_t>(term.dimension)] - 1);
    words *= static_cast<double>(length);
    const std::int64_t jump = vector_[static_cast<std::size_t>(dimension)][a] * step;
    shared *= static_cast<double>(std::max<std::int64_t>(0, length - jump));
  }
  return words - shared;
}

Reuse TensorReuse::walk(const TileExtents& tile, const ReuseLoop* loops, int count) const {
  Reuse reuse;
  reuse.volume = volume(tile);
  double outer = 1.0;
  for (int j = 0; j < count; ++j) outer *= static_cast<double>(loops[j].factor);
  if (product()) {
    for (int j = 0; j < count; ++j) {
      if ((relevant_ >> loops[j].dimension & 1U) != 0) {
        reuse.inside = reuse.volume * (outer - 1.0);
        reuse.open = false;
        return reuse;
      }
      outer /= static_cast<double>(loops[j].factor);
    }
    return reuse;
  }
  const std::size_t axes = axes_.size();
  std::array<std::int64_t, max_axes> sum{}, remembered{};
  bool moved = false;
  double fresh_words = 0.0;
  unsigned touched = 0;
  bool plain_axis = false;
  for (int j = 0; j < count; ++j) {
    const auto& direction = vector_[static_cast<std::size_t>(loops[j].dimension)];
    bool zero = true, same = moved;
    std::array<std::int64_t, max_axes> jump;
    for (std::size_t a = 0; a < axes; ++a) {
      const std::int64_t move = direction[a] * loops[j].step;
      jump[a] = move - sum[a];
      sum[a] += move;
      zero = zero && jump[a] == 0;
      same = same && jump[a] == remembered[a];
      if (move != 0) {
        touched |= 1U << a;
        plain_axis = plain_axis || axes_[a].size() == 1;
      }
    }
    const double next = outer / static_cast<double>(loops[j].factor);
    if (!zero) {
      if (!moved) {
        moved = same = true;
        remembered = jump;
        double shared = 1.0;
        for (std::size_t a = 0; a < axes; ++a) {
          std::int64_t length = 1;
          for (const AxisTerm& term : axes_[a]) {
            length += term.coefficient * (tile[static_cast<std::size_t>(term.dimension)] - 1);
          }
          shared *= static_cast<double>(std::max<std::int64_t>(0, length - std::abs(jump[a])));
        }
        fresh_words = reuse.volume - shared;
      }
      reuse.inside += (outer - next) * (same ? fresh_words : reuse.volume);
    }
    outer = next;
  }
  reuse.open = !(separable_ && (plain_axis || (touched & (touched - 1)) != 0));
  return reuse;
}

double TensorReuse::groups(const TileExtents& tile, const TileExtents& spatial) const {
  double total = 1.0;
  bool simple = separable_;
  for (const Axis& axis : axes_) {
    int active = 0;
    std::int64_t m = 1, n = 1, a = 1, b = 1;
    for (const AxisTerm& term : axis) {
      const auto d = static_cast<std::size_t>(term.dimension);
      if (spatial[d] == 1) continue;
      ++active;
      if (active == 1) {
        m = spatial[d];
        a = term.coefficient * tile[d];
      } else {
        n = spatial[d];
        b = term.coefficient * tile[d];
      }
    }
    if (active > 2) simple = false;
    if (active == 2) {
      const std::int64_t g = std::gcd(a, b);
      a /= g;
      b /= g;
      total *= static_cast<double>(m * n - std::max<std::int64_t>(0, m - b) * std::max<std::int64_t>(0, n - a));
    } else {
      total *= static_cast<double>(m);
    }
  }
  if (simple) return total;
  // A dimension on two axes, or three dimensions on one: count.
  std::set<std::array<std::int64_t, max_axes>> offsets;
  TileExtents index{};
  std::array<std::int64_t, max_axes> at{};
  for (;;) {
    offset(tile, index, at);
    offsets.insert(at);
    std::size_t d = 0;
    for (; d < max_dimensions; ++d) {
      if ((relevant_ >> d & 1U) == 0 || spatial[d] == 1) continue;
      if (++index[d] < spatial[d]) break;
      index[d] = 0;
    }
    if (d == max_dimensions) break;
  }
  return static_cast<double>(offsets.size());
}

double TensorReuse::least_groups(const TileExtents& spatial) const {
  if (!separable_) return 1.0;
  double total = 1.0;
  for (const Axis& axis : axes_) {
    std::int64_t apart = 1;  // steps along one axis coincide at best: distinct sums of indices
    for (const AxisTerm& term : axis) apart += spatial[static_cast<std::size_t>(term.dimension)] - 1;
    total *= static_cast<double>(apart);
  }
  return total;
}

void TensorReuse::offset(const TileExtents& tile, const TileExtents& index,
                         std::array<std::int64_t, max_axes>& out) const {
  out.fill(0);
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    for (const AxisTerm& term : axes_[a]) {
      const auto d = static_cast<std::size_t>(term.dimension);
      out[a] += term.coefficient * tile[d] * index[d];
    }
  }
}

double TensorReuse::touched(const TileExtents& tile) const {
  double words = 1.0;
  for (const Axis& axis : axes_) {
    std::int32_t most = 1;
    for (const AxisTerm& term : axis) most = std::max(most, tile[static_cast<std::size_t>(term.dimension)]);
    words *= most;
  }
  return separable_ ? words : 1.0;
}

double TensorReuse::window_share(const TileExtents& tile, const TileExtents& whole) const {
  if (windowed_ == 0) return separable_ ? 1.0 : 0.0;
  if (!separable_) return 0.0;
  const double full = volume(tile);
  double least = 1.0;
  for (const Axis& axis : axes_) {
    if (axis.size() < 2) continue;
    double growth = 1.0;
    int movable = 0;
    for (const AxisTerm& term : axis) {
      const auto d = static_cast<std::size_t>(term.dimension);
      growth *= static_cast<double>(whole[d]) / static_cast<double>(tile[d]);
      movable += whole[d] > tile[d] ? 1 : 0;
    }
    for (const AxisTerm& term : axis) {
      const auto d = static_cast<std::size_t>(term.dimension);
      const double trips = static_cast<double>(whole[d]) / static_cast<double>(tile[d]);
      if (trips < 2.0) continue;
      // The least step of this dimension is the tile itself.
      const double part = fresh(tile, term.dimension, tile[d]) / full;
      // One movable dimension: V + (trips - 1) D. Two: the outer one may wrap for free, which leaves half of it.
      const double share =
          movable > 1 ? std::min(1.0, 0.5 * part + 1.0 / growth) : std::min(1.0, (1.0 + (trips - 1.0) * part) / trips);
      least = std::min(least, share);
    }
  }
  return least;
}

double TensorReuse::volume(const MeanExtents& tile) const {
  double words = 1.0;
  for (const Axis& axis : axes_) {
    double length = 1.0;
    for (const AxisTerm& term : axis)
      length += static_cast<double>(term.coefficient) * (tile[static_cast<std::size_t>(term.dimension)] - 1.0);
    words *= length;
  }
  return words;
}

double TensorReuse::window_share(const MeanExtents& tile, const TileExtents& whole) const {
  if (windowed_ == 0) return separable_ ? 1.0 : 0.0;
  if (!separable_) return 0.0;
  double least = 1.0;
  for (const Axis& axis : axes_) {
    if (axis.size() < 2) continue;
    double growth = 1.0, length = 1.0;
    int movable = 0;
    for (const AxisTerm& term : axis) {
      const auto d = static_cast<std::size_t>(term.dimension);
      growth *= static_cast<double>(whole[d]) / tile[d];
      movable += whole[d] > tile[d] ? 1 : 0;
      length += static_cast<double>(term.coefficient) * (tile[d] - 1.0);
    }
    for (const AxisTerm& term : axis) {
      const auto d = static_cast<std::size_t>(term.dimension);
      const double trips = static_cast<double>(whole[d]) / tile[d];
      if (!(trips > 1.0)) continue;
      // A dimension lies on one axis, so that the other axes cancel.
      const double part = std::min(1.0, static_cast<double>(std::abs(term.coefficient)) * tile[d] / length);
      least = std::min(least, movable > 1 ? std::min(1.0, 0.5 * part + 1.0 / growth)
                                          : std::min(1.0, (1.0 + (trips - 1.0) * part) / trips));
    }
  }
  return least;
}

}  // namespace dovetail
