// convert: between notations and tools, to the reference schema, and the JSON Schemas of all documents.
#include <dovetail/engine/verbs/convert/convert.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/export/scalesim_run.hpp>
#include <dovetail/accelerators/export/timeloop_design.hpp>
#include <dovetail/accelerators/import/machine_formats.hpp>
#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/accelerators/systolic/document.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>
#include <dovetail/engine/study/presets.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/engine/verbs/convert/copy_study.hpp>
#include <dovetail/engine/verbs/look/describe.hpp>
#include <dovetail/engine/verbs/named_machine.hpp>
#include <dovetail/engine/verbs/remarks.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/family/family_document.hpp>
#include <dovetail/spaces/network/network_family.hpp>
#include <dovetail/spaces/network/network_family_document.hpp>
#include <dovetail/spaces/space/space_document.hpp>
#include <dovetail/workloads/export/native.hpp>
#include <dovetail/workloads/export/scalesim_topology.hpp>
#include <dovetail/workloads/export/timeloop_problem.hpp>
#include <dovetail/workloads/export/yaml_text.hpp>
#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail::verbs {
namespace {

const std::map<std::string, std::function<Json()>>& schemas() {
  static const std::map<std::string, std::function<Json()>> all = {{"architecture", architecture_schema},
                                                                   {"design", design_schema},
                                                                   {"family", family_schema},
                                                                   {"machine", machine_schema},
                                                                   {"mapping", mapping_schema},
                                                                   {"network-family", network_family_schema},
                                                                   {"space", space_schema},
                                                                   {"study", study_schema},
                                                                   {"workload", workload_schema}};
  return all;
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
  } else if (schema == "dovetail-network-family/1") {
    read_network_family(document);
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
    if (explores(document))
      read_exploration_study(document, diagnostics);
    else
      read_study(document, diagnostics);
  }
  diagnostics.raise();
}

// A network as the list of its layers' problems.
Json problems(const Network& network) {
  Json list = Json::array();
  for (const UniqueLayer& unique : unique_layers(network)) list.push_back(problem_json(unique.layer));
  return list;
}

// A design as a timeloop-reference-case/1 document; a workload as the list of its layers' problems.
Json reference(const Node& document) {
  return is_design(document) ? to_json(read_design(document)) : problems(read_workload(document));
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
  for (const auto list : {embedded::zoo(), embedded::network_families(), embedded::families(), embedded::machines()})
    if (const embedded::File* file = embedded::find(list, name)) return file;
  return nullptr;
}

std::string text_of(const std::string& name) {
  const embedded::File* own = built_in(name);
  return own != nullptr ? std::string(own->text) : read_text(name);
}

// A document of ours, as it is, in the other notation.
Answer convert_document(const std::string& path, const ConvertOptions& options, const Asking& asking) {
  Answer out;
  if (const auto preset = preset_text(path); preset && options.to.empty() && !std::filesystem::exists(path)) {
    out.text = *preset;
    return out;
  }
  if (const embedded::File* own = built_in(path); own != nullptr && options.to.empty()) {
    out.text = own->text;  // as it was written, with its remarks
    return out;
  }
  if (path != "-" || !asking.input) return convert_text(text_of(path), path, options, asking);
  const Input input = read_input(path, "stdin", asking);
  return convert_text(input.text, input.name, options, asking);
}

// One problem per distinct layer: a text when there is one, files otherwise, since a file of Timeloop's holds one.
Answer timeloop_problems(const Network& network, const Asking& asking) {
  Answer out;
  const std::vector<UniqueLayer> unique = unique_layers(network);
  if (unique.size() > 1 && !asking.files)
    throw UsageError(
        fmt::format("{} distinct layers, and a Timeloop file holds one problem: give --out DIR", unique.size()));
  for (std::size_t i = 0; i < unique.size(); ++i) {
    const std::string text = timeloop_problem(unique[i].layer);
    if (asking.files)
      out.files.push_back({fmt::format("{:03}_{}.yaml", i + 1, file_name(unique[i].layer.name)), text});
    else
      out.say("{}", text);
  }
  if (asking.files)
    tell_notes(asking,
               {fmt::format("{} distinct layers of {} written as files; how often each occurs is not said in them",
                            unique.size(), network.name)});
  return out;
}

Answer convert_network(const std::vector<std::string>& paths, const ConvertOptions& options, const Asking& asking) {
  Answer out;
  const Imported imported = import_workload(paths, options.import);
  for (const Diagnostic& note : imported.network.notes) asking.note("{}\n", to_string(note));
  if (options.to == "timeloop") return timeloop_problems(imported.network, asking);
  if (options.to == "scalesim") {
    const ScalesimTopology topology = scalesim_topology(imported.network);
    tell_notes(asking, topology.notes);
    if (asking.files)
      out.files.push_back({file_name(imported.network.name) + ".csv", topology.csv});
    else
      out.text = topology.csv;
    return out;
  }
  if (options.to == "reference") {
    out.record = problems(imported.network);
    return out;
  }
  const Json document = native_workload(imported);
  if (options.to == "json" || (options.to.empty() && asking.format == "json"))
    out.record = document;
  else
    out.text = to_yaml(parse_json(document.dump(), imported.network.name));
  return out;
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

// Whether a file is in another tool's format.
bool is_foreign(const Source& source) {
  return std::any_of(formats().begin(), formats().end(),
                     [&](const Format& format) { return format.name != "native" && format.recognises(source); });
}

// What is in another tool's format, several files or a folder, or goes to another tool, is read as a network.
bool is_network(const std::vector<std::string>& paths, const ConvertOptions& options) {
  const std::string& path = paths.front();
  std::error_code error;
  return paths.size() > 1 || !options.import.from.empty() || !options.import.sizes.empty() || options.to == "native" ||
         options.to == "scalesim" || options.to == "timeloop" || is_folder(path) ||
         (path != "-" && built_in(path) == nullptr && std::filesystem::exists(path, error) && is_foreign(Source(path)));
}

// A design or a machine of ours as Timeloop's documents in one file; none when the file is neither.
std::optional<Answer> timeloop_design(const std::string& path, const Asking& asking) {
  const std::vector<std::string> families = family_names();
  std::optional<Architecture> machine;
  std::optional<Design> design;
  if (std::find(families.begin(), families.end(), path) != families.end()) {
    const auto [family, point] = family_point(path, asking.set);
    machine = family.instantiate(point);
  } else if (path != "-" && built_in(path) == nullptr && !is_folder(path) && !is_foreign(Source(path))) {
    const Node document = load_file(path);
    if (is_design(document)) {
      design = read_design(document);
      machine = design->architecture;
    } else if (document.find("levels") != nullptr && document.find("parameters") == nullptr) {
      machine = load_architecture(path);
    }
  }
  if (!machine) return std::nullopt;
  Answer out;
  const std::string architecture = timeloop_architecture(*machine);
  if (design) out.say("{}", timeloop_problem(design->layer));
  out.say("{}", architecture);
  if (design && design->mapping) out.say("{}", timeloop_mapping(design->layer, *machine, *design->mapping));
  tell_notes(asking, timeloop_differences(*machine));
  return out;
}

// A run of SCALE-Sim, a systolic-array/1 document, as its two files; none when the file is no such run.
std::optional<Answer> scalesim_files(const std::string& path, const Asking& asking) {
  if (path == "-" || built_in(path) != nullptr || is_folder(path) || is_foreign(Source(path))) return std::nullopt;
  const Node document = load_file(path);
  if (!is_systolic(document)) return std::nullopt;
  Diagnostics diagnostics;
  const SystolicInput input = read_systolic(document, diagnostics);
  diagnostics.raise();
  if (!asking.files)
    throw UsageError("a run of SCALE-Sim is two files, a topology and a configuration: give --out DIR");
  const std::string name = std::filesystem::path(path).stem().string();
  const ScalesimRun run = scalesim_run(input, name);
  Answer out;
  out.files = {{name + ".csv", run.topology}, {name + ".cfg", run.config}};
  return out;
}

// A Timeloop design, in however many files, as a design document of ours.
Answer convert_timeloop_design(const std::vector<std::string>& paths, const ConvertOptions& options,
                               const Asking& asking) {
  const TimeloopDesign read = read_timeloop_design(paths);
  tell_remarks(asking, read.remarks);
  const Json document = to_json(read.design);
  Answer out;
  if (options.to == "yaml")
    out.text = to_yaml(document);
  else
    out.record = document;
  return out;
}

// What each memory keeps, as Timeloop's constraints; its problems call the operands Inputs, Weights and Outputs.
std::string timeloop_keeps(const ImportedMachine& machine) {
  std::string text = "constraints:\n  version: \"0.4\"\n  targets:\n";
  const auto names = [](unsigned operands) {
    std::string list;
    for (const auto& [operand, name] :
         {std::pair(Operand::inputs, "Inputs"), {Operand::weights, "Weights"}, {Operand::outputs, "Outputs"}})
      if ((operands & operand_bit(operand)) != 0) list += (list.empty() ? "" : ", ") + std::string(name);
    return list;
  };
  for (std::size_t l = machine.keeps.size(); l-- > 0;)
    text += fmt::format("  - {{target: {}, type: dataspace, keep: [{}], bypass: [{}]}}\n",
                        yaml_scalar(machine.architecture.levels[l].name), names(machine.keeps[l]),
                        names(all_operands & ~machine.keeps[l]));
  return text;
}

// Another tool's machine as a document of ours, or of Timeloop's.
Answer convert_machine(const std::string& path, const ConvertOptions& options, const Asking& asking) {
  if (options.to == "scalesim" || options.to == "reference")
    throw UsageError(path + " is a machine: it goes --to json, yaml, native or timeloop");
  const ImportedMachine machine = import_machine(path);
  tell_remarks(asking, machine.remarks);
  Answer out;
  if (options.to == "timeloop") {
    out.text = timeloop_architecture(machine.architecture) + timeloop_keeps(machine);
    tell_notes(asking, timeloop_differences(machine.architecture));
    return out;
  }
  std::string keeps;
  for (std::size_t l = 0; l < machine.keeps.size(); ++l)
    keeps += fmt::format("{}{}: {}", l == 0 ? "" : "; ", machine.architecture.levels[l].name,
                         operand_list(machine.keeps[l]));
  if (!keeps.empty())
    tell_notes(asking, {"a document of ours does not say what each memory keeps, and `map --architecture` then "
                        "searches it; " +
                        path + " itself says: " + keeps});
  Json document = {{"schema", "dovetail-architecture/1"}};
  document.update(to_json(machine.architecture));
  if (options.to == "json" || (options.to.empty() && asking.format == "json"))
    out.record = document;
  else
    out.text = to_yaml(document);
  return out;
}

Answer convert_network_of_family(const std::string& name_or_path, const std::string& at, const Asking& asking) {
  const NetworkFamily family = load_network_family(name_or_path);
  Diagnostics diagnostics;
  std::vector<std::pair<std::string, std::string>> values;
  for (std::size_t start = 0; start < at.size();) {
    std::size_t end = at.find(',', start);
    if (end == std::string::npos) end = at.size();
    const std::string word = at.substr(start, end - start);
    start = end + 1;
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      diagnostics.error({"--at " + word, 0, 0, ""}, "expected name=value");
    else
      values.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  const Point point = network_point(family, values, "--at", diagnostics);
  diagnostics.raise();
  const Json document = family.document(point);
  Answer out;
  if (asking.as_json())
    out.record = document;
  else
    out.text = to_yaml(document);
  return out;
}

}  // namespace

const Record<ConvertOptions>& convert_table() {
  static const Record<ConvertOptions> table =
      Record<ConvertOptions>("options", "What becomes of the document.")
          .optional(
              "to", &ConvertOptions::to,
              "yaml, json, or reference (the reference schema, everything spelt out); of a network also native (our "
              "descriptor), scalesim (topology, CSV) or timeloop (problems; of a design or a machine the architecture, "
              "energies and mapping, v0.4). Default: the other of yaml and json; native for other tools' files",
              one_of({"yaml", "json", "reference", "native", "scalesim", "timeloop"}))
          .optional("at", &ConvertOptions::at,
                    "One network of a network family, as a workload: nn.depth=5,...; the others as in its default")
          .optional("store", &ConvertOptions::store,
                    "Copy the study of a store (a file, or postgresql://HOST/DATABASE#STUDY) into this new one, trial "
                    "by trial")
          .optional("schema", &ConvertOptions::schema, "Print the JSON Schema of this kind of document",
                    one_of(schema_kinds()));
  return table;
}

std::vector<std::string> schema_kinds() {
  std::vector<std::string> kinds;
  for (const auto& entry : schemas()) kinds.push_back(entry.first);
  return kinds;
}

Answer convert_text(const std::string& text, const std::string& name, const ConvertOptions& options,
                    const Asking& asking) {
  const bool json = is_json(text, name);
  const Node document = json ? parse_json(text, name) : parse_yaml(text, name);
  check_document(document);
  std::string to = options.to;
  if (to.empty()) to = asking.format == "text" && json ? "yaml" : "json";
  Answer out;
  if (to == "yaml")
    out.text = to_yaml(document);
  else
    out.record = to == "reference" ? reference(document) : to_json(document);
  return out;
}

Answer convert(const std::vector<std::string>& paths, const ConvertOptions& options, const Asking& asking) {
  if (!options.schema.empty() && (!paths.empty() || !options.to.empty()))
    throw UsageError("--schema prints the schema of a kind of document: leave out FILE and --to");
  if (!options.schema.empty()) return answer(schemas().at(options.schema)());
  if (paths.empty()) throw UsageError("convert needs a FILE (or - for stdin), or --schema");
  if (!options.store.empty()) {
    if (paths.size() > 1 || !options.to.empty() || !options.at.empty())
      throw UsageError("--store copies one study, as it is, into a new store: give one STORE and nothing else");
    return copy_study(paths.front(), options.store, asking);
  }
  if (!options.at.empty()) {
    if (paths.size() > 1 || !is_network_family(paths.front()))
      throw UsageError("--at chooses a network of one network family, and " + paths.front() + " is none");
    return convert_network_of_family(paths.front(), options.at, asking);
  }
  if (paths.size() == 1 && options.import.from.empty() && is_foreign_machine(paths.front()))
    return convert_machine(paths.front(), options, asking);
  if (options.to == "timeloop" && paths.size() == 1)
    if (auto out = timeloop_design(paths.front(), asking)) return std::move(*out);
  if (options.to == "scalesim" && paths.size() == 1)
    if (auto out = scalesim_files(paths.front(), asking)) return std::move(*out);
  const bool to_ours = options.to.empty() || options.to == "json" || options.to == "yaml" || options.to == "reference";
  if (to_ours && hold_timeloop_design(paths)) return convert_timeloop_design(paths, options, asking);
  return is_network(paths, options) ? convert_network(paths, options, asking)
                                    : convert_document(paths.front(), options, asking);
}

}  // namespace dovetail::verbs
