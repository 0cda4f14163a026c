// Which orders of a level's temporal loops can matter: one representative per effect, dominated effects left out.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <dovetail/spaces/mapping/once_table.hpp>
#include <dovetail/spaces/mapping/tensor_reuse.hpp>

namespace dovetail {

/// Loops innermost first; only dimensions that are looped over.
struct LoopOrder {
  int count = 0;
  std::array<std::uint8_t, max_dimensions> dimension{};
};

/// The orders of the active dimensions (trip count >= 2 at this level) that are worth trying when only the tensors of
/// `below` are stored further inside. Two orders have the same effect when every such tensor sees the same innermost
/// run: the set of irrelevant loops before the first relevant one, and for sliding windows the sequence on one axis. An
/// order is left out when another one gives every tensor at least the same reuse. `inner` lists loops that must be
/// innermost, in this order. Sorted: equal arguments give equal lists.
std::vector<LoopOrder> loop_orders(const std::vector<TensorReuse>& tensors, unsigned below, unsigned active,
                                   const std::vector<int>& inner);

/// Lists by (below, active) for one level's rules, made when first asked for. Safe to use concurrently.
class LoopOrders {
 public:
  LoopOrders(const std::vector<TensorReuse>& tensors, std::size_t dimensions, std::vector<int> inner)
      : tensors_(&tensors),
        dimensions_(dimensions),
        inner_(std::move(inner)),
        lists_(std::size_t{1} << (tensors.size() + dimensions)) {}
  const std::vector<LoopOrder>& get(unsigned below, unsigned active) const;

 private:
  const std::vector<TensorReuse>* tensors_;
  std::size_t dimensions_;
  std::vector<int> inner_;
  OnceTable<std::vector<LoopOrder>> lists_;
};

}  // namespace dovetail
