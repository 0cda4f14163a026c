#include <dovetail/workloads/text/document_text.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace dovetail::detail {
namespace {

unsigned byte(std::string_view text, std::size_t offset) {
  return static_cast<unsigned char>(text[offset]);
}

// Length of the UTF-8 sequence that starts here, or 0 when it is not one (RFC 3629: no overlong forms, no
// surrogates).
std::size_t utf8_length(std::string_view text, std::size_t offset) {
  const unsigned first = byte(text, offset);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || offset + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(text, offset + i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(text, offset + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
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
  if (text.size() > most_bytes) {
    throw InputError({file, 1, 1},
                     fmt::format("the text has {} bytes, allowed are {}", text.size(), most_bytes));
  }
  for (std::size_t i = 0; i < text.size();) {
    const unsigned letter = byte(text, i);
    const std::size_t length = utf8_length(text, i);
    const bool control = (letter < 0x20 && letter != '\t' && letter != '\n' && letter != '\r');
    if (length == 0 || control) {
      throw InputError(
          Places(text, file).at(i),
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
