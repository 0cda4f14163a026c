#include <dovetail/workloads/text/printable.hpp>

#include <cstdint>

#include <fmt/format.h>

namespace dovetail {
namespace {

unsigned byte_at(std::string_view text, std::size_t offset) {
  return static_cast<unsigned char>(text[offset]);
}

std::uint32_t code_point(std::string_view character) {
  const unsigned first = byte_at(character, 0);
  std::uint32_t value = character.size() == 1   ? first
                        : character.size() == 2 ? first & 0x1FU
                        : character.size() == 3 ? first & 0x0FU
                                                : first & 0x07U;
  for (std::size_t i = 1; i < character.size(); ++i) value = value << 6U | (byte_at(character, i) & 0x3FU);
  return value;
}

bool is_obeyed(std::uint32_t code) {
  const auto inside = [code](std::uint32_t low, std::uint32_t high) { return code >= low && code <= high; };
  return code < 0x20 || inside(0x7F, 0x9F)            // control characters
         || code == 0x061C || inside(0x200B, 0x200F)  // marks of direction, of no width
         || inside(0x2028, 0x202E)                    // line ends of Unicode; embeddings and overrides
         || inside(0x2060, 0x206F) || code == 0xFEFF || inside(0xFFF9, 0xFFFB) || inside(0xE0000, 0xE007F);
}

std::string escaped(std::uint32_t code) {
  if (code < 0x80) return fmt::format("\\x{:02x}", code);
  return code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
}

template <class Escape>
std::string replaced(std::string_view text, bool keep_lines, const Escape& escape) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0) {
      out += fmt::format("\\x{:02x}", byte_at(text, i));
      ++i;
      continue;
    }
    const std::string_view character = text.substr(i, length);
    i += length;
    const std::uint32_t code = code_point(character);
    if (!is_obeyed(code) || (keep_lines && (code == '\n' || code == '\t')))
      out += character;
    else
      out += escape(code);
  }
  return out;
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t offset) {
  const unsigned first = byte_at(text, offset);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || offset + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, offset + i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte_at(text, offset + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
      (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

std::string printable(std::string_view text) {
  return replaced(text, true, escaped);
}

std::string printable_word(std::string_view text) {
  return replaced(text, false, escaped);
}

std::string printable_json(std::string json) {
  return replaced(json, true, [](std::uint32_t code) {
    if (code < 0x10000) return fmt::format("\\u{:04x}", code);
    const std::uint32_t rest = code - 0x10000;
    return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10U), 0xDC00 + (rest & 0x3FFU));
  });
}

std::string_view first_letters(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  std::size_t end = most_bytes;
  while (end > 0 && (byte_at(text, end) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace dovetail
