// Copies an ONNX file's wire format into a model, leaving out what only weights need.
#ifdef DOVETAIL_ONNX
#include "onnx_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>
#include <sys/stat.h>

#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail::onnx_import {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;
using google::protobuf::io::StringOutputStream;

constexpr int most_data = 16 * 1024;           // bytes of a tensor that are kept: shapes and axes are small
constexpr int most_nesting = 64;               // messages inside each other
constexpr int most_graph = 256 * 1024 * 1024;  // bytes of a model without its weights

// Which message of onnx.proto a run of bytes is; `other` is copied as it stands.
enum class Message { model, graph, node, attribute, tensor, function, other };

// Which message stands in a field, by the field numbers of onnx.proto.
Message inside(Message message, int field) {
  switch (message) {
    case Message::model:
      return field == 7 ? Message::graph : field == 25 ? Message::function : Message::other;
    case Message::graph:
      return field == 1 ? Message::node : field == 5 ? Message::tensor : Message::other;
    case Message::function:
      return field == 7 ? Message::node : Message::other;
    case Message::node:
      return field == 5 ? Message::attribute : Message::other;
    case Message::attribute:
      if (field == 5 || field == 10) return Message::tensor;
      return field == 6 || field == 11 ? Message::graph : Message::other;
    default:
      return Message::other;
  }
}

// Data of a tensor: float_data, int32_data, string_data, int64_data, raw_data, double_data, uint64_data.
bool is_data(Message message, int field) {
  return message == Message::tensor && ((field >= 4 && field <= 7) || (field >= 9 && field <= 11));
}

class Skimmer {
 public:
  Skimmer(CodedInputStream& input, std::int64_t file_size) : input_(input), file_size_(file_size) {}

  // Appends the message that ends at the input's current limit to `output`; false when the bytes are no
  // message.
  bool copy(Message message, std::string& output, int depth) {
    if (depth > most_nesting) return false;
    while (const std::uint32_t tag = input_.ReadTag()) {
      const int field = WireFormatLite::GetTagFieldNumber(tag);
      if (field == 0) return false;
      if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        if (!copy_scalar(tag, output)) return false;
      } else if (!copy_bytes(message, field, tag, output, depth)) {
        return false;
      }
      if (output.size() > most_graph) return false;
    }
    return input_.ConsumedEntireMessage();
  }

 private:
  bool copy_scalar(std::uint32_t tag, std::string& output) {
    StringOutputStream stream(&output);
    CodedOutputStream coded(&stream);
    return WireFormatLite::SkipField(&input_, tag, &coded);
  }

  bool copy_bytes(Message message, int field, std::uint32_t tag, std::string& output, int depth) {
    std::uint32_t size = 0;
    if (!input_.ReadVarint32(&size) || size > file_size_ - input_.CurrentPosition()) return false;
    if (is_data(message, field) && size > most_data) return input_.Skip(static_cast<int>(size));
    std::string content;
    const Message kind = inside(message, field);
    if (kind == Message::other) {
      if (!input_.ReadString(&content, static_cast<int>(size))) return false;
    } else {
      const auto limit = input_.PushLimit(static_cast<int>(size));
      if (input_.BytesUntilLimit() != static_cast<int>(size)) return false;  // longer than what holds it
      if (!copy(kind, content, depth + 1) || input_.BytesUntilLimit() != 0) return false;
      input_.PopLimit(limit);
    }
    StringOutputStream stream(&output);
    CodedOutputStream coded(&stream);
    coded.WriteVarint32(tag);
    coded.WriteVarint32(static_cast<std::uint32_t>(content.size()));
    coded.WriteString(content);
    return true;
  }

  CodedInputStream& input_;
  std::int64_t file_size_;
};

}  // namespace

onnx::ModelProto load_onnx(const std::string& path) {
  const Location where{path, 0, 0, ""};
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw InputError(where, "the file cannot be read");
  google::protobuf::io::FileInputStream file(descriptor);
  file.SetCloseOnDelete(true);
  struct stat status = {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) throw InputError(where, "this is no file");
  if (status.st_size > INT_MAX)
    throw InputError(where,
                     "the file is larger than 2 GiB, which a protocol buffer cannot be: keep the weights outside");
  std::string skimmed;
  bool whole = false;
  {
    CodedInputStream input(&file);
    input.SetTotalBytesLimit(INT_MAX);
    whole = Skimmer(input, status.st_size).copy(Message::model, skimmed, 0);
  }
  onnx::ModelProto model;
  if (file.GetErrno() != 0) throw InputError(where, "the file cannot be read");
  if (!whole || !model.ParseFromString(skimmed) || !model.has_graph())
    throw InputError(where,
                     "this is no ONNX model, or one that is cut off (not-onnx): a binary protocol buffer with "
                     "a graph was expected");
  return model;
}

}  // namespace dovetail::onnx_import
#endif
