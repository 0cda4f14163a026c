// `dovetail convert`: between YAML and JSON, to the reference schema, and the JSON Schemas of all documents.
#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/spaces/family/family_document.hpp>
#include <dovetail/spaces/space/space_document.hpp>
#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/embedded.hpp>

#include "command.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string path, to, schema;
};

const std::map<std::string, std::function<Json()>>& schemas() {
  static const std::map<std::string, std::function<Json()>> all = {{"architecture", architecture_schema},
                                                                   {"design", design_schema},
                                                                   {"family", family_schema},
                                                                   {"machine", machine_schema},
                                                                   {"mapping", mapping_schema},
                                                                   {"space", space_schema},
                                                                   {"study", study_schema},
                                                                   {"workload", workload_schema}};
  return all;
}

std::vector<std::string> schema_kinds() {
  std::vector<std::string> kinds;
  for (const auto& entry : schemas()) kinds.push_back(entry.first);
  return kinds;
}

std::string schema_of(const Node& document) {
  const Node* schema = document.find("schema");
  return schema != nullptr && schema->is_scalar() ? schema->text() : "";
}

bool is_design(const Node& document) {
  return document.find("problem") != nullptr ||
         (document.find("layer") != nullptr && schema_of(document) == "dovetail-design/1");
}

// Documents that we know are read, so that a wrong one is not passed on.
void check_document(const Node& document) {
  const std::string schema = schema_of(document);
  Diagnostics diagnostics;
  if (is_design(document)) {
    read_design(document);
  } else if (document.find("layers") != nullptr || schema == "dovetail-workload/1") {
    read_workload(document);
  } else if (schema == "dovetail-architecture/1") {
    read_architecture(document, diagnostics);
  } else if (schema == "dovetail-family/1") {
    read_family_text(document, diagnostics);
  } else if (schema == "dovetail-machine/1") {
    read_machine(document, diagnostics);
  } else if (schema == "dovetail-space/1") {
    read_space(document, diagnostics);
  } else if (schema == "dovetail-study/1") {
    read_study(document, diagnostics);
  }
  diagnostics.raise();
}

// A design as a timeloop-reference-case/1 document; a workload as the list of its layers' problems.
Json reference(const Node& document) {
  if (is_design(document)) return to_json(read_design(document));
  Json problems = Json::array();
  for (const UniqueLayer& unique : unique_layers(read_workload(document)))
    problems.push_back(problem_json(unique.layer));
  return problems;
}

bool is_json(const std::string& text, const std::string& path) {
  if (path.ends_with(".json")) return true;
  if (path.ends_with(".yaml") || path.ends_with(".yml")) return false;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && (text[first] == '{' || text[first] == '[');
}

// A network, family or machine of the program, unless a file has this name.
const embedded::File* built_in(const std::string& name) {
  std::error_code error;
  if (std::filesystem::exists(name, error)) return nullptr;
  for (const auto list : {embedded::zoo(), embedded::families(), embedded::machines()})
    if (const embedded::File* file = embedded::find(list, name)) return file;
  return nullptr;
}

std::string text_of(const std::string& name) {
  const embedded::File* own = built_in(name);
  return own != nullptr ? std::string(own->text) : read_text(name);
}

int run_convert(const Common& common, const Options& options) {
  if (!options.schema.empty()) {
    print_json(common, schemas().at(options.schema)());
    return exit_done;
  }
  if (options.path.empty()) throw UsageError("convert needs a FILE (or - for stdin), or --schema");
  const bool from_stdin = options.path == "-";
  if (const embedded::File* own = built_in(options.path); own != nullptr && options.to.empty()) {
    fmt::print("{}", own->text);  // as it was written, with its remarks
    return exit_done;
  }
  const std::string text =
      from_stdin ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : text_of(options.path);
  const std::string name = from_stdin ? "stdin" : options.path;
  const Node document = is_json(text, options.path) ? parse_json(text, name) : parse_yaml(text, name);
  check_document(document);
  std::string to = options.to;
  if (to.empty())
    to = common.format == "json" || common.format == "jsonl" ? "json"
         : is_json(text, options.path)                       ? "yaml"
                                                             : "json";
  if (to == "yaml") {
    fmt::print("{}", to_yaml(document));
  } else {
    print_json(common, to == "reference" ? reference(document) : to_json(document));
  }
  return exit_done;
}

}  // namespace

void add_convert(CLI::App& app, Common& common, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_subcommand(
      app, common, "convert", "Converts documents between YAML and JSON, and prints their JSON Schemas",
      "dovetail convert network.yaml > network.json\n"
      "  dovetail convert dqn > mine.yaml               # a network or family of the program, to start from\n"
      "  dovetail convert design.yaml --to reference    # as a timeloop-reference-case/1 document\n"
      "  dovetail convert --schema workload             # JSON Schema, for editors");
  command->add_option(
      "FILE", options->path,
      "A workload, design, architecture or other document, or the name of a network or family; - is stdin");
  command
      ->add_option("--to", options->to,
                   "yaml, json, or reference (the reference schema, everything spelt out); default: the "
                   "other of yaml and json")
      ->check(CLI::IsMember({"yaml", "json", "reference"}));
  command->add_option("--schema", options->schema, "Print the JSON Schema of this kind of document")
      ->check(CLI::IsMember(schema_kinds()));
  command->callback(
      [&common, &action, options] { action = [&common, options] { return run_convert(common, *options); }; });
}

}  // namespace dovetail::cli
