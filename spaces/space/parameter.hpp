// Typed parameters of a search and the points that assign them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dovetail {

/// A real number in [low, high]; `log` searches its logarithm.
struct RealRange {
  double low = 0.0, high = 1.0;
  bool log = false;
};
/// An integer low, low + step, ... <= high.
struct IntegerRange {
  std::int64_t low = 0, high = 1, step = 1;
  bool log = false;
};
/// Numbers with an order, ascending.
struct OrdinalValues {
  std::vector<double> values;
};
/// Names without an order.
struct CategoricalValues {
  std::vector<std::string> values;
};
/// An order of `items`.
struct PermutationItems {
  std::vector<std::string> items;
};
/// An ordered factorization of `product` over named slots: one factor per slot, their product is `product`.
struct Factorization {
  std::int64_t product = 1;
  std::vector<std::string> slots;
};

/// A choice, named `group.name` (groups hw, map, later nn, compress) or plain `name`.
struct Parameter {
  std::string name;
  std::variant<RealRange, IntegerRange, OrdinalValues, CategoricalValues, PermutationItems, Factorization> domain;
};

/// How many numbers of a point a parameter takes: one, or one per item or slot.
int width(const Parameter& parameter);

/// One assignment: the numbers of every parameter in order. Real and integer parameters store their value; ordinal and
/// categorical ones the index into `values`; a permutation stores at i the position of item i; a factorization stores
/// the factor of each slot. Two equal points have equal numbers, so points compare and hash exactly.
struct Point {
  std::vector<double> numbers;
  bool operator==(const Point&) const = default;
  auto operator<=>(const Point&) const = default;  // NOLINT(modernize-use-nullptr): misread by clang-tidy 14
};

/// A readable value of one parameter in a point.
using Value = std::variant<double, std::int64_t, std::string, std::vector<std::string>, std::vector<std::int64_t>>;

}  // namespace dovetail
