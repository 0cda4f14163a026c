// Canonical loop orders: a depth-first enumeration in normal form under partial commutation, then a dominance filter.
#include <dovetail/spaces/mapping/loop_orders.hpp>

#include <algorithm>

namespace dovetail {
namespace {

// What one tensor sees of an order: the irrelevant loops before the first relevant one, then, for sliding windows, the
// sequence until a second axis moves (relevant loops as dimension + 1, runs of irrelevant loops as negated masks).
struct Sight {
  unsigned run = 0;
  std::vector<int> sequence;
  bool instant = false;  // closed by its first relevant loop
  bool operator==(const Sight&) const = default;
  bool at_least(const Sight& other) const {
    if (*this == other) return true;
    return other.instant && (run & other.run) == other.run;
  }
};

struct Search {
  const std::vector<TensorReuse>& tensors;
  unsigned below, active;
  std::vector<int> inner;
  std::vector<std::pair<std::vector<Sight>, LoopOrder>> found;

  LoopOrder order;
  std::vector<Sight> sights;
  std::vector<char> closed;
  std::vector<unsigned> moved;  // relevant dimensions seen

  bool closes(const TensorReuse& tensor, unsigned before, int dimension) const {
    if (tensor.product()) return true;
    if (!tensor.separable()) return false;
    if ((tensor.windowed() >> dimension & 1U) == 0) return true;
    if (before == 0) return false;
    // Another axis than the one that moved before: two windowed dimensions share an axis exactly when moving both
    // keeps the walk open.
    TileExtents unit;
    unit.fill(1);
    std::array<ReuseLoop, max_dimensions> loops;
    int count = 0;
    for (int d = 0; d < max_dimensions; ++d) {
      if ((before >> d & 1U) != 0) loops[static_cast<std::size_t>(count++)] = {d, 2, 1};
    }
    loops[static_cast<std::size_t>(count++)] = {dimension, 2, 1};
    return !tensor.walk(unit, loops.data(), count).open;
  }

  bool commute(int a, int b, const std::vector<char>& closed_before) const {
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      if ((below >> t & 1U) == 0 || closed_before[t]) continue;
      const bool moves_a = (tensors[t].relevant() >> a & 1U) != 0, moves_b = (tensors[t].relevant() >> b & 1U) != 0;
      if (moves_a != moves_b) return false;
      if (!moves_a || tensors[t].product()) continue;
      const bool window = ((tensors[t].windowed() >> a | tensors[t].windowed() >> b) & 1U) != 0;
      if (window || !tensors[t].separable()) return false;
    }
    return true;
  }

  void emit(unsigned left) {
    LoopOrder complete = order;
    for (int d = 0; d < max_dimensions; ++d) {
      if ((left >> d & 1U) != 0)
        complete.dimension[static_cast<std::size_t>(complete.count++)] = static_cast<std::uint8_t>(d);
    }
    for (const auto& [seen, kept] : found) {
      bool dominated = true;
      for (std::size_t t = 0; t < tensors.size() && dominated; ++t) dominated = seen[t].at_least(sights[t]);
      if (dominated) return;
    }
    std::erase_if(found, [&](const auto& entry) {
      for (std::size_t t = 0; t < tensors.size(); ++t) {
        if (!sights[t].at_least(entry.first[t])) return false;
      }
      return true;
    });
    found.emplace_back(sights, complete);
  }

  void extend(unsigned left, std::size_t forced, const std::vector<char>& closed_before) {
    const bool resolved = std::all_of(closed.begin(), closed.end(), [](char c) { return c != 0; });
    const bool free = forced >= inner.size();
    if (left == 0 || (resolved && free)) {
      emit(left);
      return;
    }
    for (int d = 0; d < max_dimensions; ++d) {
      if ((left >> d & 1U) == 0 || (!free && inner[forced] != d)) continue;
      if (free && forced == inner.size() && order.count > static_cast<int>(inner.size())) {
        const int last = order.dimension[static_cast<std::size_t>(order.count - 1)];
        if (d < last && commute(last, d, closed_before)) continue;
      }
      const auto saved_sights = sights;
      const auto saved_closed = closed;
      const auto saved_moved = moved;
      order.dimension[static_cast<std::size_t>(order.count++)] = static_cast<std::uint8_t>(d);
      for (std::size_t t = 0; t < tensors.size(); ++t) {
        if (closed[t]) continue;
        Sight& sight = sights[t];
        if ((tensors[t].relevant() >> d & 1U) == 0) {
          if (moved[t] == 0) {
            sight.run |= 1U << d;
          } else if (sight.sequence.back() < 0) {
            sight.sequence.back() = -static_cast<int>(static_cast<unsigned>(-sight.sequence.back()) | 1U << d);
          } else {
            sight.sequence.push_back(-static_cast<int>(1U << d));
          }
          continue;
        }
        closed[t] = closes(tensors[t], moved[t], d);
        if (closed[t] && moved[t] == 0) sight.instant = true;
        if (!sight.instant) sight.sequence.push_back(closed[t] ? max_dimensions + 1 : d + 1);
        moved[t] |= 1U << d;
      }
      extend(left & ~(1U << d), free ? forced : forced + 1, saved_closed);
      --order.count;
      sights = saved_sights;
      closed = saved_closed;
      moved = saved_moved;
    }
  }
};

}  // namespace

std::vector<LoopOrder> loop_orders(const std::vector<TensorReuse>& tensors, unsigned below, unsigned active,
                                   const std::vector<int>& inner) {
  Search search{tensors, below, active, {}, {}, {}, {}, {}, {}};
  for (int d : inner) {
    if ((active >> d & 1U) != 0) search.inner.push_back(d);
  }
  search.sights.resize(tensors.size());
  search.moved.resize(tensors.size(), 0);
  search.closed.resize(tensors.size());
  for (std::size_t t = 0; t < tensors.size(); ++t) search.closed[t] = (below >> t & 1U) == 0;
  const std::vector<char> none = search.closed;
  search.extend(active, 0, none);
  std::vector<LoopOrder> orders;
  for (const auto& entry : search.found) orders.push_back(entry.second);
  return orders;
}

const std::vector<LoopOrder>& LoopOrders::get(unsigned below, unsigned active) const {
  return lists_.get((std::size_t{below} << dimensions_) + active,
                    [&] { return loop_orders(*tensors_, below, active, inner_); });
}

}  // namespace dovetail
