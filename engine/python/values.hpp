// What Python holds of the engine's values: with what a value needs to be printed, drawn and pickled by itself.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <dovetail/accelerators/evaluation.hpp>
#include <dovetail/accelerators/machine/architecture.hpp>
#include <dovetail/accelerators/mapping/mapping.hpp>
#include <dovetail/accelerators/mapping/packed_mapping.hpp>
#include <dovetail/spaces/family/family.hpp>
#include <dovetail/workloads/import/imported.hpp>

#include "convert.hpp"

namespace dovetail::python {

/// A network and where it came from: a zoo name or path that loads it again; empty where it was made from layers.
struct NetworkValue {
  Imported imported;
  std::string origin;
  std::map<std::string, std::int64_t> dims;  ///< sizes that the file left open
};

struct LayerValue {
  NetworkLayer layer;
  bool operator==(const LayerValue& other) const { return layer.layer == other.layer.layer; }
};

/// A family with the text that reads it again.
struct FamilyValue {
  Family family;
  std::string text, file;
  std::map<std::string, double> settings;
};

/// A machine; of a family also with its rules of mappings, which `map` keeps.
struct MachineValue {
  Architecture architecture;
  std::shared_ptr<const FamilyValue> family;
  Point point;
};

/// A mapping with what names its dimensions, tensors and levels. `packed` is the form that batches are scored in.
struct MappingValue {
  std::shared_ptr<const Layer> layer;
  std::shared_ptr<const Architecture> machine;
  Mapping mapping;
  PackedMapping packed;
};

struct EvaluationValue {
  MappingValue mapping;
  Evaluation evaluation;
  std::string model;
};

MappingValue make_mapping(std::shared_ptr<const Layer> layer, std::shared_ptr<const Architecture> machine,
                          Mapping mapping);
/// A Mapping, or the dict of one (a list of levels).
MappingValue read_mapping(py::handle value, const Layer& layer, const Architecture& machine);
Json mapping_document(const MappingValue& value);
Json evaluation_document(const EvaluationValue& value);

LayerValue read_layer(py::handle value);  ///< a Layer, or the dict of one
/// An Architecture, a Family (its hand design), or the name or path of either.
MachineValue read_machine(py::handle value);
std::shared_ptr<const FamilyValue> load_family_value(const std::string& name_or_path,
                                                     const std::map<std::string, double>& settings);
MachineValue family_machine(const std::shared_ptr<const FamilyValue>& family, py::handle point);

void register_networks(py::module_& module);
void register_machines(py::module_& module);
void register_costs(py::module_& module);
void register_map(py::module_& module);
void register_spaces(py::module_& module);
void register_sessions(py::module_& module);
void register_searches(py::module_& module);

}  // namespace dovetail::python
