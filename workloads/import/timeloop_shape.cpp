#include <dovetail/workloads/import/timeloop_shape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <dovetail/workloads/import/foreign_yaml.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

constexpr const char* cnn_layer = R"(
name: cnn-layer
dimensions: [R, S, P, Q, C, K, N]
coefficients:
- {name: Wstride, default: 1}
- {name: Hstride, default: 1}
- {name: Wdilation, default: 1}
- {name: Hdilation, default: 1}
data-spaces:
- {name: Weights, projection: [[[C]], [[K]], [[R]], [[S]]]}
- {name: Inputs, projection: [[[N]], [[C]], [[R, Wdilation], [P, Wstride]], [[S, Hdilation], [Q, Hstride]]]}
- {name: Outputs, projection: [[[N]], [[K]], [[Q]], [[P]]], read-write: true}
)";

constexpr const char* gemm = R"(
name: gemm_ABZ
dimensions: [M, N, K]
data_spaces:
- {name: A, projection: [[[M]], [[K]]]}
- {name: B, projection: [[[N]], [[K]]]}
- {name: Z, projection: [[[M]], [[N]]], read_write: true}
)";

class ShapeReader {
 public:
  ShapeReader(TimeloopShape& shape, Diagnostics& diagnostics) : shape_(shape), diagnostics_(diagnostics) {}

  void read(const Node& node) {
    static const std::vector<std::string> keys = {"dimensions", "coefficients", "data_spaces", "data-spaces",
                                                  "name",       "version",      "flatten",     "ranks"};
    require_keys(node, keys, "the shape");
    if (const Node* name = node.find("name"); name != nullptr && name->is_scalar()) shape_.name = name->text();
    dimensions(node);
    coefficients(node);
    const Node* spaces = node.find("data_spaces");
    if (spaces == nullptr) spaces = node.find("data-spaces");
    if (spaces == nullptr) {
      diagnostics_.error(node.location(), "the shape has no data_spaces");
    } else if (require_sequence(*spaces, "data_spaces", diagnostics_)) {
      for (const Node& space : spaces->items()) data_space(space);
      const auto written = std::count_if(shape_.data_spaces.begin(), shape_.data_spaces.end(),
                                         [](const TimeloopShape::DataSpace& space) { return space.written; });
      if (written != 1)
        diagnostics_.error(spaces->location(),
                           fmt::format("{} data spaces are read-write, exactly one must be", written));
    }
  }

 private:
  void require_keys(const Node& node, const std::vector<std::string>& keys, const char* what) {
    for (const Node::Entry& entry : node.entries()) {
      if (entry.key == tag_key || std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
      diagnostics_.error(
          entry.where, fmt::format("{} has the unknown key {}{}", what, quote(entry.key), suggestion(entry.key, keys)));
    }
  }

  void dimensions(const Node& node) {
    const Node* list = node.find("dimensions");
    if (list == nullptr) {
      diagnostics_.error(node.location(), "the shape has no dimensions");
      return;
    }
    if (!require_sequence(*list, "dimensions", diagnostics_)) return;
    for (const Node& item : list->items()) {
      if (!item.is_scalar())
        diagnostics_.error(item.location(), fmt::format("a dimension must be a name, found {}", item.describe()));
      else if (find(item.text()) >= 0)
        diagnostics_.error(item.location(), fmt::format("dimension {} is named twice", quote(item.text())));
      else
        shape_.dimensions.push_back(item.text());
    }
  }

  void coefficients(const Node& node) {
    const Node* list = node.find("coefficients");
    if (list == nullptr || list->is_null()) return;
    if (!require_sequence(*list, "coefficients", diagnostics_)) return;
    for (const Node& item : list->items()) {
      const Node* name = item.find("name");
      if (name == nullptr || !name->is_scalar()) {
        diagnostics_.error(item.location(), fmt::format("a coefficient needs a name, found {}", item.describe()));
        continue;
      }
      require_keys(item, {"name", "default"}, "a coefficient");
      TimeloopShape::Coefficient coefficient{name->text(), 1, item.location()};
      if (const Node* fallback = item.find("default")) {
        const auto value = fallback->as_integer();
        if (value && *value >= 0 && *value <= most_extent)
          coefficient.fallback = *value;
        else
          diagnostics_.error(fallback->location(), fmt::format("the default of {} must be a whole number, found {}",
                                                               quote(name->text()), fallback->describe()));
      }
      shape_.coefficients.push_back(std::move(coefficient));
    }
  }

  void data_space(const Node& node) {
    if (!require_mapping(node, "a data space", diagnostics_)) return;
    require_keys(node, {"name", "projection", "read_write", "read-write"}, "a data space");
    TimeloopShape::DataSpace space;
    const Node* name = node.find("name");
    if (name != nullptr && name->is_scalar())
      space.name = name->text();
    else
      diagnostics_.error(node.location(), "a data space needs a name");
    for (const char* key : {"read_write", "read-write"}) {
      const Node* flag = node.find(key);
      if (flag == nullptr) continue;
      if (const auto value = flag->as_boolean())
        space.written = *value;
      else
        diagnostics_.error(flag->location(), fmt::format("{} must be true or false, found {}", key, flag->describe()));
    }
    const Node* projection = node.find("projection");
    if (projection == nullptr) {
      diagnostics_.error(node.location(), fmt::format("data space {} has no projection", quote(space.name)));
    } else if (require_sequence(*projection, "the projection", diagnostics_)) {
      for (const Node& axis : projection->items()) space.axes.push_back(read_axis(axis));
    }
    shape_.data_spaces.push_back(std::move(space));
  }

  TimeloopShape::TermAxis read_axis(const Node& node) {
    TimeloopShape::TermAxis axis;
    if (node.is_scalar()) {
      term(node, nullptr, axis);
    } else if (require_sequence(node, "an axis of the projection", diagnostics_)) {
      for (const Node& item : node.items()) {
        if (item.is_scalar()) {
          term(item, nullptr, axis);
        } else if (item.is_sequence() && (item.items().size() == 1 || item.items().size() == 2)) {
          term(item.items()[0], item.items().size() == 2 ? &item.items()[1] : nullptr, axis);
        } else {
          diagnostics_.error(
              item.location(),
              fmt::format("a term must be [dimension] or [dimension, coefficient], found {}", item.describe()));
        }
      }
    }
    return axis;
  }

  void term(const Node& dimension, const Node* coefficient, TimeloopShape::TermAxis& axis) {
    TimeloopShape::Term term;
    if (!dimension.is_scalar() || (term.dimension = find(dimension.text())) < 0) {
      diagnostics_.error(dimension.location(),
                         dimension.is_scalar() ? fmt::format("unknown dimension {}{}", quote(dimension.text()),
                                                             suggestion(dimension.text(), shape_.dimensions))
                                               : fmt::format("expected a dimension, found {}", dimension.describe()));
      return;
    }
    if (coefficient != nullptr && !read_coefficient(*coefficient, term)) return;
    axis.push_back(term);
  }

  bool read_coefficient(const Node& node, TimeloopShape::Term& term) {
    if (const auto factor = node.as_integer(); factor && *factor >= 1 && *factor <= most_extent) {
      term.factor = *factor;
      return true;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < shape_.coefficients.size(); ++i) {
      names.push_back(shape_.coefficients[i].name);
      if (node.is_scalar() && node.text() == names.back()) term.coefficient = static_cast<int>(i);
    }
    if (term.coefficient >= 0) return true;
    diagnostics_.error(node.location(),
                       node.is_scalar()
                           ? fmt::format("unknown coefficient {}{}", quote(node.text()), suggestion(node.text(), names))
                           : fmt::format("expected a coefficient, found {}", node.describe()));
    return false;
  }

  int find(const std::string& name) const {
    const auto found = std::find(shape_.dimensions.begin(), shape_.dimensions.end(), name);
    return found == shape_.dimensions.end() ? -1 : static_cast<int>(found - shape_.dimensions.begin());
  }

  TimeloopShape& shape_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::optional<TimeloopShape> read_timeloop_shape(const Node& node, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  if (!require_mapping(node, "shape", diagnostics)) return std::nullopt;
  TimeloopShape shape;
  ShapeReader(shape, diagnostics).read(node);
  if (diagnostics.errors() > before) return std::nullopt;
  return shape;
}

std::optional<TimeloopShape> find_timeloop_shape(const std::string& name, const std::string& path,
                                                 const Location& where, Diagnostics& diagnostics) {
  namespace fs = std::filesystem;
  const bool plain = !name.empty() && name.find_first_of("/\\") == std::string::npos && name != "." && name != "..";
  std::error_code error;
  fs::path folder = fs::absolute(path, error).lexically_normal().parent_path();
  for (int up = 0; plain && up < 3; ++up, folder = folder.parent_path()) {
    for (const fs::path& file : {folder / (name + ".yaml"), folder / "problem-shapes" / (name + ".yaml")}) {
      if (!fs::is_regular_file(file, error)) continue;
      const Node document = parse_foreign_yaml(read_text(file), file.string());
      const Node* shape = document.find("shape");
      if (shape != nullptr) return read_timeloop_shape(*shape, diagnostics);
    }
  }
  if (name == "cnn-layer" || name == "cnn_layer")
    return read_timeloop_shape(parse_foreign_yaml(cnn_layer, "cnn-layer.yaml"), diagnostics);
  if (name == "gemm_ABZ") return read_timeloop_shape(parse_foreign_yaml(gemm, "gemm_ABZ.yaml"), diagnostics);
  diagnostics.error(where,
                    fmt::format("there is no shape {}: neither {}.yaml near this file, nor built in{}", quote(name),
                                quote(name), suggestion(name, std::vector<std::string>{"cnn-layer", "gemm_ABZ"})));
  return std::nullopt;
}

}  // namespace dovetail
