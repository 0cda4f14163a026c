// Rows of the parts, their cuts, and the sum of their predictions.
#include <dovetail/engine/design/bayes/objective_sum.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dovetail {
namespace {

// The space of one part alone.
Space space_of_part(const Space& space, const ObjectivePart& part) {
  std::vector<Parameter> parameters;
  for (std::size_t p = 0; p < space.parameters().size(); ++p) {
    const int at = space.offset(static_cast<int>(p));
    if (at >= part.first && at < part.first + part.count) parameters.push_back(space.parameters()[p]);
  }
  return Space(std::move(parameters), {});
}

}  // namespace

double reach_of_detail(std::span<const double> values, double reach) {
  if (values.size() < 3) return std::numeric_limits<double>::infinity();
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double median = sorted[sorted.size() / 2];
  if (!(median > sorted.front())) return std::numeric_limits<double>::infinity();
  return median + reach * (median - sorted.front());
}

ObjectiveSum::ObjectiveSum(const Space& space, const PointFeatures& features, std::span<const ObjectivePart> parts,
                           const std::string& kernel, const RegressionOptions& options) {
  for (const ObjectivePart& part : parts) {
    GaussianProcessModel model;
    model.kernel = PointFeatures(space_of_part(space, part)).kernel(kernel);
    parts_.push_back({features.columns_of(part.first, part.count), Regression(model, options), {}, {}, 0.0});
  }
}

std::vector<double> ObjectiveSum::own(const Part& part, std::span<const double> row) {
  std::vector<double> result;
  for (const int column : part.columns) result.push_back(row[static_cast<std::size_t>(column)]);
  return result;
}

Matrix ObjectiveSum::own(const Part& part, const Matrix& rows) {
  Matrix result;
  for (std::size_t i = 0; i < rows.rows; ++i) result.append(own(part, rows.row(i)));
  return result;
}

std::vector<double> ObjectiveSum::Part::cut() const {
  std::vector<double> result = outputs;
  for (double& value : result) value = std::min(value, limit);
  return result;
}

// The same point of a part again says nothing new.
void ObjectiveSum::add(const Matrix& rows, const std::vector<std::vector<double>>& values) {
  for (; seen_ < rows.rows; ++seen_)
    for (std::size_t k = 0; k < parts_.size(); ++k) {
      Part& part = parts_[k];
      const std::vector<double> row = own(part, rows.row(seen_));
      bool known = false;
      for (std::size_t i = 0; i < part.inputs.rows && !known; ++i)
        known = part.outputs[i] == values[k][seen_] &&
                std::equal(row.begin(), row.end(), part.inputs.row(i).begin(), part.inputs.row(i).end());
      if (known) continue;
      part.inputs.append(row);
      part.outputs.push_back(values[k][seen_]);
    }
}

void ObjectiveSum::standardise(const std::vector<std::vector<double>>& values) {
  const std::size_t count = values.empty() ? 0 : values.front().size();
  if (count == 0) return;
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    double value = 0.0;
    for (std::size_t k = 0; k < parts_.size(); ++k) value += std::min(values[k][i], parts_[k].limit);
    sum += value, squares += value * value;
  }
  centre_ = sum / static_cast<double>(count);
  const double variance = squares / static_cast<double>(count) - centre_ * centre_;
  scale_ = variance > 1e-20 * std::max(1e-280, centre_ * centre_) ? std::sqrt(variance) : 1.0;
}

void ObjectiveSum::update(const Matrix& rows, const std::vector<std::vector<double>>& values) {
  forget();
  add(rows, values);
  for (Part& part : parts_) {
    // A cut elsewhere changes earlier values: it moves when everything is fitted again.
    if (part.inputs.rows > 0 && part.regression.due(part.inputs.rows)) {
      part.limit = reach_of_detail(part.outputs, reach);
      part.regression.restart();
    }
    part.regression.update(part.inputs, part.cut());
  }
  standardise(values);
}

bool ObjectiveSum::ready() const {
  return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.regression.ready(); });
}

Prediction ObjectiveSum::predict(const Matrix& rows) const {
  Prediction result{std::vector<double>(rows.rows, -centre_ / scale_), std::vector<double>(rows.rows, 0.0)};
  for (const Part& part : parts_) {
    const Prediction one = part.regression.predict(own(part, rows));
    const double unit = part.regression.inverse(1.0) - part.regression.inverse(0.0);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      result.mean[i] += part.regression.inverse(one.mean[i]) / scale_;
      result.variance[i] += one.variance[i] * (unit / scale_) * (unit / scale_);
    }
  }
  return result;
}

std::vector<std::vector<double>> ObjectiveSum::part_means(const Matrix& rows) const {
  std::vector<std::vector<double>> result;
  for (const Part& part : parts_) result.push_back(part.regression.predict(own(part, rows)).mean);
  return result;
}

void ObjectiveSum::believe(std::span<const double> row) {
  for (Part& part : parts_) part.regression.believe(own(part, row));
}

void ObjectiveSum::forget() {
  for (Part& part : parts_) part.regression.forget();
}

std::vector<RegressionMemory> ObjectiveSum::memory() const {
  std::vector<RegressionMemory> result;
  for (const Part& part : parts_) result.push_back(part.regression.memory());
  return result;
}

void ObjectiveSum::recall(const std::vector<RegressionMemory>& memory, const Matrix& rows,
                          const std::vector<std::vector<double>>& values) {
  add(rows, values);
  for (std::size_t k = 0; k < parts_.size() && k < memory.size(); ++k) {
    Part& part = parts_[k];
    const std::size_t fitted = std::min(memory[k].rows, part.outputs.size());
    part.limit = reach_of_detail(std::span(part.outputs).first(fitted), reach);
    part.regression.recall(memory[k], part.inputs, part.cut());
  }
  standardise(values);
}

}  // namespace dovetail
