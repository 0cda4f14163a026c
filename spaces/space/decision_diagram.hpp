// All feasible assignments of a few discrete slots as a counted decision diagram: exact count, exact uniform
// samples.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <dovetail/spaces/space/point_slot.hpp>

namespace dovetail {

/// An acyclic graph with one layer per slot. An edge is a run of choices that leaves the same choices to the
/// slots below; a node counts the assignments below it. Two partial assignments lead to the same node when
/// they leave the same residual of every open condition (Expression::residual), which is what keeps products
/// and sums small: for px * py * pz == 168 the layer of pz has one node per product px * py, not one per
/// pair. Runs of choices are tested and cut by interval bounds, so a domain of a million choices with twenty
/// feasible ones costs hundreds of tests.
class DecisionDiagram {
 public:
  /// The assignments of `slots` (discrete; groups complete) that satisfy `conditions` (over these slots
  /// only). None when more than `budget` tests would be needed.
  static std::optional<DecisionDiagram> build(const SlotTable& table, std::vector<int> slots,
                                              std::vector<const Expression*> conditions, std::int64_t budget);

  double count() const { return nodes_[root_].count; }  ///< exact up to 2^53, rounded beyond
  std::size_t edges() const { return edges_.size(); }

  /// Draws one assignment uniformly into `stored` (of the whole point). Needs count() > 0.
  void sample(const SlotTable& table, Random& random, std::span<double> stored) const;
  /// The assignment with this rank in [0, count()); needs count() <= 2^53.
  void unrank(const SlotTable& table, std::uint64_t rank, std::span<double> stored) const;

 private:
  friend class DiagramBuilder;
  struct Edge {
    std::int64_t first = 0, last = 0;  // choices
    std::uint32_t child = 0;
    double before = 0.0;  // assignments of the edges to the left
  };
  struct Node {
    std::uint32_t begin = 0, end = 0;
    double count = 0.0;
  };
  std::vector<int> order_;
  std::vector<Node> nodes_;  // 0: dead, 1: complete
  std::vector<Edge> edges_;
  std::uint32_t root_ = 0;
};

}  // namespace dovetail
