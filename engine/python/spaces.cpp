// Spaces: typed parameters under known constraints.
#include "spaces.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dovetail/spaces/space/space_document.hpp>
#include <dovetail/workloads/text/document.hpp>

#include "errors.hpp"
#include "values.hpp"

namespace dovetail::python {
namespace {

Json parameter_document(const Parameter& parameter) {
  Json json = {{"name", parameter.name}};
  if (const auto* real = std::get_if<RealRange>(&parameter.domain)) {
    json.update(Json{{"kind", "real"}, {"low", real->low}, {"high", real->high}, {"log", real->log}});
  } else if (const auto* integer = std::get_if<IntegerRange>(&parameter.domain)) {
    json.update(Json{{"kind", "integer"},
                     {"low", integer->low},
                     {"high", integer->high},
                     {"step", integer->step},
                     {"log", integer->log}});
  } else if (const auto* ordinal = std::get_if<OrdinalValues>(&parameter.domain)) {
    json.update(Json{{"kind", "ordinal"}, {"values", ordinal->values}});
  } else if (const auto* choice = std::get_if<CategoricalValues>(&parameter.domain)) {
    json.update(Json{{"kind", "categorical"}, {"values", choice->values}});
  } else if (const auto* order = std::get_if<PermutationItems>(&parameter.domain)) {
    json.update(Json{{"kind", "permutation"}, {"values", order->items}});
  } else {
    const auto& factors = std::get<Factorization>(parameter.domain);
    json.update(Json{{"kind", "factorization"}, {"product", factors.product}, {"slots", factors.slots}});
  }
  return json;
}

SpaceValue read(const Json& document) {
  Diagnostics diagnostics;
  std::optional<Space> space = read_space(dovetail::from_json(document, "space"), diagnostics);
  diagnostics.raise();
  return SpaceValue(*std::move(space));
}

py::list sample(const SpaceValue& self, int count, std::uint64_t seed) {
  Random random(seed, {0x707974686f6e});  // "python"
  std::vector<Point> points;
  {
    const py::gil_scoped_release release;
    for (int i = 0; i < count; ++i)
      if (std::optional<Point> point = self.space.sample(random)) points.push_back(*std::move(point));
  }
  if (points.empty() && count > 0) {
    const std::optional<Closure> closure = self.space.closure();
    throw py::value_error(closure ? explain(*closure, self.space) : "no feasible point was found");
  }
  py::list list;
  for (const Point& point : points) list.append(point_to_python(self.space, point));
  return list;
}

}  // namespace

SpaceValue::SpaceValue(Space given) : space(std::move(given)) {}

Json SpaceValue::document() const {
  Json parameters = Json::array(), constraints = Json::array();
  for (const Parameter& parameter : space.parameters()) parameters.push_back(parameter_document(parameter));
  for (const Constraint& constraint : space.constraints()) constraints.push_back(constraint.text);
  return {{"parameters", parameters}, {"constraints", constraints}};
}

void register_spaces(py::module_& module) {
  py::class_<SpaceValue>(module, "Space", "Parameters under constraints that are known: what may be tried. Immutable.")
      .def(py::init([](const py::dict& parameters, const py::iterable& constraints) {
             Json list = Json::array(), texts = Json::array();
             for (const auto& [name, parameter] : parameters) {
               const std::string word = py::str(name).cast<std::string>();
               Json one = {{"name", word}};
               if (!py::hasattr(parameter, "kind"))
                 throw py::type_error(fmt::format(
                     "parameter {} is {}, allowed are Integer, Real, Ordinal, Choice, Permutation and Factorization",
                     word, py::repr(parameter).cast<std::string>()));
               one.update(to_json(parameter, word));
               list.push_back(std::move(one));
             }
             if (py::isinstance<py::str>(constraints))
               throw py::type_error(
                   "constraints is a text, allowed is a list of expressions such as ['words % banks == 0']");
             for (const py::handle text : constraints) texts.push_back(to_json(text, "constraints"));
             return read({{"parameters", list}, {"constraints", texts}});
           }),
           py::arg("parameters"), py::arg("constraints") = py::tuple(),
           "`parameters` are {name: Integer(...)}; `constraints` are expressions over their names such as 'words % "
           "banks == 0', "
           "which every suggestion keeps by construction. Raises InputError with every mistake.")
      .def_static(
          "load",
          [](const py::object& path) {
            Diagnostics diagnostics;
            std::optional<Space> space = read_space(load_file(path_text(path)), diagnostics);
            diagnostics.raise();
            return SpaceValue(*std::move(space));
          },
          py::arg("path"), "The space of a file that `dovetail serve` reads. Raises InputError.")
      .def_property_readonly("names", [](const SpaceValue& self) { return self.space.names(); })
      .def_property_readonly("constraints",
                             [](const SpaceValue& self) {
                               std::vector<std::string> texts;
                               for (const Constraint& constraint : self.space.constraints())
                                 texts.push_back(constraint.text);
                               return texts;
                             })
      .def_property_readonly(
          "size",
          [](const SpaceValue& self) {
            const py::gil_scoped_release release;
            return self.space.count().feasible;
          },
          "How many points are feasible: counted, or estimated where that is too much; infinite with a real parameter.")
      .def(
          "contains",
          [](const SpaceValue& self, const py::dict& point) {
            std::string ignored;
            try {
              read_point(self.space, point);
              return true;
            } catch (const std::invalid_argument&) {
              return false;
            }
          },
          py::arg("point"), "Whether a point is within the ranges and keeps the constraints.")
      .def(
          "check", [](const SpaceValue& self, const py::dict& point) { read_point(self.space, point); },
          py::arg("point"), "Raises ValueError with everything that is wrong with a point.")
      .def("sample", sample, py::arg("count") = 1, py::arg("seed") = 0, "Feasible points, drawn uniformly.")
      .def(
          "to_dict", [](const SpaceValue& self) { return to_python(self.document()); },
          "The space as `dovetail serve` reads it, without a goal.")
      .def("__len__", [](const SpaceValue& self) { return self.space.parameters().size(); })
      .def("__repr__",
           [](const SpaceValue& self) {
             return fmt::format("<Space {} under {} constraints>", fmt::join(self.space.names(), " "),
                                self.space.constraints().size());
           })
      .def("__eq__",
           [](const SpaceValue& self, const py::object& other) {
             return py::isinstance<SpaceValue>(other) && self.document() == other.cast<const SpaceValue&>().document();
           })
      .def(py::pickle([](const SpaceValue& self) { return dump(self.document()); },
                      [](const std::string& state) { return read(Json::parse(state)); }));
}

}  // namespace dovetail::python
