// `dovetail convert`: between YAML and JSON, to the reference schema, and the JSON Schemas of all documents.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>

#include <dovetail/accelerators/cycle/cycle_machine.hpp>
#include <dovetail/accelerators/export/scalesim_run.hpp>
#include <dovetail/accelerators/export/timeloop_design.hpp>
#include <dovetail/accelerators/import/timeloop_design.hpp>
#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/design.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/accelerators/systolic/document.hpp>
#include <dovetail/engine/study/exploration_keys.hpp>
#include <dovetail/engine/study/presets.hpp>
#include <dovetail/engine/study/study.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/spaces/family/family_document.hpp>
#include <dovetail/spaces/network/network_family.hpp>
#include <dovetail/spaces/network/network_family_document.hpp>
#include <dovetail/spaces/space/space_document.hpp>
#include <dovetail/workloads/export/native.hpp>
#include <dovetail/workloads/export/scalesim_topology.hpp>
#include <dovetail/workloads/export/timeloop_problem.hpp>
#include <dovetail/workloads/import/formats.hpp>
#include <dovetail/workloads/layer_document.hpp>
#include <dovetail/workloads/network.hpp>
#include <dovetail/workloads/text/embedded.hpp>

#include "command.hpp"
#include "copy_study.hpp"
#include "explore.hpp"
#include "import_options.hpp"
#include "search_options.hpp"

namespace dovetail::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> paths;
  std::string to, schema, at, store;
  ImportOptions import;
};

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
int convert_document(const Common& common, const Options& options) {
  const std::string& path = options.paths.front();
  const bool from_stdin = path == "-";
  if (const auto preset = preset_text(path); preset && options.to.empty() && !std::filesystem::exists(path)) {
    say("{}", *preset);
    return exit_done;
  }
  if (const embedded::File* own = built_in(path); own != nullptr && options.to.empty()) {
    say("{}", own->text);  // as it was written, with its remarks
    return exit_done;
  }
  const std::string text =
      from_stdin ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : text_of(path);
  const std::string name = from_stdin ? "stdin" : path;
  const Node document = is_json(text, path) ? parse_json(text, name) : parse_yaml(text, name);
  check_document(document);
  std::string to = options.to;
  if (to.empty())
    to = common.format == "json" || common.format == "jsonl" ? "json" : is_json(text, path) ? "yaml" : "json";
  if (to == "yaml") {
    say("{}", to_yaml(document));
  } else {
    print_json(common, to == "reference" ? reference(document) : to_json(document));
  }
  return exit_done;
}

void print_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) warn("note: {}\n", note);
}

// One problem per distinct layer: on stdout when there is one, as files of --out otherwise, since a file of Timeloop's holds one.
int write_timeloop(const Common& common, const Network& network) {
  const std::vector<UniqueLayer> unique = unique_layers(network);
  if (unique.size() > 1 && common.out.empty())
    throw UsageError(fmt::format("{} distinct layers, and a Timeloop file holds one problem: give --out DIR",
                                 unique.size()));
  for (std::size_t i = 0; i < unique.size(); ++i) {
    const std::string text = timeloop_problem(unique[i].layer);
    if (common.out.empty()) {
      say("{}", text);
    } else {
      write_file(common.out, fmt::format("{:03}_{}.yaml", i + 1, file_name(unique[i].layer.name)), text);
    }
  }
  if (!common.out.empty())
    print_notes(
        {fmt::format("{} distinct layers of {} written to {}; how often each occurs is not said in them",
                     unique.size(), network.name, common.out)});
  return exit_done;
}

int convert_network(const Common& common, const Options& options) {
  const Imported imported = import_workload(options.paths, options.import);
  for (const Diagnostic& note : imported.network.notes) warn("{}\n", to_string(note));
  if (options.to == "timeloop") return write_timeloop(common, imported.network);
  if (options.to == "scalesim") {
    const ScalesimTopology topology = scalesim_topology(imported.network);
    print_notes(topology.notes);
    if (common.out.empty())
      say("{}", topology.csv);
    else
      write_file(common.out, file_name(imported.network.name) + ".csv", topology.csv);
    return exit_done;
  }
  if (options.to == "reference") {
    print_json(common, problems(imported.network));
    return exit_done;
  }
  const Json document = native_workload(imported);
  if (options.to == "json" || (options.to.empty() && common.format == "json")) {
    print_json(common, document);
  } else {
    say("{}", to_yaml(parse_json(document.dump(), imported.network.name)));
  }
  return exit_done;
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

// Whether a file is in another tool's format.
bool is_foreign(const Source& source) {
  return std::any_of(formats().begin(), formats().end(), [&](const Format& format) {
    return format.name != "native" && format.recognises(source);
  });
}

// What is in another tool's format, several files or a folder, or goes to another tool, is read as a network.
bool is_network(const Options& options) {
  const std::string& path = options.paths.front();
  std::error_code error;
  return options.paths.size() > 1 || !options.import.from.empty() || !options.import.sizes.empty() ||
         options.to == "native" || options.to == "scalesim" || options.to == "timeloop" || is_folder(path) ||
         (path != "-" && built_in(path) == nullptr && std::filesystem::exists(path, error) &&
          is_foreign(Source(path)));
}

// A design or a machine of ours as Timeloop's documents in one file; false when the file is neither.
bool print_timeloop_design(const Common& common, const std::string& path) {
  const std::vector<std::string> families = family_names();
  std::optional<Architecture> machine;
  std::optional<Design> design;
  if (std::find(families.begin(), families.end(), path) != families.end()) {
    const auto [family, point] = family_point(path, common.set);
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
  if (!machine) return false;
  const std::string architecture = timeloop_architecture(*machine);
  if (design) say("{}", timeloop_problem(design->layer));
  say("{}", architecture);
  if (design && design->mapping) say("{}", timeloop_mapping(design->layer, *machine, *design->mapping));
  print_notes(timeloop_differences(*machine));
  return true;
}

// A run of SCALE-Sim, a systolic-array/1 document, as its two files; false when the file is none.
bool write_scalesim_run(const Common& common, const std::string& path) {
  if (path == "-" || built_in(path) != nullptr || is_folder(path) || is_foreign(Source(path))) return false;
  const Node document = load_file(path);
  if (!is_systolic(document)) return false;
  Diagnostics diagnostics;
  const SystolicInput input = read_systolic(document, diagnostics);
  diagnostics.raise();
  if (common.out.empty())
    throw UsageError("a run of SCALE-Sim is two files, a topology and a configuration: give --out DIR");
  const std::string name = std::filesystem::path(path).stem().string();
  const ScalesimRun run = scalesim_run(input, name);
  write_file(common.out, name + ".csv", run.topology);
  write_file(common.out, name + ".cfg", run.config);
  return true;
}

// A Timeloop design, in however many files, as a design document of ours.
int convert_timeloop_design(const Common& common, const Options& options) {
  const TimeloopDesign read = read_timeloop_design(options.paths);
  print_remarks(read.remarks);
  const Json document = to_json(read.design);
  if (options.to == "yaml")
    say("{}", to_yaml(document));
  else
    print_json(common, document);
  return exit_done;
}

int run_convert(const CLI::App& command, const Common& common, const Options& options) {
  if (command.count("--to") > 0 && command.count("--format") > 0)
    throw UsageError("--to and --format both say the form: keep one");
  if (!options.schema.empty() && (!options.paths.empty() || !options.to.empty()))
    throw UsageError("--schema prints the schema of a kind of document: leave out FILE and --to");
  refuse_unless(options.to == "timeloop" || options.to == "scalesim", command, {"--out"},
                "--to timeloop or scalesim, whose files it holds");
  refuse_unless(options.to == "timeloop", command, {"--set"}, "--to timeloop of a family");
  if (!options.schema.empty()) {
    print_json(common, schemas().at(options.schema)());
    return exit_done;
  }
  if (options.paths.empty()) throw UsageError("convert needs a FILE (or - for stdin), or --schema");
  if (!options.store.empty()) {
    if (options.paths.size() > 1 || !options.to.empty() || !options.at.empty())
      throw UsageError("--store copies one study, as it is, into a new store: give one STORE and nothing else");
    return copy_study(options.paths.front(), options.store, common);
  }
  if (!options.at.empty()) {
    if (options.paths.size() > 1 || !is_network_family(options.paths.front()))
      throw UsageError("--at chooses a network of one network family, and " + options.paths.front() + " is none");
    return convert_network_of_family(options.paths.front(), options.at, common);
  }
  if (options.to == "timeloop" && options.paths.size() == 1 &&
      print_timeloop_design(common, options.paths.front()))
    return exit_done;
  if (options.to == "scalesim" && options.paths.size() == 1 &&
      write_scalesim_run(common, options.paths.front()))
    return exit_done;
  const bool to_ours =
      options.to.empty() || options.to == "json" || options.to == "yaml" || options.to == "reference";
  if (to_ours && hold_timeloop_design(options.paths)) return convert_timeloop_design(common, options);
  return is_network(options) ? convert_network(common, options) : convert_document(common, options);
}

}  // namespace

void add_convert(CLI::App& app, Common& common, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_subcommand(
      app, common, "convert",
      "Converts documents between YAML and JSON and networks between tools, and prints JSON Schemas",
      "dovetail convert network.yaml > network.json\n"
      "  dovetail convert dqn > mine.yaml               # a network or family of the program, to start from\n"
      "  dovetail convert design.yaml --to reference    # as a timeloop-reference-case/1 document\n"
      "  dovetail convert net.onnx --dim batch=1        # another tool's network as a descriptor of ours\n"
      "  dovetail convert resnet18 --to scalesim        # as a SCALE-Sim topology; --to timeloop: as "
      "problems\n"
      "  dovetail convert design.yaml --to timeloop     # problem, architecture, ERT, ART and mapping\n"
      "  dovetail convert r18.db --store postgresql:///dovetail#r18   # a study into another store, or back\n"
      "  dovetail convert --schema workload             # JSON Schema, for editors",
      {.out = true, .set = true, .dry_run = false});
  command->add_option(
      "FILE", options->paths,
      "A workload, design, architecture or other document, or the name of a network or family; - is stdin. Several files, or "
      "a folder, make one network in this order");
  add_import_options(*command, options->import);
  command
      ->add_option("--to", options->to,
                   "yaml, json, or reference (the reference schema, everything spelt out); of a network also "
                   "native (our "
                   "descriptor), scalesim (topology, CSV) or timeloop (problems; of a design or a machine "
                   "the architecture, energies and mapping, v0.4). Default: the other of yaml and json; "
                   "native for other tools' files")
      ->check(CLI::IsMember({"yaml", "json", "reference", "native", "scalesim", "timeloop"}));
  command
      ->add_option("--at", options->at,
                   "One network of a network family, as a workload: nn.depth=5,...; the others as in its default")
      ->type_name("NAME=VALUE,...");
  command
      ->add_option("--store", options->store,
                   "Copy the study of a store (a file, or postgresql://HOST/DATABASE#STUDY) into this new one, trial by trial")
      ->type_name("FILE|URL");
  command->add_option("--schema", options->schema, "Print the JSON Schema of this kind of document")
      ->check(CLI::IsMember(schema_kinds()));
  command->callback([&common, &action, options, command] {
    action = [&common, options, command] { return run_convert(*command, common, *options); };
  });
}

}  // namespace dovetail::cli
