// Every distinct layer once (see the header).
#include <dovetail/engine/codesign/candidate/layer_pool.hpp>

#include <dovetail/workloads/network.hpp>

namespace dovetail {

const PoolLayer& LayerPool::add(const Layer& layer) {
  std::string key = shape_key(layer);
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = positions_.emplace(key, layers_.size());
  if (is_new) layers_.push_back({layer, std::move(key), std::make_shared<const LayerBound>(layer)});
  return layers_[found->second];
}

std::size_t LayerPool::size() const {
  const std::lock_guard lock(mutex_);
  return layers_.size();
}

}  // namespace dovetail
