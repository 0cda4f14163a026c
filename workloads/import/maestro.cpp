#include <dovetail/workloads/import/maestro.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/document_text.hpp>

namespace dovetail {
namespace {

struct Token {
  std::string_view text;  ///< a word, a number, or one sign; empty at the end of the file
  Location where;
};

// Words, numbers and signs; // remarks and, as punctuation that may be missing, ':' ',' ';' are passed over.
class Tokens {
 public:
  Tokens(std::string_view text, const std::string& file) : text_(text), places_(text, file) { advance(); }

  const Token& next() const { return next_; }
  Token take() {
    Token token = next_;
    advance();
    return token;
  }
  bool take(std::string_view word) {
    if (next_.text != word) return false;
    advance();
    return true;
  }
  bool at_end() const { return next_.text.empty(); }

 private:
  static bool is_word(char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == '\'' || letter == '-' ||
           letter == '.';
  }

  void skip() {
    while (position_ < text_.size()) {
      const char letter = text_[position_];
      if (text_.substr(position_).starts_with("//")) {
        position_ = std::min(text_.find('\n', position_), text_.size());
      } else if (text_.substr(position_).starts_with("/*")) {
        const std::size_t end = text_.find("*/", position_ + 2);
        position_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else if (std::isspace(static_cast<unsigned char>(letter)) != 0 || letter == ':' || letter == ',' ||
                 letter == ';') {
        ++position_;
      } else {
        return;
      }
    }
  }

  void advance() {
    skip();
    const std::size_t start = position_;
    while (position_ < text_.size() && is_word(text_[position_])) ++position_;
    if (position_ == start && position_ < text_.size()) ++position_;
    next_ = {text_.substr(start, position_ - start), places_.at(start)};
  }

  std::string_view text_;
  detail::Places places_;
  std::size_t position_ = 0;
  Token next_;
};

// Numbers of a block { NAME: n, ... } by name.
using Numbers = std::map<std::string, std::pair<std::int64_t, Location>>;

struct LayerText {
  std::string name;
  Location where;
  std::string type;
  Location type_where;
  Numbers strides, dimensions;
};

const std::vector<std::string> types = {"CONV", "DSCONV", "NGCONV", "TRCONV", "GEMM"};

class MaestroReader {
 public:
  MaestroReader(const Source& source, Imported& imported, Diagnostics& diagnostics)
      : tokens_(source.text(), source.path()),
        start_(source.start()),
        imported_(imported),
        diagnostics_(diagnostics),
        builder_(imported, diagnostics) {}

  void read() {
    bool any = false;
    while (!tokens_.at_end()) {
      if (tokens_.take("Constant")) {
        constant();
      } else if (tokens_.take("Network")) {
        any = true;
        if (!network()) return;
      } else {
        expected("'Network' or 'Constant'");
        return;
      }
    }
    if (!any)
      diagnostics_.error(start_, "no network in it");
    else
      builder_.finish(start_);
  }

 private:
  std::string found() const { return tokens_.at_end() ? "the end of the file" : quote(tokens_.next().text); }
  bool expected(std::string_view what) {
    diagnostics_.error(tokens_.next().where, fmt::format("expected {}, found {}", what, found()));
    return false;
  }
  bool open(std::string_view what) { return tokens_.take("{") || expected(fmt::format("'{{' after {}", what)); }

  void constant() {
    const Token name = tokens_.take();
    if (const auto value = number(name.text)) constants_[std::string(name.text)] = *value;
  }

  // A whole number, or a constant; anything else is an error. `what` is what it is the value of.
  std::optional<std::int64_t> number(std::string_view what) {
    const Token token = tokens_.take();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    const bool whole = !token.text.empty() && error == std::errc() && end == token.text.data() + token.text.size();
    if (!whole) {
      const auto found = constants_.find(std::string(token.text));
      if (found == constants_.end()) {
        diagnostics_.error(token.where, fmt::format("{} must be a whole number or a Constant, found {}", quote(what),
                                                    token.text.empty() ? "the end of the file" : quote(token.text)));
        return std::nullopt;
      }
      value = found->second;
    }
    if (value >= 1 && value <= most_extent) return value;
    diagnostics_.error(token.where, fmt::format("{} is {}, allowed are 1 to 2147483647", quote(what), value));
    return std::nullopt;
  }

  bool network() {
    const Token name = tokens_.take();
    if (name.text == "{") {
      imported_.network.name = "network";
    } else {
      imported_.network.name = std::string(name.text);
      if (!open("the name of the network")) return false;
    }
    while (!tokens_.take("}")) {
      if (!tokens_.take("Layer")) return expected("'Layer' or '}'");
      if (!layer()) return false;
    }
    return true;
  }

  bool layer() {
    LayerText layer;
    layer.where = tokens_.next().where;
    if (tokens_.next().text != "{") layer.name = std::string(tokens_.take().text);
    if (!open("the name of the layer")) return false;
    const std::size_t before = diagnostics_.errors();
    while (!tokens_.take("}")) {
      if (tokens_.at_end()) return expected("'}' of the layer");
      const Token key = tokens_.take();
      if (key.text == "Type") {
        layer.type_where = tokens_.next().where;
        layer.type = std::string(tokens_.take().text);
      } else if (key.text == "Stride") {
        static const std::vector<std::string> names = {"X", "Y"};
        if (!block("Stride", names, layer.strides)) return false;
      } else if (key.text == "Dimensions") {
        static const std::vector<std::string> names = {"N", "K", "C", "R", "S", "Y", "X", "Y'", "X'", "G", "M"};
        if (!block("Dimensions", names, layer.dimensions)) return false;
      } else if (key.text == "Dataflow") {
        if (!skip_dataflow()) return false;
        add_remark(imported_.remarks, "dataflow", "layer", "its Dataflow is a schedule; read over", key.where);
      } else {
        static const std::vector<std::string> keys = {"Type", "Stride", "Dimensions", "Dataflow"};
        diagnostics_.error(key.where,
                           fmt::format("unknown key {} of a layer{}", quote(key.text), suggestion(key.text, keys)));
        if (tokens_.next().text == "{" && !skip_dataflow()) return false;
      }
    }
    if (diagnostics_.errors() == before) build(layer);
    return true;
  }

  bool block(std::string_view what, const std::vector<std::string>& names, Numbers& numbers) {
    if (!open(what)) return false;
    while (!tokens_.take("}")) {
      if (tokens_.at_end()) return expected(fmt::format("'}}' of {}", what));
      const Token name = tokens_.take();
      const std::string key(name.text);
      if (std::find(names.begin(), names.end(), key) == names.end()) {
        diagnostics_.error(name.where, fmt::format("unknown {} {}{}", what, quote(key), suggestion(key, names)));
        if (tokens_.next().text != "}") tokens_.take();
        continue;
      }
      if (numbers.contains(key)) diagnostics_.error(name.where, fmt::format("{} stands twice", quote(key)));
      const auto value = number(key);
      numbers[key] = {value.value_or(1), name.where};
    }
    return true;
  }

  bool skip_dataflow() {
    if (!open("Dataflow")) return false;
    for (int depth = 1; depth > 0;) {
      if (tokens_.at_end()) return expected("'}' of the Dataflow");
      const Token token = tokens_.take();
      if (token.text == "{") ++depth;
      if (token.text == "}") --depth;
    }
    return true;
  }

  std::int64_t of(const LayerText& layer, const char* name, std::optional<std::int64_t> otherwise = std::nullopt) {
    const auto found = layer.dimensions.find(name);
    if (found != layer.dimensions.end()) return found->second.first;
    if (!otherwise)
      diagnostics_.error(layer.where, fmt::format("layer {} needs the dimension {}", quote(layer.name), quote(name)));
    return otherwise.value_or(1);
  }

  static std::int64_t stride(const LayerText& layer, const char* axis, std::int64_t otherwise) {
    const auto found = layer.strides.find(axis);
    return found == layer.strides.end() ? otherwise : found->second.first;
  }

  // Outputs along an axis, from the input size Y or given as Y'.
  std::int64_t outputs(const LayerText& layer, const std::string& axis, std::int64_t kernel, std::int64_t step) {
    const std::string prime = axis + "'";
    if (layer.dimensions.contains(prime)) return of(layer, prime.c_str());
    const std::int64_t size = of(layer, axis.c_str());
    if (size < kernel && layer.dimensions.contains(axis))
      diagnostics_.error(layer.dimensions.at(axis).second,
                         fmt::format("the filter of {} is larger than the input of {} along {}", kernel, size, axis));
    return size < kernel ? 1 : (size - kernel) / step + 1;
  }

  void build(const LayerText& layer) {
    const std::size_t before = diagnostics_.errors();
    if (std::find(types.begin(), types.end(), layer.type) == types.end()) {
      diagnostics_.error(layer.type.empty() ? layer.where : layer.type_where,
                         layer.type.empty()
                             ? fmt::format("layer {} has no Type", quote(layer.name))
                             : fmt::format("unknown Type {}{}", quote(layer.type), suggestion(layer.type, types)));
      return;
    }
    std::optional<Layer> built = layer.type == "GEMM"     ? gemm(layer)
                                 : layer.type == "TRCONV" ? transposed(layer)
                                                          : convolution(layer);
    if (!built || diagnostics_.errors() > before) return;
    builder_.add({std::move(*built), 1, true}, layer.where);
    builder_.read_previous();
  }

  void allow(const LayerText& layer, std::initializer_list<std::string_view> names) {
    for (const auto& [name, value] : layer.dimensions) {
      if (std::find(names.begin(), names.end(), name) == names.end())
        diagnostics_.error(value.second, fmt::format("dimension {} means nothing to {}", quote(name), layer.type));
    }
  }

  Layer gemm(const LayerText& layer) {
    allow(layer, {"M", "N", "K"});
    return make_matmul({layer.name, of(layer, "M"), of(layer, "N"), of(layer, "K"), 1});
  }

  std::optional<Layer> convolution(const LayerText& layer) {
    const bool grouped = layer.type == "NGCONV", depthwise = layer.type == "DSCONV";
    if (grouped)
      allow(layer, {"N", "K", "C", "R", "S", "Y", "X", "Y'", "X'", "G"});
    else
      allow(layer, {"N", "K", "C", "R", "S", "Y", "X", "Y'", "X'"});
    ConvShape shape;
    shape.name = layer.name;
    shape.batch = of(layer, "N", 1);
    shape.in_channels = of(layer, "C");
    shape.groups = grouped ? of(layer, "G") : depthwise ? shape.in_channels : 1;
    shape.out_channels = depthwise ? of(layer, "K", 1) : of(layer, "K");
    if (grouped || depthwise) shape.out_channels *= shape.groups;
    shape.kernel_height = of(layer, "R");
    shape.kernel_width = of(layer, "S");
    shape.stride_height = stride(layer, "Y", 1);
    shape.stride_width = stride(layer, "X", 1);
    shape.out_height = outputs(layer, "Y", shape.kernel_height, shape.stride_height);
    shape.out_width = outputs(layer, "X", shape.kernel_width, shape.stride_width);
    if (shape.in_channels % shape.groups != 0) {
      diagnostics_.error(layer.where,
                         fmt::format("layer {}: G = {} does not divide C = {}, the channels over all groups",
                                     quote(layer.name), shape.groups, shape.in_channels));
      return std::nullopt;
    }
    return make_conv(shape);
  }

  // O[2y + r] += I[y] W[r] over all inputs, uncropped.
  Layer transposed(const LayerText& layer) {
    allow(layer, {"N", "K", "C", "R", "S", "Y", "X", "Y'", "X'"});
    const std::int64_t kernel_height = of(layer, "R"), kernel_width = of(layer, "S");
    const std::int64_t step_height = stride(layer, "Y", 2), step_width = stride(layer, "X", 2);
    const auto inputs = [&](const std::string& axis, std::int64_t kernel, std::int64_t step) {
      const std::string prime = axis + "'";
      if (!layer.dimensions.contains(prime)) return of(layer, axis.c_str());
      const std::int64_t size = of(layer, prime.c_str());
      return size < kernel ? 1 : (size - kernel) / step + 1;
    };
    Layer built;
    built.name = layer.name;
    built.kind = "conv";
    built.dimensions = {{"N", of(layer, "N", 1)},
                        {"K", of(layer, "K")},
                        {"C", of(layer, "C")},
                        {"Y", inputs("Y", kernel_height, step_height)},
                        {"X", inputs("X", kernel_width, step_width)},
                        {"R", kernel_height},
                        {"S", kernel_width}};
    built.tensors = {{"Weights", {{{1, 1}}, {{2, 1}}, {{5, 1}}, {{6, 1}}}},
                     {"Inputs", {{{0, 1}}, {{2, 1}}, {{3, 1}}, {{4, 1}}}},
                     {"Outputs", {{{0, 1}}, {{1, 1}}, {{3, step_height}, {5, 1}}, {{4, step_width}, {6, 1}}}}};
    built.tensors[2].written = true;
    add_remark(imported_.remarks, "transposed", "layer", "a transposed convolution over all inputs, uncropped",
               layer.where);
    return built;
  }

  Tokens tokens_;
  Location start_;
  Imported& imported_;
  Diagnostics& diagnostics_;
  NetworkBuilder builder_;
  std::map<std::string, std::int64_t> constants_;
};

}  // namespace

bool is_maestro(const Source& source) {
  return source.suffix() == ".m";
}

void read_maestro(const Source& source, const ImportOptions&, Imported& imported, Diagnostics& diagnostics) {
  detail::require_text(source.text(), source.path(), max_document_bytes);
  MaestroReader(source, imported, diagnostics).read();
}

}  // namespace dovetail
