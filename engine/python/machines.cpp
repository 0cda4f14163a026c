// Families, machines and mappings.
#include <filesystem>

#include <fmt/format.h>
#include <pybind11/numpy.h>

#include <dovetail/accelerators/machine/architecture_document.hpp>
#include <dovetail/accelerators/mapping/mapping_document.hpp>
#include <dovetail/workloads/text/embedded.hpp>

#include "errors.hpp"
#include "spaces.hpp"
#include "values.hpp"

namespace dovetail::python {
namespace {

bool is_family(const std::string& name_or_path) {
  const std::vector<std::string> names = family_names();
  if (std::find(names.begin(), names.end(), name_or_path) != names.end()) return true;
  std::error_code error;
  if (!std::filesystem::is_regular_file(name_or_path, error)) return false;
  try {
    const Node document = load_file(name_or_path);
    const Node* schema = document.find("schema");
    return schema != nullptr && schema->text().rfind("dovetail-family/", 0) == 0;
  } catch (const InputError&) {
    return false;  // read again, with its message, as an architecture
  }
}

MachineValue plain(Architecture architecture) {
  return {std::move(architecture), nullptr, {}};
}

MachineValue load_machine(const std::string& name_or_path) {
  if (is_family(name_or_path)) return family_machine(load_family_value(name_or_path, {}), py::none());
  return plain(load_architecture(name_or_path));
}

MachineValue read_machine_document(const Json& json) {
  Diagnostics diagnostics;
  std::optional<Architecture> architecture = read_architecture(dovetail::from_json(json, "architecture"), diagnostics);
  diagnostics.raise();
  return plain(*std::move(architecture));
}

py::list level_list(const MachineValue& value) {
  return to_python(dovetail::to_json(value.architecture)["levels"]);
}

std::shared_ptr<const FamilyValue> read_family_value(const std::string& text, const std::string& file,
                                                     const std::map<std::string, double>& settings) {
  return std::make_shared<const FamilyValue>(FamilyValue{read_family(text, file, settings), text, file, settings});
}

// Factors by level, slot (temporal, X, Y) and dimension.
py::array_t<std::int64_t> factors(const MappingValue& value) {
  const std::size_t levels = value.mapping.levels.size(), dims = value.layer->dimensions.size();
  py::array_t<std::int64_t> array({levels, std::size_t{3}, dims});
  auto view = array.mutable_unchecked<3>();
  for (std::size_t l = 0; l < levels; ++l) {
    for (std::size_t d = 0; d < dims; ++d) {
      view(l, 0, d) = value.packed.levels[l].temporal[d];
      view(l, 1, d) = value.packed.levels[l].spatial_x[d];
      view(l, 2, d) = value.packed.levels[l].spatial_y[d];
    }
  }
  return array;
}

}  // namespace

MappingValue make_mapping(std::shared_ptr<const Layer> layer, std::shared_ptr<const Architecture> machine,
                          Mapping mapping) {
  MappingValue value{std::move(layer), std::move(machine), std::move(mapping), {}};
  value.packed = pack(*value.layer, value.mapping);
  return value;
}

Json mapping_document(const MappingValue& value) {
  return dovetail::to_json(*value.layer, *value.machine, value.mapping);
}

MappingValue read_mapping(py::handle value, const Layer& layer, const Architecture& machine) {
  if (py::isinstance<MappingValue>(value)) return value.cast<const MappingValue&>();
  Json json = to_json(value, "mapping");
  if (json.is_array()) json = Json{{"levels", json}};
  Diagnostics diagnostics;
  std::optional<Mapping> read =
      dovetail::read_mapping(dovetail::from_json(json, "mapping"), layer, machine, diagnostics);
  diagnostics.raise();
  return make_mapping(std::make_shared<const Layer>(layer), std::make_shared<const Architecture>(machine),
                      *std::move(read));
}

std::shared_ptr<const FamilyValue> load_family_value(const std::string& name_or_path,
                                                     const std::map<std::string, double>& settings) {
  const embedded::File* own = embedded::find(embedded::families(), name_or_path);
  Family family = load_family(name_or_path, settings);
  return std::make_shared<const FamilyValue>(FamilyValue{
      std::move(family), own != nullptr ? std::string(own->text) : read_text(name_or_path), name_or_path, settings});
}

MachineValue family_machine(const std::shared_ptr<const FamilyValue>& family, py::handle point) {
  const Space& space = family->family.space();
  Point chosen = family->family.default_point();
  if (!point.is_none()) {
    if (!py::isinstance<py::dict>(point))
      throw py::type_error("a point is a dict {parameter: value}, found " +
                           py::repr(py::type::of(point)).cast<std::string>());
    py::dict whole = point_to_python(space, chosen);
    for (const auto& [name, value] : py::reinterpret_borrow<py::dict>(point)) whole[name] = value;
    chosen = read_point(space, whole);
  }
  return {family->family.instantiate(chosen), family, chosen};
}

MachineValue read_machine(py::handle value) {
  if (py::isinstance<MachineValue>(value)) return value.cast<const MachineValue&>();
  if (py::isinstance<FamilyValue>(value)) return family_machine(value.cast<std::shared_ptr<FamilyValue>>(), py::none());
  if (py::isinstance<py::str>(value) || py::hasattr(value, "__fspath__")) return load_machine(path_text(value));
  if (py::isinstance<py::dict>(value)) return read_machine_document(to_json(value, "architecture"));
  throw py::type_error("an architecture is a dovetail.Architecture, a Family, a name, a path or a dict; found " +
                       py::repr(py::type::of(value)).cast<std::string>());
}

void register_machines(py::module_& module) {
  py::class_<FamilyValue, std::shared_ptr<FamilyValue>>(module, "Family",
                                                        "A machine with parameters, ranges and constraints. Immutable.")
      .def_static(
          "load",
          [](const py::object& name_or_path, const std::map<std::string, double>& settings) {
            return std::const_pointer_cast<FamilyValue>(load_family_value(path_text(name_or_path), settings));
          },
          py::arg("name_or_path"), py::kw_only(), py::arg("settings") = std::map<std::string, double>{},
          "A family by name (eyeriss, gemmini, nvdla, simba, shidiannao, tpu), or a descriptor file. `settings` "
          "replaces numbers "
          "that are not searched. Raises InputError.")
      .def_static("names", family_names, "The families that are part of the program.")
      .def_property_readonly("name", [](const FamilyValue& self) { return self.family.name(); })
      .def_property_readonly("about", [](const FamilyValue& self) { return self.family.about(); })
      .def_property_readonly("source", [](const FamilyValue& self) { return self.family.source(); })
      .def_property_readonly(
          "origin", [](const FamilyValue& self) { return self.file; }, "The name or path that it was loaded from.")
      .def_property_readonly(
          "own_settings", [](const FamilyValue& self) { return self.settings; },
          "The numbers that `load` was given in place of the family's.")
      .def_property_readonly(
          "settings",
          [](const FamilyValue& self) {
            std::map<std::string, double> settings;
            for (const FamilySetting& setting : self.family.settings()) settings[setting.name] = setting.value;
            return settings;
          },
          "Numbers that are not searched.")
      .def_property_readonly(
          "space", [](const FamilyValue& self) { return SpaceValue(self.family.space()); },
          "What may be chosen: the parameters hw.NAME and their constraints.")
      .def_property_readonly(
          "meanings",
          [](const FamilyValue& self) {
            std::map<std::string, std::string> meanings;
            for (std::size_t p = 0; p < self.family.meanings().size(); ++p)
              meanings[self.family.space().parameters()[p].name] = self.family.meanings()[p];
            return meanings;
          },
          "What each parameter means.")
      .def_property_readonly(
          "hand_design",
          [](const FamilyValue& self) { return point_to_python(self.family.space(), self.family.default_point()); },
          "The published hand design, as a point.")
      .def(
          "machine",
          [](const std::shared_ptr<FamilyValue>& self, const py::object& point) { return family_machine(self, point); },
          py::arg("point") = py::none(),
          "The machine at a point; parameters that the point leaves out are those of the hand design. Raises "
          "ValueError where the "
          "point is outside the space.")
      .def("__repr__",
           [](const FamilyValue& self) {
             return fmt::format("<Family {}: {} parameters>", self.family.name(),
                                self.family.space().parameters().size());
           })
      .def(py::pickle([](const FamilyValue& self) { return py::make_tuple(self.text, self.file, self.settings); },
                      [](const py::tuple& state) {
                        return std::const_pointer_cast<FamilyValue>(
                            read_family_value(state[0].cast<std::string>(), state[1].cast<std::string>(),
                                              state[2].cast<std::map<std::string, double>>()));
                      }));

  py::class_<MachineValue>(
      module, "Architecture",
      "One machine: the multiply-accumulate units and the storage levels that feed them, innermost first. "
      "Immutable. Of a family it also knows what mappings the family allows.")
      .def_static(
          "load", [](const py::object& name_or_path) { return load_machine(path_text(name_or_path)); },
          py::arg("name_or_path"),
          "The machine of an architecture or design document, or the hand design of a family. Raises InputError.")
      .def_static(
          "from_dict",
          [](const py::dict& document) { return read_machine_document(to_json(document, "architecture")); },
          py::arg("document"), "The machine of a document in dicts and lists. Raises InputError.")
      .def_property_readonly("name", [](const MachineValue& self) { return self.architecture.name; })
      .def_property_readonly("levels", level_list,
                             "Storage levels as dicts, innermost first, the outermost memory last.")
      .def_property_readonly(
          "compute",
          [](const MachineValue& self) { return to_python(dovetail::to_json(self.architecture)["compute"]); },
          "The multiply-accumulate units, as a dict.")
      .def_property_readonly(
          "area_um2", [](const MachineValue& self) { return area_um2(self.architecture); },
          "Area of units and levels, in square micrometres.")
      .def_property_readonly(
          "family",
          [](const MachineValue& self) -> py::object {
            if (!self.family) return py::none();
            return py::cast(std::const_pointer_cast<FamilyValue>(self.family));
          },
          "The family that it was made from, or None.")
      .def_property_readonly(
          "point",
          [](const MachineValue& self) -> py::object {
            if (!self.family) return py::none();
            return point_to_python(self.family->family.space(), self.point);
          },
          "Its point in the space of the family, or None.")
      .def(
          "to_dict", [](const MachineValue& self) { return to_python(dovetail::to_json(self.architecture)); },
          "The machine as the `arch` of a design document.")
      .def("__str__", [](const MachineValue& self) { return tree(self.architecture); })
      .def("__repr__",
           [](const MachineValue& self) {
             return fmt::format("<Architecture {}: {} units, {} levels, {:.4g} um2>", self.architecture.name,
                                self.architecture.compute.instances, self.architecture.levels.size(),
                                area_um2(self.architecture));
           })
      .def("__eq__",
           [](const MachineValue& self, const py::object& other) {
             return py::isinstance<MachineValue>(other) &&
                    self.architecture == other.cast<const MachineValue&>().architecture;
           })
      .def("__hash__",
           [](const MachineValue& self) { return py::hash(py::str(dump(dovetail::to_json(self.architecture)))); })
      .def(py::pickle(
          [](const MachineValue& self) {
            const py::object family =
                self.family ? py::cast(std::const_pointer_cast<FamilyValue>(self.family)) : py::object(py::none());
            return py::make_tuple(dump(dovetail::to_json(self.architecture)), family, self.point.numbers);
          },
          [](const py::tuple& state) {
            MachineValue value = read_machine_document(Json::parse(state[0].cast<std::string>()));
            if (!state[1].is_none()) value.family = state[1].cast<std::shared_ptr<FamilyValue>>();
            value.point.numbers = state[2].cast<std::vector<double>>();
            return value;
          }));

  py::class_<MappingValue>(
      module, "Mapping",
      "A schedule of one layer on one machine: per level what is kept, what is unrolled in space, what is "
      "looped in time. Immutable; str() prints the loop nest.")
      .def(py::init([](const py::object& levels, const py::object& layer, const py::object& architecture) {
             return read_mapping(levels, read_layer(layer).layer.layer, read_machine(architecture).architecture);
           }),
           py::arg("levels"), py::arg("layer"), py::arg("architecture"),
           "A mapping from the list of its levels, {'level', 'keep', 'spatial_x', 'spatial_y', 'temporal'} each, loops "
           "as "
           "[dimension, factor] or texts such as 'K4 C2'. Raises InputError.")
      .def_property_readonly(
          "levels", [](const MappingValue& self) { return to_python(mapping_document(self)["levels"]); },
          "Per level, innermost first, as in a design document.")
      .def_property_readonly("factors", factors,
                             "Factors as an array [level, slot, dimension]; slots are temporal, spatial X, spatial Y.")
      .def_property_readonly("layer",
                             [](const MappingValue& self) {
                               return LayerValue{{*self.layer, 1, true}};
                             })
      .def_property_readonly("architecture",
                             [](const MappingValue& self) {
                               return MachineValue{*self.machine, nullptr, {}};
                             })
      .def(
          "to_dict", [](const MappingValue& self) { return to_python(mapping_document(self)); },
          "The mapping as in a design document.")
      .def("__str__", [](const MappingValue& self) { return loop_nest(*self.layer, *self.machine, self.mapping); })
      .def("__repr__",
           [](const MappingValue& self) {
             return fmt::format("<Mapping of {} on {}>", self.layer->name, self.machine->name);
           })
      .def("__eq__",
           [](const MappingValue& self, const py::object& other) {
             return py::isinstance<MappingValue>(other) && self.mapping == other.cast<const MappingValue&>().mapping;
           })
      .def("__hash__", [](const MappingValue& self) { return py::hash(py::str(dump(mapping_document(self)))); })
      .def(py::pickle(
          [](const MappingValue& self) {
            return py::make_tuple(py::cast(LayerValue{{*self.layer, 1, true}}),
                                  py::cast(MachineValue{*self.machine, nullptr, {}}), dump(mapping_document(self)));
          },
          [](const py::tuple& state) {
            return read_mapping(to_python(Json::parse(state[2].cast<std::string>())),
                                state[0].cast<const LayerValue&>().layer.layer,
                                state[1].cast<const MachineValue&>().architecture);
          }));
}

}  // namespace dovetail::python
