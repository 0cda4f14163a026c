// Every trial of a study predicted from all the others, by leave-one-out.
#include <dovetail/engine/report/surrogate_check.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <dovetail/engine/record/outcome.hpp>
#include <dovetail/surrogates/process/gaussian_process.hpp>

namespace dovetail {
namespace {

constexpr std::size_t fewest = 8, most = 300;
constexpr double two_sided_90 = 1.6448536269514722;  // the 0.95 quantile of the standard normal

// The column in [0, 1]; constant columns are left out.
bool scaled(const std::vector<const Trial*>& trials, std::size_t column, std::vector<double>& out) {
  out.clear();
  for (const Trial* trial : trials) out.push_back(trial->point.numbers[column]);
  const auto [low, high] = std::minmax_element(out.begin(), out.end());
  if (!(*low < *high)) return false;
  if (*low > 0.0 && *high / *low >= 8.0)
    for (double& value : out) value = std::log(value);
  const auto [from, to] = std::minmax_element(out.begin(), out.end());
  const double start = *from, width = *to - *from;
  for (double& value : out) value = (value - start) / width;
  return true;
}

}  // namespace

SurrogateCalibration calibrate_surrogate(const std::vector<Trial>& trials) {
  std::vector<const Trial*> known;
  for (const Trial& trial : trials) {
    const auto found = trial.metrics.find("objective");
    if (is_measured(trial) && found != trial.metrics.end() && found->second > 0.0 && std::isfinite(found->second))
      known.push_back(&trial);
  }
  if (known.size() > most) {
    std::vector<const Trial*> picked;
    for (std::size_t i = 0; i < most; ++i) picked.push_back(known[i * known.size() / most]);
    known = std::move(picked);
  }
  SurrogateCalibration result;
  if (known.size() < fewest) return result;

  std::vector<std::vector<double>> columns;
  std::vector<double> column;
  for (std::size_t c = 0; c < known.front()->point.numbers.size(); ++c)
    if (scaled(known, c, column)) columns.push_back(column);
  if (columns.empty()) return result;
  Matrix inputs(known.size(), columns.size());
  std::vector<double> outputs;
  for (std::size_t i = 0; i < known.size(); ++i) {
    for (std::size_t c = 0; c < columns.size(); ++c) inputs(i, c) = columns[c][i];
    outputs.push_back(std::log10(known[i]->metrics.at("objective")));
  }
  double mean = 0.0, variance = 0.0;
  for (const double value : outputs) mean += value / static_cast<double>(outputs.size());
  for (const double value : outputs) variance += (value - mean) * (value - mean) / static_cast<double>(outputs.size());
  if (!(variance > 0.0)) return result;
  const double deviation = std::sqrt(variance);
  std::vector<double> standard;
  standard.reserve(outputs.size());
  for (const double value : outputs) standard.push_back((value - mean) / deviation);

  GaussianProcessModel model;
  model.kernel = ard_kernel(Shape::matern52, static_cast<int>(columns.size()));
  LeaveOneOut others;
  try {
    others = GaussianProcess(model, fit_parameters(model, inputs, standard), inputs, standard).leave_one_out();
  } catch (const std::runtime_error&) {
    return result;  // a kernel matrix that cannot be factorized tells nothing
  }
  double inside = 0.0, squared = 0.0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const double predicted = mean + deviation * others.mean[i];
    const double half = two_sided_90 * deviation * std::sqrt(others.variance[i]);
    result.trials.push_back({known[i]->id, outputs[i], predicted, predicted - half, predicted + half});
    if (std::abs(outputs[i] - predicted) <= half) inside += 1.0;
    squared += (outputs[i] - predicted) * (outputs[i] - predicted);
  }
  const auto count = static_cast<double>(known.size());
  result.coverage = inside / count;
  result.explained = 1.0 - squared / (variance * count);
  return result;
}

}  // namespace dovetail
