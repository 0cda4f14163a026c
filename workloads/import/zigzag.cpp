#include <dovetail/workloads/import/zigzag.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <dovetail/workloads/import/foreign_yaml.hpp>
#include <dovetail/workloads/import/other_documents.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); });
  return small;
}

const std::set<std::string> idle_types = {"pooling",           "pool", "maxpool", "averagepool",
                                          "globalaveragepool", "add",  "max"};

struct Operand {
  std::string name;
  std::vector<std::string> axes;
};

// OUT[a][b] += IN[a][c] * W[c][b], also with + in place of *.
struct Equation {
  Operand result;
  std::vector<Operand> operands;
  bool product = false;
};

// A walk over the text of an equation or a relation, blanks passed over.
class EquationCursor {
 public:
  explicit EquationCursor(std::string_view text) {
    for (const char letter : text) {
      if (std::isspace(static_cast<unsigned char>(letter)) == 0) text_ += letter;
    }
  }
  bool take(std::string_view token) {
    if (!std::string_view(text_).substr(position_).starts_with(token)) return false;
    position_ += token.size();
    return true;
  }
  std::string word() {
    const std::size_t start = position_;
    while (position_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[position_])) != 0 || text_[position_] == '_'))
      ++position_;
    return text_.substr(start, position_ - start);
  }
  bool at_end() const { return position_ == text_.size(); }

 private:
  std::string text_;
  std::size_t position_ = 0;
};

std::optional<Operand> read_operand(EquationCursor& cursor) {
  Operand operand{cursor.word(), {}};
  if (operand.name.empty()) return std::nullopt;
  while (cursor.take("[")) {
    operand.axes.push_back(lower(cursor.word()));
    if (operand.axes.back().empty() || !cursor.take("]")) return std::nullopt;
  }
  return operand;
}

std::optional<Equation> read_equation(std::string_view text) {
  EquationCursor cursor(text);
  Equation equation;
  auto result = read_operand(cursor);
  if (!result || !(cursor.take("+=") || cursor.take("="))) return std::nullopt;
  equation.result = std::move(*result);
  do {
    auto operand = read_operand(cursor);
    if (!operand) return std::nullopt;
    equation.operands.push_back(std::move(*operand));
    if (cursor.take("*"))
      equation.product = true;
    else if (!cursor.take("+"))
      break;
  } while (true);
  if (!cursor.at_end()) return std::nullopt;
  return equation;
}

struct LayerText {
  Node node;
  std::string id;
  std::size_t place = 0;
  bool added = false;
};

class ZigzagReader {
 public:
  ZigzagReader(Imported& imported, Diagnostics& diagnostics)
      : imported_(imported),
        diagnostics_(diagnostics),
        builder_(imported, diagnostics) {}

  void read(const Node& document) {
    for (const Node& item : document.items()) layer(item);
    for (const LayerText& one : layers_) connect(one);
    builder_.finish(document.location());
  }

 private:
  void layer(const Node& node) {
    if (!require_mapping(node, "a layer", diagnostics_)) return;
    static const std::vector<std::string> keys = {"id",
                                                  "name",
                                                  "operator_type",
                                                  "equation",
                                                  "dimension_relations",
                                                  "loop_dims",
                                                  "loop_sizes",
                                                  "operand_precision",
                                                  "operand_source",
                                                  "constant_operands",
                                                  "pr_loop_dims",
                                                  "pr_loop_sizes",
                                                  "padding"};
    const std::size_t before = diagnostics_.errors();
    for (const Node::Entry& entry : node.entries()) {
      if (entry.key != tag_key && std::find(keys.begin(), keys.end(), entry.key) == keys.end())
        diagnostics_.error(entry.where, fmt::format("a layer has the unknown key {}{}", quote(entry.key),
                                                    suggestion(entry.key, keys)));
    }
    for (const char* key : {"id", "operator_type", "equation", "loop_dims", "loop_sizes"}) {
      if (node.find(key) == nullptr) diagnostics_.error(node.location(), fmt::format("the layer has no {}", key));
    }
    if (diagnostics_.errors() > before) return;
    LayerText text{node, node.find("id")->text(), 0, false};
    if (!ids_.emplace(text.id, layers_.size()).second)
      diagnostics_.error(node.find("id")->location(), fmt::format("id {} stands twice", quote(text.id)));
    build(text);
    layers_.push_back(std::move(text));
  }

  std::string name_of(const LayerText& text) const {
    const Node* name = text.node.find("name");
    return name != nullptr && name->is_scalar() ? name->text() : "layer" + text.id;
  }

  // Sizes by name, in small letters, in the order written.
  std::vector<Dimension> sizes(const Node& node, const char* names_key, const char* sizes_key) {
    std::vector<Dimension> all;
    const Node *names = node.find(names_key), *counts = node.find(sizes_key);
    if (names == nullptr || counts == nullptr) return all;
    if (!require_sequence(*names, names_key, diagnostics_) || !require_sequence(*counts, sizes_key, diagnostics_))
      return all;
    if (names->items().size() != counts->items().size()) {
      diagnostics_.error(counts->location(), fmt::format("{} {} but {} {}", counts->items().size(), sizes_key,
                                                         names->items().size(), names_key));
      return all;
    }
    for (std::size_t i = 0; i < names->items().size(); ++i) {
      const Node& count = counts->items()[i];
      const auto value = count.as_integer();
      if (!value || *value < 1 || *value > most_extent)
        diagnostics_.error(count.location(), fmt::format("{} must be a whole number from 1 to 2147483647, found {}",
                                                         quote(names->items()[i].text()), count.describe()));
      all.push_back({lower(names->items()[i].text()), value.value_or(1)});
    }
    return all;
  }

  // ix = 2*ox + 1*fx
  void relation(const Node& node, const Layer& layer, std::map<std::string, Axis>& relations) {
    const auto wrong = [&] {
      diagnostics_.error(node.location(),
                         fmt::format("a relation must be like ix=2*ox+1*fx over loop_dims, found {}", node.describe()));
    };
    if (!node.is_scalar()) return wrong();
    EquationCursor cursor(node.text());
    const std::string name = lower(cursor.word());
    Axis axis;
    if (name.empty() || !cursor.take("=")) return wrong();
    do {
      AxisTerm term;
      std::string word = lower(cursor.word());
      if (const auto factor = Node::scalar({}, word, false).as_integer(); factor && cursor.take("*")) {
        if (*factor < 1 || *factor > most_extent) return wrong();
        term.coefficient = *factor;
        word = lower(cursor.word());
      }
      term.dimension = find_dimension(layer, word);
      if (term.dimension < 0) return wrong();
      axis.push_back(term);
    } while (cursor.take("+"));
    if (!cursor.at_end()) return wrong();
    relations[name] = std::move(axis);
  }

  std::optional<Tensor> tensor(const Operand& operand, const Node& node, const Layer& layer,
                               const std::map<std::string, Axis>& relations) {
    Tensor tensor;
    tensor.name = operand.name;
    for (const std::string& name : operand.axes) {
      const int dimension = find_dimension(layer, name);
      if (dimension >= 0) {
        tensor.axes.push_back({{dimension, 1}});
      } else if (const auto found = relations.find(name); found != relations.end()) {
        tensor.axes.push_back(found->second);
      } else {
        diagnostics_.error(node.find("equation")->location(),
                           fmt::format("{} of {} is neither one of loop_dims nor given by dimension_relations",
                                       quote(name), quote(operand.name)));
        return std::nullopt;
      }
    }
    if (const Node* precision = node.find("operand_precision")) {
      if (const Node* bits = precision->find(operand.name)) {
        const auto value = bits->as_integer();
        if (value && *value >= 0 && *value <= 1024)  // 0: not said
          tensor.word_bits = static_cast<int>(*value);
        else
          diagnostics_.error(bits->location(),
                             fmt::format("operand_precision must be 0 to 1024, found {}", bits->describe()));
      }
    }
    return tensor;
  }

  void build(LayerText& text) {
    const Node& node = text.node;
    const std::size_t before = diagnostics_.errors();
    const Node& where = *node.find("equation");
    const auto equation = where.is_scalar() ? read_equation(where.text()) : std::nullopt;
    const bool idle_type = idle_types.contains(lower(node.find("operator_type")->text()));
    if (!equation && !idle_type) {
      diagnostics_.error(where.location(),
                         fmt::format("an equation must be like O[b][k]+=W[k][c]*I[b][c], found {}", where.describe()));
      return;
    }
    Layer layer;
    layer.name = name_of(text);
    layer.kind = lower(node.find("operator_type")->text()) == "conv" ? "conv" : "einsum";
    layer.dimensions = sizes(node, "loop_dims", "loop_sizes");
    std::map<std::string, Axis> relations;
    if (const Node* list = node.find("dimension_relations"); list != nullptr && !list->is_null()) {
      if (require_sequence(*list, "dimension_relations", diagnostics_)) {
        for (const Node& item : list->items()) relation(item, layer, relations);
      }
    }
    sizes(node, "pr_loop_dims", "pr_loop_sizes");  // checked; the relations say the same
    if (diagnostics_.errors() > before) return;
    if (!equation || idle_type || !equation->product) return idle(text, layer, equation, relations);
    for (const Operand& operand : equation->operands) {
      if (auto read = tensor(operand, node, layer, relations)) layer.tensors.push_back(std::move(*read));
    }
    if (auto read = tensor(equation->result, node, layer, relations)) {
      read->written = true;
      layer.tensors.push_back(std::move(*read));
    }
    if (diagnostics_.errors() > before) return;
    for (Dimension& dimension : layer.dimensions)
      std::transform(dimension.name.begin(), dimension.name.end(), dimension.name.begin(),
                     [](char letter) { return static_cast<char>(std::toupper(static_cast<unsigned char>(letter))); });
    text.place = builder_.add({std::move(layer), 1, learns(text)}, node.location());
    text.added = true;
  }

  void idle(LayerText& text, const Layer& layer, const std::optional<Equation>& equation,
            const std::map<std::string, Axis>& relations) {
    IdleOperator idle{layer.name, text.node.find("operator_type")->text(), 0, 0};
    const auto count = [&](const Operand& operand) -> std::int64_t {
      Tensor tensor{operand.name, {}};
      for (const std::string& name : operand.axes) {
        const int dimension = find_dimension(layer, name);
        const auto found = relations.find(name);
        if (dimension < 0 && found == relations.end()) return 0;
        tensor.axes.push_back(dimension >= 0 ? Axis{{dimension, 1}} : found->second);
      }
      try {
        return elements(layer, tensor);
      } catch (const std::overflow_error&) {
        return 0;
      }
    };
    if (equation) {
      idle.elements_written = count(equation->result);
      for (const Operand& operand : equation->operands) {
        if ((operand.name == "W" && learns(text)) ||
            __builtin_add_overflow(idle.elements_read, count(operand), &idle.elements_read))
          continue;
      }
    }
    add_remark(imported_.remarks, "no-mac", "layer", "no multiply-accumulates; what reads it reads what it read",
               text.node.location());
    text.place = builder_.add_idle(std::move(idle), text.node.location());
    text.added = true;
  }

  // W is learned unless it comes from another layer, or constants are listed without it.
  static bool learns(const LayerText& text) {
    if (const Node* source = text.node.find("operand_source")) {
      if (const Node* of = source->find("W"); of != nullptr && of->is_scalar()) return of->text() == text.id;
    }
    const Node* constants = text.node.find("constant_operands");
    if (constants == nullptr || !constants->is_sequence()) return true;
    return std::any_of(constants->items().begin(), constants->items().end(),
                       [](const Node& one) { return one.text() == "W"; });
  }

  void connect(const LayerText& text) {
    const Node* sources = text.node.find("operand_source");
    if (sources == nullptr || sources->is_null() || !require_mapping(*sources, "operand_source", diagnostics_)) return;
    for (const Node::Entry& entry : sources->entries()) {
      if (entry.value.is_sequence()) {
        for (const Node& one : entry.value.items()) connect(text, one);
      } else {
        connect(text, entry.value);
      }
    }
  }

  void connect(const LayerText& text, const Node& source) {
    if (source.text() == text.id) return;
    const auto found = ids_.find(source.text());
    if (!source.is_scalar()) {
      diagnostics_.error(source.location(),
                         fmt::format("operand_source must name a layer by its id, found {}", source.describe()));
    } else if (found == ids_.end()) {
      add_remark(imported_.remarks, "unknown-source", "operand",
                 "its source is no layer of this file; read as an input of the network", source.location());
    } else if (text.added && layers_[found->second].added) {
      builder_.read(text.place, layers_[found->second].place);
    }
  }

  Imported& imported_;
  Diagnostics& diagnostics_;
  NetworkBuilder builder_;
  std::vector<LayerText> layers_;
  std::map<std::string, std::size_t> ids_;
};

bool has_equations(const Node& document) {
  return std::any_of(document.items().begin(), document.items().end(),
                     [](const Node& item) { return item.find("equation") != nullptr; });
}

}  // namespace

bool is_zigzag(const Source& source) {
  if (is_foreign_suffix(source.suffix()) || source.suffix() == ".json") return false;
  return has_equations(source.yaml());
}

void read_zigzag(const Source& source, const ImportOptions&, Imported& imported, Diagnostics& diagnostics) {
  if (!has_equations(source.yaml())) {
    diagnostics.error(source.start(), other_document(source.yaml()));
    return;
  }
  ZigzagReader(imported, diagnostics).read(source.yaml());
}

}  // namespace dovetail
