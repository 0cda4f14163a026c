// A part of a space under proof: a class of machines, a range of its capacities, and what each layer would choose
// there.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <dovetail/engine/codesign/proof/class_costs.hpp>

namespace dovetail {

/// What is known of a use within a part.
struct Wish {
  double value = 0.0;                       ///< no machine of the part has less energy + price x cycles
  double expected = 0.0;                    ///< what may be the least of it; 0: nobody knows
  bool settled = false;                     ///< the value is the mapping's
  bool stuck = false;                       ///< its search gave up
  std::optional<TollSearch::Answer> found;  ///< a mapping at the prices of the part
  std::array<double, max_levels> wants{};   ///< with a mapping: of each capacity's parameter

  double guess(double price) const { return found ? found->cost(price) : expected; }
};

struct SpacePart {
  std::shared_ptr<ClassCosts> costs;
  Box box;
  std::vector<Wish> wishes;  ///< per use
  double bound = 0.0;
  std::int64_t order = 0;
  bool asked = false;  ///< about the machine that its layers agree on

  bool is_point() const { return box.low == box.high; }
  std::vector<double> sums(const UsedLayers& uses, std::size_t networks) const {
    std::vector<double> sums(networks, 0.0);
    for (std::size_t u = 0; u < uses.all.size(); ++u) sums[uses.all[u].network] += uses.all[u].count * wishes[u].value;
    return sums;
  }
  /// What glances at the class say of layers.
  void glance() {
    for (std::size_t u = 0; u < wishes.size(); ++u) wishes[u].value = std::max(wishes[u].value, costs->glance(u));
  }
};

/// The first that should be looked at: of the least bound.
struct LaterPart {
  bool operator()(const SpacePart& a, const SpacePart& b) const {
    return std::pair(a.bound, a.order) > std::pair(b.bound, b.order);
  }
};

/// How much was done.
struct ProofWork {
  std::int64_t searches = 0, labels = 0;
};

}  // namespace dovetail
