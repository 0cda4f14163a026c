// Boxes that cover the feasible part of a few slots: uniform samples by rejection where counting is not
// possible.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <dovetail/spaces/space/point_slot.hpp>

namespace dovetail {

/// Branch and bound over boxes (Jaulin et al., "Applied Interval Analysis", 2001, SIVIA): boxes in which
/// interval bounds exclude a condition are dropped, boxes in which all conditions hold are kept whole, the
/// largest undecided box is halved. A point drawn uniformly from the kept boxes and tested is uniform over
/// the feasible set; `volume` says how much of the domain is left to draw from. The measure is the count of
/// choices for discrete slots, the length (of the logarithm where asked) for real ones. Groups are drawn
/// whole and not cut.
class Paving {
 public:
  Paving(const SlotTable& table, const std::vector<int>& slots, std::vector<const Expression*> conditions,
         int max_boxes);

  double volume() const { return boxes_.empty() ? 0.0 : boxes_.back().until; }  ///< share of the domain, in [0, 1]
  /// One draw from the boxes, not yet tested; needs volume() > 0.
  void propose(const SlotTable& table, Random& random, std::span<double> stored) const;
  /// A feasible point found by descending into random halves and stepping back where a condition excludes
  /// them; not uniform. False when `tests` are spent.
  bool descend(const SlotTable& table, Random& random, std::span<double> stored, int tests) const;

 private:
  struct Side {
    double low = 0.0, high = 1.0;  // share of a real's range, or first and last choice
  };
  struct Box {
    std::vector<Side> sides;
    double measure = 1.0;
    double until = 0.0;  // cumulative measure
    bool decided = false;
  };
  enum class Verdict : char { outside, undecided, inside };
  Verdict test(const SlotTable& table, const Box& box, std::vector<Interval>& intervals) const;
  bool halve(const SlotTable& table, const Box& box, Box& left, Box& right) const;
  double measure(const SlotTable& table, const Box& box) const;
  void draw(const SlotTable& table, const Box& box, Random& random, std::span<double> stored) const;
  bool holds(const SlotTable& table, std::span<const double> stored, std::vector<double>& numbers) const;

  std::vector<int> slots_, groups_;  // ungrouped slots; groups
  std::vector<const Expression*> conditions_;
  std::vector<char> constrained_;  // per ungrouped slot: some condition names it
  std::vector<Box> boxes_;
};

}  // namespace dovetail
