// Private to surrogates: maximise log likelihood plus log prior over a model's parameters.
#pragma once

#include <vector>

#include <dovetail/surrogates/numeric/ascend.hpp>
#include <dovetail/surrogates/process/gaussian_process.hpp>

namespace dovetail::dense {

/// The best parameters visited from `start`; priors and bounds are the model's.
Ascent climb(const GaussianProcessModel& model, const DifferentiableFunction& likelihood, std::vector<double> start,
             int evaluations, double tolerance);

}  // namespace dovetail::dense
