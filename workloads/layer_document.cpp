#include <dovetail/workloads/layer_document.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include <dovetail/workloads/limits.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/printable.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

std::vector<std::string> dimension_names(const Layer& layer) {
  std::vector<std::string> names;
  for (const Dimension& dimension : layer.dimensions) names.push_back(dimension.name);
  return names;
}

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Walks over the text of an einsum or an axis.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool at_end() {
    skip_blanks();
    return position_ == text_.size();
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(position_).starts_with(token)) return false;
    position_ += token.size();
    return true;
  }
  std::string_view word() {
    skip_blanks();
    const std::size_t start = position_;
    while (position_ < text_.size() &&
           (is_letter(text_[position_]) || (position_ > start && is_digit(text_[position_])))) {
      ++position_;
    }
    return text_.substr(start, position_ - start);
  }
  std::string_view digits() {
    skip_blanks();
    const std::size_t start = position_;
    while (position_ < text_.size() && is_digit(text_[position_])) ++position_;
    return text_.substr(start, position_ - start);
  }
  /// What stands here, for messages.
  std::string rest() {
    skip_blanks();
    return position_ == text_.size() ? "the end" : quote(first_letters(text_.substr(position_), 20));
  }

 private:
  void skip_blanks() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\t')) ++position_;
  }
  std::string_view text_;
  std::size_t position_ = 0;
};

// axis := term ('+' term)*, term := [number ['*']] dimension
bool read_axis(Cursor& cursor, const Location& where, const Layer& layer, Axis& axis, Diagnostics& diagnostics) {
  do {
    AxisTerm term;
    if (const std::string_view digits = cursor.digits(); !digits.empty()) {
      const auto value = Node::scalar({}, std::string(digits), false).as_integer();
      if (!value || *value < 1 || *value > most_extent) {
        diagnostics.error(where, fmt::format("coefficient {} is not allowed, allowed are 1 to 2147483647", digits));
        return false;
      }
      term.coefficient = *value;
      cursor.take("*");
    }
    const std::string name(cursor.word());
    if (name.empty()) {
      diagnostics.error(where, fmt::format("expected the name of a dimension (letters a to z, digits and _), found {}",
                                           cursor.rest()));
      return false;
    }
    term.dimension = find_dimension(layer, name);
    if (term.dimension < 0) {
      diagnostics.error(where,
                        fmt::format("unknown dimension {}{}", quote(name), suggestion(name, dimension_names(layer))));
      return false;
    }
    axis.push_back(term);
  } while (cursor.take("+"));
  return true;
}

bool read_axis_node(const Node& node, const Layer& layer, Axis& axis, Diagnostics& diagnostics) {
  if (node.is_scalar()) {
    Cursor cursor(node.text());
    if (!read_axis(cursor, node.location(), layer, axis, diagnostics)) return false;
    if (cursor.at_end()) return true;
    diagnostics.error(node.location(), fmt::format("expected '+' or the end of the axis, found {}", cursor.rest()));
    return false;
  }
  if (!require_sequence(node, "an axis", diagnostics)) return false;
  bool good = true;
  for (const Node& item : node.items()) {
    if (!item.is_sequence() || item.items().size() != 2 || !item.items()[0].is_scalar()) {
      diagnostics.error(item.location(),
                        fmt::format("a term of an axis must be [dimension, coefficient], found {}", item.describe()));
      good = false;
      continue;
    }
    const Node& name = item.items()[0];
    AxisTerm term;
    term.dimension = find_dimension(layer, name.text());
    if (term.dimension < 0) {
      diagnostics.error(name.location(), fmt::format("unknown dimension {}{}", quote(name.text()),
                                                     suggestion(name.text(), dimension_names(layer))));
      good = false;
    }
    good = read_value(item.items()[1], "coefficient", between(1, most_extent), diagnostics, term.coefficient) && good;
    axis.push_back(term);
  }
  return good;
}

struct TensorFields {
  Tensor tensor;
  Node axes;
};

const Record<TensorFields>& tensor_record() {
  static const nlohmann::ordered_json axis = {
      {"oneOf",
       {{{"type", "string"}},
        {{"type", "array"},
         {"items",
          {{"type", "array"}, {"prefixItems", {{{"type", "string"}}, {{"type", "integer"}, {"minimum", 1}}}}}}}}}};
  static const auto record =
      Record<TensorFields>("tensor", "An operand, or the result, of the layer.")
          .custom("axes", true, "its data axes: lists of [dimension, coefficient], or text such as 2p+r",
                  {{"type", "array"}, {"maxItems", max_axes}, {"items", axis}},
                  [](const Node& node, TensorFields& fields, Diagnostics&) { fields.axes = node; })
          .optional(
              "write", [](TensorFields& f) -> bool& { return f.tensor.written; },
              "true for the accumulated tensor; exactly one is")
          .optional(
              "word_bits", [](TensorFields& f) -> int& { return f.tensor.word_bits; },
              "width of an element; 0: as wide as the memory's words", between(0, 1024))
          .optional(
              "density", [](TensorFields& f) -> double& { return f.tensor.density; },
              "expected share of nonzero elements", above_to(0, 1));
  return record;
}

struct ProblemFields {
  Layer layer;
  Node dims, tensors;
};

nlohmann::ordered_json dims_schema() {
  return {{"type", "object"},
          {"maxProperties", max_dimensions},
          {"additionalProperties", {{"type", "integer"}, {"minimum", 1}, {"maximum", most_extent}}}};
}

nlohmann::ordered_json tensors_schema() {
  return {{"type", "object"}, {"maxProperties", max_tensors}, {"additionalProperties", tensor_record().schema()}};
}

void read_dimensions(const Node& node, Layer& layer, Diagnostics& diagnostics) {
  if (!require_mapping(node, "dims", diagnostics)) return;
  for (const Node::Entry& entry : node.entries()) {
    Dimension dimension{entry.key, 1};
    if (entry.key.empty()) diagnostics.error(entry.where, "a dimension needs a name");
    read_value(entry.value, "dimension " + quote(entry.key), between(1, most_extent), diagnostics, dimension.extent);
    layer.dimensions.push_back(std::move(dimension));
  }
  if (layer.dimensions.empty() || layer.dimensions.size() > max_dimensions) {
    diagnostics.error(node.location(),
                      fmt::format("{} dimensions, allowed are 1 to {}", layer.dimensions.size(), max_dimensions));
  }
}

void read_tensors(const Node& node, Layer& layer, Diagnostics& diagnostics) {
  if (!require_mapping(node, "tensors", diagnostics)) return;
  int written = 0;
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key.empty()) diagnostics.error(entry.where, "a tensor needs a name");
    TensorFields fields = tensor_record().read(entry.value, diagnostics);
    fields.tensor.name = entry.key;
    if (entry.value.find("axes") != nullptr && require_sequence(fields.axes, "axes", diagnostics)) {
      for (const Node& item : fields.axes.items()) {
        Axis axis;
        if (read_axis_node(item, layer, axis, diagnostics)) fields.tensor.axes.push_back(std::move(axis));
      }
      if (fields.axes.items().size() > max_axes) {
        diagnostics.error(fields.axes.location(), fmt::format("tensor {} has {} axes, allowed are {}", quote(entry.key),
                                                              fields.axes.items().size(), max_axes));
      }
    }
    written += fields.tensor.written ? 1 : 0;
    layer.tensors.push_back(std::move(fields.tensor));
  }
  if (layer.tensors.empty() || layer.tensors.size() > max_tensors) {
    diagnostics.error(node.location(),
                      fmt::format("{} tensors, allowed are 1 to {}", layer.tensors.size(), max_tensors));
  } else if (written != 1) {
    diagnostics.error(node.location(), fmt::format("{} tensors have write: true, exactly one must", written));
  }
}

const Record<ProblemFields>& problem_record() {
  static const auto record =
      Record<ProblemFields>("problem", "A loop nest over named dimensions with affine tensors.")
          .optional(
              "name", [](ProblemFields& f) -> std::string& { return f.layer.name; }, "how reports call it")
          .custom("dims", true, "name and extent of each loop", dims_schema(),
                  [](const Node& node, ProblemFields& fields, Diagnostics&) { fields.dims = node; })
          .custom("tensors", true, "name and projection of each tensor", tensors_schema(),
                  [](const Node& node, ProblemFields& fields, Diagnostics&) { fields.tensors = node; })
          .optional(
              "kind", [](ProblemFields& f) -> std::string& { return f.layer.kind; }, "information only",
              one_of({"conv", "matmul", "einsum"}))
          .optional(
              "padding", [](ProblemFields& f) -> std::vector<std::int64_t>& { return f.layer.padding; },
              "information only: one number per spatial axis", between(0, most_extent));
  return record;
}

}  // namespace

std::optional<Layer> read_problem(const Node& node, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  ProblemFields fields = problem_record().read(node, diagnostics);
  // Tensors name dimensions, so dimensions first, in whatever order the keys stand.
  if (node.find("dims") != nullptr) read_dimensions(fields.dims, fields.layer, diagnostics);
  if (node.find("tensors") != nullptr) read_tensors(fields.tensors, fields.layer, diagnostics);
  if (diagnostics.errors() > before) return std::nullopt;
  for (const std::string& wrong : check(fields.layer)) diagnostics.error(node.location(), wrong);
  if (diagnostics.errors() > before) return std::nullopt;
  return std::move(fields.layer);
}

nlohmann::ordered_json problem_json(const Layer& layer) {
  nlohmann::ordered_json dims = nlohmann::ordered_json::object(), tensors = nlohmann::ordered_json::object();
  for (const Dimension& dimension : layer.dimensions) dims[dimension.name] = dimension.extent;
  for (const Tensor& tensor : layer.tensors) {
    auto axes = nlohmann::ordered_json::array();
    for (const Axis& axis : tensor.axes) {
      auto terms = nlohmann::ordered_json::array();
      for (const AxisTerm& term : axis) {
        terms.push_back(nlohmann::ordered_json::array({layer.dimensions[term.dimension].name, term.coefficient}));
      }
      axes.push_back(std::move(terms));
    }
    nlohmann::ordered_json fields = {{"axes", std::move(axes)}};
    if (tensor.written) fields["write"] = true;
    if (tensor.word_bits != 0) fields["word_bits"] = tensor.word_bits;
    if (tensor.density != 1.0) fields["density"] = tensor.density;
    tensors[tensor.name] = std::move(fields);
  }
  nlohmann::ordered_json problem = {{"name", layer.name}, {"dims", std::move(dims)}, {"tensors", std::move(tensors)}};
  if (layer.kind != Layer{}.kind) problem["kind"] = layer.kind;
  if (!layer.padding.empty()) problem["padding"] = layer.padding;
  return problem;
}

nlohmann::ordered_json problem_schema() {
  return problem_record().schema();
}

// What an einsum of array libraries (nc,kc->nk) would be here; empty for other texts.
std::string own_einsum(std::string_view text) {
  const std::size_t arrow = text.find("->");
  if (arrow == std::string_view::npos) return "";
  const auto tensor = [](char name, std::string_view letters) {
    std::string out{name, '['};
    for (const char c : letters) {
      if (c == ' ') continue;
      if (!is_letter(c)) return std::string();
      if (out.back() != '[') out += ',';
      out += c;
    }
    return out + "]";
  };
  std::string own = tensor('O', text.substr(arrow + 2));
  std::string_view operands = text.substr(0, arrow);
  char name = 'A';
  for (bool more = true; more; ++name) {
    const std::size_t comma = operands.find(',');
    more = comma != std::string_view::npos;
    const std::string operand = tensor(name, operands.substr(0, comma));
    if (own.empty() || operand.empty() || name == 'O') return "";
    own += (name == 'A' ? " += " : " * ") + operand;
    if (more) operands.remove_prefix(comma + 1);
  }
  return own;
}

bool read_einsum(std::string_view text, const Location& where, Layer& layer, Diagnostics& diagnostics) {
  Cursor cursor(text);
  if (const std::string own = own_einsum(text); !own.empty()) {
    diagnostics.error(where, fmt::format("an einsum names its tensors: write {} as '{}'", quote(text), own));
    return false;
  }
  auto read_tensor = [&](Tensor& tensor) {
    tensor.name = std::string(cursor.word());
    if (tensor.name.empty() || !cursor.take("[")) {
      diagnostics.error(where,
                        fmt::format("an einsum is 'O[n,k] += A[n,c] * B[c,k]', names are letters a to z, digits and _; "
                                    "expected {}, found {}",
                                    tensor.name.empty() ? "the name of a tensor" : "'['", cursor.rest()));
      return false;
    }
    if (cursor.take("]")) return true;  // a scalar
    do {
      Axis axis;
      if (!read_axis(cursor, where, layer, axis, diagnostics)) return false;
      tensor.axes.push_back(std::move(axis));
    } while (cursor.take(","));
    if (cursor.take("]")) return true;
    diagnostics.error(where,
                      fmt::format("expected ',' or ']' in tensor {}, found {}", quote(tensor.name), cursor.rest()));
    return false;
  };
  Tensor result;
  result.written = true;
  if (!read_tensor(result)) return false;
  if (!cursor.take("+=") && !cursor.take("=")) {
    diagnostics.error(where, fmt::format("expected '+=' after tensor {}, found {}", quote(result.name), cursor.rest()));
    return false;
  }
  do {
    Tensor operand;
    if (!read_tensor(operand)) return false;
    layer.tensors.push_back(std::move(operand));
  } while (cursor.take("*"));
  if (!cursor.at_end()) {
    diagnostics.error(where, fmt::format("expected '*' or the end of the einsum, found {}", cursor.rest()));
    return false;
  }
  layer.tensors.push_back(std::move(result));
  return true;
}

std::string axis_text(const Layer& layer, const Axis& axis) {
  std::string text;
  for (const AxisTerm& term : axis) {
    if (!text.empty()) text += '+';
    if (term.coefficient != 1) text += std::to_string(term.coefficient);
    text += layer.dimensions[term.dimension].name;
  }
  return text;
}

std::string einsum_text(const Layer& layer) {
  auto tensor_text = [&](const Tensor& tensor) {
    std::string axes;
    for (const Axis& axis : tensor.axes) {
      if (!axes.empty()) axes += ',';
      axes += axis_text(layer, axis);
    }
    return fmt::format("{}[{}]", tensor.name, axes);
  };
  std::string result, operands;
  for (const Tensor& tensor : layer.tensors) {
    if (tensor.written) {
      result = tensor_text(tensor);
    } else {
      if (!operands.empty()) operands += " * ";
      operands += tensor_text(tensor);
    }
  }
  return result + " += " + operands;
}

}  // namespace dovetail
