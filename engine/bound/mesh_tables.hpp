// How much of a mesh whole factors of a layer can occupy, and how many children one word can serve.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/spaces/mapping/mapping_rules.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

using TensorValues = std::array<double, max_tensors>;

/// Of each level: the share of accesses that its clusters pay, children that whole factors can occupy (times the
/// overlap of windows), and how many of them one word of a tensor can serve.
struct Sharing {
  /// A fan-out: children that whole factors can occupy, and the dimensions that may spread along an axis of more than
  /// one child where the rules restrict them (`bound`: somewhere).
  struct Fan {
    double children = 1.0;
    std::int64_t x = 1, y = 1;
    unsigned along_x = 0, along_y = 0;
    bool bound() const { return along_x != 0 || along_y != 0; }
  };
  std::array<Fan, max_levels> mesh{};
  std::array<double, max_levels> clusters{}, fans{};
  std::array<TensorValues, max_levels> serves{};
};

/// For LayerBound; remembers what it was asked. Safe to use concurrently.
class LayerMesh {
 public:
  explicit LayerMesh(const Layer& layer);
  /// The most children on a mesh of x by y when these dimensions may be spread along X and those along Y: a product of
  /// factors at most x times one at most y, which together divide the product of all.
  double children(std::int64_t x, std::int64_t y, unsigned along_x, unsigned along_y) const;
  Sharing sharing(const Architecture& machine, const MappingRules& rules) const;

 private:
  const std::vector<std::int64_t>& factors(unsigned dimensions) const;

  std::vector<std::int64_t> extents_;
  std::vector<unsigned> moving_;                       // per tensor: dimensions that move it
  std::vector<bool> windowed_;                         // per tensor: some axis has two dimensions that move
  std::vector<std::pair<unsigned, double>> overlaps_;  // dimensions of a shared axis, most sharing of it
  mutable std::mutex mutex_;
  mutable std::map<std::tuple<std::int64_t, std::int64_t, unsigned, unsigned>, double> children_;
  mutable std::map<unsigned, std::vector<std::int64_t>> products_;
};

}  // namespace dovetail
