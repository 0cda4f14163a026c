// A user's text as a terminal or a table may show it: whole letters, nothing that a terminal obeys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dovetail {

/// Length in bytes of the UTF-8 character that starts at `offset`, or 0 when none does (RFC 3629: no overlong forms, no
/// surrogates).
std::size_t utf8_length(std::string_view text, std::size_t offset);

/// The text with everything escaped that a terminal would obey instead of show: control characters except line ends and
/// tabs (\x1b), marks that change the direction of writing or hide (\u202e), and bytes that are no UTF-8 (\xff).
/// Unicode Technical Report 36, section 2.10, names the marks.
std::string printable(std::string_view text);

/// printable, with line ends and tabs escaped as well: one cell, one name.
std::string printable_word(std::string_view text);

/// JSON text with the same characters written as \u escapes: the same value, safe to show.
std::string printable_json(std::string json);

/// The first whole letters that fit into so many bytes.
std::string_view first_letters(std::string_view text, std::size_t most_bytes);

}  // namespace dovetail
