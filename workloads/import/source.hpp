// A file that may hold a workload: its path, its text, and its text as YAML, each read when it is first asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <dovetail/workloads/text/document.hpp>

namespace dovetail {

class Source {
 public:
  /// A file. Throws InputError when there is none.
  explicit Source(std::string path);
  /// A text that was read before, with the name that messages call it by.
  Source(std::string path, std::string text);

  const std::string& path() const { return path_; }
  /// The end of the path in small letters, with its dot: ".csv"; empty when there is none.
  const std::string& suffix() const { return suffix_; }
  /// The first bytes, at most 4 096: enough to recognise a format.
  std::string_view head() const { return head_; }
  /// The whole text. Throws InputError above max_document_bytes.
  const std::string& text() const;
  /// The text as foreign YAML (foreign_yaml.hpp). Throws InputError with its mistakes.
  const Node& yaml() const;
  /// Line 1 of the file: where a message about the file as a whole stands.
  Location start() const { return {path_, 1, 1, ""}; }

 private:
  std::string path_, suffix_, head_;
  mutable std::optional<std::string> text_;
  mutable std::optional<Node> yaml_;
};

}  // namespace dovetail
