// The linear surrogate of the paper's mapper: the logarithm of a cost as a Gaussian process over features.
#pragma once

#include <cstddef>

#include <dovetail/surrogates/regression.hpp>

namespace dovetail {

/// Noise stands for what no linear function of the features explains. Above `exact_size` outcomes the surrogate sees a
/// local selection; `starts` of the first fit.
Regression linear_belief(std::size_t features, int exact_size, int starts = 3);

}  // namespace dovetail
