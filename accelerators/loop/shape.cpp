#include <dovetail/accelerators/loop/shape.hpp>

namespace dovetail {
namespace {

ShapeAxis flatten(const Axis& axis) {
  ShapeAxis flat;
  for (const AxisTerm& term : axis) {
    int k = 0;
    while (k < flat.terms && flat.dimension[static_cast<std::size_t>(k)] != term.dimension) ++k;
    const auto at = static_cast<std::size_t>(k);
    if (k == flat.terms) {
      flat.dimension[at] = term.dimension;
      flat.coefficient[at] = 0;
      ++flat.terms;
    }
    flat.coefficient[at] += term.coefficient;
  }
  return flat;
}

ShapeTensor flatten(const Tensor& tensor) {
  ShapeTensor flat;
  flat.written = tensor.written;
  for (const Axis& axis : tensor.axes) {
    const ShapeAxis from = flatten(axis);
    flat.separable = flat.separable && from.terms <= 2;
    for (int k = 0; k < from.terms; ++k) {
      const unsigned bit = 1U << static_cast<unsigned>(from.dimension[static_cast<std::size_t>(k)]);
      flat.separable = flat.separable && (flat.relevant & bit) == 0;
      flat.relevant |= bit;
    }
    flat.axis[static_cast<std::size_t>(flat.axes++)] = from;
  }
  return flat;
}

}  // namespace

LoopShape::LoopShape(const Layer& layer) {
  dimensions = static_cast<int>(layer.dimensions.size());
  tensors = static_cast<int>(layer.tensors.size());
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) extent[d] = layer.dimensions[d].extent;
  for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
    tensor[t] = flatten(layer.tensors[t]);
    tensor[t].index = t;
  }
}

}  // namespace dovetail
