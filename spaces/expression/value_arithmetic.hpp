// The operators of constraint expressions on numbers: a margin for each comparison, NaN for what is undefined.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <dovetail/spaces/expression/expression.hpp>
#include <dovetail/workloads/numbers.hpp>

namespace dovetail::arithmetic {

inline constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

// No margin lies between strict_margin and 0, so that strict and negated comparisons stay monotone.
inline double negative(double margin) {
  return std::min(margin, Expression::strict_margin);
}

inline double less_equal(double left, double right) {
  if (std::isnan(left) || std::isnan(right)) return undefined;
  if (left == right) return 0.0;
  if (std::isinf(left) || std::isinf(right)) return left < right ? 1.0 : -1.0;
  if (std::isinf(std::abs(left) + std::abs(right))) return less_equal(left / 4, right / 4);
  const double margin = (right - left) / std::max(1.0, std::abs(left) + std::abs(right));
  return left < right ? margin : negative(margin);
}

inline double less(double left, double right) {
  return left == right ? Expression::strict_margin : less_equal(left, right);
}

inline double equal(double left, double right) {
  return left == right ? 0.0 : negative(-std::abs(less_equal(left, right)));
}

inline double flip(double margin) {
  if (std::isnan(margin)) return undefined;
  if (margin >= 0.0) return negative(-margin);
  return margin == Expression::strict_margin ? 0.0 : -margin;
}

// Remainder with the sign of the divisor; exact, since fmod is.
inline double modulo(double left, double right) {
  if (right == 0.0) return undefined;
  const double rest = std::fmod(left, right);
  return rest != 0.0 && (rest < 0.0) != (right < 0.0) ? rest + right : rest;
}

inline double divides(double dividend, double divisor) {
  if (divisor == 0.0) return undefined;
  const double rest = std::abs(std::fmod(dividend, divisor)), size = std::abs(divisor);
  return rest == 0.0 ? 0.0 : negative(-std::min(rest, size - rest) / size);
}

inline double divide(double left, double right) {
  return right == 0.0 ? undefined : left / right;
}

// std::pow answers 1 for pow(NaN, 0) and pow(1, NaN); an undefined operand stays undefined here.
inline double power(double left, double right) {
  return std::isnan(left) || std::isnan(right) || (left == 0.0 && right < 0.0) ? undefined : std::pow(left, right);
}

inline double logarithm(double (*function)(double), double value) {
  return value > 0.0 ? function(value) : undefined;
}

inline double both(double left, double right) {  // Kleene: false and undefined is false
  if (std::isnan(left)) return right < 0.0 ? right : undefined;
  if (std::isnan(right)) return left < 0.0 ? left : undefined;
  return std::min(left, right);
}

inline double either(double left, double right) {
  if (std::isnan(left)) return right >= 0.0 ? right : undefined;
  if (std::isnan(right)) return left >= 0.0 ? left : undefined;
  return std::max(left, right);
}

inline double least(const double* values, int count) {
  double result = values[0];
  for (int i = 1; i < count; ++i)
    result = std::isnan(result) || std::isnan(values[i]) ? undefined : std::min(result, values[i]);
  return result;
}

inline double largest(const double* values, int count) {
  double result = values[0];
  for (int i = 1; i < count; ++i)
    result = std::isnan(result) || std::isnan(values[i]) ? undefined : std::max(result, values[i]);
  return result;
}

}  // namespace dovetail::arithmetic
