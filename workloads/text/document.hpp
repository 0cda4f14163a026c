// A user's document, YAML or JSON, as an immutable tree of values that know where they stand.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {

/// How large a document may be; beyond it is a located error, never a hang.
inline constexpr std::size_t max_document_bytes = 16U << 20U;
inline constexpr std::size_t max_yaml_bytes = 1U << 20U;      ///< yaml-cpp needs up to a second for as much
inline constexpr std::size_t max_yaml_lines = 100'000;        ///< and a second for twice as many, each of one short key
inline constexpr std::size_t max_document_nodes = 1'000'000;  ///< after expansion of YAML aliases
inline constexpr int max_document_depth = 64;

/// A value of a document: null, scalar, sequence or mapping (in the order written), with its place. Cheap to
/// copy.
///
///     Node document = parse_yaml("pe: {x: 14, y: 12}", "machine.yaml");
///     document.find("pe")->find("x")->as_integer();  // 14
class Node {
 public:
  enum class Kind { null, scalar, sequence, mapping };
  struct Entry;

  Node();  ///< null, nowhere
  static Node null(Location where);
  /// A scalar: `quoted` when it is a string whatever its letters say.
  static Node scalar(Location where, std::string text, bool quoted);
  static Node sequence(Location where, std::vector<Node> items);
  static Node mapping(Location where, std::vector<Entry> entries);

  Kind kind() const;
  bool is_null() const { return kind() == Kind::null; }
  bool is_scalar() const { return kind() == Kind::scalar; }
  bool is_sequence() const { return kind() == Kind::sequence; }
  bool is_mapping() const { return kind() == Kind::mapping; }
  const Location& location() const;

  /// A scalar as written (empty for everything else), and whether it stood in quotes.
  const std::string& text() const;
  bool quoted() const;

  /// A plain scalar read as a boolean (true, false), an integer (also 0x1F, and 1e6 when it is whole), or a
  /// number (also .inf and .nan); none when it is not one. as_string: any scalar.
  std::optional<bool> as_boolean() const;
  std::optional<std::int64_t> as_integer() const;
  std::optional<double> as_number() const;
  std::optional<std::string> as_string() const;

  /// The children of a sequence and of a mapping; empty for everything else.
  const std::vector<Node>& items() const;
  const std::vector<Entry>& entries() const;

  /// The value of a key, or nullptr. The pointer lives as long as any copy of this node.
  const Node* find(std::string_view key) const;

  /// What this is, for messages: "the number 3", "'abc'", "a list of 2", "a mapping", "nothing".
  std::string describe() const;

 private:
  struct Data;
  std::shared_ptr<const Data> data_;
};

/// A key of a mapping with its value.
struct Node::Entry {
  std::string key;
  Location where;  ///< of the key
  Node value;
};

/// The value in YAML text. Throws InputError with every syntax mistake found: bad syntax, duplicate keys, a
/// second document, keys that are not scalars, text that is not UTF-8, excessive size, depth or aliasing.
/// `file` names the text in messages. An empty document is null.
Node parse_yaml(std::string_view text, const std::string& file);

/// The value in strict JSON text, with the same promises. Locations have line and column as well as the JSON
/// pointer.
Node parse_json(std::string_view text, const std::string& file);

/// parse_json when the first letter says so ({ or [ with a quoted key...) and the name does not end in .yaml
/// or .yml, parse_yaml otherwise.
Node parse_document(std::string_view text, const std::string& file);

/// Reads a file and parses it. Throws InputError also when it cannot be read.
Node load_file(const std::filesystem::path& path);

/// A file's text with the checks of load_file (readable, size, UTF-8), not parsed.
std::string read_text(const std::filesystem::path& path);

/// Between our tree and nlohmann's. Numbers are kept: a plain scalar becomes the boolean, integer or number
/// it reads as, and a string otherwise.
nlohmann::ordered_json to_json(const Node& node);
Node from_json(const nlohmann::ordered_json& value, const std::string& file);

/// The tree as YAML text: block style with short sequences and mappings in one line. parse_yaml gives the
/// same values.
std::string to_yaml(const Node& node);
std::string to_yaml(const nlohmann::ordered_json& value);

}  // namespace dovetail
