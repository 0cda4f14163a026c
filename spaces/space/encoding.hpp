// Coordinates in [0, 1]: what surrogates see of a point.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <dovetail/spaces/space/space.hpp>

namespace dovetail {

/// How an unordered choice becomes numbers.
enum class CategoryCode : std::uint8_t {
  code,     ///< one coordinate: index / (count - 1), for kernels that ask equal or not
  one_hot,  ///< one coordinate per value, 0 or 1
};

/// One coordinate of an encoded point.
struct Coordinate {
  enum class Kind : std::uint8_t {
    real,      ///< share of the range (of its logarithm where the parameter says so): gradients make sense
    integer,   ///< the same for integers; one choice per `step_unit`, unevenly where logarithmic
    ordinal,   ///< value, or its logarithm when that spaces the values more evenly
    category,  ///< code or one-hot bit
    position,  ///< of an item of a permutation, position / (items - 1)
    factor,    ///< of a slot of a factorization, log(factor) / log(product)
  };
  Kind kind = Kind::real;
  std::string name;          ///< "pe_x", "flow=ws", "order.K", "C.spad"
  int parameter = 0;         ///< of the space
  int number = 0;            ///< of the point
  int value = 0;             ///< of a one-hot bit
  std::int64_t choices = 0;  ///< how many values this number can take; 0: real
  bool log = false;
};

/// A fixed map from the points of a space to [0, 1]^size(), a pure function of the space.
///
///     Encoding encoding(space);
///     std::vector<double> x = encoding(point);
class Encoding {
 public:
  explicit Encoding(const Space& space, CategoryCode categories = CategoryCode::code);

  int size() const { return static_cast<int>(coordinates_.size()); }
  const std::vector<Coordinate>& coordinates() const { return coordinates_; }

  void encode(const Point& point, std::span<double> out) const;  ///< out: size() numbers
  std::vector<double> operator()(const Point& point) const;

  /// Moves the number behind a coordinate to the legal value nearest to `unit` (a one-hot bit above 1/2 chooses its
  /// value). Permutations and factorizations stay unchanged: their numbers are only legal together. Constraints are
  /// not looked at.
  void place(Point& point, int coordinate, double unit) const;

 private:
  struct Scale {
    double low = 0.0, width = 1.0;  // of the value or of its logarithm
    std::vector<double> units;      // of the choices, where they are few; ascending
  };
  double unit(std::size_t coordinate, double stored) const;
  std::vector<Coordinate> coordinates_;
  std::vector<Scale> scales_;
  std::vector<double> first_, step_;  // of integers: choice i is first + i x step
  int numbers_ = 0;
};

}  // namespace dovetail
