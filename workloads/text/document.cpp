#include <dovetail/workloads/text/document.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>
#include <utility>

namespace dovetail {

struct Node::Data {
  Kind kind = Kind::null;
  Location where;
  std::string text;
  bool quoted = false;
  std::vector<Node> items;
  std::vector<Entry> entries;
};

Node::Node() {
  static const std::shared_ptr<const Data> nothing = std::make_shared<Data>();
  data_ = nothing;
}

Node Node::null(Location where) {
  auto data = std::make_shared<Data>();
  data->where = std::move(where);
  Node node;
  node.data_ = std::move(data);
  return node;
}

Node Node::scalar(Location where, std::string text, bool quoted) {
  auto data = std::make_shared<Data>();
  data->kind = Kind::scalar;
  data->where = std::move(where);
  data->text = std::move(text);
  data->quoted = quoted;
  Node node;
  node.data_ = std::move(data);
  return node;
}

Node Node::sequence(Location where, std::vector<Node> items) {
  auto data = std::make_shared<Data>();
  data->kind = Kind::sequence;
  data->where = std::move(where);
  data->items = std::move(items);
  Node node;
  node.data_ = std::move(data);
  return node;
}

Node Node::mapping(Location where, std::vector<Entry> entries) {
  auto data = std::make_shared<Data>();
  data->kind = Kind::mapping;
  data->where = std::move(where);
  data->entries = std::move(entries);
  Node node;
  node.data_ = std::move(data);
  return node;
}

Node::Kind Node::kind() const {
  return data_->kind;
}
const Location& Node::location() const {
  return data_->where;
}
const std::string& Node::text() const {
  return data_->text;
}
bool Node::quoted() const {
  return data_->quoted;
}
const std::vector<Node>& Node::items() const {
  return data_->items;
}
const std::vector<Node::Entry>& Node::entries() const {
  return data_->entries;
}

std::optional<bool> Node::as_boolean() const {
  if (!is_scalar() || quoted()) return std::nullopt;
  if (text() == "true" || text() == "True" || text() == "TRUE") return true;
  if (text() == "false" || text() == "False" || text() == "FALSE") return false;
  return std::nullopt;
}

std::optional<std::int64_t> Node::as_integer() const {
  if (!is_scalar() || quoted() || text().empty()) return std::nullopt;
  std::string_view digits = text();
  int base = 10;
  if (digits.starts_with("0x")) {
    base = 16;
    digits.remove_prefix(2);
    if (digits.starts_with('-')) return std::nullopt;
  } else if (digits.starts_with('+')) {
    digits.remove_prefix(1);
    if (digits.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc() && end == digits.data() + digits.size()) return value;
  if (error == std::errc::result_out_of_range || base != 10) return std::nullopt;
  // 1e6 and 4.0 are whole numbers too, as far as a double holds them exactly.
  const auto number = as_number();
  constexpr double exact = 9007199254740992.0;  // 2^53
  if (number && std::abs(*number) <= exact && std::floor(*number) == *number) return static_cast<std::int64_t>(*number);
  return std::nullopt;
}

std::optional<double> Node::as_number() const {
  if (!is_scalar() || quoted() || text().empty()) return std::nullopt;
  std::string_view digits = text();
  if (digits.starts_with("0x")) {
    const auto whole = as_integer();
    return whole ? std::optional<double>(static_cast<double>(*whole)) : std::nullopt;
  }
  if (digits == ".nan" || digits == ".NaN" || digits == ".NAN") return std::numeric_limits<double>::quiet_NaN();
  const bool negative = digits.starts_with('-');
  std::string_view magnitude = digits;
  if (negative || digits.starts_with('+')) magnitude.remove_prefix(1);
  if (magnitude == ".inf" || magnitude == ".Inf" || magnitude == ".INF") {
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  // Only digits may start a number: from_chars alone would also read "inf", "nan" and a second sign.
  if (magnitude.empty() || !(magnitude[0] == '.' || (magnitude[0] >= '0' && magnitude[0] <= '9'))) return std::nullopt;
  double value = 0.0;
  const auto [end, error] = std::from_chars(magnitude.data(), magnitude.data() + magnitude.size(), value);
  if (end != magnitude.data() + magnitude.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too small reads as 0, too large as infinity: the reader's bounds answer the latter.
    value = magnitude.find("e-") != std::string_view::npos || magnitude.find("E-") != std::string_view::npos
                ? 0.0
                : std::numeric_limits<double>::infinity();
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<std::string> Node::as_string() const {
  if (!is_scalar()) return std::nullopt;
  return text();
}

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries()) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::string Node::describe() const {
  switch (kind()) {
    case Kind::null:
      return "nothing";
    case Kind::scalar:
      if (as_number() && text().size() <= 40) return "the number " + text();
      return quote(text());
    case Kind::sequence:
      return items().empty() ? "an empty list" : fmt::format("a list of {}", items().size());
    case Kind::mapping:
      return entries().empty() ? "an empty mapping"
                               : fmt::format("a mapping with key {}", quote(entries().front().key));
  }
  return "nothing";
}

std::string read_text(const std::filesystem::path& path) {
  const Location where{path.string()};
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw InputError(where, "there is no such file");
  if (std::filesystem::is_directory(status)) throw InputError(where, "this is a directory, expected a file");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw InputError(where, "the file cannot be read");
  std::string text;
  std::string block(1U << 16U, '\0');
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0) {
    text.append(block, 0, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > max_document_bytes) {
      throw InputError(where, fmt::format("the file is larger than {} MiB, the most a document may have",
                                          max_document_bytes >> 20U));
    }
  }
  return text;
}

Node parse_document(std::string_view text, const std::string& file) {
  if (file.ends_with(".json")) return parse_json(text, file);
  if (file.ends_with(".yaml") || file.ends_with(".yml")) return parse_yaml(text, file);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const std::size_t second = first == std::string_view::npos ? first : text.find_first_not_of(" \t\r\n", first + 1);
  if (second != std::string_view::npos && text[first] == '{' && (text[second] == '"' || text[second] == '}')) {
    return parse_json(text, file);
  }
  return parse_yaml(text, file);
}

Node load_file(const std::filesystem::path& path) {
  return parse_document(read_text(path), path.string());
}

nlohmann::ordered_json to_json(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar: {
      if (const auto boolean = node.as_boolean()) return *boolean;
      const bool fraction = node.text().find_first_of(".eE") != std::string::npos && !node.text().starts_with("0x");
      if (const auto integer = node.as_integer(); integer && !fraction) return *integer;
      if (const auto number = node.as_number()) return *number;
      return node.text();
    }
    case Node::Kind::sequence: {
      auto list = nlohmann::ordered_json::array();
      for (const Node& item : node.items()) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::mapping: {
      auto object = nlohmann::ordered_json::object();
      for (const Node::Entry& entry : node.entries()) object[entry.key] = to_json(entry.value);
      return object;
    }
  }
  return nullptr;
}

}  // namespace dovetail
