// Computes the small tensors of a graph: what PyTorch and others export where Python computed a shape.
#ifdef DOVETAIL_ONNX
#include "onnx_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

namespace dovetail::onnx_import {
namespace {

using onnx::TensorProto;
using Element = std::optional<Number>;

constexpr std::int64_t most_elements = 1024;

bool is_integer(int type) {
  return type == TensorProto::INT64 || type == TensorProto::INT32 || type == TensorProto::BOOL;
}

bool is_kept(int type) {
  return is_integer(type) || type == TensorProto::FLOAT || type == TensorProto::DOUBLE;
}

std::optional<std::int64_t> element_count(const std::vector<std::int64_t>& sizes) {
  std::int64_t count = 1;
  for (const std::int64_t size : sizes) {
    if (size < 0 || __builtin_mul_overflow(count, size, &count) || count > most_elements) return std::nullopt;
  }
  return count;
}

// Whether all are finite and fit std::int64_t.
bool in_range(const std::vector<Element>& elements) {
  return std::all_of(elements.begin(), elements.end(),
                     [](const Element& element) { return !element || (*element >= -0x1p63L && *element < 0x1p63L); });
}

template <class T>
void append_raw(const std::string& raw, std::vector<Element>& elements) {
  for (std::size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, raw.data() + at,
                sizeof(T));  // ONNX stores little-endian, as every machine that we build for
    elements.push_back(static_cast<Number>(value));
  }
}

template <class Field>
void append_field(const Field& field, std::vector<Element>& elements) {
  for (const auto value : field) elements.push_back(static_cast<Number>(value));
}

void append_data(const TensorProto& tensor, std::vector<Element>& elements) {
  const bool raw = tensor.has_raw_data();
  switch (tensor.data_type()) {
    case TensorProto::INT64:
      return raw ? append_raw<std::int64_t>(tensor.raw_data(), elements) : append_field(tensor.int64_data(), elements);
    case TensorProto::INT32:
      return raw ? append_raw<std::int32_t>(tensor.raw_data(), elements) : append_field(tensor.int32_data(), elements);
    case TensorProto::BOOL:
      return raw ? append_raw<std::int8_t>(tensor.raw_data(), elements) : append_field(tensor.int32_data(), elements);
    case TensorProto::FLOAT:
      return raw ? append_raw<float>(tensor.raw_data(), elements) : append_field(tensor.float_data(), elements);
    case TensorProto::DOUBLE:
      return raw ? append_raw<double>(tensor.raw_data(), elements) : append_field(tensor.double_data(), elements);
    default:
      return;
  }
}

const onnx::AttributeProto* attribute(const onnx::NodeProto& node, std::string_view name) {
  for (const onnx::AttributeProto& each : node.attribute())
    if (each.name() == name) return &each;
  return nullptr;
}

std::int64_t integer(const onnx::NodeProto& node, std::string_view name, std::int64_t otherwise) {
  const onnx::AttributeProto* found = attribute(node, name);
  return found != nullptr ? found->i() : otherwise;
}

std::vector<std::int64_t> integers(const SmallTensor& tensor) {
  std::vector<std::int64_t> all;
  for (const Element& element : tensor.elements) all.push_back(static_cast<std::int64_t>(*element));
  return all;
}

// What a node's operator gets to see.
struct Inputs {
  const onnx::NodeProto& node;
  std::vector<const SmallTensor*> values;  // null where not known or left out
  std::optional<std::vector<std::int64_t>> first_shape;

  const SmallTensor* at(std::size_t i) const { return i < values.size() ? values[i] : nullptr; }
  bool has(int i) const { return i < node.input_size() && !node.input(i).empty(); }
};

using Elements = std::optional<std::vector<Element>>;

Elements shape_operator(const Inputs& in) {
  if (!in.first_shape) return std::nullopt;
  const auto rank = static_cast<std::int64_t>(in.first_shape->size());
  const auto place = [&](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const std::int64_t start = place(integer(in.node, "start", 0)), end = place(integer(in.node, "end", rank));
  std::vector<Element> sizes;
  for (std::int64_t axis = start; axis < end; ++axis) {
    const std::int64_t size = (*in.first_shape)[axis];
    sizes.push_back(size >= 0 ? Element(size) : std::nullopt);
  }
  return sizes;
}

Elements size_operator(const Inputs& in) {
  if (!in.first_shape) return std::nullopt;
  Number count = 1;
  for (const std::int64_t size : *in.first_shape) {
    if (size < 0) return std::nullopt;
    count *= size;
  }
  return std::vector<Element>{count};
}

Elements constant_operator(const Inputs& in) {
  std::vector<Element> elements;
  for (const onnx::AttributeProto& each : in.node.attribute()) {
    if (each.name() == "value" && each.has_t()) {
      const auto tensor = small_tensor(each.t());
      return tensor ? Elements(tensor->elements) : std::nullopt;
    }
    if (each.name() == "value_int") elements.push_back(static_cast<Number>(each.i()));
    if (each.name() == "value_float") elements.push_back(static_cast<Number>(each.f()));
    if (each.name() == "value_ints") append_field(each.ints(), elements);
    if (each.name() == "value_floats") append_field(each.floats(), elements);
  }
  return elements;
}

Elements same_elements(const Inputs& in) {
  return in.at(0) != nullptr ? Elements(in.at(0)->elements) : std::nullopt;
}

Elements concat_operator(const Inputs& in) {
  std::vector<Element> all;
  for (const SmallTensor* each : in.values) {
    if (each == nullptr || each->sizes.size() != 1) return std::nullopt;
    all.insert(all.end(), each->elements.begin(), each->elements.end());
  }
  return all;
}

Elements gather_operator(const Inputs& in) {
  if (in.at(0) == nullptr || in.at(1) == nullptr || !in.at(1)->known() || in.at(0)->sizes.size() != 1)
    return std::nullopt;
  const auto length = static_cast<std::int64_t>(in.at(0)->elements.size());
  std::vector<Element> taken;
  for (std::int64_t index : integers(*in.at(1))) {
    if (index < 0) index += length;
    if (index < 0 || index >= length) return std::nullopt;
    taken.push_back(in.at(0)->elements[index]);
  }
  return taken;
}

// Slice of a vector; before opset 10 the bounds are attributes.
Elements slice_operator(const Inputs& in) {
  if (in.at(0) == nullptr || in.at(0)->sizes.size() != 1) return std::nullopt;
  std::optional<std::int64_t> bounds[3] = {std::nullopt, std::nullopt, 1};  // start, end, step
  const char* names[] = {"starts", "ends"};
  for (int b = 0; b < 2; ++b) {
    if (const auto* found = attribute(in.node, names[b]); found != nullptr && found->ints_size() == 1)
      bounds[b] = found->ints(0);
  }
  const std::size_t places[] = {1, 2, 4};
  for (int b = 0; b < 3; ++b) {
    if (!in.has(static_cast<int>(places[b]))) continue;
    const SmallTensor* given = in.at(places[b]);
    if (given == nullptr || !given->known() || given->elements.size() != 1) return std::nullopt;
    bounds[b] = integers(*given)[0];
  }
  if (!bounds[0] || !bounds[1] || *bounds[2] == 0) return std::nullopt;
  const auto length = static_cast<std::int64_t>(in.at(0)->elements.size());
  const std::int64_t step = std::clamp<std::int64_t>(*bounds[2], -most_elements, most_elements);
  const auto place = [&](std::int64_t at) {
    if (at < 0) at = std::max(at, -length - 1) + length;
    return step > 0 ? std::clamp<std::int64_t>(at, 0, length) : std::clamp<std::int64_t>(at, -1, length - 1);
  };
  std::vector<Element> taken;
  const std::int64_t end = place(*bounds[1]);
  for (std::int64_t at = place(*bounds[0]); step > 0 ? at < end : at > end; at += step)
    taken.push_back(in.at(0)->elements[at]);
  return taken;
}

// Applied element by element; a single element stands for all.
template <class Function>
Elements zip(const SmallTensor* a, const SmallTensor* b, Function&& function) {
  if (a == nullptr || b == nullptr) return std::nullopt;
  const std::size_t count = a->elements.size() == 1 ? b->elements.size() : a->elements.size();
  if (a->elements.size() != count && a->elements.size() != 1) return std::nullopt;
  if (b->elements.size() != count && b->elements.size() != 1) return std::nullopt;
  std::vector<Element> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Element& left = a->elements[a->elements.size() == 1 ? 0 : i];
    const Element& right = b->elements[b->elements.size() == 1 ? 0 : i];
    if (left && right) all[i] = function(*left, *right);
  }
  return all;
}

template <class Function>
Elements binary(const Inputs& in, Function&& function) {
  return in.values.size() == 2 ? zip(in.at(0), in.at(1), function) : std::nullopt;
}

template <class Function>
Elements unary(const Inputs& in, Function&& function) {
  if (in.at(0) == nullptr) return std::nullopt;
  std::vector<Element> all;
  for (const Element& element : in.at(0)->elements) all.push_back(element ? Element(function(*element)) : std::nullopt);
  return all;
}

Elements divide_operator(const Inputs& in) {
  const bool whole = in.at(0) != nullptr && is_integer(in.at(0)->type);
  return binary(in, [&](Number a, Number b) -> Element {
    if (b == 0) return std::nullopt;
    return whole ? std::trunc(a / b) : a / b;
  });
}

Elements mod_operator(const Inputs& in) {
  const bool truncated = integer(in.node, "fmod", 0) != 0;
  return binary(in, [&](Number a, Number b) -> Element {
    if (b == 0) return std::nullopt;
    return truncated ? std::fmod(a, b) : a - b * std::floor(a / b);
  });
}

Elements cast_operator(const Inputs& in) {
  const auto to = static_cast<int>(integer(in.node, "to", 0));
  return unary(in, [&](Number a) -> Number {
    if (to == TensorProto::BOOL) return a != 0;
    return is_integer(to) ? std::trunc(a) : to == TensorProto::FLOAT ? static_cast<float>(a) : a;
  });
}

Elements where_operator(const Inputs& in) {
  const SmallTensor *when = in.at(0), *yes = in.at(1), *no = in.at(2);
  if (when == nullptr || yes == nullptr || no == nullptr || !when->known()) return std::nullopt;
  const std::size_t count = std::max({when->elements.size(), yes->elements.size(), no->elements.size()});
  std::vector<Element> all;
  for (const SmallTensor* each : {when, yes, no})
    if (each->elements.size() != count && each->elements.size() != 1) return std::nullopt;
  const auto at = [](const SmallTensor* tensor, std::size_t i) {
    return tensor->elements[tensor->elements.size() == 1 ? 0 : i];
  };
  for (std::size_t i = 0; i < count; ++i) all.push_back(*at(when, i) != 0 ? at(yes, i) : at(no, i));
  return all;
}

Elements range_operator(const Inputs& in) {
  for (std::size_t i = 0; i < 3; ++i)
    if (in.at(i) == nullptr || !in.at(i)->known() || in.at(i)->elements.size() != 1) return std::nullopt;
  const Number start = *in.at(0)->elements[0], end = *in.at(1)->elements[0], step = *in.at(2)->elements[0];
  if (step == 0 || (end - start) / step > most_elements) return std::nullopt;
  std::vector<Element> all;
  for (Number at = start; step > 0 ? at < end : at > end; at += step) all.push_back(at);
  return all;
}

Elements filled(const Inputs& in, const Element& value) {
  if (in.at(0) == nullptr || !in.at(0)->known()) return std::nullopt;
  const auto count = element_count(integers(*in.at(0)));
  return count ? Elements(std::vector<Element>(*count, value)) : std::nullopt;
}

Elements constant_of_shape_operator(const Inputs& in) {
  const onnx::AttributeProto* value = attribute(in.node, "value");
  if (value == nullptr) return filled(in, Element(0));
  const auto tensor = small_tensor(value->t());
  return tensor && tensor->elements.size() == 1 ? filled(in, tensor->elements[0]) : std::nullopt;
}

Elements expand_operator(const Inputs& in) {
  if (in.at(0) == nullptr || in.at(0)->elements.size() != 1 || in.at(1) == nullptr || !in.at(1)->known())
    return std::nullopt;
  const auto count = element_count(integers(*in.at(1)));
  return count ? Elements(std::vector<Element>(*count, in.at(0)->elements[0])) : std::nullopt;
}

Elements product_operator(const Inputs& in) {
  if (in.at(0) == nullptr || !in.at(0)->known() || in.at(0)->sizes.size() != 1) return std::nullopt;
  Number product = 1;
  for (const Element& element : in.at(0)->elements) product *= *element;
  return std::vector<Element>{product};
}

using Operator = Elements (*)(const Inputs&);

const std::unordered_map<std::string_view, Operator>& operators() {
  static const std::unordered_map<std::string_view, Operator> all = {
      {"Shape", shape_operator},
      {"Size", size_operator},
      {"Constant", constant_operator},
      {"Identity", same_elements},
      {"Unsqueeze", same_elements},
      {"Squeeze", same_elements},
      {"Reshape", same_elements},
      {"Flatten", same_elements},
      {"Concat", concat_operator},
      {"Gather", gather_operator},
      {"Slice", slice_operator},
      {"Cast", cast_operator},
      {"Where", where_operator},
      {"Range", range_operator},
      {"ConstantOfShape", constant_of_shape_operator},
      {"Expand", expand_operator},
      {"ReduceProd", product_operator},
      {"Div", divide_operator},
      {"Mod", mod_operator},
      {"Add", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return a + b; }); }},
      {"Sub", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return a - b; }); }},
      {"Mul", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return a * b; }); }},
      {"Pow", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return std::pow(a, b); }); }},
      {"Min", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return std::min(a, b); }); }},
      {"Max", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return std::max(a, b); }); }},
      {"Equal", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return Number(a == b); }); }},
      {"Less", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return Number(a < b); }); }},
      {"Greater", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return Number(a > b); }); }},
      {"And", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return Number(a != 0 && b != 0); }); }},
      {"Or", [](const Inputs& in) { return binary(in, [](Number a, Number b) { return Number(a != 0 || b != 0); }); }},
      {"Not", [](const Inputs& in) { return unary(in, [](Number a) { return Number(a == 0); }); }},
      {"Neg", [](const Inputs& in) { return unary(in, [](Number a) { return -a; }); }},
      {"Abs", [](const Inputs& in) { return unary(in, [](Number a) { return std::abs(a); }); }},
      {"Floor", [](const Inputs& in) { return unary(in, [](Number a) { return std::floor(a); }); }},
      {"Ceil", [](const Inputs& in) { return unary(in, [](Number a) { return std::ceil(a); }); }},
      {"Round", [](const Inputs& in) { return unary(in, [](Number a) { return std::nearbyint(a); }); }},
      {"Sqrt", [](const Inputs& in) { return unary(in, [](Number a) { return std::sqrt(a); }); }},
  };
  return all;
}

}  // namespace

bool SmallTensor::known() const {
  return std::all_of(elements.begin(), elements.end(), [](const Element& element) { return element.has_value(); });
}

std::optional<SmallTensor> small_tensor(const TensorProto& tensor) {
  SmallTensor small;
  small.type = tensor.data_type();
  small.sizes.assign(tensor.dims().begin(), tensor.dims().end());
  const auto count = element_count(small.sizes);
  if (!count || !is_kept(small.type) || tensor.data_location() == TensorProto::EXTERNAL) return std::nullopt;
  append_data(tensor, small.elements);
  if (static_cast<std::int64_t>(small.elements.size()) != *count || !in_range(small.elements)) return std::nullopt;
  return small;
}

TensorProto tensor_proto(const SmallTensor& tensor) {
  TensorProto proto;
  proto.set_data_type(tensor.type);
  for (const std::int64_t size : tensor.sizes) proto.add_dims(size);
  for (const Element& element : tensor.elements) {
    switch (tensor.type) {
      case TensorProto::INT64:
        proto.add_int64_data(static_cast<std::int64_t>(*element));
        break;
      case TensorProto::FLOAT:
        proto.add_float_data(static_cast<float>(*element));
        break;
      case TensorProto::DOUBLE:
        proto.add_double_data(static_cast<double>(*element));
        break;
      default:
        proto.add_int32_data(static_cast<std::int32_t>(static_cast<std::int64_t>(*element)));
    }
  }
  return proto;
}

onnx::TensorShapeProto shape_proto(const SmallTensor& tensor) {
  onnx::TensorShapeProto shape;
  for (const Element& element : tensor.elements) {
    auto* size = shape.add_dim();
    if (element) size->set_dim_value(static_cast<std::int64_t>(*element));
  }
  return shape;
}

std::optional<SmallTensor> fold(const onnx::NodeProto& node, const SmallTensors& known,
                                const std::optional<std::vector<std::int64_t>>& shape_of,
                                const onnx::TypeProto& result) {
  const auto found = operators().find(node.op_type());
  if (found == operators().end() || !result.has_tensor_type() || !is_kept(result.tensor_type().elem_type()))
    return std::nullopt;
  Inputs in{node, {}, shape_of};
  for (const std::string& name : node.input()) {
    const auto value = known.find(name);
    in.values.push_back(value != known.end() ? &value->second : nullptr);
  }
  Elements elements = found->second(in);
  if (!elements) return std::nullopt;
  SmallTensor small;
  small.type = result.tensor_type().elem_type();
  for (const auto& size : result.tensor_type().shape().dim())
    small.sizes.push_back(size.has_dim_value() ? size.dim_value() : -1);
  // An open length of a vector is the number of its elements.
  if (small.sizes.size() == 1 && small.sizes[0] < 0) small.sizes[0] = static_cast<std::int64_t>(elements->size());
  small.elements = std::move(*elements);
  const auto count = element_count(small.sizes);
  if (!count || *count != static_cast<std::int64_t>(small.elements.size())) return std::nullopt;
  return in_range(small.elements) ? std::optional(small) : std::nullopt;
}

}  // namespace dovetail::onnx_import
#endif
