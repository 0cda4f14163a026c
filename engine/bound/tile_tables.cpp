// What every tile of a layer moves (see the header).
#include <dovetail/engine/bound/tile_tables.hpp>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include <dovetail/engine/bound/unavoidable_cost.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail {
namespace {

constexpr std::size_t tile_limit = 100'000, memo_limit = 4096;

}  // namespace

LayerTiles::LayerTiles(const Layer& layer) {
  tensors = layer.tensors.size();
  operations = static_cast<double>(macs(layer));
  merged_ = merge_dimensions(layer, {});
  std::vector<std::int64_t> extents;
  for (const Dimension& dimension : merged_->layer.dimensions) extents.push_back(dimension.extent);
  try {
    lattice_.emplace(extents, tile_limit);
  } catch (const std::length_error&) {
    return;
  }
  std::vector<TensorReuse> reuse;
  unsigned seen = 0;
  usable = true;
  for (std::size_t t = 0; t < tensors; ++t) {
    reuse.emplace_back(merged_->layer, merged_->layer.tensors[t]);
    if (reuse[t].written()) written = t;
    unsigned still = 0;
    for (std::size_t d = 0; d < extents.size(); ++d) {
      if (extents[d] > 1 && (reuse[t].relevant() >> d & 1U) == 0) still |= 1U << d;
    }
    usable = usable && (seen & still) == 0 && reuse[t].separable();
    seen |= still;
  }
  if (!usable) return;
  const TileExtents& whole = lattice_->extents(lattice_->whole());
  words.resize(lattice_->size());
  fresh.resize(lattice_->size());
  for (std::size_t t = 0; t < tensors; ++t) {
    used[t] = used_elements(merged_->layer, merged_->layer.tensors[t]);
    windowed[t] = reuse[t].windowed() != 0;
    moving[t] = reuse[t].relevant();
    std::vector<double> share(lattice_->size());
    for (std::size_t id = 0; id < lattice_->size(); ++id) {
      const TileExtents& tile = lattice_->extents(static_cast<TileLattice::Id>(id));
      words[id][t] = reuse[t].volume(tile);
      share[id] =
          words[id][t] / lattice_->volume(static_cast<TileLattice::Id>(id)) * reuse[t].window_share(tile, whole);
    }
    falling(share);
    for (std::size_t id = 0; id < lattice_->size(); ++id) fresh[id][t] = share[id];
  }
  loops_around(reuse);
  whole_written = words[lattice_->whole()][written];
  for (std::size_t d = 0; d < extents.size(); ++d) {
    if ((reuse[written].relevant() >> d & 1U) == 0) written_reuse *= static_cast<double>(extents[d]);
  }
}

// The least over all divisors of a tile: falls as tiles grow, so that only the largest ones matter.
void LayerTiles::falling(std::vector<double>& share) const {
  for (const TileLattice::Component& component : lattice_->components()) {
    const std::size_t radix = static_cast<std::size_t>(component.exponent) + 1;
    for (std::size_t id = component.stride; id < share.size(); ++id) {
      if (id / component.stride % radix != 0) share[id] = std::min(share[id], share[id - component.stride]);
    }
  }
}

// The outermost level's loops around a tile: the innermost loop that moves a window decides what it keeps, and a second
// loop of the same axis may keep some more; all further loops reload. Loops that leave s where it is come first.
void LayerTiles::loops_around(const std::vector<TensorReuse>& reuse) {
  const TileExtents& whole = lattice_->extents(lattice_->whole());
  const std::size_t dimensions = merged_->layer.dimensions.size();
  if (std::none_of(windowed.begin(), windowed.end(), [](bool any) { return any; })) return;
  around.assign(tensors + 1, fresh);
  for (std::size_t t = 0; t < tensors; ++t) {
    if (!windowed[t]) continue;
    std::array<unsigned, max_dimensions> partners{};
    bool pairs = true;
    for (const Axis& axis : merged_->layer.tensors[t].axes) {
      pairs = pairs && axis.size() <= 2;
      for (const AxisTerm& a : axis) {
        for (const AxisTerm& b : axis) {
          if (a.dimension != b.dimension)
            partners[static_cast<std::size_t>(a.dimension)] |= 1U << static_cast<unsigned>(b.dimension);
        }
      }
    }
    if (!pairs) continue;
    std::vector<std::vector<double>> share(tensors + 1, std::vector<double>(lattice_->size()));
    for (std::size_t id = 0; id < lattice_->size(); ++id) {
      const TileExtents& tile = lattice_->extents(static_cast<TileLattice::Id>(id));
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
          if ((active >> d & 1U) != 0 && static_cast<int>(d) != first && static_cast<int>(d) != second) push(d);
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
        if (s < tensors && s != t && (active & ~reuse[s].relevant()) != 0) first = active & ~reuse[s].relevant();
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
      for (std::size_t id = 0; id < lattice_->size(); ++id)
        around[s][id][t] = std::max(fresh[id][t] * (s == t ? 0.0 : 1.0), share[s][id]);
    }
  }
}

unsigned LayerTiles::restricted(unsigned dimensions) const {
  unsigned found = 0;
  bool all = true;
  for (std::size_t d = 0; d < merged_->members.size(); ++d) {
    bool any = false;
    for (const int member : merged_->members[d]) any = any || (dimensions >> member & 1U) != 0;
    if (any) found |= 1U << d;
    all = all && (any || merged_->layer.dimensions[d].extent == 1);
  }
  return all ? 0U : found;
}

std::int64_t LayerTiles::product(TileLattice::Id tile, unsigned dimensions) const {
  const TileExtents& extents = lattice_->extents(tile);
  std::int64_t product = 1;
  for (; dimensions != 0; dimensions &= dimensions - 1)
    product *= extents[static_cast<std::size_t>(std::countr_zero(dimensions))];
  return product;
}

LayerTiles::Tiles LayerTiles::largest(const Limits& limits, std::size_t around_of, const Spread& spread) const {
  Question question{limits, around_of, spread};
  {
    const std::scoped_lock lock(mutex_);
    if (const auto known = memo_.find(question); known != memo_.end()) return known->second;
  }
  Tiles found = largest_of(within(limits), around_of, spread);
  const std::scoped_lock lock(mutex_);
  if (memo_.size() >= memo_limit) memo_.clear();
  return memo_.emplace(std::move(question), std::move(found)).first->second;
}

std::vector<char> LayerTiles::within(const Limits& limits) const {
  std::vector<char> fits(lattice_->size(), 1);
  for (const Limit& limit : limits) {
    if (limit.tensors == 0) continue;
    std::array<double, max_tensors> counts{};
    for (unsigned t = 0; t < tensors; ++t) counts[t] = (limit.tensors >> t & 1U) != 0 ? 1.0 : 0.0;
    const double all = limit.words * static_cast<double>(limit.x * limit.y);
    for (std::size_t id = 0; id < fits.size(); ++id) {
      double sum = 0.0;
      for (std::size_t t = 0; t < max_tensors; ++t) sum += counts[t] * words[id][t];
      fits[id] = static_cast<char>(fits[id] & static_cast<char>(sum <= all));
    }
    if (limit.along_x == 0 && limit.along_y == 0) continue;
    for (std::size_t n = 0; n < fits.size(); ++n) {
      if (fits[n] == 0) continue;
      const auto id = static_cast<TileLattice::Id>(n);
      const std::int64_t x = limit.along_x != 0 ? std::min(limit.x, product(id, limit.along_x)) : limit.x;
      const std::int64_t y = limit.along_y != 0 ? std::min(limit.y, product(id, limit.along_y)) : limit.y;
      double sum = 0.0;
      for (std::size_t t = 0; t < max_tensors; ++t) sum += counts[t] * words[n][t];
      if (sum > limit.words * static_cast<double>(x * y)) fits[n] = 0;
    }
  }
  return fits;
}

LayerTiles::Tiles LayerTiles::largest_of(const std::vector<char>& fits, std::size_t around_of,
                                         const Spread& spread) const {
  const auto covers = [&](TileLattice::Id a, std::size_t b) {
    for (std::size_t t = 0; t < tensors; ++t) {
      if (fresh[a][t] > fresh[b][t]) return false;
      if (around_of < around.size() && around[around_of][a][t] > around[around_of][b][t]) return false;
    }
    for (const unsigned dimensions : spread) {
      if (dimensions != 0 && product(a, dimensions) % product(static_cast<TileLattice::Id>(b), dimensions) != 0)
        return false;
    }
    return true;
  };
  std::vector<char> last = fits;  // no multiple fits
  for (const TileLattice::Component& component : lattice_->components()) {
    const auto stride = static_cast<std::size_t>(component.stride);
    const std::size_t block = stride * (static_cast<std::size_t>(component.exponent) + 1);
    for (std::size_t first = 0; first < last.size(); first += block) {
      for (std::size_t id = first; id + stride < first + block; ++id)
        last[id] = static_cast<char>(last[id] & static_cast<char>(fits[id + stride] == 0));
    }
  }
  auto found = std::make_shared<std::vector<TileLattice::Id>>();
  for (std::size_t id = 0; id < lattice_->size(); ++id) {
    if (last[id] == 0) continue;
    if (std::any_of(found->begin(), found->end(), [&](TileLattice::Id other) { return covers(other, id); })) continue;
    std::erase_if(*found, [&](TileLattice::Id other) { return covers(static_cast<TileLattice::Id>(id), other); });
    found->push_back(static_cast<TileLattice::Id>(id));
  }
  return found;
}

}  // namespace dovetail
