// Evaluation of compiled expressions: values, margins, and bounds over intervals.
#include <dovetail/spaces/expression.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace dovetail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

// No margin lies between strict_margin and 0, so that strict and negated comparisons stay monotone.
double negative(double margin) {
  return std::min(margin, Expression::strict_margin);
}

double less_equal(double left, double right) {
  if (std::isnan(left) || std::isnan(right)) return undefined;
  if (left == right) return 0.0;
  if (std::isinf(left) || std::isinf(right)) return left < right ? 1.0 : -1.0;
  if (std::isinf(std::abs(left) + std::abs(right))) return less_equal(left / 4, right / 4);
  const double margin = (right - left) / std::max(1.0, std::abs(left) + std::abs(right));
  return left < right ? margin : negative(margin);
}

double less(double left, double right) {
  return left == right ? Expression::strict_margin : less_equal(left, right);
}

double equal(double left, double right) {
  return left == right ? 0.0 : negative(-std::abs(less_equal(left, right)));
}

double flip(double margin) {
  if (std::isnan(margin)) return undefined;
  if (margin >= 0.0) return negative(-margin);
  return margin == Expression::strict_margin ? 0.0 : -margin;
}

// Remainder with the sign of the divisor; exact, since fmod is.
double modulo(double left, double right) {
  if (right == 0.0) return undefined;
  const double rest = std::fmod(left, right);
  return rest != 0.0 && (rest < 0.0) != (right < 0.0) ? rest + right : rest;
}

double divides(double dividend, double divisor) {
  if (divisor == 0.0) return undefined;
  const double rest = std::abs(std::fmod(dividend, divisor)), size = std::abs(divisor);
  return rest == 0.0 ? 0.0 : negative(-std::min(rest, size - rest) / size);
}

double divide(double left, double right) {
  return right == 0.0 ? undefined : left / right;
}

// std::pow answers 1 for pow(NaN, 0) and pow(1, NaN); an undefined operand stays undefined here.
double power(double left, double right) {
  return std::isnan(left) || std::isnan(right) || (left == 0.0 && right < 0.0) ? undefined
                                                                               : std::pow(left, right);
}

double logarithm(double (*function)(double), double value) {
  return value > 0.0 ? function(value) : undefined;
}

double both(double left, double right) {  // Kleene: false and undefined is false
  if (std::isnan(left)) return right < 0.0 ? right : undefined;
  if (std::isnan(right)) return left < 0.0 ? left : undefined;
  return std::min(left, right);
}

double either(double left, double right) {
  if (std::isnan(left)) return right >= 0.0 ? right : undefined;
  if (std::isnan(right)) return left >= 0.0 ? left : undefined;
  return std::max(left, right);
}

double least(const double* values, int count) {
  double result = values[0];
  for (int i = 1; i < count; ++i)
    result = std::isnan(result) || std::isnan(values[i]) ? undefined : std::min(result, values[i]);
  return result;
}

double largest(const double* values, int count) {
  double result = values[0];
  for (int i = 1; i < count; ++i)
    result = std::isnan(result) || std::isnan(values[i]) ? undefined : std::max(result, values[i]);
  return result;
}

// ---- intervals. Rounded + - * / are monotone, so the rounded ends bound every rounded value between them.

constexpr Interval everything{-infinity, infinity, true};

bool is_point(const Interval& x) {
  return x.low == x.high && !x.undefined;
}
Interval point(double value) {
  return std::isnan(value) ? everything : Interval{value, value, false};
}

Interval hull(std::initializer_list<double> ends, bool may_be_undefined) {
  Interval result{infinity, -infinity, may_be_undefined};
  for (const double end : ends) {
    if (std::isnan(end)) return everything;
    result.low = std::min(result.low, end);
    result.high = std::max(result.high, end);
  }
  return result;
}

bool has_infinity(const Interval& x) {
  return std::isinf(x.low) || std::isinf(x.high);
}

Interval add(const Interval& a, const Interval& b) {
  const bool clash = (a.high == infinity && b.low == -infinity) || (a.low == -infinity && b.high == infinity);
  return hull({a.low + b.low, a.high + b.high}, a.undefined || b.undefined || clash);
}

Interval negate(const Interval& a) {
  return {-a.high, -a.low, a.undefined};
}

Interval multiply(const Interval& a, const Interval& b) {
  const bool clash = (has_infinity(a) && b.low <= 0.0 && b.high >= 0.0) ||
                     (has_infinity(b) && a.low <= 0.0 && a.high >= 0.0);
  return hull({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high},
              a.undefined || b.undefined || clash);
}

Interval divide(const Interval& a, const Interval& b) {
  if (b.low <= 0.0 && b.high >= 0.0) {
    // One-sided divisors keep a finite end: the quotient grows without limit towards zero only.
    if (a.low >= 0.0 && b.low == 0.0 && b.high > 0.0 && !has_infinity(a) && !has_infinity(b))
      return {a.low / b.high, infinity, true};
    return everything;
  }
  const bool clash = has_infinity(a) && has_infinity(b);
  return hull({a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high},
              a.undefined || b.undefined || clash);
}

Interval modulo(const Interval& a, const Interval& b) {
  const bool unsure = a.undefined || b.undefined || has_infinity(a) || (b.low <= 0.0 && b.high >= 0.0);
  if (is_point(b) && !unsure && b.low != 0.0 && a.high - a.low < 0.999 * std::abs(b.low)) {
    const double low = modulo(a.low, b.low), high = modulo(a.high, b.low);
    if (low <= high) return {low, high, false};
  }
  if (a.low >= 0.0 && b.low > 0.0) return {a.high < b.low ? a.low : 0.0, std::min(a.high, b.high), unsure};
  return {std::min(b.low, 0.0), std::max(b.high, 0.0), unsure};
}

// Functions of the mathematics library are not monotone to the last bit: two steps outwards.
Interval widened(double low, double high, bool may_be_undefined) {
  for (int i = 0; i < 2; ++i) {
    low = std::nextafter(low, -infinity);
    high = std::nextafter(high, infinity);
  }
  return {low, high, may_be_undefined};
}

Interval power(const Interval& a, const Interval& b) {
  const bool unsure = a.undefined || b.undefined;
  if (a.low >= 0.0) {
    const bool pole = a.low == 0.0 && b.low < 0.0;
    if (pole) return {0.0, infinity, true};
    const Interval corners = hull(
        {std::pow(a.low, b.low), std::pow(a.low, b.high), std::pow(a.high, b.low), std::pow(a.high, b.high)},
        unsure);
    // x^y has no extremum inside a box that touches neither x = 1 nor y = 0; on those lines it is 1.
    Interval result = corners;
    if ((a.low <= 1.0 && a.high >= 1.0) || (b.low <= 0.0 && b.high >= 0.0)) {
      result.low = std::min(result.low, 1.0);
      result.high = std::max(result.high, 1.0);
    }
    return std::isnan(result.low) || std::isnan(result.high)
               ? everything
               : widened(result.low, result.high, result.undefined);
  }
  if (is_point(b) && b.low >= 0.0 && b.low == std::floor(b.low)) {
    const bool even = std::fmod(b.low, 2.0) == 0.0;
    const double at_low = std::pow(a.low, b.low), at_high = std::pow(a.high, b.low);
    if (!even) return widened(at_low, at_high, unsure);
    const double bottom = a.high >= 0.0 ? (b.low == 0.0 ? 1.0 : 0.0) : std::min(at_low, at_high);
    return widened(bottom, std::max(at_low, at_high), unsure);
  }
  return everything;
}

Interval growing(double (*function)(double), const Interval& a, double floor_of_domain, bool open) {
  const bool outside = open ? a.low <= floor_of_domain : a.low < floor_of_domain;
  if (a.high < floor_of_domain || (open && a.high == floor_of_domain)) return everything;
  const double low = std::max(a.low, floor_of_domain);
  return widened(function(low), function(a.high), a.undefined || outside);
}

Interval absolute(const Interval& a) {
  if (a.low >= 0.0) return a;
  if (a.high <= 0.0) return negate(a);
  return {0.0, std::max(-a.low, a.high), a.undefined};
}

// A comparison: its margins at the two ends, with room for the last bits of the scaling but no change of
// sign.
Interval condition(double low, double high, bool may_be_undefined) {
  if (std::isnan(low) || std::isnan(high)) return everything;
  const double room = 4e-16;
  if (low != Expression::strict_margin) low -= room * std::abs(low);
  if (high != Expression::strict_margin) high += room * std::abs(high);
  return {low, high, may_be_undefined};
}

Interval less_equal(const Interval& a, const Interval& b) {
  return condition(less_equal(a.high, b.low), less_equal(a.low, b.high), a.undefined || b.undefined);
}

Interval less(const Interval& a, const Interval& b) {
  return condition(less(a.high, b.low), less(a.low, b.high), a.undefined || b.undefined);
}

Interval equal(const Interval& a, const Interval& b) {
  const double upper = a.high < b.low ? equal(a.high, b.low) : b.high < a.low ? equal(b.high, a.low) : 0.0;
  return condition(std::min(equal(a.low, b.high), equal(a.high, b.low)), upper, a.undefined || b.undefined);
}

Interval flip(const Interval& a) {
  return {flip(a.high), flip(a.low), a.undefined};
}

Interval divides(const Interval& a, const Interval& b) {
  const bool unsure = a.undefined || b.undefined || has_infinity(a) || (b.low <= 0.0 && b.high >= 0.0);
  double upper = 0.0, lower = -0.5;
  if (!unsure && is_point(a) && is_point(b)) return point(divides(a.low, b.low));
  if (!unsure && is_point(b)) {
    const double size = std::abs(b.low);
    const double below = std::floor(a.high / size) * size;  // the last multiple not above a.high
    // Distance of the interval to the multiples around it, shrunk a little against rounding.
    if (below < a.low) upper = negative(-0.999 * std::min(a.low - below, below + size - a.high) / size);
  } else if (!unsure) {
    const double smallest = std::min(std::abs(b.low), std::abs(b.high));
    if (a.low > 0.0 && a.high < smallest) {
      const double largest_divisor = std::max(std::abs(b.low), std::abs(b.high));
      upper = negative(-0.999 * std::min(a.low / largest_divisor, 1.0 - a.high / smallest));
    }
  }
  return condition(lower, upper, unsure);
}

Interval both(const Interval& a, const Interval& b) {
  double high = std::min(a.high, b.high);
  // An undefined side leaves the other one where that is false.
  if (a.undefined) high = std::max(high, std::min(b.high, Expression::strict_margin));
  if (b.undefined) high = std::max(high, std::min(a.high, Expression::strict_margin));
  const bool unsure =
      (a.undefined && b.high >= 0.0) || (b.undefined && a.high >= 0.0) || (a.undefined && b.undefined);
  return {std::min(a.low, b.low), high, unsure};
}

Interval either(const Interval& a, const Interval& b) {
  double low = std::max(a.low, b.low);
  if (a.undefined) low = std::min(low, std::max(b.low, 0.0));
  if (b.undefined) low = std::min(low, std::max(a.low, 0.0));
  const bool unsure =
      (a.undefined && b.low < 0.0) || (b.undefined && a.low < 0.0) || (a.undefined && b.undefined);
  return {low, std::max(a.high, b.high), unsure};
}

}  // namespace

int Expression::operands(const Step& step) {
  switch (step.op) {
    case Op::constant:
    case Op::name:
      return 0;
    case Op::minimum:
    case Op::maximum:
      return step.index;
    case Op::negate:
    case Op::floor:
    case Op::ceil:
    case Op::log2:
    case Op::abs:
    case Op::sqrt:
    case Op::exp:
    case Op::log:
    case Op::sin:
    case Op::cos:
    case Op::negation:
    case Op::truth:
      return 1;
    default:
      return 2;
  }
}

// clang-format off
double Expression::apply(const Step& step, const double* operand, int count) {
  const double a = operand[0], b = count > 1 ? operand[1] : 0.0;
  switch (step.op) {
    case Op::add: return a + b;
    case Op::subtract: return a - b;
    case Op::multiply: return a * b;
    case Op::divide: return divide(a, b);
    case Op::modulo: return modulo(a, b);
    case Op::power: return power(a, b);
    case Op::negate: return -a;
    case Op::minimum: return least(operand, count);
    case Op::maximum: return largest(operand, count);
    case Op::floor: return std::floor(a);
    case Op::ceil: return std::ceil(a);
    case Op::log2: return logarithm([](double x) { return std::log2(x); }, a);
    case Op::log: return logarithm([](double x) { return std::log(x); }, a);
    case Op::abs: return std::abs(a);
    case Op::sqrt: return a >= 0.0 ? std::sqrt(a) : undefined;
    case Op::exp: return std::exp(a);
    case Op::sin: return std::isinf(a) ? undefined : std::sin(a);
    case Op::cos: return std::isinf(a) ? undefined : std::cos(a);
    case Op::less: return less(a, b);
    case Op::less_equal: return less_equal(a, b);
    case Op::greater: return less(b, a);
    case Op::greater_equal: return less_equal(b, a);
    case Op::equal: return equal(a, b);
    case Op::unequal: return flip(equal(a, b));
    case Op::same_text: return a == b ? 1.0 : -1.0;
    case Op::other_text: return a == b ? -1.0 : 1.0;
    case Op::divides: return divides(a, b);
    case Op::divides_not: return flip(divides(a, b));
    case Op::conjunction: return both(a, b);
    case Op::disjunction: return either(a, b);
    case Op::negation: return flip(a);
    case Op::truth: return std::isnan(a) ? undefined : (a >= 0.0 ? 1.0 : 0.0);
    case Op::constant:
    case Op::name:
      break;
  }
  return undefined;
}
// clang-format on

double Expression::run(const double* values) const {
  if (steps_.empty()) return 1.0;
  std::array<double, max_stack> stack;
  double* top = stack.data() - 1;  // the last operand
  for (const Step& step : steps_) {
    const int count = operands(step);
    if (count == 0) {
      *++top = step.op == Op::constant ? step.number : values[step.index];
      continue;
    }
    top -= count - 1;
    *top = apply(step, top, count);
  }
  return *top;
}

void Expression::residual(std::span<const double> values, std::span<const char> known,
                          std::vector<double>& out) const {
  enum : char { open, decided, constant };
  std::array<double, max_stack> stack;
  std::array<char, max_stack> states;
  std::size_t top = 0;  // operands on the stack
  for (const Step& step : steps_) {
    const int count = operands(step);
    if (count == 0) {
      const bool fixed = step.op == Op::constant;
      stack[top] = fixed ? step.number : values[static_cast<std::size_t>(step.index)];
      states[top++] = fixed ? constant : (known[static_cast<std::size_t>(step.index)] ? decided : open);
      continue;
    }
    top -= static_cast<std::size_t>(count);
    const auto begin = states.begin() + static_cast<std::ptrdiff_t>(top), end = begin + count;
    if (std::find(begin, end, static_cast<char>(open)) == end) {
      const bool fixed = std::find(begin, end, static_cast<char>(decided)) == end;
      stack[top] = apply(step, &stack[top], count);
      states[top] = fixed ? constant : decided;
    } else {
      for (std::size_t i = top; i < top + static_cast<std::size_t>(count); ++i)
        if (states[i] == decided) out.push_back(stack[i]);
      states[top] = open;
    }
    ++top;
  }
  if (top > 0 && states[0] == decided) out.push_back(stack[0]);
}

std::optional<std::pair<double, double>> Expression::sides(std::span<const double> values) const {
  if (steps_.empty() || steps_.back().op < Op::less || steps_.back().op > Op::unequal) return std::nullopt;
  const std::vector<std::size_t> first = first_steps();
  const std::size_t split = first[steps_.size() - 2];
  Expression left, right;
  left.steps_.assign(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(split));
  right.steps_.assign(steps_.begin() + static_cast<std::ptrdiff_t>(split), steps_.end() - 1);
  return std::pair{left.run(values.data()), right.run(values.data())};
}

double Expression::value(std::span<const double> values) const {
  const double result = run(values.data());
  if (!condition_ || std::isnan(result)) return result;
  return result >= 0.0 ? 1.0 : 0.0;
}

double Expression::margin(std::span<const double> values) const {
  double result = run(values.data());
  if (!condition_) result = flip(equal(result, 0.0));
  return std::isnan(result) ? -infinity : result;
}

Interval Expression::bounds(std::span<const Interval> values) const {
  if (steps_.empty()) return {1.0, 1.0, false};
  std::array<Interval, max_stack> stack;
  Interval* top = stack.data() - 1;
  for (const Step& step : steps_) {
    const int count = operands(step);
    if (count == 0) {
      *++top = step.op == Op::constant ? point(step.number) : values[static_cast<std::size_t>(step.index)];
      continue;
    }
    top -= count - 1;
    const Interval a = top[0], b = count > 1 ? top[1] : Interval{};
    switch (step.op) {
      case Op::add:
        *top = add(a, b);
        break;
      case Op::subtract:
        *top = add(a, negate(b));
        break;
      case Op::multiply:
        *top = multiply(a, b);
        break;
      case Op::divide:
        *top = divide(a, b);
        break;
      case Op::modulo:
        *top = modulo(a, b);
        break;
      case Op::power:
        *top = is_point(a) && is_point(b) ? point(power(a.low, b.low)) : power(a, b);
        break;
      case Op::negate:
        *top = negate(a);
        break;
      case Op::minimum:
        for (int i = 1; i < count; ++i)
          *top = {std::min(top->low, top[i].low), std::min(top->high, top[i].high),
                  top->undefined || top[i].undefined};
        break;
      case Op::maximum:
        for (int i = 1; i < count; ++i)
          *top = {std::max(top->low, top[i].low), std::max(top->high, top[i].high),
                  top->undefined || top[i].undefined};
        break;
      case Op::floor:
        *top = {std::floor(a.low), std::floor(a.high), a.undefined};
        break;
      case Op::ceil:
        *top = {std::ceil(a.low), std::ceil(a.high), a.undefined};
        break;
      case Op::log2:
        *top = is_point(a) && a.low > 0.0 ? point(std::log2(a.low))
                                          : growing([](double x) { return std::log2(x); }, a, 0.0, true);
        break;
      case Op::log:
        *top = is_point(a) && a.low > 0.0 ? point(std::log(a.low))
                                          : growing([](double x) { return std::log(x); }, a, 0.0, true);
        break;
      case Op::abs:
        *top = absolute(a);
        break;
      case Op::sqrt:
        *top = is_point(a) && a.low >= 0.0 ? point(std::sqrt(a.low))
                                           : growing([](double x) { return std::sqrt(x); }, a, 0.0, false);
        break;
      case Op::exp:
        *top = is_point(a) ? point(std::exp(a.low)) : widened(std::exp(a.low), std::exp(a.high), a.undefined);
        break;
      case Op::sin:
        *top = is_point(a) && !has_infinity(a) ? point(std::sin(a.low))
                                               : Interval{-1.0, 1.0, a.undefined || has_infinity(a)};
        break;
      case Op::cos:
        *top = is_point(a) && !has_infinity(a) ? point(std::cos(a.low))
                                               : Interval{-1.0, 1.0, a.undefined || has_infinity(a)};
        break;
      case Op::less:
        *top = less(a, b);
        break;
      case Op::less_equal:
        *top = less_equal(a, b);
        break;
      case Op::greater:
        *top = less(b, a);
        break;
      case Op::greater_equal:
        *top = less_equal(b, a);
        break;
      case Op::equal:
        *top = equal(a, b);
        break;
      case Op::unequal:
        *top = flip(equal(a, b));
        break;
      case Op::same_text:
      case Op::other_text: {
        const bool apart = a.high < b.low || b.high < a.low,
                   same = is_point(a) && is_point(b) && a.low == b.low;
        const Interval result{same ? 1.0 : -1.0, apart ? -1.0 : 1.0, a.undefined || b.undefined};
        *top = step.op == Op::same_text ? result : negate(result);
        break;
      }
      case Op::divides:
        *top = divides(a, b);
        break;
      case Op::divides_not:
        *top = flip(divides(a, b));
        break;
      case Op::conjunction:
        *top = both(a, b);
        break;
      case Op::disjunction:
        *top = either(a, b);
        break;
      case Op::negation:
        *top = flip(a);
        break;
      case Op::truth:
        *top = {a.low >= 0.0 ? 1.0 : 0.0, a.high >= 0.0 ? 1.0 : 0.0, a.undefined};
        break;
      case Op::constant:
      case Op::name:
        break;
    }
  }
  return *top;
}

// The first step of the operand or operation that ends at each step, found by walking the postfix program.
std::vector<std::size_t> Expression::first_steps() const {
  std::vector<std::size_t> starts, first(steps_.size());
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const int count = operands(steps_[i]);
    std::size_t start = i;
    for (int k = 0; k < count; ++k) {
      start = starts.back();
      starts.pop_back();
    }
    first[i] = start;
    starts.push_back(start);
  }
  return first;
}

std::vector<Expression> Expression::conjuncts() const {
  if (steps_.empty() || steps_.back().op != Op::conjunction) return {*this};
  const std::vector<std::size_t> first = first_steps();
  std::vector<Expression> result;
  std::vector<std::size_t> ends{steps_.size() - 1};  // roots still to split, last one first
  while (!ends.empty()) {
    const std::size_t end = ends.back();
    ends.pop_back();
    if (steps_[end].op == Op::conjunction) {
      ends.push_back(end - 1);
      ends.push_back(first[end - 1] - 1);
      continue;
    }
    Expression part;
    part.steps_.assign(steps_.begin() + static_cast<std::ptrdiff_t>(first[end]),
                       steps_.begin() + static_cast<std::ptrdiff_t>(end) + 1);
    part.collect_names();
    result.push_back(std::move(part));
  }
  return result;
}

void Expression::collect_names() {
  names_.clear();
  for (const Step& step : steps_)
    if (step.op == Op::name) names_.push_back(step.index);
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

}  // namespace dovetail
