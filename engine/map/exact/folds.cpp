// Meshes filled by folding dimensions over them (see the header).
#include <dovetail/engine/map/exact/folds.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/engine/map/keep_sets.hpp>

namespace dovetail {
namespace {

constexpr std::size_t beam = 48;      // folds that are kept from one axis of a mesh to the next
constexpr double few_more = 1.25;     // steps, of the least: folds that are still of interest
constexpr double little_more = 1.06;  // of an extent: what an awkward number may be rounded up by

struct Fold {
  std::vector<std::int64_t> spatial;  // children of each dimension, over all meshes
  double steps = 0.0;
  bool operator<(const Fold& other) const {
    return steps != other.steps ? steps < other.steps : spatial < other.spatial;
  }
};

struct MeshAxis {
  std::size_t level = 0;
  Slot slot = Slot::spatial_x;
  std::int64_t fan = 1;
};

std::int64_t ceiling(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

class Folding {
 public:
  explicit Folding(const MapRequest& request) : request_(request) {
    for (std::size_t i = 0; i < request.architecture.levels.size(); ++i) {
      const int at = static_cast<int>(i);
      if (fanout_x(request.architecture, at) > 1)
        axes_.push_back({i, Slot::spatial_x, fanout_x(request.architecture, at)});
      if (fanout_y(request.architecture, at) > 1)
        axes_.push_back({i, Slot::spatial_y, fanout_y(request.architecture, at)});
    }
  }

  std::vector<Fold> run() {
    std::set<Fold> now{with_steps(std::vector<std::int64_t>(request_.layer.dimensions.size(), 1))};
    for (const MeshAxis& axis : axes_) {
      std::set<Fold> next = now;
      for (const Fold& fold : now) spread(fold, axis, next);
      while (next.size() > beam) next.erase(std::prev(next.end()));
      now = std::move(next);
    }
    return {now.begin(), now.end()};
  }

 private:
  std::int64_t extent(std::size_t d) const { return request_.layer.dimensions[d].extent; }
  std::int64_t rounds(const Fold& fold, std::size_t d) const { return ceiling(extent(d), fold.spatial[d]); }

  Fold with_steps(std::vector<std::int64_t> spatial) const {
    Fold fold{std::move(spatial), 1.0};
    for (std::size_t d = 0; d < fold.spatial.size(); ++d) fold.steps *= static_cast<double>(rounds(fold, d));
    return fold;
  }

  // Children of a dimension on an axis: the least for each number of rounds that is left.
  std::vector<std::int64_t> factors(const Fold& fold, std::size_t d, const MeshAxis& axis, std::int64_t room) const {
    const std::int64_t most =
        level_rules(request_.rules, axis.level).max_factor[static_cast<std::size_t>(axis.slot)][d];
    const std::int64_t all = rounds(fold, d);
    room = std::min({room, all, most == 0 ? room : most});
    std::vector<std::int64_t> found{1};
    for (std::int64_t f = 2; f <= room; ++f) {
      if (ceiling(all, f) < ceiling(all, found.back())) found.push_back(f);
    }
    return found;
  }

  void spread(const Fold& fold, const MeshAxis& axis, std::set<Fold>& next) const {
    const std::size_t dimensions = fold.spatial.size();
    for (std::size_t d = 0; d < dimensions; ++d) {
      for (const std::int64_t f : factors(fold, d, axis, axis.fan)) {
        if (f == 1) continue;
        Fold one = fold;
        one.spatial[d] *= f;
        next.insert(with_steps(one.spatial));
        for (std::size_t e = d + 1; e < dimensions; ++e) {
          const std::int64_t g = factors(fold, e, axis, axis.fan / f).back();
          if (g == 1) continue;
          Fold two = one;
          two.spatial[e] *= g;
          next.insert(with_steps(two.spatial));
        }
        while (next.size() > 2 * beam) next.erase(std::prev(next.end()));
      }
    }
  }

  const MapRequest& request_;
  std::vector<MeshAxis> axes_;
};

std::int64_t largest_prime(std::int64_t n) {
  std::int64_t largest = 1;
  for (std::int64_t prime = 2; n > 1; ++prime) {
    if (prime * prime > n) prime = n;
    for (; n % prime == 0; n /= prime) largest = prime;
  }
  return largest;
}

// The next multiple of `children` whose rounds have small primes only, if it is near.
std::int64_t smooth(std::int64_t extent, std::int64_t children) {
  std::int64_t rounds = extent / children;
  const auto most = static_cast<std::int64_t>(little_more * static_cast<double>(rounds)) + 1;
  for (std::int64_t more = rounds; more <= most; ++more) {
    if (largest_prime(more) <= 5) return more * children;
  }
  return extent;
}

}  // namespace

std::vector<PaddedExtents> padded_extents(const MapRequest& request, std::size_t count) {
  PaddedExtents own;
  for (const Dimension& dimension : request.layer.dimensions) own.push_back(dimension.extent);
  std::vector<Fold> folds = Folding(request).run();
  const double least = folds.front().steps;
  std::erase_if(folds, [&](const Fold& fold) { return fold.steps > few_more * least; });
  folds.insert(folds.begin(), Fold{std::vector<std::int64_t>(own.size(), 1), 0.0});
  std::vector<PaddedExtents> found;
  std::set<PaddedExtents> seen;
  for (const Fold& fold : folds) {
    PaddedExtents whole, smoothed;
    for (std::size_t d = 0; d < own.size(); ++d) {
      whole.push_back(fold.spatial[d] * ceiling(own[d], fold.spatial[d]));
      smoothed.push_back(smooth(whole.back(), fold.spatial[d]));
    }
    for (const PaddedExtents& extents : {whole, smoothed}) {
      if (found.size() < count && seen.insert(extents).second) found.push_back(extents);
    }
  }
  return found;
}

MapRequest padded_request(const MapRequest& request, const PaddedExtents& extents) {
  MapRequest padded = request;
  padded.factors = Factors::perfect;
  for (std::size_t d = 0; d < extents.size(); ++d) padded.layer.dimensions[d].extent = extents[d];
  return padded;
}

}  // namespace dovetail
