// Reads systolic-array/1 by a table of keys and writes the report.
#include <dovetail/accelerators/systolic/document.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace dovetail {
namespace {

constexpr std::int64_t most_words = std::int64_t{1} << 31;  ///< of a product's side
constexpr std::int64_t most_pixels = 1 << 20;               ///< of a convolution's side
constexpr std::int64_t most_kb = 1 << 24;

/// A mapping whose keys must all be known.
class Fields {
 public:
  Fields(const Node& node, Diagnostics& diagnostics, std::vector<std::string> allowed)
      : node_(node),
        diagnostics_(diagnostics) {
    if (!node.is_mapping()) {
      diagnostics.error(node.location(), fmt::format("found {}, allowed is a mapping", node.describe()));
      return;
    }
    for (const auto& entry : node.entries())
      if (std::find(allowed.begin(), allowed.end(), entry.key) == allowed.end())
        diagnostics.error(entry.where,
                          fmt::format("unknown key {}{}", quote(entry.key), suggestion(entry.key, allowed)));
  }

  std::int64_t integer(const char* key, std::int64_t most) {
    const Node* value = find(key);
    if (value == nullptr) return 1;
    const auto number = value->as_integer();
    if (number && *number >= 1 && *number <= most) return *number;
    diagnostics_.error(value->location(),
                       fmt::format("{} is {}, allowed is an integer from 1 to {}", key, value->describe(), most));
    return 1;
  }

  /// Position of the word among `allowed`, 0 when it is none of them.
  std::size_t word(const char* key, const std::vector<std::string>& allowed) {
    const Node* value = find(key);
    if (value == nullptr) return 0;
    const auto at = std::find(allowed.begin(), allowed.end(), value->text());
    if (value->is_scalar() && at != allowed.end()) return static_cast<std::size_t>(at - allowed.begin());
    diagnostics_.error(value->location(),
                       fmt::format("{} is {}{}", key, value->describe(), suggestion(value->text(), allowed)));
    return 0;
  }

  const Node* find(const char* key) {
    const Node* value = node_.is_mapping() ? node_.find(key) : nullptr;
    if (value == nullptr && node_.is_mapping())
      diagnostics_.error(node_.location(), fmt::format("key '{}' is missing", key));
    return value;
  }

 private:
  const Node& node_;
  Diagnostics& diagnostics_;
};

void read_layer(const Node& node, SystolicInput& input, Diagnostics& diagnostics) {
  const Node* type = node.is_mapping() ? node.find("type") : nullptr;
  input.is_convolution = type != nullptr && type->text() == "conv";
  if (input.is_convolution) {
    Fields fields(node, diagnostics,
                  {"type", "ifmap_h", "ifmap_w", "filt_h", "filt_w", "channels", "num_filters", "stride"});
    auto& c = input.convolution;
    c.height = fields.integer("ifmap_h", most_pixels), c.width = fields.integer("ifmap_w", most_pixels);
    c.filter_height = fields.integer("filt_h", most_pixels), c.filter_width = fields.integer("filt_w", most_pixels);
    c.channels = fields.integer("channels", most_pixels), c.filters = fields.integer("num_filters", most_pixels);
    c.stride = fields.integer("stride", most_pixels);
    if (c.filter_height > c.height || c.filter_width > c.width)
      diagnostics.error(node.location(), fmt::format("the filter {} x {} is larger than the input {} x {}",
                                                     c.filter_height, c.filter_width, c.height, c.width));
    return;
  }
  Fields fields(node, diagnostics, {"type", "M", "N", "K"});
  fields.word("type", {"gemm", "conv"});
  input.product.rows = fields.integer("M", most_words);
  input.product.columns = fields.integer("N", most_words);
  input.product.depth = fields.integer("K", most_words);
}

}  // namespace

bool is_systolic(const Node& document) {
  if (!document.is_mapping()) return false;
  const Node* schema = document.find("schema");
  return schema != nullptr && schema->text() == "systolic-array/1";
}

SystolicInput read_systolic(const Node& document, Diagnostics& diagnostics) {
  SystolicInput input;
  const std::size_t before = diagnostics.errors();
  Fields fields(document, diagnostics,
                {"schema", "id", "note", "layer", "dataflow", "array_rows", "array_cols", "ifmap_sram_kb",
                 "filter_sram_kb", "ofmap_sram_kb", "mode", "bandwidth_words_per_cycle", "version"});
  if (!document.is_mapping()) return input;
  if (const Node* layer = fields.find("layer")) read_layer(*layer, input, diagnostics);
  constexpr SystolicDataflow flows[] = {SystolicDataflow::output_stationary, SystolicDataflow::weight_stationary,
                                        SystolicDataflow::input_stationary};
  input.dataflow = flows[fields.word("dataflow", {"os", "ws", "is"})];
  input.array_rows = fields.integer("array_rows", most_pixels);
  input.array_columns = fields.integer("array_cols", most_pixels);
  input.ifmap_sram_kb = fields.integer("ifmap_sram_kb", most_kb);
  input.filter_sram_kb = fields.integer("filter_sram_kb", most_kb);
  input.ofmap_sram_kb = fields.integer("ofmap_sram_kb", most_kb);
  const bool user = fields.word("mode", {"CALC", "USER"}) == 1;
  const Node* bandwidth = document.find("bandwidth_words_per_cycle");
  if (user)
    input.bandwidth_words_per_cycle = fields.integer("bandwidth_words_per_cycle", most_words);
  else if (bandwidth != nullptr && !bandwidth->is_null())
    diagnostics.error(
        bandwidth->location(),
        fmt::format("bandwidth_words_per_cycle is {}, allowed is null in mode CALC", bandwidth->describe()));
  if (document.find("version") != nullptr) input.version = fields.word("version", {"3", "2"}) == 1 ? 2 : 3;
  if (diagnostics.errors() > before) return input;
  if (systolic_requests(input) > systolic_request_limit || systolic_addresses(input) > systolic_address_limit)
    diagnostics.error(document.location(),
                      fmt::format("the layer makes {:.3g} requests to {:.3g} addresses, allowed are {:.3g} and {:.3g}",
                                  systolic_requests(input), systolic_addresses(input), systolic_request_limit,
                                  systolic_address_limit));
  return input;
}

nlohmann::ordered_json systolic_report(const SystolicResult& r, int version) {
  nlohmann::ordered_json out;
  if (version == 3) out["total_cycles_incl_prefetch"] = r.total_cycles_incl_prefetch;
  out["total_cycles"] = r.total_cycles;
  out["stall_cycles"] = r.stall_cycles;
  out["overall_util_pct"] = r.overall_util_pct;
  out["mapping_eff_pct"] = r.mapping_eff_pct;
  out["compute_util_pct"] = r.compute_util_pct;
  auto& average = out["avg_bw_words_per_cycle"];
  average["sram_ifmap"] = r.ifmap.sram_words_per_cycle;
  average["sram_filter"] = r.filter.sram_words_per_cycle;
  average["sram_ofmap"] = r.ofmap.sram_words_per_cycle;
  average["dram_ifmap"] = r.ifmap.dram_words_per_cycle;
  average["dram_filter"] = r.filter.dram_words_per_cycle;
  average["dram_ofmap"] = r.ofmap.dram_words_per_cycle;
  out["sram_reads_ifmap"] = r.ifmap.sram_words;
  out["sram_reads_filter"] = r.filter.sram_words;
  out["sram_writes_ofmap"] = r.ofmap.sram_words;
  out["dram_reads_ifmap"] = r.ifmap.dram_words;
  out["dram_reads_filter"] = r.filter.dram_words;
  out["dram_writes_ofmap"] = r.ofmap.dram_words;
  auto& span = out["dram_span_cycles"];
  span["ifmap"] = {r.ifmap.dram_first_cycle, r.ifmap.dram_last_cycle};
  span["filter"] = {r.filter.dram_first_cycle, r.filter.dram_last_cycle};
  span["ofmap"] = {r.ofmap.dram_first_cycle, r.ofmap.dram_last_cycle};
  return out;
}

nlohmann::ordered_json evaluate_systolic(const Node& document, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  const SystolicInput input = read_systolic(document, diagnostics);
  if (diagnostics.errors() > before) return nullptr;
  return systolic_report(evaluate_systolic(input), input.version);
}

}  // namespace dovetail
