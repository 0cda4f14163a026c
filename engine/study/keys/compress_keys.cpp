// Reading of `compress`.
#include <dovetail/engine/study/keys/compress_keys.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*')
    return matches(pattern.substr(1), text) || (!text.empty() && matches(pattern, text.substr(1)));
  return !text.empty() && pattern.front() == text.front() && matches(pattern.substr(1), text.substr(1));
}

template <class V>
void read_choices(const Node& node, const std::string& name, const Bounds& bounds, std::vector<V>& values,
                  Diagnostics& diagnostics) {
  read_value(node, name, bounds, diagnostics, values);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.empty()) diagnostics.error(node.location(), fmt::format("compress: {} lists nothing", name));
}

}  // namespace

void read_compression_keys(const Node& node, StudyCompression& compression, Diagnostics& diagnostics) {
  if (!require_mapping(node, "compress", diagnostics)) return;
  compression.given = true;
  compression.where = node.location();
  const std::vector<std::string> keys = {"layers",          "keep", "channels", "weight_bits",
                                         "activation_bits", "per",  "solve"};
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "layers")
      read_value(entry.value, "layers", {}, diagnostics, compression.layers);
    else if (entry.key == "keep")
      read_choices(entry.value, "keep", between(1, 4096), compression.keep, diagnostics);
    else if (entry.key == "channels")
      read_choices(entry.value, "channels", above_to(0, 1), compression.channels, diagnostics);
    else if (entry.key == "weight_bits")
      read_choices(entry.value, "weight_bits", between(1, 64), compression.weight_bits, diagnostics);
    else if (entry.key == "activation_bits")
      read_choices(entry.value, "activation_bits", between(1, 64), compression.activation_bits, diagnostics);
    else if (entry.key == "per")
      read_value(entry.value, "per", one_of({"layer", "network"}), diagnostics, compression.per);
    else if (entry.key == "solve")
      read_value(entry.value, "solve", one_of({"search", "exact"}), diagnostics, compression.solve);
    else
      diagnostics.error(entry.where,
                        fmt::format("compress: no key {}{}", quote(entry.key), suggestion(entry.key, keys)));
  }
  if (compression.keep.empty() && compression.channels.empty() && compression.weight_bits.empty() &&
      compression.activation_bits.empty())
    diagnostics.error(node.location(),
                      "compress: expected one or more of keep, channels, weight_bits and activation_bits");
  if (compression.solve == "exact" && (!compression.channels.empty() || compression.per == "network"))
    diagnostics.error(node.location(),
                      "compress: solve: exact chooses layer by layer; cut channels and one choice for all layers "
                      "couple them: use solve: search");
}

bool is_meant(const StudyCompression& compression, const std::string& layer) {
  return compression.layers.empty() || std::any_of(compression.layers.begin(), compression.layers.end(),
                                                   [&](const std::string& pattern) { return matches(pattern, layer); });
}

}  // namespace dovetail
