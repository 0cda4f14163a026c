#include <dovetail/workloads/layer_reader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;
using Pair = std::array<std::int64_t, 2>;  // height, width

constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();

// Everything that may stand in a layer, unread: what is allowed depends on the kind of the layer.
struct Fields {
  std::string name;
  Node conv, depthwise, matmul, einsum, dims, tensors, kernel, stride, pad, dilation, groups, batch, after, word_bits,
      density;
  std::int64_t repeat = 1;
  bool parameters = true;
};

Json any_of(std::initializer_list<Json> schemas) {
  return {{"anyOf", Json(schemas)}};
}

const Record<Fields>& fields_record() {
  const Json number = {{"type", "integer"}, {"minimum", 0}, {"maximum", largest}};
  const Json pair = any_of({number, Json{{"type", "string"}, {"pattern", "^[0-9]+x[0-9]+$"}},
                            Json{{"type", "array"}, {"items", number}, {"minItems", 2}, {"maxItems", 2}}});
  const Json text = {{"type", "string"}};
  const Json words = any_of({text, Json{{"type", "array"}, {"items", text}}});
  const Json per_tensor =
      any_of({Json{{"type", "number"}}, Json{{"type", "object"}, {"additionalProperties", {{"type", "number"}}}}});
  const Json problem = problem_schema();
  auto keep = [](Node Fields::*place) {
    return [place](const Node& node, Fields& fields, Diagnostics&) { fields.*place = node; };
  };
  static const auto record =
      Record<Fields>("layer", "A layer: exactly one of conv, depthwise, matmul, einsum, or tensors with dims.")
          .optional("name", &Fields::name, "its name, when the layer is not given as name: {...}")
          .custom("conv", false, "C x H x W -> K (input size), or C -> K x P x Q (output size)", text,
                  keep(&Fields::conv))
          .custom("depthwise", false, "C x H x W (input size), or C -> P x Q (output size)", text,
                  keep(&Fields::depthwise))
          .custom("matmul", false, "M x K * K x N, or B x M x K * B x K x N", text, keep(&Fields::matmul))
          .custom("einsum", false, "O[n,k,p] += I[n,c,2p+r] * W[k,c,r], with dims", text, keep(&Fields::einsum))
          .custom("dims", false, "extent of each dimension of the einsum or the tensors", problem["properties"]["dims"],
                  keep(&Fields::dims))
          .custom("tensors", false, "tensors by their axes, as in the reference schema",
                  problem["properties"]["tensors"], keep(&Fields::tensors))
          .custom("kernel", false, "filter size: a number, HxW or [H, W] (1)", pair, keep(&Fields::kernel))
          .custom("stride", false, "step of the filter (1)", pair, keep(&Fields::stride))
          .custom("pad", false, "zeros on each side (0), or same", any_of({pair, Json{{"const", "same"}}}),
                  keep(&Fields::pad))
          .custom("dilation", false, "distance of filter taps (1)", pair, keep(&Fields::dilation))
          .custom("groups", false, "groups of channels that do not mix (1)", number, keep(&Fields::groups))
          .custom("batch", false, "images, or products of a batched matmul (1)", number, keep(&Fields::batch))
          .custom("after", false, "the layers whose results it reads; default: the one before it, [] for none", words,
                  keep(&Fields::after))
          .custom("word_bits", false, "width of an element, of all tensors or by tensor name", per_tensor,
                  keep(&Fields::word_bits))
          .custom("density", false, "share of nonzero elements, of all tensors or by tensor name", per_tensor,
                  keep(&Fields::density))
          .optional("repeat", &Fields::repeat, "how often the layer occurs in a row",
                    between(1, static_cast<double>(largest)))
          .optional("parameters", &Fields::parameters, "whether an operand is learned; false for attention products");
  return record;
}

// A size text such as 64x56x56: numbers joined by x. Empty when it is not one.
std::vector<std::int64_t> read_sizes(std::string_view text) {
  std::vector<std::int64_t> sizes;
  auto blank = [&] {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  };
  for (blank(); true; blank()) {
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits == 0 || sizes.size() == 4) return {};
    const auto value = Node::scalar({}, std::string(text.substr(0, digits)), false).as_integer();
    sizes.push_back(value && *value <= largest ? *value : largest + 1);
    text.remove_prefix(digits);
    blank();
    if (text.empty()) return sizes;
    if (text.front() == 'x' || text.front() == 'X') {
      text.remove_prefix(1);
    } else if (text.starts_with("\xC3\x97")) {  // the multiplication sign
      text.remove_prefix(2);
    } else {
      return {};
    }
  }
}

// A product of two sizes; too large a one stays too large, and the check of the layer reports it.
std::int64_t product(std::int64_t a, std::int64_t b) {
  return a > largest / b ? largest + 1 : a * b;
}

class LayerFormReader {
 public:
  LayerFormReader(const std::string& name, const Node& node, const Fields& fields, const LayerDefaults& defaults,
                  Diagnostics& diagnostics)
      : name_(name),
        node_(node),
        fields_(fields),
        defaults_(defaults),
        diagnostics_(diagnostics) {}

  Layer convolution(bool depthwise) {
    const Node& form = depthwise ? fields_.depthwise : fields_.conv;
    ConvShape shape{.name = name_};
    Pair kernel{1, 1}, stride{1, 1}, dilation{1, 1}, pad{0, 0};
    read_pair(fields_.kernel, "kernel", 1, kernel);
    read_pair(fields_.stride, "stride", 1, stride);
    read_pair(fields_.dilation, "dilation", 1, dilation);
    const bool same = fields_.pad.is_scalar() && fields_.pad.text() == "same";
    if (!same) read_pair(fields_.pad, "pad", 0, pad);
    shape.batch = batch();
    shape.groups = 1;
    if (!fields_.groups.is_null()) {
      if (depthwise) {
        diagnostics_.error(fields_.groups.location(),
                           "groups has no meaning for a depthwise convolution: each channel is its own");
      } else {
        read_value(fields_.groups, "groups", between(1, static_cast<double>(largest)), diagnostics_, shape.groups);
      }
    }
    std::vector<std::int64_t> input, output;
    if (!read_form(form, depthwise, input, output) || diagnostics_.errors() > before_) return {};
    shape.in_channels = input[0];
    shape.out_channels = depthwise ? input[0] : output[0];
    if (depthwise) shape.groups = input[0];
    Pair size{1, 1};
    if (output.size() == 3) size = {output[1], output[2]};
    if (input.size() == 3) {
      for (int side = 0; side < 2; ++side) {
        const char* direction = side == 0 ? "height" : "width";
        const std::int64_t reach = dilation[side] * (kernel[side] - 1) + 1;
        const std::int64_t length = input[side + 1];
        std::int64_t computed = 0;
        if (same) {
          computed = (length + stride[side] - 1) / stride[side];
          pad[side] = std::max<std::int64_t>(0, ((computed - 1) * stride[side] + reach - length) / 2);
        } else {
          const std::int64_t room = length + 2 * pad[side] - reach;
          if (room < 0) {
            diagnostics_.error(form.location(),
                               fmt::format("the kernel's {} of {} is larger than the padded input's of {}", direction,
                                           reach, length + 2 * pad[side]));
            continue;
          }
          computed = room / stride[side] + 1;
          const std::int64_t unused = room % stride[side] - pad[side];  // beyond the padding on the far side
          const bool said = side == 1 && length == input[1] && kernel[0] == kernel[1] && stride[0] == stride[1] &&
                            pad[0] == pad[1] && dilation[0] == dilation[1];
          if (unused > 0 && !said) {
            diagnostics_.note(
                form.location(),
                fmt::format("{}: stride {} does not divide {} + 2 x {} - {}: output {} is {}, the last {} of "
                            "the input unused",
                            name_, stride[side], length, pad[side], reach, direction, computed,
                            unused == 1 ? "row or column" : fmt::format("{} rows or columns", unused)));
          }
        }
        if (output.size() == 3 && output[side + 1] != computed) {
          diagnostics_.error(
              form.location(),
              fmt::format("the output's {} is {}, but the input's {} gives {} (kernel {}, stride {}, pad {})",
                          direction, output[side + 1], length, computed, kernel[side], stride[side], pad[side]));
        }
        size[side] = computed;
      }
    } else if (same) {
      diagnostics_.error(fields_.pad.location(), "pad: same needs the input size, C x H x W");
    }
    if (shape.groups > 1 && (shape.in_channels % shape.groups != 0 || shape.out_channels % shape.groups != 0)) {
      diagnostics_.error(fields_.groups.is_null() ? form.location() : fields_.groups.location(),
                         fmt::format("groups is {}, which must divide the {} input and {} output channels",
                                     shape.groups, shape.in_channels, shape.out_channels));
    }
    if (diagnostics_.errors() > before_) return {};
    shape.out_height = size[0];
    shape.out_width = size[1];
    shape.kernel_height = kernel[0];
    shape.kernel_width = kernel[1];
    shape.stride_height = stride[0];
    shape.stride_width = stride[1];
    shape.dilation_height = dilation[0];
    shape.dilation_width = dilation[1];
    shape.padding_height = pad[0];
    shape.padding_width = pad[1];
    return make_conv(shape);
  }

  Layer matmul() {
    const Node& form = fields_.matmul;
    const std::size_t star = form.is_scalar() ? form.text().find('*') : std::string::npos;
    std::vector<std::int64_t> a, b;
    if (star != std::string::npos) {
      a = read_sizes(std::string_view(form.text()).substr(0, star));
      b = read_sizes(std::string_view(form.text()).substr(star + 1));
    }
    if (a.size() < 2 || a.size() > 3 || b.size() != a.size()) {
      diagnostics_.error(form.location(),
                         fmt::format("a matmul is M x K * K x N, such as 128x768 * 768x3072, or with a batch in front, "
                                     "12x128x64 * 12x64x128; found {}",
                                     form.describe()));
      return {};
    }
    if (!sizes_fit(form, a) || !sizes_fit(form, b)) return {};
    const bool batched = a.size() == 3;
    if (a[batched + 1] != b[batched]) {
      diagnostics_.error(form.location(),
                         fmt::format("the inner sizes differ: {} columns on the left, {} rows on the right",
                                     a[batched + 1], b[batched]));
    }
    if (batched && a[0] != b[0]) {
      diagnostics_.error(form.location(),
                         fmt::format("the batches differ: {} on the left, {} on the right", a[0], b[0]));
    }
    MatmulShape shape{.name = name_, .rows = a[batched], .columns = b[batched + 1], .depth = a[batched + 1]};
    if (batched) shape.batch = a[0];
    if (!fields_.batch.is_null()) {
      std::int64_t own = 1;
      read_value(fields_.batch, "batch", between(1, static_cast<double>(largest)), diagnostics_, own);
      shape.batch = product(shape.batch, own);
    }
    if (diagnostics_.errors() > before_) return {};
    std::int64_t& grows = shape.batch > 1 ? shape.batch : shape.rows;
    grows = product(grows, defaults_.batch);
    return make_matmul(shape);
  }

  Layer einsum() {
    Layer layer;
    layer.name = name_;
    if (!fields_.einsum.is_scalar()) {
      diagnostics_.error(
          fields_.einsum.location(),
          fmt::format("einsum must be text such as 'O[n,k] += A[n,c] * B[c,k]', found {}", fields_.einsum.describe()));
      return layer;
    }
    if (fields_.dims.is_null()) {
      diagnostics_.error(node_.location(), "einsum needs the key 'dims', the extent of each dimension");
      return layer;
    }
    if (!require_mapping(fields_.dims, "dims", diagnostics_)) return layer;
    for (const Node::Entry& entry : fields_.dims.entries()) {
      Dimension dimension{entry.key, 1};
      read_value(entry.value, "dimension " + quote(entry.key), between(1, static_cast<double>(largest)), diagnostics_,
                 dimension.extent);
      layer.dimensions.push_back(std::move(dimension));
    }
    if (!read_einsum(fields_.einsum.text(), fields_.einsum.location(), layer, diagnostics_)) return layer;
    for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
      const bool used = std::any_of(layer.tensors.begin(), layer.tensors.end(),
                                    [&](const Tensor& tensor) { return relevant(tensor, static_cast<int>(d)); });
      if (!used) {
        diagnostics_.error(fields_.dims.entries()[d].where,
                           fmt::format("dimension {} is not used by the einsum", quote(layer.dimensions[d].name)));
      }
    }
    no_descriptor_batch("an einsum");
    return layer;
  }

  Layer general() {
    if (fields_.dims.is_null()) {
      diagnostics_.error(node_.location(), "tensors needs the key 'dims', the extent of each dimension");
      return {};
    }
    std::vector<Node::Entry> entries = {{"dims", fields_.dims.location(), fields_.dims},
                                        {"tensors", fields_.tensors.location(), fields_.tensors}};
    auto layer = read_problem(Node::mapping(node_.location(), std::move(entries)), diagnostics_);
    if (!layer) return {};
    layer->name = name_;
    no_descriptor_batch("a layer given by its tensors");
    return *layer;
  }

  /// Word widths and densities: the layer's own, else the descriptor's.
  void apply_widths(Layer& layer) {
    const Node& bits = fields_.word_bits.is_null() ? defaults_.word_bits : fields_.word_bits;
    apply(bits, "word_bits", fields_.word_bits.is_null(), layer, [&](const Node& value, Tensor& tensor) {
      read_value(value, "word_bits", between(1, 1024), diagnostics_, tensor.word_bits);
    });
    const Node& density = fields_.density.is_null() ? defaults_.density : fields_.density;
    apply(density, "density", fields_.density.is_null(), layer, [&](const Node& value, Tensor& tensor) {
      read_value(value, "density", above_to(0, 1), diagnostics_, tensor.density);
    });
  }

  /// Keys that say nothing for this kind of layer are mistakes.
  void reject(const std::string& kind, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
      if (node_.find(key) != nullptr) {
        diagnostics_.error(node_.find(key)->location(), fmt::format("{} has no meaning for {}", key, kind));
      }
    }
  }

 private:
  bool sizes_fit(const Node& node, const std::vector<std::int64_t>& sizes) {
    for (const std::int64_t size : sizes) {
      if (size >= 1 && size <= largest) continue;
      diagnostics_.error(node.location(), fmt::format("a size in {} is {}, allowed are 1 to {}", quote(node.text()),
                                                      size == 0 ? "0" : "too large", largest));
      return false;
    }
    return true;
  }

  // "C x H x W -> K", "C -> K x P x Q", "C x H x W -> K x P x Q"; depthwise without K.
  bool read_form(const Node& form, bool depthwise, std::vector<std::int64_t>& input,
                 std::vector<std::int64_t>& output) {
    const std::string& text = form.text();
    const std::size_t arrow = text.find("->");
    if (form.is_scalar()) {
      input = read_sizes(std::string_view(text).substr(0, arrow));
      if (arrow != std::string::npos) output = read_sizes(std::string_view(text).substr(arrow + 2));
    }
    if (depthwise && arrow != std::string::npos && output.size() == 2 && !input.empty())
      output.insert(output.begin(), input[0]);
    const bool input_good = input.size() == 3 || (input.size() == 1 && output.size() == 3);
    const bool output_good =
        depthwise ? (arrow == std::string::npos || output.size() == 3) : output.size() == 1 || output.size() == 3;
    if (!input_good || !output_good) {
      diagnostics_.error(
          form.location(),
          depthwise
              ? fmt::format("a depthwise convolution is C x H x W, such as 32x112x112, or C -> P x Q; found {}",
                            form.describe())
              : fmt::format("a convolution is C x H x W -> K, such as 64x56x56 -> 128, or C -> K x P x Q; found {}",
                            form.describe()));
      return false;
    }
    if (!sizes_fit(form, input) || !sizes_fit(form, output)) return false;
    if (depthwise && !output.empty() && output[0] != input[0]) {
      diagnostics_.error(
          form.location(),
          fmt::format("a depthwise convolution keeps its {} channels, found {} on the right", input[0], output[0]));
      return false;
    }
    return true;
  }

  void read_pair(const Node& node, const char* what, std::int64_t least, Pair& pair) {
    if (node.is_null()) return;
    const Bounds bounds = between(static_cast<double>(least), 65535);
    if (node.is_sequence() && node.items().size() == 2) {
      for (int side = 0; side < 2; ++side) read_value(node.items()[side], what, bounds, diagnostics_, pair[side]);
      return;
    }
    if (node.is_scalar() && node.text().find('x') != std::string::npos && !node.text().starts_with("0x")) {
      const auto sizes = read_sizes(node.text());
      if (sizes.size() == 2) {
        for (int side = 0; side < 2; ++side) {
          read_value(Node::scalar(node.location(), std::to_string(sizes[side]), false), what, bounds, diagnostics_,
                     pair[side]);
        }
        return;
      }
    }
    if (!node.is_scalar() || !node.as_number()) {
      diagnostics_.error(node.location(),
                         fmt::format("{} must be a number, HxW or [H, W], found {}", what, node.describe()));
      return;
    }
    if (read_value(node, what, bounds, diagnostics_, pair[0])) pair[1] = pair[0];
  }

  std::int64_t batch() {
    std::int64_t own = 1;
    if (fields_.batch.is_null()) return defaults_.batch;
    read_value(fields_.batch, "batch", between(1, static_cast<double>(largest)), diagnostics_, own);
    return product(own, defaults_.batch);
  }

  void no_descriptor_batch(const char* what) {
    if (defaults_.batch != 1) {
      diagnostics_.error(
          node_.location(),
          fmt::format("batch is {} for the whole workload, but {} has no known batch dimension: give it in "
                      "dims and leave batch out",
                      defaults_.batch, what));
    }
  }

  template <class Apply>
  void apply(const Node& value, const char* what, bool inherited, Layer& layer, const Apply& set) {
    if (value.is_null()) return;
    if (!value.is_mapping()) {
      for (Tensor& tensor : layer.tensors) {
        const std::size_t before = diagnostics_.errors();
        set(value, tensor);
        if (diagnostics_.errors() > before) return;
      }
      return;
    }
    std::vector<std::string> names;
    for (const Tensor& tensor : layer.tensors) names.push_back(tensor.name);
    for (const Node::Entry& entry : value.entries()) {
      const int index = find_tensor(layer, entry.key);
      if (index >= 0) {
        set(entry.value, layer.tensors[index]);
      } else if (!inherited) {
        diagnostics_.error(entry.where, fmt::format("{} of unknown tensor {}{}", what, quote(entry.key),
                                                    suggestion(entry.key, names)));
      }
    }
  }

  const std::string& name_;
  const Node& node_;
  const Fields& fields_;
  const LayerDefaults& defaults_;
  Diagnostics& diagnostics_;
  std::size_t before_ = diagnostics_.errors();
};

}  // namespace

std::optional<ReadLayer> read_layer(const std::string& name, const Node& node, const LayerDefaults& defaults,
                                    Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  Fields fields = fields_record().read(node, diagnostics);
  if (!node.is_mapping()) return std::nullopt;
  std::vector<std::string> kinds;
  for (const char* kind : {"conv", "depthwise", "matmul", "einsum", "tensors"}) {
    if (node.find(kind) != nullptr) kinds.emplace_back(kind);
  }
  if (kinds.size() != 1) {
    const std::string found = kinds.empty() ? "no shape" : fmt::format("two shapes, {} and {}", kinds[0], kinds[1]);
    diagnostics.error(node.location(),
                      fmt::format("layer {} has {}, expected exactly one of conv, depthwise, matmul, einsum, tensors",
                                  quote(name), found));
    return std::nullopt;
  }
  const std::string& kind = kinds[0];
  LayerFormReader reader(name, node, fields, defaults, diagnostics);
  const bool is_conv = kind == "conv" || kind == "depthwise";
  const std::string named = is_conv ? "a convolution" : "a layer given by " + kind;
  if (!is_conv) {
    reader.reject(named, {"kernel", "stride", "pad", "dilation", "groups"});
  }
  if (kind != "einsum" && kind != "tensors") reader.reject(named, {"dims"});
  if (kind == "einsum" || kind == "tensors") reader.reject(named, {"batch"});
  Layer layer = is_conv            ? reader.convolution(kind == "depthwise")
                : kind == "matmul" ? reader.matmul()
                : kind == "einsum" ? reader.einsum()
                                   : reader.general();
  if (diagnostics.errors() > before) return std::nullopt;
  reader.apply_widths(layer);
  for (const std::string& wrong : check(layer)) diagnostics.error(node.location(), wrong);
  if (diagnostics.errors() > before) return std::nullopt;
  const bool batched_matmul = kind == "matmul" && layer.dimensions.size() == 4;
  const bool learned = node.find("parameters") != nullptr ? fields.parameters : !batched_matmul;
  return ReadLayer{{std::move(layer), fields.repeat, learned}, fields.after};
}

nlohmann::ordered_json layer_schema() {
  return fields_record().schema();
}

}  // namespace dovetail
