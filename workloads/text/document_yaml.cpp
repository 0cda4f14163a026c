// YAML text to the located tree, through YAML::Load alone (yaml-cpp 0.7's LoadAll can hang on malformed
// input).
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include <dovetail/workloads/text/document_text.hpp>
#include <dovetail/workloads/text/printable.hpp>

namespace dovetail {
namespace {

class Converter {
 public:
  explicit Converter(const std::string& file) : file_(file) {}

  Node convert(const YAML::Node& yaml, const std::string& pointer, int depth) {
    const Location where = locate(yaml, pointer);
    if (depth > max_document_depth)
      throw InputError(where, fmt::format("nested more than {} deep", max_document_depth));
    if (++count_ > max_document_nodes) {
      throw InputError(where, fmt::format("more than {} values in one document", max_document_nodes));
    }
    switch (yaml.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return Node::null(where);
      case YAML::NodeType::Scalar:
        return scalar(yaml, where);
      case YAML::NodeType::Sequence: {
        std::vector<Node> items;
        items.reserve(yaml.size());
        for (const auto& item : yaml) {
          items.push_back(convert(item, detail::child_pointer(pointer, items.size()), depth + 1));
        }
        return Node::sequence(where, std::move(items));
      }
      case YAML::NodeType::Map:
        return mapping(yaml, where, pointer, depth);
    }
    return Node::null(where);
  }

  Diagnostics& errors() { return errors_; }

 private:
  Location locate(const YAML::Node& yaml, const std::string& pointer) const {
    const YAML::Mark mark = yaml.Mark();
    if (mark.is_null()) return {file_, 1, 1, pointer};  // an empty document
    return {file_, mark.line + 1, mark.column + 1, pointer};
  }

  Node scalar(const YAML::Node& yaml, const Location& where) {
    const std::string& tag = yaml.Tag();
    // yaml-cpp tags a plain scalar "?" and a quoted one "!".
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!quoted && tag != "?" && !tag.empty() && !tag.starts_with("tag:yaml.org,2002:")) {
      errors_.error(where, fmt::format("tag {} has no meaning here", quote(tag)));
    }
    return Node::scalar(where, yaml.Scalar(), quoted);
  }

  Node mapping(const YAML::Node& yaml, const Location& where, const std::string& pointer, int depth) {
    std::vector<Node::Entry> entries;
    entries.reserve(yaml.size());
    std::unordered_set<std::string> names;
    for (const auto& entry : yaml) {
      if (!entry.first.IsScalar()) {
        errors_.error(locate(entry.first, pointer),
                      fmt::format("a key must be a word, found {}", entry.first.IsNull()       ? "nothing"
                                                                    : entry.first.IsSequence() ? "a list"
                                                                                               : "a mapping"));
        continue;
      }
      const std::string& key = entry.first.Scalar();
      const std::string below = detail::child_pointer(pointer, key);
      const Location key_where = locate(entry.first, below);
      if (!names.insert(key).second) {
        errors_.error(key_where, fmt::format("key {} is given twice", quote(key)));
        continue;
      }
      entries.push_back({key, key_where, convert(entry.second, below, depth + 1)});
    }
    return Node::mapping(where, std::move(entries));
  }

  const std::string& file_;
  std::size_t count_ = 0;
  Diagnostics errors_;
};

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

bool is_blank(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

// yaml-cpp reads the first document and silently drops the rest. A line that starts with --- or ... is a
// document marker wherever it stands (YAML 1.2, 9.1.2), so looking at lines is exact.
void require_one_document(std::string_view text, const detail::Places& places) {
  bool content = false, ended = false;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t stop = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, stop - start);
    if (is_marker(line, "---")) {
      if (content || ended)
        throw InputError(places.at(start), "a second document starts here, expected one document per file");
      content = true;
    } else if (is_marker(line, "...")) {
      ended = true;
    } else if (!is_blank(line) && !(line.starts_with('%') && !content)) {
      if (ended)
        throw InputError(places.at(start),
                         "text after the end of the document ('...'), expected one document per file");
      content = true;
    }
    start = stop + 1;
  }
}

// yaml-cpp's scanner and parser work recursively on flow collections and quadratically on deep indentation; a
// cheap bound on both before it sees the text. Brackets inside strings are counted too, which only matters
// for texts that hold more than a hundred unbalanced ones.
void require_bearable_nesting(std::string_view text, const detail::Places& places) {
  constexpr int deepest = 4 * max_document_depth;
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == '{') ++open;
    if ((text[i] == ']' || text[i] == '}') && open > 0) --open;
    if (open > deepest) throw InputError(places.at(i), fmt::format("nested more than {} deep", max_document_depth));
  }
}

bool is_plain(const std::string& text) {
  if (text.empty() || text.size() > 200) return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`=~ \t").find(text[0]) != std::string_view::npos) return false;
  if (text.back() == ' ' || text.back() == ':') return false;
  for (const char letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F || letter == '#' || letter == ',' ||
        letter == '[' || letter == ']' || letter == '{' || letter == '}' || letter == '"' || letter == '\'') {
      return false;
    }
  }
  if (text.find(": ") != std::string::npos) return false;
  static const std::unordered_set<std::string> reserved = {
      "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "yes", "no", "on",
      "off",  "Yes",  "No",   "On",   "Off",  "y",    "n",     "Y",     "N",     "---", "..."};
  // A single letter such as N is a fine name for our reader; only what would read as another type is quoted.
  if (text.size() > 1 && reserved.contains(text)) return false;
  const Node node = Node::scalar({}, text, false);
  return !node.as_number() && !node.as_boolean();
}

std::string scalar_text(const nlohmann::ordered_json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return is_plain(text) && printable_word(text) == text ? text : printable_json(value.dump());
  }
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number != number) return ".nan";
    if (number > std::numeric_limits<double>::max()) return ".inf";
    if (number < std::numeric_limits<double>::lowest()) return "-.inf";
  }
  return value.dump();
}

std::string flow(const nlohmann::ordered_json& value) {
  if (!value.is_structured()) return scalar_text(value);
  std::string text = value.is_array() ? "[" : "{";
  bool first = true;
  for (const auto& [key, child] : value.items()) {
    if (!first) text += ", ";
    first = false;
    if (value.is_object()) text += scalar_text(key) + ": ";
    text += flow(child);
  }
  return text + (value.is_array() ? "]" : "}");
}

bool in_one_line(const nlohmann::ordered_json& value, std::size_t indent) {
  if (!value.is_structured() || value.empty()) return true;
  // A mapping of mappings, or a list of mappings, reads better as a block.
  for (const auto& child : value) {
    if (child.is_object() && !child.empty()) return false;
  }
  return indent + flow(value).size() <= 100;
}

void block(const nlohmann::ordered_json& value, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  bool first = true;
  for (const auto& [key, child] : value.items()) {
    if (!first) out += margin;
    first = false;
    const std::string head = value.is_object() ? scalar_text(key) + ":" : "-";
    out += head;
    if (in_one_line(child, indent + head.size() + 1)) {
      out += ' ' + flow(child) + '\n';
    } else if (value.is_object()) {
      out += '\n' + std::string(indent + 2, ' ');
      block(child, indent + 2, out);
    } else {
      out += ' ';
      block(child, indent + 2, out);
    }
  }
}

}  // namespace

void detail::require_bearable_yaml(std::string_view text, const Places& places, const std::string& file) {
  require_text(text, file, max_yaml_bytes);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (lines > max_yaml_lines)
    throw InputError({file, static_cast<int>(max_yaml_lines) + 1, 1, {}},
                     fmt::format("the text has {} lines, allowed are {}", lines, max_yaml_lines));
  require_one_document(text, places);
  require_bearable_nesting(text, places);
}

Node parse_yaml(std::string_view text, const std::string& file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  detail::require_bearable_yaml(text, detail::Places(text, file), file);
  YAML::Node yaml;
  try {
    yaml = YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    const Location where = error.mark.is_null() ? Location{file, 1, 1, {}}
                                                : Location{file, error.mark.line + 1, error.mark.column + 1, {}};
    throw InputError(where, fmt::format("this is not YAML: {}", error.msg));
  }
  Converter converter(file);
  Node node = converter.convert(yaml, "", 0);
  converter.errors().raise();
  return node;
}

std::string to_yaml(const Node& node) {
  return to_yaml(to_json(node));
}

std::string to_yaml(const nlohmann::ordered_json& value) {
  if (!value.is_structured() || value.empty()) return flow(value) + '\n';
  std::string out;
  block(value, 0, out);
  return out;
}

}  // namespace dovetail
