// A layer in fixed-size arrays: what the loop model multiplies, without names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <dovetail/workloads/layer.hpp>
#include <dovetail/workloads/limits.hpp>

namespace dovetail {

/// One data axis: coordinate = sum of coefficient[k] x index of dimension[k]; every dimension at most once.
struct ShapeAxis {
  int terms = 0;
  std::array<int, max_dimensions> dimension{};
  std::array<std::int64_t, max_dimensions> coefficient{};
};

struct ShapeTensor {
  std::size_t index = 0;  ///< its place among the tensors of the layer
  int axes = 0;
  std::array<ShapeAxis, max_axes> axis;
  unsigned relevant = 0;  ///< bit d: dimension d moves the tensor
  bool written = false;
  bool separable = true;  ///< no dimension lies on two axes, and no axis has more than two terms
};

struct LoopShape {
  int dimensions = 0, tensors = 0;
  std::array<std::int64_t, max_dimensions> extent{};
  std::array<ShapeTensor, max_tensors> tensor;
  explicit LoopShape(const Layer& layer);
};

/// A sum and product that remember an overflow: the value is then meaningless and `overflow` says so.
struct CheckedArithmetic {
  bool overflow = false;
  std::int64_t times(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    if (!__builtin_mul_overflow(a, b, &result)) return result;
    overflow = true;
    return 1;
  }
  std::int64_t plus(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    if (!__builtin_add_overflow(a, b, &result)) return result;
    overflow = true;
    return 1;
  }
};

}  // namespace dovetail
