// Constraint expressions: a small language of arithmetic and conditions with margins and interval bounds.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dovetail {

/// A name that an expression may use. With `texts` it is a choice between texts: its value is the index of
/// the chosen one and it can only be compared (== !=) with a 'text' of the list or with a name of the same
/// list.
struct Symbol {
  std::string name;                ///< an identifier, several joined by dots (hw.pe_x), or any other text
  std::vector<std::string> texts;  ///< empty: a number
};

/// All values between two numbers; `undefined` when the value may also be undefined (division by zero, log of
/// a negative number, infinity minus infinity).
struct Interval {
  double low = 0.0, high = 0.0;
  bool undefined = false;
};

/// A mistake in the text of an expression.
struct ExpressionMistake {
  int column = 1;       ///< first character concerned, from 1
  std::string message;  ///< what, found, allowed; did you mean
};

/// Thrown by Expression::compile; what() starts with the column.
class ExpressionError : public std::invalid_argument {
 public:
  explicit ExpressionError(std::vector<ExpressionMistake> found);
  std::vector<ExpressionMistake> mistakes;
};

/// A compiled expression: a flat program over numbered names, evaluated without allocation.
///
///     number     1, 2.5e3; name; a + b, a - b, a * b, a / b, a % b (sign of b), a ^ b (right to left), -a;
///                min(a, b, ...), max(a, b, ...), floor(a), ceil(a), log2(a), abs(a), sqrt(a), exp(a),
///                log(a), sin(a), cos(a)
///     condition  a == b, !=, <, <=, >, >= (chains a < b <= c mean a < b and b <= c); and, or, not; true,
///     false text       'ws' ('it''s'), only beside a name that chooses between texts; odd names: `pe-x`, `and`
///
/// Precedence, loosest first: or, and, not, comparisons, + -, * / %, unary -, ^. A condition used as a number
/// is 1 or 0.
///
/// The margin of a condition is >= 0 exactly where it holds:
///     l <= r     (r - l) / max(1, |l| + |r|), within [-1, 1], growing with r and falling with l; l >= r
///     mirrored l <  r     the same, and -1e-12 where l = r l == r     -|r - l| / max(1, |l| + |r|); l != r
///     is the opposite, and -1e-12 where equal a % b == 0 -distance of a to the next multiple of b / |b|,
///     within [-1/2, 0] texts      1 where it holds, -1 where not and min, or max, not changes the sign (and
///     exchanges 0 with -1e-12)
///
/// A division or remainder by zero, the logarithm or root of a negative number and inf - inf are undefined. A
/// comparison with an undefined side is undefined, `and`, `or`, `not` follow Kleene's three-valued logic, and
/// a condition that is undefined in the end does not hold: its margin is -infinity. Overflow gives infinity.
class Expression {
 public:
  Expression() = default;  ///< the condition `true`

  /// Compiles `text`; names are looked up in `symbols`, and evaluation takes their values in that order.
  /// Throws ExpressionError with every unknown name and function, or the first place where the text cannot be
  /// read.
  static Expression compile(std::string_view text, std::span<const Symbol> symbols);
  /// The same, with mistakes appended instead of thrown.
  static std::optional<Expression> compile(std::string_view text, std::span<const Symbol> symbols,
                                           std::vector<ExpressionMistake>& mistakes);

  bool is_condition() const { return condition_; }
  bool is_equation() const { return !steps_.empty() && steps_.back().op == Op::equal; }
  const std::vector<int>& names() const { return names_; }  ///< the symbols that occur, ascending

  double value(std::span<const double> values) const;   ///< of a number, or 1 / 0 of a condition; NaN: undefined
  double margin(std::span<const double> values) const;  ///< of a condition; of a number: like `number != 0`
  bool holds(std::span<const double> values) const { return margin(values) >= 0.0; }

  /// Bounds of the value (number) or the margin (condition) over all values within the intervals. Every value
  /// that can occur lies inside; the bounds need not be reached.
  Interval bounds(std::span<const Interval> values) const;

  /// What is left to know when some names have values (known[i] != 0): the values of the largest parts that
  /// these decide, in the order of the text. Two assignments with equal residuals leave the same condition on
  /// the rest.
  void residual(std::span<const double> values, std::span<const char> known, std::vector<double>& out) const;

  /// The two sides of an expression that is one comparison.
  std::optional<std::pair<double, double>> sides(std::span<const double> values) const;

  /// The parts of a conjunction a and b and ..., each a condition of its own; the expression itself
  /// otherwise.
  std::vector<Expression> conjuncts() const;

  static constexpr int max_stack = 64;         ///< operands that wait at a time; deeper is an error
  static constexpr int max_program = 1 << 14;  ///< operations; longer is an error
  static constexpr double strict_margin = -1e-12;

 private:
  friend class ExpressionParser;
  enum class Op : std::uint8_t {
    constant,
    name,
    add,
    subtract,
    multiply,
    divide,
    modulo,
    power,
    negate,
    minimum,
    maximum,
    floor,
    ceil,
    log2,
    abs,
    sqrt,
    exp,
    log,
    sin,
    cos,
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    unequal,
    same_text,
    other_text,
    divides,
    divides_not,
    conjunction,
    disjunction,
    negation,
    truth
  };
  struct Step {
    Op op = Op::constant;
    std::int32_t index = 0;  ///< symbol of a name, number of operands of a minimum or maximum
    double number = 0.0;     ///< of a constant
  };
  static int operands(const Step& step);
  static double apply(const Step& step, const double* operand, int count);
  double run(const double* values) const;
  std::vector<std::size_t> first_steps() const;
  void collect_names();

  std::vector<Step> steps_;  ///< postfix; empty: `true`
  std::vector<int> names_;
  bool condition_ = true;
};

}  // namespace dovetail
