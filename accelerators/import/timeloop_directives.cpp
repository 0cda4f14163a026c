#include <dovetail/accelerators/import/timeloop_directives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include <dovetail/workloads/import/foreign_yaml.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

std::vector<std::string> names_of(const Layer& layer) {
  std::vector<std::string> names;
  for (const Dimension& dimension : layer.dimensions) names.push_back(dimension.name);
  return names;
}

// Words of a text, or of a list of texts; blanks and commas part them.
std::vector<std::string> words_of(const Node& node) {
  std::vector<std::string> words;
  const auto add = [&](const std::string& text) {
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t stop = std::min(text.find_first_of(" ,\t\n", start), text.size());
      if (stop > start) words.push_back(text.substr(start, stop - start));
      start = stop + 1;
    }
  };
  add(node.text());
  for (const Node& item : node.items()) add(item.text());
  return words;
}

class DirectiveReader {
 public:
  DirectiveReader(const Layer& layer, Diagnostics& diagnostics) : layer_(layer), diagnostics_(diagnostics) {}

  std::optional<TimeloopDirective> read(const Node& node) {
    const std::size_t before = diagnostics_.errors();
    if (!require_mapping(node, "a directive", diagnostics_)) return std::nullopt;
    directive_.where = node.location();
    if (const Node* target = text(node, "target")) directive_.target = target->text();
    const Node* type = text(node, "type");
    if (type != nullptr) kind(*type);
    for (const Node::Entry& entry : node.entries()) key(entry);
    if (diagnostics_.errors() > before) return std::nullopt;
    return directive_;
  }

 private:
  const Node* text(const Node& node, const char* key) {
    const Node* value = node.find(key);
    if (value != nullptr && value->is_scalar()) return value;
    diagnostics_.error(node.location(), fmt::format("the directive has no {}", key));
    return nullptr;
  }

  void kind(const Node& type) {
    static const std::vector<std::string> words = {"temporal", "spatial",   "bypass",
                                                   "datatype", "dataspace", "bypassing"};
    const std::string& word = type.text();
    if (word == "temporal")
      directive_.kind = TimeloopDirective::Kind::temporal;
    else if (word == "spatial")
      directive_.kind = TimeloopDirective::Kind::spatial;
    else if (std::find(words.begin(), words.end(), word) != words.end())
      directive_.kind = TimeloopDirective::Kind::keep;
    else
      diagnostics_.error(type.location(), fmt::format("type {} is not read{}", quote(word), suggestion(word, words)));
  }

  void key(const Node::Entry& entry) {
    static const std::vector<std::string> words = {"target", "type", "factors", "permutation",
                                                   "split",  "keep", "bypass"};
    if (entry.key == "target" || entry.key == "type" || entry.key == "name" || entry.key == tag_key) return;
    if (entry.key == "factors") {
      factors(entry.value);
    } else if (entry.key == "permutation") {
      permutation(entry.value);
    } else if (entry.key == "split") {
      const auto count = entry.value.as_integer();
      if (count && *count >= 0)
        directive_.split = static_cast<int>(std::min<std::int64_t>(*count, 1000));
      else if (!entry.value.is_null())
        diagnostics_.error(entry.value.location(),
                           fmt::format("split must be a whole number, found {}", entry.value.describe()));
    } else if (entry.key == "keep") {
      directive_.keep |= tensors(entry.value);
    } else if (entry.key == "bypass") {
      directive_.bypass |= tensors(entry.value);
    } else if (!entry.value.is_null() && !(entry.value.is_sequence() && entry.value.items().empty())) {
      diagnostics_.error(
          entry.where, fmt::format("{} of a directive is not read{}", quote(entry.key), suggestion(entry.key, words)));
    }
  }

  void factors(const Node& node) {
    const std::vector<std::string> names = names_of(layer_);
    for (const Node::Entry& entry : node.entries()) factor(entry.key, entry.value.text(), entry.value.location());
    for (const std::string& word : words_of(node)) {
      const std::size_t sign = word.find('=');
      if (sign != std::string::npos) {
        factor(word.substr(0, sign), word.substr(sign + 1), node.location());
        continue;
      }
      std::size_t digits = word.size();
      while (digits > 0 && word[digits - 1] >= '0' && word[digits - 1] <= '9') --digits;
      // A name may end in digits itself: the longest name that leaves a number.
      for (std::size_t cut = word.size(); cut-- > digits;) {
        if (std::find(names.begin(), names.end(), word.substr(0, cut)) == names.end()) continue;
        digits = cut;
        break;
      }
      factor(word.substr(0, digits), word.substr(digits), node.location());
    }
  }

  void factor(const std::string& name, const std::string& number, const Location& where) {
    const int dimension = find_dimension(layer_, name);
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (dimension < 0) {
      diagnostics_.error(where, fmt::format("factors name the unknown dimension {}{}", quote(name),
                                            suggestion(name, names_of(layer_))));
    } else if (error != std::errc() || end != number.data() + number.size() || value < 0 || value > most_extent) {
      diagnostics_.error(where,
                         fmt::format("the factor of {} must be a whole number, found {}", quote(name), quote(number)));
    } else if (std::any_of(directive_.factors.begin(), directive_.factors.end(),
                           [&](const auto& one) { return one.first == dimension; })) {
      diagnostics_.error(where, fmt::format("the factor of {} stands twice", quote(name)));
    } else {
      directive_.factors.emplace_back(dimension, value);
    }
  }

  void permutation(const Node& node) {
    for (const std::string& word : words_of(node)) {
      if (const int dimension = find_dimension(layer_, word); dimension >= 0) {
        order(dimension, word, node.location());
        continue;
      }
      for (const char letter : word)
        order(find_dimension(layer_, std::string(1, letter)), std::string(1, letter), node.location());
    }
  }

  void order(int dimension, const std::string& name, const Location& where) {
    if (dimension < 0) {
      diagnostics_.error(where, fmt::format("the permutation names the unknown dimension {}{}", quote(name),
                                            suggestion(name, names_of(layer_))));
    } else if (std::find(directive_.permutation.begin(), directive_.permutation.end(), dimension) !=
               directive_.permutation.end()) {
      diagnostics_.error(where, fmt::format("dimension {} stands twice in the permutation", quote(name)));
    } else {
      directive_.permutation.push_back(dimension);
    }
  }

  unsigned tensors(const Node& node) {
    unsigned set = 0;
    for (const std::string& word : words_of(node)) {
      const int tensor = find_tensor(layer_, word);
      if (tensor >= 0) {
        set |= 1U << static_cast<unsigned>(tensor);
        continue;
      }
      std::vector<std::string> names;
      for (const Tensor& one : layer_.tensors) names.push_back(one.name);
      diagnostics_.error(node.location(), fmt::format("unknown data space {}{}", quote(word), suggestion(word, names)));
    }
    return set;
  }

  const Layer& layer_;
  Diagnostics& diagnostics_;
  TimeloopDirective directive_;
};

}  // namespace

std::optional<TimeloopDirective> read_directive(const Node& node, const Layer& layer, Diagnostics& diagnostics) {
  return DirectiveReader(layer, diagnostics).read(node);
}

}  // namespace dovetail
