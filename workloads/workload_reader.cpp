// Native workload descriptors (dovetail-workload/1): the whole network, its graph, and where it is looked for.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/layer_reader.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/embedded.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* schema_name = "dovetail-workload/1";
constexpr std::size_t most_layers = 10'000;

struct WorkloadFields {
  std::string name, source, doc;
  LayerDefaults defaults;
  Node layers;
};

const Record<WorkloadFields>& workload_fields() {
  const Json layer = layer_schema();
  const Json named = {{"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}, {"additionalProperties", layer}};
  const Json list = {{"anyOf",
                      {{{"type", "array"}, {"items", {{"anyOf", {named, layer}}}}},
                       {{"type", "object"}, {"additionalProperties", layer}}}}};
  static const auto record =
      Record<WorkloadFields>("workload", "A network: its layers, in order.")
          .document(schema_name)
          .optional("name", &WorkloadFields::name, "how reports call it; default: the name of the file")
          .optional("source", &WorkloadFields::source, "where the layer shapes were published")
          .optional("doc", &WorkloadFields::doc, "a remark")
          .optional(
              "batch", [](WorkloadFields& f) -> std::int64_t& { return f.defaults.batch; },
              "images or sequences at once", between(1, std::numeric_limits<std::int32_t>::max()))
          .custom("word_bits", false, "width of an element, of all tensors or by tensor name",
                  layer["properties"]["word_bits"],
                  [](const Node& node, WorkloadFields& f, Diagnostics&) { f.defaults.word_bits = node; })
          .custom("density", false, "share of nonzero elements, of all tensors or by tensor name",
                  layer["properties"]["density"],
                  [](const Node& node, WorkloadFields& f, Diagnostics&) { f.defaults.density = node; })
          .custom("idle", false, "operators without multiply-accumulates, for --count-all",
                  Json{{"type", "array"}, {"items", {{"type", "object"}}}},
                  [](const Node&, WorkloadFields&, Diagnostics&) {})  // read where networks are imported
          .custom("layers", true, "each as - name: {...}", list,
                  [](const Node& node, WorkloadFields& f, Diagnostics&) { f.layers = node; });
  return record;
}

// A layer's name with its fields, wherever the name stands.
struct Named {
  std::string name;
  Location where;
  Node fields;
};

std::vector<Named> named_layers(const Node& node, Diagnostics& diagnostics) {
  std::vector<Named> all;
  if (node.is_mapping()) {
    for (const Node::Entry& entry : node.entries()) all.push_back({entry.key, entry.where, entry.value});
    return all;
  }
  if (!node.is_sequence()) {
    diagnostics.error(node.location(), fmt::format("layers must be a list of layers, found {}", node.describe()));
    return all;
  }
  for (const Node& item : node.items()) {
    const auto& entries = item.entries();
    if (entries.size() == 1 && entries[0].value.is_mapping()) {
      all.push_back({entries[0].key, entries[0].where, entries[0].value});
    } else if (item.is_mapping()) {
      const Node* name = item.find("name");
      all.push_back({name != nullptr && name->is_scalar() ? name->text() : fmt::format("layer{}", all.size() + 1),
                     name != nullptr ? name->location() : item.location(), item});
    } else {
      diagnostics.error(item.location(),
                        fmt::format("a layer must be name: {{conv: ...}} or the like, found {}", item.describe()));
    }
  }
  return all;
}

class NetworkBuilder {
 public:
  NetworkBuilder(Network& network, Diagnostics& diagnostics) : network_(network), diagnostics_(diagnostics) {}

  void add(const Named& named, std::optional<ReadLayer> read) {
    const std::size_t index = places_.size();
    if (!index_.try_emplace(named.name, index).second) {
      diagnostics_.error(named.where, fmt::format("layer {} is named twice", quote(named.name)));
    }
    if (named.name.empty()) diagnostics_.error(named.where, "a layer needs a name");
    names_.push_back(named.name);
    places_.push_back(named.where);
    after_.push_back(read ? read->after : Node());
    boost::add_vertex(read ? std::move(read->layer) : NetworkLayer{}, network_.graph);
  }

  void connect() {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Node& after = after_[i];
      if (after.is_null()) {
        if (i > 0) boost::add_edge(i - 1, i, network_.graph);
      } else if (after.is_scalar()) {
        edge(after, i);
      } else if (require_sequence(after, "after", diagnostics_)) {
        for (const Node& item : after.items()) edge(item, i);
      }
    }
  }

  // A depth-first walk that names the layers of the first cycle it closes; iterative, for long networks.
  void require_acyclic() {
    enum class State { fresh, open, done };
    std::vector<State> states(places_.size(), State::fresh);
    for (std::size_t root = 0; root < places_.size(); ++root) {
      if (states[root] != State::fresh) continue;
      using Out = boost::graph_traits<LayerGraph>::out_edge_iterator;
      std::vector<std::pair<std::size_t, std::pair<Out, Out>>> path;
      path.emplace_back(root, boost::out_edges(root, network_.graph));
      states[root] = State::open;
      while (!path.empty()) {
        auto& [vertex, edges] = path.back();
        if (edges.first == edges.second) {
          states[vertex] = State::done;
          path.pop_back();
          continue;
        }
        const std::size_t next = boost::target(*edges.first++, network_.graph);
        if (states[next] == State::open) {
          std::string cycle;
          bool inside = false;
          for (const auto& step : path) {
            inside = inside || step.first == next;
            if (inside) cycle += quote(names_[step.first]) + " -> ";
          }
          diagnostics_.error(places_[next], fmt::format("the layers depend on each other in a cycle: {}{}", cycle,
                                                        quote(names_[next])));
          return;
        }
        if (states[next] == State::fresh) {
          states[next] = State::open;
          path.emplace_back(next, boost::out_edges(next, network_.graph));
        }
      }
    }
  }

 private:
  void edge(const Node& name, std::size_t to) {
    if (!name.is_scalar()) {
      diagnostics_.error(name.location(), fmt::format("after must name layers, found {}", name.describe()));
      return;
    }
    const auto found = index_.find(name.text());
    if (found == index_.end()) {
      diagnostics_.error(name.location(), fmt::format("after names the unknown layer {}{}", quote(name.text()),
                                                      suggestion(name.text(), names_)));
    } else {
      boost::add_edge(found->second, to, network_.graph);
    }
  }

  Network& network_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> names_;
  std::vector<Location> places_;
  std::vector<Node> after_;
};

std::string stem(const std::string& file) {
  return std::filesystem::path(file).stem().string();
}

// Settings of the whole workload by tensor name must mean a tensor of some layer.
void check_tensor_names(const Node& setting, const char* what, const Network& network, Diagnostics& diagnostics) {
  if (diagnostics.failed()) return;  // tensors of wrong layers are not known
  std::vector<std::string> names;
  for (const NetworkLayer* layer : layers(network)) {
    for (const Tensor& tensor : layer->layer.tensors) {
      if (std::find(names.begin(), names.end(), tensor.name) == names.end()) names.push_back(tensor.name);
    }
  }
  for (const Node::Entry& entry : setting.entries()) {
    if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
    diagnostics.error(entry.where, fmt::format("{} of tensor {}, which no layer has{}", what, quote(entry.key),
                                               suggestion(entry.key, names)));
  }
}

Network read_native(const Node& document, Diagnostics& diagnostics) {
  Network network;
  const WorkloadFields fields = workload_fields().read(document, diagnostics);
  network.name = fields.name.empty() ? stem(document.location().file) : fields.name;
  network.source = fields.source;
  if (document.find("layers") == nullptr) return network;
  const std::vector<Named> named = named_layers(fields.layers, diagnostics);
  if (named.size() > most_layers) {
    diagnostics.error(fields.layers.location(),
                      fmt::format("{} layers, allowed are {}: use repeat", named.size(), most_layers));
    return network;
  }
  if (named.empty() && !diagnostics.failed()) diagnostics.error(fields.layers.location(), "the workload has no layers");
  NetworkBuilder builder(network, diagnostics);
  for (const Named& layer : named)
    builder.add(layer, read_layer(layer.name, layer.fields, fields.defaults, diagnostics));
  check_tensor_names(fields.defaults.word_bits, "word_bits", network, diagnostics);
  check_tensor_names(fields.defaults.density, "density", network, diagnostics);
  builder.connect();
  builder.require_acyclic();
  if (!diagnostics.failed()) {
    try {
      totals(network);
    } catch (const std::overflow_error& error) {
      diagnostics.error(fields.layers.location(), error.what());
    }
  }
  network.notes = diagnostics.notes();
  return network;
}

}  // namespace

Network read_workload(const Node& document) {
  Diagnostics diagnostics;
  Network network;
  const Node* problem = document.find("problem");
  if (problem != nullptr && document.find("layers") == nullptr) {
    if (const auto layer = read_problem(*problem, diagnostics)) network = single_layer(*layer);
  } else {
    network = read_native(document, diagnostics);
  }
  diagnostics.raise();
  return network;
}

std::vector<std::string> zoo_names() {
  return embedded::names(embedded::zoo());
}

nlohmann::ordered_json workload_schema() {
  return schema_document(schema_name, workload_fields().schema());
}

}  // namespace dovetail
