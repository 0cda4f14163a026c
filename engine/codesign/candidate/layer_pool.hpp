// Every distinct layer of all candidates of a study, once, with the tables of its bound.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <dovetail/engine/bound/layer_bound.hpp>
#include <dovetail/workloads/layer.hpp>

namespace dovetail {

struct PoolLayer {
  Layer layer;
  std::string key;  ///< of its shape
  std::shared_ptr<const LayerBound> bound;
};

/// Layers of equal shape are one. References stay valid as long as the pool. Safe to use from several threads.
class LayerPool {
 public:
  /// The layer of this shape, tabled when it is new.
  const PoolLayer& add(const Layer& layer);
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::deque<PoolLayer> layers_;
  std::unordered_map<std::string, std::size_t> positions_;
};

}  // namespace dovetail
