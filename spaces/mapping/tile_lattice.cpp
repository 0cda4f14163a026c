// The lattice of tiles of a loop nest: construction, lookup and the minimum over multiples.
#include <dovetail/spaces/mapping/tile_lattice.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace dovetail {
namespace {

constexpr int bits_per_component = 6;  // exponents to 31 and a guard bit
constexpr std::size_t max_components = 21;

}  // namespace

TileLattice::TileLattice(std::vector<std::int64_t> extents, std::size_t limit) : extents_(std::move(extents)) {
  for (std::size_t d = 0; d < extents_.size(); ++d) {
    std::int64_t rest = extents_[d];
    if (rest > std::numeric_limits<std::int32_t>::max()) throw std::length_error("an extent exceeds 2^31 - 1");
    for (std::int64_t prime = 2; rest > 1; ++prime) {
      if (prime * prime > rest) prime = rest;
      int exponent = 0;
      for (; rest % prime == 0; rest /= prime) ++exponent;
      if (exponent == 0) continue;
      components_.push_back({static_cast<int>(d), prime, exponent, size_});
      size_ *= static_cast<std::size_t>(exponent) + 1;
      if (size_ > limit) throw std::length_error("too many tiles");
    }
  }
  if (components_.size() > max_components) throw std::length_error("too many prime factors");
  keys_.resize(size_);
  tiles_.resize(size_);
  volumes_.resize(size_);
  for (std::size_t c = 0; c < components_.size(); ++c) {
    guard_ |= Key{1} << (bits_per_component * static_cast<int>(c) + bits_per_component - 1);
  }
  std::array<std::int32_t, max_dimensions> unit;
  unit.fill(1);
  tiles_[0] = unit;
  volumes_[0] = 1.0;
  for (std::size_t c = 0; c < components_.size(); ++c) {
    const Component& component = components_[c];
    const auto dimension = static_cast<std::size_t>(component.dimension);
    const Key one = Key{1} << (bits_per_component * static_cast<int>(c));
    const std::size_t stop = component.stride * (static_cast<std::size_t>(component.exponent) + 1);
    for (std::size_t id = component.stride; id < stop; ++id) {
      const std::size_t from = id - component.stride;
      keys_[id] = keys_[from] + one;
      tiles_[id] = tiles_[from];
      tiles_[id][dimension] = static_cast<std::int32_t>(tiles_[id][dimension] * component.prime);
      volumes_[id] = volumes_[from] * static_cast<double>(component.prime);
    }
  }
}

TileLattice::Id TileLattice::find(std::span<const std::int64_t> extents) const {
  std::size_t id = 0;
  for (const Component& component : components_) {
    std::int64_t rest = extents[static_cast<std::size_t>(component.dimension)];
    for (; rest % component.prime == 0; rest /= component.prime) id += component.stride;
  }
  return static_cast<Id>(id);
}

void TileLattice::divisors(std::span<const Key> inner, Key outer, std::vector<std::uint32_t>& positions) const {
  positions.resize(inner.size());
  const Key guard = guard_, raised = outer | guard;
  std::uint32_t* out = positions.data();
  std::size_t found = 0;
  for (std::size_t n = 0; n < inner.size(); ++n) {
    out[found] = static_cast<std::uint32_t>(n);
    found += ((raised - inner[n]) & guard) == guard ? 1 : 0;  // without a branch: few divide
  }
  positions.resize(found);
}

void TileLattice::minimum_over_multiples(std::span<double> values, unsigned dimension_mask) const {
  for (const Component& component : components_) {
    if ((dimension_mask >> component.dimension & 1U) == 0) continue;
    const std::size_t stride = component.stride;
    const std::size_t block = stride * (static_cast<std::size_t>(component.exponent) + 1);
    for (std::size_t base = 0; base < size_; base += block) {
      for (std::size_t row = block - stride; row > 0; row -= stride) {
        double* inner = values.data() + base + row - stride;
        const double* outer = values.data() + base + row;
        for (std::size_t i = 0; i < stride; ++i) inner[i] = std::min(inner[i], outer[i]);
      }
    }
  }
}

void TileLattice::minimum_over_multiples_within(std::span<double> values, std::int64_t product) const {
  if (rounds()) {
    minimum_over_rounds_within(values, product);
    return;
  }
  int bits = 0;
  while ((std::int64_t{2} << bits) <= product) ++bits;
  // layers[b]: minimum over multiples that use at most b bits.
  std::vector<std::vector<double>> layers{std::vector<double>(values.begin(), values.end())};
  for (int b = 1; b <= bits; ++b) {
    std::vector<double> layer = layers.back();
    for (const Component& component : components_) {
      int cost = 0;
      while ((std::int64_t{2} << cost) <= component.prime) ++cost;
      if (cost > b) continue;
      const std::vector<double>& from = layers[static_cast<std::size_t>(b - cost)];
      const std::size_t stride = component.stride;
      const std::size_t block = stride * (static_cast<std::size_t>(component.exponent) + 1);
      for (std::size_t base = 0; base < size_; base += block) {
        for (std::size_t i = base; i < base + block - stride; ++i) layer[i] = std::min(layer[i], from[i + stride]);
      }
    }
    layers.push_back(std::move(layer));
  }
  std::copy(layers.back().begin(), layers.back().end(), values.begin());
}

}  // namespace dovetail
