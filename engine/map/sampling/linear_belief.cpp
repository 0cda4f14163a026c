// The linear surrogate of the paper's mapper (see the header).
#include <dovetail/engine/map/sampling/linear_belief.hpp>

#include <numeric>
#include <vector>

namespace dovetail {

Regression linear_belief(std::size_t features, int exact_size, int starts) {
  std::vector<int> columns(features);
  std::iota(columns.begin(), columns.end(), 0);
  GaussianProcessModel model;
  model.kernel.terms = {{{tied(Shape::linear, columns)}}};
  model.noise_location = -2.0;
  RegressionOptions options;
  options.transform = "log";
  options.exact_size = exact_size;
  options.cold.starts = starts;
  return Regression(model, options);
}

}  // namespace dovetail
