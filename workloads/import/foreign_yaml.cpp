#include <dovetail/workloads/import/foreign_yaml.hpp>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>

#include <dovetail/workloads/text/document_text.hpp>

namespace dovetail {
namespace {

// A value with what it costs to walk it once aliases are followed.
struct Sized {
  Node node;
  std::size_t values = 1;
  int depth = 1;
};

std::size_t count_values(const Node& node) {
  std::size_t count = 1;
  for (const Node& item : node.items()) count += count_values(item);
  for (const Node::Entry& entry : node.entries()) count += count_values(entry.value);
  return count;
}

// The entries of `own` and those of `base` that it lacks; with `deep`, mappings under the same key are merged as well.
Node merged(const Node& own, const Node& base, bool deep) {
  std::vector<Node::Entry> entries = own.entries();
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < entries.size(); ++i) places.emplace(entries[i].key, i);
  for (const Node::Entry& entry : base.entries()) {
    const auto found = places.find(entry.key);
    if (found == places.end()) {
      places.emplace(entry.key, entries.size());
      entries.push_back(entry);
    } else if (Node& value = entries[found->second].value; deep && value.is_mapping() && entry.value.is_mapping()) {
      value = merged(value, entry.value, true);
    }
  }
  return Node::mapping(own.location(), std::move(entries));
}

// Builds located values from the events of the parser.
class ForeignTreeBuilder : public YAML::EventHandler {
 public:
  explicit ForeignTreeBuilder(const IncludedText& source) : source_(source) {}

  Node root() const { return root_.node; }
  Diagnostics& mistakes() { return mistakes_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { put({Node::null(at(mark))}, anchor); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      mistakes_.error(at(mark), "the alias names a value that contains it");
      put({Node::null(at(mark))}, YAML::NullAnchor);
      return;
    }
    put(found->second, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    Node node = value.empty() && !quoted ? Node::null(at(mark)) : Node::scalar(at(mark), value, quoted);
    put({std::move(node)}, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, true);
  }
  void OnMapEnd() override { close(); }

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    const auto [found, is_new] = anchor_names_.emplace(name, at(mark));
    if (!is_new)
      mistakes_.error(at(mark),
                      fmt::format("anchor {} stands twice, first in line {}", quote(name), found->second.line));
  }

 private:
  struct Merge {
    Node base;
    bool deep = false;
  };
  struct Frame {
    Location where;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool mapping = false;
    std::vector<Node> items = {};
    std::vector<Node::Entry> entries = {};
    std::unordered_map<std::string, int> lines = {};  ///< of the keys
    std::vector<Merge> merges = {};
    std::optional<Sized> key = {};
    std::size_t values = 1;
    int depth = 1;
  };

  Location at(const YAML::Mark& mark) const { return source_.at(mark.line + 1, mark.column + 1); }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool mapping) {
    if (frames_.size() > static_cast<std::size_t>(max_document_depth))
      throw InputError(at(mark), fmt::format("nested more than {} deep", max_document_depth));
    frames_.push_back({at(mark), anchor, mapping});
    if (mapping && tag.starts_with('!') && tag.size() > 1)
      frames_.back().entries.push_back({std::string(tag_key), at(mark), Node::scalar(at(mark), tag.substr(1), true)});
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    Node node = frame.mapping ? Node::mapping(frame.where, std::move(frame.entries))
                              : Node::sequence(frame.where, std::move(frame.items));
    for (const Merge& merge : frame.merges) node = merged(node, merge.base, merge.deep);
    Sized sized{std::move(node), frame.values, frame.depth};
    if (!frame.merges.empty()) sized.values = count_values(sized.node);
    put(std::move(sized), frame.anchor);
  }

  void put(Sized value, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = value;
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    frame.values += value.values;
    frame.depth = std::max(frame.depth, value.depth + 1);
    if (frame.values > max_document_nodes)
      throw InputError(value.node.location(), fmt::format("more than {} values in one document", max_document_nodes));
    if (frame.depth + static_cast<int>(frames_.size()) > max_document_depth + 1)
      throw InputError(value.node.location(), fmt::format("nested more than {} deep", max_document_depth));
    if (!frame.mapping) {
      frame.items.push_back(std::move(value.node));
    } else if (!frame.key) {
      frame.key = std::move(value);
    } else {
      enter(frame, frame.key->node, std::move(value));
      frame.key.reset();
    }
  }

  void enter(Frame& frame, const Node& key, Sized value) {
    if (!key.is_scalar()) {
      mistakes_.error(key.location(), fmt::format("a key must be a word, found {}", key.describe()));
      return;
    }
    if (!key.quoted() && (key.text() == "<<" || key.text() == "<<<")) {
      merge(frame, key, value.node);
      return;
    }
    const auto [found, is_new] = frame.lines.emplace(key.text(), key.location().line);
    if (!is_new) {
      mistakes_.error(key.location(),
                      fmt::format("key {} stands twice, first in line {}", quote(key.text()), found->second));
      return;
    }
    frame.entries.push_back({key.text(), key.location(), std::move(value.node)});
  }

  void merge(Frame& frame, const Node& key, const Node& value) {
    const bool deep = key.text() == "<<<";
    const auto add = [&](const Node& base) {
      if (base.is_mapping())
        frame.merges.push_back({base, deep});
      else
        mistakes_.error(base.location(), fmt::format("{} merges mappings, found {}", key.text(), base.describe()));
    };
    if (value.is_sequence()) {
      for (const Node& base : value.items()) add(base);
    } else {
      add(value);
    }
  }

  const IncludedText& source_;
  Diagnostics mistakes_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Sized> anchors_;
  std::unordered_map<std::string, Location> anchor_names_;
  Sized root_{Node(), 1, 1};
};

// Where text goes on after the value that should be all of it: yaml-cpp takes it for a second document.
class Rest : public YAML::EventHandler {
 public:
  struct Found {
    YAML::Mark mark;
  };
  void OnDocumentStart(const YAML::Mark& mark) override { throw Found{mark}; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

}  // namespace

Node parse_foreign_yaml(std::string_view text, const std::string& file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  detail::require_text(text, file, max_yaml_bytes);
  const IncludedText source = include_texts(text, file);
  ForeignTreeBuilder builder(source);
  const auto relocate = [&](const InputError& error) {
    std::vector<Diagnostic> moved = error.diagnostics();
    for (Diagnostic& diagnostic : moved) diagnostic.where = source.at(diagnostic.where.line, diagnostic.where.column);
    return InputError(std::move(moved));
  };
  try {
    detail::require_bearable_yaml(source.text, detail::Places(source.text, file), file);
  } catch (const InputError& error) {
    throw relocate(error);
  }
  try {
    std::istringstream stream(source.text);
    YAML::Parser parser(stream);
    Rest rest;
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(rest);
  } catch (const Rest::Found& found) {
    builder.mistakes().error(source.at(found.mark.line + 1, found.mark.column + 1),
                             "this is not YAML: the value above is complete, and more text follows it");
  } catch (const YAML::Exception& error) {
    const Location where =
        error.mark.is_null() ? source.at(1, 1) : source.at(error.mark.line + 1, error.mark.column + 1);
    builder.mistakes().error(where, fmt::format("this is not YAML: {}", error.msg));
  }
  builder.mistakes().raise();
  return builder.root();
}

}  // namespace dovetail
