// The set of points that may be tried: typed parameters under known constraints.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/spaces/expression.hpp>
#include <dovetail/spaces/parameter.hpp>
#include <dovetail/spaces/random.hpp>

namespace dovetail {

/// A known cheap predicate over the parameters' names, such as "pe_x * pe_y == 168". The margin is >= 0 where it
/// holds: right minus left, scaled.
struct Constraint {
  std::string text;
  Expression predicate;
};

/// How large a space is. `points` counts the product of the domains (infinite with a real parameter), `feasible` those
/// that satisfy the constraints: exactly counted, or estimated with a 95 % interval.
struct SpaceSize {
  double points = 0.0;
  double feasible = 0.0, feasible_low = 0.0, feasible_high = 0.0;
  bool exact = false;
};

/// Why nothing is feasible: the constraint that closes the space, the best margin any point reaches on it while the
/// others hold, and the point that reaches it.
struct Closure {
  std::string constraint;
  double best_margin = 0.0;
  std::optional<Point> nearest;
};

/// Parameters and constraints. Immutable after construction; every member is safe to call concurrently. Feasible points
/// are produced by construction wherever counting is possible; otherwise by pruned search and, last, rejection.
class Space {
 public:
  Space() = default;
  Space(std::vector<Parameter> parameters, std::vector<Constraint> constraints);

  const std::vector<Parameter>& parameters() const;
  const std::vector<Constraint>& constraints() const;
  int find(std::string_view name) const;    ///< position of a parameter, or -1
  int offset(int parameter) const;          ///< first number of a parameter in a point
  int size() const;                         ///< numbers in a point

  bool contains(const Point& point) const;  ///< within the domains and all constraints hold
  std::vector<double> margins(const Point& point) const;  ///< per constraint, >= 0 where it holds

  SpaceSize count() const;
  bool finite() const;                      ///< no real parameter
  std::optional<Point> sample(Random& random) const;  ///< uniform over the feasible set; none when it is empty
  std::vector<Point> neighbours(const Point& point, Random& random, int limit) const;  ///< feasible points one move away
  std::vector<Point> enumerate(std::size_t limit) const;  ///< all feasible points in lexicographic order, at most limit
  std::optional<Closure> closure() const;   ///< set when nothing is feasible

  Value value(const Point& point, int parameter) const;
  double number(const Point& point, int parameter) const;  ///< numeric value of a one-number parameter (ordinal: its value)
  std::string text(const Point& point) const;  ///< "pe_x=14 pe_y=12 ..."

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace dovetail
