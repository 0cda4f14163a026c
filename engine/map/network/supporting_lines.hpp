// Lower bounds of energy + price x cycles at several prices, and what they say about products of the two.
#pragma once

#include <cstddef>
#include <vector>

#include <dovetail/engine/map/network/sum_limits.hpp>

namespace dovetail {

/// A set of points (energy, cycles) known from below: energy + price x cycles is at least value for each line, energy
/// and cycles have least values of their own. The least value as a function of the price is concave, so lines bound it
/// between their prices as well. An objective energy^a cycles^b is quasi-concave: over the region above all lines it is
/// least in a corner, where two neighbouring lines meet.
class SupportingLines {
 public:
  SupportingLines(double least_energy_pj, double least_cycles);

  /// A line at a price > 0, pJ per cycle.
  void add(double price, double value);
  double least_cycles() const { return least_cycles_; }
  /// Of the lines, rising.
  std::vector<double> prices() const;
  /// Lower bound of energy + price x cycles.
  double at(double price) const;

  struct Corner {
    double objective = 0.0;
    double price = 0.0;  ///< of the objective's tangent at the corner: a line there cuts most
  };
  /// The least corner; no point has a smaller objective.
  Corner least(const MappingObjective& objective) const;
  /// The corners by rising cycles: no point lies below the curve through them.
  std::vector<CostPoint> curve() const;
  /// The smaller objective of the two corners of the line at this price, which must be one that was added.
  double beside(double price, const MappingObjective& objective) const;

 private:
  struct Line {
    double price, value;
  };
  /// Least value at a price between line n - 1 (before the first: the least energy) and line `after`.
  double chord(std::size_t n, double price, std::size_t after) const;
  std::size_t first_from(double price) const;  ///< the first line at this price or above
  /// Where line n meets the one before it; before the first is the least energy, after the last the least cycles.
  Corner corner(std::size_t n, const MappingObjective& objective) const;
  CostPoint meeting(std::size_t n) const;  ///< of the same two lines

  double least_energy_, least_cycles_;
  std::vector<Line> lines_;  // ascending price
};

}  // namespace dovetail
