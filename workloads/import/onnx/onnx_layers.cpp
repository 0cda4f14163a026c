// One function per operator that multiplies and accumulates: ONNX 1.12, Operators.md.
#ifdef DOVETAIL_ONNX
#include "onnx_layers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "onnx_graph.hpp"

namespace dovetail::onnx_import {
namespace {

constexpr std::int64_t most_extent = std::numeric_limits<std::int32_t>::max();

class Builder {
 public:
  Builder(const onnx::NodeProto& node, const ValueTypes& types, const std::unordered_set<std::string>& computed,
          const Location& where)
      : node_(node),
        types_(types),
        computed_(computed),
        where_(where) {}

  OnnxLayer build() {
    const std::string& name = node_.op_type();
    OnnxLayer made;
    if (name == "Conv" || name == "ConvInteger") made = convolution(0, 1);
    if (name == "QLinearConv") made = convolution(0, 3);
    if (name == "ConvTranspose") made = transposed(0, 1);
    if (name == "Gemm") made = gemm();
    if (name == "MatMul" || name == "MatMulInteger") made = matmul(0, 1);
    if (name == "QLinearMatMul") made = matmul(0, 3);
    if (name == "Einsum") made = einsum();
    made.layer.layer.name = node_name(node_);
    for (const std::string& wrong : check(made.layer.layer)) fail(wrong);
    return made;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(where_, fmt::format("{}: {}", node_text(node_), what));
  }

  // ---- what the node says

  const onnx::AttributeProto* attribute(const char* name) const {
    for (const auto& each : node_.attribute())
      if (each.name() == name) return &each;
    return nullptr;
  }

  std::int64_t integer(const char* name, std::int64_t otherwise) const {
    const auto* found = attribute(name);
    return found != nullptr ? found->i() : otherwise;
  }

  // One positive number per spatial axis, 1 unless given.
  std::vector<std::int64_t> per_axis(const char* name, std::size_t axes) const {
    const auto* found = attribute(name);
    if (found == nullptr || found->ints_size() == 0) return std::vector<std::int64_t>(axes, 1);
    const std::vector<std::int64_t> all(found->ints().begin(), found->ints().end());
    if (all.size() != axes) fail(fmt::format("{} has {} numbers for {} spatial axes", name, all.size(), axes));
    for (const std::int64_t each : all)
      if (each < 1 || each > most_extent) fail(fmt::format("{} is {}, allowed are 1 to {}", name, each, most_extent));
    return all;
  }

  // begin of every axis, then end of every axis
  std::vector<std::int64_t> pads(std::size_t axes) const {
    const auto* found = attribute("pads");
    if (found == nullptr || found->ints_size() == 0) return std::vector<std::int64_t>(2 * axes, 0);
    const std::vector<std::int64_t> all(found->ints().begin(), found->ints().end());
    if (all.size() != 2 * axes) fail(fmt::format("pads has {} numbers for {} spatial axes", all.size(), axes));
    for (const std::int64_t each : all)
      if (each < 0 || each > most_extent) fail(fmt::format("pads is {}, allowed are 0 to {}", each, most_extent));
    return all;
  }

  const std::string& input(int position) const {
    if (position >= node_.input_size() || node_.input(position).empty())
      fail(fmt::format("operand {} is missing", position + 1));
    return node_.input(position);
  }

  // The extents of an operand, all known.
  Shape shape(int position) const {
    const std::string& value = input(position);
    const auto known = shape_of(types_, value);
    if (!known) fail(fmt::format("the shape of tensor {} is not known (dynamic-shape){}", quote(value), hint(value)));
    for (std::size_t axis = 0; axis < known->size(); ++axis) {
      const std::int64_t size = (*known)[axis];
      if (size == -1 && is_open(value, axis))
        fail(fmt::format("axis {} of tensor {} has no known size (dynamic-shape){}", axis, quote(value), hint(value)));
      if (size < 1 || size > most_extent)
        fail(fmt::format("axis {} of tensor {} has size {}, allowed are 1 to {}", axis, quote(value), size,
                         most_extent));
    }
    return *known;
  }

  bool is_open(const std::string& value, std::size_t axis) const {
    return !types_.at(value).tensor_type().shape().dim(static_cast<int>(axis)).has_dim_value();
  }

  // What to do about an open size: it goes back to a symbol of the inputs, or to an operator that hides it.
  std::string hint(const std::string& value) const {
    const auto found = types_.find(value);
    if (found == types_.end()) return ": no rule gives it, and the model's value_info does not say it";
    for (const auto& size : found->second.tensor_type().shape().dim())
      if (!size.dim_param().empty() && !size.dim_param().starts_with("unk__"))
        return fmt::format("; --dim {}=1 sets it", size.dim_param());
    return "; --dim NAME=SIZE sets the open sizes of the model's inputs";
  }

  bool learned(int position) const { return !computed_.contains(node_.input(position)); }

  // ---- loop nests

  static int add(Layer& layer, std::string name, std::int64_t extent) {
    layer.dimensions.push_back({std::move(name), extent});
    return static_cast<int>(layer.dimensions.size()) - 1;
  }

  struct Window {
    std::size_t axes = 0;
    std::int64_t batch = 1, channels = 1, filters = 1, groups = 1;  // channels and filters over all groups
    std::vector<std::int64_t> input, kernel, stride, dilation, pads;
  };

  // Sizes of a convolution from its operands; the weights are [filters, channels / groups, kernel...], those
  // of a transposed one [channels, filters / groups, kernel...].
  Window window(int data, int weights, bool is_transposed) const {
    const Shape x = shape(data), w = shape(weights);
    if (x.size() < 3 || x.size() > 5)
      fail(fmt::format("tensor {} has {} axes; a convolution has 1 to 3 spatial axes after batch and channels",
                       quote(input(data)), x.size()));
    if (w.size() != x.size())
      fail(fmt::format("tensor {} has {} axes and the weights {} have {}", quote(input(data)), x.size(),
                       quote(input(weights)), w.size()));
    Window all;
    all.axes = x.size() - 2;
    all.batch = x[0];
    all.channels = x[1];
    all.groups = integer("group", 1);
    if (all.groups < 1 || all.channels % all.groups != 0)
      fail(fmt::format("group is {} with {} channels", all.groups, all.channels));
    if (is_transposed && w[1] > most_extent / all.groups)
      fail(fmt::format("group is {} with {} filters each", all.groups, w[1]));
    all.filters = is_transposed ? w[1] * all.groups : w[0];
    const std::int64_t expected = is_transposed ? all.channels : all.channels / all.groups;
    const std::int64_t found = is_transposed ? w[0] : w[1];
    if (found != expected || all.filters % all.groups != 0)
      fail(fmt::format("weights {} of shape [{}] do not fit {} channels in {} groups", quote(input(weights)),
                       fmt::join(w, ", "), all.channels, all.groups));
    all.input.assign(x.begin() + 2, x.end());
    all.kernel.assign(w.begin() + 2, w.end());
    if (attribute("kernel_shape") != nullptr && per_axis("kernel_shape", all.axes) != all.kernel)
      fail(fmt::format("kernel_shape does not fit the weights' shape [{}]", fmt::join(w, ", ")));
    all.stride = per_axis("strides", all.axes);
    all.dilation = per_axis("dilations", all.axes);
    all.pads = pads(all.axes);
    return all;
  }

  // Output extent along one axis.
  std::int64_t output_extent(const Window& window, std::size_t axis) const {
    const auto* padding = attribute("auto_pad");
    const std::string mode = padding != nullptr && !padding->s().empty() ? padding->s() : "NOTSET";
    const std::int64_t in = window.input[axis], stride = window.stride[axis];
    if (mode == "SAME_UPPER" || mode == "SAME_LOWER") return (in + stride - 1) / stride;
    if (mode != "NOTSET" && mode != "VALID")
      fail(fmt::format("auto_pad is {}, allowed are NOTSET, SAME_UPPER, SAME_LOWER and VALID", quote(mode)));
    const std::int64_t around = mode == "VALID" ? 0 : window.pads[axis] + window.pads[window.axes + axis];
    const std::int64_t reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
    if (reach > in + around)
      fail(fmt::format("the kernel reaches over {} positions along axis {}, the padded input has {}", reach, axis + 2,
                       in + around));
    return (in + around - reach) / stride + 1;
  }

  OnnxLayer convolution(int data, int weights) const {
    const Window all = window(data, weights, false);
    std::vector<std::int64_t> output;
    for (std::size_t axis = 0; axis < all.axes; ++axis) output.push_back(output_extent(all, axis));
    OnnxLayer made;
    made.layer.has_parameters = learned(weights);
    if (all.axes == 3) {
      made.layer.layer = nest(all, output, {"D", "P", "Q"}, {"T", "R", "S"}, false);
      return made;
    }
    const std::size_t height = 0, width = all.axes - 1;
    const bool flat = all.axes == 1;
    made.layer.layer = make_conv({.name = node_name(node_),
                                  .batch = all.batch,
                                  .in_channels = all.channels,
                                  .out_channels = all.filters,
                                  .groups = all.groups,
                                  .out_height = flat ? 1 : output[height],
                                  .out_width = output[width],
                                  .kernel_height = flat ? 1 : all.kernel[height],
                                  .kernel_width = all.kernel[width],
                                  .stride_height = flat ? 1 : all.stride[height],
                                  .stride_width = all.stride[width],
                                  .dilation_height = flat ? 1 : all.dilation[height],
                                  .dilation_width = all.dilation[width],
                                  .padding_height = flat ? 0 : all.pads[height],
                                  .padding_width = all.pads[width]});
    return made;
  }

  // Every input position adds stride x position + dilation x tap: all outputs are there, those that pads cut
  // off too.
  OnnxLayer transposed(int data, int weights) const {
    const Window all = window(data, weights, true);
    static const std::vector<std::string> positions[] = {{"X"}, {"Y", "X"}, {"Z", "Y", "X"}};
    static const std::vector<std::string> taps[] = {{"S"}, {"R", "S"}, {"T", "R", "S"}};
    OnnxLayer made;
    made.transposed = true;
    made.layer.has_parameters = learned(weights);
    made.layer.layer = nest(all, all.input, positions[all.axes - 1], taps[all.axes - 1], true);
    return made;
  }

  // The loops of a convolution over any number of axes; `positions` are of the output, or of the input if
  // transposed.
  static Layer nest(const Window& all, const std::vector<std::int64_t>& extents,
                    const std::vector<std::string>& positions, const std::vector<std::string>& taps,
                    bool is_transposed) {
    Layer layer;
    layer.kind = "conv";
    const bool depthwise = all.groups > 1 && all.groups == all.channels && all.groups == all.filters;
    const int n = add(layer, "N", all.batch);
    const int g = all.groups > 1 && !depthwise ? add(layer, "G", all.groups) : -1;
    const int k = depthwise ? -1 : add(layer, "K", all.filters / all.groups);
    const int c = add(layer, "C", depthwise ? all.channels : all.channels / all.groups);
    Tensor weights{"Weights", {}}, inputs{"Inputs", {}}, outputs{"Outputs", {}};
    outputs.written = true;
    if (g >= 0)
      for (Tensor* tensor : {&weights, &inputs, &outputs}) tensor->axes.push_back({{g, 1}});
    if (k >= 0) weights.axes.push_back({{k, 1}});
    weights.axes.push_back({{c, 1}});
    inputs.axes.insert(inputs.axes.end(), {{{n, 1}}, {{c, 1}}});
    outputs.axes.insert(outputs.axes.end(), {{{n, 1}}, {{k >= 0 ? k : c, 1}}});
    std::vector<int> at, tap;
    for (std::size_t axis = 0; axis < all.axes; ++axis) at.push_back(add(layer, positions[axis], extents[axis]));
    for (std::size_t axis = 0; axis < all.axes; ++axis) tap.push_back(add(layer, taps[axis], all.kernel[axis]));
    for (std::size_t axis = 0; axis < all.axes; ++axis) {
      const Axis sliding = {{at[axis], all.stride[axis]}, {tap[axis], all.dilation[axis]}};
      weights.axes.push_back({{tap[axis], 1}});
      inputs.axes.push_back(is_transposed ? Axis{{at[axis], 1}} : sliding);
      outputs.axes.push_back(is_transposed ? sliding : Axis{{at[axis], 1}});
    }
    layer.tensors = {weights, inputs, outputs};
    return layer;
  }

  // The learned operand is called Weights; where none is, the second one.
  OnnxLayer product(Layer layer, int left, int right) const {
    OnnxLayer made;
    const bool swapped = learned(left) && !learned(right);
    if (swapped) std::swap(layer.tensors[0].name, layer.tensors[1].name);
    made.layer.has_parameters = learned(left) || learned(right);
    made.layer.layer = std::move(layer);
    return made;
  }

  OnnxLayer gemm() const {
    Shape a = shape(0), b = shape(1);
    if (a.size() != 2 || b.size() != 2)
      fail(fmt::format("operands have {} and {} axes, allowed are 2", a.size(), b.size()));
    if (integer("transA", 0) != 0) std::swap(a[0], a[1]);
    if (integer("transB", 0) != 0) std::swap(b[0], b[1]);
    if (a[1] != b[0]) fail(fmt::format("operands [{}] and [{}] do not fit", fmt::join(a, ", "), fmt::join(b, ", ")));
    return product(make_matmul({.name = node_name(node_), .rows = a[0], .columns = b[1], .depth = a[1]}), 0, 1);
  }

  std::int64_t times(std::int64_t a, std::int64_t b) const {
    std::int64_t result = 0;
    if (__builtin_mul_overflow(a, b, &result) || result > most_extent)
      fail(fmt::format("a dimension of more than {} elements", most_extent));
    return result;
  }

  // numpy's rules: a vector is a row on the left and a column on the right; leading axes are broadcast. An
  // axis that only one operand has is more of its rows or columns, one that both have is a batch.
  OnnxLayer matmul(int left, int right) const {
    Shape a = shape(left), b = shape(right);
    if (a.empty() || b.empty()) fail("an operand is a scalar");
    if (a.size() == 1) a.insert(a.begin(), 1);
    if (b.size() == 1) b.push_back(1);
    MatmulShape sizes{.name = node_name(node_), .rows = a[a.size() - 2], .columns = b.back(), .depth = a.back()};
    const auto misfit = [&] {
      fail(fmt::format("operands [{}] and [{}] do not fit", fmt::join(a, ", "), fmt::join(b, ", ")));
    };
    if (sizes.depth != b[b.size() - 2]) misfit();
    const std::size_t axes = std::max(a.size(), b.size());
    for (std::size_t from_end = 3; from_end <= axes; ++from_end) {
      const std::int64_t of_a = from_end <= a.size() ? a[a.size() - from_end] : 1;
      const std::int64_t of_b = from_end <= b.size() ? b[b.size() - from_end] : 1;
      if (of_a == of_b) {
        sizes.batch = times(sizes.batch, of_a);
      } else if (of_b == 1) {
        sizes.rows = times(sizes.rows, of_a);
      } else if (of_a == 1) {
        sizes.columns = times(sizes.columns, of_b);
      } else {
        misfit();
      }
    }
    return product(make_matmul(sizes), left, right);
  }

  OnnxLayer einsum() const {
    const auto* equation = attribute("equation");
    std::string text = equation != nullptr ? equation->s() : "";
    std::erase(text, ' ');
    if (text.find("...") != std::string::npos)
      fail(fmt::format("{}: ... is not supported (unsupported-operator)", quote(text)));
    const std::size_t arrow = text.find("->");
    std::vector<std::string> operands(1);
    for (const char letter : text.substr(0, arrow)) {
      if (letter == ',')
        operands.emplace_back();
      else
        operands.back() += letter;
    }
    if (operands.size() != 2 || node_.input_size() != 2)
      fail(fmt::format("{} multiplies {} operands, allowed are 2 (unsupported-operator)", quote(text),
                       node_.input_size()));
    std::string result = arrow == std::string::npos ? implicit_result(operands) : text.substr(arrow + 2);
    Layer layer;
    std::map<char, int> dimension;
    for (int o = 0; o < 2; ++o) {
      const Shape sizes = shape(o);
      require_letters(operands[o], text);
      if (sizes.size() != operands[o].size())
        fail(fmt::format("{} gives {} axes to tensor {}, which has {}", quote(text), operands[o].size(),
                         quote(input(o)), sizes.size()));
      for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
        const char letter = operands[o][axis];
        if (!dimension.contains(letter)) dimension[letter] = add(layer, std::string(1, letter), sizes[axis]);
        Dimension& known = layer.dimensions[dimension[letter]];
        if (known.extent == 1) known.extent = sizes[axis];
        if (sizes[axis] != 1 && sizes[axis] != known.extent)
          fail(fmt::format("{}: {} is {} and {}", quote(text), letter, known.extent, sizes[axis]));
      }
    }
    require_letters(result, text);
    layer.tensors = {{"Weights", axes(operands[1], shape(1), dimension)},
                     {"Inputs", axes(operands[0], shape(0), dimension)}};
    Tensor outputs{"Outputs", {}};
    outputs.written = true;
    for (const char letter : result) {
      if (!dimension.contains(letter)) fail(fmt::format("{}: no operand has {}", quote(text), letter));
      outputs.axes.push_back({{dimension[letter], 1}});
    }
    layer.tensors.push_back(outputs);
    return product(std::move(layer), 0, 1);
  }

  // Letters that occur once, by the alphabet.
  static std::string implicit_result(const std::vector<std::string>& operands) {
    std::map<char, int> times;
    for (const std::string& operand : operands)
      for (const char letter : operand) ++times[letter];
    std::string result;
    for (const auto& [letter, count] : times)
      if (count == 1) result += letter;
    return result;
  }

  void require_letters(const std::string& letters, const std::string& text) const {
    std::set<char> seen;
    for (const char letter : letters) {
      if (!std::isalpha(static_cast<unsigned char>(letter)))
        fail(fmt::format("{} is no equation that is read", quote(text)));
      if (!seen.insert(letter).second)
        fail(fmt::format("{} repeats {} in a term (unsupported-operator)", quote(text), letter));
    }
  }

  // An axis of size 1 is broadcast along a longer dimension: the tensor does not move with it.
  static std::vector<Axis> axes(const std::string& letters, const Shape& sizes, const std::map<char, int>& dimension) {
    std::vector<Axis> all;
    for (std::size_t axis = 0; axis < letters.size(); ++axis)
      if (sizes[axis] > 1) all.push_back({{dimension.at(letters[axis]), 1}});
    return all;
  }

  const onnx::NodeProto& node_;
  const ValueTypes& types_;
  const std::unordered_set<std::string>& computed_;
  const Location& where_;
};

}  // namespace

OnnxLayer onnx_layer(const onnx::NodeProto& node, const ValueTypes& types,
                     const std::unordered_set<std::string>& computed, const Location& where) {
  return Builder(node, types, computed, where).build();
}

}  // namespace dovetail::onnx_import
#endif
