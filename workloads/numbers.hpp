// Numbers that every room uses.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>

namespace dovetail {

/// More than any quantity: the value of what cannot be, the start of a least.
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Relative error that sums of doubles may carry.
inline constexpr double sum_rounding = 1e-11;

/// a / b rounded up, of a >= 0 and b > 0.
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// An index as the standard containers take it.
constexpr std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

/// The greatest extent, trip count or coefficient that a document may give.
inline constexpr std::int64_t most_extent = std::numeric_limits<std::int32_t>::max();

}  // namespace dovetail
