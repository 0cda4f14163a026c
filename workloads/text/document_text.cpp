#include <dovetail/workloads/text/document_text.hpp>
#include <dovetail/workloads/text/printable.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace dovetail::detail {
namespace {

unsigned byte(std::string_view text, std::size_t offset) {
  return static_cast<unsigned char>(text[offset]);
}

}  // namespace

Places::Places(std::string_view text, std::string file) : text_(text), file_(std::move(file)), lines_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') lines_.push_back(i + 1);
  }
}

Location Places::at(std::size_t offset, std::string pointer) const {
  offset = std::min(offset, text_.size());
  const auto next = std::upper_bound(lines_.begin(), lines_.end(), offset);
  const std::size_t start = *(next - 1);
  const bool onwards = last_offset_ >= start && last_offset_ <= offset;
  int column = onwards ? last_column_ : 1;
  for (std::size_t i = onwards ? last_offset_ : start; i < offset; ++i) {
    column += (byte(text_, i) & 0xC0U) != 0x80U ? 1 : 0;
  }
  last_offset_ = offset;
  last_column_ = column;
  return {file_, static_cast<int>(next - lines_.begin()), column, std::move(pointer)};
}

void require_text(std::string_view text, const std::string& file, std::size_t most_bytes) {
  if (text.starts_with("SQLite format 3"))
    throw InputError({file, 0, 0, ""}, "this is the store of a study, not a document; `dovetail report` reads it");
  if (text.starts_with("\x1f\x8b"))
    throw InputError({file, 0, 0, ""}, "this file is compressed; unpack it first (gunzip)");
  if (text.size() > most_bytes) {
    throw InputError({file, 1, 1}, fmt::format("the text has {} bytes, allowed are {}", text.size(), most_bytes));
  }
  for (std::size_t i = 0; i < text.size();) {
    const unsigned letter = byte(text, i);
    const std::size_t length = utf8_length(text, i);
    const bool control = (letter < 0x20 && letter != '\t' && letter != '\n' && letter != '\r');
    if (length == 0 || control) {
      throw InputError(Places(text, file).at(i),
                       fmt::format("this is not a text file: found byte 0x{:02x}, expected UTF-8 text", letter));
    }
    i += length;
  }
}

std::string child_pointer(const std::string& parent, std::string_view key) {
  std::string pointer = parent + '/';
  for (const char letter : key) {
    if (letter == '~') {
      pointer += "~0";
    } else if (letter == '/') {
      pointer += "~1";
    } else {
      pointer += letter;
    }
  }
  return pointer;
}

std::string child_pointer(const std::string& parent, std::size_t index) {
  return fmt::format("{}/{}", parent, index);
}

}  // namespace dovetail::detail
