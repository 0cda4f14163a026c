#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <dovetail/accelerators/mapping/homes.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/workloads/numbers.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* mapping_schema_name = "dovetail-mapping/1";

// A level as written: names are resolved when layer and architecture are at hand.
struct LevelFields {
  std::string level;
  Node node, keep, spatial_x, spatial_y, temporal, depth;
};

struct MappingFields {
  std::vector<LevelFields> levels;
  Node homes;
};

const Record<MappingFields>& mapping_record() {
  const Json text = {{"type", "string"}};
  const Json loop = {
      {"anyOf", {text, {{"type", "array"}, {"prefixItems", {text, {{"type", "integer"}, {"minimum", 1}}}}}}}};
  const Json loops = {{"anyOf", {text, {{"type", "array"}, {"items", loop}}}}};
  const Json depth = {{"type", "object"}, {"additionalProperties", {{"type", "integer"}, {"minimum", 0}}}};
  const Json keep = {{"anyOf", {{{"enum", {"all", "none"}}}, {{"type", "array"}, {"items", text}}}}};
  auto store = [](Node LevelFields::*place) {
    return [place](const Node& node, LevelFields& fields, Diagnostics&) { fields.*place = node; };
  };
  static const auto level =
      Record<LevelFields>("mapping level", "The part of the schedule that belongs to one level.")
          .required("level", &LevelFields::level, "the level's name, as in the architecture")
          .custom("keep", false, "tensors stored here, or all, or none; the others bypass this level (all)", keep,
                  store(&LevelFields::keep))
          .custom("spatial_x", false, "loops unrolled over X, fastest-varying first", loops,
                  store(&LevelFields::spatial_x))
          .custom("spatial_y", false, "loops unrolled over Y, fastest-varying first", loops,
                  store(&LevelFields::spatial_y))
          .custom("temporal", false, "loops in time, outermost first", loops, store(&LevelFields::temporal))
          .custom("depth", false,
                  "uneven placement: how many of the outermost temporal loops are outside a tensor's tile (0)", depth,
                  store(&LevelFields::depth))
          .checked([](const Node& node, LevelFields& fields, Diagnostics&) { fields.node = node; });
  static const auto record =
      Record<MappingFields>("mapping", "A schedule of one layer on one machine.")
          .document(mapping_schema_name)
          .list("levels", &MappingFields::levels, level, "one per storage level, innermost first", true)
          .custom("homes", false,
                  "tensors that live whole in an inner level, which nothing fills; the levels outside do not keep them",
                  {{"type", "object"}, {"additionalProperties", text}},
                  [](const Node& node, MappingFields& fields, Diagnostics&) { fields.homes = node; });
  return record;
}

class Resolver {
 public:
  Resolver(const Layer& layer, Diagnostics& diagnostics) : layer_(layer), diagnostics_(diagnostics) {
    for (const Dimension& dimension : layer.dimensions) dimensions_.push_back(dimension.name);
    for (const Tensor& tensor : layer.tensors) tensors_.push_back(tensor.name);
  }

  unsigned keep(const Node& node) {
    const unsigned all = (1U << layer_.tensors.size()) - 1U;
    if (node.is_null() || (node.is_scalar() && node.text() == "all")) return all;
    if (node.is_scalar() && node.text() == "none") return 0;
    unsigned bits = 0;
    if (!require_sequence(node, "keep", diagnostics_)) return all;
    for (const Node& item : node.items()) {
      if (!item.is_scalar()) {
        diagnostics_.error(item.location(), fmt::format("keep must name tensors, found {}", item.describe()));
        continue;
      }
      const int tensor = find_tensor(layer_, item.text());
      if (tensor < 0) {
        diagnostics_.error(item.location(),
                           fmt::format("unknown tensor {}{}", quote(item.text()), suggestion(item.text(), tensors_)));
      } else if ((bits >> tensor & 1U) != 0) {
        diagnostics_.error(item.location(), fmt::format("tensor {} is kept twice", quote(item.text())));
      } else {
        bits |= 1U << tensor;
      }
    }
    return bits;
  }

  // {Weights: 1}. Loops of one trip are left out of a mapping, so they are left out of its depths too.
  void depth(const Node& node, MappingLevel& level) {
    if (node.is_null()) return;
    if (!node.is_mapping()) {
      diagnostics_.error(node.location(),
                         fmt::format("depth must map tensors to numbers of loops, found {}", node.describe()));
      return;
    }
    for (const Node::Entry& entry : node.entries()) {
      const auto& name = entry.key;
      const Node& value = entry.value;
      const int tensor = find_tensor(layer_, name);
      if (tensor < 0) {
        diagnostics_.error(entry.where, fmt::format("unknown tensor {}{}", quote(name), suggestion(name, tensors_)));
        continue;
      }
      std::int64_t written = 0;
      if (!read_value(value, "the depth of " + name, between(0, max_dimensions), diagnostics_, written)) {
        continue;
      }
      const auto listed = static_cast<std::int64_t>(trips_.size());
      if (written > listed) {
        diagnostics_.error(value.location(), fmt::format("depth {} of {}: the level has {} temporal loop{}", written,
                                                         name, listed, listed == 1 ? "" : "s"));
        continue;
      }
      const auto loops =
          std::count_if(trips_.begin(), trips_.begin() + written, [](std::int64_t trips) { return trips > 1; });
      level.depth[static_cast<std::size_t>(tensor)] = static_cast<std::uint8_t>(loops);
    }
  }

  // {Inputs: GlobalBuffer}. A home keeps its tensor; a level outside that lists it contradicts it.
  void homes(const Node& node, const std::vector<std::string>& levels, const std::vector<LevelFields>& written,
             Mapping& mapping) {
    if (node.is_null()) return;
    if (!node.is_mapping()) {
      diagnostics_.error(node.location(), fmt::format("homes must map tensors to levels, found {}", node.describe()));
      return;
    }
    Homes homes;
    for (const Node::Entry& entry : node.entries()) {
      const int tensor = find_tensor(layer_, entry.key);
      if (tensor < 0) {
        diagnostics_.error(entry.where,
                           fmt::format("unknown tensor {}{}", quote(entry.key), suggestion(entry.key, tensors_)));
        continue;
      }
      std::string name;
      if (!read_value(entry.value, "the home of " + entry.key, {}, diagnostics_, name)) continue;
      const auto found = std::find(levels.begin(), levels.end(), name);
      if (found == levels.end()) {
        diagnostics_.error(entry.value.location(),
                           fmt::format("unknown level {}{}", quote(name), suggestion(name, levels)));
        continue;
      }
      const auto home = static_cast<std::size_t>(found - levels.begin());
      if (home + 1 == levels.size()) continue;  // where tensors live without being told
      const unsigned bit = 1U << static_cast<unsigned>(tensor);
      for (std::size_t i = home; i < mapping.levels.size() && i < written.size(); ++i) {
        if (!written[i].keep.is_sequence()) continue;
        const bool lists = (mapping.levels[i].keep & bit) != 0;
        if (i == home && !lists)
          diagnostics_.error(written[i].keep.location(),
                             fmt::format("{} is the home of {} and does not keep it", name, entry.key));
        if (i > home && i + 1 < levels.size() && lists)
          diagnostics_.error(written[i].keep.location(),
                             fmt::format("{} keeps {}, which lives further in, at {}", levels[i], entry.key, name));
      }
      homes[static_cast<std::size_t>(tensor)] = static_cast<int>(home);
    }
    settle(mapping, homes);
  }

  std::vector<Loop> loops(const Node& node, const char* list) {
    std::vector<Loop> loops;
    trips_.clear();
    seen_.assign(layer_.dimensions.size(), false);
    if (node.is_null()) return loops;
    if (node.is_scalar()) {
      words(node, list, loops);
    } else if (require_sequence(node, list, diagnostics_)) {
      for (const Node& item : node.items()) {
        if (item.is_scalar()) {
          words(item, list, loops);
        } else {
          pair(item, list, loops);
        }
      }
    }
    return loops;
  }

 private:
  void words(const Node& node, const char* list, std::vector<Loop>& loops) {
    const std::string& text = node.text();
    for (std::size_t start = 0; (start = text.find_first_not_of(" \t,", start)) != std::string::npos;) {
      const std::size_t stop = std::min(text.find_first_of(" \t,", start), text.size());
      word(text.substr(start, stop - start), node, list, loops);
      start = stop;
    }
  }

  // K4, K=4 or K:4.
  void word(const std::string& word, const Node& node, const char* list, std::vector<Loop>& loops) {
    std::vector<std::pair<int, std::string>> readings;  // dimension, digits
    for (std::size_t d = 0; d < dimensions_.size(); ++d) {
      if (!word.starts_with(dimensions_[d])) continue;
      std::string digits = word.substr(dimensions_[d].size());
      const bool separated = digits.starts_with('=') || digits.starts_with(':');
      if (separated) digits.erase(0, 1);
      if (digits.empty() || digits.find_first_not_of("-0123456789") != std::string::npos) continue;
      if (separated) readings.clear();
      readings.emplace_back(static_cast<int>(d), digits);
      if (separated) break;
    }
    if (readings.empty()) {
      const std::string name = word.substr(0, word.find_last_not_of("=:-0123456789") + 1);
      const std::string hint = find_dimension(layer_, name) < 0 ? suggestion(name, dimensions_) : std::string();
      diagnostics_.error(node.location(),
                         fmt::format("{} is not a loop of {}: expected a dimension and its factor, such as {}4{}",
                                     quote(word), list, dimensions_.empty() ? "K" : dimensions_.front(), hint));
    } else if (readings.size() > 1) {
      diagnostics_.error(node.location(), fmt::format("{} can be read as {}={} and as {}={}: write it with =",
                                                      quote(word), dimensions_[readings[0].first], readings[0].second,
                                                      dimensions_[readings[1].first], readings[1].second));
    } else {
      add(readings[0].first, Node::scalar(node.location(), readings[0].second, false), node.location(), list, loops);
    }
  }

  void pair(const Node& item, const char* list, std::vector<Loop>& loops) {
    if (!item.is_sequence() || item.items().size() != 2 || !item.items()[0].is_scalar()) {
      diagnostics_.error(item.location(),
                         fmt::format("a loop of {} must be [dimension, factor], found {}", list, item.describe()));
      return;
    }
    const Node& name = item.items()[0];
    const int dimension = find_dimension(layer_, name.text());
    if (dimension < 0) {
      diagnostics_.error(name.location(), fmt::format("unknown dimension {}{}", quote(name.text()),
                                                      suggestion(name.text(), dimensions_)));
      return;
    }
    add(dimension, item.items()[1], item.location(), list, loops);
  }

  void add(int dimension, const Node& factor, const Location& where, const char* list, std::vector<Loop>& loops) {
    Loop loop{dimension, 1};
    if (!read_value(factor, "the factor of " + dimensions_[dimension], between(1, most_extent), diagnostics_,
                    loop.factor))
      return;
    if (seen_[dimension]) {
      diagnostics_.error(where, fmt::format("dimension {} occurs twice in {}", quote(dimensions_[dimension]), list));
      return;
    }
    seen_[dimension] = true;
    trips_.push_back(loop.factor);
    if (loop.factor > 1) loops.push_back(loop);
  }

  const Layer& layer_;
  Diagnostics& diagnostics_;
  std::vector<std::string> dimensions_, tensors_;
  std::vector<bool> seen_;
  std::vector<std::int64_t> trips_;  // of the list read last, as written
};

Json loops_json(const Layer& layer, const std::vector<Loop>& loops) {
  Json list = Json::array();
  for (const Loop& loop : loops) list.push_back(Json::array({layer.dimensions[loop.dimension].name, loop.factor}));
  return list;
}

}  // namespace

std::optional<Mapping> read_mapping(const Node& node, const Layer& layer, const Architecture& architecture,
                                    Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  const MappingFields fields = mapping_record().read(node, diagnostics);
  if (diagnostics.errors() > before) return std::nullopt;
  std::vector<std::string> names;
  for (const Level& level : architecture.levels) names.push_back(level.name);
  Mapping mapping;
  Resolver resolver(layer, diagnostics);
  for (std::size_t i = 0; i < fields.levels.size(); ++i) {
    const LevelFields& level = fields.levels[i];
    if (i < names.size() && level.level != names[i]) {
      const Location& where = level.node.find("level")->location();
      const bool known = std::find(names.begin(), names.end(), level.level) != names.end();
      diagnostics.error(
          where, known
                     ? fmt::format("level {} is {}, expected {}: levels stand innermost first, as in the architecture",
                                   i + 1, quote(level.level), quote(names[i]))
                     : fmt::format("unknown level {}, expected {}", quote(level.level), quote(names[i])));
    }
    MappingLevel read;
    read.keep = resolver.keep(level.keep);
    read.spatial_x = resolver.loops(level.spatial_x, "spatial_x");
    read.spatial_y = resolver.loops(level.spatial_y, "spatial_y");
    read.temporal = resolver.loops(level.temporal, "temporal");
    resolver.depth(level.depth, read);
    mapping.levels.push_back(std::move(read));
  }
  resolver.homes(fields.homes, names, fields.levels, mapping);
  if (fields.levels.size() != names.size()) {
    diagnostics.error(node.find("levels")->location(), fmt::format("the mapping has {} levels, the architecture has {}",
                                                                   fields.levels.size(), names.size()));
  }
  if (diagnostics.errors() > before) return std::nullopt;
  return mapping;
}

nlohmann::ordered_json to_json(const Layer& layer, const Architecture& architecture, const Mapping& mapping) {
  Json levels = Json::array();
  for (std::size_t i = 0; i < mapping.levels.size(); ++i) {
    const MappingLevel& level = mapping.levels[i];
    Json keep = Json::array();
    for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
      if ((level.keep >> t & 1U) != 0) keep.push_back(layer.tensors[t].name);
    }
    Json depth = Json::object();
    for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
      if (level.depth[t] != 0) depth[layer.tensors[t].name] = level.depth[t];
    }
    levels.push_back({{"level", i < architecture.levels.size() ? architecture.levels[i].name : ""},
                      {"keep", std::move(keep)},
                      {"spatial_x", loops_json(layer, level.spatial_x)},
                      {"spatial_y", loops_json(layer, level.spatial_y)},
                      {"temporal", loops_json(layer, level.temporal)}});
    if (!depth.empty()) levels.back()["depth"] = std::move(depth);
  }
  Json json = {{"levels", std::move(levels)}};
  const Homes homes = homes_of(mapping);
  for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
    if (!homes[t]) continue;
    const auto home = static_cast<std::size_t>(*homes[t]);
    json["homes"][layer.tensors[t].name] = home < architecture.levels.size() ? architecture.levels[home].name : "";
  }
  return json;
}

nlohmann::ordered_json mapping_schema() {
  return schema_document(mapping_schema_name, mapping_record().schema());
}

}  // namespace dovetail
