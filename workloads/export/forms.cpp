#include <dovetail/workloads/export/forms.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace dovetail {
namespace {

std::int64_t extent(const Layer& layer, const char* name) {
  const int at = find_dimension(layer, name);
  return at < 0 ? 1 : layer.dimensions[at].extent;
}

// Axes as sets of (dimension, coefficient), without dimensions of extent 1; the rest of a tensor as it is.
using Axes = std::multiset<std::set<std::pair<std::string, std::int64_t>>>;
using Operand = std::tuple<Axes, bool, int, double>;

std::map<std::string, Operand> operands(const Layer& layer) {
  std::map<std::string, Operand> all;
  for (const Tensor& tensor : layer.tensors) {
    Axes axes;
    for (const Axis& axis : tensor.axes) {
      std::set<std::pair<std::string, std::int64_t>> terms;
      for (const AxisTerm& term : axis) {
        const Dimension& dimension = layer.dimensions[term.dimension];
        if (dimension.extent > 1) terms.insert({dimension.name, term.coefficient});
      }
      if (!terms.empty()) axes.insert(std::move(terms));
    }
    all[tensor.name] = {std::move(axes), tensor.written, tensor.word_bits, tensor.density};
  }
  return all;
}

std::set<std::pair<std::string, std::int64_t>> extents(const Layer& layer) {
  std::set<std::pair<std::string, std::int64_t>> all;
  for (const Dimension& dimension : layer.dimensions)
    if (dimension.extent > 1) all.insert({dimension.name, dimension.extent});
  return all;
}

// The coefficient of a dimension where it occurs in a tensor, 1 where it does not.
std::int64_t coefficient(const Layer& layer, const char* tensor, const char* dimension) {
  const int at = find_tensor(layer, tensor), of = find_dimension(layer, dimension);
  if (at < 0 || of < 0) return 1;
  for (const Axis& axis : layer.tensors[at].axes)
    for (const AxisTerm& term : axis)
      if (term.dimension == of) return term.coefficient;
  return 1;
}

// `made` with the word widths and densities of `layer`, so that only the loops are compared.
bool same_loops(Layer made, const Layer& layer) {
  for (Tensor& tensor : made.tensors) {
    const int at = find_tensor(layer, tensor.name);
    if (at < 0) return false;
    tensor.word_bits = layer.tensors[at].word_bits;
    tensor.density = layer.tensors[at].density;
  }
  return same_nest(made, layer);
}

}  // namespace

bool same_nest(const Layer& a, const Layer& b) {
  return a.tensors.size() == b.tensors.size() && extents(a) == extents(b) && operands(a) == operands(b);
}

std::optional<ConvShape> as_convolution(const Layer& layer) {
  const std::int64_t groups = extent(layer, "G"), k = extent(layer, "K"), c = extent(layer, "C");
  ConvShape shape{.name = layer.name,
                  .batch = extent(layer, "N"),
                  .in_channels = groups * c,
                  .out_channels = groups * k,
                  .groups = groups,
                  .out_height = extent(layer, "P"),
                  .out_width = extent(layer, "Q"),
                  .kernel_height = extent(layer, "R"),
                  .kernel_width = extent(layer, "S"),
                  .stride_height = coefficient(layer, "Inputs", "P"),
                  .stride_width = coefficient(layer, "Inputs", "Q"),
                  .dilation_height = coefficient(layer, "Inputs", "R"),
                  .dilation_width = coefficient(layer, "Inputs", "S")};
  if (same_loops(make_conv(shape), layer)) return shape;
  if (groups > 1 || c == 1) return std::nullopt;
  shape.in_channels = shape.out_channels = shape.groups = c;  // depthwise: all three tensors have the channels
  return same_loops(make_conv(shape), layer) ? std::optional(shape) : std::nullopt;
}

std::optional<MatmulShape> as_matmul(const Layer& layer) {
  const MatmulShape shape{.name = layer.name,
                          .rows = extent(layer, "M"),
                          .columns = extent(layer, "N"),
                          .depth = extent(layer, "K"),
                          .batch = extent(layer, "B")};
  return same_loops(make_matmul(shape), layer) ? std::optional(shape) : std::nullopt;
}

}  // namespace dovetail
