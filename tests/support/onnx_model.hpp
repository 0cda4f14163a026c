// Writes small ONNX models byte by byte (protocol buffers, onnx.proto), so that tests need no ONNX.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dovetail::test {

/// A message of the wire format: fields in the order they are added.
class Message {
 public:
  Message& number(int field, std::int64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  Message& bytes(int field, std::string_view content) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(content.size());
    data_ += content;
    return *this;
  }
  Message& message(int field, const Message& inner) { return bytes(field, inner.data_); }
  const std::string& data() const { return data_; }

 private:
  void varint(std::uint64_t value) {
    for (; value > 127; value >>= 7) data_ += static_cast<char>(value | 128);
    data_ += static_cast<char>(value);
  }
  std::string data_;
};

/// An extent: known, or a symbol.
using Extent = std::variant<std::int64_t, std::string>;
using Extents = std::vector<Extent>;

/// An attribute of a node: a whole number, several, a text, or a graph.
struct Attribute {
  std::string name;
  std::variant<std::int64_t, std::vector<std::int64_t>, std::string, Message> value;
};

inline Message attribute_message(const Attribute& attribute) {
  Message message;
  message.bytes(1, attribute.name);
  if (const auto* number = std::get_if<0>(&attribute.value)) message.number(3, *number).number(20, 2);
  if (const auto* numbers = std::get_if<1>(&attribute.value)) {
    for (const std::int64_t each : *numbers) message.number(8, each);
    message.number(20, 7);
  }
  if (const auto* text = std::get_if<2>(&attribute.value)) message.bytes(4, *text).number(20, 3);
  if (const auto* graph = std::get_if<3>(&attribute.value)) message.message(6, *graph).number(20, 5);
  return message;
}

/// A graph; data() of model() is a file.
class OnnxModel {
 public:
  OnnxModel& node(const std::string& type, const std::string& name, const std::vector<std::string>& inputs,
                  const std::vector<std::string>& outputs, const std::vector<Attribute>& attributes = {},
                  const std::string& domain = "") {
    graph_.message(1, node_message(type, name, inputs, outputs, attributes, domain));
    return *this;
  }
  OnnxModel& input(const std::string& name, const Extents& shape) { return value(11, name, shape); }
  OnnxModel& output(const std::string& name, const Extents& shape = {}) { return value(12, name, shape); }
  OnnxModel& value_info(const std::string& name, const Extents& shape) { return value(13, name, shape); }
  /// A tensor of floats with no data, as in a model whose weights are elsewhere.
  OnnxModel& weights(const std::string& name, const std::vector<std::int64_t>& shape) {
    graph_.message(5, tensor(name, shape, 1));
    return *this;
  }
  /// The same with zeros for data.
  OnnxModel& weights_with_data(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::size_t bytes = 4;
    for (const std::int64_t extent : shape) bytes *= static_cast<std::size_t>(extent);
    graph_.message(5, tensor(name, shape, 1).bytes(9, std::string(bytes, '\0')));
    return *this;
  }
  /// A vector of 64-bit integers.
  OnnxModel& integers(const std::string& name, const std::vector<std::int64_t>& values) {
    Message message = tensor(name, {static_cast<std::int64_t>(values.size())}, 7);
    for (const std::int64_t each : values) message.number(7, each);
    graph_.message(5, message);
    return *this;
  }
  OnnxModel& function(const Message& function) {
    functions_.push_back(function);
    return *this;
  }
  const Message& graph() const { return graph_; }
  Message model(int opset = 15) const {
    Message message;
    message.number(1, 8).message(7, graph_);
    message.message(8, Message().bytes(1, "").number(2, opset));
    message.message(8, Message().bytes(1, "own").number(2, 1));
    for (const Message& each : functions_) message.message(25, each);
    return message;
  }
  void write(const std::string& path, int opset = 15) const {
    std::ofstream(path, std::ios::binary) << model(opset).data();
  }

  static Message node_message(const std::string& type, const std::string& name, const std::vector<std::string>& inputs,
                              const std::vector<std::string>& outputs, const std::vector<Attribute>& attributes = {},
                              const std::string& domain = "") {
    Message message;
    for (const std::string& each : inputs) message.bytes(1, each);
    for (const std::string& each : outputs) message.bytes(2, each);
    message.bytes(3, name).bytes(4, type);
    for (const Attribute& each : attributes) message.message(5, attribute_message(each));
    if (!domain.empty()) message.bytes(7, domain);
    return message;
  }

 private:
  static Message tensor(const std::string& name, const std::vector<std::int64_t>& shape, int type) {
    Message message;
    for (const std::int64_t extent : shape) message.number(1, extent);
    return message.number(2, type).bytes(8, name);
  }
  OnnxModel& value(int field, const std::string& name, const Extents& extents) {
    Message shape;
    for (const Extent& extent : extents) {
      Message size;
      if (const auto* known = std::get_if<0>(&extent))
        size.number(1, *known);
      else if (!std::get<1>(extent).empty())
        size.bytes(2, std::get<1>(extent));
      shape.message(1, size);
    }
    const Message type = Message().message(1, Message().number(1, 1).message(2, shape));
    graph_.message(field, Message().bytes(1, name).message(2, type));
    return *this;
  }

  Message graph_;
  std::vector<Message> functions_;
};

}  // namespace dovetail::test
