// Tiles whose factors need not divide, by the rounds that are left around them (tile_lattice.hpp).
#include <algorithm>
#include <limits>
#include <stdexcept>

#include <dovetail/spaces/mapping/tile_lattice.hpp>

namespace dovetail {
namespace {

constexpr std::size_t most_places = 32;  // of a dimension: five bits

struct Rounds {
  std::int64_t least = 1, most = 1;
};

std::int64_t ceiling(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

// All values of ceil(extent / tile), from the unit tile to the whole.
std::vector<Rounds> all_rounds(std::int64_t extent) {
  std::vector<Rounds> found;
  for (std::int64_t rounds = extent; rounds >= 1;) {
    found.push_back({rounds, rounds});
    if (rounds == 1) break;
    // The least tile with fewer rounds.
    const std::int64_t tile = ceiling(extent, rounds - 1);
    rounds = ceiling(extent, tile);
  }
  return found;
}

// At most `count` places: neighbours whose rounds differ by less than some ratio become one; both ends stay.
std::vector<Rounds> thinned(const std::vector<Rounds>& all, std::size_t count) {
  count = std::max<std::size_t>(count, 3);
  if (all.size() <= count) return all;
  for (double ratio = 1.05;; ratio *= 1.1) {
    std::vector<Rounds> kept{all.front()};
    for (std::size_t n = 1; n + 1 < all.size(); ++n) {
      const bool joins =
          kept.size() > 1 && static_cast<double>(kept.back().most) <= ratio * static_cast<double>(all[n].least);
      if (joins)
        kept.back().least = all[n].least;
      else
        kept.push_back(all[n]);
    }
    kept.push_back(all.back());
    if (kept.size() <= count) return kept;
  }
}

}  // namespace

TileLattice TileLattice::of_rounds(std::vector<std::int64_t> extents, std::size_t limit) {
  TileLattice lattice;
  lattice.extents_ = std::move(extents);
  const std::size_t dimensions = lattice.extents_.size();
  std::vector<std::vector<Rounds>> all, places;
  std::vector<std::size_t> counts;
  for (const std::int64_t extent : lattice.extents_) {
    if (extent > (std::int64_t{1} << 24)) throw std::length_error("an extent exceeds 2^24");
    all.push_back(all_rounds(extent));
    places.push_back(thinned(all.back(), most_places));
    counts.push_back(places.back().size());
  }
  const auto product = [&] {
    double tiles = 1.0;
    for (const auto& own : places) tiles *= static_cast<double>(own.size());
    return tiles;
  };
  while (product() > static_cast<double>(limit)) {
    const auto widest = std::max_element(counts.begin(), counts.end());
    if (*widest <= 3) throw std::length_error("too many tiles");
    const auto d = static_cast<std::size_t>(widest - counts.begin());
    places[d] = thinned(all[d], --*widest);
  }
  std::size_t size = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::vector<std::int64_t> least, most;
    for (const Rounds& own : places[d]) {
      least.push_back(own.least);
      most.push_back(own.most);
    }
    lattice.least_rounds_.push_back(std::move(least));
    lattice.most_rounds_.push_back(std::move(most));
    lattice.steps_.push_back(size);
    if (places[d].size() > 1)
      lattice.components_.push_back({static_cast<int>(d), 2, static_cast<int>(places[d].size()) - 1, size});
    size *= places[d].size();
  }
  lattice.size_ = size;
  lattice.keys_.assign(size, 0);
  lattice.tiles_.resize(size);
  lattice.volumes_.assign(size, 1.0);
  for (std::size_t n = 0; n < size; ++n) {
    const auto id = static_cast<Id>(n);
    lattice.tiles_[n].fill(1);
    for (std::size_t d = 0; d < dimensions; ++d) {
      const std::size_t at = lattice.place(id, static_cast<int>(d));
      lattice.tiles_[n][d] = static_cast<std::int32_t>(ceiling(lattice.extents_[d], lattice.most_rounds_[d][at]));
      lattice.volumes_[n] *=
          static_cast<double>(lattice.extents_[d]) / static_cast<double>(lattice.least_rounds_[d][at]);
    }
  }
  return lattice;
}

std::size_t TileLattice::place(Id id, int dimension) const {
  const auto d = static_cast<std::size_t>(dimension);
  return id / steps_[d] % least_rounds_[d].size();
}

std::int64_t TileLattice::least_rounds(Id id, int dimension) const {
  return least_rounds_[static_cast<std::size_t>(dimension)][place(id, dimension)];
}

std::array<double, max_dimensions> TileLattice::mean_extents(Id id) const {
  std::array<double, max_dimensions> mean;
  mean.fill(1.0);
  for (std::size_t d = 0; d < extents_.size(); ++d)
    mean[d] = static_cast<double>(extents_[d]) / static_cast<double>(least_rounds(id, static_cast<int>(d)));
  return mean;
}

std::array<std::int32_t, max_dimensions> TileLattice::largest_extents(Id id) const {
  std::array<std::int32_t, max_dimensions> largest;
  largest.fill(1);
  for (std::size_t d = 0; d < extents_.size(); ++d)
    largest[d] = static_cast<std::int32_t>(ceiling(extents_[d], least_rounds(id, static_cast<int>(d))));
  return largest;
}

// Dimension by dimension: from place i to place k costs the bits of the least factor that a loop between them may have.
void TileLattice::minimum_over_rounds_within(std::span<double> values, std::int64_t product) const {
  const auto bits_of = [](std::int64_t factor) {
    int bits = 0;
    while ((std::int64_t{2} << bits) <= factor) ++bits;
    return bits;
  };
  const int bits = bits_of(product);
  std::vector<std::vector<double>> layers(static_cast<std::size_t>(bits) + 1,
                                          std::vector<double>(values.begin(), values.end()));
  for (std::size_t d = 0; d < extents_.size(); ++d) {
    const std::size_t places = least_rounds_[d].size(), step = steps_[d];
    if (places == 1) continue;
    std::vector<std::vector<double>> grown = layers;
    for (std::size_t i = 0; i < places; ++i) {
      for (std::size_t k = i + 1; k < places; ++k) {
        const int cost = bits_of(std::max<std::int64_t>(1, ceiling(least_rounds_[d][i], most_rounds_[d][k])));
        for (int b = cost; b <= bits; ++b) {
          const std::vector<double>& from = layers[static_cast<std::size_t>(b - cost)];
          std::vector<double>& to = grown[static_cast<std::size_t>(b)];
          for (std::size_t base = 0; base < size_; base += step * places) {
            for (std::size_t n = 0; n < step; ++n)
              to[base + i * step + n] = std::min(to[base + i * step + n], from[base + k * step + n]);
          }
        }
      }
    }
    layers = std::move(grown);
  }
  std::copy(layers.back().begin(), layers.back().end(), values.begin());
}

}  // namespace dovetail
