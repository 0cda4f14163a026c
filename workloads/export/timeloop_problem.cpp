#include <dovetail/workloads/export/timeloop_problem.hpp>

#include <fmt/format.h>

#include <dovetail/workloads/export/yaml_text.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {
namespace {

std::string coefficient_name(const Tensor& tensor, std::size_t axis, const std::string& dimension) {
  return fmt::format("{}_{}_{}", tensor.name, axis, dimension);
}

std::string coefficients(const Layer& layer) {
  std::string text;
  for (const Tensor& tensor : layer.tensors) {
    for (std::size_t axis = 0; axis < tensor.axes.size(); ++axis) {
      for (const AxisTerm& term : tensor.axes[axis]) {
        if (term.coefficient == 1) continue;
        text += fmt::format("    - name: {}\n      default: {}\n",
                            yaml_scalar(coefficient_name(tensor, axis, layer.dimensions[term.dimension].name)),
                            term.coefficient);
      }
    }
  }
  return text.empty() ? "" : "    coefficients:\n" + text;
}

std::string projection(const Layer& layer, const Tensor& tensor) {
  std::string text;
  for (std::size_t axis = 0; axis < tensor.axes.size(); ++axis) {
    std::string terms;
    for (const AxisTerm& term : tensor.axes[axis]) {
      const std::string& dimension = layer.dimensions[term.dimension].name;
      terms += terms.empty() ? "[" : ", [";
      terms += yaml_scalar(dimension);
      if (term.coefficient != 1) terms += ", " + yaml_scalar(coefficient_name(tensor, axis, dimension));
      terms += ']';
    }
    text += fmt::format("      - [{}]\n", terms);
  }
  return text.empty() ? "      projection: []\n" : "      projection:\n" + text;
}

}  // namespace

std::string timeloop_problem(const Layer& layer) {
  Diagnostics diagnostics;
  for (const Tensor& tensor : layer.tensors) {
    if (tensor.word_bits != 0)
      diagnostics.error({}, fmt::format("layer {}: a Timeloop problem cannot say word_bits of {}; its machine does",
                                        quote(layer.name), quote(tensor.name)));
  }
  diagnostics.raise();
  std::string dimensions, instance, densities;
  for (const Dimension& dimension : layer.dimensions) {
    dimensions += (dimensions.empty() ? "" : ", ") + yaml_scalar(dimension.name);
    instance += fmt::format("    {}: {}\n", yaml_scalar(dimension.name), dimension.extent);
  }
  std::string text = "problem:\n  version: 0.4\n  shape:\n";
  text += fmt::format("    name: {}\n    dimensions: [{}]\n{}    data_spaces:\n", yaml_scalar(layer.name), dimensions,
                      coefficients(layer));
  for (const Tensor& tensor : layer.tensors) {
    text += fmt::format("    - name: {}\n{}", yaml_scalar(tensor.name), projection(layer, tensor));
    if (tensor.written) text += "      read_write: true\n";
    if (tensor.density < 1.0) densities += fmt::format("      {}: {}\n", yaml_scalar(tensor.name), tensor.density);
  }
  text += "  instance:\n" + instance;
  return densities.empty() ? text : text + "    densities:\n" + densities;
}

}  // namespace dovetail
