#include <dovetail/workloads/layer.hpp>

#include <fmt/format.h>

#include <limits>
#include <set>
#include <stdexcept>

#include <dovetail/workloads/limits.hpp>

namespace dovetail {
namespace {

std::int64_t checked_product(std::int64_t a, std::int64_t b, const std::string& what) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) {
    throw std::overflow_error(fmt::format("{}: the count exceeds 2^63 - 1", what));
  }
  return result;
}

}  // namespace

Layer make_conv(const ConvShape& shape) {
  const bool depthwise = shape.groups > 1 && shape.groups == shape.in_channels && shape.groups == shape.out_channels;
  const bool grouped = shape.groups > 1 && !depthwise;
  if (shape.groups < 1 || shape.in_channels % shape.groups != 0 || shape.out_channels % shape.groups != 0) {
    throw std::invalid_argument(fmt::format("{}: groups {} must divide in_channels {} and out_channels {}", shape.name,
                                            shape.groups, shape.in_channels, shape.out_channels));
  }
  Layer layer;
  layer.name = shape.name;
  layer.kind = "conv";
  layer.padding = {shape.padding_height, shape.padding_width};
  auto add = [&](const char* name, std::int64_t extent) {
    layer.dimensions.push_back({name, extent});
    return static_cast<int>(layer.dimensions.size()) - 1;
  };
  const int n = add("N", shape.batch);
  const int g = grouped ? add("G", shape.groups) : -1;
  const int k = depthwise ? -1 : add("K", shape.out_channels / shape.groups);
  const int c = add("C", depthwise ? shape.in_channels : shape.in_channels / shape.groups);
  const int p = add("P", shape.out_height), q = add("Q", shape.out_width);
  const int r = add("R", shape.kernel_height), s = add("S", shape.kernel_width);
  auto axis = [](int dimension) { return Axis{{dimension, 1}}; };
  Tensor weights{"Weights", {}}, inputs{"Inputs", {}}, outputs{"Outputs", {}};
  outputs.written = true;
  if (grouped) {
    for (Tensor* tensor : {&weights, &inputs, &outputs}) tensor->axes.push_back(axis(g));
  }
  if (!depthwise) weights.axes.push_back(axis(k));
  weights.axes.insert(weights.axes.end(), {axis(c), axis(r), axis(s)});
  inputs.axes.insert(inputs.axes.end(), {axis(n), axis(c), Axis{{p, shape.stride_height}, {r, shape.dilation_height}},
                                         Axis{{q, shape.stride_width}, {s, shape.dilation_width}}});
  outputs.axes.insert(outputs.axes.end(), {axis(n), axis(depthwise ? c : k), axis(p), axis(q)});
  layer.tensors = {weights, inputs, outputs};
  return layer;
}

Layer make_matmul(const MatmulShape& shape) {
  Layer layer;
  layer.name = shape.name;
  layer.kind = "matmul";
  layer.dimensions = {{"M", shape.rows}, {"N", shape.columns}, {"K", shape.depth}};
  auto axis = [](int dimension) { return Axis{{dimension, 1}}; };
  layer.tensors = {{"Weights", {axis(2), axis(1)}}, {"Inputs", {axis(0), axis(2)}}, {"Outputs", {axis(0), axis(1)}}};
  layer.tensors[2].written = true;
  if (shape.batch > 1) {
    layer.dimensions.push_back({"B", shape.batch});
    for (Tensor& tensor : layer.tensors) tensor.axes.insert(tensor.axes.begin(), axis(3));
  }
  return layer;
}

std::int64_t macs(const Layer& layer) {
  std::int64_t total = 1;
  for (const Dimension& dimension : layer.dimensions) total = checked_product(total, dimension.extent, layer.name);
  return total;
}

std::int64_t elements(const Layer& layer, const Tensor& tensor) {
  std::int64_t total = 1;
  for (const Axis& axis : tensor.axes) {
    std::int64_t length = 1;
    for (const AxisTerm& term : axis) {
      const std::int64_t reach =
          checked_product(term.coefficient, layer.dimensions[term.dimension].extent - 1, layer.name);
      if (__builtin_add_overflow(length, reach, &length)) {
        throw std::overflow_error(fmt::format("{}: the size of {} exceeds 2^63 - 1", layer.name, tensor.name));
      }
    }
    total = checked_product(total, length, layer.name);
  }
  return total;
}

int find_dimension(const Layer& layer, std::string_view name) {
  for (std::size_t i = 0; i < layer.dimensions.size(); ++i) {
    if (layer.dimensions[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

int find_tensor(const Layer& layer, std::string_view name) {
  for (std::size_t i = 0; i < layer.tensors.size(); ++i) {
    if (layer.tensors[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

bool relevant(const Tensor& tensor, int dimension) {
  for (const Axis& axis : tensor.axes) {
    for (const AxisTerm& term : axis) {
      if (term.dimension == dimension) return true;
    }
  }
  return false;
}

int written_tensor(const Layer& layer) {
  for (std::size_t i = 0; i < layer.tensors.size(); ++i) {
    if (layer.tensors[i].written) return static_cast<int>(i);
  }
  return -1;
}

std::vector<std::string> check(const Layer& layer) {
  std::vector<std::string> wrong;
  auto require = [&](bool holds, std::string_view format, const auto&... arguments) {
    if (!holds) wrong.push_back(fmt::vformat(format, fmt::make_format_args(arguments...)));
  };
  require(!layer.dimensions.empty(), "the layer has no dimensions");
  require(layer.dimensions.size() <= max_dimensions, "{} dimensions, allowed are {}", layer.dimensions.size(),
          max_dimensions);
  require(!layer.tensors.empty(), "the layer has no tensors");
  require(layer.tensors.size() <= max_tensors, "{} tensors, allowed are {}", layer.tensors.size(), max_tensors);
  std::set<std::string> names;
  for (const Dimension& dimension : layer.dimensions) {
    require(!dimension.name.empty(), "a dimension has no name");
    require(names.insert(dimension.name).second, "dimension {} is named twice", dimension.name);
    require(dimension.extent >= 1 && dimension.extent <= std::numeric_limits<std::int32_t>::max(),
            "dimension {} has extent {}, allowed are 1 to 2147483647", dimension.name, dimension.extent);
  }
  names.clear();
  int written = 0;
  for (const Tensor& tensor : layer.tensors) {
    require(!tensor.name.empty(), "a tensor has no name");
    require(names.insert(tensor.name).second, "tensor {} is named twice", tensor.name);
    require(tensor.axes.size() <= max_axes, "tensor {} has {} axes, allowed are {}", tensor.name, tensor.axes.size(),
            max_axes);
    require(tensor.density > 0.0 && tensor.density <= 1.0, "tensor {} has density {}, allowed is above 0 to 1",
            tensor.name, tensor.density);
    require(tensor.word_bits >= 0 && tensor.word_bits <= 1024, "tensor {} has word_bits {}, allowed are 1 to 1024",
            tensor.name, tensor.word_bits);
    for (const Axis& axis : tensor.axes) {
      for (const AxisTerm& term : axis) {
        require(term.dimension >= 0 && term.dimension < static_cast<int>(layer.dimensions.size()),
                "tensor {} uses a dimension that the layer does not have", tensor.name);
        require(term.coefficient >= 1 && term.coefficient <= std::numeric_limits<std::int32_t>::max(),
                "tensor {} has coefficient {}, allowed are 1 to 2147483647", tensor.name, term.coefficient);
      }
    }
    written += tensor.written ? 1 : 0;
  }
  require(written == 1 || layer.tensors.empty(), "{} tensors are written, exactly one must be", written);
  if (wrong.empty()) {
    try {
      macs(layer);
      for (const Tensor& tensor : layer.tensors) elements(layer, tensor);
    } catch (const std::overflow_error& error) {
      wrong.emplace_back(error.what());
    }
  }
  return wrong;
}

std::string shape_key(const Layer& layer) {
  std::string key;
  for (const Dimension& dimension : layer.dimensions) key += fmt::format("{}{};", dimension.name, dimension.extent);
  for (const Tensor& tensor : layer.tensors) {
    key += fmt::format("|{}:{}:{}:{}", tensor.name, tensor.written ? 'w' : 'r', tensor.word_bits, tensor.density);
    for (const Axis& axis : tensor.axes) {
      key += '[';
      for (const AxisTerm& term : axis) key += fmt::format("{}*{}+", term.dimension, term.coefficient);
      key += ']';
    }
  }
  return key;
}

}  // namespace dovetail
