// A mapping as people read it: the loop nest, and the schedule primitives of a tensor compiler.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <vector>

#include <dovetail/accelerators/machine/numbers_text.hpp>
#include <dovetail/accelerators/mapping/homes.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/workloads/layer_document.hpp>

namespace dovetail {
namespace {

using detail::thousands;

enum class Kind { temporal, spatial_x, spatial_y };

// A loop of the whole nest, outermost first.
struct NestLoop {
  std::size_t level = 0;
  Kind kind = Kind::temporal;
  Loop loop;
};

// Spatial loops sit inside the temporal loops of their level, X inside Y, fastest-varying innermost.
std::vector<NestLoop> nest(const Mapping& mapping) {
  std::vector<NestLoop> loops;
  for (std::size_t i = mapping.levels.size(); i-- > 0;) {
    const MappingLevel& level = mapping.levels[i];
    for (const Loop& loop : level.temporal) loops.push_back({i, Kind::temporal, loop});
    for (std::size_t j = level.spatial_y.size(); j-- > 0;) loops.push_back({i, Kind::spatial_y, level.spatial_y[j]});
    for (std::size_t j = level.spatial_x.size(); j-- > 0;) loops.push_back({i, Kind::spatial_x, level.spatial_x[j]});
  }
  return loops;
}

// Words of a tensor's own tile at a level: its bounding box over all loops inside its depth there.
std::int64_t tile_words(const Layer& layer, const Mapping& mapping, std::size_t tensor, std::size_t level) {
  Layer tile = layer;
  for (Dimension& dimension : tile.dimensions) dimension.extent = 1;
  const auto enlarge = [&](const Loop& loop) {
    const std::int64_t whole = layer.dimensions[loop.dimension].extent;
    std::int64_t& extent = tile.dimensions[loop.dimension].extent;
    // Imperfect factors may exceed the dimension: a tile never does.
    extent = loop.factor > whole / extent ? whole : std::min(whole, extent * loop.factor);
  };
  for (std::size_t i = 0; i <= level; ++i) {
    const MappingLevel& at = mapping.levels[i];
    const std::size_t outside = i == level ? std::min<std::size_t>(at.depth[tensor], at.temporal.size()) : 0;
    for (std::size_t l = outside; l < at.temporal.size(); ++l) enlarge(at.temporal[l]);
    for (const Loop& loop : at.spatial_x) enlarge(loop);
    for (const Loop& loop : at.spatial_y) enlarge(loop);
  }
  return elements(tile, layer.tensors[tensor]);
}

// The tensors whose tiles at a level lie inside so many of its temporal loops, such as "holds Weights 8,192".
std::string held_at(const Layer& layer, const Mapping& mapping, std::size_t level, std::size_t depth) {
  std::string list;
  for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
    if ((mapping.levels[level].keep >> t & 1U) == 0 || mapping.levels[level].depth[t] != depth) continue;
    if (!list.empty()) list += ", ";
    list += layer.tensors[t].name + ' ' + thousands(tile_words(layer, mapping, t, level));
  }
  return list;
}

std::int64_t spatial_product(const Mapping& mapping, std::size_t from) {
  std::int64_t product = 1;
  for (std::size_t i = from; i < mapping.levels.size(); ++i) {
    for (const auto* loops : {&mapping.levels[i].spatial_x, &mapping.levels[i].spatial_y}) {
      for (const Loop& loop : *loops) {
        // A mapping that nobody checked yet may unroll more than there ever is.
        if (__builtin_mul_overflow(product, loop.factor, &product)) return std::numeric_limits<std::int64_t>::max();
      }
    }
  }
  return product;
}

std::string level_name(const Architecture& architecture, std::size_t level) {
  return level < architecture.levels.size() ? architecture.levels[level].name : fmt::format("level {}", level);
}

std::string header(const Layer& layer, const Architecture& architecture, const Mapping& mapping, std::size_t level) {
  std::string text = level_name(architecture, level);
  const std::int64_t used = spatial_product(mapping, level + 1);
  const std::int64_t instances = level < architecture.levels.size() ? architecture.levels[level].instances : used;
  if (instances > 1 || used > 1) text += fmt::format(" x {} of {}", thousands(used), thousands(instances));
  std::string kept, bypassing, living;
  std::int64_t total = 0;
  const Homes homes = homes_of(mapping);
  for (std::size_t t = 0; t < layer.tensors.size(); ++t) {
    if (homes[t] && static_cast<int>(level) > *homes[t]) continue;  // it does not see it
    if (homes[t] == static_cast<int>(level)) living += (living.empty() ? "" : ", ") + layer.tensors[t].name;
    std::string& list = (mapping.levels[level].keep >> t & 1U) != 0 ? kept : bypassing;
    if (!list.empty()) list += ", ";
    list += layer.tensors[t].name;
    if (&list == &bypassing) continue;
    const bool home = homes[t] == static_cast<int>(level);
    const std::int64_t words = home ? elements(layer, layer.tensors[t]) : tile_words(layer, mapping, t, level);
    total += words;
    list += ' ' + thousands(words);
  }
  text += kept.empty() ? ": keeps nothing" : fmt::format(": {} words", kept);
  const auto capacity = level < architecture.levels.size() ? usable_capacity(architecture.levels[level]) : std::nullopt;
  if (capacity && !kept.empty()) {
    text += fmt::format(" = {} of {}", thousands(total), thousands(*capacity));
    if (*capacity > 0)
      text += fmt::format(" ({:.0f} %)", 100.0 * static_cast<double>(total) / static_cast<double>(*capacity));
  }
  if (!bypassing.empty())
    text += fmt::format("; {} bypass{}", bypassing, bypassing.find(',') == std::string::npos ? "es" : "");
  if (!living.empty())
    text += fmt::format("; {} live{} here", living, living.find(',') == std::string::npos ? "s" : "");
  return text;
}

std::string lower(std::string text) {
  for (char& letter : text) {
    letter = std::isalnum(static_cast<unsigned char>(letter)) != 0
                 ? static_cast<char>(std::tolower(static_cast<unsigned char>(letter)))
                 : '_';
  }
  return text;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace

std::string loop_nest(const Layer& layer, const Architecture& architecture, const Mapping& mapping) {
  std::string text;
  std::size_t depth = 0, next = 0;
  const std::vector<NestLoop> loops = nest(mapping);
  for (std::size_t i = mapping.levels.size(); i-- > 0;) {
    text += header(layer, architecture, mapping, i) + '\n';
    std::size_t turned = 0;  // temporal loops of the level so far
    for (; next < loops.size() && loops[next].level == i; ++next) {
      const NestLoop& loop = loops[next];
      const std::string where = loop.kind == Kind::temporal ? "" : loop.kind == Kind::spatial_x ? " over X" : " over Y";
      text += fmt::format("|{}{} {} in 0..{}{}\n", std::string(++depth, ' '),
                          loop.kind == Kind::temporal ? "for" : "parallel", layer.dimensions[loop.loop.dimension].name,
                          loop.loop.factor, where);
      if (loop.kind != Kind::temporal) continue;
      const std::string held = held_at(layer, mapping, i, ++turned);
      if (!held.empty())
        text += fmt::format("|{}{} holds {} words from here\n", std::string(depth + 1, ' '),
                            level_name(architecture, i), held);
    }
  }
  const std::int64_t used = spatial_product(mapping, 0);
  const Compute& compute = architecture.compute;
  text += compute.name;
  if (compute.instances > 1) text += fmt::format(" x {} of {}", thousands(used), thousands(compute.instances));
  return text + ": " + einsum_text(layer) + '\n';
}

std::string schedule_primitives(const Layer& layer, const Architecture& architecture, const Mapping& mapping) {
  // Every dimension is split once into its parts, outermost first; a part is called k0, k1, ... or k when it is alone.
  const std::vector<NestLoop> loops = nest(mapping);
  std::vector<std::string> names(loops.size());
  std::string text = fmt::format("# {} on {}\n# {}\n", layer.name, architecture.name, einsum_text(layer));
  for (std::size_t d = 0; d < layer.dimensions.size(); ++d) {
    std::vector<std::size_t> parts;
    for (std::size_t l = 0; l < loops.size(); ++l) {
      if (loops[l].loop.dimension == static_cast<int>(d)) parts.push_back(l);
    }
    const std::string base = lower(layer.dimensions[d].name);
    std::vector<std::string> own, factors;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      names[parts[p]] = parts.size() == 1 ? base : base + std::to_string(p);
      own.push_back(names[parts[p]]);
      factors.push_back(std::to_string(loops[parts[p]].loop.factor));
    }
    if (parts.size() > 1)
      text += fmt::format("{} = split({}, factors=[{}])\n", join(own), layer.dimensions[d].name, join(factors));
    if (parts.size() == 1) text += fmt::format("{} = loop({})  # {}\n", own[0], layer.dimensions[d].name, factors[0]);
  }
  if (names.size() > 1) text += fmt::format("reorder({})\n", join(names));
  std::string innermost;  // the loop inside of which the next level's copies are made
  std::size_t next = 0;
  for (std::size_t i = mapping.levels.size(); i-- > 0;) {
    const bool outermost = i + 1 == mapping.levels.size();
    for (std::size_t t = 0; t < layer.tensors.size() && !outermost; ++t) {
      const Tensor& tensor = layer.tensors[t];
      if ((mapping.levels[i].keep >> t & 1U) == 0) continue;
      const std::int64_t words = tile_words(layer, mapping, t, i);
      text += fmt::format("{}({}, \"{}\", at={})  # {} word{}\n", tensor.written ? "cache_write" : "cache_read",
                          tensor.name, level_name(architecture, i), innermost.empty() ? "root" : innermost,
                          thousands(words), words == 1 ? "" : "s");
    }
    std::vector<std::string> along_x, along_y;
    for (; next < loops.size() && loops[next].level == i; ++next) {
      innermost = names[next];
      if (loops[next].kind == Kind::spatial_x) along_x.push_back(names[next]);
      if (loops[next].kind == Kind::spatial_y) along_y.push_back(names[next]);
    }
    const std::string child = i == 0 ? architecture.compute.name : level_name(architecture, i - 1);
    for (const auto& [bound, axis] : {std::pair(along_y, 'y'), std::pair(along_x, 'x')}) {
      if (bound.size() == 1) text += fmt::format("bind({}, \"{}.{}\")\n", bound[0], child, axis);
      if (bound.size() > 1) text += fmt::format("bind(fuse({}), \"{}.{}\")\n", join(bound), child, axis);
    }
  }
  return text;
}

}  // namespace dovetail
