// JSON text to the located tree: nlohmann's parser finds the tokens, and a second look at the text finds
// their places.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include <dovetail/workloads/text/document_text.hpp>

namespace dovetail {
namespace {

// Receives the tokens in order and builds the tree bottom-up. nlohmann's SAX parser keeps its own stack on
// the heap, so depth is ours to limit.
class Builder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  Builder(std::string_view text, const std::string& file) : text_(text), places_(text, file) {}

  bool null() {
    const Location where = take(4);
    return place(Node::null(where));
  }
  bool boolean(bool value) {
    const Location where = take(value ? 4 : 5);
    return place(Node::scalar(where, value ? "true" : "false", false));
  }
  bool number_integer(number_integer_t) { return number(); }
  bool number_unsigned(number_unsigned_t) { return number(); }
  bool number_float(number_float_t, const string_t&) { return number(); }
  bool string(string_t& value) {
    const Location where = take_string();
    return place(Node::scalar(where, std::move(value), true));
  }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) { return open(true); }
  bool start_array(std::size_t) { return open(false); }
  bool key(string_t& name) {
    Frame& frame = frames_.back();
    frame.key_pointer = detail::child_pointer(frame.where.pointer, name);
    frame.key_where = take_string();
    if (!frame.names.insert(name).second) {
      errors_.error(frame.key_where, fmt::format("key {} is given twice", quote(name)));
    }
    frame.key = std::move(name);
    return true;
  }
  bool end_object() {
    Frame frame = close();
    return place(Node::mapping(frame.where, std::move(frame.entries)));
  }
  bool end_array() {
    Frame frame = close();
    return place(Node::sequence(frame.where, std::move(frame.items)));
  }
  bool parse_error(std::size_t position, const std::string& last_token, const nlohmann::detail::exception& error) {
    // nlohmann: "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing
    // ...".
    std::string why = error.what();
    if (const std::size_t cut = why.find("; last read"); cut != std::string::npos) {
      const std::size_t next = why.find("'; ", cut);
      why = why.substr(0, cut) + (next == std::string::npos ? "" : why.substr(next + 1));
    }
    if (const std::size_t colon = why.find(": "); colon != std::string::npos) why = why.substr(colon + 2);
    const bool at_end = last_token.empty() || why.find("unexpected end of input") != std::string::npos;
    errors_.error(places_.at(position > 0 ? position - 1 : 0),
                  fmt::format("this is not JSON: {}{}", why, at_end ? "" : ", found " + quote(last_token)));
    return false;
  }

  Node finish() const {
    errors_.raise();
    return root_;
  }
  Diagnostics& errors() { return errors_; }

 private:
  struct Frame {
    bool is_object = false;
    Location where;
    std::vector<Node> items;
    std::vector<Node::Entry> entries;
    std::unordered_set<std::string> names;
    std::string key, key_pointer;
    Location key_where;
  };

  std::string pointer() const {
    if (frames_.empty()) return {};
    const Frame& frame = frames_.back();
    return frame.is_object ? frame.key_pointer : detail::child_pointer(frame.where.pointer, frame.items.size());
  }
  std::size_t token() const { return std::min(text_.find_first_not_of(" \t\r\n,:", end_), text_.size()); }
  Location take(std::size_t length) {
    const std::size_t begin = token();
    end_ = begin + length;
    return places_.at(begin, pointer());
  }
  Location take_string() {
    const std::size_t begin = token();
    end_ = begin + 1;
    while (end_ < text_.size() && text_[end_] != '"') end_ += text_[end_] == '\\' ? 2 : 1;
    ++end_;
    return places_.at(begin, pointer());
  }
  bool number() {
    const std::size_t begin = token();
    end_ = std::min(text_.find_first_not_of("+-.0123456789eE", begin), text_.size());
    return place(Node::scalar(places_.at(begin, pointer()), std::string(text_.substr(begin, end_ - begin)), false));
  }
  bool open(bool is_object) {
    Frame frame;
    frame.is_object = is_object;
    frame.where = take(1);
    if (static_cast<int>(frames_.size()) >= max_document_depth) {
      errors_.error(frame.where, fmt::format("nested more than {} deep", max_document_depth));
      return false;
    }
    frames_.push_back(std::move(frame));
    return true;
  }
  Frame close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    end_ = token() + 1;
    return frame;
  }
  bool place(Node node) {
    if (++count_ > max_document_nodes) {
      errors_.error(node.location(), fmt::format("more than {} values in one document", max_document_nodes));
      return false;
    }
    if (frames_.empty()) {
      root_ = std::move(node);
    } else if (Frame& frame = frames_.back(); frame.is_object) {
      frame.entries.push_back({std::move(frame.key), frame.key_where, std::move(node)});
    } else {
      frame.items.push_back(std::move(node));
    }
    return true;
  }

  std::string_view text_;
  detail::Places places_;
  std::size_t end_ = 0;  ///< where the last token ended
  std::size_t count_ = 0;
  std::vector<Frame> frames_;
  Node root_;
  Diagnostics errors_;
};

Node convert(const nlohmann::ordered_json& value, const std::string& file, const std::string& pointer, int depth) {
  const Location where{file, 0, 0, pointer};
  if (depth > max_document_depth) throw InputError(where, fmt::format("nested more than {} deep", max_document_depth));
  if (value.is_object()) {
    std::vector<Node::Entry> entries;
    for (const auto& [key, child] : value.items()) {
      const std::string below = detail::child_pointer(pointer, key);
      entries.push_back({key, Location{file, 0, 0, below}, convert(child, file, below, depth + 1)});
    }
    return Node::mapping(where, std::move(entries));
  }
  if (value.is_array()) {
    std::vector<Node> items;
    for (std::size_t i = 0; i < value.size(); ++i) {
      items.push_back(convert(value[i], file, detail::child_pointer(pointer, i), depth + 1));
    }
    return Node::sequence(where, std::move(items));
  }
  if (value.is_null()) return Node::null(where);
  if (value.is_string()) return Node::scalar(where, value.get<std::string>(), true);
  return Node::scalar(where, value.dump(), false);
}

}  // namespace

Node parse_json(std::string_view text, const std::string& file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  detail::require_text(text, file, max_document_bytes);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    throw InputError({file, 1, 1, {}}, "the document is empty");
  Builder builder(text, file);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.finish();
}

Node from_json(const nlohmann::ordered_json& value, const std::string& file) {
  return convert(value, file, "", 0);
}

}  // namespace dovetail
