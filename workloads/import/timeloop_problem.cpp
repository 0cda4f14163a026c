#include <dovetail/workloads/import/timeloop_problem.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <utility>

#include <dovetail/workloads/import/foreign_yaml.hpp>
#include <dovetail/workloads/import/other_documents.hpp>
#include <dovetail/workloads/import/timeloop_shape.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

bool same_but_for_case(const std::string& a, const std::string& b) {
  const auto lower = [](char letter) { return std::tolower(static_cast<unsigned char>(letter)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// Whether `word` is one edit away from `name`, which has four letters or more.
bool is_one_edit_away(const std::string& word, const std::string& name) {
  const auto lower = [](char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); };
  if (name.size() < 4 || word.size() + 1 < name.size() || word.size() > name.size() + 1) return false;
  const auto apart = std::mismatch(word.begin(), word.end(), name.begin(), name.end(),
                                   [&](char a, char b) { return lower(a) == lower(b); });
  const auto rest = [&](int skip_word, int skip_name) {
    const std::string a(apart.first + std::min<std::ptrdiff_t>(skip_word, word.end() - apart.first), word.end());
    const std::string b(apart.second + std::min<std::ptrdiff_t>(skip_name, name.end() - apart.second), name.end());
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
  };
  const auto swapped = [&] {
    return word.end() - apart.first >= 2 && name.end() - apart.second >= 2 &&
           lower(apart.first[0]) == lower(apart.second[1]) && lower(apart.first[1]) == lower(apart.second[0]) &&
           rest(2, 2);
  };
  return rest(1, 0) || rest(0, 1) || rest(1, 1) || swapped();
}

class ProblemReader {
 public:
  ProblemReader(const std::string& path, bool densities, std::vector<Remark>& remarks, Diagnostics& diagnostics)
      : path_(path),
        densities_(densities),
        remarks_(remarks),
        diagnostics_(diagnostics) {}

  std::optional<Layer> read(const Node& problem) {
    if (!require_mapping(problem, "problem", diagnostics_)) return std::nullopt;
    auto shape = read_shape(problem);
    if (!shape) return std::nullopt;
    shape_ = std::move(*shape);
    if (const Node* instance = problem.find("instance"); instance == nullptr) {
      read_sizes(problem);
    } else if (require_mapping(*instance, "instance", diagnostics_)) {
      read_sizes(*instance);
    }
    if (diagnostics_.failed()) return std::nullopt;
    return layer();
  }

 private:
  std::optional<TimeloopShape> read_shape(const Node& problem) {
    const Node* shape = problem.find("shape");
    if (shape != nullptr && shape->is_mapping()) return read_timeloop_shape(*shape, diagnostics_);
    if (shape != nullptr && shape->is_scalar())
      return find_timeloop_shape(shape->text(), path_, shape->location(), diagnostics_);
    if (shape != nullptr) {
      diagnostics_.error(shape->location(),
                         fmt::format("shape must be a mapping or a name, found {}", shape->describe()));
      return std::nullopt;
    }
    for (const Node::Entry& entry : problem.entries()) {
      if (entry.key != "name") continue;
      diagnostics_.error(entry.where,
                         fmt::format("the problem has the name {} but no shape: a `shape` says what it computes",
                                     entry.value.describe()));
      return std::nullopt;
    }
    add_remark(remarks_, "default-shape", "problem", "no shape; cnn-layer, as in Timeloop", problem.location());
    return find_timeloop_shape("cnn-layer", path_, problem.location(), diagnostics_);
  }

  std::optional<std::int64_t> number(const Node::Entry& entry, std::int64_t least) {
    const auto value = entry.value.as_integer();
    if (value && *value >= least && *value <= most_extent) return value;
    diagnostics_.error(entry.value.is_null() ? entry.where : entry.value.location(),
                       fmt::format("{} must be a whole number from {} to 2147483647, found {}", quote(entry.key), least,
                                   entry.value.describe()));
    return std::nullopt;
  }

  void read_sizes(const Node& instance) {
    sizes_.assign(shape_.dimensions.size(), 0);
    coefficients_.clear();
    for (const auto& coefficient : shape_.coefficients)
      coefficients_.push_back({coefficient.fallback, coefficient.where});
    std::vector<bool> given(sizes_.size(), false);
    for (const Node::Entry& entry : instance.entries()) {
      const auto dimension = std::find(shape_.dimensions.begin(), shape_.dimensions.end(), entry.key);
      const auto coefficient = std::find_if(shape_.coefficients.begin(), shape_.coefficients.end(),
                                            [&](const auto& one) { return one.name == entry.key; });
      if (dimension != shape_.dimensions.end()) {
        const auto place = static_cast<std::size_t>(dimension - shape_.dimensions.begin());
        given[place] = true;
        sizes_[place] = number(entry, 1).value_or(1);
      } else if (coefficient != shape_.coefficients.end()) {
        auto& value = coefficients_[static_cast<std::size_t>(coefficient - shape_.coefficients.begin())];
        value = {number(entry, 0).value_or(1), entry.where};
      } else {
        unknown(entry);
      }
    }
    for (std::size_t d = 0; d < given.size(); ++d) {
      if (!given[d])
        diagnostics_.error(instance.location(), fmt::format("dimension {} has no size", quote(shape_.dimensions[d])));
    }
    if (!diagnostics_.failed()) settle_zeros();
  }

  void unknown(const Node::Entry& entry) {
    static const std::set<std::string> own = {"shape", "version", "name", "instance", std::string(tag_key)};
    if (own.contains(entry.key)) return;
    if (entry.key == "densities") {
      density_of_tensors_ = entry.value;
      return;
    }
    if (entry.key == "commonDensity") {
      common_density_ = entry.value;
      return;
    }
    std::vector<std::string> names = shape_.dimensions;
    for (const auto& coefficient : shape_.coefficients) names.push_back(coefficient.name);
    for (const auto& is_meant : {same_but_for_case, is_one_edit_away}) {
      for (const std::string& name : names) {
        if (!is_meant(entry.key, name)) continue;
        diagnostics_.error(entry.where, fmt::format("the instance has the unknown key {}; did you mean {}?",
                                                    quote(entry.key), quote(name)));
        return;
      }
    }
    add_remark(remarks_, "unread-key", "key", "not the name of a dimension or coefficient of the shape; not read",
               entry.where);
  }

  // A coefficient of 0 says nothing where all that it multiplies is a single index.
  void settle_zeros() {
    for (std::size_t c = 0; c < coefficients_.size(); ++c) {
      if (coefficients_[c].first > 0) continue;
      bool matters = false;
      for (const auto& space : shape_.data_spaces) {
        for (const auto& axis : space.axes) {
          for (const auto& term : axis)
            matters = matters ||
                      (term.coefficient == static_cast<int>(c) && sizes_[static_cast<std::size_t>(term.dimension)] > 1);
        }
      }
      if (matters) {
        diagnostics_.error(coefficients_[c].second,
                           fmt::format("coefficient {} is 0; 1 means none", quote(shape_.coefficients[c].name)));
      } else {
        add_remark(remarks_, "zero-coefficient", "coefficient", "0 where all that it multiplies is 1; read as 1",
                   coefficients_[c].second);
        coefficients_[c].first = 1;
      }
    }
  }

  double density(const std::string& tensor) {
    const Node* node = density_of_tensors_.find(tensor);
    if (node == nullptr && !common_density_.is_null()) node = &common_density_;
    if (node == nullptr) return 1.0;
    const Node* inner = node->is_mapping() ? node->find("density") : node;
    const auto value = inner != nullptr ? inner->as_number() : std::nullopt;
    if (value && *value > 0.0 && *value <= 1.0) {
      if (*value < 1.0)
        add_remark(remarks_, "sparsity", "tensor", "some words are zero; multiply-accumulates are counted dense",
                   node->location());
      return *value;
    }
    add_remark(remarks_, "unread-density", "tensor", "its density is no plain share of 1; counted dense",
               node->location());
    return 1.0;
  }

  Layer layer() {
    Layer layer;
    layer.name = std::filesystem::path(path_).stem().string();
    for (std::size_t d = 0; d < sizes_.size(); ++d) layer.dimensions.push_back({shape_.dimensions[d], sizes_[d]});
    for (const auto& space : shape_.data_spaces) {
      Tensor tensor;
      tensor.name = space.name;
      tensor.written = space.written;
      if (densities_) tensor.density = density(space.name);
      for (const auto& terms : space.axes) {
        Axis axis;
        for (const auto& term : terms) {
          const std::int64_t factor =
              term.coefficient < 0 ? term.factor : coefficients_[static_cast<std::size_t>(term.coefficient)].first;
          axis.push_back({term.dimension, factor});
        }
        tensor.axes.push_back(std::move(axis));
      }
      layer.tensors.push_back(std::move(tensor));
    }
    return layer;
  }

  const std::string& path_;
  bool densities_;
  std::vector<Remark>& remarks_;
  Diagnostics& diagnostics_;
  TimeloopShape shape_;
  std::vector<std::int64_t> sizes_;
  std::vector<std::pair<std::int64_t, Location>> coefficients_;  ///< value, and where it stands
  Node density_of_tensors_, common_density_;
};

}  // namespace

bool is_timeloop(const Source& source) {
  if (is_foreign_suffix(source.suffix()) || source.suffix() == ".json") return false;
  return source.yaml().find("problem") != nullptr && !is_native_document(source.yaml());
}

void read_timeloop(const Source& source, const ImportOptions&, Imported& imported, Diagnostics& diagnostics) {
  const Node* problem = source.yaml().find("problem");
  if (problem == nullptr) {
    diagnostics.error(source.start(), other_document(source.yaml()));
    return;
  }
  auto layer = read_timeloop_problem(*problem, source.path(), true, imported.remarks, diagnostics);
  if (!layer) return;
  NetworkBuilder builder(imported, diagnostics);
  builder.add({std::move(*layer), 1, true}, problem->location());
  builder.finish(source.start());
}

std::optional<Layer> read_timeloop_problem(const Node& problem, const std::string& path, bool densities,
                                           std::vector<Remark>& remarks, Diagnostics& diagnostics) {
  return ProblemReader(path, densities, remarks, diagnostics).read(problem);
}

}  // namespace dovetail
