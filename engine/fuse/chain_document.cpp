#include <dovetail/engine/fuse/chain_document.hpp>

#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* schema_name = "fused-chain-case/1";
constexpr double most = 1 << 20;         // of a dimension: products of four stay exact
constexpr std::size_t most_layers = 64;  // groups and live results are listed

// A layer as written: which keys it needs depends on its kind.
struct LayerFields {
  std::string kind;
  std::optional<std::int64_t> m, k, n, c, p, r, stride;
  Node node;
};

struct Fields {
  std::string name, mode = "residency";
  ChainMachine machine;
  std::vector<LayerFields> layers;
  Node adds, layers_node, answer;
};

const Record<Fields>& chain_record() {
  static const auto machine =
      Record<ChainMachine>("machine", "One multiply-accumulate a cycle, one buffer, DRAM.")
          .required("capacity", &ChainMachine::capacity_words, "words of the buffer", between(0, 1e15))
          .required("bandwidth", &ChainMachine::bandwidth_words_per_cycle, "words a cycle of DRAM", above(0))
          .required("dram", &ChainMachine::dram_pj, "pJ a word", at_least(0))
          .required("buffer", &ChainMachine::buffer_pj, "pJ a word", at_least(0))
          .required("mac", &ChainMachine::mac_pj, "pJ an operation", at_least(0));
  static const auto layer =
      Record<LayerFields>("layer", "A product or a one-dimensional convolution.")
          .required("kind", &LayerFields::kind, "matmul or conv1d", one_of({"matmul", "conv1d"}))
          .optional("m", &LayerFields::m, "rows of a product", between(1, most))
          .optional("n", &LayerFields::n, "columns of a product", between(1, most))
          .optional("k", &LayerFields::k, "of a product what is summed, of a convolution its filters", between(1, most))
          .optional("c", &LayerFields::c, "channels", between(1, most))
          .optional("p", &LayerFields::p, "positions", between(1, most))
          .optional("r", &LayerFields::r, "taps", between(1, most))
          .optional("stride", &LayerFields::stride, "of a convolution (1)", between(1, most))
          .checked([](const Node& node, LayerFields& fields, Diagnostics&) { fields.node = node; });
  static const auto record =
      Record<Fields>("chain", "Layers that run one after another on a buffer and DRAM.")
          .document(schema_name)
          .optional("name", &Fields::name, "how reports call it")
          .record("machine", &Fields::machine, machine, true)
          .list("layers", &Fields::layers, layer, "in the order in which they run", true)
          .custom("adds", false, "[a, b]: the output of layer a is added to that of layer b", Json::object(),
                  [](const Node& node, Fields& fields, Diagnostics&) { fields.adds = node; })
          .optional("mode", &Fields::mode, "residency or bands", one_of({"residency", "bands"}))
          .custom("answer", false, "not read", Json::object(),
                  [](const Node& node, Fields& fields, Diagnostics&) { fields.answer = node; })
          .checked([](const Node& node, Fields& fields, Diagnostics&) { fields.layers_node = node; });
  return record;
}

ChainLayer to_layer(const LayerFields& from, Diagnostics& diagnostics) {
  const bool product = from.kind == "matmul";
  const auto needed = [&](const char* key, const std::optional<std::int64_t>& value) {
    if (!value) diagnostics.error(from.node.location(), fmt::format("a {} needs the key '{}'", from.kind, key));
    return value.value_or(1);
  };
  const auto unwanted = [&](const char* key, const std::optional<std::int64_t>& value) {
    if (value) {
      diagnostics.error(from.node.find(key)->location(),
                        fmt::format("'{}' means nothing to a {}: allowed are {}", key, from.kind,
                                    product ? "m, k, n" : "k, c, p, r, stride"));
    }
  };
  ChainLayer layer;
  layer.kind = product ? ChainLayer::Kind::matmul : ChainLayer::Kind::conv1d;
  if (product) {
    layer.rows = needed("m", from.m), layer.channels = needed("k", from.k), layer.columns = needed("n", from.n);
    unwanted("c", from.c), unwanted("p", from.p), unwanted("r", from.r), unwanted("stride", from.stride);
  } else {
    layer.rows = needed("p", from.p), layer.columns = needed("k", from.k), layer.channels = needed("c", from.c);
    layer.taps = needed("r", from.r), layer.stride = from.stride.value_or(1);
    unwanted("m", from.m), unwanted("n", from.n);
  }
  return layer;
}

void read_adds(const Fields& fields, FusedChain& chain, Diagnostics& diagnostics) {
  if (fields.adds.is_null() || !require_sequence(fields.adds, "adds", diagnostics)) return;
  const auto count = static_cast<std::int64_t>(chain.layers.size());
  for (const Node& pair : fields.adds.items()) {
    const bool two = pair.is_sequence() && pair.items().size() == 2;
    const auto from = two ? pair.items()[0].as_integer() : std::nullopt;
    const auto to = two ? pair.items()[1].as_integer() : std::nullopt;
    if (!from || !to || *from < 0 || *to >= count || *from >= *to) {
      diagnostics.error(pair.location(),
                        fmt::format("an add must be [a, b] with 0 <= a < b < {}, found {}", count, pair.describe()));
      continue;
    }
    chain.adds.emplace_back(static_cast<int>(*from), static_cast<int>(*to));
  }
}

// Each layer reads what the one before wrote, no window skips rows, and operations can be counted exactly.
void check_chain(const Fields& fields, const FusedChain& chain, Diagnostics& diagnostics) {
  double macs = 0.0;
  for (std::size_t l = 0; l < chain.layers.size(); ++l) {
    const ChainLayer& layer = chain.layers[l];
    const Location& where = fields.layers[l].node.location();
    macs += static_cast<double>(layer.rows) * static_cast<double>(layer.columns) * static_cast<double>(layer.channels) *
            static_cast<double>(layer.taps);
    if (layer.taps < layer.stride) {
      diagnostics.error(
          where, fmt::format("stride {} skips rows of the input: allowed is at most r = {}", layer.stride, layer.taps));
    }
    if (l == 0) continue;
    const ChainLayer& before = chain.layers[l - 1];
    if (before.output_words() < layer.input_words()) {
      diagnostics.error(where, fmt::format("layer {} reads {} words, the layer before it gives {}", l,
                                           layer.input_words(), before.output_words()));
    }
  }
  if (macs > 0x1p50) diagnostics.error(fields.layers_node.location(), "more than 2^50 operations");
}

std::string text(const ChainGroup& group) {
  return fmt::format("{}-{} nb={}{} {}", group.first, group.last, group.bands, group.pinned ? " pinned" : "",
                     group.retain ? "retain" : "recompute");
}

}  // namespace

bool is_fused_chain(const Node& document) {
  const Node* schema = document.is_mapping() ? document.find("schema") : nullptr;
  return schema != nullptr && schema->is_scalar() && schema->text() == schema_name;
}

std::optional<ChainDocument> read_fused_chain(const Node& document, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  const Fields fields = chain_record().read(document, diagnostics);
  if (diagnostics.errors() > before) return std::nullopt;
  ChainDocument read;
  read.chain.name = fields.name;
  read.chain.machine = fields.machine;
  read.fusion = fields.mode == "bands" ? Fusion::bands : Fusion::homes;
  if (fields.layers.empty() || fields.layers.size() > most_layers) {
    diagnostics.error(document.find("layers")->location(),
                      fmt::format("{} layers, allowed are 1 to {}", fields.layers.size(), most_layers));
    return std::nullopt;
  }
  for (const LayerFields& layer : fields.layers) read.chain.layers.push_back(to_layer(layer, diagnostics));
  if (diagnostics.errors() > before) return std::nullopt;
  check_chain(fields, read.chain, diagnostics);
  read_adds(fields, read.chain, diagnostics);
  if (diagnostics.errors() > before) return std::nullopt;
  return read;
}

nlohmann::ordered_json chain_answer_json(const FusedChain& chain, Fusion fusion) {
  const ChainSchedule best = schedule_chain(chain, fusion);
  const ChainSchedule unfused = fusion == Fusion::none ? best : schedule_chain(chain, Fusion::none);
  Json groups = Json::array();
  for (const ChainGroup& group : best.groups) groups.push_back(text(group));
  const auto number = [](bool known, double value) { return known ? Json(value) : Json(); };
  Json network = {{"edp", number(best.feasible, best.edp())},
                  {"energy_pj", number(best.feasible, best.energy_pj)},
                  {"cycles", number(best.feasible, best.cycles)},
                  {"lower_bound", number(best.feasible, best.edp())},
                  {"proven", best.feasible},
                  {"groups", std::move(groups)},
                  {"in_buffer", best.in_buffer},
                  {"unfused_edp", number(unfused.feasible, unfused.edp())},
                  {"compulsory_edp", compulsory_edp(chain)}};
  return {{"schema", schema_name}, {"name", chain.name}, {"network", std::move(network)}};
}

}  // namespace dovetail
