// The operators of constraint expressions on intervals: the result holds every value that the operator takes on
// the operands. Rounded + - * / are monotone, so the rounded ends bound every rounded value between them.
#pragma once

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <dovetail/spaces/expression/value_arithmetic.hpp>

namespace dovetail::arithmetic {

inline constexpr Interval everything{-infinity, infinity, true};

inline bool is_point(const Interval& x) {
  return x.low == x.high && !x.undefined;
}
inline Interval point(double value) {
  return std::isnan(value) ? everything : Interval{value, value, false};
}

inline Interval hull(std::initializer_list<double> ends, bool may_be_undefined) {
  Interval result{infinity, -infinity, may_be_undefined};
  for (const double end : ends) {
    if (std::isnan(end)) return everything;
    result.low = std::min(result.low, end);
    result.high = std::max(result.high, end);
  }
  return result;
}

inline bool has_infinity(const Interval& x) {
  return std::isinf(x.low) || std::isinf(x.high);
}

inline Interval add(const Interval& a, const Interval& b) {
  const bool clash = (a.high == infinity && b.low == -infinity) || (a.low == -infinity && b.high == infinity);
  return hull({a.low + b.low, a.high + b.high}, a.undefined || b.undefined || clash);
}

inline Interval negate(const Interval& a) {
  return {-a.high, -a.low, a.undefined};
}

inline Interval multiply(const Interval& a, const Interval& b) {
  const bool clash =
      (has_infinity(a) && b.low <= 0.0 && b.high >= 0.0) || (has_infinity(b) && a.low <= 0.0 && a.high >= 0.0);
  return hull({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high}, a.undefined || b.undefined || clash);
}

inline Interval divide(const Interval& a, const Interval& b) {
  if (b.low <= 0.0 && b.high >= 0.0) {
    // One-sided divisors keep a finite end: the quotient grows without limit towards zero only.
    if (a.low >= 0.0 && b.low == 0.0 && b.high > 0.0 && !has_infinity(a) && !has_infinity(b))
      return {a.low / b.high, infinity, true};
    return everything;
  }
  const bool clash = has_infinity(a) && has_infinity(b);
  return hull({a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high}, a.undefined || b.undefined || clash);
}

inline Interval modulo(const Interval& a, const Interval& b) {
  const bool unsure = a.undefined || b.undefined || has_infinity(a) || (b.low <= 0.0 && b.high >= 0.0);
  if (is_point(b) && !unsure && b.low != 0.0 && a.high - a.low < 0.999 * std::abs(b.low)) {
    const double low = modulo(a.low, b.low), high = modulo(a.high, b.low);
    if (low <= high) return {low, high, false};
  }
  if (a.low >= 0.0 && b.low > 0.0) return {a.high < b.low ? a.low : 0.0, std::min(a.high, b.high), unsure};
  return {std::min(b.low, 0.0), std::max(b.high, 0.0), unsure};
}

// Functions of the mathematics library are not monotone to the last bit: two steps outwards.
inline Interval widened(double low, double high, bool may_be_undefined) {
  for (int i = 0; i < 2; ++i) {
    low = std::nextafter(low, -infinity);
    high = std::nextafter(high, infinity);
  }
  return {low, high, may_be_undefined};
}

inline Interval power(const Interval& a, const Interval& b) {
  const bool unsure = a.undefined || b.undefined;
  if (a.low >= 0.0) {
    const bool pole = a.low == 0.0 && b.low < 0.0;
    if (pole) return {0.0, infinity, true};
    const Interval corners = hull(
        {std::pow(a.low, b.low), std::pow(a.low, b.high), std::pow(a.high, b.low), std::pow(a.high, b.high)}, unsure);
    // x^y has no extremum inside a box that touches neither x = 1 nor y = 0; on those lines it is 1.
    Interval result = corners;
    if ((a.low <= 1.0 && a.high >= 1.0) || (b.low <= 0.0 && b.high >= 0.0)) {
      result.low = std::min(result.low, 1.0);
      result.high = std::max(result.high, 1.0);
    }
    return std::isnan(result.low) || std::isnan(result.high) ? everything
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

inline Interval growing(double (*function)(double), const Interval& a, double floor_of_domain, bool open) {
  const bool outside = open ? a.low <= floor_of_domain : a.low < floor_of_domain;
  if (a.high < floor_of_domain || (open && a.high == floor_of_domain)) return everything;
  const double low = std::max(a.low, floor_of_domain);
  return widened(function(low), function(a.high), a.undefined || outside);
}

inline Interval absolute(const Interval& a) {
  if (a.low >= 0.0) return a;
  if (a.high <= 0.0) return negate(a);
  return {0.0, std::max(-a.low, a.high), a.undefined};
}

// A comparison: its margins at the two ends, with room for the last bits of the scaling but no change of
// sign.
inline Interval condition(double low, double high, bool may_be_undefined) {
  if (std::isnan(low) || std::isnan(high)) return everything;
  const double room = 4e-16;
  if (low != Expression::strict_margin) low -= room * std::abs(low);
  if (high != Expression::strict_margin) high += room * std::abs(high);
  return {low, high, may_be_undefined};
}

inline Interval less_equal(const Interval& a, const Interval& b) {
  return condition(less_equal(a.high, b.low), less_equal(a.low, b.high), a.undefined || b.undefined);
}

inline Interval less(const Interval& a, const Interval& b) {
  return condition(less(a.high, b.low), less(a.low, b.high), a.undefined || b.undefined);
}

inline Interval equal(const Interval& a, const Interval& b) {
  const double upper = a.high < b.low ? equal(a.high, b.low) : b.high < a.low ? equal(b.high, a.low) : 0.0;
  return condition(std::min(equal(a.low, b.high), equal(a.high, b.low)), upper, a.undefined || b.undefined);
}

inline Interval flip(const Interval& a) {
  return {flip(a.high), flip(a.low), a.undefined};
}

inline Interval divides(const Interval& a, const Interval& b) {
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

inline Interval both(const Interval& a, const Interval& b) {
  double high = std::min(a.high, b.high);
  // An undefined side leaves the other one where that is false.
  if (a.undefined) high = std::max(high, std::min(b.high, Expression::strict_margin));
  if (b.undefined) high = std::max(high, std::min(a.high, Expression::strict_margin));
  const bool unsure = (a.undefined && b.high >= 0.0) || (b.undefined && a.high >= 0.0) || (a.undefined && b.undefined);
  return {std::min(a.low, b.low), high, unsure};
}

inline Interval either(const Interval& a, const Interval& b) {
  double low = std::max(a.low, b.low);
  if (a.undefined) low = std::min(low, std::max(b.low, 0.0));
  if (b.undefined) low = std::min(low, std::max(a.low, 0.0));
  const bool unsure = (a.undefined && b.low < 0.0) || (b.undefined && a.low < 0.0) || (a.undefined && b.undefined);
  return {low, std::max(a.high, b.high), unsure};
}

}  // namespace dovetail::arithmetic
