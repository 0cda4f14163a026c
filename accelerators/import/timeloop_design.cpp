#include <dovetail/accelerators/import/timeloop_design.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <dovetail/workloads/import/foreign_yaml.hpp>
#include <dovetail/workloads/import/other_documents.hpp>
#include <dovetail/workloads/import/timeloop_problem.hpp>
#include <dovetail/workloads/text/reader.hpp>

namespace dovetail {
namespace {

// Top-level keys that are read; and those of Timeloop that say nothing about a design.
constexpr std::array read_keys = {
    "problem",    "architecture", "ERT", "ART", "mapping", "architecture_constraints", "mapspace_constraints",
    "constraints"};

bool is_timeloop_document(const Node& document) {
  if (!document.is_mapping() || is_native_document(document) || document.find("layer") != nullptr ||
      document.find("arch") != nullptr)
    return false;
  const Node* architecture = document.find("architecture");
  if (architecture != nullptr && architecture->find("levels") != nullptr) return false;
  const Node* mapping = document.find("mapping");
  if (mapping != nullptr && mapping->is_mapping()) return false;
  return std::any_of(read_keys.begin(), read_keys.end(),
                     [&](const char* key) { return document.find(key) != nullptr; });
}

struct Parts {
  std::map<std::string, Node> values;
  std::map<std::string, std::string> files;
  Location first;

  const Node* find(const char* key) const {
    const auto found = values.find(key);
    return found == values.end() || found->second.is_null() ? nullptr : &found->second;
  }
};

Parts read_parts(const std::vector<std::string>& files, Diagnostics& diagnostics) {
  Parts parts;
  for (const std::string& file : files) {
    const Source source(file);
    if (parts.first.file.empty()) parts.first = source.start();
    try {
      const Node& document = source.yaml();
      if (document.find("sparse_optimizations") != nullptr)
        diagnostics.error(document.find("sparse_optimizations")->location(), "sparse_optimizations are not read");
      for (const char* key : read_keys) {
        const Node* value = document.find(key);
        if (value == nullptr || (value->is_sequence() && value->items().empty())) continue;
        if (std::string_view(key) == "problem" && parts.values.contains(key))
          diagnostics.error(value->location(), fmt::format("a second problem, the first is in {}", parts.files[key]));
        parts.values[key] = *value;
        parts.files[key] = file;
      }
    } catch (const InputError& error) {
      for (const Diagnostic& one : error.diagnostics()) diagnostics.error(one.where, one.message);
    }
  }
  return parts;
}

void read_constraints(const Node& node, const Layer& layer, std::vector<TimeloopDirective>& constraints,
                      Diagnostics& diagnostics) {
  const Node* targets = node.is_mapping() ? node.find("targets") : &node;
  if (targets == nullptr || targets->is_null()) return;
  if (!require_sequence(*targets, "constraints", diagnostics)) return;
  for (const Node& one : targets->items()) {
    if (auto directive = read_directive(one, layer, diagnostics)) constraints.push_back(std::move(*directive));
  }
}

// Constraints that v0.4 writes at a part: {temporal: {...}, spatial: {...}, dataspace: {keep_only: [...]}}.
void read_own_constraints(const TimeloopPlace& place, const Layer& layer, std::vector<TimeloopDirective>& constraints,
                          Diagnostics& diagnostics) {
  for (const Node::Entry& entry : place.constraints.entries()) {
    if (entry.value.is_null()) continue;
    if (!entry.value.is_mapping()) {
      diagnostics.error(entry.where, fmt::format("a constraint must be a mapping, found {}", entry.value.describe()));
      continue;
    }
    std::vector<Node::Entry> directive;
    directive.push_back({"target", entry.where, Node::scalar(entry.where, place.name, true)});
    directive.push_back({"type", entry.where, Node::scalar(entry.where, entry.key, true)});
    for (const Node::Entry& one : entry.value.entries()) {
      const bool only = one.key == "keep_only";
      directive.push_back({only ? "keep" : one.key, one.where, one.value});
    }
    auto read = read_directive(Node::mapping(entry.where, std::move(directive)), layer, diagnostics);
    if (!read) continue;
    if (entry.value.find("keep_only") != nullptr) read->bypass |= ((1U << layer.tensors.size()) - 1U) & ~read->keep;
    constraints.push_back(std::move(*read));
  }
}

}  // namespace

std::vector<TimeloopDirective> read_timeloop_constraints(const TimeloopDesign& design, Diagnostics& diagnostics) {
  std::vector<TimeloopDirective> constraints;
  for (const Node& node : design.constraints) read_constraints(node, design.design.layer, constraints, diagnostics);
  for (const TimeloopPlace& place : design.machine.places)
    read_own_constraints(place, design.design.layer, constraints, diagnostics);
  return constraints;
}

bool are_timeloop_documents(const std::vector<std::string>& files) {
  return !files.empty() && std::all_of(files.begin(), files.end(), [](const std::string& file) {
    if (!file.ends_with(".yaml") && !file.ends_with(".yml")) return false;
    try {
      return is_timeloop_document(Source(file).yaml());
    } catch (const InputError&) {
      return false;
    }
  });
}

bool hold_timeloop_design(const std::vector<std::string>& files) {
  if (!are_timeloop_documents(files)) return false;
  Diagnostics ignored;
  const Parts parts = read_parts(files, ignored);
  return parts.find("problem") != nullptr && parts.find("architecture") != nullptr && parts.find("ERT") != nullptr;
}

TimeloopDesign read_timeloop_design(const std::vector<std::string>& files) {
  Diagnostics diagnostics;
  TimeloopDesign whole;
  const Parts parts = read_parts(files, diagnostics);
  diagnostics.raise();
  std::optional<Layer> layer;
  std::optional<TimeloopMachine> machine;
  if (const Node* problem = parts.find("problem"))
    layer = read_timeloop_problem(*problem, parts.files.at("problem"), false, whole.remarks, diagnostics);
  else
    diagnostics.error(parts.first, "no problem in these files: give the file with `problem` as well");
  if (const Node* architecture = parts.find("architecture")) {
    machine = read_timeloop_machine(*architecture, whole.remarks, diagnostics);
  } else {
    diagnostics.error(parts.first, "no architecture in these files: give the file with `architecture` as well");
  }
  if (const Node* ert = parts.find("ERT"); ert != nullptr && machine)
    read_energy_table(*ert, *machine, diagnostics);
  else if (ert == nullptr)
    diagnostics.error(parts.first,
                      "no energies in these files: give the energy reference table (ERT) that Accelergy wrote as well");
  if (const Node* art = parts.find("ART"); art != nullptr && machine)
    read_area_table(*art, machine->architecture, diagnostics);
  diagnostics.raise();
  for (const std::string& wrong : check(*layer)) diagnostics.error(parts.find("problem")->location(), wrong);
  diagnostics.raise();
  for (const char* key : {"architecture_constraints", "mapspace_constraints", "constraints"}) {
    if (const Node* node = parts.find(key)) whole.constraints.push_back(*node);
  }
  if (const Node* mapping = parts.find("mapping"))
    whole.design.mapping = read_timeloop_mapping(*mapping, *layer, *machine, diagnostics);
  diagnostics.raise();
  machine->architecture.name = std::filesystem::path(parts.files.at("architecture")).stem().string();
  whole.design.id = layer->name;
  whole.design.layer = std::move(*layer);
  whole.design.architecture = machine->architecture;
  whole.machine = std::move(*machine);
  return whole;
}

}  // namespace dovetail
