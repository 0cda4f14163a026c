// The set of points that may be tried: typed parameters under known constraints.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/spaces/expression/expression.hpp>
#include <dovetail/spaces/space/parameter.hpp>
#include <dovetail/spaces/space/random.hpp>

namespace dovetail {

/// A known cheap predicate over the parameters' names, such as "pe_x * pe_y == 168". The margin is >= 0 where
/// it holds: right minus left, scaled.
struct Constraint {
  std::string text;
  Expression predicate;  ///< over symbols(parameters): evaluated on one value per number of a point
};

/// The constraint with this text over these parameters; throws ExpressionError.
Constraint make_constraint(std::string text, const std::vector<Parameter>& parameters);

/// What is wrong with parameters (empty or unordered domains, doubled names), one message each.
std::vector<std::string> check(const std::vector<Parameter>& parameters);

/// How large a space is. `points` counts the product of the domains (infinite with a real parameter),
/// `feasible` those that satisfy the constraints: exactly counted, or estimated with a 95 % interval. `share`
/// is the feasible part of the domain (of its volume where parameters are real, in the logarithm where
/// asked); `acceptance` the part of the sampler's draws that are feasible: 1 where everything is counted.
struct SpaceSize {
  double points = 0.0;
  double feasible = 0.0, feasible_low = 0.0, feasible_high = 0.0;
  double share = 0.0, share_low = 0.0, share_high = 0.0;
  double acceptance = 1.0;
  bool exact = false;
};

/// Why nothing is feasible: the constraint that closes the space, the best margin any point reaches on it
/// while the others hold, and the point that reaches it.
struct Closure {
  std::string constraint;  ///< several, joined by "; ", when no single one is to blame
  double best_margin = 0.0;
  std::optional<Point> nearest;
  bool proven = false;                ///< counted to be empty; otherwise no feasible point was found
  std::optional<double> left, right;  ///< the sides of the constraint at that point: how far to relax it
};

/// "nothing is feasible: `constraint` ... ; nearest is ... with left 12 against right 10".
std::string explain(const Closure& closure, const class Space& space);

/// Parameters and constraints. Immutable after construction; every member is safe to call concurrently.
/// Feasible points are produced by construction wherever counting is possible; otherwise by pruned search
/// and, last, rejection.
class Space {
 public:
  Space();  ///< no parameters: one empty point
  /// Throws std::invalid_argument with the messages of check(parameters).
  Space(std::vector<Parameter> parameters, std::vector<Constraint> constraints);

  const std::vector<Parameter>& parameters() const;
  const std::vector<Constraint>& constraints() const;
  std::vector<std::string> names() const;  ///< of the parameters
  int find(std::string_view name) const;   ///< position of a parameter, or -1
  int offset(int parameter) const;         ///< first number of a parameter in a point
  int size() const;                        ///< numbers in a point

  bool contains(const Point& point) const;                ///< within the domains and all constraints hold
  std::vector<double> margins(const Point& point) const;  ///< per constraint, >= 0 where it holds

  SpaceSize count() const;
  bool finite() const;  ///< no real parameter
  /// Uniform over the feasible set (over its volume where parameters are real); none when it is empty. Exact
  /// and without rejection where the set is counted; otherwise by rejection from a paving, and when that
  /// finds nothing, a feasible point that is not uniform.
  std::optional<Point> sample(Random& random) const;
  /// Different feasible points one move away, in random order, at most `limit`: a step of one parameter
  /// (reals and integers at several scales, ordinals by one or two, any other category, two items swapped, a
  /// prime factor moved), a step of two parameters that share a constraint, and where equations tie
  /// parameters a step of one with the others solved for. When no move is feasible, the parameters that
  /// constraints tie together are drawn anew.
  std::vector<Point> neighbours(const Point& point, Random& random, int limit) const;
  /// All feasible points in lexicographic order of their numbers, at most `limit`; throws std::logic_error
  /// when a parameter is real.
  std::vector<Point> enumerate(std::size_t limit) const;
  std::optional<Closure> closure() const;  ///< set when nothing is feasible

  Value value(const Point& point, int parameter) const;
  double number(const Point& point,
                int parameter) const;          ///< numeric value of a one-number parameter (ordinal: its value)
  std::string text(const Point& point) const;  ///< "pe_x=14 pe_y=12 ..."

  struct Impl;

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace dovetail
