// Gradient ascent in a box: NLopt's L-BFGS behind a plain function.
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace dovetail {

/// The value at a point; writes the gradient (same size). May return NaN where there is no value.
using DifferentiableFunction = std::function<double(std::span<const double>, std::span<double>)>;

struct Ascent {
  std::vector<double> point;
  double value = -std::numeric_limits<double>::infinity();
};

/// The best point visited by L-BFGS (Nocedal & Liu 1989, NLopt's implementation) from `start` within low <= x
/// <= high. Stops after `evaluations`, or when the value changes by less than tolerance (absolutely or
/// relatively).
Ascent ascend(const DifferentiableFunction& function, std::vector<double> start, const std::vector<double>& low,
              const std::vector<double>& high, int evaluations, double tolerance);

}  // namespace dovetail
