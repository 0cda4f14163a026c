// What both text formats share: places in a text, the check that it is text at all, JSON pointers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail::detail {

/// Lines and columns of byte offsets; columns count UTF-8 characters. For one thread.
class Places {
 public:
  Places(std::string_view text, std::string file);
  Location at(std::size_t offset, std::string pointer = {}) const;

 private:
  std::string_view text_;
  std::string file_;
  std::vector<std::size_t> lines_;       ///< offset where each line starts
  mutable std::size_t last_offset_ = 0;  ///< the last answer: places are mostly asked for in order, and a line of a
  mutable int last_column_ = 1;          ///< million letters must not be walked from its start for each value
};

/// Throws a located InputError unless the text is UTF-8 without control characters and of bearable size.
void require_text(std::string_view text, const std::string& file, std::size_t most_bytes);

/// Throws a located InputError unless yaml-cpp reads the text in bearable time and whole: UTF-8, at most max_yaml_bytes
/// and max_yaml_lines, one document, brackets nested in reason.
void require_bearable_yaml(std::string_view text, const Places& places, const std::string& file);

/// The pointer of a child: parent/key with ~ and / escaped (RFC 6901).
std::string child_pointer(const std::string& parent, std::string_view key);
std::string child_pointer(const std::string& parent, std::size_t index);

}  // namespace dovetail::detail
