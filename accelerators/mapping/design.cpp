#include <dovetail/accelerators/mapping/design.hpp>

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/layer_reader.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* reference_schema = "timeloop-reference-case/1";
constexpr const char* native_schema = "dovetail-design/1";

struct Fields {
  std::string id, note;
  Node problem, layer, arch, architecture, mapping, options;
};

struct Options {
  bool link_transfers = false;
};

const Record<Options>& options_record() {
  static const auto record =
      Record<Options>("options", "How the machine is evaluated.")
          .optional("link_transfers", &Options::link_transfers, "neighbours pass data on (Timeloop's link transfers)");
  return record;
}

// A document's schema inside of another one.
Json inner(Json schema) {
  schema.erase("$schema");
  schema.erase("title");
  return schema;
}

Record<Fields> fields_record() {
  auto store = [](Node Fields::*place) {
    return [place](const Node& node, Fields& fields, Diagnostics&) { fields.*place = node; };
  };
  return Record<Fields>("design", "A layer, a machine, and the schedule of one on the other.")
      .optional("id", &Fields::id, "a name for the design")
      .optional("note", &Fields::note, "a remark")
      .custom("question", false, "number of a line of `evaluate -`, repeated in its answer", {{"type", "integer"}},
              [](const Node&, Fields&, Diagnostics&) {})
      .custom("problem", false, "the layer in the reference schema", problem_schema(), store(&Fields::problem))
      .custom("layer", false, "the layer in the words of a workload descriptor", layer_schema(), store(&Fields::layer))
      .custom("arch", false, "the machine", inner(architecture_schema()), store(&Fields::arch))
      .custom("architecture", false, "the machine (another name of arch)", inner(architecture_schema()),
              store(&Fields::architecture))
      .custom("mapping", false, "the schedule", inner(mapping_schema()), store(&Fields::mapping))
      .custom("options", false, options_record().doc(), options_record().schema(), store(&Fields::options));
}

const Record<Fields>& reference_record() {
  static const auto record = fields_record().ignoring_unknown_keys();
  return record;
}

const Record<Fields>& native_record() {
  static const auto record = fields_record().document(native_schema);
  return record;
}

// The one of two keys that is there.
const Node* either(const Node& document, const char* first, const char* second, const char* what,
                   Diagnostics& diagnostics) {
  const Node* a = document.find(first);
  const Node* b = document.find(second);
  if (a != nullptr && b != nullptr) {
    diagnostics.error(b->location(), fmt::format("{} is given twice, as {} and as {}", what, first, second));
  } else if (a == nullptr && b == nullptr) {
    diagnostics.error(document.location(),
                      fmt::format("a design needs {}: the key {} or {}", what, quote(first), quote(second)));
  }
  return a != nullptr ? a : b;
}

std::optional<Layer> read_design_layer(const Node& document, Diagnostics& diagnostics) {
  const Node* node = either(document, "problem", "layer", "a layer", diagnostics);
  if (node == nullptr) return std::nullopt;
  if (node == document.find("problem")) return read_problem(*node, diagnostics);
  const Node* name = node->find("name");
  auto read = read_layer(name != nullptr ? name->text() : "layer", *node, {}, diagnostics);
  if (!read) return std::nullopt;
  return std::move(read->layer.layer);
}

}  // namespace

Design read_design(const Node& document) {
  Diagnostics diagnostics;
  if (!require_mapping(document, "a design", diagnostics)) diagnostics.raise();
  const Node* schema = document.find("schema");
  const bool native = schema != nullptr && schema->is_scalar() && schema->text() == native_schema;
  if (schema != nullptr && !native && (!schema->is_scalar() || schema->text() != reference_schema)) {
    diagnostics.error(schema->location(), fmt::format("schema is {}, expected '{}' or '{}'", schema->describe(),
                                                      reference_schema, native_schema));
    diagnostics.raise();
  }
  const Fields fields = (native ? native_record() : reference_record()).read(document, diagnostics);
  Design design;
  design.id = fields.id;
  design.note = fields.note;
  auto layer = read_design_layer(document, diagnostics);
  const Node* arch = either(document, "arch", "architecture", "a machine", diagnostics);
  auto architecture = arch != nullptr ? read_architecture(*arch, diagnostics) : std::nullopt;
  if (document.find("options") != nullptr) {
    const Options options = options_record().read(fields.options, diagnostics);
    if (architecture) architecture->link_transfers = options.link_transfers;
  }
  if (layer && architecture && !fields.mapping.is_null()) {
    design.mapping = read_mapping(fields.mapping, *layer, *architecture, diagnostics);
  }
  diagnostics.raise();
  design.layer = std::move(*layer);
  design.architecture = std::move(*architecture);
  return design;
}

Design load_design(const std::string& path) {
  return read_design(load_file(path));
}

nlohmann::ordered_json to_json(const Design& design) {
  Json json = {{"schema", reference_schema}};
  if (!design.id.empty()) json["id"] = design.id;
  if (!design.note.empty()) json["note"] = design.note;
  json["problem"] = problem_json(design.layer);
  json["arch"] = to_json(design.architecture);
  if (design.mapping) json["mapping"] = to_json(design.layer, design.architecture, *design.mapping);
  json["options"] = {{"link_transfers", design.architecture.link_transfers}};
  return json;
}

nlohmann::ordered_json design_schema() {
  return schema_document(native_schema, native_record().schema());
}

}  // namespace dovetail
