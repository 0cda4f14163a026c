// YAML of other tools: with tags, merges (<<, <<<) and included files, each value with its own file and line.
#pragma once

#include <string>
#include <string_view>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

/// The text of a file with every `{{include_text('PATH')}}` that starts a line replaced by the text of that file, 8
/// deep. PATH counts from the including file and leads to a regular file not outside the folder three above the first
/// file.
struct IncludedText {
  struct Origin {
    int file = 0;  ///< position in `files`
    int line = 1;
  };
  std::string text;
  std::vector<std::string> files;  ///< the first is the file itself
  std::vector<Origin> lines;       ///< origin of each line of the text

  /// Where a place of the text stands in its file.
  Location at(int line, int column) const;
};

/// Throws InputError for any other template expression ({{, {%, {#), a file that is not there, a cycle, and a text that
/// grows beyond max_yaml_bytes.
IncludedText include_texts(std::string_view text, const std::string& file);

/// The key under which the tag of a tagged mapping stands, without its exclamation mark: !Container {name: pe} reads as
/// {"!": Container, name: pe}. Tags of other values are dropped.
inline constexpr std::string_view tag_key = "!";

/// The value in YAML text after includes. Tags of mappings are kept (tag_key); `<<` adds the keys of a mapping, or of a
/// list of them, that the mapping does not have; `<<<` does the same and merges mappings into each other key by key.
/// Throws InputError for bad syntax (an anchor defined twice is), duplicate keys, and values that aliases and merges
/// expand beyond max_document_nodes.
Node parse_foreign_yaml(std::string_view text, const std::string& file);

}  // namespace dovetail
